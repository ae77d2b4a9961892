"""What a folder holds, asked of the reader bit by bit: a folder may be slow, and the window never waits for one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from padviewer.errors import PadviewerError, SourceError
from padviewer.gui.bridge import settle
from padviewer.workers.client import Client
from padviewer.workers.folder_walk import Listing, ListRequest


@dataclass(frozen=True)
class Listed:
    """What a folder holds.

    Attributes:
        files: that can be opened, as far as their names tell.
        refused: folders in it that cannot be listed, and why.
        left_out: how many files have names of no format that is read.
        cut: whether there are more than were asked for.
    """

    files: tuple[str, ...]
    refused: tuple[tuple[str, SourceError], ...]
    left_out: int
    cut: bool


class FolderListing:
    """Lists a folder, and tells how far it is.

    Args:
        scout: lists it.
        path: of the folder.
        limit: files that are asked for, at the most.
        on_progress: told how many files were found; returns whether anybody still wants to know.
        on_listed: given what was found, at the end.
        on_error: told why it could not be listed.
    """

    def __init__(
        self,
        scout: Client,
        path: str,
        limit: int,
        on_progress: Callable[[int], bool],
        on_listed: Callable[[Listed], None],
        on_error: Callable[[PadviewerError], None],
    ) -> None:
        self._scout = scout
        self._path = path
        self._limit = limit
        self._on_progress = on_progress
        self._on_listed = on_listed
        self._on_error = on_error
        self._files: list[str] = []
        self._refused: list[tuple[str, SourceError]] = []
        self._ask(0)

    def _ask(self, part: int) -> None:
        request = ListRequest(self._path, part, len(self._files) + len(self._refused))
        answer = self._scout.submit(f"list {self._path}", request)
        settle(answer, lambda listing: self._take(part, listing), self._on_error)

    def _take(self, part: int, listing: Listing) -> None:
        self._files += listing.files
        self._refused += listing.refused
        found = len(self._files) + len(self._refused)
        cut = found > self._limit
        if listing.ended or cut:
            files = tuple(self._files[: self._limit])
            refused = tuple(self._refused[: self._limit - len(files)])
            self._on_listed(Listed(files, refused, listing.left_out, cut))
        elif self._on_progress(found):
            self._ask(part + 1)
