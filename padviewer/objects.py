"""Files that a URL names, in a store of objects: found, fetched and put by fsspec.

Only URLs that a person has typed come here. Who is let in is for the system to say (`AWS_*`, `FSSPEC_*`, a role of the
machine): a URL with a password is refused, and none is told or written down.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from padviewer.bytecount import format_bytes
from padviewer.errors import (
    ExportError,
    ExportStopped,
    OversizedSource,
    PadviewerError,
    SettingsError,
    SourceError,
    SourceNotFound,
    shortened,
)
from padviewer.formats import library
from padviewer.pulse import beat

Result = TypeVar("Result")
# Of each scheme: the library, and the extra that brings it.
SCHEMES = {"s3": ("s3fs", "s3"), "gs": ("gcsfs", "gcs")}
_URL = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_PORTION = 1 << 22
# What a header is read from, and files whose header lies there whole: what follows is elements, whatever they say.
_HEAD = 1 << 18
_HEADERS = (b"\x93NUMPY", b"\xff\xd8\xff")


def is_url(text: str) -> bool:
    """Whether a text is a URL, of any scheme."""
    return _URL.match(text) is not None


def checked(url: str) -> str:
    """Returns a URL that may be used; a path where it names a file of this machine.

    Raises:
        SettingsError: it is of another scheme, or holds a password.
    """
    match = _URL.match(url)
    scheme = match.group(1).lower() if match else ""
    if match and scheme == "file":
        return url[match.end() :]
    if scheme not in SCHEMES:
        raise SettingsError(f"{scheme}://: URLs begin with s3://, gs:// or file://; download it, or mount it")
    if "@" in url.split("/")[2]:
        raise SettingsError(
            f"{scheme}:// with a user or a password in it; say them by the environment (AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY), where no log or manifest holds them"
        )
    return url


def objects_at(url: str) -> Iterator[tuple[str, bool]]:
    """Yields the objects that a URL means, in order: one, those below a prefix, or those that a pattern fits.

    Each comes with whether it was named, by its name or a pattern.

    Raises:
        SourceError: there are none, or the store refuses.
    """
    with _told(url, SourceError):
        system, path = _opened(url)
        if any(mark in path for mark in "*?["):
            names, named = system.glob(path), True
        elif system.isfile(path):
            names, named = [path], True
        else:
            names, named = system.find(path), False
    if not names:
        raise SourceNotFound(f"{shortened(url)}: nothing there has such a name; check it")
    scheme = url.partition("://")[0]
    for name in sorted(names):
        yield f"{scheme}://{name}", named


def sizes_below(url: str) -> dict[str, int]:
    """Returns the bytes of all objects below a prefix, by their names from there on."""
    with _told(url, ExportError):
        system, path = _opened(url)
        start = len(path.rstrip("/")) + 1
        return {name[start:]: state["size"] for name, state in system.find(path, detail=True).items()}


@contextmanager
def copy_of(path: str, budget: int) -> Iterator[str]:
    """Yields the path of a file, fetched if it is an object; the copy is private and goes with the block.

    Args:
        path: or URL.
        budget: bytes that a copy may take on the disk.

    Raises:
        SourceError: it cannot be fetched, or is larger than the budget. Errors within the block name the URL.
    """
    if not is_url(path):
        yield path
        return
    with _told(path, SourceError):
        system, name = _opened(path)
        size = int(system.size(name) or 0)
        if size > budget:
            raise OversizedSource(
                f"{shortened(path)}: has {format_bytes(size)}, more than the budget of {format_bytes(budget)}; raise "
                "the budget with --budget"
            )
        folder = tempfile.mkdtemp(prefix="padviewer-")
    copy = os.path.join(folder, _short(name))  # noqa: PTH118
    try:
        with _told(path, SourceError), system.open(name, "rb", cache_type="none") as theirs, open(copy, "xb") as ours:  # noqa: PTH123
            left = size
            while left and (data := theirs.read(min(_PORTION, left))):
                beat(_PORTION)
                ours.write(data)
                left -= len(data)
        with _named(copy, path):
            yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def from_header(path: str, budget: int, read: Callable[[str], Result]) -> Result:
    """Returns what `read` tells of a file's header; of an object only its beginning is fetched where that is enough."""
    if is_url(path):
        with _head_of(path) as head:
            if head is not None:
                try:
                    return read(head)
                except PadviewerError:
                    pass  # the header is longer, or the file is damaged: all of it tells
    with copy_of(path, budget) as copy:
        return read(copy)


