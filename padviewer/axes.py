"""Axis letters: what each axis of an array means, in numpy order.

`B` batch, `D` depth, `H` height, `W` width, `T` the one axis of a signal, `C` channels.
"""

from __future__ import annotations

from padviewer.errors import SettingsError

BATCH = "B"
CHANNELS = "C"
SPATIAL_SETS = ("T", "HW", "DHW")
MAX_RANK = 5
# An axis this short beside long ones is taken for channels: gray + alpha, RGB, RGBA.
_FEW = 4


def parse_axes(text: str) -> str:
    """Returns `text` as axis letters, e.g. `HWC`, or raises a `SettingsError`."""
    axes = "".join(c for c in text.upper() if c not in " ,-")
    allowed = set("BC") | set("".join(SPATIAL_SETS))
    if not axes or len(set(axes)) != len(axes) or not set(axes) <= allowed:
        raise SettingsError(
            f"axes {text!r}: expected each letter at most once out of B (batch), D H W or T (spatial), C (channels), "
            "for instance HWC, BHWC or TC"
        )
    if spatial_axes(axes) not in SPATIAL_SETS:
        raise SettingsError(
            f"axes {text!r}: the spatial letters must be T, or H and W, or D, H and W; "
            f"got {spatial_axes(axes) or 'none'!r}"
        )
    return axes


def spatial_axes(axes: str) -> str:
    """Returns the spatial letters of `axes` in the order of targets and kernels: D, H, W, or T."""
    return "".join(letter for letter in "DHWT" if letter in axes)


def canonical_axes(axes: str) -> str:
    """Returns the layout that Keras layers take for `axes`: batch, spatial axes, channels last."""
    return f"{BATCH}{spatial_axes(axes)}{CHANNELS}"


def guess_axes(shape: tuple[int, ...]) -> str:
    """Guesses the axis letters of an array that does not tell them.

    A last axis of at most four elements is taken for channels, else a first one (or the second of rank 4 and 5) is.
    Without either, rank 3 is a volume, and rank 4 a batch with channels last.

    Args:
        shape: sizes of one to five axes.
    """
    rank = len(shape)
    channels_last = shape[-1] <= _FEW
    if rank <= 2:
        return ("T", "HW")[rank - 1]
    if rank == 3:
        if channels_last:
            return "HWC"
        return "CHW" if shape[0] <= _FEW else "DHW"
    channels_second = shape[1] <= _FEW and not channels_last
    if rank == 4:
        return "BCHW" if channels_second else "BHWC"
    return "BCDHW" if channels_second else "BDHWC"


def axes_choices(rank: int) -> tuple[str, ...]:
    """Returns the layouts that people use for arrays of a rank, the most usual first."""
    return {
        1: ("T",),
        2: ("HW", "TC", "CT", "BT", "WH"),
        3: ("HWC", "CHW", "DHW", "BHW", "BTC", "BCT"),
        4: ("BHWC", "BCHW", "DHWC", "CDHW", "BDHW"),
        5: ("BDHWC", "BCDHW"),
    }[rank]
