from __future__ import annotations

import numpy as np
import pytest
from opening import assert_regions, everything, peak_of, refused

from padviewer.errors import UnsupportedSource
from padviewer.raw_layout import RAW_DTYPES
from padviewer.sources import split_selector


def numbers(shape, dtype):
    found = np.random.default_rng(2).integers(0, 100, shape)
    return (found % 2 if np.dtype(dtype).kind == "b" else found).astype(dtype)


@pytest.mark.parametrize("name", RAW_DTYPES)
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("fortran", [False, True])
def test_elements_are_numpys(tmp_path, name, order, fortran):
    array = numbers((4, 5, 3), np.dtype(name).newbyteorder(order))
    path = tmp_path / "a.bin"
    path.write_bytes(b"x" * 7 + array.tobytes("F" if fortran else "C") + b"yy")
    tail = f"4x5x3+7{':F' if fortran else ''}"
    for member in (f"raw:{name}{'le' if order == '<' else 'be'}:{tail}", f"raw:{order}{np.dtype(name).str[1:]}:{tail}"):
        info = assert_regions(path, array, member)
        assert (info.dtype, info.format, info.member, info.axes_guessed) == (name, "raw", member, True)
        assert info.notes[1:] == ("7 bytes before the array ignored", "2 bytes after the array ignored")


@pytest.mark.parametrize(
    ("member", "shape"),
    [
        ("raw:uint8:?", (60,)),
        ("raw:uint8:?x7", (8, 7)),
        ("raw:u2:3x?x2", (3, 5, 2)),
        ("raw:u2:3X?×2", (3, 5, 2)),
        ("raw:uint8:?x10+30", (3, 10)),
        ("RAW:UINT8:10x6", (10, 6)),
        ("raw:float64:1x1x7x1x1", (1, 1, 7, 1, 1)),
    ],
)
def test_a_size_may_be_left_open(tmp_path, member, shape):
    (tmp_path / "a.bin").write_bytes(bytes(60))
    assert everything(tmp_path / "a.bin", member)[1].shape == shape


def test_files_of_a_known_format_open_raw_too(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(6, dtype=">i4").reshape(2, 3))
    found, info = everything(tmp_path / "a.npy", "raw:>i4:2x3+128")
    assert found.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert info.format == "raw"


def test_unknown_files_say_how(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"\0" * 99)
    assert "open it as raw: file::raw:uint8:HxW" in refused(tmp_path / "a.bin", UnsupportedSource, "no known format")


@pytest.mark.parametrize(
    ("member", "match"),
    [
        ("raw:", "expected raw:DTYPE:HxW"),
        ("raw:uint8", "expected raw:DTYPE:HxW"),
        ("raw:uint8:4:Z", "expected raw:DTYPE:HxW"),
        ("raw:uint8:4+-3", "expected raw:DTYPE:HxW"),
        ("raw:uint8:4+9999999999999999999999", "expected raw:DTYPE:HxW"),
        ("raw:uint9:4", "dtype 'uint9'"),
        ("raw:O:4", "dtype 'O'"),
        ("raw:>U4:4", "dtype '>U4'"),
        ("raw:bfloat16:4", "dtype 'bfloat16'"),
        ("raw:uint8:4x", "shape '4x'"),
        ("raw:uint8:-4", "shape '-4'"),
        ("raw:uint8:?x?", "shape '?x?'"),
        ("raw:uint8:0x4", "shape '0x4'"),
        ("raw:uint8:1x1x1x1x1x1", "1 to 5 sizes"),
        ("raw:uint8:" + "9" * 5000, "shape"),
        ("raw:uint8:101", "needs 101 bytes, but the file has 100 bytes from byte 0 on"),
        ("raw:uint8:1000000x1000000", "needs 1000000000000 bytes"),
        ("raw:uint8:" + "x".join(["999999999999999999"] * 5), "needs"),
        ("raw:uint8:?x101", "needs 101 bytes for each"),
        ("raw:uint8:1+100", "has 0 bytes from byte 100 on"),
        ("raw:uint8:?+200", "has 0 bytes from byte 200 on"),
    ],
)
def test_layouts_that_cannot_be(tmp_path, member, match):
    (tmp_path / "a.bin").write_bytes(bytes(100))
    assert match in refused(tmp_path / "a.bin", UnsupportedSource, member=member)


def test_selectors(tmp_path):
    (tmp_path / "a.bin").touch()
    text = f"{tmp_path}/a.bin::raw:>u2:3x?+4:F"
    assert split_selector(text) == (f"{tmp_path}/a.bin", "raw:>u2:3x?+4:F")


def test_a_region_of_a_large_file_costs_its_own_size(tmp_path):
    path, small = tmp_path / "a.bin", tmp_path / "small.npy"
    np.save(small, np.zeros(3))
    with path.open("wb") as file:
        file.truncate(100 << 30)
    points = [list(range(0, 160_000, 1000))] * 2
    said, grown, seconds = peak_of(small, path, "raw:float32:160000x160000", points=points)
    assert said == ""
    assert grown < 32 << 20
    assert seconds < 5
