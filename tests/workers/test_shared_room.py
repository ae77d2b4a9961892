"""Shared memory that is full, and what is left of programs that were killed with all that would have cleared up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import pytest

from padviewer.workers.shared import OwnedArray, remove_leftovers

CAN_MOUNT = shutil.which("unshare") and not subprocess.call(["unshare", "-m", "true"], stderr=subprocess.DEVNULL)
ROOM = Path("/dev/shm")
# The room that a container has.
SMALL = """
import os
from padviewer.errors import PadviewerError
from padviewer.workers.process import ProcessWorker
from padviewer.workers.shared import OwnedArray
from worker_answers import make_answer
if __name__ == "__main__":
    worker = ProcessWorker("tester", make_answer)
    # Each fits by itself, and nothing is taken before it is written to.
    arrays = [OwnedArray((40 << 20,), "uint8") for _ in range(2)]
    for array in arrays:
        try:
            print(worker.submit(("fill", array.array)).result(20))
        except PadviewerError as error:
            print(error.message)
    arrays[0].release()
    print(worker.submit(("fill", arrays[1].array)).result(20))
    arrays[1].release()
    try:
        OwnedArray((80 << 20,), "uint8")
    except PadviewerError as error:
        print(error.message)
    worker.kill()
"""


@pytest.mark.skipif(not CAN_MOUNT, reason="only root may mount a file system of its own")
def test_where_shared_memory_is_full_an_error_says_so(tmp_path):
    script = tmp_path / "program.py"
    script.write_text(SMALL)
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    mount = f"mount -t tmpfs -o size=64m tmpfs {ROOM} && exec {sys.executable} {script}"
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", mount],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    first, second, third, fourth = done.stdout.splitlines()
    assert (done.returncode, done.stderr, first, third) == (0, "", "7", "7")
    text = "does not fit the shared memory, /dev/shm, which has"
    assert second.startswith(f"an array of 40.0 MiB {text} 2")
    assert second.endswith("mount /dev/shm with a larger size")
    assert fourth.startswith(f"an array of 80.0 MiB {text} 64.0 MiB free")


def test_what_killed_programs_left_is_removed_and_what_lives_stays():
    living = OwnedArray((1000,), "uint8")
    # No process has the first number, and this one the third.
    names = ("padviewer-99999999-left", "padviewer-99999999-young", f"padviewer-{os.getpid()}-unlocked", "strange-1")
    left, young, unlocked, strange = (SharedMemory(name, create=True, size=1000) for name in names)
    try:
        long_ago = time.time() - 3600
        for name in (living.array.name, left.name, unlocked.name, strange.name):
            os.utime(ROOM / name, (long_ago, long_ago))
        remove_leftovers()
        assert not (ROOM / left.name).exists()
        for name in (living.array.name, young.name, unlocked.name, strange.name):
            assert (ROOM / name).exists(), name
    finally:
        living.release()
        for memory in (left, young, unlocked, strange):
            memory.close()
            (ROOM / memory.name).unlink(missing_ok=True)
            resource_tracker.unregister(memory._name, "shared_memory")
