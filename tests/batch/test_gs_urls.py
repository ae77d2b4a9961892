"""`gs://`: gcsfs reads from a server on this machine, and writes to it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import zarr
from gcs_server import gcs_server
from inline import BUDGET, Inline, export, make_data_set, tree, without_place

from padviewer.batch.listing import list_items
from padviewer.batch.places import FORMATS
from padviewer.sources.remote import open_item
from padviewer.workers.sizes import measure

TARGET = (8, 9)
WAIT = 60


@pytest.fixture(scope="module")
def server():
    with gcs_server() as (address, bucket), pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", address)
        patch.setenv("FSSPEC_GS_TOKEN", "anon")
        # It asks by gRPC of which kind a bucket is; who does not answer is waited for.
        patch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
        gcsfs = pytest.importorskip("gcsfs", reason="gcsfs, of the extra gcs, is not installed")
        gcsfs.GCSFileSystem.clear_instance_cache()
        yield bucket
        gcsfs.GCSFileSystem.clear_instance_cache()


@pytest.fixture
def bucket(server):
    server.objects.clear()
    server.served = 0
    return server


def upload(bucket, folder):
    bucket.objects |= {f"in/{name}": data for name, data in tree(folder).items()}


def test_objects_are_listed_and_their_headers_read(bucket, tmp_path):
    folder = tmp_path / "in"
    data = make_data_set(folder)
    np.save(folder / "long.npy", np.zeros((1000, 1000)))
    (folder / "notes.md").write_text("no array")
    upload(bucket, folder)
    listing = list_items(["gs://b/in"], Inline(), BUDGET)
    assert (len(listing.items), listing.left_out, listing.refused) == (len(data) + 1, 1, ())
    found = {each.path: each for each in measure(listing.items, BUDGET)}
    for path, array in data.items():
        assert found[path.replace(str(folder), "gs://b/in")].shape == array.shape
    assert found["gs://b/in/long.npy"].shape == (1000, 1000)
    assert bucket.served < 1_000_000
    (one,) = list_items(["gs://b/in/gray/3*.npy"], Inline(), BUDGET).items
    assert one[0] == "gs://b/in/gray/3.npy"
    (none,) = measure([("gs://b/in/none.npy", None)], BUDGET)
    assert none.error.startswith("gs://b/in/none.npy: is not there")


@pytest.mark.parametrize("form", [name for name in FORMATS if name != "hdf5"])
def test_the_same_bytes_as_in_a_folder(bucket, tmp_path, form):
    data = make_data_set(tmp_path / "in")
    upload(bucket, tmp_path / "in")
    urls = [path.replace(f"{tmp_path}/in", "gs://b/in") for path in data]
    options = {"form": form, "target": TARGET, "overflow": "crop", "mask": True}
    there = export("gs://b/out", urls, **options)
    assert there[:4] == export(tmp_path / "out", data, **options)[:4] == (len(data), 0, len(data), 0)
    found = {name.removeprefix("out/"): data for name, data in bucket.objects.items() if name.startswith("out/")}
    assert without_place(found, "gs://b/in") == without_place(tree(tmp_path / "out"), f"{tmp_path}/in")
    assert export("gs://b/out", urls, resume=True, **options).skipped == len(data)


def test_a_tree_of_arrays_is_read_by_range(bucket, tmp_path):
    data = np.random.default_rng(0).integers(0, 60000, (10, 37, 41), np.uint16)
    zarr.create_array(tmp_path / "x.zarr", shape=data.shape, dtype=data.dtype, chunks=(4, 16, 16))[...] = data
    upload(bucket, tmp_path)
    with open_item("gs://b/in/x.zarr", None, BUDGET) as source:
        np.testing.assert_array_equal(source.take(tuple(map(np.arange, data.shape))), data)
    (found,) = list_items(["gs://b/in"], Inline(), BUDGET).items
    assert found[0] == "gs://b/in/x.zarr"


def test_a_client_that_is_killed_is_resumed(bucket, tmp_path):
    arrays = {f"{number:03d}.npy": np.full((1 + number % 7, 3), number, np.uint16) for number in range(150)}
    for name, array in arrays.items():
        np.save(tmp_path / name, array)
    upload(bucket, tmp_path)
    words = [sys.executable, "-m", "padviewer", "batch", "gs://b/in", "-o", "gs://b/out", "--target", "8x9", "--json",
             "--workers", "1"]  # fmt: skip
    client = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        began = time.monotonic()
        while client.poll() is None and not any("out/.manifest/" in name for name in list(bucket.objects)):
            assert time.monotonic() - began < WAIT
            time.sleep(0.02)
    finally:
        client.kill()
    assert client.wait(WAIT) == -signal.SIGKILL
    noted = sum(data.count(b"\n") for name, data in bucket.objects.items() if "out/.manifest/" in name)
    assert 0 < noted < len(arrays)
    again = subprocess.run([*words, "--resume"], capture_output=True, text=True, check=True, timeout=WAIT)
    told = json.loads(again.stdout.splitlines()[-1])
    assert told == {"done": len(arrays), "failed": 0, "skipped": noted, "changed": 0, "total": len(arrays)}
    assert {name for name in bucket.objects if name.startswith("out/")} == {
        "out/manifest.jsonl", *(f"out/{name}" for name in arrays)
    }  # fmt: skip
