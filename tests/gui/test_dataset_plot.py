"""What the plot of a data set is made of: places, scales, the picture, bars and lines, against brute force."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from multiprocessing import resource_tracker

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.cli import build_parser
from padviewer.dataset.choice import Choice
from padviewer.dataset.comparison import compare
from padviewer.dataset.measured import Measured
from padviewer.dataset.table import SizeTable
from padviewer.dataset.waste import cost_of
from padviewer.errors import Cancelled, SettingsError
from padviewer.gui.dataset.bars import bars_of
from padviewer.gui.dataset.batches import simulated
from padviewer.gui.dataset.contours import segments
from padviewer.gui.dataset.crosshair import Crosshair
from padviewer.gui.dataset.export_run import ExportOrder
from padviewer.gui.dataset.frame import Box, Frame, Scale, fitted
from padviewer.gui.dataset.ink import OVER, SHADES, draw
from padviewer.gui.dataset.layout import lay
from padviewer.gui.dataset.look import DatasetLook
from padviewer.gui.dataset.places import places_of, quantity
from padviewer.gui.dataset.sieve import Sieve, parse_filter
from padviewer.gui.dataset.waste_plane import curve_in, lines_in
from padviewer.options import spec_of
from padviewer.spec import PipelineSpec
from padviewer.workers.pool import Pool

SIZES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40)


def table_of(sizes: list[tuple[int, int]], channels: int = 3) -> SizeTable:
    items = [
        Measured(f"/data/{n}.png", None, (*size, channels), "HWC", "uint8", "PNG", n) for n, size in enumerate(sizes)
    ]
    return SizeTable.of("HW", items)


@given(SIZES, st.data())
def test_files_of_one_size_share_a_place(sizes: list[tuple[int, int]], data: st.DataObject) -> None:
    x, y = (np.array([size[axis] for size in sizes], np.int64) for axis in (1, 0))
    kept = np.array([n for n in range(len(sizes)) if data.draw(st.booleans())], np.int64)
    places = places_of(x, y, kept)
    expected = Counter((x[row], y[row]) for row in kept)
    assert {(a, b): n for a, b, n in zip(places.x, places.y, places.counts, strict=True)} == expected
    for place in range(len(places)):
        rows = places.rows_at(place)
        assert set(zip(x[rows], y[rows], strict=True)) == {(places.x[place], places.y[place])}
    marked = x > 4
    counted = places.counted(marked)
    assert counted.sum() == marked[kept].sum()
    assert (counted == np.where(places.x > 4, places.counts, 0)).all()
    chosen = places.y > 3
    assert places.rows_of(chosen).tolist() == [row for row in kept if y[row] > 3]


@given(st.integers(0, 10**7), st.booleans(), st.integers(50, 4000))
def test_a_pixel_and_its_value_are_each_others(value: int, log: bool, width: int) -> None:
    scale = Scale(log)
    left, right = fitted(0, 10**7, scale)
    frame = Frame(60, 10, width, 300, Box(left, left, right, right), scale, scale)
    x, y = frame.x_of(value), frame.y_of(value)
    assert 60 <= x <= 60 + width
    assert 10 <= y <= 310
    assert frame.value_x(x) == pytest.approx(value, abs=0.8 if log else 1e-6, rel=1e-9)
    assert frame.value_y(y) == pytest.approx(value, abs=0.8 if log else 1e-6, rel=1e-9)
    at_x, at_y = frame.pixels(scale.place([value]), scale.place([value]))
    assert (at_x[0], at_y[0]) == pytest.approx((x, y))


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.booleans(), st.integers(2, 30))
def test_numbers_on_a_scale_are_round_and_in_sight(one: int, other: int, log: bool, most: int) -> None:
    scale = Scale(log)
    low, high = fitted(min(one, other), max(one, other), scale)
    ticks = scale.ticks(low, high, most)
    assert len(ticks) <= 3 * most + 2
    assert [tick.value for tick in ticks] == sorted({tick.value for tick in ticks})
    for tick in ticks:
        assert low - 1e-9 <= scale.place_of(tick.value) <= high + 1e-9
        assert tick.value == round(tick.value)


def test_zooming_keeps_what_is_under_the_pointer_and_has_ends() -> None:
    frame = Frame(0, 0, 400, 300, Box(0, 0, 1000, 800))
    near = frame.zoomed(100, 50, 2.0)
    assert near.value_x(100) == frame.value_x(100)
    assert near.value_y(50) == pytest.approx(frame.value_y(50))
    for _ in range(200):
        near, frame = near.zoomed(100, 50, 1.5), frame.zoomed(100, 50, 1 / 1.5)
    assert near.box.right - near.box.left == pytest.approx(4.0)
    assert math.isfinite(frame.value_x(0))
    assert frame.box.right - frame.box.left <= 2.0**62


@pytest.mark.parametrize("dots", [True, False])
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_every_file_leaves_a_mark_and_overflow_another(dots: bool, ratio: float) -> None:
    size = round(200 * ratio), round(100 * ratio)
    x, y = np.array([20.0, 60.0, 120.0, 250.0]) * ratio, np.array([50.0, 50.0, 50.0, 50.0]) * ratio
    counts, over = np.array([1, 1000, 7, 1]), np.array([0, 0, 7, 0])
    picture = draw(x, y, counts, over, size, ratio, dots)
    assert picture.shape == size[::-1]

    def around(place: int) -> np.ndarray:
        column, row, reach = round(x[place]), round(y[place]), round(6 * ratio)
        return picture[row - reach : row + reach + 1, column - reach : column + reach + 1]

    fits, many, cross = around(0), around(1), around(2)
    assert 0 < fits.max() <= SHADES
    assert 0 < many.max() <= SHADES
    assert (cross[cross > 0] >= OVER).all()
    assert cross.max() >= OVER
    # The mark of files that overflow has another shape, not only another colour.
    shape_of = {name: tuple(map(tuple, part > 0)) for name, part in (("fits", fits), ("cross", cross))}
    assert shape_of["fits"] != shape_of["cross"]
    if dots:
        assert (many > 0).sum() > (fits > 0).sum()
    else:
        assert many.max() > fits.max()
    # What lies outside is not drawn, and nothing else is.
    assert set(np.unique(np.nonzero(picture)[1] // round(20 * ratio))) <= {0, 1, 2, 3, 5, 6}


@given(st.lists(st.tuples(st.integers(-50, 350), st.integers(-50, 250)), max_size=60))
def test_a_density_marks_the_cells_that_hold_files(points: list[tuple[int, int]]) -> None:
    x, y = (np.array([point[axis] for point in points], np.float64) for axis in (0, 1))
    ones, none = np.ones(len(points), np.int64), np.zeros(len(points), np.int64)
    picture = draw(x, y, ones, none, (300, 200), 1.0, dots=False)
    cells = {(int(b) // 3, int(a) // 3) for a, b in zip(x, y, strict=True) if 0 <= a < 300 and 0 <= b < 200}
    rows, columns = np.nonzero(picture)
    assert {(int(row) // 3, int(column) // 3) for row, column in zip(rows, columns, strict=True)} == cells


@given(
    st.integers(2, 9).flatmap(
        lambda n: st.lists(st.lists(st.floats(0, 1), min_size=n, max_size=n), min_size=2, max_size=8)
    ),
    st.sampled_from([0.1, 0.3, 0.5]),
)
def test_lines_lie_where_the_grid_has_their_value(rows: list[list[float]], level: float) -> None:
    grid = np.array(rows)
    pieces = segments(grid, level)
    for row, column in pieces.reshape(-1, 2):
        i, j = int(row), int(column)
        down, across = row - i, column - j
        below, right = grid[min(i + 1, len(grid) - 1), j], grid[i, min(j + 1, grid.shape[1] - 1)]
        value = grid[i, j] * (1 - down) + below * down if down else grid[i, j] * (1 - across) + right * across
        assert value == pytest.approx(level, abs=1e-6)
    crossed = (np.diff((grid > level).astype(int), axis=0) != 0).any() or (
        np.diff((grid > level).astype(int)) != 0
    ).any()
    assert bool(len(pieces)) == bool(crossed)


@pytest.mark.parametrize("overflow", ["keep", "crop"])
@pytest.mark.parametrize("log", [False, True])
def test_targets_on_a_line_of_equal_waste_waste_the_same(overflow: str, log: bool) -> None:
    random = np.random.default_rng(3)
    table = table_of([tuple(size) for size in random.integers(20, 400, (500, 2)).tolist()])
    scale = Scale(log)
    left, right = scale.place_of(10), scale.place_of(800)
    frame = Frame(0, 0, 600, 600, Box(left, left, right, right), scale, scale)
    choice = Choice(((None, None),), (1,), overflow)
    lines = lines_in(frame, table, choice, ("W", "H"))
    assert len(lines) >= 3
    for line in lines:
        for x, y in line.ends[:: max(1, len(line.ends) // 6), 0]:
            target = round(scale.value(y)), round(scale.value(x))
            share = cost_of(table, Choice((target,), (1,), overflow)).padding_share
            assert share == pytest.approx(line.level, abs=0.03)


def test_bars_count_every_file_once() -> None:
    random = np.random.default_rng(0)
    x = random.integers(0, 5000, 3000)
    places = places_of(x, np.zeros(3000, np.int64), np.arange(3000))
    over = places.counted(x > 2500)
    for box in (Box(-100, 0, 5100, 1), Box(-10, 0, 90, 1)):
        frame = Frame(70, 10, 800, 300, box)
        bars = bars_of(places, over, Scale().place(places.x), frame)
        inside = (x >= box.left) & (x <= box.right)
        assert bars.files.sum() == inside.sum()
        assert bars.over.sum() == (inside & (x > 2500)).sum()
        assert (np.diff(bars.left) > 0).all()


@given(st.integers(1, 64), st.integers(-3, 900), st.integers(-3, 900))
def test_a_target_is_dropped_on_the_nearest_multiple(step: int, x: int, y: int) -> None:
    frame = Frame(0, 0, 800, 800, Box(0, 0, 800, 800))
    held = Crosshair(step, None, (step, 1)).at(frame, "xy", x, y)
    assert held.across is not None
    assert held.across % step == 0
    assert held.across >= step
    assert abs(held.across - max(x, step)) <= step / 2 + 1e-9 or held.across == step
    assert held.stepped(3, 0).across == held.across + 3 * step


@pytest.fixture(scope="module", autouse=True)
def tracker() -> None:
    """Starts what Python has beside its processes as long as it lasts: it is none that a test leaves."""
    resource_tracker.ensure_running()


@pytest.fixture
def sieve() -> Iterator[Sieve]:
    sieve = Sieve(lambda: Pool(1, silence=0.5))
    yield sieve
    sieve.close()


def test_a_filter_takes_text_stars_or_a_regular_expression(sieve: Sieve) -> None:
    table = table_of([(4, 5), (6, 7), (8, 9)])

    def left(text: str) -> list[int]:
        wanted = parse_filter(text)
        assert wanted is not None
        return lay("HW", [table], ("W", "H"), partial(sieve.kept, wanted)).table.sizes[:, 0].tolist()

    assert left("1.PNG") == [6]
    assert left("/[02]\\.png$/") == [4, 8]
    assert left("?.png") == left("/data/*") == left("*.PNG") == [4, 6, 8]
    assert left("ata/?.png") == left("?.pn") == left("[01].png") == []
    assert parse_filter("  ") is None
    with pytest.raises(SettingsError, match=r"expected a regular expression between slashes"):
        parse_filter("/(/")


def test_a_filter_that_would_take_for_ever_is_given_up(sieve: Sieve) -> None:
    endless = parse_filter("/(a+)+$/")
    assert endless is not None
    names = ["a" * 60 + "!"]
    with pytest.raises(SettingsError, match="was given up after"):
        sieve.kept(endless, names)
    # And the next one is tried again; `stop` ends at once what a person wants no more.
    words = parse_filter("/b$/")
    assert words is not None
    assert sieve.kept(words, ["ab", "ba"]).tolist() == [True, False]
    stopper = threading.Timer(0.1, sieve.stop)
    stopper.start()
    with pytest.raises(Cancelled):
        sieve.kept(endless, names)
    stopper.join()
    assert sieve.kept(words, ["ab", "ba"]).tolist() == [True, False]


def test_waste_over_one_axis_is_that_of_its_targets() -> None:
    random = np.random.default_rng(3)
    table = table_of([tuple(size) for size in random.integers(20, 400, (300, 2)).tolist()])
    for log in (False, True):
        scale = Scale(log)
        frame = Frame(0, 0, 600, 600, Box(scale.place_of(0), 0, scale.place_of(800), 1), scale, Scale())
        choice = Choice(((None, 200),), (16,), "crop")
        curve = curve_in(frame, table, choice, "H")
        assert len(curve.at) > 30
        for at, waste in list(zip(curve.at, curve.waste, strict=True))[::7]:
            target = round(scale.value(at))
            assert waste == pytest.approx(cost_of(table, Choice(((target, 200),), (16,), "crop")).padding_share)


def test_the_waste_of_batches_is_that_of_the_command_line() -> None:
    random = np.random.default_rng(1)
    table = table_of([tuple(size) for size in random.integers(20, 400, (300, 2)).tolist()])
    assert simulated(table, 32, (8,)) == compare(table, Choice(((400, 400),), (8,)), batch_size=32).mixed


def test_axes_are_sizes_channels_or_bytes() -> None:
    table = table_of([(4, 5), (6, 7)], channels=2)
    found = {name: quantity(table, name).tolist() for name in ("H", "W", "channels", "bytes", "files")}
    assert found == {"H": [4, 6], "W": [5, 7], "channels": [2, 2], "bytes": [0, 1], "files": [0, 0]}


@pytest.mark.parametrize(
    "text", ["", "[]", "nonsense", '{"axes": 3}', '{"log": "yes"}', '{"axes": [["HW", "x", "y"]]}', '{"unknown": 1}']
)
def test_what_was_remembered_may_be_damaged(text: str) -> None:
    assert DatasetLook.from_json(text) == DatasetLook()


def test_what_was_remembered_comes_back() -> None:
    look = (
        DatasetLook(log=True, lines=False, batch_size=7)
        .with_names("DHW", "D", "channels")
        .with_names("T", "T", "files")
    )
    assert DatasetLook.from_json(look.to_json()) == look
    assert look.names("DHW") == ("D", "channels")
    assert look.names("HW") == ("W", "H")


@pytest.mark.parametrize("buckets", ["", "/tmp/b.json"])
def test_an_export_is_what_the_command_line_takes(buckets: str) -> None:
    spec = PipelineSpec(target=(None, 96), multiple_of=(8, 32), overflow="crop", mode="edge", fill_value=(-1.5, 0, 3))
    order = ExportOrder([], "/tmp/o ut", spec, buckets=buckets, format="zarr", masks=True)
    verb, *arguments = order.arguments("/tmp/list.txt", "--resume")
    taken = build_parser(verb).parse_args(arguments)
    assert (taken.paths, taken.output, taken.format) == (["@/tmp/list.txt"], "/tmp/o ut", "zarr")
    assert taken.mask
    assert taken.resume
    assert taken.json
    assert not taken.force
    assert taken.buckets == (buckets or None)
    # A file of buckets tells target, multiple and overflow itself.
    assert spec_of(taken) == (spec.replace(target=(), multiple_of=(1,), overflow="keep") if buckets else spec)
