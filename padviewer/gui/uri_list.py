"""What a drop or a clipboard names, byte for byte: Qt's own addresses lose names that are no text."""

from __future__ import annotations

import os
import re
import socket
from urllib.parse import unquote_to_bytes

from padviewer.errors import UnsupportedSource, shortened
from padviewer.gui.files import MAX_FILES, FileEntry, Item

_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:")
# What is shown of an address; a picture inside of one may have megabytes.
_SHOWN = 400


def parse_uri_list(data: bytes) -> tuple[list[Item], list[FileEntry]]:
    """Reads a `text/uri-list`: one address on each line, `#` begins a comment.

    Args:
        data: as it came; at most `MAX_FILES` lines of it are taken.

    Returns:
        Files of this machine, and what cannot be opened with the reason for each.
    """
    items: list[Item] = []
    refused: list[FileEntry] = []
    lines = [line.strip(b"\r \t") for line in data.replace(b"\0", b"").split(b"\n", MAX_FILES)[:MAX_FILES]]
    for line in lines:
        if not line or line.startswith(b"#"):
            continue
        path = _path(line)
        if path is None:
            refused.append(_refused(line))
        else:
            items.append((os.fsdecode(path), None))
    return items, refused


def _path(line: bytes) -> bytes | None:
    """Returns the path that an address leads to on this machine; None where it leads elsewhere."""
    if line.startswith(b"/"):
        return line
    if line[:5].lower() != b"file:":
        return None
    rest = line[5:]
    if rest.startswith(b"//"):
        host, slash, rest = rest[2:].partition(b"/")
        if host.lower() not in _our_names():
            return None
        rest = slash + rest
    return unquote_to_bytes(rest) if rest.startswith(b"/") else None


def _our_names() -> tuple[bytes, ...]:
    name = os.fsencode(socket.gethostname()).lower()
    return b"", b"localhost", name, name.partition(b".")[0]


def _refused(line: bytes) -> FileEntry:
    name = shortened(os.fsdecode(line[: 2 * _SHOWN]), _SHOWN)
    scheme = _SCHEME.match(line)
    cause = "download it and drop the file"
    if scheme is None:
        cause = "drop a file, or type its path into File, Open"
    elif scheme[0].lower() == b"file:":
        cause = "it lies on another machine, or its path is not complete; copy the file here"
    elif scheme[0].lower() == b"data:":
        cause = "it is a picture inside of its own address; save it to a file and drop that"
    error = UnsupportedSource(f"{shortened(name)}: is not a file of this machine; {cause}")
    return FileEntry((name, None), error=error, is_file=False)
