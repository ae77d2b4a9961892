"""Which target each item of an export takes, and with which settings it is padded."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import NamedTuple

from padviewer.axes import spatial_axes
from padviewer.dataset.choice import REFUSED, Choice, assign
from padviewer.dataset.measured import Measured
from padviewer.dataset.table import SizeTable
from padviewer.errors import PlanError
from padviewer.geometry import draw
from padviewer.plan import ArrayInfo, Plan, Stage
from padviewer.resolve import resolve
from padviewer.spec import MAX_SEED, PipelineSpec, Target, format_target

# Sizes whose bucket is remembered.
_MOST = 1 << 16
# Plans that are kept: each serves all items of its shape, axes and dtype.
_MOST_PLANS = 1 << 8


class Planned(NamedTuple):
    """What an item becomes.

    Attributes:
        plan: of its padding.
        bucket: number of its target among several; None where one serves all.
        spec_json: the settings of its plan.
    """

    plan: Plan
    bucket: int | None
    spec_json: str


class Bucketing:
    """Settings applied to items, each with a target of its own.

    An item takes the bucket that holds it with least elements, as `padviewer.dataset.choice` says. A random position
    is drawn for each item by its label, so it depends neither on the order of the items nor on who writes it.

    Args:
        spec: the settings; its target is used where there are no buckets.
        targets: the buckets; none is the target of the settings.
        budget: bytes that one result may take.
    """

    def __init__(self, spec: PipelineSpec, targets: tuple[Target, ...], budget: int) -> None:
        self.spec, self.targets, self.budget = spec, targets, budget
        self._specs = [spec.replace(target=target) for target in targets] or [spec]
        self._texts = [spec.to_json() for spec in self._specs]
        self._choice = Choice(targets, spec.multiple_of, spec.overflow) if len(targets) > 1 else None
        self._plans: dict[tuple[int, int, str, tuple[int, ...], str], Plan] = {}
        self._buckets: dict[tuple[str, tuple[int, ...]], int] = {}

    def plan(self, info: ArrayInfo, label: str) -> Planned:
        """Returns what an item becomes.

        Raises:
            PlanError: the settings cannot be applied to it.
        """
        bucket = self._bucket_of(info) if self._choice else 0
        spec, text = self._specs[bucket], self._texts[bucket]
        if spec.position == "random":
            spec = spec.replace(position_seed=seed_of(spec.position_seed, label))
            text = spec.to_json()
        info = replace(info, members=()) if info.members else info
        key = spec.position_seed, bucket, info.axes, info.shape, info.dtype
        plan = self._plans.get(key)
        if plan is None:
            plan = resolve(spec, info, self.budget)
            plan.require(Stage.PADDED)
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            self._plans[key] = plan
        return Planned(plan if plan.info is info else replace(plan, info=info), bucket if self._choice else None, text)

    def _bucket_of(self, info: ArrayInfo) -> int:
        axes = self.spec.axes or info.axes
        if len(axes) != len(info.shape):
            return 0  # the plan says what is wrong
        key = axes, info.shape
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= _MOST:
                self._buckets.clear()
            self._buckets[key] = bucket = self._chosen(axes, info.shape)
        if bucket == REFUSED:
            sizes = " x ".join(map(str, info.shape))
            raise PlanError(
                f"no bucket holds {axes} {sizes}, and overflow is 'error'; the buckets are "
                f"{', '.join(map(format_target, self.targets[:8]))}. Add a larger one, or let overflow crop or keep"
            )
        return bucket

    def _chosen(self, axes: str, shape: tuple[int, ...]) -> int:
        if self._choice is None:
            return 0
        letters = spatial_axes(axes)
        table = SizeTable.of(letters, [Measured("", None, shape, axes)])
        return int(assign(table, self._choice).buckets[0])


def seed_of(seed: int, label: str) -> int:
    """Returns the seed of one item's random position; `padviewer export --position-seed` takes it too.

    Args:
        seed: of all items.
        label: of the item.
    """
    number = zlib.crc32(label.encode("utf-8", "surrogatepass")) & MAX_SEED
    return int(draw(seed, 0, number))
