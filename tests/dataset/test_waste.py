"""What targets cost, against plans of single items and sums in plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from size_tables import plan_of, table_of, tables

from padviewer.dataset.choice import REFUSED
from padviewer.dataset.waste import Choice, assign, cost_of, longest, longest_of_batch, quantile_of, waste_grid
from padviewer.errors import PlanError, SettingsError
from padviewer.geometry import OVERFLOWS
from padviewer.spec import CONVOLUTIONS, PipelineSpec


@st.composite
def choices(draw, rank, count=4):
    size = st.none() | st.integers(0, 14)
    targets = draw(st.lists(st.tuples(*[size] * rank), min_size=1, max_size=count))
    divisors = draw(st.tuples(st.integers(1, 5)) | st.tuples(*[st.integers(1, 5)] * rank))
    return Choice(tuple(targets), divisors, draw(st.sampled_from(OVERFLOWS)))


@st.composite
def cases(draw, count=4):
    table = draw(tables())
    return table, draw(choices(len(table.letters), count))


def outcomes(size, weight, choice):
    """(number, holds, padded, kept elements) of each target, as the window makes it."""
    for number, target in enumerate(choice.targets):
        plan = plan_of(size, weight, target, "crop", multiple_of=choice.multiple_of)
        holds = all(axis.padded >= axis.size for axis in plan.spatial)
        plan = plan_of(size, weight, target, choice.overflow, multiple_of=choice.multiple_of)
        if plan.problem and plan.padded is None:
            assert (choice.overflow, holds) == ("error", False)
            continue
        kept = math.prod(min(axis.size, axis.padded) for axis in plan.spatial)
        yield number, holds, tuple(axis.padded for axis in plan.spatial), kept


def best_of(size, weight, choice):
    """The outcome that the rules choose; None where it is refused."""
    found = list(outcomes(size, weight, choice))
    holding = [each for each in found if each[1]]
    if holding:
        return min(holding, key=lambda each: (math.prod(each[2]), each[0]))
    if choice.overflow == "crop":
        return min(found, key=lambda each: (-each[3], math.prod(each[2]), each[0]))
    return min(found, key=lambda each: (math.prod(each[2]), each[0])) if found else None


@settings(deadline=None)
@given(cases())
def test_items_take_the_target_that_the_rules_name(case):
    table, choice = case
    taken = assign(table, choice)
    for row in range(len(table)):
        expected = best_of(table.sizes[row].tolist(), 1, choice)
        if expected is None:
            assert taken.buckets[row] == REFUSED
            continue
        number, holds, padded, kept = expected
        assert (taken.buckets[row], taken.fits[row], tuple(taken.padded[row])) == (number, holds, padded)
        assert math.prod(taken.kept[row].tolist()) == kept


@settings(deadline=None)
@given(cases(), st.integers(1, 7))
def test_costs_are_the_sums_of_the_plans(case, batch_size):
    table, choice = case
    cost = cost_of(table, choice, batch_size, "float64")
    rows = [
        (int(weight), size, best_of(size, int(weight), choice))
        for size, weight in zip(table.sizes.tolist(), table.weights, strict=True)
    ]
    served = [(weight, size, found) for weight, size, found in rows if found]
    assert cost.items == len(rows)
    assert cost.elements == sum(weight * math.prod(found[2]) for weight, _, found in served)
    assert cost.data == sum(weight * found[3] for weight, _, found in served)
    assert cost.refused == len(rows) - len(served)
    assert cost.overflowing == sum(found is None or not found[1] for _, _, found in rows)
    assert cost.lost_elements == sum(weight * (math.prod(size) - found[3]) for weight, size, found in served)
    largest = max((weight * math.prod(found[2]) for weight, _, found in served), default=0)
    assert cost.batch_bytes == largest * batch_size * 8
    assert [part.items for part in cost.parts] == [
        sum(found[0] == number for _, _, found in served) for number in range(len(choice.targets))
    ]
    assert sum(part.data for part in cost.parts) == cost.data


@settings(deadline=None)
@given(tables(rank=2, least=1), st.sampled_from(OVERFLOWS))
def test_one_item_has_the_padding_share_of_its_plan(table, overflow):
    for size, weight in zip(table.sizes.tolist(), table.weights.tolist(), strict=True):
        plan = plan_of(size, weight, (5, 9), overflow, multiple_of=(4, 3))
        cost = cost_of(table_of([size], [weight]), Choice(((5, 9),), (4, 3), overflow))
        assert cost.padding_share == pytest.approx(plan.padding_share, abs=1e-12)


@st.composite
def convolutions(draw, rank):
    conv = draw(st.sampled_from(CONVOLUTIONS if rank < 3 else CONVOLUTIONS[:1]))
    return PipelineSpec(
        conv=conv,
        filters=draw(st.sampled_from((2, 6))),
        groups=draw(st.sampled_from((1, 2))) if conv == "standard" else 1,
        depth_multiplier=draw(st.integers(1, 3)),
        kernel=draw(st.tuples(*[st.integers(1, 4)] * rank)),
        strides=draw(st.sampled_from(((1,), (2,)))),
        conv_padding=draw(st.sampled_from(("valid", "same") if rank > 1 or conv != "standard" else ("same", "causal"))),
    )


@settings(deadline=None)
@given(st.data())
def test_operations_are_those_of_the_plans(data):
    rank = data.draw(st.integers(1, 3))
    sizes = data.draw(st.lists(st.tuples(*[st.integers(1, 9)] * rank), min_size=1, max_size=5))
    channels = [2 * data.draw(st.integers(1, 3)) for _ in sizes]
    spec = data.draw(convolutions(rank))
    choice = Choice((data.draw(st.tuples(*[st.integers(1, 9)] * rank)),), (2,))
    expected = 0
    for size, count in zip(sizes, channels, strict=True):
        options = {name: getattr(spec, name) for name in (
            "conv", "filters", "groups", "depth_multiplier", "kernel", "strides", "conv_padding",
        )}  # fmt: skip
        expected += plan_of(size, count, choice.targets[0], "keep", multiple_of=(2,), **options).multiply_adds
    found = cost_of(table_of(sizes, channels), choice, spec=spec)
    assert found.operations == expected
    assert found.operations_per_item == expected / len(sizes)


def test_a_convolution_that_cannot_be_is_refused_with_its_reason():
    with pytest.raises(PlanError, match="kernel"):
        cost_of(table_of([(4, 5)]), Choice(((8, 8),)), spec=PipelineSpec(kernel=(3, 3, 3)))


def test_figures_stay_exact_beyond_64_bits():
    table = table_of([(2**40, 2**39), (3, 5)], [7, 2])
    cost = cost_of(table, Choice(((2**40, 2**40),)), 3, spec=PipelineSpec(kernel=(1,), filters=1))
    assert cost.elements == 9 * 2**80
    assert cost.data == 7 * 2**79 + 30
    assert cost.batch_bytes == 3 * 7 * 2**80 * 4
    assert cost.operations == 9 * 2**80


@pytest.mark.parametrize("targets", [((8,),), ((8, 8), (8,)), ()])
def test_targets_of_another_number_of_axes_are_refused(targets):
    with pytest.raises(SettingsError):
        cost_of(table_of([(4, 5)]), Choice(targets))


@settings(deadline=None)
@given(cases(count=1))
def test_the_quantile_is_the_share_of_items_that_fit(case):
    table, choice = case
    found = quantile_of(table, choice.targets[0], choice.multiple_of)
    assert found.share == pytest.approx(1 - cost_of(table, choice).overflowing / len(table))
    for axis, share in enumerate(found.axes):
        alone = tuple(size if number == axis else None for number, size in enumerate(choice.targets[0]))
        assert share == pytest.approx(quantile_of(table, alone, choice.multiple_of).share)


def test_the_longest_holds_all_and_no_less_does():
    table = table_of([(4, 50), (40, 5)])
    assert longest(table) == (40, 50)
    assert quantile_of(table, (40, 50)).share == 1


@settings(deadline=None)
@given(st.data())
def test_a_grid_holds_the_cost_of_each_of_its_targets(data):
    table = data.draw(tables())
    rank = len(table.letters)
    choice = data.draw(choices(rank, 1))
    axes = data.draw(st.permutations(range(rank)).map(lambda order: tuple(order[: min(2, rank)])))
    if rank > 1 and data.draw(st.booleans()):
        axes = axes[:1]
    grid = tuple(np.array(sorted(data.draw(st.lists(st.integers(0, 14), min_size=1, max_size=4)))) for _ in axes)
    found = waste_grid(table, choice, axes, grid)
    assert found.waste.shape == found.overflowing.shape == tuple(map(len, grid))
    for cell in np.ndindex(found.waste.shape):
        target = list(choice.targets[0])
        for axis, index, values in zip(axes, cell, grid, strict=True):
            target[axis] = int(values[index])
        cost = cost_of(table, Choice((tuple(target),), choice.multiple_of, choice.overflow))
        assert found.waste[cell] == pytest.approx(cost.padding_share, abs=1e-9)
        assert found.overflowing[cell] == pytest.approx(cost.overflowing / len(table), abs=1e-9)


@settings(deadline=None)
@given(tables(least=1), st.integers(1, 4), st.integers(1, 4))
def test_a_batch_of_one_wastes_only_what_rounding_adds(table, divisor, rounds):
    found = longest_of_batch(table, 1, (divisor,), rounds=rounds)
    alone = cost_of(table, Choice(((None,) * len(table.letters),), (divisor,)))
    assert found.mean == pytest.approx(alone.padding_share)
    assert found.least == pytest.approx(found.most)


@settings(deadline=None)
@given(tables(least=1), st.integers(1, 4))
def test_a_batch_of_all_is_padded_to_the_longest(table, divisor):
    found = longest_of_batch(table, 1000, (divisor,), rounds=3)
    assert found.most == pytest.approx(cost_of(table, Choice((longest(table),), (divisor,))).padding_share)
    assert found.deviation == pytest.approx(0)


def test_batches_of_two_are_simulated_as_they_are_counted_one_by_one():
    table = table_of([(3,), (5,), (8,), (13,)])
    found = longest_of_batch(table, 2, rounds=400, seed=5)
    # The three ways to make pairs of four.
    ways = [1 - 29 / elements for elements in (2 * 5 + 2 * 13, 2 * 8 + 2 * 13, 2 * 13 + 2 * 8)]
    assert found.mean == pytest.approx(np.mean(ways), abs=0.01)
    assert (found.least, found.most) == (pytest.approx(min(ways)), pytest.approx(max(ways)))
    assert found == longest_of_batch(table, 2, rounds=400, seed=5)


@settings(deadline=None)
@given(tables(least=1), st.integers(1, 4), st.randoms())
def test_items_in_another_order_are_simulated_alike(table, batch_size, random):
    rows = list(range(len(table)))
    random.shuffle(rows)
    choices = (None, Choice((longest(table), (2,) * len(table.letters)), overflow="crop"))
    for choice in choices:
        found = longest_of_batch(table.subset(rows), batch_size, rounds=3, choice=choice)
        assert found == longest_of_batch(table, batch_size, rounds=3, choice=choice)


def test_batches_of_one_bucket_mix_no_others():
    table = table_of([(3,), (4,), (100,), (101,)])
    choice = Choice(((4,), (101,)))
    assert longest_of_batch(table, 2, choice=choice).most == pytest.approx(2 / 210)
    cropped = longest_of_batch(table, 2, choice=Choice(((4,), (100,)), overflow="crop"))
    assert cropped.most == pytest.approx(1 / 208)
    refused = longest_of_batch(table, 2, choice=Choice(((4,),), overflow="error"))
    assert refused.most == pytest.approx(1 / 8)
    assert longest_of_batch(table, 2, choice=Choice(((2,),), overflow="error")).mean == 0
