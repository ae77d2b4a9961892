"""Files that nobody on this project wrote: pixels or a clear error, never anything else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from padviewer.errors import SourceError
from padviewer.sources import describe_source, open_source

CORPORA = Path(__file__).parents[2].parent / "shared" / "corpora"
BUDGET = 2**28
PNGSUITE = sorted((CORPORA / "pngsuite" / "png").glob("*.png"))
FOLDERS = ("png", "jpeg", "gif", "bmp", "webp", "tiff")
# Decoding one of these small files takes milliseconds; a stall is a fault of its own.
SECONDS = 5
# numpy, the decoders and the budget of 64 MiB.
MEMORY_KIB = 400 << 10

needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="the shared corpora of third-party files are not here")


def read(path):
    with open_source(str(path), budget=BUDGET) as source:
        found = source.take(tuple(np.arange(size) for size in source.info.shape))
        assert (found.shape, found.dtype.name) == (source.info.shape, source.info.dtype)
    assert describe_source(str(path), budget=BUDGET) == source.info
    return found


def as_rgba(found, top):
    """Returns RGBA with maximum `top`, from any layout that a PNG can be read as."""
    found = np.where(found, top, 0).astype(np.uint16) if found.dtype == bool else found.astype(np.uint16)
    found = found[..., None] if found.ndim == 2 else found
    alpha = found[..., -1:] if found.shape[-1] in (2, 4) else np.full((*found.shape[:2], 1), top, np.uint16)
    colors = found[..., :1].repeat(3, -1) if found.shape[-1] <= 2 else found[..., :3]
    return np.concatenate([colors, alpha], -1)


@needs_corpora
@pytest.mark.parametrize("path", PNGSUITE, ids=lambda path: path.stem)
def test_pngsuite(path, capfd):
    expected = CORPORA / "pngsuite" / "json" / f"{path.stem}.json"
    if path.stem.startswith("x"):
        with pytest.raises(SourceError):
            read(path)
        return
    found = read(path)
    top = 65535 if found.dtype == np.uint16 else 255
    wanted = np.array(json.loads(expected.read_text()))
    np.testing.assert_array_equal(as_rgba(found, top).reshape(-1), wanted)
    assert capfd.readouterr() == ("", "")


@needs_corpora
def test_png_keeps_its_bits():
    for path in PNGSUITE:
        if not path.stem.startswith("x"):
            depth = path.read_bytes()[24]
            assert (read(path).dtype == np.uint16) == (depth == 16), path


# What a child is told to do: decoders may crash, and what they take is measured by the process.
CHILD = """
import json, sys, time
import numpy as np
from padviewer.errors import SourceError
from padviewer.sources import describe_source, open_source

for line in sys.stdin:
    start, told = time.perf_counter(), "pixels"
    try:
        with open_source(line.rstrip("\\n"), budget=2**26) as source:
            found = source.take(tuple(np.arange(size) for size in source.info.shape))
            assert (found.shape, found.dtype.name) == (source.info.shape, source.info.dtype)
    except SourceError as error:
        told = error.message
    # Not ru_maxrss, which begins with what the parent had.
    memory = next(int(row.split()[1]) for row in open("/proc/self/status") if row.startswith("VmHWM"))
    print(json.dumps([line, told, time.perf_counter() - start, memory]), flush=True)
"""


def read_in_a_child(paths):
    lines = "".join(f"{path}\n" for path in paths)
    done = subprocess.run([sys.executable, "-c", CHILD], input=lines, capture_output=True, text=True, check=False)
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr, len(outcomes)) == (0, "", len(paths)), paths[len(outcomes) :][:1]
    return outcomes


@needs_corpora
@pytest.mark.parametrize("folder", FOLDERS)
def test_fuzzed_files(folder):
    paths = sorted((CORPORA / "go-fuzz" / folder).iterdir())
    outcomes = read_in_a_child(paths)
    for path, told, seconds, _memory in outcomes:
        assert told == "pixels" or path.strip() in told, told
        assert seconds < SECONDS, path
    assert {told == "pixels" for _path, told, _seconds, _memory in outcomes} == {True, False}
    assert outcomes[-1][3] < MEMORY_KIB


@needs_corpora
@pytest.mark.parametrize("path", sorted((CORPORA / "exif-orientation").glob("*.jpg")), ids=lambda path: path.stem)
def test_exif_orientations(path):
    with Image.open(path) as image:
        np.testing.assert_array_equal(read(path), np.asarray(ImageOps.exif_transpose(image)))


@needs_corpora
@pytest.mark.parametrize("kind", ["Landscape", "Portrait"])
def test_all_orientations_show_the_same_picture_to_within_the_noise_of_jpeg(kind):
    upright = read(CORPORA / "exif-orientation" / f"{kind}_1.jpg").astype(float)
    for number in range(2, 9):
        found = read(CORPORA / "exif-orientation" / f"{kind}_{number}.jpg")
        assert found.shape == upright.shape
        assert np.abs(found - upright).mean() < 6
