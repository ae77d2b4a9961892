from __future__ import annotations

import gzip
import os
from itertools import product

import numpy as np
import pytest
from astropy.io import fits
from opening import BUDGET, assert_regions, everything, peak_of, refused

from padviewer.errors import DamagedSource, OversizedSource, UnsupportedSource
from padviewer.sources import open_source

DTYPES = ["u1", "i2", "i4", "i8", "f4", "f8"]
TURNED = ["i1", "u2", "u4", "u8"]


def numbers(*shape, dtype="i2"):
    return np.random.default_rng(1).integers(0, 100, shape).astype(dtype)


@pytest.fixture
def plain(tmp_path):
    path = tmp_path / "a.fits"
    fits.PrimaryHDU(numbers(6, 5)).writeto(path)
    return path


def with_card(path, key, value):
    """Puts a card into the place of another one, or before END."""
    data = bytearray(path.read_bytes())
    card = f"{key:8}= {value:>20}".ljust(80).encode()
    place = data.find(f"{key:8}=".encode())
    if place < 0:
        place = data.find(b"END".ljust(80))
        data[place + 80 : place + 160] = b"END".ljust(80)
    data[place : place + 80] = card
    path.write_bytes(data)


@pytest.mark.parametrize("dtype", DTYPES + TURNED)
@pytest.mark.parametrize("suffix", [".fits", ".fits.gz"])
def test_integers_stay_integers(tmp_path, dtype, suffix):
    path, array = tmp_path / f"a{suffix}", numbers(4, 5, 6, dtype=dtype)
    fits.PrimaryHDU(array).writeto(path)
    info = assert_regions(path, fits.getdata(path))
    assert (info.dtype, info.format, info.decoded) == (array.dtype.name, "FITS", suffix == ".fits.gz")
    assert any("BZERO" in note for note in info.notes) == (dtype in TURNED)


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((7,), "T"),
        ((7, 6), "HW"),
        ((7, 6, 5), "DHW"),
        ((3, 6, 5), "CHW"),
        ((2, 7, 6, 5), "BDHW"),
        ((7, 2, 6, 5), "BCHW"),
        ((2, 2, 7, 6, 5), "BCDHW"),
        ((1, 1, 3, 2, 7, 6, 5), "BCDHW"),
    ],
)
def test_axes_are_those_of_numpy(tmp_path, shape, axes):
    fits.PrimaryHDU(numbers(*shape)).writeto(tmp_path / "a.fits")
    info = assert_regions(tmp_path / "a.fits", numbers(*shape).reshape(shape[-5:]))
    assert info.axes == axes
    assert ("2 leading axes of size 1 left out" in info.notes) == (len(shape) > 5)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("slope", [(0.25, 100), (2, 0), (1, 0.5), (1, 2.0**30)])
def test_scaling(tmp_path, dtype, slope):
    path = tmp_path / "a.fits"
    fits.PrimaryHDU(numbers(6, 5, dtype=dtype)).writeto(path)
    with_card(path, "BSCALE", slope[0])
    with_card(path, "BZERO", slope[1])
    found, info = everything(path)
    wide = numbers(6, 5, dtype=dtype).astype(np.float64) * slope[0] + slope[1]
    np.testing.assert_array_equal(found, wide.astype(info.dtype))
    np.testing.assert_allclose(found, fits.getdata(path), rtol=1e-6)
    assert info.dtype == (
        "float32" if dtype in ("u1", "i2") and slope[1] < 2**30 else "float32" if dtype == "f4" else "float64"
    )
    assert any(f"stored x {slope[0]:g} + {slope[1]:.9g}, as {info.dtype} (BSCALE, BZERO)" in n for n in info.notes)
    assert_regions(path, found)


@pytest.mark.parametrize(
    ("slope", "zero", "found", "note"),
    [
        (1, 0, 7, "7 stands for missing numbers (BLANK)"),
        (1, 32768, 32775, "32775 stands for missing numbers (BLANK)"),
        (2, 0, np.nan, "missing numbers (7, BLANK) -> NaN"),
    ],
)
def test_missing_numbers(plain, slope, zero, found, note):
    fits.PrimaryHDU(np.array([[7, 8]], "i2")).writeto(plain, overwrite=True)
    for key, value in (("BLANK", 7), ("BSCALE", slope), ("BZERO", zero)):
        with_card(plain, key, value)
    array, info = everything(plain)
    np.testing.assert_array_equal(array, [[found, 8 * slope + zero]])
    assert note in info.notes


