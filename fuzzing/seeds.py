"""Small valid files of every format that is read, made on the spot by the formats' own libraries."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Made = dict[str, bytes]
_WIDTH, _HEIGHT = 24, 17


def seeds(folder: Path) -> Made:
    """Returns the files by their names; a name with a `/` is a file of a folder that is one array.

    Args:
        folder: for libraries that write by name only.
    """
    made: Made = {}
    for make in _MAKERS:
        made |= make(folder)
    return made


def _numbers(*shape: int, dtype: str = "float32") -> npt.NDArray[Any]:
    found = np.random.default_rng(7).integers(0, 200, shape)
    return found.astype(dtype)


def _saved(write: Callable[..., object], **options: Any) -> bytes:
    file = io.BytesIO()
    write(file, **options)
    return file.getvalue()


def _arrays(_folder: Path) -> Made:
    made = {
        f"plain-{dtype.strip('<>')}.npy": _saved(np.save, arr=_numbers(5, 9, 3, dtype=dtype))
        for dtype in ("float32", ">i2", "uint8", "complex64", "bool")
    }
    made["fortran.npy"] = _saved(np.save, arr=np.asfortranarray(_numbers(7, 8)))
    arrays = {"first": _numbers(6, 5), "second": _numbers(3, 4, 2, dtype="int64")}
    made["stored.npz"] = _saved(np.savez, **arrays)
    made["deflated.npz"] = _saved(np.savez_compressed, **arrays)
    return made


def _pictures(_folder: Path) -> Made:
    from PIL import Image  # noqa: PLC0415

    rgb = Image.fromarray(_numbers(_HEIGHT, _WIDTH, 3, dtype="uint8"))
    made: Made = {}
    for mode, names in {
        "RGB": ("rgb.png", "rgb.jpg", "rgb.bmp", "rgb.webp", "rgb.ppm", "rgb.jp2"),
        "L": ("grey.png", "grey.jpg", "grey.bmp", "grey.pgm"),
        "P": ("palette.png", "palette.gif", "palette.bmp"),
        "RGBA": ("alpha.png", "alpha.webp"),
        "CMYK": ("cmyk.jpg",),
        "1": ("bits.png", "bits.bmp"),
    }.items():
        for name in names:
            made[name] = _saved(rgb.convert(mode).save, format=_kind(name))
    deep = Image.fromarray(_numbers(_HEIGHT, _WIDTH, dtype="uint16"))
    made["deep.png"] = _saved(deep.save, format="PNG")
    exif = Image.Exif()
    exif[0x0112] = 6
    made["turned.jpg"] = _saved(rgb.save, format="JPEG", exif=exif)
    made["progressive.jpg"] = _saved(rgb.save, format="JPEG", progressive=True)
    return made


def _kind(name: str) -> str:
    suffix = name.rpartition(".")[2].upper()
    return {"JPG": "JPEG", "PGM": "PPM", "JP2": "JPEG2000"}.get(suffix, suffix)


def _animations(_folder: Path) -> Made:
    from PIL import Image  # noqa: PLC0415

    frames = [Image.fromarray(_numbers(9, 11, 3, dtype="uint8") + np.uint8(step)) for step in range(4)]
    return {
        f"moving.{kind.lower()}": _saved(frames[0].save, format=kind, save_all=True, append_images=frames[1:])
        for kind in ("GIF", "PNG", "WEBP")
    }


def _tiffs(_folder: Path) -> Made:
    import tifffile  # noqa: PLC0415

    rgb, stack = _numbers(40, 48, 3, dtype="uint8"), _numbers(4, 20, 24, dtype="uint16")
    kinds: dict[str, tuple[Any, dict[str, Any]]] = {
        "strips": (rgb, {}),
        "tiles": (rgb, {"tile": (16, 16), "compression": "zlib", "predictor": True}),
        "lzw": (rgb, {"compression": "lzw"}),
        "jpeg": (rgb, {"compression": "jpeg", "photometric": "ycbcr"}),
        "pages": (stack, {"photometric": "minisblack"}),
        "imagej": (stack, {"imagej": True}),
        "ome": (stack, {"ome": True, "photometric": "minisblack"}),
        "float": (_numbers(9, 10), {}),
        "planar": (_numbers(3, 20, 24, dtype="uint8"), {"planarconfig": "separate", "photometric": "rgb"}),
        "big": (rgb, {"bigtiff": True}),
    }
    made: Made = {}
    for name, (array, options) in kinds.items():
        made[f"{name}.tif"] = _saved(tifffile.imwrite, data=array, **options)
    return made


def _hdf5(_folder: Path) -> Made:
    import h5py  # noqa: PLC0415

    def write(file: io.BytesIO) -> None:
        with h5py.File(file, "w") as found:
            found["plain"] = _numbers(6, 7)
            found.create_dataset(
                "group/packed", data=_numbers(20, 20, dtype="int16"), chunks=(7, 7), compression="gzip", shuffle=True
            )
            found.create_dataset("group/checked", data=_numbers(9, dtype="float64"), chunks=(4,), fletcher32=True)
            found["text"] = "hello"
            found["link"] = h5py.SoftLink("/plain")
            found["far"] = h5py.ExternalLink("other.h5", "/x")

    return {"tree.h5": _saved(write), "latest.h5": _saved(_latest), "grid.nc": _saved(_grid)}


def _latest(file: io.BytesIO) -> None:
    import h5py  # noqa: PLC0415

    with h5py.File(file, "w", libver="latest") as found:
        found.create_dataset("x", data=_numbers(8, 8), chunks=(3, 3), maxshape=(None, 8), compression="lzf")


def _grid(file: io.BytesIO) -> None:
    """Writes what netCDF-4 is: HDF5 with dimension scales."""
    import h5py  # noqa: PLC0415

    with h5py.File(file, "w") as found:
        found["lat"], found["lon"] = _numbers(5, dtype="float64"), _numbers(6, dtype="float64")
        found["height"] = _numbers(5, 6)
        for axis, name in enumerate(("lat", "lon")):
            found[name].make_scale(name)
            found["height"].dims[axis].attach_scale(found[name])


def _matlab(_folder: Path) -> Made:
    import scipy.io  # noqa: PLC0415

    content = {
        "a": _numbers(4, 5, dtype="float64"),
        "b": _numbers(2, 3, 4, dtype="int16"),
        "s": {"x": 1.0},
        "t": "text",
    }
    return {
        "five.mat": _saved(scipy.io.savemat, mdict=content),
        "packed.mat": _saved(scipy.io.savemat, mdict=content, do_compression=True),
        "four.mat": _saved(scipy.io.savemat, mdict={"a": content["a"]}, format="4"),
    }


def _zarr(folder: Path) -> Made:
    import zarr  # noqa: PLC0415

    for version in (2, 3):
        root = zarr.open_group(folder / f"v{version}.zarr", mode="w", zarr_format=version)
        root.create_array("group/a", shape=(10, 11), chunks=(4, 4), dtype="int16", fill_value=3)[:8] = _numbers(
            8, 11, dtype="int16"
        )
        root.create_array("b", shape=(7,), chunks=(3,), dtype="float32", compressors=None)[:] = _numbers(7)
    found = [path for path in folder.rglob("*") if path.is_file() and ".zarr" in str(path)]
    made = {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in made.items():
            if name.startswith("v3.zarr/"):
                archive.writestr(name.removeprefix("v3.zarr/"), content)
    return made | {"packed.zarr.zip": packed.getvalue()}


def _safetensors(_folder: Path) -> Made:
    first, second = _numbers(3, 4).tobytes(), _numbers(5, dtype="uint16").tobytes()
    header = json.dumps(
        {
            "__metadata__": {"format": "pt"},
            "first": {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, len(first)]},
            "second": {"dtype": "BF16", "shape": [5], "data_offsets": [len(first), len(first) + len(second)]},
        }
    ).encode()
    header += b" " * (-len(header) % 8)
    return {"two.safetensors": struct.pack("<Q", len(header)) + header + first + second}


def _medical(folder: Path) -> Made:
    import nibabel  # noqa: PLC0415
    import pydicom  # noqa: PLC0415
    from pydicom.uid import ExplicitVRLittleEndian, RLELossless  # noqa: PLC0415

    made: Made = {}
    image = nibabel.Nifti1Image(_numbers(6, 7, 5, dtype="int16"), np.eye(4))
    image.header.set_slope_inter(2, 1)
    for name in ("scan.nii", "scan.nii.gz"):
        nibabel.save(image, folder / name)
        made[name] = (folder / name).read_bytes()
    made["two.nii"] = nibabel.Nifti2Image(_numbers(6, 7, 5), np.eye(4)).to_bytes()
    for name, syntax in (("plain", ExplicitVRLittleEndian), ("rle", RLELossless)):
        data = pydicom.Dataset()
        data.file_meta = pydicom.dataset.FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "1.2.3"
        data.Rows, data.Columns, data.SamplesPerPixel = 12, 10, 1
        data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
        data.PhotometricInterpretation, data.RescaleSlope, data.RescaleIntercept = "MONOCHROME2", "2", "-1000"
        data.PixelData = _numbers(12, 10, dtype="uint16").tobytes()
        if syntax is RLELossless:
            data.compress(RLELossless)
        made[f"{name}.dcm"] = _saved(data.save_as, enforce_file_format=True)
    return made


def _fits(_folder: Path) -> Made:
    from astropy.io import fits  # noqa: PLC0415

    plain = fits.HDUList(
        [fits.PrimaryHDU(_numbers(5, 6, dtype="int16")), fits.ImageHDU(_numbers(3, 4, 5), name="CUBE")]
    )
    packed = fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(_numbers(20, 20, dtype="int32"), name="PACKED")])
    return {"plain.fits": _saved(plain.writeto), "packed.fits": _saved(packed.writeto)}


def _exr(folder: Path) -> Made:
    import OpenEXR  # noqa: PLC0415

    made: Made = {}
    for name, code in (
        ("plain", OpenEXR.NO_COMPRESSION),
        ("zip", OpenEXR.ZIP_COMPRESSION),
        ("piz", OpenEXR.PIZ_COMPRESSION),
    ):
        pixels = {"RGB": _numbers(9, 8, 3, dtype="float16"), "Z": _numbers(9, 8)}
        header = {"compression": code, "type": OpenEXR.scanlineimage}
        OpenEXR.File(header, pixels).write(str(folder / f"{name}.exr"))
        made[f"{name}.exr"] = (folder / f"{name}.exr").read_bytes()
    return made


def _sound(_folder: Path) -> Made:
    import soundfile  # noqa: PLC0415

    made: Made = {}
    samples = np.stack([np.sin(np.linspace(0, 9, 500)), np.cos(np.linspace(0, 9, 500))], axis=1)
    for code in ("PCM_16", "PCM_24", "PCM_U8", "FLOAT", "ULAW"):
        made[f"{code.lower()}.wav"] = _saved(soundfile.write, data=samples, samplerate=8000, subtype=code, format="WAV")
    for kind in ("FLAC", "OGG", "AIFF"):
        made[f"tone.{kind.lower()}"] = _saved(soundfile.write, data=samples, samplerate=8000, format=kind)
    return made


def _text(_folder: Path) -> Made:
    rows = "\n".join(f"{n},{n * n},{n / 7:.3f}" for n in range(40))
    return {
        "plain.csv": rows.encode(),
        "head.csv": b"a,b,c\n" + rows.encode(),
        "tabs.tsv": rows.replace(",", "\t").encode(),
        "comma.csv": rows.replace(",", ";").replace(".", ",").encode(),
        "archive.zip": _saved(_zip),
    }


def _zip(file: io.BytesIO) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "no array here")


_MAKERS = (
    _arrays, _pictures, _animations, _tiffs, _hdf5, _matlab, _zarr, _safetensors, _medical, _fits, _exr, _sound, _text,
)  # fmt: skip
