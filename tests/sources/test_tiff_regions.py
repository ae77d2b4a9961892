"""Regions of TIFF files equal those of the whole array that tifffile decodes, whatever lies in which strip or tile."""

from __future__ import annotations

import io
import itertools
import struct

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from padviewer.errors import DamagedSource, OversizedSource
from padviewer.sources import open_source
from padviewer.sources.tiff_segments import axes_of

BUDGET = 2**24
RNG = np.random.default_rng(0)
PREDICTED = ("zlib", "lzw", "zstd")


def everything(source):
    return source.take(tuple(np.arange(size) for size in source.info.shape))


def check_regions(path, expected, draw, budget=BUDGET):
    """Takes several selections from one open source: the later ones find segments that the earlier ones decoded."""
    with open_source(str(path), budget=budget) as source:
        assert source.info.shape == expected.shape
        for _ in range(3):
            indices = tuple(draw(vectors(size)) for size in expected.shape)
            found = source.take(indices)
            np.testing.assert_array_equal(found, expected[np.ix_(*indices)])
            assert found.dtype == expected.dtype
            assert found.dtype.isnative
            assert found.flags.c_contiguous
        np.testing.assert_array_equal(everything(source), expected)


def vectors(size):
    """Index vectors: runs, steps, backwards, mirrored as padding reads them, repeated, none, and any."""
    scattered = st.lists(st.integers(0, size - 1), max_size=8).map(lambda chosen: np.array(chosen, np.int64))
    bounds = st.tuples(st.integers(0, size - 1), st.integers(1, size), st.integers(1, 5))
    steps = bounds.map(lambda bound: np.arange(bound[0], min(size, bound[0] + bound[1]), bound[2]))
    mirrored = st.just(np.concatenate([np.arange(size)[::-1], np.arange(size)]))
    return st.one_of(scattered, steps, steps.map(lambda vector: vector[::-1].copy()), mirrored)


@st.composite
def layouts(draw):
    """Arguments for tifffile's writer, and the array."""
    height, width = draw(st.integers(1, 70)), draw(st.integers(1, 70))
    compression = draw(st.sampled_from([None, *PREDICTED, "packbits", "lzma", "jpeg"]))
    dtype = np.dtype("u1" if compression == "jpeg" else draw(st.sampled_from(["u1", "i2", "u4", "f4", "f8", "c8"])))
    samples = draw(st.sampled_from([1, 3]))
    planar = draw(st.sampled_from(["contig", "separate"])) if samples > 1 else None
    pages = draw(st.integers(1, 4))
    shape = (pages,) if pages > 1 else ()
    shape += {None: (height, width), "contig": (height, width, 3), "separate": (3, height, width)}[planar]
    array = RNG.integers(0, 250, shape).astype(dtype)
    kept = {
        "photometric": "minisblack" if samples == 1 else "rgb",
        "planarconfig": planar,
        "compression": compression,
        "byteorder": draw(st.sampled_from("<>")),
        "bigtiff": draw(st.booleans()),
        "metadata": draw(st.sampled_from([None, {}])),
        "contiguous": draw(st.booleans()) and compression is None,
    }
    if compression in PREDICTED and dtype.kind in "iuf":
        kept["predictor"] = draw(st.booleans())
    if draw(st.booleans()):
        kept["tile"] = draw(st.sampled_from([(16, 16), (32, 16), (16, 48)]))
    else:
        # Strips of JPEG hold a multiple of 8 rows; so that all of them fit, any of them does here.
        kept["rowsperstrip"] = draw(st.sampled_from([8, 16, 64]))
    return array, kept


