"""A file of any format vanishes, shrinks or is replaced while it is open: its own numbers or an error, never others."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from fuzzing.seeds import seeds
from padviewer.errors import PadviewerError, UnsupportedSource, WorkerDied
from padviewer.folders import is_item
from padviewer.formats import FORMATS
from padviewer.geometry import whole
from padviewer.plan import Plan, Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.workers.messages import OpenRequest, TileRequest
from padviewer.workers.process import ProcessWorker
from padviewer.workers.start import start_reader

BUDGET, WAIT = 1 << 28, 60


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with small valid files of every format that is read."""
    folder = tmp_path_factory.mktemp("made")
    for name, content in seeds(tmp_path_factory.mktemp("scratch")).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


class Reader:
    """A reader process that is started again where a file ends it, as the window does."""

    def __init__(self) -> None:
        self._worker: ProcessWorker | None = None

    def ask(self, request: object) -> object:
        if self._worker is None or not self._worker.alive:
            self._worker = start_reader()
        return self._worker.submit(request).result(WAIT)

    def end(self) -> None:
        if self._worker is not None:
            self._worker.kill()


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.end()


def items_of(folder: Path) -> list[Path]:
    """Returns the files, and the folders that are one array."""
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not is_item(str(path)):
            found += items_of(path)
        else:
            found.append(path)
    return found


def opened(reader: Reader, path: Path) -> Plan:
    info = reader.ask(OpenRequest(str(path), None, BUDGET))
    return resolve(PipelineSpec(), info, BUDGET)  # type: ignore[arg-type]


def tile(reader: Reader, plan: Plan) -> np.ndarray:
    region = whole(plan.input.shape)
    answer = reader.ask(TileRequest(plan, Stage.INPUT, region, region))
    data: np.ndarray = answer.data  # type: ignore[attr-defined]
    return data


def vanish(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def shrink(path: Path) -> None:
    """Cuts in place what was opened, as a program does that writes a file anew."""
    for file in [path] if path.is_file() else [found for found in path.rglob("*") if found.is_file()]:
        os.truncate(file, file.stat().st_size // 2)


def empty(path: Path) -> None:
    for file in [path] if path.is_file() else [found for found in path.rglob("*") if found.is_file()]:
        os.truncate(file, 0)


def replace(path: Path) -> None:
    """Puts another array under the name, as a program does that writes beside and renames."""
    vanish(path) if path.is_dir() else None
    other = path.with_name("other.npy")
    np.save(other, np.full((50, 60), 250, np.uint8))
    other.replace(path)


@pytest.mark.parametrize("change", [vanish, shrink, empty, replace])
def test_its_own_numbers_or_an_error_never_others(
    change: Callable[[Path], None], made: Path, tmp_path: Path, reader: Reader
) -> None:
    families, deaths = set(), 0
    for number, seed in enumerate(items_of(made)):
        (tmp_path / str(number)).mkdir()
        path = tmp_path / str(number) / seed.name
        shutil.copytree(seed, path) if seed.is_dir() else shutil.copy(seed, path)
        try:
            expected = tile(reader, opened(reader, seed)).copy()
        except UnsupportedSource:
            continue  # seeds of what is refused by name
        plan = opened(reader, path)
        families.add(plan.info.format)
        if number % 2:
            tile(reader, plan)
        change(path)
        outcome = outcome_of(reader, plan)
        if isinstance(outcome, WorkerDied):
            deaths += 1  # of a mapping whose file was cut: the window tells it and starts another
        elif isinstance(outcome, PadviewerError):
            assert seed.stem[:20] in outcome.message
        else:
            np.testing.assert_array_equal(outcome, expected, err_msg=seed.name)
    assert len(families) >= len(FORMATS) - 6, "nearly every format was tried"
    assert deaths <= 3


def outcome_of(reader: Reader, plan: Plan) -> np.ndarray | PadviewerError:
    try:
        return tile(reader, plan)
    except PadviewerError as error:
        return error
