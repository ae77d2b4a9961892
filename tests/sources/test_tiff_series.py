"""Pages of a TIFF that differ are members; files that declare absurdly many of anything are bounded."""

from __future__ import annotations

import io
import struct
import time

import numpy as np
import pytest
import tifffile

from padviewer.errors import DamagedSource, SourceError, UnsupportedSource
from padviewer.sources import open_source

BUDGET = 2**24
RNG = np.random.default_rng(0)


def read(path, member=None):
    with open_source(str(path), member, budget=BUDGET) as source:
        return source.take(tuple(np.arange(size) for size in source.info.shape)), source.info


def noise(*shape, dtype="u1"):
    return RNG.integers(0, 200, shape).astype(dtype)


@pytest.fixture
def mixed(tmp_path):
    """One page, a stack of three, and a float page; with what was written."""
    arrays = [noise(6, 5), noise(3, 4, 7), noise(3, 3, dtype="f4")]
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for array in arrays:
            writer.write(array, photometric="minisblack", metadata=None)
    return tmp_path / "a.tif", arrays


def test_pages_that_differ_are_members(mixed):
    path, arrays = mixed
    _, info = read(path)
    assert info.member == "page 1"
    assert [(member.name, member.described, member.readable) for member in info.members] == [
        ("page 1", "uint8 6 x 5", True),
        ("page 2", "uint8 3 x 4 x 7", True),
        ("page 5", "float32 3 x 3", True),
    ]
    for member, array in zip(info.members, arrays, strict=True):
        found, chosen = read(path, member.name)
        np.testing.assert_array_equal(found, array)
        assert chosen.member == member.name
    np.testing.assert_array_equal(read(path, "5")[0], arrays[2])


def test_a_page_that_is_not_there(mixed):
    with pytest.raises(UnsupportedSource, match=r"has no member 'page 3'; it has page 1, page 2, page 5"):
        read(mixed[0], "page 3")


def test_a_file_with_one_array_names_it_too(tmp_path):
    tifffile.imwrite(tmp_path / "a", noise(3, 4, 5), photometric="minisblack", metadata=None)
    found, info = read(tmp_path / "a", "page 1")
    assert (found.shape, info.members) == ((3, 4, 5), ())


def test_the_first_page_that_can_be_read(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a") as writer:
        writer.write(noise(8, 8, 3), photometric="rgb", compression="jpegxl", metadata=None)
        writer.write(good := noise(5, 5), photometric="minisblack", metadata=None)
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, good)
    assert info.member == "page 2"
    assert [member.readable for member in info.members] == [False, True]
    assert "JPEGXL is not read" in info.members[0].described
    with pytest.raises(UnsupportedSource, match="JPEGXL is not read"):
        read(tmp_path / "a", "page 1")


