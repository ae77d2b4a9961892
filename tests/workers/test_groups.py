"""Groups of items through an executor: each item has an outcome, whatever happens to its neighbours."""

from __future__ import annotations

import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial

import pool_calls
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.errors import SettingsError, WorkerDied, WorkerSilent
from padviewer.workers import groups
from padviewer.workers.groups import in_groups, run
from padviewer.workers.pool import Pool


@pytest.fixture
def pool(leaves_nothing):
    with Pool(2, silence=2.0) as pool:
        yield pool


def outcomes(executor, function, items, size, **kwargs):
    found = {}
    for done in run(executor, function, in_groups(items, size), **kwargs):
        assert (done.answer is None) != (done.error is None)
        for item, answer in zip(done.group, done.answer or [done.error], strict=True):
            assert item not in found
            found[item] = answer
    return found


def test_each_item_is_answered_once(pool):
    assert outcomes(pool, pool_calls.doubled, range(57), 10) == {number: 2 * number for number in range(57)}
    assert outcomes(pool, pool_calls.doubled, [], 10) == {}


def test_culprits_are_found_and_their_neighbours_done(pool):
    items = [*range(20), "die", *range(20, 40), "stop", "refuse", *range(40, 50)]
    found = outcomes(pool, pool_calls.doubled, items, 8)
    assert [found[number] for number in range(50)] == [2 * number for number in range(50)]
    assert "SIGKILL" in str(found["die"])
    assert type(found["stop"]) is WorkerSilent
    assert type(found["refuse"]) is SettingsError


def test_what_dies_once_is_done_the_second_time(pool, tmp_path):
    work = partial(pool_calls.note_then_double, tmp_path)
    assert outcomes(pool, work, range(10), 1) == {number: 2 * number for number in range(10)}


def test_a_single_item_that_dies_twice_has_an_error(pool):
    (error,) = outcomes(pool, pool_calls.doubled, ["die"], 1).values()
    assert isinstance(error, WorkerDied)


class Worker(Executor):
    """Calls that share a process: the one that dies takes all that are under way with it, when the third has come."""

    count, shares_fate = 1, True

    def __init__(self):
        self.under_way = []

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        self.under_way.append((future, args[0]))
        if len(self.under_way) == 3 or "die" in args[0]:
            dies = any("die" in group for _future, group in self.under_way)
            for call, group in self.under_way:
                call.set_exception(WorkerDied("gone")) if dies else call.set_result(fn(group))
            self.under_way.clear()
        return future

    def settle(self):
        for call, group in self.under_way:
            call.set_result([2 * number for number in group])
        self.under_way.clear()


def test_who_shares_a_process_with_a_culprit_is_tried_without_it(monkeypatch):
    worker = Worker()
    real = groups.wait

    def settled(futures, **options):
        if not any(future.done() for future in futures):
            worker.settle()
        return real(futures, **options)

    monkeypatch.setattr(groups, "wait", settled)
    found = outcomes(worker, pool_calls.doubled, [1, 2, "die", 3, 4, 5], 1)
    assert isinstance(found.pop("die"), WorkerDied)
    assert found == {number: 2 * number for number in range(1, 6)}


def test_no_more_than_a_bound_is_taken_ahead():
    taken, gate = [], threading.Event()

    def source():
        for number in range(100):
            taken.append(number)
            yield [number]

    def work(group):
        gate.wait(20)
        return group

    with ThreadPoolExecutor(2) as threads:
        found = run(threads, work, source(), in_flight=5)
        threading.Timer(0.2, lambda: (seen.append(len(taken)), gate.set())).start()
        seen: list[int] = []
        first = next(found)
        assert first.answer is not None
        assert seen == [5]
        found.close()
        assert len(taken) < 10


@given(st.lists(st.integers(0, 3), max_size=60), st.integers(1, 9), st.integers(1, 7))
def test_any_mixture_of_failures_leaves_an_outcome_for_each(kinds, size, in_flight):
    items = list(enumerate(kinds))

    def work(group):
        if any(kind == 3 for _number, kind in group):
            raise ValueError("a bad one")
        return [kind for _number, kind in group]

    with ThreadPoolExecutor(3) as threads:
        found = outcomes(threads, work, items, size, in_flight=in_flight)
    assert set(found) == set(items)
    assert all(isinstance(answer, ValueError) if item[1] == 3 else answer == item[1] for item, answer in found.items())
