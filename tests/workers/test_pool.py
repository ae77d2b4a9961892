"""A pool of processes: what an executor does, and what becomes of calls that end their process.

`PADVIEWER_FAULT_ROUNDS` says how often processes are killed at random.
"""

from __future__ import annotations

import os
import pickle
import random
import signal
import threading
import time
from concurrent.futures import CancelledError, wait
from contextlib import suppress

import pool_calls
import pytest
from leftovers import wait_until, worker_processes

from padviewer.errors import PadviewerError, SettingsError, UnexpectedError, WorkerDied, WorkerSilent
from padviewer.workers.pool import Pool, usable_cores

WAIT = 60
ROUNDS = int(os.environ.get("PADVIEWER_FAULT_ROUNDS", "1"))


@pytest.fixture
def pool(leaves_nothing):
    with Pool(2) as pool:
        yield pool


def test_calls_are_answered_as_by_any_executor(pool):
    assert list(pool.map(pool_calls.square, range(50))) == [number * number for number in range(50)]
    assert pool.submit(int, "ff", base=16).result(WAIT) == 255
    found = {pool.submit(pool_calls.process_id).result(WAIT) for _ in range(20)}
    assert os.getpid() not in found
    assert len(found) <= 2


def test_both_processes_work_at_the_same_time(pool):
    assert len({future.result(WAIT) for future in [pool.submit(pool_calls.nap, 1.0) for _ in range(2)]}) == 2


def test_errors_come_as_ours(pool):
    assert type(pool.submit(pool_calls.refuse, "no").exception(WAIT)) is SettingsError
    error = pool.submit(pool_calls.fail).exception(WAIT)
    assert type(error) is UnexpectedError
    assert "nobody foresaw it" in error.details
    assert isinstance(pool.submit(pool_calls.answer_with_a_lambda).exception(WAIT), UnexpectedError)
    assert isinstance(pool.submit(lambda: None).exception(WAIT), (pickle.PicklingError, AttributeError))
    assert pool.submit(pool_calls.square, 3).result(WAIT) == 9


def test_a_process_that_dies_fails_its_own_call_alone(pool):
    work = [("die",) if number in (3, 4, 9) else ("square", number) for number in range(12)]
    calls = [pool.submit(getattr(pool_calls, name), *arguments) for name, *arguments in work]
    for number, call in enumerate(calls):
        if number in (3, 4, 9):
            assert "SIGKILL" in str(call.exception(WAIT))
            assert isinstance(call.exception(), WorkerDied)
        else:
            assert call.result(WAIT) == number * number


def test_a_process_that_was_killed_while_idle_is_replaced(pool):
    os.kill(pool.submit(pool_calls.process_id).result(WAIT), signal.SIGKILL)
    time.sleep(0.3)
    assert [pool.submit(pool_calls.square, 5).result(WAIT) for _ in range(3)] == [25] * 3


def test_silence_ends_a_process_and_signs_of_life_do_not(leaves_nothing):
    with Pool(1, silence=1.0) as pool:
        silent, alive = pool.submit(pool_calls.die, signal.SIGSTOP), pool.submit(pool_calls.beat_for, 2.5)
        assert isinstance(silent.exception(WAIT), WorkerSilent)
        assert alive.result(WAIT) == "alive"


def test_a_budget_is_kept(leaves_nothing):
    with Pool(1, budget=1 << 20) as pool:
        error = pool.submit(pool_calls.fill, 4 << 30).exception(WAIT)
        assert isinstance(error, PadviewerError)
        assert "memory" in error.message
        assert pool.submit(pool_calls.fill, 1 << 20).result(WAIT) == 1 << 20


def test_what_waits_can_be_cancelled(pool):
    running = [pool.submit(pool_calls.nap, 0.5) for _ in range(2)]
    waiting = [pool.submit(pool_calls.nap, 0.5) for _ in range(2)]
    assert waiting[0].cancel()
    assert [future.result(WAIT) > 0 for future in [*running, waiting[1]]] == [True] * 3
    assert waiting[0].cancelled()


def test_shutdown_waits_and_takes_no_more(leaves_nothing):
    pool = Pool(2)
    calls = [pool.submit(pool_calls.nap, 0.2) for _ in range(4)]
    pool.shutdown()
    assert all(call.done() for call in calls)
    with pytest.raises(RuntimeError):
        pool.submit(pool_calls.square, 1)
    pool.shutdown()


def test_shutdown_without_waiting_ends_the_processes_in_the_end(leaves_nothing):
    pool = Pool(1)
    first, second = pool.submit(pool_calls.nap, 0.3), pool.submit(pool_calls.square, 2)
    pool.shutdown(wait=False)
    assert second.result(WAIT) == 4
    assert first.done()
    pool.shutdown()


def test_shutdown_can_cancel_what_waits(leaves_nothing):
    pool = Pool(1)
    first, second = pool.submit(pool_calls.nap, 0.3), pool.submit(pool_calls.square, 2)
    pool.shutdown(cancel_futures=True)
    assert first.result() > 0
    assert second.cancelled()


def test_an_exception_in_the_block_waits_for_nothing(leaves_nothing):
    calls = []

    def interrupted():
        with Pool(1) as pool:
            pool.submit(pool_calls.square, 1).result(WAIT)
            calls.extend(pool.submit(pool_calls.nap, 60) for _ in range(2))
            raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not wait(calls, WAIT).not_done
    assert time.monotonic() - began < 30
    assert isinstance(calls[0].exception(), WorkerDied)
    with pytest.raises(CancelledError):
        calls[1].result()


def test_no_process_starts_before_it_is_needed(leaves_nothing):
    with Pool() as pool:
        assert 1 <= pool.count <= usable_cores()


def killed_at_random(stop, rng, spared):
    """Kills processes of this one, but for those of other tests, until it is told to stop."""
    while not stop.wait(rng.random() * 0.3):
        processes = sorted(worker_processes() - spared)
        if processes:
            with suppress(ProcessLookupError):
                os.kill(rng.choice(processes), signal.SIGKILL)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_no_call_is_lost_whatever_is_killed_while_threads_submit(leaves_nothing, number):
    rng, stop = random.Random(number), threading.Event()
    calls = []

    def submit_some(pool):
        for i in range(40 if ROUNDS == 1 else 150):
            call = pool.submit(pool_calls.square, i) if i % 3 else pool.submit(pool_calls.nap, 0.01)
            calls.append((i, call))
            if i % 10 == 0:
                call.cancel()

    with Pool(3, silence=5.0) as pool:
        killer = threading.Thread(target=killed_at_random, args=(stop, rng, worker_processes()))
        submitters = [threading.Thread(target=submit_some, args=(pool,)) for _ in range(4)]
        for thread in (killer, *submitters):
            thread.start()
        for thread in submitters:
            thread.join()
        assert not wait([call for _i, call in calls], 2 * WAIT).not_done
        stop.set()
        killer.join()
    for i, call in calls:
        if not call.cancelled() and not isinstance(call.exception(), WorkerDied):
            assert i % 3 == 0 or call.result() == i * i


def test_a_pool_can_be_warm_before_it_is_asked(leaves_nothing):
    others = worker_processes()  # of other tests, such as an engine that they share
    with Pool(2, loads=("wave",)) as pool:
        pool.warm()
        wait_until(lambda: len(worker_processes() - others) == 2)
        before = worker_processes()
        assert {pool.submit(pool_calls.process_id).result(WAIT) for _ in range(5)} <= before - others
        assert pool.submit(pool_calls.has_loaded, "wave").result(WAIT)
        assert worker_processes() == before
