from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from padviewer.errors import UnsupportedSource
from padviewer.raw_layout import RAW_DTYPES, RawLayout, parse_raw

SIZES = st.lists(st.integers(1, 10**9), min_size=1, max_size=5)


@given(
    st.sampled_from(RAW_DTYPES), st.sampled_from("<>"), SIZES, st.integers(-1, 4), st.integers(0, 10**12), st.booleans()
)
def test_text_and_layout_are_the_same(name, order, sizes, opened, offset, fortran):
    shape = tuple(None if axis == opened else size for axis, size in enumerate(sizes))
    layout = RawLayout(np.dtype(name).newbyteorder(order), shape, offset, fortran)
    assert parse_raw(str(layout)) == layout
    assert str(parse_raw(str(layout))) == str(layout)


@settings(max_examples=50)
@given(st.text(alphabet="raw:uint8x?+F<>1 ", max_size=30) | st.text(max_size=30))
def test_any_text_is_a_layout_or_refused(text):
    try:
        layout = parse_raw(text)
    except UnsupportedSource:
        return
    assert 1 <= len(layout.shape) <= 5
