"""Zarrs that lie, lead elsewhere or are damaged: refused or told with the numbers, and never at the cost of memory."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import struct
import tracemalloc
import zlib
from contextlib import contextmanager, suppress

import imagecodecs
import numcodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zarrs import BUDGET, create, document, everything, numbers, read, same, write_2, write_3

from padviewer.errors import DamagedSource, OversizedSource, SourceError, UnsupportedSource
from padviewer.sources import open_source
from padviewer.sources.crc32c import crc32c

KINDS = {
    "a link to another file": lambda place, other: place.symlink_to(other),
    "a link inside": lambda place, other: place.symlink_to(place.parent / "1"),
    "a broken link": lambda place, other: place.symlink_to("nowhere"),
    "a pipe": lambda place, other: os.mkfifo(place),
    "a folder": lambda place, other: place.mkdir(),
    "a device": lambda place, other: place.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_chunk_is_a_regular_file(tmp_path, kind):
    other = tmp_path / "other"
    other.write_bytes(b"\7\7\7\7")
    path = write_2(tmp_path / "a", {"1": b"\1\2\3\4"}, shape=[8])
    KINDS[kind](path / "0", other)
    with open_source(str(path), budget=BUDGET) as source:
        with pytest.raises(UnsupportedSource, match=r"/0: is a (link|named pipe|directory)"):
            everything(source)
        assert source.take((np.arange(4, 8),)).tolist() == [1, 2, 3, 4]


def test_a_folder_of_chunks_is_no_link(tmp_path):
    write_3(tmp_path / "other", {"c/0": b"\7\7\7\7"})
    path = write_3(tmp_path / "a")
    (path / "c").symlink_to(tmp_path / "other" / "c")
    with pytest.raises(UnsupportedSource, match="/c: is a link"):
        read(path)


@pytest.mark.parametrize("name", ["zarr.json", ".zattrs"])
def test_metadata_are_no_link(tmp_path, name):
    write_2(tmp_path / "a")
    (tmp_path / "secret").write_text('{"zarr_format": 3}')
    (tmp_path / "a" / name).symlink_to(tmp_path / "secret")
    with pytest.raises(UnsupportedSource, match=f"{name}: is a link"):
        read(tmp_path / "a")


def test_members_are_no_links(tmp_path):
    write_3(tmp_path / "other", {"c/0": b"\7\7\7\7"})
    write_3(tmp_path / "t.zarr" / "b", {"c/0": b"\1\2\3\4"})
    (tmp_path / "t.zarr" / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group"}')
    (tmp_path / "t.zarr" / "a").symlink_to(tmp_path / "other")
    assert read(tmp_path / "t.zarr").tolist() == [1, 2, 3, 4]
    with pytest.raises(UnsupportedSource, match="/a: is a link"):
        read(tmp_path / "t.zarr", "a")


def test_a_prefix_of_chunks_leads_nowhere(tmp_path):
    """The names of chunks are made of numbers; nothing in the metadata is a path."""
    keys = {"name": "default", "configuration": {"separator": "/../"}}
    write_3(tmp_path / "a", chunk_key_encoding=keys)
    with pytest.raises(DamagedSource, match="separator"):
        read(tmp_path / "a")


def grid(*sizes):
    return {"name": "regular", "configuration": {"chunk_shape": list(sizes)}}


REFUSED_3 = {
    "another version": ({"zarr_format": 4}, UnsupportedSource, "version 4"),
    "an extension type": ({"data_type": {"name": "numpy.datetime64"}}, UnsupportedSource, "numpy.datetime64"),
    "text": ({"data_type": "string"}, UnsupportedSource, "'string'"),
    "raw bytes": ({"data_type": "r16"}, UnsupportedSource, "'r16'"),
    "a storage transformer": ({"storage_transformers": [{"name": "cut"}]}, UnsupportedSource, "'cut'"),
    "an unknown extension": ({"more": {"name": "x"}}, UnsupportedSource, "extension 'more'"),
    "another grid": ({"chunk_grid": {"name": "rectilinear"}}, UnsupportedSource, "rectilinear"),
    "other names": ({"chunk_key_encoding": {"name": "hash"}}, UnsupportedSource, "hash"),
    "a codec of others": ({"codecs": ["bytes", "zfp"]}, UnsupportedSource, "'zfp'"),
    "pickle": ({"codecs": ["bytes", {"name": "numcodecs.pickle"}]}, UnsupportedSource, "'pickle'"),
    "no bytes": ({"codecs": ["gzip"]}, DamagedSource, "how numbers become bytes"),
    "no byte order": ({"data_type": "int32"}, DamagedSource, "byte order of int32"),
    "rank 6": ({"shape": [1] * 6, "chunk_grid": grid(*[1] * 6)}, UnsupportedSource, "rank 6"),
    "chunks of another rank": ({"chunk_grid": grid(2, 2)}, DamagedSource, "chunks of 2 x 2"),
    "chunks of nothing": ({"chunk_grid": grid(0)}, DamagedSource, "chunks of 0"),
    "a negative size": ({"shape": [-1]}, DamagedSource, "[-1]"),
    "a size of text": ({"shape": ["4"]}, DamagedSource, "['4']"),
    "too many elements": ({"shape": [2**27, 2**27], "chunk_grid": grid(1, 1)}, UnsupportedSource, str(2**53)),
    "a fill of text": ({"fill_value": "x"}, DamagedSource, "'x' is no uint8"),
    "a fill beyond the dtype": ({"fill_value": 256}, DamagedSource, "256 is no uint8"),
    "no fill": ({"fill_value": ...}, DamagedSource, "fill value"),
    "many codecs": ({"codecs": ["bytes", *["gzip"] * 20]}, UnsupportedSource, "21 codecs"),
    "a transposition of nothing": (
        {"codecs": [{"name": "transpose", "configuration": {"order": [1]}}, "bytes"]}, DamagedSource, "transpose",
    ),
    "a codec that is a number": ({"codecs": [5]}, DamagedSource, "codecs 5"),
    "shards in shards": (
        {"codecs": [{"name": "sharding_indexed", "configuration": {
            "chunk_shape": [2], "codecs": [{"name": "sharding_indexed"}], "index_codecs": [
                {"name": "bytes", "configuration": {"endian": "little"}}]}}]},
        UnsupportedSource, "sharding_indexed",
    ),
    "shards of parts of chunks": (
        {"codecs": [{"name": "sharding_indexed", "configuration": {"chunk_shape": [3]}}]}, DamagedSource, "(3)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("lie", REFUSED_3)
def test_metadata_that_are_refused(tmp_path, lie):
    changes, error, word = REFUSED_3[lie]
    write_3(tmp_path / "a.zarr")
    document(tmp_path / "a.zarr", **changes)
    with pytest.raises(error) as caught:
        read(tmp_path / "a.zarr")
    assert "a.zarr" in caught.value.message
    assert word in caught.value.message
    assert len(caught.value.message) < 500


REFUSED_2 = {
    "objects": ({"dtype": "|O", "filters": [{"id": "pickle"}]}, UnsupportedSource, "'|O'"),
    "records": ({"dtype": [["a", "<f4"]]}, UnsupportedSource, "<f4"),
    "dates": ({"dtype": "<M8[ns]"}, UnsupportedSource, "M8"),
    "a dtype that is no dtype": ({"dtype": "what"}, UnsupportedSource, "'what'"),
    "long floats": ({"dtype": "<f16"}, UnsupportedSource, "f16"),
    "another codec": ({"compressor": {"id": "zfpy"}}, UnsupportedSource, "'zfpy'"),
    "blosc with snappy": ({"compressor": {"id": "blosc", "cname": "snappy"}}, UnsupportedSource, "'blosc'"),
    "raw lzma": ({"compressor": {"id": "lzma", "format": 3}}, UnsupportedSource, "'lzma'"),
    "a filter of objects": ({"filters": [{"id": "delta", "dtype": "|O"}]}, UnsupportedSource, "'delta'"),
    "a filter of another dtype": ({"filters": [{"id": "delta", "dtype": "<f8"}]}, UnsupportedSource, "'delta'"),
    "a filter without a dtype": ({"filters": [{"id": "delta"}]}, DamagedSource, "'delta'"),
    "a filter behind bytes": (
        {"filters": [{"id": "shuffle"}, {"id": "delta", "dtype": "|u1"}]}, UnsupportedSource, "'delta'",
    ),
    "another order": ({"order": "K"}, DamagedSource, "order 'K'"),
    "a separator that leads elsewhere": ({"dimension_separator": "/../"}, DamagedSource, "dimension_separator '/../'"),
    "a list for filters": ({"filters": {"id": "delta"}}, DamagedSource, "filters"),
}  # fmt: skip


@pytest.mark.parametrize("lie", REFUSED_2)
def test_metadata_of_version_2_that_are_refused(tmp_path, lie):
    changes, error, word = REFUSED_2[lie]
    write_2(tmp_path / "a.zarr", **changes)
    with pytest.raises(error) as caught:
        read(tmp_path / "a.zarr")
    assert word in caught.value.message


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"5", b"\xff\xfe{", b"[" * 100_000, b'{"zarr_format":' + b"1" * 9999]
)
def test_metadata_that_are_no_json(tmp_path, text):
    write_3(tmp_path / "a.zarr")
    (tmp_path / "a.zarr" / "zarr.json").write_bytes(text)
    with pytest.raises(DamagedSource, match=r"zarr.json: its metadata are no JSON"):
        read(tmp_path / "a.zarr")


def test_metadata_without_end(tmp_path, peak_memory):
    write_3(tmp_path / "a.zarr")
    with (tmp_path / "a.zarr" / "zarr.json").open("r+b") as file:
        file.truncate(1 << 36)
    with peak_memory(64 << 20), pytest.raises(UnsupportedSource, match=r"64\.0 GiB of metadata; at most 16\.0 MiB"):
        read(tmp_path / "a.zarr")


def test_an_array_of_10_to_the_12_with_nothing_stored(tmp_path, peak_memory):
    write_3(tmp_path / "a", shape=[10**6, 10**6], chunk_grid=grid(4096, 4096), codecs=["bytes", "gzip"], fill_value=9)
    with peak_memory(64 << 20), open_source(str(tmp_path / "a"), budget=BUDGET) as source:
        found = source.take((np.arange(0, 10**6, 1000), np.arange(0, 10**6, 1000)))
    assert (found == 9).all()


@pytest.mark.parametrize("codec", ["gzip", "zstd", "numcodecs.shuffle"])
def test_a_chunk_beyond_the_budget(tmp_path, codec):
    write_3(tmp_path / "a.zarr", chunk_grid=grid(10**12), codecs=["bytes", codec])
    with pytest.raises(
        OversizedSource, match=r"decoding one chunk of 1000000000000 uint8 would take (2.0|1.8) TiB.*--budget"
    ):
        read(tmp_path / "a.zarr")


def test_a_table_of_a_shard_beyond_the_budget(tmp_path):
    ends = [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]
    settings_of = {"chunk_shape": [1], "codecs": ["bytes", "gzip"], "index_codecs": ends}
    write_3(
        tmp_path / "a.zarr", shape=[10**9], chunk_grid=grid(10**9),
        codecs=[{"name": "sharding_indexed", "configuration": settings_of}],
    )  # fmt: skip
    with pytest.raises(OversizedSource, match=r"the table of one shard would take 14.9 GiB"):
        read(tmp_path / "a.zarr")


BOMB = bytes(64 << 20)
SIZE = 1 << 14
BOMBS = {
    "zlib": lambda: zlib.compress(BOMB, 9),
    "gzip": lambda: gzip.compress(BOMB, 1),
    "gzip in parts": lambda: gzip.compress(bytes(SIZE)) * 100,
    "bz2": lambda: bz2.compress(BOMB),
    "lzma": lambda: lzma.compress(BOMB, preset=0),
    "zstd": lambda: imagecodecs.zstd_encode(BOMB),
    "lz4": lambda: struct.pack("<I", len(BOMB)) + imagecodecs.lz4_encode(BOMB),
    "blosc": lambda: imagecodecs.blosc_encode(BOMB, compressor="zstd", level=9),
}


@contextmanager
def allocated(most):
    """Fails where Python holds more bytes at once than so many; the bombs themselves took more than they would."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", BOMBS)
