"""A process of one thread that imports what writes, then forks for each command, and lets a call of the child fail.

Commands and answers are lines of JSON on its streams.
"""

# ruff: noqa: PTH120 - names are texts, as the system has them

from __future__ import annotations

import errno
import json
import logging
import os
import signal
import sys
import time
import zipfile
from contextlib import suppress
from functools import partial
from pathlib import Path

# Imported once, not by each child.
import google_crc32c  # noqa: F401
import h5py  # noqa: F401
import imagecodecs  # noqa: F401
import nibabel  # noqa: F401
import numpy as np
import PIL.Image  # noqa: F401
import tifffile  # noqa: F401
from faults import KILL, Supervised, UnsupportedError

from padviewer.errors import PadviewerError
from padviewer.export import Payload, Portions, remove_abandoned, write
from padviewer.export.target import made_beside, replacing

sys.path.append(os.path.join(os.path.dirname(__file__), "batch"))  # noqa: PTH118
ARRAY = np.arange(60, dtype=np.uint8).reshape(6, 10)
NEW = b"the new file, written by a person"
# What a full disk refuses, and what it allows still.
_GROWING = ("write", "pwrite", "writev", "pwritev", "mkdir", "link", "fallocate")


def array_for(path, shift=0, side=0):
    """Returns an array that the format holds, with zeros in it: a small one, or a square."""
    array = ARRAY.copy() + np.uint8(shift)
    if side:
        array = np.arange(side * side, dtype=np.uint32).reshape(side, side).astype(np.uint8)
    array[2:4] = 0
    return array.astype(np.float32) if path.endswith(".exr") else array


class Given:
    """The elements."""

    def __init__(self, array):
        self.array = array

    def read(self, region):
        return self.array[tuple(slice(span.start, span.stop) for span in region)]

    def constant(self, region):
        cut = self.read(region)
        return None if cut.any() else cut[:1, :1]


