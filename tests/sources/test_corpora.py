"""Files that nobody on this project wrote: pixels or a clear error, never anything else."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from padviewer.errors import SourceError
from padviewer.sources import open_source

CORPORA = Path(__file__).parents[2].parent / "shared" / "corpora"
BUDGET = 2**28
PNGSUITE = sorted((CORPORA / "pngsuite" / "png").glob("*.png"))
FOLDERS = ("png", "jpeg", "gif", "bmp", "webp", "tiff")
# Decoding one of these small files takes milliseconds; a stall is a fault of its own.
SECONDS = 5

needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="the shared corpora of third-party files are not here")


def read(path):
    with open_source(str(path), budget=BUDGET) as source:
        found = source.take(tuple(np.arange(size) for size in source.info.shape))
        assert (found.shape, found.dtype.name) == (source.info.shape, source.info.dtype)
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
@pytest.mark.parametrize("folder", FOLDERS)
def test_fuzzed_files(folder, capfd):
    outcomes = set()
    for path in sorted((CORPORA / "go-fuzz" / folder).iterdir()):
        start = time.perf_counter()
        try:
            read(path)
            outcomes.add("pixels")
        except SourceError:
            outcomes.add("error")
        assert time.perf_counter() - start < SECONDS, path
    assert outcomes == {"pixels", "error"}
    assert capfd.readouterr() == ("", "")


@needs_corpora
@pytest.mark.parametrize("path", sorted((CORPORA / "exif-orientation").glob("*.jpg")), ids=lambda path: path.stem)
def test_exif_orientations(path):
    with Image.open(path) as image:
        np.testing.assert_array_equal(read(path), np.asarray(ImageOps.exif_transpose(image)))
