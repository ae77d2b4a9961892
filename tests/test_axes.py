"""Axis letters: what is taken, what is refused, and what is guessed."""

import pytest

from padviewer.axes import MAX_RANK, axes_choices, canonical_axes, guess_axes, parse_axes, spatial_axes
from padviewer.errors import SettingsError


@pytest.mark.parametrize(("text", "axes"), [("hwc", "HWC"), ("B, H, W, C", "BHWC"), ("T", "T"), ("c-t", "CT")])
def test_letters_are_taken_in_any_case_and_spacing(text: str, axes: str) -> None:
    assert parse_axes(text) == axes


@pytest.mark.parametrize("text", ["", " ", "HH", "HWX", "BC", "H", "DW", "HWT", "DHT", "5"])
def test_letters_that_make_no_layout_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"expected|must be") as caught:
        parse_axes(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(("axes", "spatial"), [("WHC", "HW"), ("CDHW", "DHW"), ("BTC", "T"), ("WHD", "DHW")])
def test_spatial_letters_stand_in_the_order_of_targets(axes: str, spatial: str) -> None:
    assert spatial_axes(axes) == spatial


@pytest.mark.parametrize(("axes", "canonical"), [("HW", "BHWC"), ("CHW", "BHWC"), ("T", "BTC"), ("CDHW", "BDHWC")])
def test_the_canonical_layout_has_batch_and_channels(axes: str, canonical: str) -> None:
    assert canonical_axes(axes) == canonical


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((100,), "T"),
        ((100, 3), "HW"),
        ((64, 48, 3), "HWC"),
        ((64, 48, 2), "HWC"),
        ((3, 64, 48), "CHW"),
        ((1, 64, 48), "CHW"),
        ((3, 64, 3), "HWC"),
        ((60, 64, 48), "DHW"),
        ((8, 64, 48, 3), "BHWC"),
        ((8, 3, 64, 48), "BCHW"),
        ((8, 64, 48, 16), "BHWC"),
        ((2, 20, 64, 48, 1), "BDHWC"),
        ((2, 1, 20, 64, 48), "BCDHW"),
        ((2, 20, 64, 48, 16), "BDHWC"),
    ],
)
def test_a_layout_is_guessed_from_the_shape(shape: tuple[int, ...], axes: str) -> None:
    assert guess_axes(shape) == axes


@pytest.mark.parametrize("rank", range(1, MAX_RANK + 1))
def test_every_choice_is_a_layout_of_its_rank(rank: int) -> None:
    choices = axes_choices(rank)
    assert [parse_axes(axes) for axes in choices] == list(choices)
    assert {len(axes) for axes in choices} == {rank}
    assert len(set(choices)) == len(choices)


@pytest.mark.parametrize("shape", [(9,), (9, 9), (9, 9, 9), (9, 9, 9, 9), (9, 9, 9, 9, 9), (9, 9, 3), (3, 9, 9)])
def test_every_guess_is_one_of_the_choices(shape: tuple[int, ...]) -> None:
    assert guess_axes(shape) in axes_choices(len(shape))
