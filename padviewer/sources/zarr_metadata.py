"""What the metadata of a Zarr array declare, version 2 and 3: checked, and no more trusted than any other input."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from padviewer.axes import MAX_RANK
from padviewer.errors import DamagedSource, UnsupportedSource, shortened
from padviewer.sources.base import Array
from padviewer.sources.zarr_codecs import Codec, Pipeline, number_dtype, pipeline_of
from padviewer.sources.zarr_fill import fill_of

# Bytes of metadata; those of an array take some hundred, those of a group may repeat all its members'.
MOST_METADATA = 16 << 20
_MOST_ELEMENTS = 2**53
_DTYPES_3 = frozenset(
    {"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"}
    | {"float16", "float32", "float64", "complex64", "complex128"}
)
_READ = "booleans, integers, float16 to float64 and complex64 or complex128 are read"
_KNOWN_3 = frozenset(
    {"zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs"}
    | {"attributes", "dimension_names", "storage_transformers", "consolidated_metadata"}
)
_SHARDING = "sharding_indexed"
_SHARD_INDEX_CODECS = frozenset({"bytes", "crc32c"})


class Keys(NamedTuple):
    """How the files of chunks are called: prefix, separator, and what a chunk of no axes is called."""

    prefix: str
    separator: str

    def path(self, places: tuple[int, ...]) -> tuple[str, ...]:
        """Returns the names of the folders that lead to a chunk, and of its file."""
        words = [*([self.prefix] if self.prefix else []), *map(str, places)]
        return tuple(words) if self.separator == "/" else (self.separator.join(words),)


class Sharding(NamedTuple):
    """Several chunks in one file.

    Attributes:
        counts: chunks of a shard along each axis.
        table: how the table of their places is stored: shape (*counts, 2), offset and bytes.
        at_end: whether the table stands at the end of the file, or at its start.
    """

    counts: tuple[int, ...]
    table: Pipeline
    at_end: bool


@dataclass(frozen=True)
class ArrayMetadata:
    """A Zarr array.

    Attributes:
        version: of the format, 2 or 3.
        shape: sizes of the axes; a single number has one axis of one element.
        chunk: of a chunk as it is stored, on the same axes.
        fill: value of elements whose chunk is not stored, shape ().
        keys: names of files.
        sharding: None where a file is a chunk.
        is_scalar: whether the array has no axes.
        names: of the axes; None where nothing is told, an axis without a name has an empty one.
        notes: what was decided.
    """

    version: int
    shape: tuple[int, ...]
    chunk: Pipeline
    fill: Array
    keys: Keys
    sharding: Sharding | None
    is_scalar: bool
    names: tuple[str, ...] | None
    notes: tuple[str, ...]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the elements, native byte order."""
        return self.chunk.dtype


def parse_json(data: bytes | memoryview, name: str) -> dict[str, Any]:
    """Returns the object that a metadata file holds.

    Raises:
        DamagedSource: where it is none.
    """
    try:
        found = json.loads(bytes(data))
    except (ValueError, RecursionError, MemoryError) as error:
        raise DamagedSource(f"{name}: its metadata are no JSON ({shortened(str(error), 80)}); save it again") from error
    if not isinstance(found, dict):
        raise DamagedSource(f"{name}: its metadata are no JSON object; save it again")
    return found


def parse_array(document: Mapping[str, Any], attributes: Mapping[str, Any], name: str) -> ArrayMetadata:
    """Returns what the metadata of an array declare.

    Args:
        document: from `zarr.json` or `.zarray`.
        attributes: of the array, of a version 2 from `.zattrs`.
        name: for messages.

    Raises:
        UnsupportedSource: something in it is not read.
        DamagedSource: something in it makes no sense.
    """
    version = document.get("zarr_format")
    if version == 3:
        return _parse_3(document, attributes, name)
    if version == 2:
        return _parse_2(document, attributes, name)
    raise UnsupportedSource(
        f"{name}: declares version {shortened(repr(version), 40)} of Zarr; versions 2 and 3 are read"
    )


