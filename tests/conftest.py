"""What every test may use: the window's platform, and small files made on the spot."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

# Before anything imports Qt: the suite needs no display.
os.environ["QT_QPA_PLATFORM"] = "offscreen"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A 640x480 picture in colours, with detail everywhere."""
    rows, columns = np.mgrid[:480, :640]
    channels = [rows * 255 // 479, columns * 255 // 639, (rows ^ columns) & 255]
    path = tmp_path / "photo.png"
    Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8)).save(path)
    return path