@pytest.fixture
def several(tmp_path):
    path = tmp_path / "several.fits"
    table = fits.BinTableHDU.from_columns([fits.Column("a", "J", array=np.arange(3))], name="LIST")
    parts = [
        fits.PrimaryHDU(),
        table,
        fits.ImageHDU(numbers(4, 5), name="SCI"),
        fits.ImageHDU(numbers(3, 5), name="SCI"),
        fits.ImageHDU(numbers(2, 5)),
    ]
    fits.HDUList(parts).writeto(path)
    return path


def test_members(several):
    found, info = everything(several)
    assert found.shape == (4, 5)
    assert info.member == "SCI"
    assert [tuple(member) for member in info.members] == [
        ("0", "no data", False),
        ("LIST", "a table, not an image", False),
        ("SCI", "int16 4 x 5", True),
        ("SCI (2)", "int16 3 x 5", True),
        ("4", "int16 2 x 5", True),
    ]
    for name, shape in (("SCI (2)", (3, 5)), ("3", (3, 5)), ("4", (2, 5)), ("2", (4, 5))):
        assert everything(several, name)[0].shape == shape
    for name in ("0", "LIST", "1"):
        assert "choose an image HDU" in refused(several, UnsupportedSource, member=name)
    assert "did you mean 'SCI'" in refused(several, UnsupportedSource, "has no member", member="sci")


def test_a_file_without_images(tmp_path):
    fits.HDUList([fits.PrimaryHDU()]).writeto(tmp_path / "a.fits")
    refused(tmp_path / "a.fits", UnsupportedSource, "no data")


@pytest.mark.parametrize(
    ("method", "dtype"),
    [
        *product(["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1", "NOCOMPRESS"], ["u1", "i2", "u2", "i4", "f4"]),
        *product(["PLIO_1"], ["u1", "i2", "i4", "f4"]),  # astropy writes no larger unsigned ones
    ],
)
def test_compressed_images(tmp_path, method, dtype):
    options = {"quantize_level": 0} if dtype == "f4" and method.startswith("GZIP") else {}
    path = tmp_path / "a.fits"
    array = numbers(40, 33, dtype=dtype)
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(array, compression_type=method, **options)]).writeto(path)
    info = assert_regions(path, np.asarray(fits.getdata(path, 1)))
    assert (info.dtype, info.decoded) == (array.dtype.name, True)
    assert info.members[1].described.endswith("40 x 33, compressed")


def test_other_files_are_left_alone(tmp_path, monkeypatch):
    opened = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *rest, **more: (opened.append(path), real(path, *rest, **more))[1])
    path = tmp_path / "a.fits"
    fits.HDUList([fits.PrimaryHDU(numbers(3, 4)), fits.ImageHDU(numbers(3, 4))]).writeto(path)
    with_card(path, "INHERIT", "T")
    with open_source(str(path), "1", budget=BUDGET) as source:
        source.take((np.arange(3), np.arange(4)))
    assert [name for name in opened if str(name).startswith(str(tmp_path))] == [str(path)]


# ---- hostile and damaged


@pytest.mark.parametrize(
    ("key", "value", "kind", "match"),
    [
        ("NAXIS1", -5, DamagedSource, "HDU 0"),
        ("NAXIS1", 10**18, DamagedSource, "cut short"),
        ("NAXIS1", 10**30, DamagedSource, "HDU 0"),
        ("NAXIS", 999, DamagedSource, "HDU 0"),
        ("NAXIS", -1, DamagedSource, "HDU 0"),
        ("BITPIX", 17, UnsupportedSource, "BITPIX = 17"),
        ("BITPIX", 64, DamagedSource, "cut short: ends at byte 3120 of 5760"),
        ("GROUPS", "T", UnsupportedSource, "random groups"),
        ("BZERO", "'x'", DamagedSource, "HDU 0"),
        ("PCOUNT", -9, DamagedSource, "HDU 0"),
    ],
)
def test_cards_that_lie(plain, key, value, kind, match):
    with_card(plain, key, value)
    if match.startswith("cut short: ends"):
        plain.write_bytes(plain.read_bytes()[:3000])
        match = "cut short: ends at byte 3120 of 3000"
    refused(plain, kind, match)


def test_a_header_without_an_end(plain):
    small = plain.with_name("small.fits")
    small.write_bytes(plain.read_bytes())
    plain.write_bytes(plain.read_bytes()[:2880].replace(b"END", b"   "))
    with plain.open("r+b") as file:
        file.truncate(50 << 30)
    said, grown, seconds = peak_of(small, plain)
    assert said.startswith("DamagedSource")
    assert "no END card" in said
    assert grown < 32 << 20
    assert seconds < 5


def test_truncated_at_any_place(several):
    data = several.read_bytes()
    path = several.with_name("cut.fits")
    with fits.open(several) as opened:
        end = opened["SCI"].fileinfo()["datLoc"] + 4 * 5 * 2
    for length in (*range(9, 2880, 400), *range(2880, len(data) - 2880, 1111)):
        path.write_bytes(data[:length])
        if length < end:
            refused(path)
        else:
            assert everything(path)[0].shape == (4, 5)
    packed = gzip.compress(data)
    for length in range(1, len(packed), 50):
        refused(path, content=packed[:length])


