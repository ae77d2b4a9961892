"""Plans that are kept for items of one shape are those that each item would have had by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from padviewer.batch.bucketing import Bucketing, seed_of
from padviewer.plan import ArrayInfo
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec


@st.composite
def infos(draw):
    axes = draw(st.sampled_from(["HW", "WH", "HWC", "CHW"]))
    shape = tuple(draw(st.sampled_from([2, 3])) for _ in axes)
    dtype = draw(st.sampled_from(["uint8", "float32"]))
    return ArrayInfo(draw(st.text("ab", min_size=1)), None, "test", shape, dtype, axes, False, draw(st.integers(0, 9)))


@given(st.lists(infos(), min_size=2, max_size=12), st.sampled_from(["start", "center", "random"]), st.booleans())
def test_they_equal_plans_that_are_made_anew(found, position, buckets):
    # A kernel that always fits: two refusals are never equal.
    spec = PipelineSpec(target=(4, 5), position=position, position_seed=7, kernel=(1,))
    targets = ((2, 2), (4, 5)) if buckets else ()
    bucketing = Bucketing(spec, targets, 1 << 30)
    for number, info in enumerate(found):
        planned = bucketing.plan(info, str(number))
        wanted = spec.replace(target=targets[planned.bucket]) if buckets else spec
        if position == "random":
            wanted = wanted.replace(position_seed=seed_of(7, str(number)))
        assert planned.plan == resolve(wanted, info, 1 << 30)
        assert planned.spec_json == wanted.to_json()