def test_other_pages_beside_the_chain(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a") as writer:
        writer.write(noise(8, 8), subifds=1, photometric="minisblack", metadata=None)
        writer.write(small := noise(3, 5, dtype="u2"), photometric="minisblack", metadata=None)
    _, info = read(tmp_path / "a")
    assert [member.name for member in info.members] == ["page 1", "page 1.1"]
    np.testing.assert_array_equal(read(tmp_path / "a", "page 1.1")[0], small)


def entry(tag, kind, count, value):
    return struct.pack("<HHII", tag, kind, count, value)


def page(width, height, following, *, extra=b"", count=None):
    fields = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
        (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, width * height),
    ]  # fmt: skip
    body = b"".join(entry(*found) for found in fields) + extra
    return struct.pack("<H", count or len(body) // 12) + body + struct.pack("<I", following)


def chain(sizes):
    """A TIFF of pages of one row of the given widths, which all share their pixels."""
    start, step = 8 + max(sizes), len(page(1, 1, 0))
    out = b"II*\0" + struct.pack("<I", start) + bytes(range(256)) * (max(sizes) // 256 + 1)
    out = out[:start]
    last = len(sizes) - 1
    return out + b"".join(page(n, 1, 0 if i == last else start + (i + 1) * step) for i, n in enumerate(sizes))


def test_thousands_of_pages_that_differ(tmp_path):
    """Comparing each with each would take minutes: tifffile looks for smaller pictures among them."""
    (tmp_path / "a").write_bytes(chain(range(1, 12_001)))
    begun = time.process_time()
    found, info = read(tmp_path / "a", "page 12000")
    assert time.process_time() - begun < 10
    assert found.shape == (1, 12_000)
    assert len(info.members) == 10_000
    assert info.notes == ("2000 of 12000 members not listed; name one by ::",)
    assert (info.members[1].described, info.members[9999].described) == ("uint8 1 x 2", "")


def test_thousands_of_pages_and_one_that_differs(tmp_path):
    (tmp_path / "a").write_bytes(chain([3] * 7000 + [4]))
    begun = time.process_time()
    assert read(tmp_path / "a", "page 7001")[0].shape == (1, 4)
    assert time.process_time() - begun < 10


def test_a_hundred_thousand_equal_pages_are_one_stack(tmp_path):
    (tmp_path / "a").write_bytes(chain([2] * 20_000))
    with open_source(str(tmp_path / "a"), budget=BUDGET) as source:
        assert (source.info.shape, source.info.axes, source.info.members) == ((20_000, 1, 2), "BHW", ())
        assert source.take((np.array([19_999]), np.arange(1), np.arange(2))).tolist() == [[[0, 1]]]


@pytest.mark.parametrize("count", [4097, 65535])
def test_a_page_that_declares_thousands_of_tags(tmp_path, count):
    (tmp_path / "a").write_bytes(b"II*\0" + struct.pack("<I", 8) + page(2, 2, 0, count=count) + b"\0" * 12 * count)
    with pytest.raises(DamagedSource, match=f"page 1 declares {count} tags"):
        read(tmp_path / "a")


def test_bigtiff_that_declares_2_to_the_60_tags(tmp_path):
    (tmp_path / "a").write_bytes(b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**60) + b"\0" * 100)
    with pytest.raises(DamagedSource, match="tags"):
        read(tmp_path / "a")


def test_a_page_that_names_a_hundred_thousand_pages_beside_it(tmp_path):
    """All of them the same one: a file of half a megabyte must not be read a hundred thousand times."""
    number, start = 100_000, 8 + 4
    inner = start + len(page(2, 2, 0, extra=entry(330, 4, 1, 0)))
    places = inner + len(page(3, 3, 0))
    outer = page(2, 2, 0, extra=entry(330, 4, number, places))
    content = b"II*\0" + struct.pack("<I", start) + b"abcd" + outer + page(1, 1, 0) + struct.pack("<I", inner) * number
    (tmp_path / "a").write_bytes(content)
    begun = time.process_time()
    found, _ = read(tmp_path / "a")
    assert found.shape == (2, 2)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("tag", [258, 273, 279, 320, 330, 339])
@pytest.mark.parametrize("count", [0, 2**31, 2**32 - 1])
def test_tags_that_declare_billions_of_numbers(tmp_path, tag, count, peak_memory):
    content = bytearray(b"II*\0" + struct.pack("<I", 8) + page(4, 4, 0, extra=entry(tag, 4, count, 8)) + b"\0" * 64)
    at = content.find(struct.pack("<HH", tag, 3))
    if at >= 0:
        content[at + 4 : at + 8] = struct.pack("<I", count)
    (tmp_path / "a").write_bytes(bytes(content))
    with peak_memory(2**25):
        try:
            read(tmp_path / "a")
        except SourceError:
            return


def test_pages_are_found_in_both_byte_orders_and_sizes(tmp_path):
    for order in "<>":
        for big in (False, True):
            buffer = io.BytesIO()
            with tifffile.TiffWriter(buffer, byteorder=order, bigtiff=big) as writer:
                writer.write(noise(6, 5), photometric="minisblack", metadata=None)
                writer.write(noise(3, 3), photometric="minisblack", metadata=None)
            (tmp_path / "a").write_bytes(buffer.getvalue())
            assert [member.name for member in read(tmp_path / "a")[1].members] == ["page 1", "page 2"]
