"""Pictures are decoded once: whoever reads after that reads shared memory."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from padviewer.geometry import whole
from padviewer.plan import Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.workers import reader as reading
from padviewer.workers.messages import AttachRequest, LoadRequest, OpenRequest, TileRequest
from padviewer.workers.reader import Reader
from padviewer.workers.shared import OwnedArray

BUDGET = 1 << 28
PIXELS = np.random.default_rng(2).integers(0, 255, (40, 50, 3), "uint8")


def no_progress(_done, _total):
    pass


def ask(reader, request):
    return reader.answer(request, no_progress)


@pytest.fixture
def picture(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    return str(tmp_path / "a.png")


@pytest.fixture
def never_again(monkeypatch):
    def refuse(*_arguments, **_options):
        raise AssertionError("the file was opened again")

    return lambda: monkeypatch.setattr(reading, "open_source", refuse)


def input_of(reader, plan):
    region = whole(plan.input.shape)
    return ask(reader, TileRequest(plan, Stage.INPUT, region, region)).data


@pytest.mark.parametrize("name", ["a.png", "b.npz"])
def test_a_second_process_reads_what_the_first_has_decoded(picture, tmp_path, never_again, name):
    np.savez_compressed(tmp_path / "b.npz", x=PIXELS)
    first, second = Reader(), Reader()
    info = ask(first, OpenRequest(str(tmp_path / name), None, BUDGET))
    assert info.decoded
    plan = resolve(PipelineSpec(target=(60, 60)), info, BUDGET)
    memory = OwnedArray(info.shape, info.dtype)
    ask(first, LoadRequest(plan, memory.array))
    never_again()
    ask(second, AttachRequest(info, memory.array))
    for reader in (first, second):
        np.testing.assert_array_equal(input_of(reader, plan), PIXELS)
    # Its owner lets it go while both read on.
    memory.release()
    for reader in (first, second):
        region = whole(plan.padded.shape)
        tile = ask(reader, TileRequest(plan, Stage.PADDED, region, whole(info.shape)))
        np.testing.assert_array_equal(tile.data, np.pad(PIXELS, ((0, 20), (0, 10), (0, 0))))


def test_what_is_read_by_region_is_not_decoded(tmp_path):
    np.save(tmp_path / "a.npy", PIXELS)
    np.savez(tmp_path / "b.npz", x=PIXELS)
    assert [ask(Reader(), OpenRequest(str(tmp_path / name), None, BUDGET)).decoded for name in ("a.npy", "b.npz")] == [
        False,
        False,
    ]


def test_memory_that_is_gone_leaves_the_file(picture):
    reader = Reader()
    info = ask(reader, OpenRequest(picture, None, BUDGET))
    memory = OwnedArray(info.shape, info.dtype)
    memory.release()
    with pytest.raises(FileNotFoundError):
        ask(reader, AttachRequest(info, memory.array))
    np.testing.assert_array_equal(input_of(reader, resolve(PipelineSpec(), info, BUDGET)), PIXELS)
