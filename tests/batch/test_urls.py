"""URLs: an S3 server on this machine serves what is read, and takes what is written."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import s3fs
import zarr
from inline import BUDGET, Inline, export, make_data_set, padded, tree
from objects_of import objects_in, upload

from padviewer import sources
from padviewer.batch.listing import list_items
from padviewer.batch.places import FORMATS
from padviewer.cli import main
from padviewer.errors import ExportError, PadviewerError, SettingsError, TargetExists
from padviewer.objects import checked, copies, put_bytes, sizes_below
from padviewer.sources.remote import open_item
from padviewer.workers.sizes import measure, measured

SECRET = "not-to-be-told"
TARGET = (8, 9)
WAIT = 120


def run_verb(*words, check=True):
    return subprocess.run(
        [sys.executable, "-m", "padviewer", *words], capture_output=True, text=True, check=check, timeout=WAIT
    )


@pytest.mark.parametrize("form", [name for name in FORMATS if name != "hdf5"])
def test_the_same_bytes_as_in_a_folder(store, bucket, tmp_path, form):
    data = make_data_set(tmp_path / "in")
    options = {"form": form, "target": TARGET, "overflow": "crop", "mask": True}
    there = export(f"s3://{bucket}/out", data, **options)
    assert there[:4] == export(tmp_path / "out", data, **options)[:4]
    found = objects_in(store, bucket, "out/")
    assert {name.removeprefix("out/"): data for name, data in found.items()} == tree(tmp_path / "out")
    again = export(f"s3://{bucket}/out", data, resume=True, **options)
    assert again.skipped == len(data)
    with pytest.raises(TargetExists, match="12 items written"):
        export(f"s3://{bucket}/out", data, **options)
    export(f"s3://{bucket}/out", list(data)[:3], force=True, **options | {"mask": False})
    assert len(objects_in(store, bucket, "out/manifest.jsonl")) == 1


def test_objects_are_listed_measured_and_padded_by_the_command_line(store, bucket, tmp_path):
    data = make_data_set(tmp_path / "in")
    (tmp_path / "in" / "notes.md").write_text("no array")
    (tmp_path / "in" / "bad.npy").write_bytes(b"\x93NUMPY, but no more")
    upload(store, bucket, tmp_path / "in")
    told = run_verb("sizes", f"s3://{bucket}/in", "--json", check=False)
    sizes = {record["path"]: record for record in map(json.loads, told.stdout.splitlines())}
    assert len(sizes) == len(data) + 1
    for path, array in data.items():
        url = path.replace(str(tmp_path), f"s3://{bucket}")
        assert tuple(sizes[url]["shape"]) == array.shape
    assert f"s3://{bucket}/in/bad.npy" in told.stderr
    words = ("batch", f"s3://{bucket}/in/**/*.npy", "-o", f"s3://{bucket}/out", "--target", "8x9", "--overflow", "crop")
    done = run_verb(*words, check=False)
    found = objects_in(store, bucket, "out/")
    records = [json.loads(line) for line in found["out/manifest.jsonl"].splitlines()][1:]
    assert {record["source"] for record in records if record["outcome"] == "written"} == {
        path.replace(str(tmp_path), f"s3://{bucket}") for path in data if path.endswith(".npy")
    }
    failed = [record for record in records if record["outcome"] == "failed"]
    assert [record["source"] for record in failed] == [f"s3://{bucket}/in/bad.npy"]
    assert failed[0]["reason"].startswith(f"s3://{bucket}/in/bad.npy: ")
    assert all(SECRET.encode() not in data for data in found.values())
    assert SECRET not in told.stderr + told.stdout + done.stdout + done.stderr


@pytest.mark.parametrize("verb", ["buckets", "report"])
def test_buckets_and_reports_are_those_of_the_same_files(store, bucket, tmp_path, capsys, verb):
    make_data_set(tmp_path / "in")
    upload(store, bucket, tmp_path / "in")
    told = []
    for place in (str(tmp_path), f"s3://{bucket}", f"file://{tmp_path}"):
        words = [verb, f"{place}/in", "--count", "2", "--multiple-of", "4", "--json", "--workers", "1"]
        assert main(words) == 0
        told.append(capsys.readouterr().out.replace(place, "PLACE").replace(str(tmp_path), "PLACE"))
    assert json.loads(told[0])
    assert told[0] == told[1] == told[2]


def test_buckets_of_a_store_pad_what_is_in_it(store, bucket, tmp_path, capsys):
    data = make_data_set(tmp_path / "in")
    upload(store, bucket, tmp_path / "in")
    url, plan = f"s3://{bucket}/in", str(tmp_path / "plan.json")
    assert main(["buckets", url, "--count", "2", "-o", plan, "--workers", "1"]) == 0
    assert main(["batch", url, "-o", f"s3://{bucket}/out", "--buckets", plan, "--workers", "1"]) == 0
    assert f"{len(data)} of {len(data)} items written" in capsys.readouterr().out
    found = [name for name in objects_in(store, bucket, "out/") if name.endswith(".npy")]
    assert len(found) == len(data)


@pytest.mark.parametrize("form", ["npy", "zarr"])
def test_an_object_that_was_written_anew_is_padded_anew(store, bucket, tmp_path, capsys, form):
    data = make_data_set(tmp_path / "in")
    upload(store, bucket, tmp_path / "in")
    place = f"s3://{bucket}"
    words = ["batch", f"{place}/in", "--target", "8x9", "--overflow", "crop", "--format", form, "--workers", "1"]
    assert main([*words, "-o", f"{place}/out"]) == 0
    assert main([*words, "-o", f"{place}/out", "--resume"]) == 0
    assert f"{len(data)} of them before: " in capsys.readouterr().out
    changed = next(path for path, array in data.items() if path.endswith(".npy") and array.any())
    time.sleep(1.1)  # stores tell seconds
    out = io.BytesIO()
    np.save(out, data[changed][::-1, ::-1])
    url = changed.replace(str(tmp_path), place)
    put_bytes(out.getvalue(), url)
    assert main([*words, "-o", f"{place}/out", "--resume"]) == 0
    assert f"{len(data) - 1} of them before, 1 again, whose sources had changed: " in capsys.readouterr().out
    assert main([*words, "-o", f"{place}/anew"]) == 0
    anew = objects_in(store, bucket, "anew/")
    found = objects_in(store, bucket, "out/")
    assert {name.removeprefix("out/"): data for name, data in found.items()} == {
        name.removeprefix("anew/"): data for name, data in anew.items()
    }
    assert main([*words, "-o", f"{place}/out", "--resume"]) == 0
    assert f"{len(data)} of them before: " in capsys.readouterr().out


def test_of_a_long_object_its_header_is_fetched_alone(store, bucket, tmp_path, monkeypatch):
    np.save(tmp_path / "long.npy", np.zeros((1000, 2000), np.float32))
    upload(store, bucket, tmp_path)
    fetched = []
    fetch = s3fs.S3FileSystem._cat_file

    async def noted(self, *more, **named):
        fetched.append(data := await fetch(self, *more, **named))
        return data

    monkeypatch.setattr(s3fs.S3FileSystem, "_cat_file", noted)
    s3fs.S3FileSystem.clear_instance_cache()  # one that was made before has the method that was there
    url = f"s3://{bucket}/in/long.npy"
    (found,) = measure([(url, None)], BUDGET)
    assert found.shape == (1000, 2000)
    assert 0 < sum(map(len, fetched)) < 1_000_000
    with open_item(url, None, BUDGET):
        assert sum(map(len, fetched)) >= 8_000_000
    (refused,) = measure([(f"s3://{bucket}/in/none.npy", None)], BUDGET)
    assert refused.error.startswith(f"s3://{bucket}/in/none.npy: is not there")
    s3fs.S3FileSystem.clear_instance_cache()


def test_sizes_of_objects_are_remembered_until_they_are_written_anew(store, bucket, tmp_path, monkeypatch):
    data = make_data_set(tmp_path / "in")
    upload(store, bucket, tmp_path / "in")
    memory = str(tmp_path / "sizes.sqlite")

    def sizes(*paths):
        listing = list_items(paths, Inline(), BUDGET)
        groups = measured(Inline(), listing.items, BUDGET, memory, states=listing.states)
        return {each.path: each for group in groups for each in group}

    time.sleep(3.1)  # what was written a moment ago might be written again within the same second
    first = sizes(f"s3://{bucket}/in")
    assert len(first) == len(data)
    read, opened = sources.describe_item, []
    monkeypatch.setattr(
        sources, "describe_item", lambda path, member, budget: opened.append(path) or read(path, member, budget)
    )
    assert sizes(f"s3://{bucket}/in") == first
    assert sizes(f"s3://{bucket}/in/*.npy", f"s3://{bucket}/in/**/*.npy").items() <= first.items()
    assert not opened
    changed = next(path for path in first if path.endswith(".npy"))
    out = io.BytesIO()
    np.save(out, np.zeros((2, 3, 4), np.uint8))
    put_bytes(out.getvalue(), changed)
    again = sizes(f"s3://{bucket}/in")
    assert opened == [changed]
    assert again[changed].shape == (2, 3, 4)


def test_a_short_object_takes_one_request(store, bucket, tmp_path, monkeypatch):
    make_data_set(tmp_path / "in")
    upload(store, bucket, tmp_path / "in")
    long = b"BM" + bytes(600_000)
    store.put_object(Bucket=bucket, Key="in/long.bmp", Body=long)
    store.put_object(Bucket=bucket, Key="in/empty.npy", Body=b"")
    asked = []
    call = s3fs.S3FileSystem._call_s3

    def noted(self, kind, *more, **named):
        asked.append(kind)
        return call(self, kind, *more, **named)

    monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", noted)
    for name in ("rgb0.png", "gray/1.npy"):
        with open_item(f"s3://{bucket}/in/{name}", None, BUDGET):
            assert asked == ["get_object"]
        asked.clear()
    with copies.copy_of(f"s3://{bucket}/in/long.bmp", BUDGET) as copy:
        assert Path(copy).read_bytes() == long
    assert asked == ["get_object", "head_object", "get_object"]
    with pytest.raises(PadviewerError, match="the file is empty"), open_item(f"s3://{bucket}/in/empty.npy", None, 9):
        pass


def test_an_object_beyond_the_budget_is_not_fetched(store, bucket):
    put_bytes(b"x" * 5000, f"s3://{bucket}/big.png")
    last = export(f"s3://{bucket}/out", [f"s3://{bucket}/big.png"], target=TARGET)
    assert last.failed == 1
    (refused,) = measure([(f"s3://{bucket}/big.png", None)], 4000)
    assert "more than the budget of" in refused.error


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://host/a.png", "http://: URLs begin with s3://, gs:// or file://"),
        ("memory://bucket/a.png", "memory://: URLs begin with s3://, gs:// or file://"),
        ("s3://user:pa55word@bucket/a.png", "with a user or a password in it"),
    ],
)
def test_other_urls_are_refused_and_passwords_not_told(url, told):
    with pytest.raises(SettingsError, match=told) as refusal:
        checked(url)
    assert "pa55word" not in str(refusal.value)
    (refused,) = list_items([url], Inline(), BUDGET).refused
    assert told in refused.error
    assert "pa55word" not in repr(refused)


def test_a_file_url_is_a_path(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(3))
    assert list_items([f"file://{tmp_path}/a.npy"], Inline(), BUDGET).items == ((str(tmp_path / "a.npy"), None),)


def test_a_list_names_no_urls(tmp_path):
    (tmp_path / "list.txt").write_text("s3://somebody/secret.npy\n")
    (refused,) = list_items([f"@{tmp_path}/list.txt"], Inline(), BUDGET).refused
    assert "a list names files of this machine" in refused.error


def test_what_cannot_be_written_to_a_store_is_told(store):
    refused = run_verb("batch", "x", "-o", "s3://b/out", "--target", "8", "--format", "hdf5", check=False)
    assert "choose --format zarr or tfrecord" in refused.stderr
    with pytest.raises(ExportError, match="s3://no-such-bucket/out"):
        sizes_below("s3://no-such-bucket/out")


def test_a_zarr_in_a_store_is_read_by_other_libraries(store, bucket, tmp_path):
    data = make_data_set(tmp_path / "in")
    export(f"s3://{bucket}/out", data, form="zarr", target=TARGET, overflow="crop")
    for name, found in objects_in(store, bucket, "out/").items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(found)
    group = zarr.open_group(tmp_path / "out" / "data.zarr", mode="r")
    arrays = {name: array for name, array in group.arrays() if not name.endswith("_written")}
    seen = {}
    for array in arrays.values():
        seen |= dict(zip(array.attrs["items"], array[...], strict=True))
    assert seen.keys() == {path.removeprefix(f"{tmp_path}/in/") for path in data}
    for path, elements in data.items():
        np.testing.assert_array_equal(seen[path.removeprefix(f"{tmp_path}/in/")], padded(elements, TARGET)[0])
