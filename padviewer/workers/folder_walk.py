"""Listing a folder in slices, so that pictures that are asked for meanwhile wait for one slice at most."""

from __future__ import annotations

import time
from dataclasses import dataclass

from padviewer.errors import SourceError
from padviewer.sources.folder import LeftOut, files_in

_SLICE_S = 0.01
# Or an answer takes the window longer to unpack than a frame.
_MOST = 1000
# Folders that are listed at once; one that was left is forgotten after so many others.
_AT_HAND = 16


@dataclass(frozen=True)
class ListRequest:
    """Go on listing a folder; answered with a `Listing`.

    Attributes:
        path: of the folder.
        part: how many answers have come before; 0 begins.
        known: how many files and refusals they held.
    """

    path: str
    part: int = 0
    known: int = 0


@dataclass(frozen=True)
class Listing:
    """More of what a folder holds.

    Attributes:
        files: that can be opened, as far as their names tell.
        refused: folders in it that cannot be listed, and why.
        left_out: how many files have names of no format that is read, in all.
        ended: whether that was the last of it.
    """

    files: tuple[str, ...]
    refused: tuple[tuple[str, SourceError], ...]
    left_out: int
    ended: bool


class FolderWalks:
    """Remembers how far folders have been listed."""

    def __init__(self) -> None:
        self._walks: dict[str, _Walk] = {}

    def go_on(self, request: ListRequest) -> Listing:
        """Lists for some milliseconds; begins anew where this process has not listed what came before.

        Raises:
            SourceError: the folder cannot be listed.
        """
        walk = self._walks.pop(request.path, None)
        if walk is None or walk.part != request.part:
            walk = _Walk(request.path)
        listing = walk.go_on(request)
        if not listing.ended:
            self._walks[request.path] = walk
            if len(self._walks) > _AT_HAND:
                del self._walks[next(iter(self._walks))]
        return listing


class _Walk:
    """A folder that is being listed; `part` is the next answer."""

    def __init__(self, path: str) -> None:
        self.part = 0
        self._known = 0
        self._left_out = 0
        self._found = files_in(path)

    def go_on(self, request: ListRequest) -> Listing:
        """Returns the next part, without what is known already."""
        files: list[str] = []
        refused: list[tuple[str, SourceError]] = []
        self.part = request.part + 1
        until = time.monotonic() + _SLICE_S
        for found in self._found:
            if isinstance(found, LeftOut):
                self._left_out += found.files
            else:
                self._known += 1
                if self._known > request.known and found.error is None:
                    files.append(found.path)
                elif self._known > request.known and found.error is not None:
                    refused.append((found.path, found.error))
            if self._known >= request.known and (time.monotonic() > until or len(files) >= _MOST):
                return Listing(tuple(files), tuple(refused), self._left_out, ended=False)
        return Listing(tuple(files), tuple(refused), self._left_out, ended=True)