def _parse_2(document: Mapping[str, Any], attributes: Mapping[str, Any], name: str) -> ArrayMetadata:
    told = document.get("dtype")
    dtype = number_dtype(told)
    if dtype is None:
        raise _refused_dtype(name, told)
    shape, chunk = _shapes(document.get("shape"), document.get("chunks"), name)
    order, separator = document.get("order", "C"), document.get("dimension_separator", ".")
    if order not in ("C", "F"):
        raise _senseless(name, "order", order)
    if separator not in (".", "/"):
        raise _senseless(name, "dimension_separator", separator)
    codecs = [Codec("transpose", {"order": list(range(len(chunk)))[::-1]})] if order == "F" else []
    packed = document.get("compressor")
    filters = document.get("filters") or []
    if not isinstance(filters, list):
        raise _senseless(name, "filters", filters)
    codecs += [_codec(found, "id", found, name) for found in [*filters, *([] if packed is None else [packed])]]
    notes = ("no fill value: what is not stored is 0",) if document.get("fill_value") is None else ()
    names = attributes.get("_ARRAY_DIMENSIONS")
    return ArrayMetadata(
        2,
        shape or (1,),
        pipeline_of(codecs, chunk, dtype, name),
        fill_of(document.get("fill_value"), dtype.newbyteorder("="), name),
        Keys("" if shape else "0", separator),
        None,
        not shape,
        _names(names, shape),
        notes,
    )


def _parse_3(document: Mapping[str, Any], attributes: Mapping[str, Any], name: str) -> ArrayMetadata:
    _check_extensions(document, name)
    told = document.get("data_type")
    if not isinstance(told, str) or told not in _DTYPES_3:
        raise _refused_dtype(name, told.get("name") if isinstance(told, dict) else told)
    grid = _extension(document.get("chunk_grid"), name, "chunk_grid")
    if grid.name != "regular":
        raise UnsupportedSource(
            f"{name}: its chunks lie on a grid {shortened(grid.name, 40)!r}; regular ones are read. Save it with one"
        )
    dtype = np.dtype(told)
    shape, chunk = _shapes(document.get("shape"), grid.settings.get("chunk_shape"), name)
    codecs = [_extension(found, name, "codecs") for found in _list(document.get("codecs"), name, "codecs")]
    if any(codec.name == _SHARDING for codec in codecs):
        pipeline, sharding = _sharded(codecs, chunk, dtype, name)
    else:
        pipeline, sharding = _pipeline_3(codecs, chunk, dtype, name), None
    return ArrayMetadata(
        3,
        shape or (1,),
        pipeline,
        fill_of(document.get("fill_value", ...), dtype, name),
        _keys(document.get("chunk_key_encoding"), bool(shape), name),
        sharding,
        not shape,
        _names(document.get("dimension_names", attributes.get("_ARRAY_DIMENSIONS")), shape),
        (),
    )


def _check_extensions(document: Mapping[str, Any], name: str) -> None:
    """Refuses what changes the meaning of the rest."""
    if transformers := document.get("storage_transformers"):
        raise UnsupportedSource(
            f"{name}: its chunks go through the storage transformer "
            f"{shortened(repr(_first_name(transformers)), 60)}; none is read. Save it without"
        )
    for key, found in document.items():
        if key not in _KNOWN_3 and not (isinstance(found, dict) and found.get("must_understand") is False):
            raise UnsupportedSource(
                f"{name}: its metadata have the extension {shortened(key, 40)!r}, which is not read"
            )


def _first_name(found: object) -> object:
    first = found[0] if isinstance(found, list) else found
    return first.get("name") if isinstance(first, dict) else first


