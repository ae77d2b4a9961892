"""URLs: an S3 server on this machine serves what is read, and takes what is written."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import boto3
import numpy as np
import pytest
import s3fs
import zarr
from cluster import cluster
from inline import BUDGET, Inline, export, make_data_set, tree
from moto.server import ThreadedMotoServer

from padviewer import objects
from padviewer.batch.listing import list_items
from padviewer.batch.places import FORMATS
from padviewer.errors import ExportError, SettingsError, TargetExists
from padviewer.objects import checked, put_bytes, sizes_below
from padviewer.workers.sizes import measure

SECRET = "not-to-be-told"
TARGET = (8, 9)
WAIT = 120


@pytest.fixture(scope="module")
def store():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _host, port = server.get_host_and_port()
    told = {
        "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for name, value in told.items():
            patch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        yield boto3.client("s3")
    server.stop()


@pytest.fixture
def bucket(store, request):
    name = f"b{abs(hash(request.node.name))}"
    store.create_bucket(Bucket=name)
    return name


def objects_in(store, bucket, prefix=""):
    found = {}
    for page in store.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", ()):
            found[each["Key"]] = store.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
    return found


def upload(store, bucket, folder):
    for name, data in tree(folder).items():
        store.put_object(Bucket=bucket, Key=f"in/{name}", Body=data)


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


def test_of_a_long_object_its_header_is_fetched_alone(store, bucket, tmp_path, monkeypatch):
    np.save(tmp_path / "long.npy", np.zeros((1000, 2000), np.float32))
    upload(store, bucket, tmp_path)
    whole, fetched = objects.copy_of, []
    monkeypatch.setattr(objects, "copy_of", lambda url, budget: fetched.append(url) or whole(url, budget))
    (found,) = measure([(f"s3://{bucket}/in/long.npy", None)], BUDGET)
    assert found.shape == (1000, 2000)
    assert not fetched
    (refused,) = measure([(f"s3://{bucket}/in/none.npy", None)], BUDGET)
    assert refused.error.startswith(f"s3://{bucket}/in/none.npy: is not there")


def test_an_object_beyond_the_budget_is_not_fetched(store, bucket):
    put_bytes(b"x" * 5000, f"s3://{bucket}/big.png")
    last = export(f"s3://{bucket}/out", [f"s3://{bucket}/big.png"], target=TARGET)
    assert last.failed == 1
    (refused,) = measure([(f"s3://{bucket}/big.png", None)], 4000)
    assert "more than the budget of" in refused.error


def test_a_client_that_is_killed_is_resumed_from_the_store(store, bucket, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(300):
        np.save(folder / f"{number:03d}.npy", np.full((1 + number % 7, 3), number, np.uint16))
    with cluster(2) as (address, _process):
        words = [
            "batch", str(folder), "-o", f"s3://{bucket}/out", "--target", "8x9", "--json", "--scheduler", address,
        ]  # fmt: skip
        client = subprocess.Popen([sys.executable, "-m", "padviewer", *words], stdout=subprocess.DEVNULL)
        while client.poll() is None and not objects_in(store, bucket, "out/.manifest/"):
            time.sleep(0.05)
        client.kill()
        client.wait(WAIT)
        noted = sum(data.count(b"\n") for data in objects_in(store, bucket, "out/.manifest/").values())
        assert 0 < noted < 300
        told = json.loads(run_verb(*words, "--resume").stdout.splitlines()[-1])
    assert (told["done"], told["failed"], told["total"]) == (300, 0, 300)
    assert told["skipped"] == noted
    export(tmp_path / "out", sorted(map(str, folder.iterdir())), target=TARGET)
    found = objects_in(store, bucket, "out/")
    assert {name.removeprefix("out/"): data for name, data in found.items()} == tree(tmp_path / "out")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://host/a.png", "http://: URLs begin with s3://, gs:// or file://"),
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
    assert sum(array.shape[0] for name, array in group.arrays() if not name.endswith("_written")) == len(data)
