"""A format whose library is not installed says so, with the line that installs it; all others open."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import soundfile

from fuzzing.seeds import seeds
from padviewer.errors import MissingLibrary
from padviewer.formats import FORMATS, library

CODE = """
import sys
sys.modules[sys.argv[1]] = None
from padviewer.errors import PadviewerError
from padviewer.sources import open_source
for path in sys.argv[2:]:
    try:
        open_source(path, budget=2**28).close()
        print("opened")
    except PadviewerError as error:
        print(f"{type(error).__name__}: {error}")
"""
NEEDED = [found for found in FORMATS if found.library]


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """One file of each format that takes a library, by its suffix."""
    folder = tmp_path_factory.mktemp("samples")
    made = {name: content for name, content in seeds(folder).items() if "/" not in name}
    for name, content in made.items():
        (folder / name).write_bytes(content)
    for name in ("a.flac", "a.ogg", "a.aiff"):
        soundfile.write(folder / name, np.zeros(900), 8000)
    return sorted(folder.iterdir())


@pytest.mark.parametrize("needed", NEEDED, ids=lambda found: found.name)
def test_the_line_that_installs_it_is_told(samples, tmp_path, needed):
    path = next(sample for sample in samples if sample.name.endswith(needed.suffixes) and sample.is_file())
    np.save(tmp_path / "other.npy", np.zeros(3))
    command = [sys.executable, "-c", CODE, needed.library, str(path), str(tmp_path / "other.npy")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    missing, other = done.stdout.splitlines()
    assert missing.startswith("MissingLibrary")
    assert path.name in missing
    assert f"pip install 'padviewer[{needed.extra}]'" in missing
    assert other == "opened"


def test_a_library_that_is_broken_is_not_said_to_be_missing(tmp_path, monkeypatch):
    (tmp_path / "half_there.py").write_text("import nowhere_at_all")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingLibrary, match="cannot be imported") as caught:
        library("half_there", "half", "a.half: to read it")
    assert "pip install" not in str(caught.value)
