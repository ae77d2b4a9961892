"""One process, seen from the side that asks: answers, errors, progress and deaths."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from leftovers import wait_until
from worker_answers import make_nothing

from padviewer.errors import Cancelled, PadviewerError, PlanError, UnexpectedError, WorkerDied
from padviewer.workers.process import InlineWorker, ProcessWorker

WAIT = 20


def test_answers_come_in_order_from_one_other_process(worker):
    asked = [worker.submit(("echo", number)) for number in range(50)]
    assert [future.result(WAIT) for future in asked] == list(range(50))
    assert worker.submit(("pid",)).result(WAIT) == worker.pid != os.getpid()
    assert worker.alive


def test_arrays_come_through(worker):
    arrays = worker.submit(("arrays", 5)).result(WAIT)
    assert [(a.shape, a.dtype, int(a.min()), int(a.max())) for a in arrays] == [
        ((1 << 20,), np.uint8, i, i) for i in range(5)
    ]
    odd = np.arange(24, dtype=">i2").reshape(2, 3, 4).transpose(2, 0, 1)[::-1]
    np.testing.assert_array_equal(worker.submit(("echo", odd)).result(WAIT), odd)
    assert worker.submit(("echo", np.empty((0, 3)))).result(WAIT).shape == (0, 3)


def test_our_errors_come_through_with_what_they_carry(worker):
    error = worker.submit(("raise", "plan")).exception(WAIT)
    assert type(error) is PlanError
    assert (error.message, error.remedies) == ("too small", (("Use 5", {"target": (5,)}),))
    error = worker.submit(("raise", "unexpected")).exception(WAIT)
    assert (type(error), error.message, error.details) == (UnexpectedError, "odd", "the details")
    assert type(worker.submit(("raise", "cancelled")).exception(WAIT)) is Cancelled
    assert worker.submit(("echo", 1)).result(WAIT) == 1


def test_other_exceptions_are_told_in_a_line_with_the_traceback_aside(worker):
    error = worker.submit(("raise", "value")).exception(WAIT)
    assert (type(error), str(error)) == (UnexpectedError, "unexpected ValueError: first line")
    assert "Traceback" in error.details
    assert "worker_answers.py" in error.details
    assert "second line" in error.details
    assert str(worker.submit(("raise", "empty")).exception(WAIT)) == "unexpected KeyError: "
    error = worker.submit(("raise", "memory")).exception(WAIT)
    assert type(error) is PadviewerError
    assert "not enough memory" in error.message


def test_answers_and_requests_that_cannot_be_sent_are_errors_too(worker):
    error = worker.submit(("lambda",)).exception(WAIT)
    assert type(error) is UnexpectedError
    assert worker.submit(("echo", 1)).result(WAIT) == 1
    assert type(worker.submit(("echo", lambda: None)).exception(WAIT)) is UnexpectedError


def test_progress_is_told_before_the_answer(worker):
    told = []
    assert worker.submit(("steps", 5), lambda *step: told.append(step)).result(WAIT) == 5
    assert told == [(i, 5) for i in range(1, 6)]
    assert worker.submit(("steps", 5)).result(WAIT) == 5  # nobody has to listen


def test_progress_that_raises_is_an_answer(worker):
    def fail(_done, _total):
        raise ZeroDivisionError("in the callback")

    assert "ZeroDivisionError" in str(worker.submit(("steps", 5), fail).exception(WAIT))
    assert not worker.alive  # half an exchange was on the line


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGBUS])
def test_a_death_names_the_signal(worker, number):
    error = worker.submit(("kill", number)).exception(WAIT)
    assert type(error) is WorkerDied
    hint = ", perhaps because memory ran out" if number == signal.SIGKILL else ""
    assert error.message == f"the tester process ended by signal {number.name}{hint}"
    assert not worker.alive
    assert type(worker.submit(("echo", 1)).exception(WAIT)) is WorkerDied


def test_a_death_names_the_exit_code(worker):
    assert worker.submit(("exit", 3)).exception(WAIT).message == "the tester process ended with exit code 3"


def test_killed_from_outside_in_the_middle(worker):
    started = threading.Event()
    future = worker.submit(("sleep", 60), lambda *_: started.set())
    waiting = worker.submit(("echo", 1))
    assert started.wait(WAIT)
    os.kill(worker.pid, signal.SIGKILL)
    expected = "the tester process ended by signal SIGKILL, perhaps because memory ran out"
    assert future.exception(WAIT).message == expected
    assert type(waiting.exception(WAIT)) is WorkerDied


def test_ctrl_c_is_not_for_workers_even_while_they_start(leaves_nothing):
    worker = ProcessWorker("tester", make_nothing)
    os.kill(worker.pid, signal.SIGINT)
    assert type(worker.submit(("pid",)).exception(WAIT)) is UnexpectedError
    os.kill(worker.pid, signal.SIGINT)
    assert type(worker.submit(("pid",)).exception(WAIT)) is UnexpectedError
    assert worker.alive
    worker.kill()
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_what_fails_at_the_start_is_told_with_each_answer(leaves_nothing):
    worker = ProcessWorker("tester", make_nothing)
    for _ in range(2):
        error = worker.submit(("echo", 1)).exception(WAIT)
        assert type(error) is UnexpectedError
        assert error.message == "unexpected RuntimeError: libfancy.so.2: cannot open shared object file"
        assert "make_nothing" in error.details
    worker.kill()


def test_kill_ends_a_running_request_and_a_stopped_process(worker):
    started = threading.Event()
    future = worker.submit(("sleep", 60), lambda *_: started.set())
    assert started.wait(WAIT)
    os.kill(worker.pid, signal.SIGSTOP)
    worker.kill()
    assert type(future.exception(0)) is WorkerDied
    assert not worker.alive
    worker.kill()  # again is fine


def test_workers_end_with_the_program_that_started_them(tmp_path):
    code = (
        "import os, time\n"
        "from padviewer.workers.process import ProcessWorker\n"
        "from worker_answers import make_answer\n"
        "if __name__ == '__main__':\n"
        "    worker = ProcessWorker('tester', make_answer)\n"
        "    print(worker.submit(('pid',)).result(20), flush=True)\n"
        "    time.sleep(60)\n"
    )
    script = tmp_path / "program.py"
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    program = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment)
    with program:
        pid = int(program.stdout.readline())
        program.kill()
    wait_until(lambda: not _runs(pid))


def _runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_inline_twin_answers_alike():
    worker = InlineWorker(lambda: lambda request, progress: (progress(1, 1), request)[1])
    told = []
    assert worker.submit(5, lambda *step: told.append(step)).result(0) == 5
    assert told == [(1, 1)]
    assert worker.alive

    def refuse(request, progress):
        raise PlanError("no")

    assert type(InlineWorker(lambda: refuse).submit(1).exception(0)) is PlanError
