"""Zarr against the `zarr` library and numpy: every version, codec, order and byte order, read by any indices."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import numcodecs
import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.codecs import BytesCodec, Crc32cCodec, TransposeCodec
from zarrs import BUDGET, DTYPES, codec_3, create, document, everything, numbers, read, same, write_2, write_3

from padviewer.errors import DamagedSource
from padviewer.export.array_writer import write
from padviewer.export.payload import Payload, Portions
from padviewer.sources import open_source
from padviewer.spec import PipelineSpec

COMPRESSORS_2 = {
    "none": None,
    "zlib": numcodecs.Zlib(),
    "gzip": numcodecs.GZip(),
    "bz2": numcodecs.BZ2(),
    "lzma": numcodecs.LZMA(),
    "zstd": numcodecs.Zstd(),
    "lz4": numcodecs.LZ4(),
    **{f"blosc {name}": numcodecs.Blosc(name, shuffle=2) for name in ("blosclz", "lz4", "lz4hc", "zlib", "zstd")},
}
COMPRESSORS_3 = {
    "none": (),
    "gzip": zarr.codecs.GzipCodec(),
    "zstd": zarr.codecs.ZstdCodec(checksum=True),
    "blosc": zarr.codecs.BloscCodec(cname="lz4", shuffle="shuffle"),
    "crc32c": Crc32cCodec(),
    "both": (zarr.codecs.ZstdCodec(), Crc32cCodec()),
    "numcodecs": (codec_3("Shuffle", elementsize=1), codec_3("LZ4"), codec_3("Adler32")),
}


@st.composite
def layouts(draw):
    """Shapes with chunks that may be larger, and shards of whole chunks."""
    rank = draw(st.integers(1, 4))
    shape = tuple(draw(st.integers(1, 9)) for _ in range(rank))
    chunks = tuple(draw(st.integers(1, size + 2)) for size in shape)
    shards = tuple(step * draw(st.integers(1, 3)) for step in chunks)
    vectors = tuple(np.array(draw(st.lists(st.integers(0, n - 1), max_size=12)), np.int64) for n in shape)
    written = tuple(slice(draw(st.integers(0, size)), size) for size in shape)
    return shape, chunks, shards, vectors, written


def check(path, array, vectors):
    with open_source(str(path), budget=BUDGET) as source:
        assert source.info.shape == array.shape
        assert source.info.dtype == array.dtype.name
        for _again in range(2):  # the second time from the cache
            assert same(source.take(vectors), np.ascontiguousarray(array[np.ix_(*vectors)]))
        assert same(everything(source), np.ascontiguousarray(array))


def filled(z, written):
    """Writes a part of an array, and returns all of it as the library reads it back."""
    z[written] = numbers([len(range(n)[s]) for n, s in zip(z.shape, written, strict=True)], z.dtype)
    return np.asarray(z[...])


@given(
    layouts(), st.sampled_from(DTYPES), st.sampled_from(sorted(COMPRESSORS_2)), st.sampled_from("CF"),
    st.sampled_from("<>"), st.sampled_from("./"), st.sampled_from([0, 1]),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_version_2(layout, dtype, compressor, order, endian, separator, fill):
    shape, chunks, _shards, vectors, written = layout
    with tempfile.TemporaryDirectory() as folder:
        z = create(
            Path(folder, "a"), shape=shape, chunks=chunks, dtype=np.dtype(dtype).newbyteorder(endian), order=order,
            compressors=COMPRESSORS_2[compressor], zarr_format=2, fill_value=fill,
            chunk_key_encoding={"name": "v2", "separator": separator},
        )  # fmt: skip
        check(Path(folder, "a"), filled(z, written).astype(dtype), vectors)


@given(
    layouts(), st.sampled_from(DTYPES), st.sampled_from(sorted(COMPRESSORS_3)), st.sampled_from(["little", "big"]),
    st.sampled_from("./"), st.booleans(), st.booleans(), st.randoms(use_true_random=False),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_version_3(layout, dtype, compressor, endian, separator, sharded, turned, draw):
    shape, chunks, shards, vectors, written = layout
    order = list(range(len(shape)))
    draw.shuffle(order)
    with tempfile.TemporaryDirectory() as folder:
        z = create(
            Path(folder, "a"), shape=shape, chunks=chunks, dtype=dtype, shards=shards if sharded else None,
            filters=TransposeCodec(order=order) if turned else (), serializer=BytesCodec(endian=endian),
            compressors=COMPRESSORS_3[compressor], fill_value=1, config={"write_empty_chunks": True},
            chunk_key_encoding={"name": "default", "separator": separator},
        )  # fmt: skip
        check(Path(folder, "a"), filled(z, written), vectors)


FILTERS = {
    "delta": ("int32", [numcodecs.Delta("i4", "i2")]),
    "delta, order F": ("int32", [numcodecs.Delta("i4")]),
    "delta of floats": ("float32", [numcodecs.Delta("f4")]),
    "fixedscaleoffset": ("float64", [numcodecs.FixedScaleOffset(10, 7.5, "f8", "i2")]),
    "quantize": ("float64", [numcodecs.Quantize(2, "f8", "f4")]),
    "bitround": ("float32", [numcodecs.BitRound(5)]),
    "astype": ("int64", [numcodecs.AsType("i2", "i8")]),
    "shuffle": ("float64", [numcodecs.Shuffle(8)]),
    "crc32": ("uint8", [numcodecs.CRC32()]),
    "adler32 and crc32c": ("uint8", [numcodecs.Adler32(), numcodecs.CRC32C()]),
    "delta and shuffle": ("int16", [numcodecs.Delta("i2"), numcodecs.Shuffle(2)]),
}


@pytest.mark.parametrize("name", FILTERS)
def test_filters(tmp_path, name):
    dtype, filters = FILTERS[name]
    array = (np.random.default_rng(1).normal(size=(13, 10)) * 40).astype(dtype)
    z = create(
        tmp_path / "a", shape=array.shape, chunks=(5, 4), dtype=dtype, zarr_format=2, filters=filters,
        order="F" if name.endswith("F") else "C", compressors=numcodecs.Zlib(),
    )  # fmt: skip
    z[...] = array
    assert same(read(tmp_path / "a"), np.asarray(z[...]))


@pytest.mark.parametrize("name", ["Delta", "FixedScaleOffset", "Quantize", "AsType"])
def test_filters_of_version_3(tmp_path, name):
    settings_of = {
        "Delta": {"dtype": "float64"},
        "FixedScaleOffset": {"offset": 3, "scale": 8, "dtype": "float64", "astype": "int32"},
        "Quantize": {"digits": 3, "dtype": "float64"},
        "AsType": {"encode_dtype": "float32", "decode_dtype": "float64"},
    }
    array = np.random.default_rng(1).normal(size=(13, 10)) * 40
    z = create(
        tmp_path / "a", shape=array.shape, chunks=(5, 4), dtype="float64",
        filters=codec_3(name, **settings_of[name]),
    )  # fmt: skip
    z[...] = array
    assert same(read(tmp_path / "a"), np.asarray(z[...]))


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("fill", [np.nan, np.inf, -np.inf, -0.0, 1.5, 0.1])
def test_fill_values_of_floats(tmp_path, version, fill):
    for dtype in ("float16", "float32", "float64"):
        expected = np.full(6, fill, dtype)
        create(tmp_path / dtype, shape=6, chunks=4, dtype=dtype, fill_value=expected[0], zarr_format=version)
        assert same(read(tmp_path / dtype), expected)


@pytest.mark.parametrize(
    ("dtype", "fill", "expected"),
    [
        ("float32", "0x7fc00001", np.array([0x7FC00001], np.uint32).view(np.float32)),
        ("float64", "0xfff8000000000000", np.array([0xFFF8000000000000], np.uint64).view(np.float64)),
        ("complex64", ["NaN", "-Infinity"], np.array([np.nan, -np.inf], np.float32).view(np.complex64)),
        ("int64", -(2**63), np.array([-(2**63)])),
        ("uint64", 2**64 - 1, np.array([2**64 - 1], np.uint64)),
        ("bool", True, np.array([True])),
    ],
)
def test_fill_values_keep_their_bits(tmp_path, dtype, fill, expected):
    codecs = [{"name": "bytes", "configuration": {"endian": "little"}}]
    write_3(tmp_path / "a", data_type=dtype, fill_value=fill, codecs=codecs)
    assert same(read(tmp_path / "a"), np.repeat(expected, 4))


def test_no_fill_value_is_zero_and_said(tmp_path):
    write_2(tmp_path / "a", fill_value=None, dtype="<f4")
    with open_source(str(tmp_path / "a"), budget=BUDGET) as source:
        assert source.info.notes == ("no fill value: what is not stored is 0",)
        assert same(everything(source), np.zeros(4, np.float32))


def test_any_byte_is_a_boolean(tmp_path):
    write_2(tmp_path / "a", {"0": bytes([0, 1, 2, 255])}, dtype="|b1")
    assert read(tmp_path / "a").tolist() == [False, True, True, True]
    assert read(tmp_path / "a").view(np.uint8).tolist() == [0, 1, 1, 1]


@pytest.mark.parametrize("version", [2, 3])
def test_a_single_number(tmp_path, version):
    create(tmp_path / "a", shape=(), dtype="float32", zarr_format=version)[...] = 7.5
    with open_source(str(tmp_path / "a"), budget=BUDGET) as source:
        assert source.info.shape == (1,)
        assert "a single number" in source.info.notes
        assert everything(source).tolist() == [7.5]


@pytest.mark.parametrize("version", [2, 3])
def test_an_empty_axis(tmp_path, version):
    create(tmp_path / "a", shape=(0, 3), chunks=(1, 3), dtype="float32", zarr_format=version)
    assert read(tmp_path / "a").shape == (0, 3)


def test_only_the_chunks_that_are_touched_are_opened(tmp_path, monkeypatch):
    array = numbers((64, 64), "uint8")
    create(tmp_path / "a", data=array, chunks=(8, 8))
    opened = []
    real = os.open
    with open_source(str(tmp_path / "a"), budget=BUDGET) as source:
        monkeypatch.setattr(os, "open", lambda name, *rest, **more: opened.append(name) or real(name, *rest, **more))
        indices = (np.array([3, 7, 60]), np.array([63, 8, 9]))
        for _again in range(2):
            assert same(source.take(indices), array[np.ix_(*indices)])
    # Folders c, 0 and 7 on the way to four files; the files once, as what was decoded is kept.
    assert sorted(opened) == sorted(["c", "0", "7", *"1717", "c", "0", "7"])


def test_a_part_of_a_large_plain_chunk_is_read_alone(tmp_path, peak_memory):
    path = tmp_path / "a"
    write_3(
        path, shape=[20000, 20000], chunk_grid={"name": "regular", "configuration": {"chunk_shape": [20000, 20000]}}
    )
    (path / "c" / "0").mkdir(parents=True)
    with (path / "c" / "0" / "0").open("wb") as file:
        file.truncate(20000 * 20000)
        file.seek(10007 * 20000 + 5)
        file.write(b"\x07")
    with peak_memory(64 << 20), open_source(str(path), budget=1 << 20) as source:
        found = source.take((np.arange(7, 20000, 100), np.arange(5, 20000, 100)))
    assert found.shape == (200, 200)
    assert np.argwhere(found).tolist() == [[100, 0]]
    assert found[100, 0] == 7


@pytest.mark.parametrize("separator", [".", "/"])
def test_an_array_of_a_million_chunks_with_two_stored(tmp_path, separator):
    path = tmp_path / "a"
    names = {separator.join(place): b"\x07" for place in (("0", "0"), ("999", "998"))}
    write_2(path, names, shape=[1000, 1000], chunks=[1, 1], dimension_separator=separator)
    found = read(path)
    assert np.argwhere(found).tolist() == [[0, 0], [999, 998]]


def test_names_that_are_no_places_are_left_alone(tmp_path):
    names = dict.fromkeys(("0", "00", "1.0", "x", " 1", "99999"), bytes([5]))
    write_2(tmp_path / "a", names, shape=[90], chunks=[1])
    assert np.flatnonzero(read(tmp_path / "a")).tolist() == [0]


class Contents:
    def __init__(self, array):
        self._array = array

    def read(self, region):
        return self._array[tuple(slice(span.start, span.stop) for span in region)]

    def constant(self, region):
        found = self.read(region)
        return found[:1, :1, :1] if (found == found[0, 0, 0]).all() else None


@pytest.mark.parametrize("dtype", ["uint8", "float32", "complex128", "bool"])
def test_what_padviewer_exports(tmp_path, dtype):
    array = np.zeros((40, 50, 3), dtype)
    array[3:9, 30:] = numbers((6, 20, 3), dtype)
    payload = Payload("padded", "HWC", array.shape, dtype, PipelineSpec().to_json())
    path = tmp_path / "out.zarr"
    portions = Portions(tile=512)
    write(payload, Contents(array), str(path), overwrite=False, progress=lambda *_: None, portions=portions)
    assert len(list(path.glob("c/*/*/*"))) > 1
    with open_source(str(path), budget=BUDGET) as source:
        assert (source.info.axes, source.info.axes_guessed, source.info.notes) == ("HWC", False, ())
        assert same(everything(source), array)


CHANGES = {
    "a chunk": lambda path: (path / "c/0/0").write_bytes(bytes(16)),
    "a chunk more": lambda path: (path / "c/1/0").write_bytes(bytes([9] * 16)),
    "a chunk less": lambda path: (path / "c/0/1").unlink(),
    "metadata": lambda path: document(path, attributes={"changed": 1}),
    "no metadata": lambda path: (path / "zarr.json").unlink(),
    "another folder": lambda path: (path / "new").mkdir(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changes_are_told_and_read_after_a_reload(tmp_path, change):
    path = tmp_path / "a"
    write_3(
        path, {f"c/{i}/{j}": bytes([i + 1] * 16) for i, j in ((0, 0), (0, 1), (1, 1))}, shape=[8, 8],
        chunk_grid={"name": "regular", "configuration": {"chunk_shape": [4, 4]}},
        codecs=[{"name": "bytes"}, {"name": "numcodecs.shuffle", "configuration": {"elementsize": 1}}],
    )  # fmt: skip
    for file in (path, *path.rglob("*")):
        os.utime(file, (1e9, 1e9))
    with open_source(str(path), budget=BUDGET) as source:
        before = everything(source)
        CHANGES[change](path)
        with pytest.raises(DamagedSource, match=r"reload it \(F5\)"):
            everything(source)
    if change != "no metadata":
        assert (read(path) == before).all() == (change in ("metadata", "another folder"))


def test_times_to_come_mean_nothing(tmp_path):
    write_2(tmp_path / "a", {"0": bytes(range(4))})
    os.utime(tmp_path / "a" / "0", (4e9, 4e9))
    assert read(tmp_path / "a").tolist() == [0, 1, 2, 3]


def test_the_folder_is_closed(tmp_path):
    write_2(tmp_path / "a", {"0": bytes(range(4))})
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    source = open_source(str(tmp_path / "a"), budget=BUDGET)
    everything(source)
    source.close()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    with pytest.raises(ValueError, match="closed"):
        everything(source)


def test_what_is_decoded_is_kept_within_the_cache(tmp_path):
    array = numbers((64, 1024), "float64")
    create(tmp_path / "a", data=array, chunks=(1, 1024))
    budget = 8 * 8192 * 10
    with open_source(str(tmp_path / "a"), budget=budget) as source:
        everything(source)
        assert len(source._cache.numbers(source)) == 10
        assert same(everything(source), array)


def test_metadata_of_json_that_numpy_wrote(tmp_path):
    """NaN as a bare word, as old libraries write it."""
    write_2(tmp_path / "a", dtype="<f8", fill_value=float("nan"))
    assert "NaN" in (tmp_path / "a" / ".zarray").read_text()
    assert json.loads((tmp_path / "a" / ".zarray").read_text())
    assert np.isnan(read(tmp_path / "a")).all()
