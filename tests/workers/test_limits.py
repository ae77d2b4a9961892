"""What a worker may take: time without a sign of life, memory of its own; and what is told of one that took more."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from leftovers import wait_until
from worker_answers import make_answer, make_deceived_reader, make_hanging_reader

import padviewer.workers
from padviewer.batch.files import describe
from padviewer.errors import OversizedSource, PadviewerError, SourceError, WorkerDied, WorkerOverMemory, WorkerSilent
from padviewer.workers import limits as limits_module
from padviewer.workers.crew import Crew
from padviewer.workers.limits import BYTES_PER_S, ENGINE_LIMITS, READER_LIMITS, budget_of, silence_of
from padviewer.workers.messages import OpenRequest
from padviewer.workers.process import ProcessWorker

WAIT = 30
QUICK_S = 1.0
MIB = 1 << 20


class Budgeted(tuple):
    """A request of the tests' worker that has a budget."""

    budget: int

    def __new__(cls, request, budget):
        made = super().__new__(cls, request)
        made.budget = budget
        return made

    def __reduce__(self):
        return Budgeted, (tuple(self), self.budget)


@pytest.fixture
def start(leaves_nothing):
    workers = []

    def started(**changes):
        limits = replace(READER_LIMITS, **changes)
        workers.append(ProcessWorker("tester", make_answer, limits))
        assert workers[-1].submit(("echo", 1)).result(WAIT) == 1
        return workers[-1]

    yield started
    for worker in workers:
        worker.kill()


@pytest.fixture
def quick(start):
    return start(silence=lambda _request: QUICK_S)


# ---- time


@pytest.mark.parametrize("request_", [("sleep", 60), ("spin",), ("announce", BYTES_PER_S + 1, 60)])
def test_one_that_is_silent_for_too_long_is_ended(quick, request_):
    waiting = quick.submit(request_), quick.submit(("echo", 1))
    began = time.monotonic()
    error = waiting[0].exception(WAIT)
    allowed = QUICK_S + (request_[0] == "announce")
    assert type(error) is WorkerSilent
    assert allowed <= time.monotonic() - began < allowed + 10
    assert error.message.startswith(f"the tester process gave no sign of life for {allowed:.0f} s, and was ended")
    assert not quick.alive
    assert type(waiting[1].exception(WAIT)) is WorkerSilent, "who waits behind it is told the same"


def test_signs_of_life_progress_and_announced_bytes_give_time(quick):
    assert quick.submit(("beat", 8, 0.4)).result(WAIT) == 8
    assert quick.submit(("announce", 4 * BYTES_PER_S, 3 * QUICK_S)).result(WAIT) == 4 * BYTES_PER_S
    assert quick.submit(("echo", 1)).result(WAIT) == 1


def test_a_stopped_process_is_ended_however_long_its_request_may_take(start):
    worker = start(silence=lambda _request: 600.0)
    os.kill(worker.pid, signal.SIGSTOP)
    began = time.monotonic()
    error = worker.submit(("echo", 1)).exception(WAIT)
    assert 4.5 < time.monotonic() - began < 60, "not for the 600 s that the request may take"
    assert type(error) is WorkerSilent
    assert error.message == "the tester process was stopped for 5 s, and was ended"
    wait_until(lambda: not psutil.pid_exists(worker.pid))


def test_a_process_that_is_stopped_for_a_moment_goes_on(start):
    worker = start(silence=lambda _request: 600.0)
    os.kill(worker.pid, signal.SIGSTOP)
    answer = worker.submit(("echo", 1))
    time.sleep(1.5)
    os.kill(worker.pid, signal.SIGCONT)
    assert answer.result(WAIT) == 1


def test_one_that_stops_in_the_middle_of_a_message_is_ended(start):
    worker = start(stuck=0.5)
    error = worker.submit(("half",)).exception(WAIT)
    assert type(error) is WorkerSilent
    assert error.message == "the tester process stopped in the middle of a message for 0.5 s, and was ended"
    assert not worker.alive