def write(path, array, kept, *, apart):
    """Writes pages; `apart` writes each by a call of its own, so that their pixels do not lie side by side."""
    arguments = dict(kept)
    opened = {name: arguments.pop(name) for name in ("byteorder", "bigtiff")}
    pages = list(array) if apart else [array]
    with tifffile.TiffWriter(path, **opened) as writer:
        for page in pages:
            writer.write(page, **{**arguments, "contiguous": arguments["contiguous"] and not apart})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_regions_equal_those_of_the_whole(tmp_path, data):
    array, kept = data.draw(layouts())
    apart = array.ndim > (2 if kept["planarconfig"] is None else 3) and data.draw(st.booleans())
    write(tmp_path / "a.tif", array, kept, apart=apart)
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        expected = tif.series[0].asarray()
    if kept["compression"] != "jpeg":
        assert expected.size in (array.size, array[0].size)
    check_regions(tmp_path / "a.tif", expected, data.draw, data.draw(st.sampled_from([BUDGET, 2**18])))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_regions_of_colours_and_turned_pictures_equal_pillows(tmp_path, data):
    mode = data.draw(st.sampled_from(["P", "CMYK", "L", "RGB", "RGBA", "1"]))
    compression = data.draw(st.sampled_from([None, "tiff_adobe_deflate", "packbits"]))
    orientation = data.draw(st.integers(1, 8))
    height, width = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40))
    image = Image.fromarray(RNG.integers(0, 255, (height, width, 3), np.uint8)).convert(mode)
    # A strip is at least as large as this; small ones make several of them.
    image.save(tmp_path / "a.tif", "TIFF", compression=compression, tiffinfo={274: orientation}, strip_size=256)
    image.getexif()[274] = orientation
    turned = ImageOps.exif_transpose(image)
    expected = np.asarray(turned.convert("RGB") if mode in ("P", "CMYK") else turned)
    check_regions(tmp_path / "a.tif", expected, data.draw)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_regions_of_inverted_pages_and_of_palettes_in_stacks(tmp_path, dtype, tile):
    array = RNG.integers(0, 255, (3, 40, 50)).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="miniswhite", compression="zlib", tile=tile)
    top = np.iinfo(dtype).max
    indices = np.array([2, 0]), np.arange(39, 0, -3), np.array([49, 49, 0, 17])
    with open_source(str(tmp_path / "a.tif"), budget=BUDGET) as source:
        np.testing.assert_array_equal(source.take(indices), (top - array)[np.ix_(*indices)])
    colors = RNG.integers(0, 2**16, (3, top + 1)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "b.tif", array, photometric="palette", colormap=colors, compression="zlib", tile=tile)
    expected = (colors >> 8).astype(np.uint8).T[array]
    with open_source(str(tmp_path / "b.tif"), budget=BUDGET) as source:
        indices = (*indices, np.array([2, 1, 2]))
        np.testing.assert_array_equal(source.take(indices), expected[np.ix_(*indices)])
        assert source.info.axes == "BHWC"


@pytest.mark.parametrize("mode", ["L", "RGB", "YCbCr"])
def test_regions_of_jpeg_strips_that_share_their_tables(tmp_path, mode):
    picture = np.kron(RNG.integers(0, 255, (12, 7, 3), np.uint8), np.ones((16, 16, 1), np.uint8))
    Image.fromarray(picture).convert(mode).save(tmp_path / "a.tif", "TIFF", compression="jpeg", strip_size=4096)
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.pages.first.jpegtables
        assert len(tif.pages.first.dataoffsets) > 1
        expected = tif.asarray()
    with open_source(str(tmp_path / "a.tif"), budget=BUDGET) as source:
        indices = tuple(np.arange(size)[::-2] for size in expected.shape)
        np.testing.assert_array_equal(source.take(indices), expected[np.ix_(*indices)])


@pytest.mark.parametrize(("nodata", "fill"), [((), 0), ([(42113, "s", 0, "7", True)], 7)])
def test_tiles_that_are_left_out(tmp_path, nodata, fill):
    tile = np.full((16, 16), 3, np.uint8)
    tifffile.imwrite(
        tmp_path / "a.tif", iter([tile, None, None, tile]), shape=(32, 32), dtype="u1", tile=(16, 16),
        compression="zlib", extratags=nodata,
    )  # fmt: skip
    with open_source(str(tmp_path / "a.tif"), budget=BUDGET) as source:
        expected = np.kron([[3, fill], [fill, 3]], np.ones((16, 16), np.uint8))
        np.testing.assert_array_equal(everything(source), expected)
        np.testing.assert_array_equal(everything(source), tifffile.imread(tmp_path / "a.tif"))


