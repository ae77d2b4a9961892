"""Zarrs for tests: written by the `zarr` library, or by hand where it refuses to."""

from __future__ import annotations

import json
import warnings

import numpy as np
import zarr
from zarr.codecs import numcodecs as of_numcodecs

from padviewer.sources import open_source

BUDGET = 1 << 26
DTYPES = (
    "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64",
    "complex64", "complex128",
)  # fmt: skip


def create(path, **options):
    """Creates an array; the library warns of codecs that the specification of version 3 does not have."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return zarr.create_array(str(path), **options)


def codec_3(name, **settings):
    """Returns a codec of numcodecs for version 3."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(of_numcodecs, name)(**settings)


def numbers(shape, dtype, seed=0):
    """Returns any bits as numbers, NaN and infinity among them."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape))
    if dtype.kind == "b":
        return np.random.default_rng(seed).integers(0, 2, shape).astype(bool)
    return np.frombuffer(np.random.default_rng(seed).bytes(size * dtype.itemsize), dtype).reshape(shape)


def everything(source):
    return source.take(tuple(np.arange(size) for size in source.info.shape))


def read(path, member=None, budget=BUDGET):
    with open_source(str(path), member, budget=budget) as source:
        return everything(source)


def same(found, expected):
    """Whether two arrays are equal to the bit."""
    return found.dtype == expected.dtype and found.shape == expected.shape and found.tobytes() == expected.tobytes()


def document(path, **changes):
    """Changes the metadata of an array; a value of `...` removes a key."""
    file = next(path / name for name in ("zarr.json", ".zarray") if (path / name).exists())
    found = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({key: value for key, value in found.items() if value is not ...}))


def write_2(path, stored=None, **fields):
    """Writes an array of version 2 by hand: its metadata, and chunks by their names."""
    path.mkdir(parents=True, exist_ok=True)
    usual = {
        "zarr_format": 2, "shape": [4], "chunks": [4], "dtype": "|u1", "compressor": None, "fill_value": 0,
        "order": "C", "filters": None,
    }  # fmt: skip
    (path / ".zarray").write_text(json.dumps(usual | fields))
    for name, data in (stored or {}).items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def write_3(path, stored=None, **fields):
    """Writes an array of version 3 by hand."""
    path.mkdir(parents=True, exist_ok=True)
    usual = {
        "zarr_format": 3, "node_type": "array", "shape": [4], "data_type": "uint8",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0, "codecs": [{"name": "bytes"}], "attributes": {},
    }  # fmt: skip
    (path / "zarr.json").write_text(json.dumps(usual | fields))
    for name, data in (stored or {}).items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path