def test_a_process_that_does_not_start_is_ended(leaves_nothing):
    worker = ProcessWorker("tester", make_answer, replace(READER_LIMITS, start=0.3))
    os.kill(worker.pid, signal.SIGSTOP)
    error = worker.submit(("echo", 1)).exception(WAIT)
    assert type(error) is WorkerSilent
    assert "while it started" in error.message
    worker.kill()


def test_time_in_which_this_program_is_stopped_does_not_count(tmp_path):
    code = """
import time
from dataclasses import replace
from padviewer.workers.limits import READER_LIMITS
from padviewer.workers.process import ProcessWorker
from worker_answers import make_answer, make_deceived_reader, make_hanging_reader
if __name__ == "__main__":
    worker = ProcessWorker("tester", make_answer, replace(READER_LIMITS, silence=lambda _request: 2.0))
    worker.submit(("echo", 1)).result(20)
    future = worker.submit(("sleep", 1.0), lambda *_: print("begun", flush=True))
    print(future.result(20))
    worker.kill()
"""
    program = subprocess.Popen(
        [sys.executable, _script(tmp_path, code)], stdout=subprocess.PIPE, text=True, env=_environment()
    )
    with program:
        assert program.stdout.readline() == "begun\n"
        os.kill(program.pid, signal.SIGSTOP)
        time.sleep(4)
        os.kill(program.pid, signal.SIGCONT)
        assert program.stdout.readline() == "1.0\n"


def test_every_request_of_reader_and_engine_has_its_limit():
    """And none is named that nobody answers."""
    folder = Path(padviewer.workers.__file__).parent
    answered = {name for module in ("reader.py", "engine.py") for name in _answered(folder / module)}
    assert set(limits_module._SECONDS) == answered
    assert len(answered) > 15


