"""Fixtures: workers that leave nothing behind, and one engine for the session."""

from __future__ import annotations

import pytest
from leftovers import segments, worker_processes, worker_threads
from worker_answers import make_answer

from padviewer.workers.jobs import Pump
from padviewer.workers.process import ProcessWorker
from padviewer.workers.start import start_engine


@pytest.fixture
def leaves_nothing():
    """Fails where a process, a thread or a segment of shared memory is left."""
    before = worker_processes(), worker_threads(), segments()
    yield
    after = worker_processes(), worker_threads(), segments()
    assert [new - old for new, old in zip(after, before, strict=True)] == [set(), set(), set()]


@pytest.fixture
def worker(leaves_nothing):
    worker = ProcessWorker("tester", make_answer)
    yield worker
    worker.kill()


@pytest.fixture
def pump():
    return Pump()


@pytest.fixture(scope="session")
def engine():
    """The real engine process, started once."""
    engine = start_engine()
    yield engine
    engine.kill()
