"""Arrays in shared memory: what one process writes another reads, and nothing stays behind."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from leftovers import segments

from padviewer.errors import PadviewerError, UnexpectedError, WorkerDied
from padviewer.workers.shared import OwnedArray

WAIT = 20


@pytest.fixture
def owned(leaves_nothing):
    made = []

    def make(shape, dtype):
        made.append(OwnedArray(shape, dtype))
        return made[-1]

    yield make
    for array in made:
        array.release()


def test_a_worker_writes_and_the_owner_reads(worker, owned):
    shapes = [(3,), (2, 3, 4), (0, 5), (1, 1, 1, 1, 1)]
    for shape, dtype in itertools.product(shapes, ["uint8", "bool", ">i2", "float16", "complex128", "uint64"]):
        round_trip(worker, owned(shape, dtype), shape, dtype)


def round_trip(worker, array, shape, dtype):
    assert array.array.shape == shape
    expected = np.full(shape, 7, dtype)
    assert worker.submit(("hold", array.array, "return")).result(WAIT) == float(expected.sum().real)
    with array.array.open() as seen:
        assert (seen.shape, seen.dtype) == (shape, np.dtype(dtype))
        np.testing.assert_array_equal(seen, expected)
        del seen


def test_release_removes_the_segment(owned):
    before = segments()
    array = owned((1000,), "float64")
    assert segments() - before == {array.array.name}
    array.release()
    assert segments() == before
    array.release()  # again is fine
    with pytest.raises(FileNotFoundError), array.array.open():
        pass


def test_released_in_the_middle_a_worker_keeps_its_view(worker, owned):
    array = owned((1000,), "uint8")
    released = []

    def release(_done, _total):
        released.append(array.release())

    assert worker.submit(("hold", array.array, "return"), release).result(WAIT) == 7000
    assert released


def test_nothing_is_left_of_one_that_a_killed_worker_held(worker, owned):
    array = owned((1000,), "uint8")
    future = worker.submit(("hold", array.array, "sleep"), lambda *_: os.kill(worker.pid, signal.SIGKILL))
    assert type(future.exception(WAIT)) is WorkerDied
    with array.array.open() as seen:
        assert seen.sum() == 7000
        del seen
    array.release()
    assert array.array.name not in segments()


def test_an_array_that_cannot_be_is_an_error_with_advice(owned):
    before = segments()
    with pytest.raises(PadviewerError, match="shared memory") as caught:
        owned((1 << 50,), "uint8")
    assert "1.0 PiB" in caught.value.message or "1024.0 TiB" in caught.value.message
    assert segments() == before


def test_an_error_while_it_is_open_leaves_neither_noise_nor_descriptors(tmp_path):
    code = """
import os, sys
from padviewer.workers.process import ProcessWorker
from padviewer.workers.shared import OwnedArray
from worker_answers import make_answer
if __name__ == "__main__":
    worker = ProcessWorker("tester", make_answer)
    array = OwnedArray((1000,), "uint8")
    for _ in range(20):
        print(type(worker.submit(("hold", array.array, "raise")).exception(20)).__name__)
    open_files = os.listdir(f"/proc/{worker.pid}/fd")
    print(sum(1 for fd in open_files if "padviewer-" in os.readlink(f"/proc/{worker.pid}/fd/{fd}")))
    array.release()
    worker.kill()
"""
    script = tmp_path / "program.py"
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path[1:]])}
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    assert done.stderr == ""
    assert done.stdout.split() == [UnexpectedError.__name__] * 20 + ["0"]
