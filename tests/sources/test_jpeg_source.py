"""Large JPEGs: a small picture at once, the whole when it is read."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from padviewer.errors import DamagedSource, OversizedSource
from padviewer.sources import open_source
from padviewer.sources.jpeg import JpegSource

HEIGHT, WIDTH = 4001, 6003
BUDGET = 2**28


@pytest.fixture(scope="module", params=["L", "RGB", "CMYK"])
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def path(tmp_path_factory, mode):
    """A picture of 24 megapixels with waves in it, lying on its side."""
    rows, columns = np.ogrid[:HEIGHT, :WIDTH]
    waves = [128 + 100 * np.sin(rows / 90 + phase) * np.cos(columns / (130 + 50 * phase)) for phase in range(3)]
    image = Image.fromarray(np.stack(waves, -1).astype(np.uint8)).convert(mode)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(path := tmp_path_factory.mktemp("jpeg") / "a.jpg", quality=95, exif=exif)
    return path


@pytest.fixture(scope="module")
def expected(path, mode):
    with Image.open(path) as image:
        turned = ImageOps.exif_transpose(image)
        return np.asarray(turned.convert("RGB") if mode == "CMYK" else turned)


def everything(source):
    return source.take(tuple(np.arange(size) for size in source.info.shape))


def test_the_whole_is_decoded_when_it_is_read(path, expected, mode):
    with open_source(str(path), budget=BUDGET) as source:
        assert isinstance(source, JpegSource)
        assert source.info.shape == expected.shape
        notes = ("EXIF rotation applied",)
        assert source.info.notes == (("CMYK -> RGB", *notes) if mode == "CMYK" else notes)
        for _ in range(2):
            np.testing.assert_array_equal(everything(source), expected)
        indices = tuple(np.arange(size)[::-3] for size in expected.shape)
        np.testing.assert_array_equal(source.take(indices), expected[np.ix_(*indices)])
    with pytest.raises(ValueError, match="closed"):
        everything(source)


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_smaller_pictures_are_means_of_blocks(path, expected, factor):
    with open_source(str(path), budget=BUDGET) as source:
        found = source.scaled(factor)
    assert found.shape == (-(-WIDTH // factor), -(-HEIGHT // factor), *expected.shape[2:])
    assert found.dtype == expected.dtype
    # As they lie in the file: there, the blocks that are cut are the last ones.
    found, expected = np.rot90(found), np.rot90(expected)
    whole = HEIGHT // factor, WIDTH // factor
    blocks = expected[: whole[0] * factor, : whole[1] * factor].astype(np.float32)
    means = blocks.reshape(whole[0], factor, whole[1], factor, -1).mean((1, 3))
    difference = np.abs(found[: whole[0], : whole[1]].reshape(means.shape) - means)
    assert difference.mean() < 1
    assert difference.max() < 12


def test_other_factors_are_not_of_jpeg(path):
    with open_source(str(path), budget=BUDGET) as source:
        assert [source.scaled(factor) for factor in (0, 1, 3, 16)] == [None] * 4


def test_one_that_is_cut_short_is_told_when_it_is_opened(path, tmp_path):
    content = path.read_bytes()
    (tmp_path / "cut.jpg").write_bytes(content[: len(content) * 3 // 4])
    with pytest.raises(DamagedSource, match=r"cut\.jpg: cannot be decoded"):
        open_source(str(tmp_path / "cut.jpg"), budget=BUDGET)


def test_one_that_changes_before_it_is_read(path, tmp_path):
    content = path.read_bytes()
    (tmp_path / "a.jpg").write_bytes(content)
    with open_source(str(tmp_path / "a.jpg"), budget=BUDGET) as source:
        (tmp_path / "a.jpg").write_bytes(content[: len(content) // 2])
        with pytest.raises(DamagedSource, match="the file was cut short since it was opened"):
            everything(source)
        with pytest.raises(DamagedSource, match="the file was cut short since it was opened"):
            source.scaled(2)


def test_the_whole_has_to_fit_the_budget(path):
    with pytest.raises(OversizedSource, match="a picture of 6003 x 4001 pixels would take"):
        open_source(str(path), budget=2**24)


def test_opening_takes_no_memory_for_the_whole(tmp_path, peak_memory):
    Image.new("L", (30_000, 30_000), 77).save(tmp_path / "a.jpg")
    with peak_memory(2**27), open_source(str(tmp_path / "a.jpg"), budget=2**31) as source:
        assert source.info.shape == (30_000, 30_000)
        assert (source.scaled(8) == 77).all()


def test_a_small_picture_stands_in_until_the_whole_is_decoded(path):
    with open_source(str(path), budget=BUDGET) as source:
        assert source.preview(4) is None
        preview = source.preview(8)
        assert (preview.factor, preview.lasts, preview.source.info) == (8, False, source.info)
        height, width, *channels = source.info.shape
        indices = (np.arange(3, height, 64), np.arange(0, width, 64), *map(np.arange, channels))
        small = source.scaled(8)
        places = tuple(np.minimum(v // 8, n - 1) for v, n in zip(indices[:2], small.shape, strict=False))
        np.testing.assert_array_equal(preview.source.take(indices), small[np.ix_(*places, *indices[2:])])
        source.take(indices)
        assert source.preview(8) is None
