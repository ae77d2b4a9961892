from __future__ import annotations

import pytest

from padviewer.errors import SourceError
from padviewer.workers.folder_walk import FolderWalks, ListRequest


def whole(walks, path, others=lambda: None):
    """Lists a folder as the window does; returns files, refusals, how many were left out, and the number of parts."""
    files, refused, part = [], [], 0
    while True:
        listing = walks().go_on(ListRequest(path, part, len(files) + len(refused)))
        files += listing.files
        refused += listing.refused
        if listing.ended:
            return files, refused, listing.left_out, part + 1
        part += 1
        others()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    for number in range(6000):
        (folder / f"{number:05}.{'npy' if number % 2 else 'txt'}").touch()
    return folder


def test_a_large_folder_comes_in_parts(folder):
    walks = FolderWalks()
    files, refused, left_out, parts = whole(lambda: walks, str(folder))
    assert files == [str(folder / f"{number:05}.npy") for number in range(1, 6000, 2)]
    assert (refused, left_out) == ([], 3000)
    assert parts >= 3


def test_a_walk_that_was_lost_goes_on_where_it_was(folder):
    """As after a death of the reader: each part is asked of another one."""
    files, _refused, left_out, _parts = whole(FolderWalks, str(folder))
    assert files == [str(folder / f"{number:05}.npy") for number in range(1, 6000, 2)]
    assert left_out == 3000


def test_folders_that_are_listed_at_once_do_not_disturb_each_other(folder, tmp_path):
    walks = FolderWalks()
    (tmp_path / "a").mkdir()
    files, *_rest, parts = whole(lambda: walks, str(folder), lambda: walks.go_on(ListRequest(str(tmp_path / "a"))))
    assert len(files) == 3000
    assert parts < 40


def test_what_is_no_folder_says_so(tmp_path):
    with pytest.raises(SourceError, match="cannot be listed"):
        FolderWalks().go_on(ListRequest(str(tmp_path / "missing")))
