"""The bundled files are there, and are what the samples promise."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from padviewer.assets import resource, samples
from padviewer.errors import SourceNotFound


def test_the_default_sample_is_a_picture() -> None:
    title, path = samples()[0]
    assert title == "Landscape"
    with Image.open(path) as picture:
        assert (picture.mode, picture.size) == ("RGB", (640, 480))
    assert path.stat().st_size < 500_000


def test_samples_cover_ranks_and_dtypes() -> None:
    paths = dict(samples())
    with Image.open(paths["Text line"]) as line:
        assert (line.mode, line.size) == ("L", (211, 37))
    spectrogram, volume = np.load(paths["Spectrogram"]), np.load(paths["Volume"])
    assert (spectrogram.shape, spectrogram.dtype) == ((128, 300), np.float32)
    assert (volume.shape, volume.dtype) == ((24, 64, 64), np.int16)


@pytest.mark.parametrize("name", ["icon.svg", "icon-64.png", "icon-256.png", "padviewer.desktop"])
def test_icons_and_desktop_file_are_there(name: str) -> None:
    assert resource(name).is_file()


def test_a_missing_file_is_said() -> None:
    with pytest.raises(SourceNotFound, match=r"nothing\.png is missing"):
        resource("nothing.png")
