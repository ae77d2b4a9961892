"""Pyramidal TIFFs: their levels, as tifffile and Pillow decode them, stand in for the whole picture."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from padviewer.errors import DamagedSource
from padviewer.geometry import Span
from padviewer.resolve import resolve
from padviewer.sources import open_source
from padviewer.sources.padded import read_padded
from padviewer.sources.tiff import TiffSource
from padviewer.spec import PipelineSpec

BUDGET = 2**30
HEIGHT, WIDTH = 9001, 8191
RNG = np.random.default_rng(3)
TILE = {"tile": (256, 256)}


def waves(height=HEIGHT, width=WIDTH, channels=0):
    """A smooth picture, so that it takes little to encode, with other numbers everywhere."""
    rows, columns = np.ogrid[:height, :width]
    gray = (rows * 7 // 50 + columns * 3 // 40).astype(np.uint8)
    return np.stack([gray, gray[::-1], 255 - gray], -1)[..., :channels] if channels else gray


def write(path, levels, *, subifds=True, first=None, **arguments):
    """Writes a pyramid; `levels` are arrays, or pairs of an array and arguments of its own."""
    pairs = [level if isinstance(level, tuple) else (level, {}) for level in levels]
    shared = {"photometric": "rgb" if pairs[0][0].shape[-1] == 3 else "minisblack", "compression": "zlib"} | arguments
    with tifffile.TiffWriter(path) as writer:
        for i, (array, own) in enumerate(pairs):
            marks = {"subfiletype": 1} if i else {"subifds": len(pairs) - 1 if subifds else 0, **(first or {})}
            writer.write(array, **{**shared, **marks, **own})


def marked(array, step):
    """A level that equals nothing else: what is shown tells where it was read."""
    return RNG.integers(0, 256, [-(-n // step) for n in array.shape[:2]] + list(array.shape[2:])).astype(array.dtype)


def check_level(source, step, factor, expected):
    """Compares what stands in with a level, enlarged by numpy, at indices that are not multiples of the factor."""
    preview = source.preview(step)
    assert (preview.factor, preview.lasts, preview.source.info) == (factor, True, source.info)
    height, width, *channels = source.info.shape
    rows, columns = np.arange(height - 1, 0, -37), np.arange(5, width, 61)
    found = preview.source.take((rows, columns, *map(np.arange, channels)))
    inside = np.minimum(rows // factor, len(expected) - 1), np.minimum(columns // factor, expected.shape[1] - 1)
    np.testing.assert_array_equal(found, expected[np.ix_(*inside)])


@pytest.fixture(scope="module")
def gray():
    return waves()


@pytest.fixture(scope="module")
def pyramid(tmp_path_factory, gray):
    """Levels of 1/2, 1/4 and 1/8, and their file."""
    levels = [marked(gray, step) for step in (2, 4, 8)]
    write(path := tmp_path_factory.mktemp("pyramid") / "a.tif", [gray, *levels], **TILE)
    return path, levels


def test_the_coarsest_level_below_the_step_stands_in(pyramid):
    path, levels = pyramid
    with open_source(str(path), budget=BUDGET) as source:
        for step, factor in ((8, 8), (15, 8), (512, 8)):
            check_level(source, step, factor, levels[2])
        indices = np.arange(0, HEIGHT, 64), np.arange(0, WIDTH, 64)
        np.testing.assert_array_equal(source.take(indices), waves()[::64, ::64])


def test_a_view_that_is_decoded_soon_is_exact(pyramid):
    """Of one byte, 64 MB are about as many pixels as a view at step 8 shows."""
    with open_source(str(pyramid[0]), budget=BUDGET) as source:
        assert [source.preview(step) for step in (1, 2, 4, 7)] == [None] * 4


def test_what_is_decoded_already_is_exact(pyramid):
    with open_source(str(pyramid[0]), budget=BUDGET) as source:
        assert source.preview(64) is not None
        source.take((np.arange(0, HEIGHT, 64), np.arange(0, WIDTH, 64)))
        assert source.preview(64) is None
    with open_source(str(pyramid[0]), budget=2**24) as source:
        source.take((np.arange(0, HEIGHT, 64), np.arange(0, WIDTH, 64)))
        assert source.preview(64) is not None  # little of it was kept


def test_levels_share_the_memory_of_the_whole(pyramid, peak_memory):
    path, levels = pyramid
    with peak_memory(2**25), open_source(str(path), budget=2**24) as source:
        for _ in range(2):
            check_level(source, 8, 8, levels[2])
        source.take((np.arange(0, HEIGHT, 64), np.arange(0, WIDTH, 64)))


@pytest.mark.parametrize("subifds", [True, False])
@pytest.mark.parametrize("layout", [{"tile": (256, 256)}, {"rowsperstrip": 64}])
@pytest.mark.parametrize("compression", ["zlib", "jpeg", "lzw"])
def test_levels_in_every_layout(tmp_path, compression, layout, subifds):
    array = waves(7001, 5003, 3)
    levels = [array[::step, ::step] for step in (2, 4, 8)]
    write(tmp_path / "a.tif", [array, *levels], subifds=subifds, compression=compression, **layout)
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        expected = [level.asarray() for level in tif.series[0].levels]
    assert [level.shape for level in expected] == [array.shape, *(level.shape for level in levels)]
    with open_source(str(tmp_path / "a.tif"), budget=BUDGET) as source:
        check_level(source, 8, 8, expected[3])
        check_level(source, 7, 4, expected[2])


@pytest.mark.parametrize("rounded", [np.floor, np.ceil])
@pytest.mark.parametrize("base", [2, 3, 4])
def test_sizes_are_rounded_up_or_down(tmp_path, gray, base, rounded):
    levels, shape = [], np.array(gray.shape)
    for _ in range(power := 4 if base == 2 else 3):
        shape = rounded(shape / base).astype(int)
        levels.append(RNG.integers(0, 256, shape, np.uint8))
    write(tmp_path / "a.tif", [gray, *levels], **TILE)
    with open_source(str(tmp_path / "a.tif"), budget=BUDGET) as source:
        check_level(source, 64, base**power, levels[-1])
        check_level(source, base**power - 1, base ** (power - 1), levels[-2])


def test_levels_that_are_not_compressed(tmp_path, gray):
    tiled, plain = marked(gray, 2), marked(gray, 4)
    write(
        tmp_path / "a.tif",
        [gray, (tiled, {"compression": None}), (plain, {"compression": None, "tile": None})], **TILE,
    )  # fmt: skip
    with open_source(str(tmp_path / "a.tif"), budget=2**26) as source:
        check_level(source, 64, 4, plain)
    write(tmp_path / "b.tif", [gray, (tiled, {"compression": None})], **TILE)
    with open_source(str(tmp_path / "b.tif"), budget=2**26) as source:
        check_level(source, 64, 2, tiled)


def test_what_is_not_compressed_needs_no_level(tmp_path, gray):
    for name, layout in (("a", TILE), ("b", {})):
        write(tmp_path / name, [gray, marked(gray, 4)], compression=None, **layout)
        with open_source(str(tmp_path / name), budget=BUDGET) as source:
            assert source.preview(64) is None


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_levels_are_turned_as_the_whole(tmp_path, gray, orientation, own):
    """Where a level does not tell how it lies, it lies as the whole picture does."""
    level, tag = marked(gray, 4), {"extratags": [(274, "H", 1, orientation, True)]}
    write(tmp_path / "a.tif", [gray, (level, tag if own else {})], first=tag, **TILE)
    image = Image.fromarray(level)
    image.getexif()[274] = orientation
    with open_source(str(tmp_path / "a.tif"), budget=BUDGET) as source:
        turned = (WIDTH, HEIGHT) if orientation >= 5 else (HEIGHT, WIDTH)
        assert source.info.shape == turned
        preview = source.preview(64)
        # Sizes that are no multiple of the factor: in the middle, a turned level lies off by less than one element.
        inside = tuple(np.arange(400, 7000, 4) for _ in range(2))
        expected = np.asarray(ImageOps.exif_transpose(image))
        places = tuple(v // 4 for v in inside)
        np.testing.assert_array_equal(preview.source.take(inside), expected[np.ix_(*places)])


def test_levels_have_the_colours_of_the_whole(tmp_path, gray):
    level = marked(gray, 4)
    colors = RNG.integers(0, 2**16, (3, 256)).astype(np.uint16)
    write(tmp_path / "a.tif", [gray, level], photometric="palette", colormap=colors, **TILE)
    with open_source(str(tmp_path / "a.tif"), budget=BUDGET) as source:
        check_level(source, 64, 4, (colors >> 8).astype(np.uint8).T[level])
    write(tmp_path / "b.tif", [gray, level], photometric="miniswhite", **TILE)
    with open_source(str(tmp_path / "b.tif"), budget=BUDGET) as source:
        check_level(source, 64, 4, 255 - level)
    stored = np.concatenate([waves(channels=3), waves()[..., None]], -1)
    inks = marked(stored, 4)
    write(tmp_path / "c.tif", [stored, inks], photometric="separated", **TILE)
    with open_source(str(tmp_path / "c.tif"), budget=BUDGET) as source:
        check_level(
            source, 64, 4, np.asarray(Image.frombytes("CMYK", inks.shape[1::-1], inks.tobytes()).convert("RGB"))
        )


def test_levels_of_a_stack(tmp_path):
    array = np.stack([waves(), waves()[::-1]])
    level = RNG.integers(0, 256, (2, HEIGHT // 4, WIDTH // 4), np.uint8)
    write(tmp_path / "a.tif", [array, level], **TILE)
    with open_source(str(tmp_path / "a.tif"), budget=BUDGET) as source:
        assert source.info.shape == array.shape
        preview = source.preview(64)
        rows, columns = np.arange(64, 8192, 64), np.arange(0, 8128, 64)
        found = preview.source.take((np.array([1]), rows, columns))
        np.testing.assert_array_equal(found, level[1:, 16:2048:16, 0:2032:16])
        source.take((np.array([0]), rows, columns))
        assert source.preview(64) is not None  # the other page is not decoded yet


def test_left_out_tiles_are_filled_as_those_of_the_whole(tmp_path, gray):
    shapes = [(HEIGHT, WIDTH), (2251, 2048)]
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        shared = {**TILE, "dtype": "u1", "compression": "zlib", "photometric": "minisblack", "metadata": None}
        full = iter([gray[r : r + 256, c : c + 256] for r in range(0, HEIGHT, 256) for c in range(0, WIDTH, 256)])
        writer.write(full, shape=shapes[0], subifds=1, extratags=[(42113, "s", 0, "7", True)], **shared)
        tiles = itertools.chain([np.full((256, 256), 9, np.uint8)], itertools.repeat(None, 9 * 8 - 1))
        writer.write(tiles, shape=shapes[1], subfiletype=1, **shared)
    with open_source(str(tmp_path / "a.tif"), budget=BUDGET) as source:
        expected = np.full(shapes[1], 7, np.uint8)
        expected[:256, :256] = 9
        check_level(source, 64, 4, expected)


def other_dtype(gray):
    return marked(gray, 4).astype(np.uint16), {}


def other_sizes(gray):
    return marked(gray, 4)[:, :-9], {}


def other_colours(gray):
    return marked(gray, 4), {"photometric": "miniswhite"}


def other_channels(gray):
    return np.dstack([marked(gray, 4)] * 3), {"photometric": "rgb"}


def other_way_up(gray):
    return marked(gray, 4), {"extratags": [(274, "H", 1, 3, True)]}


@pytest.mark.parametrize("liar", [other_dtype, other_sizes, other_colours, other_channels, other_way_up])
@pytest.mark.parametrize("metadata", [None, {}])
@pytest.mark.parametrize("subifds", [True, False])
def test_levels_of_another_kind_are_ignored(tmp_path, gray, liar, metadata, subifds):
    write(tmp_path / "a.tif", [gray, liar(gray)], subifds=subifds, metadata=metadata, **TILE)
    with open_source(str(tmp_path / "a.tif"), budget=BUDGET) as source:
        assert source.info.shape == gray.shape
        assert source.preview(64) is None


def test_a_page_of_half_the_size_is_no_level_unless_it_says_so(tmp_path, gray):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for array in (gray, marked(gray, 2)):
            writer.write(array, compression="zlib", rowsperstrip=64, metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert len(tif.series[0].levels) == 2
    with open_source(str(tmp_path / "a.tif"), budget=BUDGET) as source:
        assert isinstance(source, TiffSource)
        assert source.preview(64) is None


def rewritten(path, tag, change):
    """Changes the numbers of a tag of the first level in the file."""
    with tifffile.TiffFile(path) as tif:
        found = tif.series[0].levels[1].keyframe.tags[tag]
        at, code, numbers = found.valueoffset, {3: "H", 4: "I"}[int(found.dtype)], found.value
    content = bytearray(path.read_bytes())
    numbers = np.atleast_1d(np.array(numbers, f"<{code}"))
    content[at : at + numbers.nbytes] = change(numbers).astype(numbers.dtype).tobytes()
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("tag", "change"),
    [
        (324, lambda offsets: offsets + 2**31),  # tiles beyond the end of the file
        (325, lambda counts: counts + 2**31),
        (322, lambda _width: np.array([16])),  # more tiles than are told
        (322, lambda _width: np.array([2**20])),  # a tile beyond the budget
        (256, lambda width: width * 16),
        (259, lambda _compression: np.array([34712])),
        (258, lambda _bits: np.array([4])),
    ],
)
def test_levels_that_lie_are_ignored(pyramid, tmp_path, gray, tag, change):
    path = tmp_path / "a.tif"
    write(path, [gray, marked(gray, 4)], **TILE)
    with open_source(str(path), budget=2**24) as source:
        assert source.preview(64) is not None
    rewritten(path, tag, change)
    with open_source(str(path), budget=2**24) as source:
        assert source.preview(64) is None
        indices = np.arange(0, HEIGHT, 64), np.arange(0, WIDTH, 64)
        np.testing.assert_array_equal(source.take(indices), gray[::64, ::64])


def test_damaged_tiles_of_a_level_are_told_where_they_are_read(tmp_path, gray):
    write(path := tmp_path / "a.tif", [gray, level := marked(gray, 4)], **TILE)
    with tifffile.TiffFile(path) as tif:
        page = tif.series[0].levels[1].keyframe
        offset, count = page.dataoffsets[-1], page.databytecounts[-1]
    content = bytearray(path.read_bytes())
    content[offset : offset + count] = bytes(count)
    path.write_bytes(bytes(content))
    with open_source(str(path), budget=2**24) as source:
        preview = source.preview(64)
        first = np.arange(0, 4000, 64)
        np.testing.assert_array_equal(preview.source.take((first, first)), level[:1000:16, :1000:16])
        with pytest.raises(DamagedSource, match=r"a\.tif: cannot be decoded"):
            preview.source.take((np.array([HEIGHT - 1]), np.array([WIDTH - 1])))
        assert source.preview(preview.factor - 1) is None
    rewritten(path, 322, lambda _width: np.array([2**13]))  # tiles that are larger than what they hold
    with open_source(str(path), budget=2**26) as source, pytest.raises(DamagedSource):
        source.preview(64).source.take((first, first))


def test_padding_is_read_through_a_level(pyramid):
    """The padding before is no multiple of the factor."""
    path, levels = pyramid
    with open_source(str(path), budget=BUDGET) as source:
        preview = source.preview(16)
        enlarged = np.kron(levels[2], np.ones((8, 8), np.uint8))[:HEIGHT, :WIDTH]
        for mode in ("constant", "reflect", "edge", "wrap", "symmetric"):
            spec = PipelineSpec(target=(9999, 9202), position="center", mode=mode)
            plan = resolve(spec, source.info, BUDGET)
            before = [pad[0] for pad in plan.pad_width]
            assert before == [499, 505]
            region = (Span(0, 9999, 16), Span(16, 9202, 16))
            expected = np.pad(enlarged, plan.pad_width, mode)[::16, 16::16]
            np.testing.assert_array_equal(read_padded(preview.source, plan, region), expected)


def test_indices_are_checked_and_a_closed_level_is_not_read(pyramid):
    with open_source(str(pyramid[0]), budget=BUDGET) as source:
        preview = source.preview(16)
        with pytest.raises(IndexError, match="axis 0"):
            preview.source.take((np.array([HEIGHT]), np.array([0])))
    with pytest.raises(ValueError, match="closed"):
        preview.source.take((np.array([0]), np.array([0])))