def test_a_later_unit_that_is_damaged(several):
    data = several.read_bytes()
    found = data.rfind(b"XTENSION")
    path = several.with_name("later.fits")
    path.write_bytes(data[:found] + data[found:].replace(b"NAXIS1", b"NAXIS9"))
    info = everything(path)[1]
    assert any(note.startswith("the listing ends at HDU 4") for note in info.notes)


def test_many_units_are_listed_in_time(tmp_path):
    path = tmp_path / "many.fits"
    header = fits.ImageHDU(np.zeros((1, 1), "u1")).header.tostring().encode()
    start = fits.PrimaryHDU().header.tostring().encode()
    path.write_bytes(start + (header + bytes(2880)) * 2000)
    small = tmp_path / "small.fits"
    fits.PrimaryHDU(numbers(2, 2)).writeto(small)
    said, grown, seconds = peak_of(small, path)
    assert said == ""
    assert grown < 64 << 20
    assert seconds < 10


def test_a_gzip_bomb(plain):
    path = plain.with_name("bomb.fits.gz")
    path.write_bytes(gzip.compress(plain.read_bytes() + bytes(100 << 20), 1))
    small = plain.with_name("small.fits.gz")
    small.write_bytes(gzip.compress(plain.read_bytes()))
    said, grown, _seconds = peak_of(small, path, budget=16 << 20)
    assert said.startswith("OversizedSource")
    assert grown < 40 << 20


def packed_file(path, array, **options):
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(array, **options)]).writeto(path, overwrite=True)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (b"ZNAXIS1 =                   32", b"ZNAXIS1 =           1000000000", OversizedSource),
        (b"ZTILE1  =                   32", b"ZTILE1  =           1000000000", OversizedSource),
        (b"ZTILE1  =                   32", b"ZTILE1  =                    0", DamagedSource),
        (b"ZTILE2  =                    1", b"ZTILE2  =                   40", DamagedSource),
        (b"'RICE_1  '", b"'RICE_9  '", UnsupportedSource),
        (b"ZNAXIS2 =                   40", b"ZNAXIS2 =                  -40", DamagedSource),
    ],
)
def test_compressed_images_that_lie(tmp_path, old, new, kind):
    path = tmp_path / "a.fits"
    data = packed_file(path, numbers(40, 32), compression_type="RICE_1")
    assert old in data
    small = tmp_path / "small.fits"
    small.write_bytes(data)
    path.write_bytes(data.replace(old, new))
    said, grown, _seconds = peak_of(small, path)
    assert said.startswith(kind.__name__), said
    assert grown < 32 << 20


def test_a_bomb_in_a_tile(tmp_path):
    path = tmp_path / "a.fits"
    noise = np.random.default_rng(0).integers(0, 2**15, (1000, 1000)).astype("i2")
    data = packed_file(path, noise, compression_type="GZIP_1", tile_shape=(1000, 1000))
    small = tmp_path / "small.fits"
    packed_file(small, numbers(40, 32), compression_type="GZIP_1")
    place = data.find(b"\x1f\x8b")
    bomb = gzip.compress(bytes(1 << 28), 9)
    assert len(bomb) < len(data) - place
    path.write_bytes(data[:place] + bomb + data[place + len(bomb) :])
    said, grown, _seconds = peak_of(small, path)
    assert said.startswith("DamagedSource")
    assert "bytes of a tile" in said
    assert grown < 100 << 20


def test_a_region_of_a_large_file_costs_its_own_size(tmp_path):
    path, small = tmp_path / "large.fits", tmp_path / "small.fits"
    fits.PrimaryHDU(numbers(2, 2, dtype="f4")).writeto(small)
    header = fits.PrimaryHDU(np.zeros((1, 1), "f4")).header
    header["NAXIS1"], header["NAXIS2"] = 100_000, 100_000
    path.write_bytes(header.tostring().encode())
    with path.open("r+b") as file:
        file.truncate(2880 * (14 * 10**6))  # 40 GB, sparse
    said, grown, seconds = peak_of(small, path, points=[list(range(0, 100_000, 1000))] * 2)
    assert said == ""
    assert grown < 32 << 20
    assert seconds < 5


def test_damaged_compressed_data_are_told(tmp_path):
    path = tmp_path / "a.fits"
    data = packed_file(path, numbers(40, 32), compression_type="GZIP_1")
    place = data.find(b"\x1f\x8b")
    refused(path, DamagedSource, content=data[: place + 20] + bytes(9) + data[place + 29 :])
