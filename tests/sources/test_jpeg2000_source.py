"""JPEG 2000 against what was encoded, and streams that would take more than they say."""

from __future__ import annotations

import io
import struct

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from padviewer.errors import DamagedSource, OversizedSource, SourceError, UnsupportedSource
from padviewer.sources import open_source

BUDGET = 2**26
RNG = np.random.default_rng(0)


def read(path, budget=BUDGET):
    with open_source(str(path), budget=budget) as source:
        return source.take(tuple(np.arange(size) for size in source.info.shape)), source.info


def encoded(array, **options):
    return imagecodecs.jpeg2k_encode(array, level=0, reversible=True, **options)


@pytest.mark.parametrize("shape", [(40, 30), (40, 30, 3), (40, 30, 4), (1, 1)])
@pytest.mark.parametrize("dtype", ["u1", "u2", "i2"])
@pytest.mark.parametrize("codec", ["jp2", "j2k"])
def test_lossless_pictures_are_as_they_were(tmp_path, shape, dtype, codec):
    array = RNG.integers(0, 30000 if dtype != "u1" else 255, shape).astype(dtype)
    (tmp_path / "a").write_bytes(encoded(array, codecformat=codec))
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, array)
    assert (info.format, info.axes, info.axes_guessed) == ("JPEG 2000", "HW" if len(shape) == 2 else "HWC", False)
    assert info.notes == ()


@pytest.mark.parametrize("options", [{}, {"tile_size": (32, 32)}, {"num_resolutions": 3}, {"irreversible": True}])
def test_what_pillow_writes(tmp_path, options):
    array = np.kron(RNG.integers(0, 255, (9, 7, 3), np.uint8), np.ones((10, 10, 1), np.uint8))
    Image.fromarray(array).save(tmp_path / "a.jp2", **options)
    found, _ = read(tmp_path / "a.jp2")
    with Image.open(tmp_path / "a.jp2") as image:
        np.testing.assert_array_equal(found, np.asarray(image))


def test_bits_that_no_dtype_has_are_kept(tmp_path):
    array = RNG.integers(0, 512, (20, 20)).astype("u2")
    (tmp_path / "a").write_bytes(encoded(array, bitspersample=9))
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, array)
    assert info.notes == ("9-bit samples, values kept",)


def stream(**options):
    return bytearray(encoded(RNG.integers(0, 255, (64, 64), np.uint8), codecformat="j2k", **options))


def changed(at, code, *values):
    data = stream()
    struct.pack_into(code, data, at, *values)
    return bytes(data)


def coding(at, *values):
    """Changes the marker COD, from its style on."""
    data = stream()
    start = data.index(b"\xff\x52") + 4 + at
    data[start : start + len(values)] = bytes(values)
    return bytes(data)


# The marker SIZ begins at byte 2: its sizes at 8, those of tiles at 24.
@pytest.mark.parametrize(
    ("content", "error"),
    [
        (changed(8, ">II", 2**31, 2**31), OversizedSource),
        (changed(8, ">II4xI4xI", 60000, 60000, 0, 0), SourceError),
        (changed(24, ">II", 1, 1), (OversizedSource, DamagedSource)),
        (changed(40, ">H", 16384), DamagedSource),
        (changed(42, ">B", 37), UnsupportedSource),
        (changed(43, ">BB", 2, 2), UnsupportedSource),
        (coding(2, 0xFF, 0xFF), None),
        (coding(6, 0, 0), UnsupportedSource),
        (coding(5, 32), None),
    ],
)
def test_streams_that_would_take_more_than_they_say(tmp_path, content, error, peak_memory):
    (tmp_path / "a.j2k").write_bytes(content)
    with peak_memory(2**26):
        if error is None:
            try:
                read(tmp_path / "a.j2k", 2**24)
            except SourceError:
                return
        else:
            with pytest.raises(error, match=r"a\.j2k: "):
                read(tmp_path / "a.j2k", 2**24)


@pytest.mark.parametrize("codec", ["jp2", "j2k"])
def test_cut_streams_are_refused(tmp_path, codec):
    """OpenJPEG fills up what is missing, without a word."""
    content = encoded(RNG.integers(0, 255, (64, 64, 3), np.uint8), codecformat=codec)
    for size in range(13, len(content), 97):
        (tmp_path / "a").write_bytes(content[:size])
        with pytest.raises(SourceError, match="a: "):
            read(tmp_path / "a")


def test_changed_streams_are_pixels_or_clear_errors(tmp_path, capfd, peak_memory):
    buffer = io.BytesIO()
    Image.fromarray(RNG.integers(0, 255, (64, 64, 3), np.uint8)).save(buffer, "JPEG2000", tile_size=(32, 32))
    content = buffer.getvalue()
    with peak_memory(2**27):
        for at in range(0, 250, 2):
            for value in (0, 0xFF):
                (tmp_path / "a").write_bytes(content[:at] + bytes([value]) + content[at + 1 :])
                try:
                    read(tmp_path / "a")
                except SourceError:
                    continue
    assert capfd.readouterr() == ("", "")
