from __future__ import annotations

import numpy as np
import pytest

from padviewer.errors import DamagedSource
from padviewer.plan import ArrayInfo
from padviewer.sources.frames import FramesSource
from padviewer.sources.kept import KeptFile
from padviewer.sources.opened import open_regular

FRAMES = np.random.default_rng(5).integers(0, 99, (6, 4, 5)).astype("u2")


@pytest.fixture
def opened(tmp_path):
    """A function that opens frames with room for a number of them, and the numbers of those that were decoded."""
    path = tmp_path / "a.frames"
    path.write_bytes(b"x" * 9)
    decoded, sources = [], []

    def decode(number):
        decoded.append(number)
        if number == 5:
            raise ValueError("no frame")
        return FRAMES[number]

    def make(room):
        file = open_regular(str(path))
        with file.handle:
            info = ArrayInfo(str(path), None, "frames", FRAMES.shape, "uint16", "DHW", False, 9)
            sources.append(FramesSource(info, KeptFile(file), decode, room * FRAMES[0].nbytes))
        return sources[-1], decoded, path

    yield make
    for source in sources:
        source.close()


def indices(*vectors):
    return tuple(np.array(vector, dtype=np.int64) for vector in vectors)


def test_frames_are_decoded_once_where_there_is_room(opened):
    source, decoded, _path = opened(3)
    wanted = indices([2, 0, 2, 1], [3, 1], [4, 0, 0])
    for _ in range(2):
        np.testing.assert_array_equal(source.take(wanted), FRAMES[np.ix_(*wanted)])
    assert decoded == [0, 1, 2]
    source.take(indices([3], [0], [0]))
    source.take(indices([0], [0], [0]))
    assert decoded == [0, 1, 2, 3, 0]


def test_without_room_the_last_one_is_kept(opened):
    source, decoded, _path = opened(0)
    for frame in (1, 1, 2, 1):
        source.take(indices([frame], [0], [0]))
    assert decoded == [1, 2, 1]


def test_what_is_not_asked_for_is_not_decoded(opened):
    source, decoded, _path = opened(3)
    assert source.take(indices([], [0], [0])).shape == (0, 1, 1)
    assert source.take(indices([1], [], [0])).shape == (1, 0, 1)
    with pytest.raises(IndexError):
        source.take(indices([6], [0], [0]))
    assert decoded == []


def test_a_frame_that_cannot_be_decoded(opened):
    source, _decoded, path = opened(3)
    with pytest.raises(DamagedSource, match=path.name):
        source.take(indices([5], [0], [0]))
    np.testing.assert_array_equal(source.take(indices([4], [0, 1], [0])), FRAMES[4:5, :2, :1])


def test_a_file_that_changes(opened):
    source, _decoded, path = opened(3)
    source.take(indices([1], [0], [0]))
    path.write_bytes(b"other")
    with pytest.raises(DamagedSource, match=r"reload it \(F5\)"):
        source.take(indices([1], [0], [0]))
