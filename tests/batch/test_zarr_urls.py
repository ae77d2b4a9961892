"""A Zarr in a store: a tree of arrays is one item, of which no more is fetched than what is wanted."""

from __future__ import annotations

import json

import numpy as np
import pytest
import zarr
from inline import BUDGET, Inline, export, tree
from objects_of import objects_in, upload

from padviewer.batch.listing import list_items
from padviewer.errors import PadviewerError, UnsupportedSource
from padviewer.objects import ObjectTree
from padviewer.sources.remote import describe_item, open_item
from padviewer.sources.zarr_objects import ObjectFolder
from padviewer.workers.sizes import measure, members_of

SHAPE = (10, 37, 41)


def elements(seed=0, shape=SHAPE, dtype=np.uint16):
    return np.random.default_rng(seed).integers(0, 60000, shape).astype(dtype)


def written(folder, data, **options):
    array = zarr.create_array(folder, shape=data.shape, dtype=data.dtype, **{"chunks": (4, 16, 16), **options})
    array[...] = data
    return array


KINDS = {
    "3": {},
    "2": {"zarr_format": 2},
    "2 with slashes": {"zarr_format": 2, "chunk_key_encoding": {"name": "v2", "separator": "/"}},
    "plain": {"compressors": None},
    "shards": {"chunks": (2, 8, 8), "shards": (4, 16, 16)},
}


@pytest.mark.parametrize("kind", KINDS)
def test_elements_are_those_that_were_written(store, bucket, tmp_path, kind):
    data = elements()
    data[4:8] = 0  # chunks that are not stored
    written(tmp_path / "x.zarr", data, **KINDS[kind], fill_value=0, config={"write_empty_chunks": False})
    upload(store, bucket, tmp_path)
    url = f"s3://{bucket}/in/x.zarr"
    with open_item(url, None, BUDGET) as source:
        assert (source.info.path, source.info.shape, source.info.dtype) == (url, SHAPE, "uint16")
        np.testing.assert_array_equal(source.take(tuple(np.arange(size) for size in SHAPE)), data)
        some = (np.array([1, 5, 9]), np.array([0, 20, 36]), np.arange(3, 40, 7))
        np.testing.assert_array_equal(source.take(some), data[np.ix_(*some)])


def test_sizes_of_a_tree_fetch_no_chunk(store, bucket, tmp_path, monkeypatch):
    written(tmp_path / "t.zarr" / "a", elements())
    written(tmp_path / "t.zarr" / "deep" / "b", elements(1, (3, 4, 5)))
    zarr.open_group(tmp_path / "t.zarr", mode="a")
    zarr.open_group(tmp_path / "t.zarr" / "deep", mode="a")
    upload(store, bucket, tmp_path)
    asked = []
    head = ObjectTree.head
    monkeypatch.setattr(ObjectTree, "head", lambda self, way: asked.append(way) or head(self, way))
    url = f"s3://{bucket}/in/t.zarr"
    assert [member.name for member in members_of(url, BUDGET)] == ["/a", "/deep/b"]
    first, named, none = measure([(url, None), (url, "/deep/b"), (url, "/none")], BUDGET)
    assert (first.shape, first.format, named.shape) == (SHAPE, "Zarr 3", (3, 4, 5))
    assert none.error.startswith(f"s3://{bucket}/in/t.zarr: ")
    assert {way.rpartition("/")[2] for way in asked} <= {"zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata"}


def test_a_folder_of_trees_and_files_is_listed(store, bucket, tmp_path):
    written(tmp_path / "a.zarr", elements())
    written(tmp_path / "unnamed", elements(1))
    np.save(tmp_path / "b.npy", elements(2))
    (tmp_path / "deep").mkdir()
    written(tmp_path / "deep" / "c.zarr", elements(3))
    upload(store, bucket, tmp_path)
    base = f"s3://{bucket}/in"
    wanted = [f"{base}/{name}" for name in ("a.zarr", "b.npy", "deep/c.zarr", "unnamed")]
    for paths in ([base], [f"{base}/"], [f"{base}/*"], wanted, [f"{base}/*.zarr", f"{base}/deep", *wanted[1::2]]):
        listing = list_items(paths, Inline(), BUDGET)
        assert (sorted(path for path, _member in listing.items), listing.refused) == (wanted, ())
    (named,) = list_items([f"{base}/a.zarr::*"], Inline(), BUDGET).items
    assert named == (f"{base}/a.zarr", None)
    assert [each.shape for each in measure([(url, None) for url in wanted], BUDGET)] == [SHAPE] * 4


