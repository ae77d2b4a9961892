"""The arithmetic of padding that inputs of any size share, as the lines of a loop over axes."""

from __future__ import annotations

from dataclasses import dataclass

from padviewer.snippets.tensor import Target, Tensor


@dataclass(frozen=True)
class Words:
    """How a framework says what the loop needs.

    Attributes:
        size: the size of `axis`.
        larger: its function for the larger of two sizes.
        halved: half of a number, rounded towards 0.
        refusal: lines that refuse a size above what is wanted.
    """

    size: str = "x.shape[axis]"
    larger: str = "max"
    halved: str = "int(extra / 2)"
    refusal: tuple[str, ...] = (
        "if size > wanted:",
        '    raise ValueError(f"axis {axis} has {size} elements, more than {wanted}")',
    )


def docstring(tensor: Tensor) -> str:
    """Returns what the function says of itself: `Pads H to 128 and W to 256; larger axes stay.`."""
    parts = []
    for number, target in tensor.targets.items():
        multiple = f"a multiple of {target.multiple_of}"
        rounded = f" ({multiple})" if target.multiple_of > 1 else ""
        parts.append(f"{tensor.axes[number]} to {multiple if target.size is None else f'{target.size}{rounded}'}")
    larger = {"keep": "stay", "crop": "are cropped", "error": "are refused"}[tensor.spec.overflow]
    told = f"; larger axes {larger}" if _has_size(tensor) else ""
    return f'"""Pads {" and ".join(parts)}{told}. x: {" ".join(tensor.axes)}."""'


def loop(tensor: Tensor, words: Words) -> list[str]:
    """Returns the head of the loop, and lines in it that compute `size`, `wanted` and `extra`."""
    targets = tensor.targets
    has_size, rounds = _has_size(tensor), any(target.multiple_of > 1 for target in targets.values())
    names = "(target, multiple)" if has_size and rounds else "target" if has_size else "multiple"
    items = ", ".join(f"{number}: {_said(target, has_size, rounds)}" for number, target in targets.items())
    lines = [f"for axis, {names} in {{{items}}}.items():", f"    size = {words.size}"]
    wanted = _wanted(tensor, words)
    if rounds and not wanted.isalpha():
        lines.append(f"    wanted = {wanted}")
        wanted = "wanted"
    lines.append(f"    wanted = {f'-(-{wanted} // multiple) * multiple  # rounded up' if rounds else wanted}")
    if tensor.spec.overflow == "error" and has_size:
        lines += [f"    {line}" for line in words.refusal]
    return [*lines, "    extra = wanted - size"]


def offset(tensor: Tensor, words: Words) -> str:
    """Returns the expression for what is added before the content; negative where it is cropped."""
    halved = words.halved if tensor.crops else "extra // 2"
    return {"start": "0", "end": "extra", "center": halved}[tensor.spec.position]


def split(tensor: Tensor, words: Words) -> list[str]:
    """Returns lines that compute `before` and `after`; negative numbers are a crop."""
    if tensor.spec.position != "center":
        return [f"    before, after = {'extra, 0' if tensor.spec.position == 'end' else '0, extra'}"]
    rounded = "  # towards 0, for paddings and crops alike" if tensor.crops else ""
    return [f"    before = {offset(tensor, words)}{rounded}", "    after = extra - before"]


def function(tensor: Tensor, body: list[str]) -> list[str]:
    """Returns a function `pad` with its docstring, and the line that calls it."""
    return ["", "", "def pad(x):", f"    {docstring(tensor)}", *(f"    {line}" for line in body), "", "", "y = pad(x)"]


def _said(target: Target, has_size: bool, rounds: bool) -> str:
    if has_size and rounds:
        return f"({target.size}, {target.multiple_of})"
    return str(target.size if has_size else target.multiple_of)


def _has_size(tensor: Tensor) -> bool:
    return any(target.size is not None for target in tensor.targets.values())


def _wanted(tensor: Tensor, words: Words) -> str:
    """Returns the expression for the size before it is rounded up; an axis without a target keeps its own."""
    if not _has_size(tensor):
        return "size"
    leaves_some = any(target.size is None for target in tensor.targets.values())
    if tensor.spec.overflow == "keep":
        return f"{words.larger}(size, target or 0)" if leaves_some else f"{words.larger}(size, target)"
    return "size if target is None else target" if leaves_some else "target"
