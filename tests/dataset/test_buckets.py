"""The buckets that waste least, against all that there are."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array
from size_tables import table_of, tables

from padviewer.dataset import box_bound, box_search, boxes, buckets
from padviewer.dataset.borders import best_borders
from padviewer.dataset.buckets import best_buckets
from padviewer.dataset.waste import Choice, cost_of, longest
from padviewer.errors import SettingsError

SIZES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 5)), min_size=1, max_size=8, unique_by=lambda row: row[0])


def least_cut(sizes, weights, count):
    """By trying every set of borders."""
    last = len(sizes) - 1
    cuts = ((*cut, last) for each in range(min(count, len(sizes))) for cut in itertools.combinations(range(last), each))
    return min(sum(weight * sizes[next(c for c in cut if c >= n)] for n, weight in enumerate(weights)) for cut in cuts)


@settings(deadline=None, max_examples=80)
@given(SIZES, st.integers(1, 5), st.sampled_from((1, 2**30)))
def test_one_axis_is_cut_best(rows, count, scale):
    rows.sort()
    sizes, weights = [size * scale for size, _ in rows], [weight * scale for _, weight in rows]
    found = best_borders(np.array(sizes), np.array(weights), count)
    assert found.elements == least_cut(sizes, weights, count)
    assert len(found.indices) <= count
    borders = np.array(sizes, object)[found.indices]
    assert sum(w * min(b for b in borders if b >= s) for s, w in zip(sizes, weights, strict=True)) == found.elements


@pytest.mark.parametrize("shape", ["even", "kink", "steep"])
def test_many_sizes_are_cut_as_well_as_by_the_plain_recurrence(shape):
    random = np.random.default_rng(3)
    steps = {"even": np.ones(900), "kink": np.repeat([1000, 1], 450), "steep": np.arange(900) + 1}[shape]
    sizes, weights = np.cumsum(steps).astype(np.int64), random.integers(0, 9, 900)
    places = np.concatenate([[0], np.cumsum(weights)])
    costs = np.concatenate([[0], sizes * places[1:]])
    for count in (2, 3, 4, 5):
        steps = costs[:-1] + sizes[:, None] * (places[1:, None] - places[:-1])
        steps[np.triu_indices(900, 1)] = np.iinfo(np.int64).max
        costs = np.concatenate([[0], steps.min(axis=1)])
        assert best_borders(sizes, weights, count).elements == costs[-1]


def test_a_hundred_thousand_sizes_are_cut_at_once():
    # A square would be 10^10 steps for each of the buckets; a late flat piece undercuts a long arc.
    sizes = np.concatenate([np.arange(1, 50_001) * 1000, 50_000_000 + np.arange(1, 50_001)])
    found = best_borders(sizes, np.ones(len(sizes), np.int64), 16)
    assert len(found.indices) == 16
    assert found.indices[-1] == len(sizes) - 1


def least_elements(table, count, multiple_of):
    """By trying every set of buckets whose sides are rounded sizes."""
    rounded = [
        tuple(-(-int(size) // step) * step for size, step in zip(row, multiple_of, strict=True)) for row in table.sizes
    ]
    corners = list(itertools.product(*(sorted(set(column)) for column in zip(*rounded, strict=True))))
    sets = itertools.combinations(corners, min(count, len(corners)))
    return min(elements_in(rounded, table.weights.tolist(), each) for each in sets)


def elements_in(sizes, weights, chosen):
    total = 0
    for size, weight in zip(sizes, weights, strict=True):
        holding = [math.prod(b) for b in chosen if all(s <= t for s, t in zip(size, b, strict=True))]
        total += weight * min(holding) if holding else math.inf
    return total


@st.composite
def several_axes(draw):
    rank = draw(st.integers(2, 3))
    sizes = draw(st.lists(st.tuples(*[st.integers(1, 4 if rank == 2 else 2)] * rank), min_size=1, max_size=9))
    return table_of([[3 * s for s in size] for size in sizes], [1 + n % 3 for n in range(len(sizes))])


@settings(deadline=None, max_examples=60)
@given(several_axes(), st.integers(1, 3), st.integers(1, 4))
def test_few_sizes_of_several_axes_have_the_best(table, count, divisor):
    found = best_buckets(table, count, (divisor,))
    steps = (divisor,) * len(table.letters)
    assert found.is_best
    assert found.elements == found.cost.elements == least_elements(table, count, steps)
    assert found.cost.overflowing == 0


@settings(deadline=None, max_examples=8)
@given(several_axes(), st.integers(2, 3))
def test_search_and_bound_hold_the_best_between_them(table, count):
    best = least_elements(table, count, (1,) * len(table.letters))
    found = boxes.Boxes.of(table.sizes, table.weights)
    chosen = box_search.good_buckets(found, count, 0)
    elements = found.elements_in(chosen)
    assert box_bound.bound_of(found, count, chosen, elements) <= best <= elements
    assert elements <= 1.05 * best
    assert len(chosen) <= count


def mixture(name):
    random = np.random.default_rng(7)
    if name == "volumes":
        return table_of(np.exp(random.normal(4.5, 0.4, (400, 3))).astype(int) + 1)
    if name == "lines":
        height = np.exp(random.normal(4, 0.3, 600))
        return table_of(np.stack([height, height * np.exp(random.normal(2.3, 0.6, 600))], axis=1).astype(int) + 1)
    portrait = np.array([(480, 640), (640, 480), (1080, 1920), (768, 1024), (512, 512)])[random.integers(0, 5, 600)]
    return table_of((portrait * np.exp(random.normal(0, 0.15, (600, 2)))).astype(int) + 1)


@pytest.mark.parametrize(("name", "gap"), [("volumes", 0.05), ("lines", 0.02), ("photos", 0.02)])
def test_mixtures_are_proven_to_be_near_the_best(name, gap):
    table = mixture(name)
    found = best_buckets(table, 6, (32,))
    assert found.bound <= found.elements <= (1 + gap) * found.bound
    assert found.gap <= gap
    assert found.cost.overflowing == 0
    assert all(size % 32 == 0 for target in found.targets for size in target)
    assert found.targets == best_buckets(table, 6, (32,)).targets
    one = cost_of(table, Choice((longest(table),), (32,)))
    assert found.elements < one.elements


def least_by_program(table, count):
    """By a mixed-integer program of all tight buckets, solved by HiGHS."""
    sizes = table.sizes
    corners = np.array(list(itertools.product(*(np.unique(column) for column in sizes.T))))
    holds = (sizes[:, None] <= corners).all(axis=2)
    items, taken = np.nonzero(holds)
    pairs, total, last = len(items), len(items) + len(corners), len(items) + np.arange(len(corners))
    costs = np.append(table.weights[items] * corners[taken].prod(axis=1, dtype=float), np.zeros(len(corners)))
    each = coo_array((np.ones(pairs), (items, np.arange(pairs))), (len(sizes), total))
    both = np.concatenate([np.arange(pairs)] * 2), np.concatenate([np.arange(pairs), last[taken]])
    open_first = coo_array((np.repeat([1.0, -1.0], pairs), both), (pairs, total))
    few = coo_array((np.ones(len(corners)), (np.zeros(len(corners), int), last)), (1, total))
    rules = [
        LinearConstraint(matrix.tocsr(), low, high)
        for matrix, low, high in ((each, 1, 1), (open_first, -np.inf, 0), (few, 0, count))
    ]
    whole = np.append(np.zeros(pairs), np.ones(len(corners)))
    return milp(costs / costs.max(), constraints=rules, integrality=whole, bounds=Bounds(0, 1)).fun * costs.max()


@pytest.mark.parametrize(("rank", "items", "seed"), [(2, 24, 0), (2, 24, 1), (3, 9, 2), (3, 9, 3)])
def test_the_bound_is_near_what_a_program_proves_to_be_the_best(rank, items, seed):
    table = table_of(np.random.default_rng(seed).integers(5, 60, (items, rank)))
    found = boxes.Boxes.of(table.sizes, table.weights)
    chosen = box_search.good_buckets(found, 3, 0)
    elements = found.elements_in(chosen)
    best = least_by_program(table, 3)
    bound = box_bound.bound_of(found, 3, chosen, elements)
    assert 0.97 * best <= bound <= best * (1 + 1e-6)
    assert best * (1 - 1e-6) <= elements <= 1.03 * best


def test_thousands_of_sizes_are_bounded_with_as_much_work_as_is_allowed(monkeypatch):
    # Costs are looked at a number of times that does not depend on the clock, so answers repeat.
    random = np.random.default_rng(7)
    height = np.exp(random.normal(4, 0.3, 5000))
    wide = np.stack([height, height * np.exp(random.normal(2.3, 0.6, 5000))], axis=1).astype(int) + 1
    monkeypatch.setattr(box_bound, "_WORK", 100_000_000)
    found = best_buckets(table_of(wide), 4)
    assert len(found.targets) == 4
    assert found.gap < 0.1


def test_nothing_is_the_bound_of_nothing():
    found = boxes.Boxes.of(np.array([(0, n) for n in range(1, 30)] + [(n, 0) for n in range(1, 30)]), np.ones(58, int))
    chosen = box_search.good_buckets(found, 2, 0)
    assert box_bound.bound_of(found, 2, chosen, found.elements_in(chosen)) == 0


@pytest.mark.parametrize("name", ["volumes"])
def test_random_buckets_never_go_below_the_bound(name):
    table = mixture(name)
    found = best_buckets(table, 3, (16,))
    everything = tuple(-(-size // 16) * 16 for size in longest(table))
    random = np.random.default_rng(0)
    for _ in range(200):
        rows = table.sizes[random.integers(0, len(table), 2)]
        targets = (everything, *(tuple(int(size) for size in row) for row in rows))
        assert cost_of(table, Choice(targets, (16,))).elements >= found.bound


@settings(deadline=None)
@given(tables(rank=1, least=1), st.integers(1, 4), st.integers(1, 5), st.sampled_from((0.3, 0.5, 0.9, 1.0)))
def test_the_share_that_must_fit_fits_on_one_axis(table, count, divisor, cover):
    found = best_buckets(table, count, (divisor,), cover=cover)
    fitting = len(table) - found.cost.overflowing
    assert fitting >= cover * len(table)
    # No border further down would do.
    last = max(target[0] for target in found.targets)
    assert np.count_nonzero(table.sizes[:, 0] <= last - divisor) < cover * len(table)


@pytest.mark.parametrize("cover", [0.9])
def test_the_share_that_must_fit_fits_on_two(cover):
    table = mixture("lines")
    found = best_buckets(table, 3, (8,), overflow="crop", cover=cover)
    assert len(table) - found.cost.overflowing >= cover * len(table)
    assert found.cost.lost_elements > 0
    assert found.cost.padding_share < best_buckets(table, 3, (8,)).cost.padding_share


def test_one_long_outlier_overflows_where_it_may():
    table = table_of([*[(100, 90 + n) for n in range(10)] * 10, (1, 9000)])
    found = best_buckets(table, 1, cover=0.99)
    assert found.targets == ((100, 99),)
    assert found.cost.overflowing == 1


def test_no_bucket_is_beyond_the_limits():
    table = mixture("photos")
    found = best_buckets(table, 4, (32,), limits=(1000, None))
    assert max(target[0] for target in found.targets) <= 1000
    assert found.cost.overflowing == np.count_nonzero(table.sizes[:, 0] > 992)
    assert found.covered == len(table) - found.cost.overflowing


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"count": 0}, "count 0"),
        ({"count": 2, "cover": 0}, "cover 0"),
        ({"count": 2, "cover": 1.5}, "cover 1.5"),
        ({"count": 2, "limits": (3, 3)}, "no item fits within 3x3"),
        ({"count": 2, "limits": (3,)}, "target 3"),
        ({"count": 2, "multiple_of": (2, 2, 2)}, "multiple_of 2x2x2"),
        ({"count": 2, "overflow": "bend"}, "overflow"),
    ],
)
def test_what_cannot_be_is_refused(options, said):
    with pytest.raises(SettingsError, match=said):
        best_buckets(table_of([(10, 20), (20, 10)]), **options)


def test_sizes_that_hold_each_other_are_cut_best_on_any_number_of_axes():
    table = table_of([(2 * n, 3 * n, 5) for n in (1, 2, 3, 10, 11, 12, 30)])
    found = best_buckets(table, 3)
    assert found.is_best
    assert found.targets == ((6, 9, 5), (24, 36, 5), (60, 90, 5))


def test_an_item_without_elements_makes_no_bucket():
    found = best_buckets(table_of([(0, 7), (5, 5), (9, 9), (9, 0)]), 4)
    assert found.targets == ((5, 5), (9, 9))
    assert found.cost.overflowing == 0
    with pytest.raises(SettingsError, match="no item fits; expected at least one"):
        best_buckets(table_of([(0, 7), (3, 0)]), 1)


def test_there_are_no_more_buckets_than_are_of_use():
    assert best_buckets(table_of([(5, 5), (5, 5)]), 7).targets == ((5, 5),)
    assert buckets.MOST_BUCKETS > 64
