"""Weights in HDF5, read as `sources.hdf5_tree` does: nothing in the file can make another file be read.

What is declared is compared with what is stored before memory is spent.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import h5py
import numpy as np

from padviewer.bytecount import format_bytes
from padviewer.errors import DamagedSource, OversizedSource, UnsupportedSource, shortened
from padviewer.sources.base import Array
from padviewer.sources.hdf5_chunks import ChunkReader
from padviewer.sources.hdf5_stored import Limits, stored_of
from padviewer.sources.hdf5_stored import Stored as StoredArray
from padviewer.sources.hdf5_tree import HandleBytes, Stream, Tree
from padviewer.sources.hdf5_types import text_of
from padviewer.sources.segments import SegmentCache

# Names under which Keras keeps what is no layer.
_PASSED_OVER = ("optimizer", "optimizer_weights", "compile_metrics", "metrics")
# Names of the arrays in files of Keras 2, in the order of Keras 3; TensorFlow put `:0` behind them.
_NAMED = ("depthwise_kernel", "pointwise_kernel", "kernel", "bias")
_MOST_LINKS = 50_000
_DEEPEST = 32
# What deflate makes of nothing but zeros.
_EXPANSION = 1100


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
        self._size = handle.seek(0, io.SEEK_END)
        self._bytes = HandleBytes(handle, label)
        self._tree = Tree(Stream(self._bytes, self._size, label), label)

    def close(self) -> None:
        """Closes the file."""
        self._tree.close()

    def attribute(self, name: str, most: int) -> str:
        """Returns a text that the file's root carries; empty where it carries none.

        Raises:
            OversizedSource: it is longer than `most` bytes.
        """
        root = self._tree.root
        if not h5py.h5a.exists(root, name.encode()):
            return ""
        # Of a text of variable length, the file alone bounds how long it is.
        if h5py.h5a.open(root, name.encode()).get_storage_size() > most:
            raise OversizedSource(f"{self._label}: its {name} has more than {format_bytes(most)}")
        return _text(h5py.Group(root).attrs[name])

    def layers(self) -> Iterator[Stored]:
        """Yields what has arrays, in the order of the paths."""
        links, seen = 0, set()
        waiting: list[tuple[str, Any]] = [("", self._tree.root)]
        while waiting:
            path, group = waiting.pop()
            address = h5py.h5o.get_info(group).addr
            if address in seen:
                continue
            seen.add(address)
            children = self._tree.children(group, path)
            links += len(children)
            if links > _MOST_LINKS or path.count("/") > _DEEPEST:
                raise UnsupportedSource(f"{self._label}: holds more groups than a model has; save it with Keras")
            arrays: dict[str, Any] = {}
            groups: list[tuple[str, Any]] = []
            for child in children:
                found = self._tree.open(group, child)
                name = child.name.decode("utf-8", "surrogateescape")
                if not path and name in _PASSED_OVER:
                    continue
                if isinstance(found, h5py.h5g.GroupID):
                    groups.append((child.path.lstrip("/"), found))
                elif isinstance(found, h5py.h5d.DatasetID):
                    arrays[name] = found
            yield from self._stored(path, group, arrays)
            waiting.extend(reversed(groups))

    def read(self, paths: tuple[str, ...], budget: int) -> list[Array]:
        """Reads arrays as float32.

        Raises:
            SourceError: they are not numbers that weights are, or not all there, or take more than the budget.
        """
        return [self._read(path, budget) for path in paths]

    def _stored(self, path: str, group: Any, arrays: dict[str, Any]) -> Iterator[Stored]:
        """Yields the layer of a group: arrays `vars/0`, `vars/1`, or arrays with names."""
        # A group of numbered arrays is told by the group above it.
        named: tuple[str, ...] = ()
        if path.rsplit("/", 1)[-1] == "vars":
            found = {name: arrays[name] for name in sorted((name for name in arrays if name.isdecimal()), key=int)}
            owner = path[:-4].rstrip("/")
        else:
            plain = {name.partition(":")[0]: name for name in arrays}
            named = tuple(name for name in _NAMED if name in plain)
            found = {plain[name]: arrays[plain[name]] for name in named}
            owner = path
        if found:
            shapes = tuple(tuple(map(int, data.shape or ())) for data in found.values())
            yield Stored(
                owner, text_of(group, b"name", varying=True), named, shapes, tuple(f"{path}/{n}" for n in found)
            )

    def _read(self, path: str, budget: int) -> Array:
        name = f"{self._label}::{shortened(path, 60)}"
        dataset = self._tree.find(path)
        if dataset is None:
            raise DamagedSource(f"{name}: is no longer there; save the weights with Keras")
        stored = stored_of(dataset, name, Limits(self._size, budget, self._tree.user_block))
        self._check(stored, name, budget)
        if stored.chunk:
            every = tuple(np.arange(size) for size in stored.shape)
            found = ChunkReader(stored).chunks(self._bytes, SegmentCache(0)).take(every)
        else:
            found = stored.elements.read(stored.whole())
        with np.errstate(over="ignore"):  # beyond its range, float32 holds infinity
            return np.ascontiguousarray(found, np.float32)

    def _check(self, stored: StoredArray, name: str, budget: int) -> None:
        if stored.elements.shown.kind != "f":
            raise UnsupportedSource(f"{name}: holds {stored.elements.shown}; weights are floating-point numbers")
        size = math.prod(stored.shape)
        needed, held = size * max(4, stored.elements.stored.itemsize), int(stored.dataset.get_storage_size())
        if needed > budget:
            raise OversizedSource(
                f"{name}: declares {format_bytes(needed)}, more than the budget of {format_bytes(budget)}; raise it "
                "with --budget"
            )
        if size * stored.elements.stored.itemsize > held * (_EXPANSION if stored.pipeline else 1):
            raise DamagedSource(
                f"{name}: declares {format_bytes(needed)}, but {format_bytes(held)} are stored; save the weights again"
            )


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
