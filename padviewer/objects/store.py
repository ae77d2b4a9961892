"""Stores of objects: which URLs may be used, what opens them, and what is told of what they refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from padviewer.errors import ExportError, PadviewerError, SettingsError, SourceError, SourceNotFound, shortened
from padviewer.formats import library

# Of each scheme: the library, and the extra that brings it.
SCHEMES = {"s3": ("s3fs", "s3"), "gs": ("gcsfs", "gcs")}
_URL = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


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


def opened(url: str) -> tuple[Any, str]:
    """Returns the file system of a URL, and the name in it."""
    checked(url)
    scheme, _mark, path = url.partition("://")
    module, extra = SCHEMES[scheme.lower()]
    library(module, extra, f"{scheme}://")
    fsspec = library("fsspec", extra, f"{scheme}://")
    # What another machine has written a moment ago is there.
    return fsspec.filesystem(scheme.lower(), use_listings_cache=False), path


@contextmanager
def told(url: str, kind: type[SourceError] | type[ExportError]) -> Iterator[None]:
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
