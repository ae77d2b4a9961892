"""A cluster that reads from an S3 server and writes to it: the same bytes as from files, also where both are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import numpy as np
import pytest
from cluster import cluster
from inline import BUDGET, export, make_data_set, padded, tree, without_place
from objects_of import objects_in, upload

from padviewer.batch.executors import executor_of
from padviewer.batch.places import FORMATS
from padviewer.workers.cluster import close, connected

TARGET = (8, 9)
WAIT = 120
COUNT = 160


@pytest.fixture(scope="module")
def address(store):
    with cluster(2) as (address, _process):
        yield address


def test_every_format_has_the_same_bytes_as_from_files(store, bucket, address, tmp_path):
    data = make_data_set(tmp_path / "in")
    upload(store, bucket, tmp_path / "in")
    urls = [path.replace(str(tmp_path), f"s3://{bucket}") for path in data]
    with executor_of(scheduler=address, budget=BUDGET) as executor:
        for form in [name for name in FORMATS if name != "hdf5"]:
            options = {"form": form, "target": TARGET, "overflow": "crop", "mask": True}
            there = export(f"s3://{bucket}/{form}", urls, executor, **options)
            here = export(tmp_path / form, data, **options)
            assert there[:4] == here[:4] == (len(data), 0, len(data), 0)
            found = objects_in(store, bucket, f"{form}/")
            found = {name.removeprefix(f"{form}/"): text for name, text in found.items()}
            assert without_place(found, f"s3://{bucket}/in") == without_place(tree(tmp_path / form), f"{tmp_path}/in")


def lines_in(store, bucket):
    """Returns how many items the pieces of the manifest tell of."""
    return sum(text.count(b"\n") for text in objects_in(store, bucket, "out/.manifest/").values())


def test_a_worker_and_the_client_are_killed_and_nothing_is_lost_or_doubled(store, bucket, address, tmp_path):
    arrays = {f"{number:03d}.npy": np.full((1 + number % 7, 3), number, np.uint16) for number in range(COUNT)}
    (tmp_path / "in").mkdir()
    for name, array in arrays.items():
        np.save(tmp_path / "in" / name, array)
    upload(store, bucket, tmp_path / "in")
    words = [
        sys.executable, "-m", "padviewer", "batch", f"s3://{bucket}/in", "-o", f"s3://{bucket}/out", "--target", "8x9",
        "--json", "--scheduler", address,
    ]  # fmt: skip
    client = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    watching = connected(address)
    try:
        while client.poll() is None and not lines_in(store, bucket):
            time.sleep(0.05)
        worker = next(address for address, calls in watching.processing().items() if calls)
        os.kill(watching.run(os.getpid, workers=[worker])[worker], signal.SIGKILL)
        before = lines_in(store, bucket)
        while client.poll() is None and lines_in(store, bucket) == before:
            time.sleep(0.05)
        client.kill()
        assert client.wait(WAIT) == -signal.SIGKILL
    finally:
        close(watching)
    noted = lines_in(store, bucket)
    assert 0 < noted < COUNT
    made = set(objects_in(store, bucket, "out/"))
    again = subprocess.run([*words, "--resume"], capture_output=True, text=True, check=True, timeout=WAIT)
    told = json.loads(again.stdout.splitlines()[-1])
    assert told == {"done": COUNT, "failed": 0, "skipped": noted, "changed": 0, "total": COUNT}
    found = {name.removeprefix("out/"): text for name, text in objects_in(store, bucket, "out/").items()}
    assert found.keys() == {*arrays, "manifest.jsonl"}
    assert len(made) > noted
    counted = Counter(json.loads(line)["source"] for line in found["manifest.jsonl"].splitlines()[1:])
    assert counted == dict.fromkeys((f"s3://{bucket}/in/{name}" for name in arrays), 1)
    for name, array in arrays.items():
        (tmp_path / name).write_bytes(found[name])
        np.testing.assert_array_equal(np.load(tmp_path / name), padded(array, TARGET)[0])
    export(tmp_path / "here", [tmp_path / "in" / name for name in arrays], target=TARGET)
    assert without_place(found, f"s3://{bucket}/in") == without_place(tree(tmp_path / "here"), f"{tmp_path}/in")
