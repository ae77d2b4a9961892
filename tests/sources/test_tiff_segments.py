"""Segments of a TIFF: which of them are decoded for a take, how often, and by how many threads."""

from __future__ import annotations

import threading
import weakref
from collections import Counter

import numpy as np
import pytest

from padviewer.sources.kept import KeptFile
from padviewer.sources.opened import open_regular
from padviewer.sources.segments import SegmentCache
from padviewer.sources.tiff_segments import Layout, Places, SegmentedPixels

SIDE, TILE = 40, 16
TILES = 9
BYTES = TILE * TILE
# Longer than a thread takes to begin, however busy the machine is.
PATIENCE = 20


class Tiles:
    """A picture of 3 x 3 tiles in a file, each of its number alone, and what was decoded of it.

    Args:
        together: how many tiles have to be decoded at the same time before one of them is done.
    """

    def __init__(self, path, cached, together=1):
        path.write_bytes(b"." + bytes(range(TILES)))
        self.decoded = Counter()
        self.alive, self.most_alive, self.lock = 0, 0, threading.RLock()
        self.barrier = threading.Barrier(together)
        opened = open_regular(str(path))
        with opened.handle:
            self.file = KeptFile(opened)
        page = (1, 1, SIDE, SIDE, 1)
        layout = Layout((SIDE, SIDE), (3, 4), page, (1, 1, TILE, TILE, 1), True, np.dtype("u1"), None, 0)
        places = [Places(range(1, TILES + 1), [1] * TILES)]
        self.pixels = SegmentedPixels(self.file, places, layout, self.decode, SegmentCache(cached))

    def decode(self, data, number, tables):
        assert data == bytes([number])
        assert tables is None
        self.barrier.wait(PATIENCE)
        segment = np.full((1, TILE, TILE, 1), number, np.uint8)
        with self.lock:
            self.decoded[number] += 1
            self.alive += 1
            self.most_alive = max(self.most_alive, self.alive)
        weakref.finalize(segment, self.let_go)
        return segment

    def let_go(self):
        with self.lock:
            self.alive -= 1

    def close(self):
        self.pixels.close()
        self.file.close()


@pytest.fixture
def made(tmp_path):
    """Makes pictures, and closes them."""
    opened = []

    def make(cached, together=1):
        opened.append(Tiles(tmp_path / "tiles", cached, together))
        return opened[-1]

    yield make
    for tiles in opened:
        tiles.close()


def expected(rows, columns):
    return (rows[:, None] // TILE * 3 + columns // TILE).astype(np.uint8)


VECTORS = (
    np.arange(SIDE),
    np.arange(0, SIDE, 7),
    np.concatenate([np.arange(SIDE)[::-1], np.arange(SIDE), np.arange(SIDE)[::-1]]),
)


@pytest.mark.parametrize("cached", [0, BYTES, 4 * BYTES, TILES * BYTES])
@pytest.mark.parametrize("rows", VECTORS)
@pytest.mark.parametrize("columns", VECTORS)
def test_each_segment_is_decoded_once_for_a_take(made, cached, rows, columns):
    tiles = made(cached)
    np.testing.assert_array_equal(tiles.pixels.take((rows, columns)), expected(rows, columns))
    assert tiles.decoded == dict.fromkeys(range(TILES), 1)
    # As many as fit are at hand the next time, the last one at least.
    kept = max(1, cached // BYTES)
    for take in range(2, 4):
        np.testing.assert_array_equal(tiles.pixels.take((rows, columns)), expected(rows, columns))
        assert tiles.decoded.total() == TILES + (take - 1) * (TILES - kept)
        assert max(tiles.decoded.values()) <= take


def test_segments_that_are_not_wanted_are_not_decoded(made):
    tiles = made(0)
    rows, columns = np.arange(TILE, SIDE), np.array([39, 3])
    np.testing.assert_array_equal(tiles.pixels.take((rows, columns)), expected(rows, columns))
    assert tiles.decoded == dict.fromkeys((3, 5, 6, 8), 1)


@pytest.mark.parametrize("cached", [2 * BYTES, 32 * BYTES])
def test_two_are_decoded_at_a_time(made, cached):
    """Each of two decoders goes on when the other is there; of six tiles none is left alone."""
    tiles = made(cached, together=2)
    rows, columns = np.arange(SIDE), np.arange(2 * TILE)
    np.testing.assert_array_equal(tiles.pixels.take((rows, columns)), expected(rows, columns))
    assert tiles.decoded.total() == 6


@pytest.mark.parametrize(("cached", "at_once"), [(0, 1), (2 * BYTES, 2), (4 * BYTES, 2)])
def test_few_are_held_at_a_time(made, cached, at_once):
    tiles = made(cached)
    for _ in range(3):
        tiles.pixels.take((np.arange(SIDE), np.arange(SIDE)))
    # What is kept, what is decoded, and the one that has just been copied.
    assert tiles.most_alive <= max(1, cached // BYTES) + at_once + 1


def test_what_is_to_be_decoded(made):
    tiles = made(4 * BYTES)
    assert [tiles.pixels.to_decode(side) for side in (1, TILE, TILE + 1, SIDE, 10**6)] == [4 * BYTES] * 2 + [
        9 * BYTES
    ] * 3
    tiles.pixels.take((np.arange(TILE), np.arange(SIDE)))
    assert tiles.pixels.to_decode(SIDE) == 6 * BYTES
    tiles.pixels.take((np.arange(SIDE), np.arange(SIDE)))
    assert tiles.pixels.to_decode(SIDE) == 5 * BYTES
