"""The k-th call of the system fails, or the process is killed at it, for each k: the old file or the new one is there.

All that the program writes is tried: exports, what `replacing` and `made_beside` write (figures, snapshots, saved
sessions, models), sessions that are kept, and settings. `PADVIEWER_FAULT_ROUNDS` tries each way to fail at each call;
without it they take turns.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from driving_faults import OLD, ROUNDS, TESTS, make_old, names, remove, tree
from fault_driver import NEW, array_for
from read_back import read_back

from padviewer.export import EXTENSIONS, continues, temporary_paths

HOWS = ("EIO", "ENOSPC", "kill", "EACCES", "gone")
# Errors of the system, which the window goes on without a log for.
SYSTEM = ("OSError", "PermissionError")
# Two extensions of one format are written alike.
DIFFERENT = tuple(extension for extension in EXTENSIONS if extension not in (".tiff", ".hdf5"))
# What is said of each, by the system or by us.
CAUSES = {
    "EIO": r"Input/output error",
    "gone": r"Input/output error",
    "ENOSPC": r"the disk is full; make room|No space left",
    "EACCES": r"no permission to write there; choose another place|Permission denied",
}


def part_names(path):
    return {Path(part).name for part in temporary_paths(str(path))}


def ways(step=1):
    """Yields how a call fails, and which: each way at each call; or in turns, at each `step`-th of them."""
    for k in itertools.count(1, 1 if ROUNDS else step):
        for how in HOWS if ROUNDS else (HOWS[k % len(HOWS)],):
            yield how, k


def usually(extensions):
    """Returns those of the extensions that are tried where there is little time."""
    return EXTENSIONS if ROUNDS else extensions


def judge(found, how, name):
    """Checks what was told of a fault."""
    if how == "kill":
        assert found["result"] is None
        return
    if found["result"]:
        kind, is_ours, text = found["result"]
        assert is_ours, (kind, text)
        assert name in text
        assert re.search(CAUSES[how], text), text
        assert "Traceback" not in text


@pytest.mark.parametrize(
    ("extension", "overwrite"),
    [(extension, True) for extension in usually(DIFFERENT)] + [(e, False) for e in usually((".npy", ".zarr"))],
)
def test_an_export(driver, tmp_path, extension, overwrite):
    path = tmp_path / f"a{extension}"
    driver.run("export", path, overwrite=overwrite)
    new = tree(path)
    np.testing.assert_array_equal(read_back(path), array_for(str(path)))
    remove(path)
    for how, k in ways(4 if extension == ".zarr" else 2):
        if overwrite:
            make_old(path)
        old = tree(path)
        found = driver.run("export", path, how, k, overwrite=overwrite)
        assert tree(path) in (old, new), (how, k, found)
        if len(found["calls"]) < k:
            assert found["result"] == []
            break
        judge(found, how, path.name)
        if found["result"] == []:
            assert tree(path) == new, (how, k, found)
        leftovers = [str(tmp_path / name) for name in names(tmp_path) if name != path.name]
        assert leftovers == temporary_paths(str(path)), (how, k, found)
        if how in ("EIO", "ENOSPC") and found["calls"][k - 1] not in ("open", "unlink"):
            assert leftovers == [], (how, k, found)
        driver.run("clean", path)
        # At the next start nothing is left but the file, which is the old one or the new one still.
        assert names(tmp_path) == ([path.name] if path.exists() else []), (how, k, found)
        assert tree(path) in (old, new), (how, k, found)
        remove(path)
    assert k > 10


@pytest.mark.parametrize("kept", [False, True])
def test_a_folder_is_replaced_where_two_cannot_be_swapped(driver, tmp_path, kept):
    path = tmp_path / "a.zarr"
    make_old(path)
    old = tree(path)
    whole = driver.run("export", path, lacks=["exchange"], kept=kept)
    assert whole["result"] == []
    new = tree(path)
    # Until then it is as where they can.
    first = whole["calls"].index("exchange")
    for how, k in ways(2):
        if k < first:
            continue
        if k > len(whole["calls"]):
            break
        remove(path)
        make_old(path)
        found = driver.run("export", path, how, k, lacks=["exchange"], kept=kept)
        # How many notes are made, and so how many calls, depends on the disk.
        if len(found["calls"]) >= k:
            judge(found, how, path.name)
        assert tree(path) in (old, new) or how in ("kill", "gone"), (how, k, found)
        driver.run("clean", path)
        assert tree(path) in (old, new), (how, k, found)
        assert set(names(tmp_path)) - {path.name} == part_names(path)
        assert driver.run("export", path, lacks=["exchange"], kept=kept)["result"] == []
        assert tree(path) == new
        assert names(tmp_path) == [path.name], (how, k, found)


@pytest.mark.parametrize("extension", usually((".npy", ".zarr", ".tfrecord", ".exr")))
def test_an_export_that_is_kept_goes_on(driver, tmp_path, extension):
    path = tmp_path / f"a{extension}"
    driver.run("export", path, kept=True)
    new = tree(path)
    remove(path)
    continued = 0
    for how, k in ways(9 if extension == ".zarr" else 3):
        make_old(path)
        old = tree(path)
        found = driver.run("export", path, how, k, kept=True)
        assert tree(path) in (old, new), (how, k, found)
        if len(found["calls"]) >= k:
            judge(found, how, path.name)
        driver.run("clean", path)
        assert set(names(tmp_path)) - {path.name} == part_names(path)
        continued += continues(str(path)) is not None
        again = driver.run("export", path, kept=True)
        assert again["result"] == [], (how, k, found, again)
        assert tree(path) == new, (how, k, found)
        assert names(tmp_path) == [path.name], (how, k, found)
        remove(path)
        if len(found["calls"]) < k:
            break
    # How much is noted by then depends on the disk; of so many, some have been.
    assert continued or not ROUNDS or extension in (".npz", ".png", ".nii.gz")


def test_what_replaces_a_file(driver, tmp_path):
    """Figures, snapshots and sessions that a person saves."""
    path = tmp_path / "figure.svg"
    for how, k in ways():
        path.write_bytes(OLD)
        found = driver.run("replace", path, how, k)
        assert path.read_bytes() in (OLD, NEW)
        if len(found["calls"]) < k:
            assert path.read_bytes() == NEW
            break
        judge(found, how, path.name)
        driver.run("clean", path)
        assert names(tmp_path) == [path.name], (how, k, found)


def test_a_session_that_is_kept(driver, tmp_path):
    path = tmp_path / "session.json"
    for how, k in ways():
        path.write_bytes(OLD)
        found = driver.run("session", path, how, k)
        assert path.read_bytes() in (OLD, NEW), (how, k, found)
        if len(found["calls"]) < k:
            break
        # It is written again in a second; what a killed one leaves is written over.
        assert driver.run("session", path)["result"] == []
        assert path.read_bytes() == NEW
        assert names(tmp_path) == [path.name], (how, k, found)


def test_a_session_that_starts_and_ends(driver, tmp_path):
    """The note of unclean starts is a number; nothing that happens to it takes the session away."""
    path = tmp_path / "session.json"
    for how, k in ways(2):
        path.write_bytes(OLD)
        found = driver.run("start", path, how, k)
        assert path.read_bytes() == OLD
        if len(found["calls"]) < k:
            break
        assert driver.run("start", path)["result"] == []
        assert names(tmp_path) == [path.name], (how, k, found)


def test_settings(driver, tmp_path):
    path = tmp_path / "padviewer.ini"
    driver.run("preferences", path)
    new = path.read_bytes()
    assert b"theme=light" in new
    for how, k in ways(3):
        path.write_bytes(b"[General]\ntheme=dark\n")
        old = path.read_bytes()
        found = driver.run("preferences", path, how, k)
        assert path.read_bytes() in (old, new), (how, k, found)
        if len(found["calls"]) < k:
            break
        for left in tmp_path.iterdir():  # what is left, and not what another window writes now, is old
            os.utime(left, (1, 1))
        driver.run("preferences", path)
        assert path.read_bytes() == new, (how, k, found)
        left = [name for name in names(tmp_path) if name != path.name]
        assert left == [], (how, k, found)


def test_the_log(driver, tmp_path):
    """A run that crashed is told of by the next one that can, and no line is lost."""
    folder = tmp_path / "0"
    for how, k in ways(2):
        folder.mkdir()
        (folder / "running").write_text("{}")
        (folder / "padviewer.log").write_bytes(b"an earlier line\n")
        found = driver.run("log", tmp_path / "logs", how, k)
        assert how == "kill" or not found["result"] or found["result"][0] in SYSTEM, found
        if len(found["calls"]) < k:
            break
        assert driver.run("log", tmp_path / "logs")["result"] == [], (how, k, found)
        assert (folder / "padviewer.log").read_bytes().startswith(b"an earlier line\n")
        told = (folder / "crash.txt").read_text()
        assert "ended unexpectedly" in told, (how, k, found)
        # What could not be read then is missing there, but it is in the log.
        assert told.endswith("line\n") or how != "kill", (how, k, found)
        shutil.rmtree(folder)
    assert b"a later line" in (folder / "padviewer.log").read_bytes()


@pytest.mark.parametrize("action", ["archive", *(["model"] if ROUNDS else [])])
def test_a_model(driver, tmp_path, action):
    """By Keras itself where there is time for it; else as Keras writes."""
    path = tmp_path / "model.keras"
    assert driver.run(action, path)["result"] == []
    new = archive(path)
    for how, k in ways():
        path.write_bytes(OLD)
        found = driver.run(action, path, how, k)
        assert path.read_bytes() == OLD or archive(path) == new, (how, k, found)
        if len(found["calls"]) < k:
            break
        judge(found, how, path.name)
        driver.run("clean", path)
        assert names(tmp_path) == [path.name], (how, k, found)


def archive(path):
    """Returns what is in a model's file, but for the day it was made."""
    with zipfile.ZipFile(path) as found:
        assert found.testzip() is None
        return {name: len(found.read(name)) for name in found.namelist()}


