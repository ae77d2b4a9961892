"""The arrays that are measured are what their names say, and the largest takes no room."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.arrays import CASES, PHOTO, PICTURE, SPARSE, Case
from benchmarks.bench import Bench, BenchError
from benchmarks.padding_memory import compare
from benchmarks.panning import notches_of


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(1, tmp_path, {}, "nowhere")


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_dense_array_holds_arbitrary_finite_elements(bench: Bench, dtype: str) -> None:
    # More than the pattern that is repeated, and no multiple of it.
    case = Case("", (1001, 6007, 3), dtype, (1024, 8192))
    array = np.load(case.file(bench), mmap_mode="r")
    assert (array.shape, array.dtype) == (case.shape, dtype)
    assert np.isfinite(array).all()
    assert len(np.unique(array[-1])) > 100
    assert array.nbytes == case.nbytes


def test_the_largest_array_takes_no_room(bench: Bench) -> None:
    path = SPARSE.file(bench)
    assert path.stat().st_size > SPARSE.nbytes >= 100e9
    assert path.stat().st_blocks * 512 < 1e6
    array = np.load(path, mmap_mode="r")
    assert array.shape == SPARSE.shape
    assert array[-1, -1] == 0
    assert SPARSE.file(bench) == path


def test_a_photo_is_a_jpeg(bench: Bench) -> None:
    case = Case("", (60, 80, 3), "uint8", (128, 128), suffix=".jpg")
    with Image.open(case.file(bench)) as image:
        assert (image.format, image.size, image.mode) == ("JPEG", (80, 60), "RGB")


def test_an_array_that_does_not_fit_the_disk_is_refused(bench: Bench) -> None:
    with pytest.raises(BenchError, match="but the disk has"):
        Case("too large", (2**50,), "uint8", (1, 1)).file(bench)
    assert not list(bench.directory.iterdir())


def test_every_array_is_padded(bench: Bench) -> None:
    assert PICTURE.file(bench).exists()
    for case in (*CASES, PHOTO):
        assert all(size < wanted for size, wanted in zip(case.shape, case.target, strict=False))
        # A notch shows about three quarters of what was shown.
        across = max(case.target) * 0.74 ** notches_of(case)
        assert 50 < across < 800, f"{case.name}: {across:.0f} elements across a pane at the closest"


def test_padding_in_memory_is_timed_in_every_way() -> None:
    found = compare(2, (64, 48))
    assert set(found["ways"]) == {"tiles", "whole", "memcpy", "np.pad"}
    assert all(len(samples) == 2 and min(samples) > 0 for samples in found["ways"].values())
    assert found["size"].startswith("46x46x3 float32 to 64x48")
