"""The asking side: the newest waiting request wins, deaths are mended, and everybody who asks is answered."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Future

import pytest
from leftovers import wait_until
from worker_answers import make_answer

from padviewer.errors import Cancelled, PlanError, WorkerDied, WorkerGone
from padviewer.workers.client import MAX_RESTARTS, Client
from padviewer.workers.process import InlineWorker, ProcessWorker


class Paused:
    """A worker whose answers the test gives."""

    def __init__(self):
        self.asked = []
        self.alive = True
        self.ended = Future()

    def submit(self, request, on_progress=None):
        future = Future()
        self.asked.append((request, future))
        return future

    def kill(self):
        self.alive = False

    def answer(self, value):
        self.asked[-1][1].set_result(value)

    def die(self):
        self.alive = False
        self.asked[-1][1].set_exception(WorkerDied("it ended"))


class Starter:
    """Starts paused workers and keeps them."""

    def __init__(self):
        self.started = []

    def __call__(self):
        self.started.append(Paused())
        return self.started[-1]

    @property
    def newest(self):
        return self.started[-1]


@pytest.fixture
def starter():
    return Starter()


@pytest.fixture
def client(starter):
    return Client(starter)


@pytest.fixture
def real(leaves_nothing, pump):
    """A client of real processes, and how to wait for its answers."""
    client = Client(lambda: ProcessWorker("tester", make_answer), pump.post)
    client.ask = lambda request, key="key": pump.wait(client.submit(key, request))
    yield client
    client.close()


def test_one_runs_and_the_newest_of_each_key_waits(client, starter):
    first = client.submit("tile", 1)
    older, other, newest = client.submit("tile", 2), client.submit("probe", 3), client.submit("tile", 4)
    assert not client.idle
    assert [request for request, _ in starter.newest.asked] == [1]
    assert type(older.exception(0)) is Cancelled
    starter.newest.answer("one")
    assert first.result(0) == "one"
    starter.newest.answer("three")
    assert other.result(0) == "three"
    starter.newest.answer("four")
    assert newest.result(0) == "four"
    assert [request for request, _ in starter.newest.asked] == [1, 3, 4]
    assert client.idle
    assert len(starter.started) == 1


def test_a_callback_may_ask_again(client, starter):
    asked = []
    client.submit("a", 1).add_done_callback(lambda done: asked.append(client.submit("b", done.result() + 1)))
    starter.newest.answer(1)
    starter.newest.answer(5)
    assert asked[0].result(0) == 5


def test_errors_are_passed_on_and_are_no_deaths(client, starter):
    for _ in range(MAX_RESTARTS + 1):
        future = client.submit("a", 1)
        starter.newest.asked[-1][1].set_exception(PlanError("no"))
        assert type(future.exception(0)) is PlanError
    assert len(starter.started) == 1


def test_a_death_in_the_middle_starts_another_and_those_who_wait_are_answered(starter):
    deaths = []
    client = Client(starter, on_death=deaths.append)
    lost, waiting = client.submit("a", 1), client.submit("b", 2)
    starter.newest.die()
    assert lost.exception(0) is deaths[0]
    assert len(starter.started) == 2
    starter.newest.answer("two")
    assert waiting.result(0) == "two"


def test_many_deaths_in_a_row_end_it_until_somebody_asks_for_a_restart(client, starter):
    for _ in range(MAX_RESTARTS + 1):
        lost = client.submit("a", 1)
        starter.newest.die()
        assert type(lost.exception(0)) is WorkerDied
    assert not client.runs
    assert len(starter.started) == MAX_RESTARTS + 1
    refused = client.submit("a", 1).exception(0)
    assert type(refused) is WorkerGone
    assert "6 times in a row" in refused.message
    assert "Restart workers" in refused.message
    client.cancel()
    assert type(client.submit("a", 1).exception(0)) is WorkerGone
    client.restart()
    future = client.submit("a", 1)
    starter.newest.answer("well again")
    assert future.result(0) == "well again"


def test_an_answer_between_deaths_forgives_them(client, starter):
    for _ in range(3 * MAX_RESTARTS):
        client.submit("a", 1)
        starter.newest.die()
        future = client.submit("a", 1)
        starter.newest.answer("well")
        assert future.result(0) == "well"


def test_the_one_that_waits_while_it_gives_up_is_told(client, starter):
    for _ in range(MAX_RESTARTS):
        client.submit("a", 1)
        starter.newest.die()
    client.submit("a", 1)
    waiting = client.submit("b", 1)
    starter.newest.die()
    assert "6 times in a row" in waiting.exception(0).message
    assert client.idle


def test_cancel_drops_everything_and_what_comes_late(client, starter):
    running, waiting = client.submit("a", 1), client.submit("b", 2)
    older = starter.newest
    client.cancel()
    assert type(running.exception(0)) is type(waiting.exception(0)) is Cancelled
    assert not older.alive
    assert client.idle
    future = client.submit("a", 3)
    older.answer("too late")
    assert not future.done()
    starter.newest.answer("new")
    assert future.result(0) == "new"


def test_after_close_everybody_is_answered_and_nothing_is_started(client, starter):
    running, waiting = client.submit("a", 1), client.submit("b", 2)
    client.close()
    assert type(running.exception(0)) is type(waiting.exception(0)) is Cancelled
    assert type(client.submit("a", 3).exception(0)) is Cancelled
    client.cancel()
    client.restart()
    assert len(starter.started) == 1


def test_it_starts_with_the_first_request_or_takes_one_that_runs(starter):
    client = Client(starter)
    assert starter.started == []
    assert client.idle
    given = InlineWorker(lambda: lambda request, progress: request + 1)
    assert Client(starter, worker=given).submit("a", 1).result(0) == 2
    assert starter.started == []


def test_killed_in_the_middle_the_next_request_works(real):
    first = real.ask(("pid",))
    with pytest.raises(WorkerDied, match="SIGKILL"):
        real.ask(("kill", signal.SIGKILL))
    assert real.ask(("pid",)) != first


def test_killed_while_idle_the_owner_is_told_and_the_request_works(real):
    deaths = []
    real._on_death = deaths.append
    first = real.ask(("pid",))
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not real._worker.alive)
    assert real.ask(("pid",)) != first
    assert [(type(error), error.idle) for error in deaths] == [(WorkerDied, True)]
    assert real.ask(("echo", 1)) == 1


def test_six_real_deaths(real):
    for _ in range(MAX_RESTARTS + 1):
        with pytest.raises(WorkerDied, match="SIGKILL"):
            real.ask(("kill", signal.SIGKILL))
    with pytest.raises(WorkerDied, match="6 times in a row"):
        real.ask(("echo", 1))
    real.restart()
    assert real.ask(("echo", 1)) == 1


def test_cancel_ends_a_running_process_at_once(real, pump):
    begun = []
    future = real.submit("a", ("sleep", 60), lambda *step: begun.append(step))
    while not begun:
        pump.calls.get(timeout=20)()  # progress comes in the owner's thread
    pid = real._worker.pid
    real.cancel()
    assert type(future.exception(0)) is Cancelled
    assert real.ask(("pid",)) != pid


def test_close_in_the_middle_leaves_nothing(real):
    future = real.submit("a", ("sleep", 60))
    real.close()
    assert type(future.exception(0)) is Cancelled