@pytest.mark.parametrize("form", ["npy", "zarr", "hdf5", "tfrecord"])
def test_an_export_of_many(driver, tmp_path, tmp_path_factory, form):
    """Whatever fails, what was asked for again comes to what an undisturbed export writes, manifest and all."""
    data = tmp_path_factory.mktemp("data")
    items = []
    for number, (height, width) in enumerate([(5, 7), (9, 4), (12, 12), (3, 10)]):
        items.append(str(data / f"{number}.npy"))
        np.save(items[-1], np.arange(1, height * width + 1, dtype=np.uint8).reshape(height, width))
    path = tmp_path / "padded"
    assert driver.run("many", path, items=items, form=form)["result"] == []
    new = tree(path)
    assert len(new) > 1
    remove(path)
    for how, k in ways(13 if form == "zarr" else 7):
        found = driver.run("many", path, how, k, items=items, form=form)
        if len(found["calls"]) < k:
            assert found["result"] == []
            assert tree(path) == new
            break
        judge_many(found, how)
        again = driver.run("many", path, items=items, form=form, resume=(path / "manifest.jsonl").exists())
        assert again["result"] == [], (how, k, found, again)
        assert tree(path) == new, (how, k, found)
        assert names(tmp_path) == [path.name], (how, k, found)
        remove(path)
    assert k > 10


