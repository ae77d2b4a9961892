"""Safetensors: tensors after a JSON header, uncompressed, with axes and settings among its metadata."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

from padviewer import __version__
from padviewer.errors import ExportError
from padviewer.export.payload import Payload
from padviewer.export.store import FlatStore, opening

_NAMES = {
    "bool": "BOOL", "uint8": "U8", "int8": "I8", "uint16": "U16", "int16": "I16", "uint32": "U32", "int32": "I32",
    "uint64": "U64", "int64": "I64", "float16": "F16", "float32": "F32", "float64": "F64", "complex64": "C64",
}  # fmt: skip
# The elements begin at a multiple of this, so that they can be mapped.
_ALIGNED = 8


def check_safetensors(payload: Payload) -> None:
    """Raises an `ExportError` where safetensors has no such dtype."""
    if payload.dtype not in _NAMES:
        raise ExportError(
            f"safetensors has no {payload.dtype}, which the {payload.name} is; it holds bool, integers, "
            "float16 to float64 and complex64. Use .npy, .npz, .h5 or .zarr"
        )


def safetensors_store(payload: Payload, path: str, _tile: tuple[int, ...], resumed: bool) -> FlatStore:
    """Returns what writes a `.safetensors` file, whose tensor is called as the stage is."""
    return safetensors_stores([payload], path, resumed)[0]


def safetensors_stores(payloads: Sequence[Payload], path: str, resumed: bool = False) -> list[FlatStore]:
    """Returns what writes each tensor of one `.safetensors` file; axes and settings are told of the first of them."""
    header = _header(payloads)
    with opening(path, resumed) as file:
        if not resumed:
            file.write(header)
            file.truncate(len(header) + sum(payload.nbytes for payload in payloads))
        ends = itertools.accumulate((payload.nbytes for payload in payloads), initial=len(header))
        return [FlatStore(payload, file, offset) for payload, offset in zip(payloads, ends, strict=False)]


def _header(payloads: Sequence[Payload]) -> bytes:
    first = payloads[0]
    told = {
        "axes": first.axes,
        "stage": first.name,
        "settings": first.spec_json,
        "software": f"padviewer {__version__}",
    }
    described: dict[str, Any] = {"__metadata__": told}
    end = 0
    for payload in payloads:
        start, end = end, end + payload.nbytes
        described[payload.name] = {
            "dtype": _NAMES[payload.dtype],
            "shape": payload.shape,
            "data_offsets": [start, end],
        }
    text = json.dumps(described).encode("ascii")
    text += b" " * (-len(text) % _ALIGNED)
    return len(text).to_bytes(8, "little") + text
