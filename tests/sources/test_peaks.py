"""The largest files of each format that a small budget lets through: their memory stays within it."""

from __future__ import annotations

import gzip
import json
import struct
import subprocess
import sys
import warnings
import zipfile
import zlib
from pathlib import Path

import h5py
import imagecodecs
import nibabel
import numpy as np
import OpenEXR
import pytest
import scipy.io
import soundfile
import tifffile
from astropy.io import fits
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import RLELossless
from test_dicom_source import dataset
from zarrs import write_2

MIB = 1 << 20
BUDGET = 24 * MIB
# Of the interpreter and of the allocator, and what of a picture is read at once.
OVERHEAD = 6 * MIB
SHARES = (0.04, 0.3, 0.9)
SMALL = 1 << 14
# Little of them is decoded at a time.
BY_BLOCKS = ("flac",)


def noise(nbytes, dtype="u1"):
    """Returns numbers that hardly become smaller: what comes from the file counts too."""
    return np.frombuffer(np.random.default_rng(nbytes).bytes(nbytes), dtype)


def square(nbytes, channels=1, dtype="u1"):
    side = int((nbytes / channels / np.dtype(dtype).itemsize) ** 0.5) & ~1
    shape = (side, side, channels) if channels > 1 else (side, side)
    return noise(side * side * channels * np.dtype(dtype).itemsize, dtype).reshape(shape)


