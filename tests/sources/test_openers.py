from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

from padviewer.bytecount import format_bytes
from padviewer.errors import (
    DamagedSource,
    OversizedSource,
    SourceError,
    SourceNotFound,
    UnknownFormat,
    UnsupportedSource,
)
from padviewer.sources import ArraySource, open_source, split_selector
from padviewer.sources.opened import decoding
from padviewer.sources.openers import Opener

BUDGET = 2**20


def refused(path, kind, match):
    with pytest.raises(kind, match=match) as caught:
        open_source(str(path), budget=BUDGET)
    assert caught.value.message.isprintable()
    return str(caught.value)


def test_the_content_tells_the_format_not_the_name(tmp_path):
    Image.new("L", (3, 2)).save(tmp_path / "a.npy", "PNG")
    np.save(tmp_path / "b.npy", np.zeros((2, 3)))
    (tmp_path / "b.npy").rename(tmp_path / "b.jpg")
    with open_source(str(tmp_path / "a.npy"), budget=BUDGET) as source:
        assert source.info.format == "PNG"
    with open_source(str(tmp_path / "b.jpg"), budget=BUDGET) as source:
        assert source.info.format == ".npy"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x0e\x03\x13\x01" + bytes(99), "an HDF4 file"),
        (b"CDF\x02" + bytes(99), "a netCDF-3 file"),
        (b"\x80\x04\x95abc.", "a pickle"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"DDS |", "DDS"),
        (b"BLP2", "no known format"),
        (b"8BPS", "no known format"),
        (b"\0" * 100, "no known format"),
        (b"x", "no known format"),
    ],
)
def test_other_formats_are_named(tmp_path, content, name):
    (tmp_path / "a.npy").write_bytes(content)
    message = refused(tmp_path / "a.npy", UnsupportedSource, name)
    assert "allow_pickle" not in message
    assert len(message) < len(str(tmp_path)) + 200, "it fits the bar of a small window"
    assert ", or open it as raw: file::raw:uint8:HxW" in message
    with pytest.raises(UnknownFormat) as caught:
        open_source(str(tmp_path / "a.npy"), budget=1 << 20)
    assert "PNG, JPEG" in pickle.loads(pickle.dumps(caught.value)).details, "also from a worker"


def test_an_empty_file(tmp_path):
    (tmp_path / "a.png").touch()
    refused(tmp_path / "a.png", DamagedSource, r"a\.png: the file is empty")


def test_a_missing_file(tmp_path):
    refused(tmp_path / "a.png", SourceNotFound, r"a\.png: no such file")
    (tmp_path / "b").touch()
    refused(tmp_path / "b" / "a.png", SourceNotFound, "no such file")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    refused(tmp_path / "link", SourceNotFound, "no such file")


def test_a_directory(tmp_path):
    refused(tmp_path, UnsupportedSource, "is a directory")


def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", UnsupportedSource, "is a named pipe")


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/dev/stdin"])
def test_devices(path):
    if os.path.exists(path):  # noqa: PTH110
        with pytest.raises(SourceError):
            open_source(path, budget=BUDGET)


def test_a_socket(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the names of sockets are short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        refused("socket", UnsupportedSource, "is a socket")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "a").chmod(0)
    refused(tmp_path / "a", SourceError, "no permission")


@pytest.mark.parametrize("name", ["", "a\0b", "\ud800"])
def test_impossible_names(name):
    refused(name, SourceError, ": ")


def test_names_of_100000_characters():
    assert len(refused("a" * 100_000, SourceNotFound, "100000 characters")) < 400
    assert len(refused("a/" * 50_000, SourceNotFound, "100000 characters")) < 400


def test_names_that_are_no_text(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n\x1b[31m.npy")
    with open(path, "wb") as file:  # noqa: PTH123
        np.save(file, np.arange(3))
    with open_source(path, budget=BUDGET) as source:
        assert source.take((np.arange(3),)).tolist() == [0, 1, 2]
        assert source.info.path == path
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(b"x")
    message = refused(path, UnsupportedSource, "no known format")
    message.encode()


def test_the_file_is_not_left_open(tmp_path):
    def count():
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnonsense")
    np.save(tmp_path / "a.npy", np.arange(9))
    np.savez(tmp_path / "a.npz", np.arange(9))
    before = count()
    for name in ("bad.png", "a.npy", "a.npz"):
        try:
            open_source(str(tmp_path / name), budget=BUDGET).close()
        except SourceError:
            continue
    assert count() == before


@pytest.mark.parametrize("error", [ValueError, KeyError, RecursionError, AssertionError, ZeroDivisionError, OSError])
def test_whatever_a_decoder_raises_is_a_damaged_file(error):
    with (
        pytest.raises(DamagedSource, match=f"a.png: cannot be decoded \\({error.__name__}: ") as caught,
        decoding("a.png"),
    ):
        raise error("\n" * 1000)
    assert isinstance(caught.value.__cause__, error)
    assert len(str(caught.value)) < 600


def test_no_memory_is_an_oversized_file():
    with pytest.raises(OversizedSource, match="more memory than the budget allows"), decoding("a.png"):
        raise MemoryError


def test_interrupts_pass():
    with pytest.raises(KeyboardInterrupt), decoding("a.png"):
        raise KeyboardInterrupt


def test_warnings_become_notes(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(3))
    with open_source(str(tmp_path / "a.npy"), budget=BUDGET) as source:
        info = source.info

    def opener(file, member, budget):
        warnings.warn("odd\nfile", UserWarning, stacklevel=1)
        return ArraySource(np.arange(3), info)

    openers = (Opener(lambda head: True, opener),)
    with open_source(str(tmp_path / "a.npy"), budget=BUDGET, openers=openers) as source:
        assert source.info.notes == (r"warning: odd\nfile",)


def test_the_budget_is_told():
    assert format_bytes(BUDGET) == "1.0 MiB"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.npz", ("a.npz", None)),
        ("a.npz::key", ("a.npz", "key")),
        ("a.npz::", ("a.npz", None)),
        ("a.npz::x::y", ("a.npz", "x::y")),
        ("::x", ("", "x")),
        ("nul\0::x", ("nul\0", "x")),
    ],
)
def test_selectors(tmp_path, monkeypatch, text, expected):
    monkeypatch.chdir(tmp_path)
    assert split_selector(text) == expected


def test_an_existing_file_wins(tmp_path):
    (tmp_path / "a::b").touch()
    assert split_selector(str(tmp_path / "a::b")) == (str(tmp_path / "a::b"), None)
    assert split_selector(str(tmp_path / "a::b::c")) == (str(tmp_path / "a::b"), "c")


def test_importing_loads_no_decoder():
    code = (
        "import sys, padviewer.sources, padviewer.export\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('PIL', 'tifffile', 'imagecodecs', 'keras', 'PySide6')])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
