"""What every test may use: the window's platform, an X server, and small files made on the spot."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

# Before anything imports Qt: the suite needs no display.
os.environ["QT_QPA_PLATFORM"] = "offscreen"

# Nor does it read, or change, what padviewer remembers for whoever runs it.
_state = tempfile.TemporaryDirectory(prefix="padviewer-tests-")
os.environ["XDG_STATE_HOME"] = _state.name

# The suite tries the same examples each time: who changes nothing breaks nothing. `make fuzz` looks further.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Writes names that are no text, which tests log, in a way that reaches the process that collects reports."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A 640x480 picture in colours, with detail everywhere."""
    rows, columns = np.mgrid[:480, :640]
    channels = [rows * 255 // 479, columns * 255 // 639, (rows ^ columns) & 255]
    path = tmp_path / "photo.png"
    Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def display() -> Iterator[str]:
    """An X server of our own."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as numbers:
        number = numbers.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(20)
