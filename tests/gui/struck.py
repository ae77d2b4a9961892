"""Workers that are struck by a signal in the middle of a request; in a module that their processes import by name."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from padviewer.workers.process import Answer
from padviewer.workers.start import make_engine, make_lone_reader


def order(orders: Path, request: str, number: signal.Signals, where: str = "") -> None:
    """Has the next worker that comes to a request be struck in the middle of it, once.

    Args:
        orders: a file that the workers look at.
        request: the name of its class.
        number: the signal.
        where: the stage of the request, or a part of its path, where it matters.
    """
    partial = orders.with_suffix(".new")
    partial.write_text(f"{request} {int(number)} {where}")
    partial.replace(orders)


def make_struck_reader(orders: str) -> Answer:
    """The real reader."""
    return _struck(orders, make_lone_reader())


def make_struck_engine(orders: str, backend: str) -> Answer:
    """The real engine."""
    return _struck(orders, make_engine(backend))


def _struck(orders: str, answer: Answer) -> Answer:
    def answer_or_be_struck(request: Any, progress: Callable[[int, int], None]) -> Any:
        words = _order_for(orders, request)
        if not words:
            return answer(request, progress)
        told = 0

        def strike(*_step: int) -> None:
            nonlocal told
            told += 1
            if told == 2:
                os.kill(os.getpid(), int(words[1]))

        # At the second step of one that tells of its steps, else when all is done but the answer.
        answer(request, strike)
        os.kill(os.getpid(), int(words[1]))
        return None

    return answer_or_be_struck


def _order_for(orders: str, request: Any) -> list[str]:
    with suppress(OSError):
        words = Path(orders).read_text().split()
        told = f"{getattr(request, 'stage', '')} {getattr(request, 'path', '')}"
        if words[0] == type(request).__name__ and all(word in told for word in words[2:]):
            if not Path(orders).with_suffix(".kept").exists():
                Path(orders).unlink()
            return words
    return []
