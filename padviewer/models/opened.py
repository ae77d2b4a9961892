"""`open_model`: a file that weights are read from: `.keras`, `.h5`, `.npy` or `.npz`, told by its first bytes."""

from __future__ import annotations

import io
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, cast

import numpy as np

from padviewer.bytecount import format_bytes
from padviewer.errors import DamagedSource, OversizedSource, UnsupportedSource, shortened
from padviewer.geometry import whole
from padviewer.models.config import configured
from padviewer.models.convolutions import layers_of
from padviewer.models.hdf5 import WeightsFile
from padviewer.sources import hdf5, npy, npz, open_source
from padviewer.sources.base import Array
from padviewer.sources.npz import list_headers
from padviewer.sources.opened import OpenedFile, decoding, open_regular
from padviewer.weights import ARRAY, PADDING, Layer

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_MOST_CONFIG = 64 << 20
# A member of an archive that is this large, and this much larger than what is stored, is meant to fill the memory.
_LARGE, _EXPANSION = 1 << 28, 100
_SHOWN = 12


class Model(ABC):
    """A file that is open, with the layers and arrays that can be taken from it.

    Attributes:
        path: as given.
        modified: when the file was last written, in nanoseconds.
        layers: in the order of the file; padding layers last.
    """

    path: str
    modified: int
    layers: tuple[Layer, ...]

    @abstractmethod
    def read(self, layer: Layer, budget: int) -> list[Array]:
        """Returns the arrays of a layer, float32, with the shapes that it has.

        Raises:
            SourceError: they cannot be read.
        """

    @property
    def convolutions(self) -> tuple[Layer, ...]:
        """The layers that have weights."""
        return tuple(layer for layer in self.layers if layer.kind != PADDING)

    def find(self, member: str | None) -> Layer:
        """Returns a layer by its place or its name; None takes the only one.

        Raises:
            UnsupportedSource: there is no such layer, or more than one.
        """
        if member is None:
            found = self.convolutions
        else:
            found = tuple(each for each in self.convolutions if each.member == member)
            found = found or tuple(each for each in self.convolutions if each.title == member)
        if len(found) == 1:
            return found[0]
        name = shortened(self.path)
        names = ", ".join(shortened(each.member or each.title, 40) for each in self.convolutions[:_SHOWN])
        more = f" and {len(self.convolutions) - _SHOWN} more" if len(self.convolutions) > _SHOWN else ""
        if not self.convolutions:
            raise UnsupportedSource(f"{name}: has no convolution; choose a file with a Conv layer, or an array")
        what = "holds several" if member is None else f"has no layer {shortened(member, 60)!r}"
        raise UnsupportedSource(f"{name}: {what}; choose one by {shortened(self.path, 40)}::NAME: {names}{more}")


@contextmanager
def open_model(path: str, budget: int) -> Iterator[Model]:
    """Opens a file of weights.

    Args:
        path: a regular file.
        budget: bytes that reading may take.

    Raises:
        SourceError: it cannot be read; names the file, the cause and what to do.
    """
    file = open_regular(path)
    with ExitStack() as stack:
        stack.callback(file.handle.close)
        stack.enter_context(decoding(path))
        if hdf5.matches(file.head):
            yield stack.enter_context(_hdf5_model(file))
        elif npz.matches(file.head) and _has_config(file):
            yield stack.enter_context(_keras_model(file, budget))
        elif npy.matches(file.head) or npz.matches(file.head):
            yield _Arrays(file)
        else:
            raise UnsupportedSource(
                f"{file.name}: holds no weights; .keras, .weights.h5, .h5 of Keras, .npy and .npz are read"
            )


class _Stored(Model):
    """Layers whose arrays lie in HDF5."""

    def __init__(self, file: OpenedFile, weights: WeightsFile, config: str) -> None:
        self.path, self.modified = file.path, file.modified
        self._weights = weights
        stored = list(weights.layers())
        self._arrays = {each.path: each.arrays for each in stored}
        self.layers = tuple(layers_of(stored, configured(config, file.name) if config else []))

    def read(self, layer: Layer, budget: int) -> list[Array]:
        found = self._weights.read(self._arrays[layer.member or ""], budget)
        if tuple(each.shape for each in found) != layer.shapes:
            raise DamagedSource(f"{shortened(self.path)}: the file has changed; choose the layer again")
        return found


class _Arrays(Model):
    """Arrays of `.npy` and `.npz`."""

    def __init__(self, file: OpenedFile) -> None:
        self.path, self.modified = file.path, file.modified
        if npy.matches(file.head):
            headers: list[tuple[str | None, npy.Header]] = [(None, npy.read_header(file.handle, file.name))]
        else:
            headers = [*list_headers(file)]
        self.layers = tuple(
            Layer(name, name or file.name.rsplit("/", 1)[-1], "", ARRAY, (header.shape,))
            for name, header in headers
            if header.dtype.kind in "biuf"
        )
        if not self.layers:
            raise UnsupportedSource(f"{file.name}: holds no array of real numbers; save the kernel with numpy.save")

    def read(self, layer: Layer, budget: int) -> list[Array]:
        with open_source(self.path, layer.member, budget=budget) as source:
            if source.info.nbytes > budget:
                raise OversizedSource(
                    f"{shortened(self.path)}: takes {format_bytes(source.info.nbytes)}, more than the budget of "
                    f"{format_bytes(budget)}; raise it with --budget"
                )
            taken = source.take(tuple(span.indices for span in whole(source.info.shape)))
        with np.errstate(over="ignore"):  # beyond its range, float32 holds infinity
            return [np.ascontiguousarray(taken, np.float32)]


@contextmanager
def _hdf5_model(file: OpenedFile) -> Iterator[Model]:
    weights = WeightsFile(file.handle, file.name)
    try:
        yield _Stored(file, weights, weights.attribute("model_config", _MOST_CONFIG))
    finally:
        weights.close()


@contextmanager
def _keras_model(file: OpenedFile, budget: int) -> Iterator[Model]:
    with zipfile.ZipFile(file.handle) as archive:
        if _WEIGHTS not in archive.namelist():
            raise UnsupportedSource(f"{file.name}: has no {_WEIGHTS}; save the model again with Keras 3")
        config = _read(file, archive, _CONFIG, _MOST_CONFIG).decode("utf-8", "replace")
        record = archive.getinfo(_WEIGHTS)
        if record.compress_type == zipfile.ZIP_STORED:
            handle: BinaryIO = cast(BinaryIO, archive.open(record))
        else:
            handle = io.BytesIO(_read(file, archive, _WEIGHTS, budget))
        with handle:
            weights = WeightsFile(handle, file.name)
            try:
                yield _Stored(file, weights, config)
            finally:
                weights.close()


def _has_config(file: OpenedFile) -> bool:
    with zipfile.ZipFile(file.handle) as archive:
        return _CONFIG in archive.namelist()


def _read(file: OpenedFile, archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    record = archive.getinfo(name)
    bomb = record.file_size > _LARGE and record.file_size > _EXPANSION * record.compress_size
    if record.file_size > most or bomb:
        raise OversizedSource(
            f"{file.name}: its {name} declares {format_bytes(record.file_size)}, of which "
            f"{format_bytes(record.compress_size)} are stored; at most {format_bytes(most)} are read. Save the "
            "model again with Keras"
        )
    with archive.open(record) as stream:
        data = stream.read(most + 1)
    if len(data) != record.file_size:
        raise DamagedSource(f"{file.name}: its {name} is cut short; copy or save the file again")
    return data