def zarr_of(compress, dtype="|u1", stored="|u1", **fields):
    def write(path, nbytes):
        chunk = noise(nbytes // np.dtype(dtype).itemsize * np.dtype(stored).itemsize, stored)
        packed = compress(chunk.tobytes())
        sizes = {"shape": [2 * len(chunk)], "chunks": [len(chunk)], "dtype": dtype}
        write_2(path, {"0": packed, "1": packed}, **sizes, **fields)

    return write


def hdf5_of(dtype="u1", **options):
    def write(path, nbytes):
        chunk = noise(nbytes // 8 * 8, dtype)
        with h5py.File(path, "w") as file:
            data = file.create_dataset("x", (2 * len(chunk),), dtype, chunks=(len(chunk),), **options)
            data[: len(chunk)] = chunk
            data[len(chunk) :] = chunk

    return write


def tiff_of(compression, predictor=False, dtype="u1", rows=None, photometric="minisblack", channels=1):
    def write(path, nbytes):
        pixels = square(nbytes, channels, dtype)
        pixels = np.concatenate([pixels, pixels])
        tifffile.imwrite(
            path,
            pixels,
            compression=compression,
            predictor=predictor,
            rowsperstrip=len(pixels) // 2,
            photometric=photometric,
        )

    return write


def picture_of(kind, mode="RGB", **options):
    def write(path, nbytes):
        channels = {"RGB": 3, "LA": 2}[mode]
        pixels = square(nbytes, channels)
        Image.fromarray(pixels, mode).save(path, kind, **options)

    return write


def turned(kind, **options):
    def write(path, nbytes):
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.fromarray(square(nbytes, 3)).save(path, kind, exif=exif, **options)

    return write


def deep_png(path, nbytes):
    path.write_bytes(imagecodecs.png_encode(square(nbytes, 3, "u2"), level=1))


def jpeg_2000(path, nbytes):
    path.write_bytes(imagecodecs.jpeg2k_encode(square(nbytes // 8, 3), level=0, reversible=True))


def packed(file, array):
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("x.npy", "w") as one,
    ):
        np.save(one, array)


def npz(path, nbytes):
    with path.open("wb") as file:
        packed(file, noise(nbytes))


def matlab(path, nbytes):
    with path.open("wb") as file:
        scipy.io.savemat(file, {"x": noise(nbytes // 8 * 8, "u1")}, do_compression=True)


def flac(path, nbytes):
    soundfile.write(path, noise(nbytes // 8 * 8, "i2").reshape(-1, 4), 8000, format="FLAC")


def exr_parts(path, nbytes):
    big = square(nbytes, 1, "f2").astype("f2")
    small = np.zeros((8, 8), "f2")
    window = np.zeros(2, "i4"), np.array(big.shape[::-1], "i4") - 1
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, "displayWindow": window}
    parts = [OpenEXR.Part({**header, "name": name}, {"Y": pixels}) for name, pixels in (("a", small), ("b", big))]
    OpenEXR.File(parts).write(str(path))


def exr(path, nbytes):
    data = square(nbytes, 3, "f2")
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"RGB": np.ascontiguousarray(data)}).write(str(path))


def exr_tiled(path, nbytes):
    data = square(nbytes, 1, "f4")
    header = {"compression": OpenEXR.PIZ_COMPRESSION, "type": OpenEXR.tiledimage, "tiles": OpenEXR.TileDescription()}
    header["tiles"].xSize = header["tiles"].ySize = len(data)
    OpenEXR.File(header, {"Y": data}).write(str(path))


def fits_of(kind, tile=None):
    def write(path, nbytes):
        data = square(nbytes, 1, "i2")
        fits.CompImageHDU(data, compression_type=kind, tile_shape=tile and (len(data), len(data))).writeto(path)

    return write


def nifti_gz(path, nbytes):
    data = noise(nbytes // 8192 * 8192, "i2").reshape(64, -1, 64)
    path.write_bytes(gzip.compress(nibabel.Nifti1Image(data, np.eye(4)).to_bytes(), 1))


def dicom(path, nbytes):
    """Two frames of run lengths, which is what noise becomes largest by."""
    frame = square(nbytes, 1, "u2")
    made = dataset(np.stack([frame, frame]), RLELossless)
    planes = [imagecodecs.packbits_encode(plane.astype("u1").tobytes()) for plane in (frame >> 8, frame & 255)]
    planes = [plane + bytes(len(plane) % 2) for plane in planes]
    head = struct.pack("<16I", 2, 64, 64 + len(planes[0]), *[0] * 13)
    made.PixelData = encapsulate([head + b"".join(planes)] * 2)
    made["PixelData"].is_undefined_length = True
    made.save_as(path, enforce_file_format=True)


def csv(path, nbytes):
    rows = nbytes // 16
    path.write_text("\n".join(f"{n},{n}" for n in range(rows)) + "\n")


def gif(path, nbytes):
    frame = Image.fromarray(square(nbytes)).convert("P")
    other = Image.fromarray(square(nbytes)[::-1]).convert("P")
    frame.save(path, "GIF", save_all=True, append_images=[other])


def apng(path, nbytes):
    frames = [Image.fromarray(square(nbytes, 3)), Image.fromarray(square(nbytes, 3)[::-1])]
    frames[0].save(path, "PNG", save_all=True, append_images=frames[1:], compress_level=1)


def deflated(data):
    return zlib.compress(data, 1)


ZLIB = {"id": "zlib"}
FORMATS = {
    "zarr zlib": zarr_of(deflated, compressor=ZLIB),
    "zarr zstd": zarr_of(imagecodecs.zstd_encode, compressor={"id": "zstd"}),
    "zarr big endian": zarr_of(deflated, ">f4", ">f4", compressor=ZLIB),
    "zarr scaled": zarr_of(
        deflated, "<f8", compressor=ZLIB,
        filters=[{"id": "fixedscaleoffset", "scale": 1, "offset": 0, "dtype": "<f8", "astype": "|u1"}],
    ),
    "zarr delta": zarr_of(
        deflated, "<i8", "|i1", compressor=ZLIB, filters=[{"id": "delta", "dtype": "<i8", "astype": "|i1"}]
    ),
    "hdf5 gzip": hdf5_of(compression="gzip", compression_opts=1),
    "hdf5 shuffle": hdf5_of(">f8", compression="gzip", compression_opts=1, shuffle=True, fletcher32=True),
    "hdf5 scaleoffset": hdf5_of("i8", scaleoffset=0),
    "tiff lzw": tiff_of("lzw"),
    "tiff predictor": tiff_of("deflate", predictor=True, dtype="f4"),
    "tiff jpeg": tiff_of("jpeg", photometric="rgb", channels=3),
    "png": picture_of("PNG", compress_level=1),
    "png gray and alpha": picture_of("PNG", "LA", compress_level=1),
    "png 16": deep_png,
    "jpeg turned": turned("JPEG", quality=30),
    "jpeg progressive": picture_of("JPEG", quality=30, progressive=True),
    "webp": picture_of("WEBP", quality=0, method=0),
    "gif": gif,
    "apng": apng,
    "jpeg 2000": jpeg_2000,
    "npz": npz,
    "matlab": matlab,
    "flac": flac,
    "exr": exr,
    "exr parts": exr_parts,
    "exr one tile": exr_tiled,
    "fits rice": fits_of("RICE_1"),
    "fits one tile": fits_of("GZIP_2", True),
    "nifti gz": nifti_gz,
    "dicom rle": dicom,
    "csv": csv,
}  # fmt: skip


@pytest.fixture(scope="module")
def took():
    """Asks what opening a file takes."""
    program = [sys.executable, str(Path(__file__).with_name("peaks.py"))]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def asked(small, path):
            process.stdin.write(json.dumps([str(small), str(path), BUDGET]) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield asked


@pytest.mark.parametrize("kind", FORMATS)
def test_decoding_takes_no_more_than_the_budget(tmp_path, took, kind):
    suffix = ".csv" if "csv" in kind else ".x"
    paths = [tmp_path / f"{share}{suffix}" for share in (0, *SHARES)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for share, path in zip((0, *SHARES), paths, strict=True):
            FORMATS[kind](path, int(BUDGET * share) or SMALL)
    found = [took(paths[0], path) for path in paths[1:]]
    for said, grown in found:
        assert said == "" or said.startswith(("OversizedSource", "UnsupportedSource")), said
        assert grown <= BUDGET + OVERHEAD, f"{grown / BUDGET:.2f} of the budget: {said}"
    assert found[0][0] == "", "one that is small enough is read"
    assert max(grown for _said, grown in found) > BUDGET / 16 or kind in BY_BLOCKS
