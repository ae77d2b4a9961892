"""Fixtures: workers that leave nothing behind, one engine for the session, and sources with their arrays."""

from __future__ import annotations

import contextlib
import os
import threading
import time

import psutil
import pytest
from worker_answers import make_answer

from padviewer.workers.jobs import Pump
from padviewer.workers.process import ProcessWorker
from padviewer.workers.start import start_engine


def worker_processes():
    """Children that answer requests: all but the one that keeps count of shared memory."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "resource_tracker" not in " ".join(child.cmdline()) and child.status() != psutil.STATUS_ZOMBIE:
                found.append(child.pid)
    return set(found)


def worker_threads():
    return {thread for thread in threading.enumerate() if thread.name.startswith("padviewer")}


def segments():
    """Shared memory of this process; other programs have theirs beside it."""
    return {name for name in os.listdir("/dev/shm") if name.startswith(f"padviewer-{os.getpid()}-")}  # noqa: PTH208


def wait_until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


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