def test_40_gigapixels_of_left_out_tiles_open_in_little_memory(tmp_path, peak_memory):
    side, tile = 200_000, 2048
    marked = np.full((tile, tile), 9, np.uint8)
    tiles = itertools.chain([marked], itertools.repeat(None, (-(-side // tile)) ** 2 - 1))
    tifffile.imwrite(
        tmp_path / "a.tif", tiles, shape=(side, side), dtype="u1", tile=(tile, tile), compression="zlib", bigtiff=True
    )
    with peak_memory(2**26), open_source(str(tmp_path / "a.tif"), budget=2**26) as source:
        assert source.info.shape == (side, side)
        found = source.take((np.arange(0, side, 250), np.arange(0, side, 250)))
        assert found.shape == (800, 800)
        assert (found[:9, :9] == 9).all()
        assert found.sum() == 9 * 81


def test_decoded_segments_take_a_part_of_the_budget(tmp_path, peak_memory):
    array = RNG.integers(0, 255, 2**20, np.uint8).repeat(64).reshape(8192, 8192)
    tifffile.imwrite(tmp_path / "a.tif", array, tile=(256, 256), compression="zlib")
    with peak_memory(2**25), open_source(str(tmp_path / "a.tif"), budget=2**23) as source:
        for _ in range(2):
            found = source.take((np.arange(0, 8192, 8), np.arange(0, 8192, 8)))
            np.testing.assert_array_equal(found, array[::8, ::8])


def test_one_strip_beyond_the_budget(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((2000, 2000), np.uint8), compression="zlib", rowsperstrip=2000)
    with pytest.raises(OversizedSource, match="one strip or tile of 2000 x 2000 uint8 would take 3"):
        open_source(str(tmp_path / "a.tif"), budget=2**20)


@pytest.mark.parametrize("tile", [None, (256, 256)])
def test_what_is_not_compressed_may_exceed_the_budget(tmp_path, tile):
    array = RNG.integers(0, 255, (2000, 2000), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", array, tile=tile)
    with open_source(str(tmp_path / "a.tif"), budget=2**18) as source:
        np.testing.assert_array_equal(everything(source), array)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("subifds", [True, False])
def test_a_pyramid_is_one_series_and_shown_at_full_resolution(tmp_path, compression, subifds):
    array = RNG.integers(0, 255, (512, 768), np.uint8)
    arguments = {"tile": (64, 64), "photometric": "minisblack", "compression": compression}
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(array, subifds=2 if subifds else 0, **arguments)
        for step in (2, 4):
            writer.write(array[::step, ::step], subfiletype=1, **arguments)
    with open_source(str(tmp_path / "a.tif"), budget=BUDGET) as source:
        assert source.info.notes == ()
        np.testing.assert_array_equal(everything(source), array)
        indices = np.arange(0, 512, 4), np.arange(0, 768, 4)
        np.testing.assert_array_equal(source.take(indices), array[::4, ::4])


def test_a_damaged_tile_is_told_where_it_is_wanted(tmp_path):
    array = RNG.integers(0, 255, (64, 64), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", array, tile=(32, 32), compression="zlib")
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        offset, count = tif.pages.first.dataoffsets[3], tif.pages.first.databytecounts[3]
    content = bytearray((tmp_path / "a.tif").read_bytes())
    content[offset : offset + count] = bytes(count)
    (tmp_path / "a.tif").write_bytes(bytes(content))
    with open_source(str(tmp_path / "a.tif"), budget=BUDGET) as source:
        for _ in range(2):
            np.testing.assert_array_equal(source.take((np.arange(32), np.arange(64))), array[:32])
            with pytest.raises(DamagedSource, match=r"a\.tif: cannot be decoded"):
                everything(source)


def test_tags_that_tell_of_fewer_strips_than_there_are(tmp_path):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, np.zeros((64, 64), np.uint8), rowsperstrip=8, compression="zlib", metadata=None)
    content = bytearray(buffer.getvalue())
    for tag in (273, 279):  # where the strips lie, and how long they are
        at = content.index(struct.pack("<HH", tag, 4 if tag == 273 else 3)) + 4
        content[at : at + 4] = struct.pack("<I", 3)
    (tmp_path / "a.tif").write_bytes(bytes(content))
    with pytest.raises(DamagedSource, match="has 8 strips or tiles, but tells where 3 of them lie"):
        open_source(str(tmp_path / "a.tif"), budget=BUDGET)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("tile", [None, (32, 32)])
def test_indices_are_checked(tmp_path, compression, tile):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((64, 64), np.uint8), compression=compression, tile=tile)
    with open_source(str(tmp_path / "a.tif"), budget=BUDGET) as source:
        assert source.take((np.arange(0), np.arange(64))).shape == (0, 64)
        with pytest.raises(IndexError, match="axis 1"):
            source.take((np.arange(3), np.array([0, 64])))
        with pytest.raises(IndexError, match="rank 2"):
            source.take((np.arange(3),))
    with pytest.raises(ValueError, match="closed"):
        source.take((np.arange(3), np.arange(3)))


SHAPES = st.lists(st.sampled_from([1, 1, 2, 3, 4]), min_size=1, max_size=5).map(tuple)


@given(SHAPES, SHAPES)
def test_axes_that_are_parts_of_others(shape, inner):
    """Where it finds axes, indices along them are those of the reshaped array."""
    axes = axes_of(shape, inner)
    if axes is None:
        return
    places = np.arange(np.prod(inner)).reshape(inner)
    for index in np.ndindex(shape):
        position = [0] * len(inner)
        for size, axis, i in zip(shape, axes, index, strict=True):
            position[axis] = position[axis] * size + i
        assert places[tuple(position)] == places.reshape(shape)[index]


@pytest.mark.parametrize(
    ("shape", "inner", "axes"),
    [
        ((6, 5), (1, 1, 1, 6, 5, 1), (3, 4)),
        ((2, 4, 6, 5, 3), (8, 1, 1, 6, 5, 3), (0, 0, 3, 4, 5)),
        ((1, 6, 1, 5), (1, 1, 1, 6, 5, 1), (0, 3, 3, 4)),
        ((12,), (1, 3, 4), None),
        ((3, 4), (12,), (0, 0)),
        ((3, 4), (1, 3, 5), None),
    ],
)
def test_axes_of_series(shape, inner, axes):
    assert axes_of(shape, inner) == axes
