"""Damaged LZW codes: the decoder is given none that end the process. A child decodes, so that a death is seen."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import imagecodecs
import numpy as np
import pytest
import tifffile

from padviewer.errors import DamagedSource
from padviewer.sources import open_source
from padviewer.sources.tiff_lzw import check_lzw

CLEAR, END = 256, 257
CASES = int(os.environ.get("PADVIEWER_FUZZ_CASES", "3000"))


def packed(codes, low_first=False):
    """Packs codes as the specification says, bit by bit: they become longer as the table grows."""
    bits, width, strings = [], 9, 257
    for code in codes:
        ordered = [code >> bit & 1 for bit in range(width)]
        bits += ordered if low_first else ordered[::-1]
        strings = 257 if code == CLEAR else strings + 1
        width = 9 + sum(strings >= size - 1 + low_first for size in (512, 1024, 2048))
    return np.packbits(np.array(bits, np.uint8), bitorder="little" if low_first else "big").tobytes()


def valid(low_first, codes, blocks=2):
    """Returns blocks of literal codes that end after so many, and the bytes that they stand for."""
    literals = np.random.default_rng(codes).integers(0, 256, (blocks, codes))
    found = [code for block in literals.tolist() for code in (CLEAR, *block)]
    return packed([*found, END], low_first), literals.astype(np.uint8).tobytes()


@pytest.mark.parametrize("low_first", [False, True])
@pytest.mark.parametrize("codes", [1, 2, 253, 254, 255, 256, 766, 767, 1790, 1791, 3838])
def test_what_encoders_write_is_left_as_it_is(low_first, codes):
    data, expected = valid(low_first, codes)
    assert imagecodecs.lzw_decode(data) == expected
    assert check_lzw("a.tif", data) == data


@pytest.mark.parametrize("low_first", [False, True])
@pytest.mark.parametrize("codes", [1, 2, 253, 254, 255, 256, 766, 767, 1790, 1791, 3838])
@pytest.mark.parametrize("wrong", [258, 300, 511])
def test_codes_end_before_a_string_that_is_not_there(low_first, codes, wrong):
    literals = list(range(200, 256)) * 70
    data = packed([CLEAR, CLEAR, *literals[:codes], CLEAR, wrong, 5, END], low_first)
    left = check_lzw("a.tif", data)
    assert left == data[: len(left)]
    assert len(left) < len(data)
    # All that was before is still there.
    assert imagecodecs.lzw_decode(left) == bytes(literals[:codes])


def test_a_block_that_never_ends_is_left_to_the_decoder():
    data = packed([CLEAR, *([7] * 6000)])
    with pytest.raises(imagecodecs.LzwError, match="TABLE_TOO_SMALL"):
        imagecodecs.lzw_decode(check_lzw("a.tif", data))


def test_codes_that_begin_anew_all_the_time_are_refused():
    with pytest.raises(DamagedSource, match=r"a\.tif: its LZW codes begin anew 1001 times in \d+ bytes"):
        check_lzw("a.tif", packed([CLEAR, 1] * 5000))


@pytest.mark.parametrize("data", [b"", b"\0", b"\x80", b"\x80\0", b"\0\x01", bytes(100)])
def test_what_is_too_short(data):
    assert check_lzw("a.tif", data) == data


@pytest.mark.parametrize("turned", [False, True])
def test_a_damaged_strip_is_told(tmp_path, turned):
    array = np.arange(4000, dtype=np.uint8).reshape(40, 100)
    extra = [(266, 3, 1, 2, True)] if turned else []
    tifffile.imwrite(tmp_path / "a.tif", array, compression="lzw", extratags=extra, photometric="minisblack")
    data = bytearray((tmp_path / "a.tif").read_bytes())
    with tifffile.TiffFile(tmp_path / "a.tif") as found:
        start, count = found.pages[0].dataoffsets[0], found.pages[0].databytecounts[0]
    codes = packed([CLEAR, 300, *range(200), CLEAR, 400, END])
    assert len(codes) < count
    codes = imagecodecs.bitorder_decode(codes) if turned else codes
    data[start : start + len(codes)] = codes
    (tmp_path / "a.tif").write_bytes(data)
    read = textwrap.dedent("""
        import sys, numpy as np
        from padviewer.errors import DamagedSource
        from padviewer.sources import open_source
        try:
            with open_source(sys.argv[1], budget=2**24) as source:
                source.take(tuple(np.arange(size) for size in source.info.shape))
        except DamagedSource as error:
            print(error)
    """)
    child = subprocess.run(
        [sys.executable, "-c", read, tmp_path / "a.tif"], capture_output=True, text=True, check=False
    )
    assert child.returncode == 0, child.stderr
    assert "a.tif" in child.stdout


def mutate(random, data):
    """Flips bits, writes over bytes, and puts a clear code anywhere."""
    bits = np.unpackbits(np.frombuffer(data, np.uint8))
    for _ in range(int(random.integers(1, 4))):
        bits[int(random.integers(len(bits)))] ^= 1
    at = int(random.integers(9, len(bits) - 9))
    if random.random() < 0.5:
        bits[at : at + 9] = [1, *[0] * 8]
    return np.packbits(bits).tobytes()


def test_no_damage_ends_the_process():
    pid = os.fork()
    if pid == 0:
        random = np.random.default_rng(0)
        strips = [valid(low_first, codes) for low_first in (False, True) for codes in (250, 3000)]
        for _ in range(CASES):
            data, whole = strips[int(random.integers(len(strips)))]
            try:
                imagecodecs.lzw_decode(check_lzw("a.tif", mutate(random, data)), out=len(whole))
            except (imagecodecs.LzwError, DamagedSource):
                continue
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0


def test_valid_strips_keep_their_pixels(tmp_path):
    array = np.random.default_rng(0).integers(0, 9, (300, 400, 3)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", array, compression="lzw", predictor=True, photometric="rgb")
    with open_source(str(tmp_path / "a.tif"), budget=2**24) as source:
        found = source.take(tuple(np.arange(size) for size in source.info.shape))
    np.testing.assert_array_equal(found, array)
