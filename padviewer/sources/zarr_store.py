"""Where the files of a Zarr are: a folder on a disk, or an archive that holds one."""

from __future__ import annotations

import mmap
from abc import ABC, abstractmethod
from collections.abc import Sequence
from types import TracebackType
from typing import Self


class Blob(ABC):
    """A file of a store, open until the end of a `with`, which it must not be written to before.

    Attributes:
        size: bytes.
        start: where its bytes begin in what `map` returns; None where they lie in no file as they are.
    """

    size: int
    start: int | None

    @abstractmethod
    def read(self, offset: int, count: int) -> bytes | memoryview:
        """Reads bytes.

        Raises:
            DamagedSource: where the file ends before them.
        """

    @abstractmethod
    def map(self) -> mmap.mmap:
        """Maps what the file lies in for reading; it stays mapped when the file is closed."""

    def __enter__(self) -> Self:
        return self

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Folder(ABC):
    """A folder of a store.

    Attributes:
        name: of it, for messages.
    """

    name: str

    @abstractmethod
    def check(self) -> None:
        """Raises a `DamagedSource` where files came into the folder, or left it, since the store was opened."""

    @abstractmethod
    def few_names(self, most: int) -> set[str] | None:
        """Returns the names of what is in the folder; None where there are more, or to find them takes long."""

    def announce(self, names: Sequence[str], most: int) -> None:  # noqa: B027 - most have nothing to prepare
        """Tells which files are about to be opened, and how many bytes each has at most."""

    @abstractmethod
    def folders(self, most: int) -> tuple[list[str], bool]:
        """Returns the names of the folders in it, and whether more than `most` names would have to be looked at."""

    @abstractmethod
    def folder(self, name: str) -> Folder | None:
        """Opens a folder in it; None where there is none.

        Raises:
            UnsupportedSource: where it is a link.
            SourceError: where it cannot be opened.
        """

    @abstractmethod
    def has(self, name: str) -> bool:
        """Whether a file is still there, as it was when the store was opened; its name may lead through folders.

        Raises:
            DamagedSource: where it was written to since.
        """

    @abstractmethod
    def blob(self, name: str) -> Blob | None:
        """Opens a file in it; None where there is none.

        Raises:
            UnsupportedSource: where it is no regular file.
            DamagedSource: where it was written to since the store was opened.
            SourceError: where it cannot be opened.
        """

    @abstractmethod
    def close(self) -> None:
        """Closes the folder."""
