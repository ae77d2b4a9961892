"""Makes a folder as people have them, out of the bundled samples: python scripts/make_mixed_folder.py FOLDER.

Some 500 items of three kinds in seven formats, of sizes that vary as those of real data sets do: in folders in folders,
with spaces and umlauts in their names, the same names in two folders, archives of many arrays, links, what other
programs leave behind, and files that are damaged: the folder of docs/data-sets.md. The same on every run.
"""

from __future__ import annotations

import argparse
import wave
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
from PIL import Image

SAMPLES = Path(__file__).resolve().parent.parent / "resources" / "samples"
BOOKS = ("Chronik 1903", "Grüße aus Bern", "Register")
LINES, PHOTOS, SCANS, SPECTROGRAMS, RECORDINGS, VOLUMES = 60, 100, 30, 40, 120, 20
# Of these, so many lie in an archive.
TOGETHER, PATIENTS = 12, 8
RATE = 8000
# Hounsfield units begin at -1000, and a TIFF of 16 bits at 0.
AIR = 1000


def make(folder: Path) -> None:
    """Writes all files into a folder, which may not exist yet."""
    random = np.random.default_rng(5)
    for name in ("photos/Bärenpark", "scans", "spectrograms", "recordings", "volumes"):
        (folder / name).mkdir(parents=True)
    write_lines(folder / "lines", random)
    write_photos(folder, random)
    write_spectrograms(folder / "spectrograms", random)
    write_recordings(folder / "recordings", random)
    write_volumes(folder / "volumes", random)
    write_damaged(folder)
    write_others(folder)


def write_lines(folder: Path, random: np.random.Generator) -> None:
    """Writes lines of print, gray PNG, the same names in each book: heights vary little, widths much."""
    line = sample("line.png")
    for number in range(LINES * len(BOOKS)):
        height = int(random.integers(28, 53))
        width = int(np.clip(height * random.lognormal(1.75, 0.5), 30, 900))
        repeated = np.tile(line, (1, 2 + width * 37 // height // 211))
        part = Image.fromarray(repeated[:, : max(1, width * 37 // height)])
        book = folder / BOOKS[number // LINES]
        book.mkdir(parents=True, exist_ok=True)
        part.resize((width, height), Image.Resampling.BILINEAR).save(book / f"line {number % LINES + 1:02}.png")


def write_photos(folder: Path, random: np.random.Generator) -> None:
    """Writes crops of a photo, upright and across: colour and gray JPEG, some WebP, and scans as TIFF."""
    photo = sample("sample.png")
    for number in range(PHOTOS + SCANS):
        short = int(random.integers(96, 257))
        long = int(min(short * random.choice([1, 4 / 3, 3 / 2, 16 / 9]), 480))
        height, width = (long, short) if random.random() < 0.4 else (short, long)
        top, left = random.integers(0, 480 - height + 1), random.integers(0, 640 - width + 1)
        part = Image.fromarray(photo[top : top + height, left : left + width])
        if number >= PHOTOS:
            part.convert("L").save(folder / "scans" / f"scan_{number - PHOTOS:03}.tif", compression="tiff_lzw")
        elif number % 10 == 0:
            part.convert("L").save(folder / "photos" / f"IMG_{number:04}.jpg", quality=85)
        elif number % 10 == 1:
            part.save(folder / "photos" / "Bärenpark" / f"IMG_{number - 1:04}.webp", quality=85)
        else:
            part.save(folder / "photos" / f"IMG_{number:04}.JPG", "JPEG", quality=85)


def write_spectrograms(folder: Path, random: np.random.Generator) -> None:
    """Writes spectrograms, float32 of 128 bands by time: a file each, and some in one archive."""
    spectrogram = np.tile(np.load(SAMPLES / "spectrogram.npy"), 4)
    evening: dict[str, Any] = {}
    for number in range(SPECTROGRAMS):
        start, length = int(random.integers(0, 300)), int(np.clip(random.lognormal(5.0, 0.6), 40, 700))
        part = spectrogram[:, start : start + length]
        if number < TOGETHER:
            evening[f"bat_{number:02}"] = part
        else:
            np.save(folder / f"voice_{number:03}.npy", part)
    np.savez(folder / "evening.npz", **evening)


def write_recordings(folder: Path, random: np.random.Generator) -> None:
    """Writes recordings as WAV, 16 bits at 8 kHz."""
    for number in range(RECORDINGS):
        length = int(np.clip(random.lognormal(9.0, 0.5), 2000, 30000))
        heard = np.sin(np.arange(length) * random.uniform(0.05, 0.4)) * np.hanning(length)
        with wave.open(str(folder / f"recording_{number:03}.wav"), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
            file.writeframes((heard * 20000).astype("<i2").tobytes())


def write_volumes(folder: Path, random: np.random.Generator) -> None:
    """Writes volumes in Hounsfield units, int16, cut out of one: npy, datasets of an HDF5, pages of a TIFF."""
    volume = np.load(SAMPLES / "volume.npy")
    with h5py.File(folder / "cohort.h5", "w") as cohort:
        for number in range(VOLUMES):
            depth, height, width = random.integers((10, 40, 40), (25, 65, 65))
            part = volume[:depth, :height, :width]
            if number < PATIENTS:
                cohort.create_dataset(f"patient {number + 1}/ct", data=part, track_times=False)
            else:
                np.save(folder / f"scan_{number:03}.npy", part)
    pages = [Image.fromarray((page + AIR).astype(np.uint16)) for page in volume[:16, :48, :56]]
    pages[0].save(folder / "stack.tif", save_all=True, append_images=pages[1:])


def write_damaged(folder: Path) -> None:
    """Writes what is in every folder: files cut short, an empty one, a wrong name, objects, a broken link."""
    whole = (folder / "lines" / BOOKS[0] / "line 01.png").read_bytes()
    (folder / "lines" / "upload.png").write_bytes(whole[:20])
    (folder / "lines" / "half.png").write_bytes(whole[: len(whole) // 2])
    (folder / "photos" / "empty.jpg").write_bytes(b"")
    (folder / "photos" / "error.jpg").write_text("<html><h1>404 Not Found</h1></html>\n", "ascii")
    (folder / "photos" / "moved.jpg").symlink_to("Bärenpark/IMG_9999.jpg")
    np.save(folder / "spectrograms" / "labels.npy", np.array([{"voice": 1}], object), allow_pickle=True)


def write_others(folder: Path) -> None:
    """Writes notes, what a Mac leaves behind, a link to a photo, and one to a folder, which leads round in circles."""
    (folder / "notes.txt").write_text("Crops of January.\n", "ascii")
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (folder / "photos" / "cover.jpg").symlink_to("IMG_0002.JPG")
    (folder / "photos" / "Bärenpark" / "all").symlink_to("..", target_is_directory=True)


def sample(name: str) -> npt.NDArray[np.uint8]:
    """Returns a bundled picture."""
    with Image.open(SAMPLES / name) as picture:
        return np.asarray(picture)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    make(parser.parse_args().folder)