def test_arrays_are_padded_as_from_a_folder(store, bucket, tmp_path):
    written(tmp_path / "t.zarr" / "a", elements())
    written(tmp_path / "t.zarr" / "b", elements(1, (3, 4, 5)))
    zarr.open_group(tmp_path / "t.zarr", mode="a")
    upload(store, bucket, tmp_path)
    url, options = f"s3://{bucket}/in/t.zarr", {"target": (12, 40, 48), "axes": "DHW"}
    there = export(f"s3://{bucket}/out", [(url, "/a"), (url, "/b")], **options)
    here = export(tmp_path / "out", [(str(tmp_path / "t.zarr"), name) for name in ("/a", "/b")], **options)
    assert there[:4] == here[:4] == (2, 0, 2, 0)
    files = {name: data for name, data in objects_in(store, bucket, "out/").items() if name.endswith(".npy")}
    assert {name.removeprefix("out/"): data for name, data in files.items()} == {
        name: data for name, data in tree(tmp_path / "out").items() if name.endswith(".npy")
    }
    found = np.load(tmp_path / "out" / next(name.removeprefix("out/") for name in files if "a" in name.split("/")[-1]))
    np.testing.assert_array_equal(found, np.pad(elements(), [(0, 2), (0, 3), (0, 7)]))


def test_no_name_leads_out_of_the_store(store, bucket, tmp_path):
    written(tmp_path / "other.zarr", elements())
    written(tmp_path / "t.zarr" / "a", elements(1))
    zarr.open_group(tmp_path / "t.zarr", mode="a")
    upload(store, bucket, tmp_path)
    url = f"s3://{bucket}/in/t.zarr"
    for name in ("/../other.zarr", "../other.zarr", "a/../../other.zarr", ".", "a/."):
        with pytest.raises(PadviewerError):
            describe_item(url, name, BUDGET)
    folder = ObjectFolder(ObjectTree(url))
    for name in ("", ".", "..", "../other.zarr", "a/zarr.json"):
        for ask in (folder.blob, folder.folder, lambda name: folder.announce([name], 10)):
            with pytest.raises(UnsupportedSource, match="is no name of anything in it"):
                ask(name)


def test_damage_and_limits_are_told(store, bucket, tmp_path):
    data = elements()
    written(tmp_path / "plain.zarr", data, compressors=None)
    written(tmp_path / "packed.zarr", data)
    upload(store, bucket, tmp_path)
    for name in ("plain", "packed"):
        store.put_object(Bucket=bucket, Key=f"in/{name}.zarr/c/0/0/0", Body=b"x" * 3)
        store.put_object(Bucket=bucket, Key=f"in/{name}.zarr/c/1/1/1", Body=b"x" * 100_000)
        url = f"s3://{bucket}/in/{name}.zarr"
        last = export(f"s3://{bucket}/out-{name}", [url], target=(12, 40, 48), axes="DHW")
        assert last.failed == 1
        assert url in last.failures[0].reason
        assert "its chunk (" in last.failures[0].reason
        with open_item(url, None, BUDGET) as source, pytest.raises(PadviewerError, match=r"chunk \(1, 1, 1\)"):
            source.take((np.arange(4, 8), np.arange(16, 32), np.arange(16, 32)))
        with open_item(url, None, BUDGET) as source:
            some = (np.arange(8, 10), np.arange(16), np.arange(16))
            np.testing.assert_array_equal(source.take(some), data[np.ix_(*some)])
    (small,) = measure([(f"s3://{bucket}/in/packed.zarr", None)], 1000)
    assert "more than the budget" in small.error
    metadata = json.loads((tmp_path / "plain.zarr" / "zarr.json").read_text())
    store.put_object(Bucket=bucket, Key="in/plain.zarr/zarr.json", Body=json.dumps({**metadata, "shape": [-1]}))
    (wrong,) = measure([(f"s3://{bucket}/in/plain.zarr", None)], BUDGET)
    assert "save it again" in wrong.error
    (none,) = measure([(f"s3://{bucket}/in/none.zarr", None)], BUDGET)
    assert none.error
