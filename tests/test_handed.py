"""What stands for arrays from Python where paths of files would."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.handed import Handed, file_beside, file_stem, handed_path, identity, label, parse_handed, shown_name

NUMBERS = st.integers(0, 2**31)


@given(NUMBERS, NUMBERS, st.text(min_size=1, max_size=200))
def test_a_name_comes_back_as_it_was(pid: int, descriptor: int, name: str) -> None:
    path = handed_path(pid, descriptor, name)
    assert parse_handed(path) == Handed(f"/proc/{pid}/fd/{descriptor}", name)
    assert shown_name(path) == label(path) == f"{name} (from Python)"
    assert identity(path) == identity(handed_path(pid, descriptor + 1, name))
    assert identity(path) != identity(handed_path(pid, descriptor, name + "x"))


@pytest.mark.parametrize("path", ["photo.png", "/a/b/photo.png", "python:photo.png", "python:/proc/1/fd/x/photo.png"])
def test_a_file_is_a_file(path: str) -> None:
    assert parse_handed(path) is None
    assert (identity(path), label(path)) == (path, path)
    assert (shown_name(path), file_stem(path)) == (Path(path).name, Path(path).stem)
    assert file_beside(path, "_padded.npy") == str(Path(path).with_name(f"{Path(path).stem}_padded.npy"))


def test_a_file_of_an_array_lies_where_python_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, stem in (("x", "x"), ("a/b c", "a_b_c"), ("../..", "array"), ("größe 1.5", "größe_1.5"), ("-x", "x")):
        path = handed_path(1, 2, name)
        assert file_stem(path) == stem
        assert file_beside(path, "_mask.npy") == str(tmp_path / f"{stem}_mask.npy")