def test_a_chunk_that_holds_more_than_it_should(tmp_path, kind):
    data = BOMBS[kind]()
    write_2(
        tmp_path / "a.zarr", {"0": data}, shape=[2 * SIZE], chunks=[SIZE], compressor={"id": kind.partition(" ")[0]}
    )
    with (
        allocated(4 << 20),
        open_source(str(tmp_path / "a.zarr"), budget=BUDGET) as source,
        pytest.raises(DamagedSource, match=r"a.zarr: its chunk \(0\) cannot be decoded .*rest can be shown"),
    ):
        everything(source)


def test_lzma_does_not_take_the_dictionary_that_it_declares(tmp_path, peak_memory):
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}]
    data = lzma.compress(bytes(SIZE), filters=filters)
    write_2(tmp_path / "a.zarr", {"0": data}, shape=[SIZE], chunks=[SIZE], compressor={"id": "lzma"})
    with peak_memory(64 << 20), pytest.raises(DamagedSource, match="Memory usage limit"):
        read(tmp_path / "a.zarr")


def test_a_chunk_of_more_bytes_than_any_compressor_makes(tmp_path, peak_memory):
    path = write_2(tmp_path / "a.zarr", {"0": b""}, compressor={"id": "zlib"})
    with (path / "0").open("r+b") as file:
        file.truncate(1 << 34)
    with peak_memory(32 << 20), pytest.raises(DamagedSource, match="17179869184 bytes, and can have 4101 at most"):
        read(path)