@contextmanager
def _head_of(url: str) -> Iterator[str | None]:
    """Yields a file with the beginning of an object and a hole for the rest; None where that may not be enough."""
    with _told(url, SourceError):
        system, name = _opened(url)
        head = bytes(system.cat_file(name, start=0, end=_HEAD))
        size = int(system.size(name) or 0)
    if not head.startswith(_HEADERS) or size <= len(head):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="padviewer-") as folder:
        copy = os.path.join(folder, _short(name))  # noqa: PTH118
        with open(copy, "xb") as file:  # noqa: PTH123
            file.write(head)
            file.truncate(size)
        yield copy


def put(file: str, url: str) -> None:
    """Writes a whole file to an object: it is there complete, or as it was before.

    Raises:
        ExportStopped: the store refuses, or does not answer: it would do so for others too.
    """
    beat(os.stat(file).st_size)  # noqa: PTH116
    with _told(url, ExportStopped):
        system, name = _opened(url)
        system.put_file(file, name)


def put_bytes(data: bytes, url: str) -> None:
    """Writes bytes to an object, as `put` does."""
    with _told(url, ExportStopped):
        system, name = _opened(url)
        system.pipe_file(name, data)


def bytes_of(url: str) -> bytes:
    """Returns the bytes of an object that padviewer has written."""
    with _told(url, ExportError):
        system, name = _opened(url)
        return bytes(system.cat_file(name))


def remove(url: str, recursive: bool = False) -> None:
    """Removes an object, or all below a prefix; one that is not there is none."""
    with _told(url, ExportError):
        system, name = _opened(url)
        names = list(system.find(name)) if recursive else [name]
        for each in names:
            try:
                system.rm_file(each)
            except FileNotFoundError:
                continue


def _opened(url: str) -> tuple[Any, str]:
    """Returns the file system of a URL, and the name in it."""
    checked(url)
    scheme, _mark, path = url.partition("://")
    module, extra = SCHEMES[scheme.lower()]
    library(module, extra, f"{scheme}://")
    fsspec = library("fsspec", extra, f"{scheme}://")
    # What another machine has written a moment ago is there.
    return fsspec.filesystem(scheme.lower(), use_listings_cache=False), path


def _short(name: str) -> str:
    """Returns a name for a copy, with the end that tells tables of text."""
    end = os.path.splitext(name)[1]  # noqa: PTH122
    return "object" + (end if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", end) else "")


@contextmanager
def _named(copy: str, url: str) -> Iterator[None]:
    """Lets errors name the URL instead of the copy."""
    try:
        yield
    except PadviewerError as error:
        error.args = tuple(each.replace(copy, shortened(url)) if isinstance(each, str) else each for each in error.args)
        raise


@contextmanager
def _told(url: str, kind: type[SourceError] | type[ExportError]) -> Iterator[None]:
    """Turns what a store refuses into an error of ours."""
    name = shortened(url)
    try:
        yield
    except (PadviewerError, MemoryError):
        raise
    except FileNotFoundError as error:
        missing = SourceNotFound if kind is SourceError else kind
        raise missing(f"{name}: is not there; check the bucket and the name") from error
    except PermissionError as error:
        raise kind(f"{name}: the store lets you not do this; check your rights, and your keys") from error
    except Exception as error:
        lines = str(error).strip().splitlines()
        cause = f"{type(error).__name__}: {shortened(lines[0], 200)}" if lines else type(error).__name__
        raise kind(f"{name}: the store does not answer ({cause}); check keys, region and network") from error
