"""Addresses as desktops write them, byte for byte."""

from __future__ import annotations

import os
import socket
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.gui.uri_list import parse_uri_list


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b"file:///a/b.png\r\n", "/a/b.png"),
        (b"file:/a/b.png", "/a/b.png"),
        (b"FILE://localhost/a.png", "/a.png"),
        (b"file://" + os.fsencode(socket.gethostname()) + b"/a.png", "/a.png"),
        (b"# a comment\r\nfile:///a%20b%23c.png\n", "/a b#c.png"),
        (b"file:///a%FF.png", "/a\udcff.png"),
        (b"file:///a\xff.png", "/a\udcff.png"),
        (b"file:///two%0Alines.png", "/two\nlines.png"),
        (b"file:///a%00b", "/a\0b"),
        (b"/plain/path.png", "/plain/path.png"),
    ],
)
def test_files_of_this_machine(data: bytes, path: str) -> None:
    items, refused = parse_uri_list(data)
    assert (items, refused) == ([(path, None)], [])


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"https://example.org/a.png", "download it"),
        (b"file://other-machine.example/a.png", "another machine"),
        (b"file:relative.png", "not complete"),
        (b"relative.png", "File, Open"),
        (b"data:image/png;base64," + b"A" * 10_000_000, "inside of its own address"),
    ],
)
def test_what_lies_elsewhere_says_what_to_do(data: bytes, cause: str) -> None:
    items, (refused,) = parse_uri_list(data)
    assert items == []
    assert refused.error is not None
    assert cause in refused.error.message
    assert len(refused.error.message) < 400
    assert not refused.is_file


@given(st.lists(st.binary(min_size=1).filter(lambda name: b"\0" not in name), max_size=5))
def test_any_bytes_come_back(names: list[bytes]) -> None:
    paths = [b"/" + name for name in names]
    items, refused = parse_uri_list(b"\r\n".join(b"file://" + quote_from_bytes(path).encode() for path in paths))
    assert ([os.fsencode(path) for path, _member in items], refused) == (paths, [])


@given(st.binary(max_size=400))
def test_anything_is_read_or_refused(data: bytes) -> None:
    items, refused = parse_uri_list(data)
    assert all(path.startswith("/") for path, _member in items)
    assert all(entry.error is not None and entry.error.message.isprintable() for entry in refused)
