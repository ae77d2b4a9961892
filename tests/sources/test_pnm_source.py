"""Netpbm's formats against Pillow, and heads that lie."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from padviewer.errors import DamagedSource, OversizedSource, SourceError, UnsupportedSource
from padviewer.sources import open_source

BUDGET = 2**24
RNG = np.random.default_rng(0)


def read(path, budget=BUDGET):
    with open_source(str(path), budget=budget) as source:
        return source.take(tuple(np.arange(size) for size in source.info.shape)), source.info


def head(kind, *fields):
    return b"P" + kind.encode() + b"\n" + b" ".join(str(field).encode() for field in fields) + b"\n"


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "I;16", "F"])
@pytest.mark.parametrize("width", [1, 8, 13])
def test_pictures_equal_pillows(tmp_path, mode, width):
    array = RNG.integers(0, 255, (6, width, 3), np.uint8)
    image = Image.fromarray(array).convert("L" if mode == "I;16" else mode)
    image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257) if mode == "I;16" else image
    image.save(tmp_path / "a", "PPM")
    found, info = read(tmp_path / "a")
    with Image.open(tmp_path / "a") as stored:
        np.testing.assert_array_equal(found, np.asarray(stored))
    assert (info.axes, info.axes_guessed) == ("HWC" if mode == "RGB" else "HW", False)
    assert info.format == {"1": "PBM", "RGB": "PPM", "F": "PFM"}.get(mode, "PGM")


@pytest.mark.parametrize("top", [1, 15, 200, 255, 256, 4095, 65535])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("plain", [False, True])
def test_values_are_kept_whatever_the_largest_is(tmp_path, top, channels, plain):
    shape = (5, 4, channels)[: 3 if channels > 1 else 2]
    array = RNG.integers(0, top + 1, shape).astype("u1" if top < 256 else ">u2")
    kind = {(1, False): "5", (3, False): "6", (1, True): "2", (3, True): "3"}[channels, plain]
    body = " ".join(map(str, array.ravel().tolist())).encode() if plain else array.tobytes()
    (tmp_path / "a").write_bytes(head(kind, 4, "# a comment\n", 5, top) + body)
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, array)
    assert info.notes == (() if top in (255, 65535) else (f"largest value {top}, values kept",))


def test_ones_and_zeros_written_out(tmp_path):
    (tmp_path / "a").write_bytes(b"P1 3 2\n101 # x\n0 1 0")
    found, info = read(tmp_path / "a")
    assert found.tolist() == [[False, True, False], [True, False, True]]
    assert info.notes == ("1 is black: inverted",)


@pytest.mark.parametrize("channels", [1, 2, 4, 7])
def test_any_number_of_channels(tmp_path, channels):
    array = RNG.integers(0, 256, (5, 4, channels)).astype("u1")
    text = f"P7\n# made\nWIDTH 4\nHEIGHT 5\nDEPTH {channels}\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
    (tmp_path / "a").write_bytes(text.encode() + array.tobytes())
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found.reshape(array.shape), array)
    assert info.format == "PAM"


@pytest.mark.parametrize(("scale", "dtype"), [(-1.0, "<f4"), (1.0, ">f4"), (-2.5, "<f4")])
@pytest.mark.parametrize("kind", ["f", "F"])
def test_floats_are_stored_from_bottom_to_top(tmp_path, scale, dtype, kind):
    array = RNG.normal(size=(5, 4, 3)[: 3 if kind == "F" else 2]).astype("f4")
    (tmp_path / "a").write_bytes(head(kind, 4, 5, scale) + array[::-1].astype(dtype).tobytes())
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, array)
    assert info.notes == (("scale 2.5 not applied",) if scale == -2.5 else ())


def test_more_pictures_than_one(tmp_path):
    one = head("5", 2, 2, 255) + b"abcd"
    (tmp_path / "a").write_bytes(one * 2)
    assert read(tmp_path / "a")[1].notes == (f"{len(one)} bytes after the first picture ignored",)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (head("5", 10**6, 10**6, 255), DamagedSource, r"1000000 x 1000000 samples \(1000000000000 bytes\), but 0 are"),
        (head("2", 10**9, 10**9, 255) + b"1 2", DamagedSource, "but 3 are there"),
        (head("4", 2**31 - 1, 2**31 - 1), DamagedSource, "but 0 are there"),
        (head("f", 10**6, 10**6, -1.0), DamagedSource, "but 0 are there"),
        (head("5", 0, 4, 255), DamagedSource, "declares 0 x 4 pixels"),
        (head("5", -3, 4, 255), DamagedSource, "declares -3 x 4 pixels"),
        (head("5", 2**40, 1, 255), DamagedSource, "which no picture has"),
        (head("5", 2, 2, 0) + b"abcd", UnsupportedSource, "largest value 0"),
        (head("5", 2, 2, 65536) + b"abcd", UnsupportedSource, "largest value 65536"),
        (head("f", 2, 2, 0) + b"abcd" * 4, DamagedSource, "says nothing of the byte order"),
        (head("f", 2, 2, "nan") + b"abcd" * 4, DamagedSource, "says nothing of the byte order"),
        (head("5", "x", 2, 255) + b"abcd", DamagedSource, "holds no numbers"),
        (head("2", 2, 1, 9) + b"1 10", DamagedSource, "no number from 0 to 9"),
        (head("2", 2, 1, 9) + b"1 -1", DamagedSource, "no number from 0 to 9"),
        (head("2", 2, 1, 9) + b"1          ", DamagedSource, "but 1 are there"),
        (head("1", 2, 1) + b"12", DamagedSource, "no 2 zeros and ones"),
        (b"P5\n#" + b"x" * 10**6, DamagedSource, "does not end"),
        (b"P5\n" + b"9" * 5000, DamagedSource, ""),
        (b"P7\nWIDTH 4\n", DamagedSource, "does not end"),
        (b"P7\nWIDTH 4\nENDHDR\n", DamagedSource, "lacks a size"),
    ],
)
def test_heads_that_lie_are_refused_before_memory_is_spent(tmp_path, content, error, message, peak_memory):
    (tmp_path / "a").write_bytes(content)
    with peak_memory(2**24), pytest.raises(error, match=message or "a: "):
        read(tmp_path / "a")


@pytest.mark.parametrize("kind", ["1", "2", "4", "f"])
def test_what_must_be_decoded_keeps_to_the_budget(tmp_path, kind, peak_memory):
    body = {"1": b"1" * 2**20, "2": b"1 " * 2**20, "4": b"\0" * 2**17, "f": b"\0" * 2**22}[kind]
    (tmp_path / "a").write_bytes(head(kind, 1024, 1024, *([255] if kind in "2f" else [])) + body)
    with peak_memory(2**24), pytest.raises(OversizedSource, match="budget"):
        read(tmp_path / "a", budget=2**20)


@pytest.mark.parametrize("kind", ["1", "2", "3", "4", "5", "6", "f", "F"])
def test_every_truncation_is_pixels_or_a_clear_error(tmp_path, kind):
    body = b"1 0 1 0 1 1 0 0 1 0 1 0" if kind in "123" else b"\x01" * 48
    content = head(kind, 2, 2, *([] if kind in "14" else [1])) + body
    for size in range(2, len(content)):
        (tmp_path / "a").write_bytes(content[:size])
        try:
            read(tmp_path / "a")
        except SourceError:
            continue
