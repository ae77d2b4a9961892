"""Tiles of a smaller picture of the file, where exact ones take long: against the levels of a TIFF."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tifffile

from padviewer.geometry import Span, whole
from padviewer.plan import Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.workers.digests import Summarize
from padviewer.workers.messages import DigestRequest, OpenRequest, TileRequest
from padviewer.workers.start import start_reader
from padviewer.workers.statistics import summary_of

BUDGET = 1 << 28
WAIT = 30
HEIGHT, WIDTH = 9000, 9600


@pytest.fixture(scope="module")
def reader():
    reader = start_reader()
    yield reader
    reader.kill()


@pytest.fixture(scope="module")
def picture():
    rows, columns = np.ogrid[:HEIGHT, :WIDTH]
    return (rows // 50 + columns // 40).astype(np.uint8)


@pytest.fixture(scope="module")
def levels():
    """Noise of 1/8 and 1/16: what is shown tells where it was read."""
    random = np.random.default_rng(1)
    return {factor: random.integers(9, 240, (HEIGHT // factor, WIDTH // factor), np.uint8) for factor in (8, 16)}


@pytest.fixture
def path(tmp_path, picture, levels):
    shared = {"tile": (256, 256), "compression": "zlib", "photometric": "minisblack"}
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(picture, subifds=4, **shared)
        for level in (picture[::2, ::2], picture[::4, ::4], levels[8], levels[16]):
            writer.write(level, subfiletype=1, **shared)
    return tmp_path / "a.tif"


def planned(reader, path, **settings):
    info = reader.submit(OpenRequest(str(path), None, BUDGET)).result(WAIT)
    return resolve(PipelineSpec(**settings), info, BUDGET)


def tile_of(reader, plan, region, stage=Stage.INPUT, quick=True):
    return reader.submit(TileRequest(plan, stage, region, whole(plan.info.shape), quick=quick)).result(WAIT)


def test_quick_tiles_are_of_the_level_for_their_step(reader, path, picture, levels):
    plan = planned(reader, path)
    region = Span(0, 8960, 64), Span(640, WIDTH, 64)
    tile = tile_of(reader, plan, region)
    assert (tile.coarse, tile.lasts) == (16, True)
    np.testing.assert_array_equal(tile.data, levels[16][:560:4, 40::4])
    # Levels of colour are those of the plane, at any zoom, and take no decoding of all of it.
    exact = tile_of(reader, plan, (Span(100, 300), Span(200, 500)))
    assert (exact.coarse, exact.lasts) == (1, False)
    np.testing.assert_array_equal(exact.data, picture[100:300, 200:500])
    assert exact.statistics == tile.statistics
    assert 9 <= tile.statistics.minimum < tile.statistics.maximum < 240
    assert tile_of(reader, plan, (Span(0, 8960, 16), Span(0, WIDTH, 8))).coarse == 8
    assert tile_of(reader, plan, (Span(0, 8960, 64), Span(0, 500))).coarse == 1


def test_tiles_that_are_not_quick_are_exact(reader, path, picture):
    plan = planned(reader, path)
    tile = tile_of(reader, plan, (Span(0, HEIGHT, 64), Span(0, WIDTH, 64)), quick=False)
    assert (tile.coarse, tile.statistics.minimum) == (1, picture.min())
    np.testing.assert_array_equal(tile.data, picture[::64, ::64])


def test_statistics_of_a_picture_that_takes_long_are_of_the_level_that_stands_in(reader, path, picture, levels):
    plan = planned(reader, path)
    region = Span(0, 8960, 64), Span(640, WIDTH, 64)
    request = DigestRequest(plan, Stage.INPUT, region, Summarize(), quick=True)
    found = reader.submit(request).result(WAIT)
    assert found.coarse == 16
    assert found.answer == summary_of(levels[16][:560:4, 40::4])
    exact = reader.submit(replace(request, quick=False)).result(WAIT)
    assert exact.coarse == 1
    assert exact.answer == summary_of(picture[0:8960:64, 640::64])


def test_quick_tiles_of_padding(reader, path, levels):
    plan = planned(reader, path, target=(HEIGHT + 1001, WIDTH), mode="reflect", position="end")
    region = Span(0, HEIGHT + 1001, 32), Span(0, WIDTH, 32)
    tile = tile_of(reader, plan, region, Stage.PADDED)
    assert tile.coarse == 16
    inside = np.pad(np.arange(HEIGHT), (1001, 0), "reflect")[::32] // 16
    np.testing.assert_array_equal(tile.data, levels[16][np.ix_(np.minimum(inside, 561), np.arange(0, 600, 2))])


def test_a_finer_level_stands_in_for_one_that_is_damaged(reader, path, picture, levels):
    with tifffile.TiffFile(path) as tif:
        pages = [level.keyframe for level in tif.series[0].levels]
    content = bytearray(path.read_bytes())

    def damage(page):
        content[page.dataoffsets[0] : page.dataoffsets[0] + page.databytecounts[0]] = bytes(page.databytecounts[0])
        path.write_bytes(bytes(content))
        return tile_of(reader, planned(reader, path), (Span(0, 8960, 64), Span(0, WIDTH, 64)))

    tile = damage(pages[4])
    assert (tile.coarse, tile.lasts) == (8, True)
    np.testing.assert_array_equal(tile.data, levels[8][:1120:8, ::8])
    tile = damage(pages[3])
    assert (tile.coarse, tile.lasts) == (1, False)
    np.testing.assert_array_equal(tile.data, picture[:8960:64, ::64])
