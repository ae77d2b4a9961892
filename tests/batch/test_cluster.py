"""A real cluster of Dask with two workers: the same bytes, whatever is killed, and nothing lost or done twice."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

import cluster_calls
import numpy as np
import pytest
from cluster import cluster
from inline import BUDGET, Inline, export, lines_of, make_data_set, padded, tree

from padviewer.batch.executors import executor_of
from padviewer.batch.exporting import Export
from padviewer.batch.padding import Entry
from padviewer.batch.places import FORMATS, files_of
from padviewer.batch.record import STOPPED
from padviewer.batch.run import in_groups, run
from padviewer.batch.settings import Settings
from padviewer.batch.work import Task, pad_items
from padviewer.cli import main
from padviewer.errors import ClusterLost, SettingsError, WorkerDied
from padviewer.spec import PipelineSpec

TARGET = (8, 9)
WAIT = 60


@pytest.fixture(scope="module")
def address():
    with cluster(2) as (address, _process):
        yield address


@pytest.fixture
def executor(address):
    with executor_of(scheduler=address, budget=BUDGET) as executor:
        yield executor


def many(folder, count):
    folder.mkdir()
    paths = [str(folder / f"{number:04d}.npy") for number in range(count)]
    for number, path in enumerate(paths):
        np.save(path, np.full((1 + number % 7, 1 + number % 5), number, np.uint16))
    return paths


def test_the_same_bytes_as_on_this_machine(executor, tmp_path):
    data = make_data_set(tmp_path / "in")
    (tmp_path / "in" / "bad.npy").write_bytes(b"\x93NUMPY, but no more")
    items = [*data, str(tmp_path / "in" / "bad.npy")]
    with executor_of(1, budget=BUDGET) as processes:
        for form in FORMATS:
            there, here = tmp_path / f"there-{form}", tmp_path / f"here-{form}"
            options = {"form": form, "target": TARGET, "overflow": "crop", "mask": True}
            reached = export(there, items, executor, **options)
            assert (reached.done, reached.failed) == (len(data), 1)
            assert reached[:4] == export(here, items, processes, **options)[:4]
            assert tree(there) == tree(here)
            check_manifest(there, items)


def test_relative_paths_are_told_from_the_folder_of_who_asks(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("a.npy", np.zeros((3, 4), np.float32))
    with executor_of(scheduler=address, budget=BUDGET) as executor:
        assert executor.submit(os.path.exists, "a.npy").result(WAIT)


def test_an_item_that_ends_its_process_fails_alone_and_no_worker_with_it(executor):
    before = set(executor.client.nthreads())
    answers = {item: done for done in run(executor, cluster_calls.square_or_die, in_groups(range(-2, 20), 5))
               for item in done.group}  # fmt: skip
    assert {item for item, done in answers.items() if done.error} == {-2, -1}
    assert all(isinstance(answers[item].error, WorkerDied) for item in (-2, -1))
    found = sorted(number for done in {id(done): done for done in answers.values()}.values() if done.answer
                   for number in done.answer)  # fmt: skip
    assert found == [item * item for item in range(20)]
    assert set(executor.client.nthreads()) == before


def test_an_item_that_ends_workers_again_and_again_fails_alone(executor):
    found = {done.group[0]: done for done in run(executor, cluster_calls.square_or_end_worker, [[3], [-1], [4]])}
    assert [found[item].answer for item in (3, 4)] == [[9], [16]]
    assert type(found[-1].error).__name__ == "KilledWorker"


def check_manifest(folder, items):
    """Each item has one line, and each line its file."""
    told = Counter(record["source"] for record in lines_of(folder)[1])
    assert told == Counter(map(str, items))


def test_a_worker_that_is_killed_in_the_middle_loses_and_doubles_nothing(executor, tmp_path):
    items = many(tmp_path / "in", 200)
    settings = Settings("npy", PipelineSpec(target=TARGET))
    client = executor.client
    (address, process), *_others = client.run(os.getpid).items()
    frozen, under_way = False, ()
    for reached in Export(str(tmp_path / "there"), settings, BUDGET).run([(path, None) for path in items], executor):
        if reached.done > 30 and not frozen:
            os.kill(process, signal.SIGSTOP)
            frozen = True
        elif frozen and not under_way and (under_way := client.processing()[address]):
            # It has calls, and says nothing of them any more.
            assert reached.done < 200
            os.kill(process, signal.SIGKILL)
    assert under_way
    assert reached[:4] == (200, 0, 200, 0)
    check_manifest(tmp_path / "there", items)
    for number, path in enumerate(items):
        array = np.full((1 + number % 7, 1 + number % 5), number, np.uint16)
        found = np.load(tmp_path / "there" / Path(path).name)
        np.testing.assert_array_equal(found, padded(array, TARGET)[0])
    export(tmp_path / "here", items, target=TARGET)
    assert tree(tmp_path / "there") == tree(tmp_path / "here")


def batch(folder, address, *more):
    command = [sys.executable, "-m", "padviewer", "batch", str(folder), "-o", str(folder.parent / "out"), "--json"]
    return [*command, "--target", "8x9", "--scheduler", address, *more]


def test_a_folder_that_a_worker_has_not_is_told_with_its_machine(executor, tmp_path):
    (path,) = many(tmp_path / "in", 1)
    place = files_of("npy", str(tmp_path / "elsewhere"), False, BUDGET)
    task = Task(PipelineSpec(target=TARGET), (), BUDGET, place)
    entry = Entry(path, None, "0000.npy", "0000.npy")
    (record,) = executor.submit(pad_items, [entry], task).result(WAIT)
    assert record.outcome == STOPPED
    assert f"elsewhere: the folder is not there on the machine {platform.node()}" in record.reason
    assert "All machines of a cluster must have the same folder; else name a URL" in record.reason


def test_a_client_that_is_killed_is_resumed(address, tmp_path):
    items = many(tmp_path / "in", 3000)
    manifest = tmp_path / "out" / "manifest.jsonl"
    client = subprocess.Popen(batch(tmp_path / "in", address), stdout=subprocess.DEVNULL)
    while client.poll() is None and (not manifest.exists() or manifest.read_bytes().count(b"\n") < 2):
        time.sleep(0.02)
    client.kill()
    assert client.wait(WAIT) == -signal.SIGKILL
    noted = manifest.read_bytes().count(b"\n") - 1  # a line that is torn is none
    assert 0 < noted < len(items)
    again = subprocess.run(
        batch(tmp_path / "in", address, "--resume"), capture_output=True, check=True, timeout=2 * WAIT
    )
    told = json.loads(again.stdout.splitlines()[-1])
    assert (told["done"], told["failed"], told["total"]) == (3000, 0, 3000)
    assert told["skipped"] == noted
    check_manifest(tmp_path / "out", items)
    export(tmp_path / "here", items, target=TARGET)
    assert tree(tmp_path / "out") == tree(tmp_path / "here")


VERBS = {
    "sizes": ["sizes", "in"],
    "buckets": ["buckets", "in", "--count", "2", "--multiple-of", "4"],
    "report": ["report", "in", "--target", "8x9", "--fail-over-waste", "0.1"],
}


@pytest.mark.parametrize("verb", VERBS)
def test_the_verbs_say_the_same_as_on_this_machine(address, tmp_path, monkeypatch, capsys, verb):
    make_data_set(tmp_path / "in")
    (tmp_path / "in" / "bad.npy").write_bytes(b"\x93NUMPY, but no more")
    monkeypatch.chdir(tmp_path)
    code, told = main([*VERBS[verb], "--json", "--workers", "1"]), capsys.readouterr()
    assert code == 1
    assert "in/bad.npy: " in told.err
    again, there = main([*VERBS[verb], "--json", "--scheduler", address]), capsys.readouterr()
    assert (again, there.out, there.err) == (code, told.out, told.err)
    if verb == "sizes":
        assert [9, 4, 3] in [json.loads(line)["shape"] for line in told.out.splitlines()]
    else:
        assert json.loads(told.out)


@pytest.mark.parametrize(("theirs", "told"), [("0.0.1", "0.0.1; install the same version"), (None, "has no padviewer")])
def test_workers_must_have_the_same_padviewer(executor, address, theirs, told):
    client = executor.client
    found = client.run(cluster_calls.pretend_version, theirs)
    try:
        with pytest.raises(SettingsError, match=told):
            executor_of(scheduler=address)
    finally:
        client.run(cluster_calls.put_back, next(iter(found.values())))
    with executor_of(scheduler=address) as again:
        assert again.submit(abs, -3).result(WAIT) == 3


def test_a_scheduler_that_is_not_there_is_told_within_seconds():
    began = time.monotonic()
    with pytest.raises(ClusterLost, match=r"127.0.0.1:1: no Dask scheduler answers"):
        executor_of(scheduler="tcp://127.0.0.1:1")
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("address", ["http://host", "host", "tcp://user:secret@host:1", "s3://bucket:1/x"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(SettingsError, match="expected an address such as tcp://host:8786"):
        executor_of(scheduler=address)


def test_processes_of_this_machine_and_a_cluster_are_a_choice():
    with pytest.raises(SettingsError, match="give one"):
        executor_of(2, "tcp://host:8786")


def test_a_scheduler_that_is_lost_in_the_middle_ends_the_export_which_can_be_resumed(tmp_path):
    items = many(tmp_path / "in", 100)
    work = partial(Export(str(tmp_path / "out"), Settings("npy", PipelineSpec(target=TARGET)), BUDGET).run,
                   [(path, None) for path in items])  # fmt: skip
    with cluster(1, processes=False) as (address, process):
        executor = executor_of(scheduler=address, budget=BUDGET)
        running = work(executor)
        while next(running).done < 10:
            pass
        began = time.monotonic()
        process.kill()
        with pytest.raises(ClusterLost, match="connection to the Dask scheduler was lost"):
            list(running)
        executor.shutdown(wait=False)
        assert time.monotonic() - began < 30
    noted = (tmp_path / "out" / "manifest.jsonl").read_bytes().count(b"\n") - 1
    *_, reached = work(Inline(), resume=True)
    assert reached[:4] == (100, 0, 100, noted)
    assert 10 <= noted < 100
    assert len(list(Path(tmp_path / "out").rglob("*.npy"))) == 100