def export(path, overwrite=True, kept=False, shift=0, side=0):
    array = array_for(path, shift, side)
    payload = Payload("padded", "HW", array.shape, array.dtype.name, "{}", origin=f"file {shift}" if kept else "")
    tile = max(20 * array.itemsize, array.nbytes // 60)
    portions = Portions(tile=tile, noted=tile, kept=0)
    write(payload, Given(array), path, overwrite=overwrite, progress=lambda *_: None, portions=portions)


def replace_file(path):
    with replacing(path, overwrite=True) as file:
        file.write(NEW)


def keep_session(path):
    from padviewer.gui.sessions.store import Slot  # noqa: PLC0415

    Slot(Path(path).parent, -1).write(NEW.decode())


def take_session(path):
    from padviewer.gui.sessions.store import Slot  # noqa: PLC0415

    slot = Slot(Path(path).parent, -1)
    slot.begin()
    slot.survive()
    slot.end()


def keep_preferences(path):
    from padviewer.gui.preferences import Preferences  # noqa: PLC0415

    preferences = Preferences(path)
    preferences.theme = "light"
    preferences.save()


def save_model(path):
    with made_beside(path, True, ".keras") as part:
        _model().save(part)


def save_archive(path):
    """Writes as Keras does, without it."""
    with made_beside(path, True, ".keras") as part, zipfile.ZipFile(part, "w") as archive:
        archive.writestr("config.json", NEW)
        with archive.open("model.weights.h5", "w") as weights:
            weights.write(bytes(100_000))


def keep_log(path):
    """Writes a line to the log of a run, in a folder of logs, after one that crashed."""
    from padviewer.gui.log.lines import ROOT  # noqa: PLC0415
    from padviewer.gui.log.run import take_log  # noqa: PLC0415

    log = take_log(Path(path).parent)
    log.begin(catches_faults=False)
    logging.getLogger(ROOT).warning("a later line")
    log.end()


def export_many(path, items, form, resume=False):
    """Pads a data set, one item after the other; what fails of an item alone is noted, and no error."""
    from inline import export as export_inline  # noqa: PLC0415 - tests/batch is on the path by then

    export_inline(path, items, form=form, targets=((6, 8), (12, 12)), overflow="crop", mask=True, resume=resume)


def remember_sizes(path, modified):
    """Keeps the size of a file, and asks for it; returns nothing, as nothing that fails there is an error."""
    from padviewer.dataset.measured import Measured  # noqa: PLC0415
    from padviewer.workers.remembered import Remembered  # noqa: PLC0415

    item = Measured("photo.png", None, (20, 30, 3), "HWC", "uint8", "PNG", 1000, modified)
    memory = Remembered(path)
    memory.keep([item])
    found = memory.find([item.item], [(modified, 1000)])
    if found not in ({}, {item.item: item}):
        raise ValueError(found)


_MODELS = []


def _model():
    if not _MODELS:
        import keras  # noqa: PLC0415

        inputs = keras.Input((None, None, 3))
        _MODELS.append(keras.Model(inputs, keras.layers.Conv2D(2, 3)(inputs)))
    return _MODELS[0]


ACTIONS = {
    "export": export,
    "replace": replace_file,
    "session": keep_session,
    "start": take_session,
    "preferences": keep_preferences,
    "log": keep_log,
    "model": save_model,
    "archive": save_archive,
    "many": export_many,
    "remember": remember_sizes,
}


def decider(how, k, lacks):
    """Returns what becomes of each call.

    Args:
        how: `kill` at the k-th; `ENOSPC`: from the k-th on the disk is full; `gone`: from the k-th on each fails; else
            the name of the error that the k-th fails with.
        k: 0 for none.
        lacks: names of calls that the file system cannot do at all.
    """

    def decide(number, name):
        if name in lacks:
            return errno.EINVAL
        if not k or number < k:
            return 0
        if how == "kill":
            return KILL
        if how == "gone":
            return errno.EIO
        if how == "ENOSPC":
            return errno.ENOSPC if number == k or name in _GROWING else 0
        return getattr(errno, how) if number == k else 0

    return decide


def killed(act, seconds):
    """Kills a child that acts, after a time; returns whether it was killed in the middle."""
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            act()
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def results_of(*acts):
    """Runs children at the same time; returns what each returned."""
    pipes = []
    for act in acts:
        reading, writing = os.pipe()
        if os.fork() == 0:
            with suppress(BaseException):
                os.write(writing, act())
            os._exit(0)
        os.close(writing)
        pipes.append(os.fdopen(reading, "rb"))
    found = [json.loads(pipe.read() or b"null") for pipe in pipes]
    for pipe in pipes:
        pipe.close()
        os.wait()
    return found


def as_nobody(act):
    """Acts without rights of its own."""
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    return act()


def outcome(action, arguments):
    try:
        action(**arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is judged by the test
        return json.dumps([type(error).__name__, isinstance(error, PadviewerError), str(error)]).encode()
    return b"[]"


def answer(command):
    if command["action"] == "clean":
        remove_abandoned(command["path"])
        return {}
    action = ACTIONS[command["action"]]
    if action is save_model:
        _model()  # once, before there are children
    path, how = command["path"], command["how"]

    def act(**more):
        return outcome(action, {"path": path, **command["more"], **more})

    if how == "time":
        started = time.monotonic()
        results_of(act)
        return {"seconds": time.monotonic() - started}
    if how == "killed":
        return {"killed": killed(act, command["k"])}
    if how == "together":
        return {"results": results_of(*(partial(act, shift=number) for number in range(command["k"])))}
    if how == "nobody":
        return {"results": results_of(lambda: as_nobody(act))}
    run = Supervised(
        act,
        os.path.dirname(path),
        decider(how, command["k"], command["lacks"]),
    )
    return {"calls": run.calls, "result": None if run.result is None else json.loads(run.result)}


def main():
    for line in sys.stdin:
        try:
            found = answer(json.loads(line))
        except UnsupportedError as error:
            found = {"unsupported": str(error)}
        print(json.dumps(found), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