CODECS = {
    "none": None, "zlib": numcodecs.Zlib(), "gzip": numcodecs.GZip(), "bz2": numcodecs.BZ2(), "lzma": numcodecs.LZMA(),
    "zstd": numcodecs.Zstd(), "lz4": numcodecs.LZ4(), "blosc": numcodecs.Blosc("lz4"),
    "blosc zlib": numcodecs.Blosc("zlib"), "blosc zstd": numcodecs.Blosc("zstd"),
}  # fmt: skip


@pytest.mark.parametrize("codec", CODECS)
def test_a_chunk_that_is_cut_short_leaves_the_rest(tmp_path, codec):
    array = numbers((8, 8), "uint16", 3)
    create(tmp_path / "a.zarr", data=array, chunks=(4, 4), zarr_format=2, compressors=CODECS[codec])
    chunk = tmp_path / "a.zarr" / "1.0"
    data = chunk.read_bytes()
    for length in (0, 1, 3, 5, len(data) // 2, len(data) - 1):
        chunk.write_bytes(data[:length])
        with open_source(str(tmp_path / "a.zarr"), budget=BUDGET) as source:
            assert same(source.take((np.arange(4), np.arange(8))), array[:4])
            assert same(source.take((np.arange(8), np.arange(4, 8))), np.ascontiguousarray(array[:, 4:]))
            with pytest.raises(DamagedSource, match=r"chunk \(1, 0\) cannot be decoded"):
                everything(source)


def shard(path, entries, data=b"", checksum=None):
    table = b"".join(struct.pack("<QQ", *entry) for entry in entries)
    code = struct.pack("<I", crc32c(table) if checksum is None else checksum)
    ends = [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]
    inside = {"chunk_shape": [2], "codecs": ["bytes"], "index_codecs": ends}
    codecs = [{"name": "sharding_indexed", "configuration": inside}]
    return write_3(path, {"c/0": data + table + code}, codecs=codecs, fill_value=5)


NONE = (2**64 - 1, 2**64 - 1)


def test_shards_that_are_as_they_should_be(tmp_path):
    assert read(shard(tmp_path / "a", [(0, 2), (2, 2)], b"\1\2\3\4")).tolist() == [1, 2, 3, 4]
    assert read(shard(tmp_path / "b", [NONE, (0, 2)], b"\1\2")).tolist() == [5, 5, 1, 2]
    assert read(shard(tmp_path / "c", [(0, 2), (0, 2)], b"\1\2")).tolist() == [1, 2, 1, 2]


@pytest.mark.parametrize(
    ("entry", "word"),
    [((0, 99), "99 bytes from byte 0 on, in a shard of 38"), ((2**63, 2**63), "in a shard of 38"), ((0, 1), "1 bytes")],
)
def test_a_shard_whose_table_leads_elsewhere(tmp_path, entry, word):
    path = shard(tmp_path / "a.zarr", [(0, 2), entry], b"\1\2")
    with open_source(str(path), budget=BUDGET) as source:
        assert source.take((np.arange(2),)).tolist() == [1, 2]
        with pytest.raises(DamagedSource, match=rf"a.zarr: its chunk \(1\).*{word}"):
            everything(source)


def test_a_shard_whose_table_is_damaged(tmp_path):
    path = shard(tmp_path / "a.zarr", [(0, 2), (2, 2)], b"\1\2\3\4", checksum=1)
    with pytest.raises(DamagedSource, match=r"a\.zarr.*checksum is wrong"):
        read(path)
    (path / "c" / "0").write_bytes(b"short")
    with pytest.raises(DamagedSource, match="a shard has 5 bytes, and its table should have 36"):
        read(path)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_in_any_way(tmp_path_factory, data):
    """A bit, a byte or a part of any file of a Zarr: an array comes out, or an error of ours."""
    folder = tmp_path_factory.mktemp("z") / "a.zarr"
    codec = data.draw(st.sampled_from(sorted(CODECS)))
    create(folder, data=numbers((6, 7), "int16"), chunks=(4, 4), zarr_format=2, compressors=CODECS[codec])
    file = folder / data.draw(st.sampled_from(["0.0", "1.1", ".zarray"]))
    content = bytearray(file.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] = data.draw(st.integers(0, 255))
    file.write_bytes(content[: data.draw(st.integers(place, len(content)))])
    with suppress(SourceError):
        assert read(folder).ndim


@pytest.mark.parametrize("name", ["data.zarr", "DATA.ZARR", "data.zarr/"])
def test_a_folder_of_the_name_with_nothing_in_it(tmp_path, name):
    (tmp_path / name.rstrip("/")).mkdir()
    with pytest.raises(UnsupportedSource, match=r"is no Zarr, which holds zarr.json, .zarray"):
        open_source(f"{tmp_path}/{name}", budget=BUDGET)


def test_a_folder_by_what_is_in_it(tmp_path):
    path = write_2(tmp_path / "any name", {"0": b"\1\2\3\4"})
    assert read(path).tolist() == [1, 2, 3, 4]
    assert read(f"{path}/").tolist() == [1, 2, 3, 4]
    (tmp_path / "link").symlink_to(path)
    assert read(tmp_path / "link").tolist() == [1, 2, 3, 4]
