"""The database of sizes: valid for the same size and time, shared by processes, and never a reason to fail."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from padviewer.dataset.measured import Measured
from padviewer.workers import remembered as module
from padviewer.workers.remembered import Remembered, memory_path
from padviewer.workers.sizes import measure

LONG_AGO = 1_000_000_000
BUDGET = 1 << 28


@pytest.fixture
def database(tmp_path):
    return str(tmp_path / "state" / "padviewer" / "sizes.sqlite")


def record(path, member=None, shape=(3, 4), modified=LONG_AGO, file_bytes=12):
    axes = "TCHWDB"[: len(shape)] if len(shape) != 2 else "HW"
    return Measured(path, member, shape, axes, "uint8", "PNG", file_bytes, modified)


def found(database, *records):
    states = [(each.modified, each.file_bytes) for each in records]
    return Remembered(database).find([each.item for each in records], states)


def test_what_was_kept_is_found_for_the_same_time_and_size(database):
    kept = [record("/a"), record("/a", "x", (5,)), record("/b", "y")]
    Remembered(database).keep(kept)
    assert found(database, *kept) == {each.item: each for each in kept}
    for other in (
        record("/a", modified=LONG_AGO + 1), record("/a", file_bytes=13), record("/a", ""), record("/b"), record("/A")
    ):  # fmt: skip
        assert found(database, other) == {}
    newer = record("/a", shape=(7, 8), modified=LONG_AGO + 5)
    Remembered(database).keep([newer])
    assert found(database, newer) == {("/a", None): newer}
    assert found(database, kept[0]) == {}


def test_refusals_fresh_files_and_files_without_a_time_are_not_kept(database):
    to_come = time.time_ns() + 10**9
    for each in (record("/a")._replace(error="no"), record("/a", modified=0), record("/a", modified=to_come)):
        Remembered(database).keep([each])
        assert found(database, each) == {}


def test_another_version_reads_again(database, monkeypatch):
    Remembered(database).keep([record("/a")])
    monkeypatch.setattr(module, "_VERSION", "next")
    assert found(database, record("/a")) == {}


def test_paths_are_known_by_their_whole_names(database, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Remembered(database).keep([record("a.png")])
    whole = record(str(tmp_path / "a.png"))
    assert list(found(database, whole)) == [whole.item]
    monkeypatch.chdir("/")
    assert found(database, record("a.png")) == {}


@given(st.text(st.characters(), min_size=1), st.none() | st.text(st.characters()))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_is_found_again(tmp_path, name, member):
    database = str(tmp_path / "sizes.sqlite")
    each = record(f"/{name}", member)
    Remembered(database).keep([each])
    assert found(database, each) == {each.item: each}


def test_the_oldest_go_where_there_are_too_many(database):
    for number in range(10):
        Remembered(database, most=6).keep([record(f"/{number}"), record(f"/{number}", "x")])
    left = found(database, *(record(f"/{number}") for number in range(10)))
    assert sorted(path for path, _member in left) == ["/7", "/8", "/9"]


@pytest.mark.parametrize("damage", ["noise", "middle", "emptied", "folder", "foreign"])
def test_a_damaged_database_is_begun_anew(database, damage):
    many = [record(f"/{number}") for number in range(2000)]
    Remembered(database).keep(many)
    place = Path(database)
    content = bytearray(place.read_bytes())
    if damage == "noise":
        content = bytearray(np.random.default_rng(0).bytes(5000))
    elif damage == "middle":
        content[4096:] = np.random.default_rng(0).bytes(len(content) - 4096)
    elif damage == "emptied":
        content = bytearray()
    place.unlink()
    if damage == "folder":
        place.mkdir()
    elif damage == "foreign":
        with sqlite3.connect(database) as other:
            other.execute("CREATE TABLE sizes_2 (something)")
        other.close()
    else:
        place.write_bytes(content)
    assert found(database, *many[:3]) == {}
    Remembered(database).keep(many[:3])
    if damage in ("noise", "middle"):  # the first attempt may have been the one that moved it aside
        Remembered(database).keep(many[:3])
        assert Path(f"{database}.damaged").exists()
    if damage not in ("folder", "foreign"):
        assert set(found(database, *many[:3])) == {each.item for each in many[:3]}


@pytest.mark.parametrize(
    ("shape", "axes", "further"),
    [
        ("[3, -4]", "HW", "0"),
        ("[3]", "HW", "0"),
        ("no", "HW", "0"),
        ("[3, 4]", "QQ", "0"),
        ("{}", "HW", "0"),
        ("[true, 4]", "HW", "0"),
        ("[3, 4]", "HW", "-1"),
        ("[3, 4]", "HW", "some"),
    ],
)
def test_rows_that_somebody_else_wrote_are_not_believed(database, shape, axes, further):
    Remembered(database).keep([record("/a")])
    with sqlite3.connect(database) as other:
        other.execute("UPDATE sizes_2 SET shape = ?, axes = ?, further = ?", (shape, axes, further))
    other.close()
    assert found(database, record("/a")) == {}


def test_without_a_place_nothing_is_remembered(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    for path in (None, str(tmp_path / "file" / "sizes.sqlite"), "/proc/none/sizes.sqlite"):
        Remembered(path).keep([record("/a")])
        assert found(path, record("/a")) == {}
    monkeypatch.setenv("XDG_STATE_HOME", "/somewhere")
    assert memory_path() == "/somewhere/padviewer/sizes.sqlite"


def test_one_that_is_locked_is_done_without(database, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE_S", 0.05)
    Remembered(database).keep([record("/a")])
    with sqlite3.connect(database, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        Remembered(database).keep([record("/b")])
        assert found(database, record("/a")) == {}
        other.execute("ROLLBACK")
    other.close()
    assert len(found(database, record("/a"), record("/b"))) == 1


WRITE = """
import sys
from padviewer.dataset.measured import Measured
from padviewer.workers.remembered import Remembered
for part in range(20):
    rows = [Measured(f"/{sys.argv[2]}/{part}/{n}", None, (n, 2), "HW", "uint8", "PNG", 1, 5) for n in range(30)]
    Remembered(sys.argv[1]).keep(rows)
"""


def test_several_processes_write_at_once(database):
    writers = [subprocess.Popen([sys.executable, "-c", WRITE, database, str(number)]) for number in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    wanted = [
        Measured(f"/{w}/{part}/{n}", None, (n, 2), "HW", "uint8", "PNG", 1, 5)
        for w in range(3) for part in range(20) for n in range(30)
    ]  # fmt: skip
    assert found(database, *wanted) == {each.item: each for each in wanted}


def test_a_second_run_opens_no_file(tmp_path, database, monkeypatch):
    for number in range(20):
        np.save(tmp_path / f"{number}.npy", np.zeros((number, 3)))
        os.utime(tmp_path / f"{number}.npy", (1e9, 1e9))
    items = [(str(tmp_path / f"{number}.npy"), None) for number in range(20)]
    first = measure(items, BUDGET, database)
    assert all(not each.error for each in first)
    monkeypatch.setattr("padviewer.sources.describe_item", lambda *_a, **_k: pytest.fail("a header is read"))
    assert measure(items, BUDGET, database) == first
    with pytest.raises(pytest.fail.Exception):
        measure(items, BUDGET, database, fresh=True)
