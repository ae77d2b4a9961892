"""Sizes, splits, folded indices and windows: the integer arithmetic of padding and convolution.

The formulas that the Keras layers need too (`padded_size`, `split`, `fold`) use plain operators only, so that Python
integers, numpy arrays and dynamic tensor shapes all go through the same lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Size = TypeVar("Size", int, Any)
Indices: TypeAlias = "npt.NDArray[np.int64]"

POSITIONS = ("start", "center", "end", "random")
MODES = ("constant", "reflect", "symmetric", "edge", "wrap")
OVERFLOWS = ("keep", "crop", "error")
CONV_PADDINGS = ("valid", "same", "causal")

# The largest prime whose square fits int32, which tensor shapes are made of.
PRIME = 46337


class Split(NamedTuple):
    """Elements added before and after the content of one axis; a negative number is a crop."""

    before: int
    after: int


class Span(NamedTuple):
    """The samples `start, start + step, ...` below `stop` of one axis: half-open, in a stage's own indices."""

    start: int
    stop: int
    step: int = 1

    @property
    def count(self) -> int:  # type: ignore[override]  # nobody searches a span as a tuple
        """How many samples the span holds."""
        return max(0, -(-(self.stop - self.start) // self.step))

    @property
    def indices(self) -> Indices:
        """The sampled indices, int64."""
        import numpy as np  # noqa: PLC0415 - the command line needs the words of this module alone

        return np.arange(self.start, self.stop, self.step, dtype=np.int64)


Region = tuple[Span, ...]


def whole(shape: tuple[int, ...]) -> Region:
    """Returns the region that covers every element of `shape`."""
    return tuple(Span(0, size) for size in shape)


def counts(region: Region) -> tuple[int, ...]:
    """Returns how many samples a region holds on each axis."""
    return tuple(span.count for span in region)


def positive(value: Size) -> Size:
    """Returns `value`, or 0 where it is negative, with plain operators."""
    return (value + abs(value)) // 2


def larger(a: Size, b: Size) -> Size:
    """Returns the larger of two sizes, with plain operators."""
    result: Size = b + positive(a - b)
    return result


def smaller(a: Size, b: Size) -> Size:
    """Returns the smaller of two sizes or index arrays, with plain operators."""
    result: Size = a - positive(a - b)
    return result


def padded_size(size: Size, target: int | None, overflow: str, multiple_of: int = 1) -> Size:
    """Returns the size of an axis after padding: `max(target or size, size if keep else 0)`, rounded up.

    The target in force is the rounded one. With target 10 and divisor 4 it is 12, so an input of 11 is padded to 12 and
    not cropped, and `error` refuses 13 and more.

    Args:
        size: elements on the axis of the input: an int or an integer tensor.
        target: wanted size; None takes the size of the input.
        overflow: `keep` lets a larger axis through, `crop` cuts it. `error` cuts too: the caller has refused before.
        multiple_of: the result is a multiple of this number, at least 1.
    """
    wanted: Size = size if target is None else larger(size, target) if overflow == "keep" else target
    return wanted if multiple_of == 1 else -(-wanted // multiple_of) * multiple_of


def draw(seed: Size, axis: int, call: Size = 0) -> Size:
    """Returns the random number of an axis, 0 to `PRIME` squared less 1, for `split`.

    A Feistel network of squares modulo a prime: a permutation of the seeds, in which no step leaves int32. So Python
    integers and int32 tensors of any backend give the same numbers.

    Args:
        seed: 0 to 2^31 - 1.
        axis: number of the spatial axis, 0, 1 or 2 in the order D, H, W, or 0 for T.
        call: how many times numbers were drawn before, 0 to 2^31 - 1.
    """
    left, right = seed // PRIME % PRIME, seed % PRIME
    low, high = call % PRIME, call // PRIME % PRIME
    for key in (low, high + 101 * axis, low, 211 + 307 * axis, 401 + high, 503):
        left, right = right, (left + (right * right + 7 * right + key) % PRIME) % PRIME
    return left * PRIME + right


def split(extra: Size, position: str, drawn: Size = 0) -> tuple[Size, Size]:
    """Splits `extra` elements into those before and after the content; negative numbers crop.

    The odd one of a centre goes to the end, as in TensorFlow, torchvision and MONAI. A crop uses the same split as a
    padding, so that a centre pad followed by a centre crop is the identity for every parity.

    Args:
        extra: how many elements are added, or cropped where negative.
        position: where the content sits.
        drawn: the number from `draw` that a random position goes by.
    """
    if position == "start":
        before = extra * 0
    elif position == "end":
        before = extra
    elif position == "center":
        before = positive(extra) // 2 - positive(-extra) // 2
    else:
        before = drawn % (positive(extra) + 1) - drawn % (positive(-extra) + 1)
    return before, extra - before


def fold(index: Any, size: Any, mode: str) -> Any:
    """Returns which input index stands at `index`, in numpy's padding modes, at any distance from the border.

    Args:
        index: indices relative to the first element of the content: an integer array or tensor.
        size: elements on the axis, at least 1: an int or an integer tensor.
        mode: `edge`, `wrap`, `symmetric` or `reflect`. `constant` is not folded: its outside has no source.
    """
    if mode == "edge":
        return smaller(larger(index, index * 0), size - 1)
    if mode == "wrap":
        return index % size
    if mode == "symmetric":
        turn = index % (2 * size)
        return smaller(turn, 2 * size - 1 - turn)
    period = larger(2 * size - 2, 1)
    turn = index % period
    return smaller(turn, period - turn)


def effective_kernel(kernel: int, dilation: int) -> int:
    """Returns how many elements a dilated kernel spans."""
    return (kernel - 1) * dilation + 1


def conv_split(size: Any, kernel: int, stride: int, dilation: int, conv_padding: str) -> Split:
    """Returns what the convolution itself pads: nothing for `valid`, TensorFlow's uneven split for `same`."""
    span = effective_kernel(kernel, dilation)
    if conv_padding == "valid":
        return Split(0, 0)
    if conv_padding == "causal":
        return Split(span - 1, 0)
    extra = positive((-(-size // stride) - 1) * stride + span - size)
    return Split(extra // 2, extra - extra // 2)


def conv_size(size: Size, kernel: int, stride: int, dilation: int, conv_padding: str) -> Size:
    """Returns how many outputs a convolution has on an axis; 0 or less where the window does not fit."""
    before, after = conv_split(size, kernel, stride, dilation, conv_padding)
    return (size + before + after - effective_kernel(kernel, dilation)) // stride + 1


def sizes_text(shape: tuple[int, ...]) -> str:
    """Returns e.g. `3 x 5`."""
    return " x ".join(map(str, shape))
