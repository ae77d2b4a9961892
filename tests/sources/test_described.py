"""The header of a file tells what opening it does, for every format; and nothing is decoded for it."""

from __future__ import annotations

import gzip
import struct
import zipfile
import zlib
from pathlib import Path

import h5py
import imagecodecs
import nibabel
import numpy as np
import pytest
import scipy.io
import soundfile
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opening import BUDGET, assert_described
from PIL import Image

from padviewer.errors import SourceError
from padviewer.sources import describe_source, open_source
from padviewer.sources.base import DeclaredSource

ORIENTATION = 0x0112
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F")
WRITTEN = {
    "png": {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"},
    "jpg": {"L", "RGB", "CMYK"},
    "bmp": {"1", "L", "P", "RGB", "RGBA"},
    "gif": {"1", "L", "P", "RGB"},
    "webp": {"L", "RGB", "RGBA"},
    "tif": {"1", "L", "P", "RGB", "RGBA", "I;16", "F"},
}


def assert_as_opened(path):
    """Compares a file's header with the opened file; returns what both tell."""
    with open_source(str(path), budget=BUDGET) as source:
        info = source.info
    assert_described(info)
    assert describe_source(str(path), budget=BUDGET).notes == info.notes
    return info


def picture(mode, width=7, height=5):
    return Image.new("RGB", (width, height), (200, 100, 50)).convert(mode)


@pytest.mark.parametrize("suffix", WRITTEN)
@pytest.mark.parametrize("mode", MODES)
def test_pictures(tmp_path, suffix, mode):
    if mode in WRITTEN[suffix]:
        path = tmp_path / f"a.{suffix}"
        source = Image.fromarray(np.zeros((5, 7), np.uint16)) if mode == "I;16" else picture(mode)
        source.save(path)
        assert assert_as_opened(path).shape[:2] == (5, 7)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_rotations(tmp_path, suffix, turn):
    exif = Image.Exif()
    exif[ORIENTATION] = turn
    path = tmp_path / f"a.{suffix}"
    picture("RGB").save(path, exif=exif)
    assert assert_as_opened(path).shape == ((7, 5, 3) if turn >= 5 else (5, 7, 3))


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(depth, colors, *extra, late=(), width=6, height=4):
    """A PNG of any kind, with chunks before and behind the pixels."""
    bands = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colors]
    rows = b"".join(b"\0" + bytes(-(-width * bands * depth // 8)) for _ in range(height))
    header = struct.pack(">2I5B", width, height, depth, colors, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *extra, chunk(b"IDAT", zlib.compress(rows)), *late, chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


PALETTE = chunk(b"PLTE", bytes(12))
TURNED = chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0")
XMP = chunk(b"iTXt", b'XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta tiff:Orientation="6"/>')


@pytest.mark.parametrize(
    ("depth", "colors", "keyed"),
    [(d, 0, b"\0\0") for d in (1, 2, 4, 8, 16)]
    + [(d, 2, bytes(6)) for d in (8, 16)]
    + [(d, 3, b"\0\x80") for d in (1, 2, 4, 8)]
    + [(d, c, None) for c in (4, 6) for d in (8, 16)],
)
@pytest.mark.parametrize("turned", [(), (TURNED,), (XMP,)], ids=["upright", "exif", "xmp"])
def test_every_kind_of_png(tmp_path, depth, colors, keyed, turned):
    path = tmp_path / "a.png"
    start = [PALETTE] if colors == 3 else []
    for transparent in [(), (chunk(b"tRNS", keyed),)] if keyed else [()]:
        for early, late in ((turned, ()), ((), turned)):
            path.write_bytes(png(depth, colors, *start, *transparent, *early, late=late))
            assert_as_opened(path)


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA"])
def test_animations(tmp_path, suffix, mode):
    path = tmp_path / f"a.{suffix}"
    frames = [Image.effect_noise((9, 6), 50 + n).convert(mode) for n in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    info = assert_as_opened(path)
    assert (info.shape[:3], info.axes[:1]) == ((3, 6, 9), "B")


@pytest.mark.parametrize(
    "text",
    ["1,2,3\n4,5,6\n", "a;b\n1,5;2\n3;\n", "1 2\n3 4.5\n", "x\ty\n9007199254740995\t1\n1.5\t2\n", "5\n6\n7\n", "1,2,3"],
)
def test_tables_are_read_whole(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_text(text)
    assert_as_opened(path)


@given(
    rows=st.lists(st.lists(st.integers() | st.floats(), min_size=3, max_size=3), min_size=1, max_size=30),
    names=st.booleans(),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table(tmp_path, rows, names):
    path = tmp_path / "a.csv"
    path.write_text("".join([*(["a,b,c\n"] if names else []), *(",".join(map(str, row)) + "\n" for row in rows)]))
    assert_as_opened(path)


def pnm(kind, top, samples):
    return "\n".join([f"P{kind}", "3 2", *([] if kind in "14" else [str(top)]), ""]).encode() + samples


@pytest.mark.parametrize(
    "content",
    [
        pnm("1", 1, b"1 0 1\n0 1 0\n"), pnm("2", 255, b"1 2 3 4 5 6"), pnm("2", 1000, b"1 2 3 4 5 6"),
        pnm("3", 15, b"1 " * 18), pnm("4", 1, b"\xa0\x40"), pnm("4", 1, b"\xa0\x40 more"), pnm("5", 255, bytes(6)),
        pnm("5", 1000, bytes(12)), pnm("6", 255, bytes(18)), pnm("f", -2.5, bytes(24)), pnm("F", 1.0, bytes(72)),
    ],
)  # fmt: skip
def test_netpbm(tmp_path, content):
    path = tmp_path / "a.pnm"
    path.write_bytes(content)
    assert_as_opened(path)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i1", "i2"])
@pytest.mark.parametrize("shape", [(16, 17), (16, 17, 3), (16, 17, 2)])
def test_jpeg_2000(tmp_path, dtype, shape):
    path = tmp_path / "a.jp2"
    path.write_bytes(imagecodecs.jpeg2k_encode(np.zeros(shape, dtype), level=0))
    assert assert_as_opened(path).dtype == np.dtype(dtype).name


@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [("wav", "PCM_16"), ("wav", "PCM_24"), ("wav", "ULAW"), ("flac", "PCM_16"), ("flac", "PCM_24"), ("ogg", "VORBIS"),
     ("aiff", "PCM_S8"), ("aiff", "FLOAT")],
)  # fmt: skip
@pytest.mark.parametrize("channels", [1, 2])
def test_sound(tmp_path, suffix, subtype, channels):
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, np.zeros((5000, channels)), 8000, subtype=subtype)
    assert_as_opened(path)


@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "jpeg"])
@pytest.mark.parametrize("shape", [(40, 50), (40, 50, 3), (5, 40, 50)])
def test_tiff(tmp_path, compression, shape):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros(shape, np.uint8), compression=compression, tile=(16, 16))
    assert_as_opened(path)


def test_arrays_in_files_and_archives(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((3, 4, 2), ">f4"))
    np.savez(tmp_path / "b.npz", x=np.zeros((3, 4)), y=np.array(["no"]))
    np.savez_compressed(tmp_path / "c.npz", x=np.zeros((3, 4), bool))
    scipy.io.savemat(tmp_path / "d.mat", {"x": np.zeros((3, 4), np.complex64)}, do_compression=True)
    scipy.io.savemat(tmp_path / "e.mat", {"x": np.zeros((3, 4))}, format="4")
    for number, name in enumerate(("f.nii", "g.nii.gz")):
        image = nibabel.Nifti1Image(np.zeros((4, 5, 6), np.int16), np.eye(4))
        image.header.set_slope_inter(1 + number, 3)
        image.to_filename(tmp_path / name)
    with h5py.File(tmp_path / "h.h5", "w") as file:
        file["plain"] = np.zeros((3, 4))
        file.create_dataset("group/packed", data=np.zeros((30, 40), np.uint8), chunks=(8, 8), compression="gzip")
    for path in sorted(tmp_path.iterdir()):
        assert_as_opened(path)
    for member in ("/plain", "/group/packed"):
        with open_source(str(tmp_path / "h.h5"), member, budget=BUDGET) as source:
            assert_described(source.info)


# ---- nothing is decoded


def spoiled(name, folder):
    """Writes a file whose header is sound and whose elements cannot be decoded."""
    path, noise = folder / name, np.random.default_rng(0).integers(0, 256, (64, 80, 3), np.uint8)
    if name.endswith(".npz"):
        np.savez_compressed(path, x=noise)
        record = zipfile.ZipFile(path).infolist()[0]
        start = record.header_offset + 30 + len(record.filename) + 200
    elif name.endswith(".nii.gz"):
        content = nibabel.Nifti1Image(noise, np.eye(4)).to_bytes()
        path.write_bytes(gzip.compress(content))
        start = 4000
    elif name.endswith(".mat"):
        scipy.io.savemat(path, {"x": noise}, do_compression=True)
        start = 5000
    else:
        Image.fromarray(noise).save(path)
        start = path.stat().st_size // 2
    content = bytearray(path.read_bytes())
    content[start : start + 2000] = bytes(2000)
    path.write_bytes(content if name != "cut.jpg" else content[: len(content) // 2])
    return path


@pytest.mark.parametrize("name", ["a.png", "cut.jpg", "a.npz", "a.nii.gz", "a.mat"])
def test_elements_that_cannot_be_decoded_have_a_size(tmp_path, name):
    path = spoiled(name, tmp_path)
    with pytest.raises(SourceError):
        open_source(str(path), budget=BUDGET)
    assert describe_source(str(path), budget=BUDGET).shape == (64, 80, 3)


def test_a_large_picture_costs_what_its_header_does(tmp_path, monkeypatch):
    path = tmp_path / "large.png"
    Image.new("L", (6000, 6000)).save(path)
    monkeypatch.setattr(Image.Image, "load", lambda *_arguments: pytest.fail("it is decoded"))
    assert describe_source(str(path), budget=BUDGET).shape == (6000, 6000)


def test_what_was_only_described_cannot_be_read(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(3))
    declared = DeclaredSource(describe_source(str(tmp_path / "a.npy"), budget=BUDGET))
    with pytest.raises(ValueError, match="only the header"):
        declared.take((np.arange(3),))


def test_samples():
    samples = sorted((Path(__file__).parents[2] / "resources" / "samples").iterdir())
    assert samples
    for path in samples:
        assert_as_opened(path)