def _answered(path):
    """Names of the requests in the table `self._answers` of a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.AnnAssign(target=ast.Attribute(attr="_answers"), value=ast.Dict(keys=keys)):
                return [key.id for key in keys]
    raise AssertionError(f"{path} has no table of answers")


def test_limits_of_requests():
    assert silence_of(OpenRequest("a.npy", None, 1 << 30)) == 30
    assert budget_of(OpenRequest("a.npy", None, 1 << 30)) == 1 << 30
    assert budget_of(("echo", 1)) == 0
    assert READER_LIMITS.hard
    assert not ENGINE_LIMITS.hard


def test_a_file_that_hangs_is_an_item_that_failed(tmp_path):
    for name in ("a", "hanging1", "b", "hanging2", "c"):
        np.save(tmp_path / f"{name}.npy", np.ones((2, 3)))
    items = [(str(path), None) for path in sorted(tmp_path.iterdir())]
    limits = replace(READER_LIMITS, silence=lambda _request: 1.0)
    with Crew(reader=lambda: ProcessWorker("reader", make_hanging_reader, limits)) as crew:
        found = list(describe(crew, items, 1 << 28))
    assert [outcome.error is None for outcome in found] == [True, True, True, False, False]
    for outcome in found[3:]:
        assert type(outcome.error) is SourceError
        name, _colon, text = outcome.error.message.partition(": ")
        assert name == outcome.item[0]
        assert text.startswith("the reader process gave no sign of life for 1 s, and was ended while it read this file")
        assert text.endswith("its disk may be gone, or the file damaged: try again, or use a copy")


# ---- memory


def test_the_system_refuses_a_reader_more_than_budget_and_overhead(start):
    worker = start(overhead=64 * MIB)
    assert worker.submit(Budgeted(("take", 100 * MIB), 64 * MIB)).result(WAIT) == 1
    error = worker.submit(Budgeted(("take", 192 * MIB), 64 * MIB)).exception(WAIT)
    assert type(error) is PadviewerError
    assert error.message == (
        "not enough memory: this takes more than the budget of 64.0 MiB and 64.0 MiB beside it; raise the budget, or "
        "use a smaller input or target"
    )
    assert worker.submit(Budgeted(("take", 192 * MIB), 256 * MIB)).result(WAIT) == 1, "a larger budget counts at once"


@pytest.mark.parametrize("times", [8, 4000])
def test_a_decoder_that_says_less_than_it_takes_is_an_oversized_file(leaves_nothing, tmp_path, times):
    """A few bytes are announced, and 64 MB taken for each of them."""
    (tmp_path / "a.txt").write_bytes(b"text" + bytes(4))
    (tmp_path / "b.txt").write_bytes(b"text".ljust(times * 2, b"!"))
    reader = ProcessWorker("reader", make_deceived_reader, replace(READER_LIMITS, overhead=64 * MIB))
    budget = 512 * MIB
    assert reader.submit(OpenRequest(str(tmp_path / "a.txt"), None, budget)).result(WAIT).nbytes == budget
    error = reader.submit(OpenRequest(str(tmp_path / "b.txt"), None, budget)).exception(WAIT)
    assert type(error) is OversizedSource
    assert error.message.startswith(f"{tmp_path / 'b.txt'}: decoding it needs more memory than the budget allows")
    assert reader.submit(OpenRequest(str(tmp_path / "a.txt"), None, budget)).result(WAIT).nbytes == budget
    lines = Path(f"/proc/{reader.pid}/status").read_text().splitlines()
    (peak,) = (int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))
    assert peak < budget + 64 * MIB + 100 * MIB, "what the interpreter and its libraries take themselves"
    reader.kill()


def test_one_that_cannot_be_refused_is_ended(start):
    worker = start(overhead=64 * MIB, hard=False)
    assert worker.submit(Budgeted(("take", 100 * MIB), 64 * MIB)).result(WAIT) == 1
    future = worker.submit(Budgeted(("take", 4096 * MIB), 64 * MIB))
    error = future.exception(WAIT)
    assert type(error) is WorkerOverMemory
    assert "more than the budget of 64.0 MiB and 64.0 MiB beside it" in error.message
    assert not worker.alive


# ---- what is told


def test_what_it_printed_last_is_told_and_no_terminal_sees_it(start, capfd):
    worker = start()
    error = worker.submit(("print", 20_000)).exception(WAIT)
    assert type(error) is WorkerDied
    assert error.message == "the tester process ended by signal SIGSEGV"
    assert "a library complains of line 19999" in error.details
    assert "line 1\n" not in error.details
    assert len(error.details) <= 16 << 10
    assert "Fatal Python error: Segmentation fault" in error.details
    assert "worker_answers.py" in error.details
    assert capfd.readouterr() == ("", "")


def test_one_that_ends_while_it_has_nothing_to_do_is_told(start):
    worker = start()
    os.kill(worker.pid, signal.SIGABRT)
    error = worker.ended.result(WAIT)
    assert (error.message, error.idle) == ("the tester process ended by signal SIGABRT", True)
    assert "Fatal Python error: Aborted" in error.details
    wait_until(lambda: not psutil.pid_exists(worker.pid))


def test_one_that_is_ended_on_purpose_is_not_told(start):
    worker = start()
    worker.kill()
    time.sleep(0.2)
    assert not worker.ended.done()


@pytest.mark.parametrize("state", ["idle", "spin", "stopped"])
def test_it_ends_with_the_program_whatever_it_does(tmp_path, state):
    code = f"""
import os, signal, time
from padviewer.workers.process import ProcessWorker
from worker_answers import make_answer, make_deceived_reader, make_hanging_reader
if __name__ == "__main__":
    worker = ProcessWorker("tester", make_answer)
    worker.submit(("echo", 1)).result(20)
    if {state!r} == "spin":
        worker.submit(("spin",))
        time.sleep(0.3)
    if {state!r} == "stopped":
        os.kill(worker.pid, signal.SIGSTOP)
    print(worker.pid, flush=True)
    time.sleep(60)
"""
    program = subprocess.Popen(
        [sys.executable, _script(tmp_path, code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(),
    )
    with program:
        pid = int(program.stdout.readline())
        program.kill()
        wait_until(lambda: not _runs(pid), seconds=2)
        assert program.stderr.read() == ""


def _runs(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _script(folder, code):
    script = folder / "program.py"
    script.write_text(code)
    return script


def _environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])}