def _pipeline_3(codecs: list[Codec], shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> Pipeline:
    pipeline = pipeline_of(codecs, shape, dtype, name)
    if not any(codec.name == "bytes" for codec in codecs):
        raise DamagedSource(f"{name}: its metadata do not tell how numbers become bytes; save it again")
    return pipeline


def _sharded(codecs: list[Codec], shard: tuple[int, ...], dtype: np.dtype[Any], name: str) -> tuple[Pipeline, Sharding]:
    if len(codecs) > 1:
        raise UnsupportedSource(f"{name}: its shards go through codecs of their own; save it with codecs inside alone")
    settings = codecs[0].settings
    chunk = _sizes(settings.get("chunk_shape"), 1, name, "chunk_shape")
    if len(chunk) != len(shard) or any(outer % inner for outer, inner in zip(shard, chunk, strict=True)):
        raise DamagedSource(
            f"{name}: its chunks ({_shown(chunk)}) do not make up its shards ({_shown(shard)}); save it again"
        )
    inner = [_extension(found, name, "codecs") for found in _list(settings.get("codecs"), name, "codecs")]
    counts = tuple(outer // step for outer, step in zip(shard, chunk, strict=True))
    coded = [_extension(found, name, "index_codecs") for found in _list(settings.get("index_codecs"), name, "codecs")]
    if not {codec.name for codec in coded} <= _SHARD_INDEX_CODECS:
        raise UnsupportedSource(f"{name}: the index of its shards goes through other codecs than bytes and crc32c")
    index = _pipeline_3(coded, (*counts, 2), np.dtype(np.uint64), name)
    place = settings.get("index_location", "end")
    if place not in ("start", "end"):
        raise _senseless(name, "index_location", place)
    return _pipeline_3(inner, chunk, dtype, name), Sharding(counts, index, place == "end")


def _keys(told: object, has_axes: bool, name: str) -> Keys:
    encoding = _extension(told, name, "chunk_key_encoding")
    if encoding.name not in ("default", "v2"):
        raise UnsupportedSource(
            f"{name}: names its chunks by {shortened(encoding.name, 40)!r}; default and v2 are read"
        )
    separator = encoding.settings.get("separator", "/" if encoding.name == "default" else ".")
    if separator not in (".", "/"):
        raise _senseless(name, "separator", separator)
    return Keys("c" if encoding.name == "default" else "" if has_axes else "0", separator)


def _extension(told: object, name: str, what: str) -> Codec:
    """Returns name and settings of what version 3 writes as a name alone, or as an object."""
    if isinstance(told, str):
        return Codec(told, {})
    settings = told.get("configuration", {}) if isinstance(told, dict) else {}
    return _codec(told, "name", settings, name, what)


def _codec(told: object, key: str, settings: object, name: str, what: str = "codecs") -> Codec:
    if not isinstance(told, dict) or not isinstance(told.get(key), str) or not isinstance(settings, dict):
        raise _senseless(name, what, told)
    return Codec(told[key], settings)


def _list(told: object, name: str, what: str) -> list[Any]:
    if not isinstance(told, list):
        raise _senseless(name, what, told)
    return told


def _shapes(shape: object, chunk: object, name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Returns the shape of the array, and that of a chunk on one axis at least."""
    sizes, steps = _sizes(shape, 0, name, "shape"), _sizes(chunk, 0, name, "chunks")
    if len(sizes) > MAX_RANK:
        raise UnsupportedSource(f"{name}: has rank {len(sizes)} (shape {_shown(sizes)}); rank 1 to {MAX_RANK} is read")
    if len(sizes) != len(steps) or any(step == 0 and size for size, step in zip(sizes, steps, strict=True)):
        raise DamagedSource(f"{name}: has the shape {_shown(sizes)} and chunks of {_shown(steps)}; save it again")
    if math.prod(sizes) > _MOST_ELEMENTS or max(sizes, default=0) > _MOST_ELEMENTS:
        raise UnsupportedSource(f"{name}: declares {_shown(sizes)} elements; at most {_MOST_ELEMENTS} are read")
    return sizes, tuple(max(1, step) for step in steps) or (1,)


def _sizes(told: object, least: int, name: str, what: str) -> tuple[int, ...]:
    if not isinstance(told, list) or not all(type(size) is int and least <= size < 2**63 for size in told):
        raise _senseless(name, what, told)
    return tuple(told)


def _names(told: object, shape: tuple[int, ...]) -> tuple[str, ...] | None:
    if not isinstance(told, list) or len(told) != len(shape) or not any(isinstance(word, str) for word in told):
        return None
    return tuple(word if isinstance(word, str) else "" for word in told)


def _refused_dtype(name: str, told: object) -> UnsupportedSource:
    return UnsupportedSource(f"{name}: holds elements of the type {shortened(repr(told), 60)}; {_READ}")


def _senseless(name: str, what: str, told: object) -> DamagedSource:
    return DamagedSource(f"{name}: its metadata declare {what} {shortened(repr(told), 60)}; save it again")


def _shown(sizes: tuple[int, ...]) -> str:
    return " x ".join(map(str, sizes)) or "of a single number"
