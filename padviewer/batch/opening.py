"""Items that are opened one after the other: those of one file share it, so that its members are listed once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self

from padviewer.objects import is_url
from padviewer.sources import Source
from padviewer.sources.openers import opened_source
from padviewer.sources.remote import open_item


class Opening:
    """Opens items; the file of the last one that is a member of it stays open until another one is wanted.

    Args:
        budget: bytes that decoding one may spend.
    """

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._kept = ExitStack()
        self._path: str | None = None
        self._open: Callable[[str], Source] | None = None

    @contextmanager
    def source(self, path: str, member: str | None) -> Iterator[Source]:
        """Yields an item, open.

        Raises:
            SourceError: it cannot be opened.
        """
        if member is None or is_url(path):
            with open_item(path, member, self._budget) as source:
                yield source
            return
        if self._open is None or self._path != path:
            self._close()
            self._open = self._kept.enter_context(opened_source(path, budget=self._budget))
            self._path = path
        with self._open(member) as source:
            yield source

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        self._path = self._open = None
        self._kept.close()