def judge_many(found, how):
    """Checks what was told of an export of many that was struck: an error of ours, with the cause."""
    if how != "kill" and found["result"]:
        kind, is_ours, text = found["result"]
        assert is_ours, (kind, text)
        assert re.search(CAUSES[how], text), text


def test_sizes_that_are_remembered(driver, tmp_path):
    """Nothing that happens to the database is an error, and none of it is believed that is wrong."""
    path = tmp_path / "sizes.sqlite"
    for how, k in ways():
        found = driver.run("remember", path, how, k, modified=1)
        assert how == "kill" or found["result"] == [], (how, k, found)
        if len(found["calls"]) < k:
            break
        assert driver.run("remember", path, modified=2)["result"] == [], (how, k, found)
    assert k > 5


# Modules that change files, and what tries them.
WRITERS = {
    "export": "all of it is tried here",
    "batch/parts.py": "exports of many",
    "batch/manifest.py": "exports of many",
    "batch/hdf5_datasets.py": "exports of many",
    "batch/tfrecord_shards.py": "exports of many",
    "batch/zarr_arrays.py": "exports of many",
    "batch/mirror.py": "a copy in a private folder: nothing is written over",
    "objects/copies.py": "a copy in a private folder: nothing is written over",
    "verbs/choosing.py": "replacing",
    "workers/remembered.py": "sizes that are remembered",
    "gui/dataset/buckets_side.py": "replacing",
    "gui/figure/files.py": "replacing",
    "gui/snapshot.py": "replacing",
    "gui/sessions/keeper.py": "replacing",
    "gui/sessions/store.py": "sessions",
    "gui/ini_file.py": "settings",
    "gui/preferences.py": "settings",
    "gui/log/panel.py": "replacing",
    "gui/log/run.py": "the log",
    "gui/clipboard.py": "a new name in a private folder: nothing is written over",
    "workers/model.py": "made_beside",
    "workers/weights_reader.py": "the null device",
}
WRITING = re.compile(
    r"""replacing\(|made_beside\(|\.write_(text|bytes)\(|os\.(replace|rename|link|truncate|mkfifo)\(|\.rename\(|
    QSaveFile|QSettings\(|np\.save|open\([^)]*["'](w|a|x|r\+)b?\+?["']|\.save\(str\(|shutil\.(move|copy)""",
    re.VERBOSE,
)


def test_no_other_module_writes_files():
    package = TESTS.parent / "padviewer"
    found = {str(path.relative_to(package)) for path in package.rglob("*.py") if WRITING.search(path.read_text())}
    unknown = {path for path in found if path not in WRITERS and path.split("/", maxsplit=1)[0] not in WRITERS}
    assert unknown == set(), "try what they write in this file"
