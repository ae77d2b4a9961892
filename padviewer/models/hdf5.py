"""Weights in HDF5, read with hard links alone: nothing in the file can make another file be read.

External links, soft links, external storage, virtual datasets and filters that are not HDF5's own are refused. What is
declared is compared with what is stored before memory is spent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import h5py
import numpy as np

from padviewer.bytecount import format_bytes
from padviewer.errors import DamagedSource, OversizedSource, UnsupportedSource, shortened
from padviewer.sources.base import Array

MAGIC = b"\x89HDF\r\n\x1a\n"
# Names under which Keras keeps what is no layer.
_PASSED_OVER = ("optimizer", "optimizer_weights", "compile_metrics", "metrics")
# Names of the arrays in files of Keras 2, in the order of Keras 3; TensorFlow put `:0` behind them.
_NAMED = ("depthwise_kernel", "pointwise_kernel", "kernel", "bias")
_MOST_LINKS = 50_000
_DEEPEST = 32
# What deflate makes of nothing but zeros.
_EXPANSION = 1100
_FILTERS = (h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32)
_BFLOAT16 = "bfloat16"


@dataclass(frozen=True)
class Stored:
    """The arrays of a layer.

    Attributes:
        path: of its group.
        name: of the layer, where the file tells it.
        named: the arrays' names where the file gives them: `kernel`, `bias`.
        shapes: of the arrays, in the order of Keras.
        arrays: paths of the arrays.
    """

    path: str
    name: str
    named: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    arrays: tuple[str, ...]


class WeightsFile:
    """The groups of an HDF5 file that hold arrays of layers.

    Args:
        handle: of the file, at its beginning; it must stay open.
        label: the file's name for messages.
    """

    def __init__(self, handle: BinaryIO, label: str) -> None:
        self._label = label
        self._file = h5py.File(handle, "r")

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def attribute(self, name: str, most: int) -> str:
        """Returns a text that the file's root carries; empty where it carries none.

        Raises:
            OversizedSource: it is longer than `most` bytes.
        """
        if name not in self._file.attrs:
            return ""
        identity = h5py.h5a.open(self._file.id, name.encode())
        # Of a text of variable length, the file alone bounds how long it is.
        if identity.get_storage_size() > most:
            raise OversizedSource(f"{self._label}: its {name} has more than {format_bytes(most)}")
        value = self._file.attrs[name]
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

    def layers(self) -> Iterator[Stored]:
        """Yields what has arrays, in the order of the paths."""
        links, seen = 0, set()
        waiting: list[tuple[str, Any]] = [("", self._file)]
        while waiting:
            path, group = waiting.pop()
            address = h5py.h5o.get_info(group.id).addr
            if address in seen:
                continue
            seen.add(address)
            children: list[tuple[str, Any]] = []
            for name in group:
                links += 1
                if links > _MOST_LINKS or path.count("/") > _DEEPEST:
                    raise UnsupportedSource(f"{self._label}: holds more groups than a model has; save it with Keras")
                self._check_link(group, path, name)
                if not path and name in _PASSED_OVER:
                    continue
                if group.get(name, getclass=True) is h5py.Group:
                    children.append((f"{path}/{name}".lstrip("/"), group[name]))
            yield from self._stored(path, group)
            waiting.extend(reversed(children))

    def read(self, paths: tuple[str, ...], budget: int) -> list[Array]:
        """Reads arrays as float32.

        Raises:
            SourceError: they are not numbers that weights are, or not all there, or take more than the budget.
        """
        return [self._read(path, budget) for path in paths]

    def _stored(self, path: str, group: Any) -> Iterator[Stored]:
        """Yields the layer of a group: arrays `vars/0`, `vars/1`, or arrays with names."""
        # A group of numbered arrays is told by the group above it.
        named: tuple[str, ...] = ()
        if path.rsplit("/", 1)[-1] == "vars":
            names = sorted((name for name in group if name.isdecimal()), key=int)
            found = {name: group[name] for name in names if _is_array(group, name)}
            owner = path[:-4].rstrip("/")
        else:
            plain = {name.partition(":")[0]: name for name in group if _is_array(group, name)}
            named = tuple(name for name in _NAMED if name in plain)
            found = {plain[name]: group[plain[name]] for name in named}
            owner = path
        if found:
            arrays = tuple(f"{path}/{name}" for name in found)
            shapes = tuple(tuple(map(int, data.shape or ())) for data in found.values())
            yield Stored(owner, self._name_of(group), named, shapes, arrays)

    def _name_of(self, group: Any) -> str:
        name = group.attrs.get("name", "")
        return name if isinstance(name, str) else ""

    def _check_link(self, group: Any, path: str, name: str) -> None:
        kind = group.get(name, getclass=True, getlink=True)
        if kind is not h5py.HardLink:
            what = {h5py.ExternalLink: "a link to another file", h5py.SoftLink: "a soft link"}.get(kind, "a link")
            raise UnsupportedSource(
                f"{self._label}: holds {what} at {shortened(f'{path}/{name}', 60)}, which is not followed; save the "
                "weights with Keras"
            )

    def _read(self, path: str, budget: int) -> Array:
        group = self._file
        *parents, last = path.split("/")
        for number, name in enumerate(parents):
            self._check_link(group, "/".join(parents[:number]), name)
            group = group[name]
        self._check_link(group, "/".join(parents), last)
        data = group[last]
        self._check(data, path, budget)
        found = data[()]
        if data.attrs.get("dtype") == _BFLOAT16 and found.dtype.itemsize == 2:
            found = (found.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
        with np.errstate(over="ignore"):  # beyond its range, float32 holds infinity
            return np.ascontiguousarray(found, np.float32)

    def _check(self, data: Any, path: str, budget: int) -> None:
        name = f"{self._label}::{shortened(path, 60)}"
        if not isinstance(data, h5py.Dataset):
            raise DamagedSource(f"{name}: is not an array; save the weights with Keras")
        if data.external or data.is_virtual:
            raise UnsupportedSource(f"{name}: its numbers lie in another file, which is not read; save it with Keras")
        is_number = data.dtype.kind == "f" or data.attrs.get("dtype") == _BFLOAT16
        if not is_number or data.shape is None:
            raise UnsupportedSource(f"{name}: holds {data.dtype}; weights are floating-point numbers")
        size = math.prod(map(int, data.shape))
        needed, stored = size * max(4, data.dtype.itemsize), int(data.id.get_storage_size())
        if needed > budget:
            raise OversizedSource(
                f"{name}: declares {format_bytes(needed)}, more than the budget of {format_bytes(budget)}; raise it "
                "with --budget"
            )
        filters = data.id.get_create_plist()
        kinds = [filters.get_filter(number)[0] for number in range(filters.get_nfilters())]
        if any(kind not in _FILTERS for kind in kinds):
            raise UnsupportedSource(f"{name}: is compressed by another filter than deflate; save it with Keras")
        expansion = _EXPANSION if h5py.h5z.FILTER_DEFLATE in kinds else 1
        if size * data.dtype.itemsize > stored * expansion:
            raise DamagedSource(
                f"{name}: declares {format_bytes(needed)}, but {format_bytes(stored)} are stored; save the weights "
                "again"
            )


def _is_array(group: Any, name: str) -> bool:
    return group.get(name, getclass=True) is h5py.Dataset
