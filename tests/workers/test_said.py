"""What a worker, and the libraries in it, say: it comes to the log of the one that asks."""

from __future__ import annotations

import logging
import time

import pytest
from talking import make_talker

from padviewer.workers.process import ProcessWorker


@pytest.fixture
def said():
    lines: list[tuple[str, int, str]] = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append((record.name, record.levelno, record.getMessage()))

    log, keep = logging.getLogger("padviewer"), Keep()
    before = log.level
    log.addHandler(keep)
    log.setLevel(logging.INFO)
    yield lines
    log.removeHandler(keep)
    log.setLevel(before)


@pytest.fixture
def talker(leaves_nothing):
    worker = ProcessWorker("TensorFlow engine", make_talker)
    yield worker
    worker.kill()


def wait_for(text, said):
    end = time.monotonic() + 20
    while not any(text in line for _name, _level, line in said):
        assert time.monotonic() < end, said
        time.sleep(0.01)


def test_it_comes_with_the_name_of_the_worker(talker, said):
    assert talker.submit("two\nlines \udcff").result(30) == "answered"
    wait_for("a library warns", said)
    assert {name for name, _level, _text in said} == {"padviewer.engine"}
    texts = [text for _name, _level, text in said]
    assert texts[:2] == ["started to talk", "two\nlines \udcff"]
    assert "UserWarning: a library warns" in texts[2]
    assert [level for _name, level, _text in said] == [logging.INFO, logging.INFO, logging.WARNING]


def test_what_is_said_while_nothing_is_asked_comes_too(talker, said):
    talker.submit("thread").result(30)
    wait_for("from a thread", said)


def test_a_flood_is_cut_and_the_answer_comes(talker, said):
    assert talker.submit("flood").result(60) == "answered"
    assert 0 < len(said) < 1000
