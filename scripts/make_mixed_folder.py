"""Makes a folder as people have them, out of the bundled samples: python scripts/make_mixed_folder.py FOLDER.

400 items of three kinds in five formats, of sizes that vary as those of real data sets do, and six files that are
damaged or are no arrays: the folder of docs/data-sets.md. The same sizes on every run.
"""

from __future__ import annotations

import argparse
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

SAMPLES = Path(__file__).resolve().parent.parent / "resources" / "samples"
LINES, PHOTOS, SCANS, SPECTROGRAMS, SIGNALS, VOLUMES = 180, 100, 30, 40, 30, 20
RATE = 8000


def make(folder: Path) -> None:
    """Writes all files into a folder, which may not exist yet."""
    random = np.random.default_rng(5)
    for name in ("lines", "photos", "scans", "spectrograms", "signals", "volumes"):
        (folder / name).mkdir(parents=True)
    write_lines(folder / "lines", random)
    write_photos(folder, random)
    write_sounds(folder, random)
    write_volumes(folder / "volumes", random)
    write_damaged(folder)


def write_lines(folder: Path, random: np.random.Generator) -> None:
    """Writes lines of print, gray PNG: heights vary little, widths much."""
    line = sample("line.png")
    for number in range(LINES):
        height = int(random.integers(28, 53))
        width = int(np.clip(height * random.lognormal(1.75, 0.5), 30, 900))
        repeated = np.tile(line, (1, 2 + width * 37 // height // 211))
        part = Image.fromarray(repeated[:, : max(1, width * 37 // height)])
        part.resize((width, height), Image.Resampling.BILINEAR).save(folder / f"line_{number:03}.png")


def write_photos(folder: Path, random: np.random.Generator) -> None:
    """Writes crops of a photo, upright and across, RGB JPEG; and some gray ones as TIFF."""
    photo = sample("sample.png")
    for number in range(PHOTOS + SCANS):
        short = int(random.integers(96, 257))
        long = int(min(short * random.choice([1, 4 / 3, 3 / 2, 16 / 9]), 480))
        height, width = (long, short) if random.random() < 0.4 else (short, long)
        top, left = random.integers(0, 480 - height + 1), random.integers(0, 640 - width + 1)
        part = Image.fromarray(photo[top : top + height, left : left + width])
        if number < PHOTOS:
            part.save(folder / "photos" / f"photo_{number:03}.jpg", quality=85)
        else:
            part.convert("L").save(folder / "scans" / f"scan_{number - PHOTOS:03}.tif", compression="tiff_lzw")


def write_sounds(folder: Path, random: np.random.Generator) -> None:
    """Writes spectrograms, float32 of 128 bands, and recordings as WAV, 16 bits at 8 kHz."""
    spectrogram = np.load(SAMPLES / "spectrogram.npy")
    for number in range(SPECTROGRAMS):
        start, length = int(random.integers(0, 300)), int(np.clip(random.lognormal(5.0, 0.6), 40, 700))
        np.save(folder / "spectrograms" / f"voice_{number:03}.npy", np.tile(spectrogram, 4)[:, start : start + length])
    for number in range(SIGNALS):
        length = int(np.clip(random.lognormal(9.0, 0.5), 2000, 30000))
        heard = np.sin(np.arange(length) * random.uniform(0.05, 0.4)) * np.hanning(length)
        with wave.open(str(folder / "signals" / f"recording_{number:03}.wav"), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
            file.writeframes((heard * 20000).astype("<i2").tobytes())


def write_volumes(folder: Path, random: np.random.Generator) -> None:
    """Writes volumes in Hounsfield units, int16 npy, cut out of one."""
    volume = np.load(SAMPLES / "volume.npy")
    for number in range(VOLUMES):
        depth, height, width = random.integers((10, 40, 40), (25, 65, 65))
        np.save(folder / f"scan_{number:03}.npy", volume[:depth, :height, :width])


def write_damaged(folder: Path) -> None:
    """Writes what is in every folder: a file cut short, an empty one, wrong names, objects, and notes."""
    whole = (folder / "lines" / "line_000.png").read_bytes()
    (folder / "lines" / "upload.png").write_bytes(whole[:20])
    (folder / "lines" / "half.png").write_bytes(whole[: len(whole) // 2])
    (folder / "photos" / "empty.jpg").write_bytes(b"")
    (folder / "photos" / "error.jpg").write_text("<html><h1>404 Not Found</h1></html>\n", "ascii")
    np.save(folder / "spectrograms" / "labels.npy", np.array([{"voice": 1}], object), allow_pickle=True)
    (folder / "notes.txt").write_text("Crops of January.\n", "ascii")


def sample(name: str) -> npt.NDArray[np.uint8]:
    """Returns a bundled picture."""
    with Image.open(SAMPLES / name) as picture:
        return np.asarray(picture)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    make(parser.parse_args().folder)
