"""Files that are read by region stay open, and are read as they were opened or not at all."""

from __future__ import annotations

import gc
import os

import numpy as np
import pytest
import tifffile

from padviewer.errors import DamagedSource
from padviewer.sources import open_source
from padviewer.sources.kept import KeptFile
from padviewer.sources.opened import open_regular

BUDGET = 2**24
ARRAY = np.random.default_rng(0).integers(0, 255, (200, 300)).astype(np.uint8)


def save_npz(path, array):
    with path.open("wb") as file:
        np.savez(file, x=array)


def save_npy(path, array):
    with path.open("wb") as file:
        np.save(file, array)


WRITERS = {
    "npy": save_npy,
    "npz": save_npz,
    "tiff": tifffile.imwrite,
    "tiff inverted": lambda path, array: tifffile.imwrite(path, 255 - array, photometric="miniswhite"),
    "tiff in tiles": lambda path, array: tifffile.imwrite(path, array, tile=(64, 64)),
    "tiff compressed": lambda path, array: tifffile.imwrite(path, array, tile=(64, 64), compression="zlib"),
}


def everything(source):
    return source.take(tuple(np.arange(size) for size in source.info.shape))


def rows(source):
    return source.take((np.arange(100, 200), np.arange(300)))


def descriptors():
    gc.collect()
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


@pytest.fixture(params=WRITERS)
def write(request):
    return WRITERS[request.param]


@pytest.fixture
def path(tmp_path, write):
    write(tmp_path / "a", ARRAY)
    # As a file that has been there for a while: clocks of files tick in milliseconds.
    os.utime(tmp_path / "a", (10**9, 10**9))
    return tmp_path / "a"


def test_one_that_is_cut_short(path):
    with open_source(str(path), budget=BUDGET) as source:
        np.testing.assert_array_equal(source.take((np.arange(9), np.arange(300))), ARRAY[:9])
        os.truncate(path, 100)
        for _ in range(2):
            with pytest.raises(DamagedSource, match=r"a: the file was cut short since it was opened; reload it \(F5\)"):
                rows(source)
        with pytest.raises(DamagedSource, match="cut short since"):
            source.take_into((np.arange(100, 200), np.arange(300)), np.empty((100, 300)))


def test_one_that_is_written_to(path):
    with open_source(str(path), budget=BUDGET) as source, path.open("r+b") as file:
        file.seek(-1000, os.SEEK_END)
        file.write(bytes(500))
        file.flush()
        with pytest.raises(DamagedSource, match=r"a: the file has changed since it was opened; reload it \(F5\)"):
            rows(source)


def test_one_that_is_replaced_or_removed_stays_readable(path, write):
    with open_source(str(path), budget=BUDGET) as source:
        other = path.with_name("b")
        write(other, 255 - ARRAY[:50])
        other.replace(path)
        np.testing.assert_array_equal(rows(source), ARRAY[100:])
        path.unlink()
        np.testing.assert_array_equal(everything(source), ARRAY)


def test_it_is_closed_with_its_source(path):
    before = descriptors()
    source = open_source(str(path), budget=BUDGET)
    everything(source)
    source.close()
    assert descriptors() == before
    with pytest.raises(ValueError, match="closed"):
        everything(source)
    source.close()


def test_it_is_closed_where_nobody_does(path):
    before = descriptors()
    open_source(str(path), budget=BUDGET)
    assert descriptors() == before


def test_a_change_in_the_middle_of_a_read(path):
    file = open_regular(str(path))
    kept = KeptFile(file)
    file.handle.close()

    def read(change):
        with kept.unchanged():
            assert kept.read(0, 8)
            change()

    read(lambda: None)
    with pytest.raises(DamagedSource, match="has changed"):
        read(lambda: os.utime(path, (10**9, 10**9 + 1)))
    kept.close()


def test_bytes_beyond_the_end(path):
    file = open_regular(str(path))
    with file.handle:
        kept = KeptFile(file)
    with pytest.raises(DamagedSource, match=f"byte {file.size + 3} is to be read, but the file has {file.size} bytes"):
        kept.read(file.size - 5, 8)
    os.truncate(path, 50)
    with pytest.raises(DamagedSource, match="cut short since it was opened"):
        kept.read(40, 20)
    kept.close()
