"""How one output comes about: the terms of its sum, and what the engine makes of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from padviewer.bytecount import format_bytes
from padviewer.errors import BudgetError
from padviewer.geometry import Region, Span
from padviewer.plan import FEATURE_DTYPE, Plan, Stage
from padviewer.spec import ACROSS_FILTERS
from padviewer.windows import block_bytes, channels_of, windows_of
from padviewer.workers.jobs import ENGINES, READER, Job
from padviewer.workers.messages import Array, WindowsRequest
from padviewer.workers.shared import OwnedArray, SharedArray

if TYPE_CHECKING:
    from padviewer.workers.convolution import Convolution

# Terms that are told; of more, those that are largest.
MOST_TERMS = 4096
# What the window of one output may take in memory.
MOST_BYTES = 256 << 20
# Up to so many products are added exactly.
_EXACT = 1 << 20


@dataclass(frozen=True)
class ExplainRequest:
    """Tell how a single output comes about; answered with an `Explanation`.

    Attributes:
        plan: whose output it is.
        region: one element of FEATURE.
        array: what it reads, as for `ConvolveRequest`.
    """

    plan: Plan
    region: Region
    array: SharedArray


@dataclass(frozen=True)
class Explanation:
    """How an output comes about.

    Attributes:
        shape: taps on each spatial axis, and channels that are read, from `first_channel` on.
        first_channel: number of the first of them.
        places: the number of each term in that shape, int64, ascending; all terms, or those with the largest products.
        values, weights: of these terms, float32.
        exact: sum of all products, each exact, in float64.
        magnitude: sum of their absolute values.
        bias: what is added.
        summed: the sum with the bias as the engine adds it, float32.
        activated: the activation of the float64 sum, rounded to float32.
        value: the output, float32: that of the whole feature map where the engine holds it.
        largest: the largest sum of any filter, float32, where the activation looks at all of them; else None.
    """

    shape: tuple[int, ...]
    first_channel: int
    places: Array
    values: Array
    weights: Array
    exact: float
    magnitude: float
    bias: float
    summed: float
    activated: float
    value: float
    largest: float | None

    @property
    def count(self) -> int:
        """How many terms the sum has."""
        return math.prod(self.shape)


def explanation_job(plan: Plan, region: Region) -> Job[Explanation]:
    """Has the reader gather what an output reads, and the engine tell what it makes of that.

    Args:
        plan: a plan that has a FEATURE stage.
        region: one element of it.

    Raises:
        BudgetError: the window of one output is too large to be looked at.
    """
    needed = block_bytes(plan, region)
    if needed > MOST_BYTES:
        raise BudgetError(
            f"the window of one output takes {format_bytes(needed)}; up to {format_bytes(MOST_BYTES)} are explained"
        )
    block = OwnedArray(windows_of(plan, region).shape, FEATURE_DTYPE)
    try:
        yield READER, WindowsRequest(plan, region, block.array)
        found: Explanation = yield ENGINES[plan.spec.backend], ExplainRequest(plan, region, block.array)
        return found
    finally:
        block.release()


def explain(
    request: ExplainRequest, convolution: Convolution, held: float | None, activate: Callable[[float], float]
) -> Explanation:
    """Computes an output, and what it is made of.

    Args:
        request: which one.
        convolution: the engine's.
        held: the output in the feature map that the engine holds, if it does.
        activate: applies the plan's activation to one float32 number; not called for those that look at all filters.
    """
    plan, number = request.plan, request.region[-1].start
    linear = replace(plan, spec=plan.spec.replace(activation="linear"))
    across = plan.spec.activation in ACROSS_FILTERS
    windows = windows_of(plan, request.region)
    read = channels_of(linear, Span(number, number + 1))
    with request.array.open() as block:
        taps = tuple(slice(None, None, axis.dilation) for axis in windows.spatial)
        first = read.start - windows.channels.start
        values = block[0][(*taps, slice(first, first + read.count))].astype(FEATURE_DTYPE)
        wanted = Span(0, plan.filters) if across else request.region[-1]
        sums = np.array(convolution.of_block(linear, block, windows, wanted)).ravel()
        value = held
        if value is None:
            value = float(convolution.of_block(plan, block, windows, request.region[-1]).ravel()[0])
    kernel, bias = convolution.filter_of(plan, number)
    weights = kernel[..., read.start : read.stop]
    with np.errstate(invalid="ignore", over="ignore"):
        products = values.astype(np.float64) * weights
        exact, magnitude = _sum(products), float(np.abs(products).sum())
        total = np.float32(exact + bias)
        activated = _across(sums, number, exact + bias) if across else activate(float(total))
    places = _largest(products.ravel())
    return Explanation(
        values.shape,
        read.start,
        places,
        values.ravel()[places],
        np.ascontiguousarray(weights).ravel()[places],
        exact,
        magnitude,
        float(bias),
        float(sums[number if across else 0]),
        activated,
        value,
        float(sums.max()) if across else None,
    )


def output_region(plan: Plan, index: dict[str, int]) -> Region:
    """Returns the region of one element of FEATURE."""
    return tuple(Span(index[letter], index[letter] + 1) for letter in plan.require(Stage.FEATURE).axes)


def _sum(products: Array) -> float:
    if products.size <= _EXACT and np.isfinite(products).all():
        return math.fsum(products.ravel().tolist())
    return float(products.sum(dtype=np.float64))


def _across(sums: Array, number: int, exact: float) -> float:
    """Returns the share that softmax gives to a filter."""
    others = sums.astype(np.float64)
    others[number] = exact
    powers = np.exp(others - others.max())
    return float(np.float32(powers[number] / powers.sum()))


def _largest(products: Array) -> Array:
    """Returns the numbers of the terms that are told, ascending."""
    if len(products) <= MOST_TERMS:
        return np.arange(len(products), dtype=np.int64)
    # What is not a number matters most.
    sizes = np.nan_to_num(np.abs(products), nan=np.inf)
    found: Array = np.sort(np.argpartition(-sizes, MOST_TERMS)[:MOST_TERMS])
    return found
