"""`torch.nn.functional.pad`, which counts axes from the last; what it refuses is gathered by folded indices."""

from __future__ import annotations

from padviewer.axes import BATCH, CHANNELS, spatial_axes
from padviewer.geometry import Split
from padviewer.plan import Plan
from padviewer.snippets import literals
from padviewer.snippets.any_size import Words, function, loop, offset, split
from padviewer.snippets.tensor import Tensor, refuse_random, tensor_of

_WORDS = Words()
# torch's names, and how many elements an axis must have beside the width.
_MODES = {"reflect": ("reflect", 1), "edge": ("replicate", None), "wrap": ("circular", 0)}
_NO_MIRRORS = ("bool", "uint16", "uint32", "uint64")
# Up to here every whole number is a float.
_EXACT = 2**53
_FOLDED = {
    "edge": ["index = index.clamp(0, size - 1)"],
    "wrap": ["index = index % size"],
    "symmetric": ["turn = index % (2 * size)", "index = torch.minimum(turn, 2 * size - 1 - turn)"],
    "reflect": [
        "period = max(2 * size - 2, 1)",
        "turn = index % period",
        "index = torch.minimum(turn, period - turn)",
    ],
}


def fixed(plan: Plan) -> str:
    """Returns code for inputs of this size."""
    tensor = tensor_of(plan)
    source = f"x{tensor.kept}"
    if not tensor.added:
        unchanged = "y = x  # this input has the wanted size already"
        return _code(["import torch"], tensor, [f"y = {source}" if tensor.kept else unchanged])
    if tensor.fill is not None:
        backwards = [amount for pair in reversed(tensor.amounts) for amount in pair]
        while backwards[-2:] == [0, 0]:
            del backwards[-2:]
        order = ", ".join(reversed(tensor.axes[len(tensor.axes) - len(backwards) // 2 :]))
        padded = _constant(tensor, "y = ", source, literals.sizes(backwards))
        return _code(_imports(padded), tensor, [f"# Amounts begin with the last axis: {order}.", *padded])
    if _mirrors(tensor):
        return _code(["import torch.nn.functional as F"], tensor, _mirrored(tensor, source))
    return _code(["import numpy as np", "import torch"], tensor, _gathered(tensor, source))


def any_size(plan: Plan) -> str:
    """Returns code for inputs of any size."""
    refuse_random(plan)
    tensor = tensor_of(plan)
    if not tensor.targets:
        return fixed(plan)
    if tensor.fill is None:
        return "\n".join(["import torch", *function(tensor, _folded(tensor))]) + "\n"
    padded = _constant(tensor, "return ", "x", "backwards")
    return "\n".join([*_imports(padded), *function(tensor, _padded(tensor, padded))]) + "\n"


def _code(imports: list[str], tensor: Tensor, body: list[str]) -> str:
    described = f"{tensor.described}, a torch tensor with the axes {' '.join(tensor.axes)}"
    return "\n".join([*imports, "", described, *body]) + "\n"


def _imports(code: list[str]) -> list[str]:
    needed = {"import torch": "torch.", "import torch.nn.functional as F": "F.pad("}
    return [line for line, used in needed.items() if used in "".join(code)]


def _constant(tensor: Tensor, before: str, source: str, amounts: str) -> list[str]:
    fill = tensor.spec.fill_value
    each = fill if isinstance(fill, tuple) else (fill,)
    # F.pad takes its value as a float, which rounds larger integers.
    exact = tensor.dtype in ("int64", "uint64") and any(abs(value) > _EXACT for value in each)
    function, name = ("torch.constant_pad_nd", "") if exact else ("F.pad", "value=")
    values = literals.numbers(fill, tensor.dtype, "torch")
    if isinstance(fill, tuple):
        return literals.channel_by_channel(
            f"{before}torch.cat",
            f"{function}(part, {amounts}, {name}value)",
            f"{source}.split(1, dim={tensor.channels})",
            values,
            f"dim={tensor.channels}",
        )
    return [f"{before}{function}({source}, {amounts}{'' if values in literals.ZEROS else f', {name}{values}'})"]


def _mirrors(tensor: Tensor) -> bool:
    """Whether torch has the mode for this dtype, the widths are no more than it takes, and no axis is empty."""
    name, least = _MODES.get(tensor.spec.mode, ("", None))
    if not name or (name != "circular" and tensor.dtype in _NO_MIRRORS) or 0 in tensor.shape + tensor.padded:
        return False
    return least is None or all(max(pad) <= tensor.shape[axis] - least for axis, pad in tensor.added.items())


def _mirrored(tensor: Tensor, source: str) -> list[str]:
    """Moves the channels before the spatial axes and back: torch pads the last axes of N C ... alone."""
    spatial = [letter for letter in tensor.axes if letter in spatial_axes(tensor.axes)]
    channels_first = [letter for letter in (BATCH, CHANNELS) if letter in tensor.axes] + spatial
    name, _least = _MODES[tensor.spec.mode]
    missing = [letter for letter in (BATCH, CHANNELS) if letter not in tensor.axes]
    amounts = [amount for letter in reversed(spatial) for amount in _amount(tensor, letter)]
    there = [tensor.axes.index(letter) for letter in channels_first]
    back = [channels_first.index(letter) for letter in tensor.axes]
    moved = there != sorted(there)
    order = f"the last axis first: {', '.join(reversed(spatial))}"
    lines = []
    if moved:
        source = f"{source}.permute{literals.sizes(there)}"
        lines.append(f"# torch pads the axes after B C: the channels go before {', '.join(spatial)}, and back.")
    view = {0: "", 1: "[None]" if missing == [BATCH] else "[:, None]", 2: "[None, None]"}[len(missing)]
    taken = {0: "", 1: "[0]" if missing == [BATCH] else "[:, 0]", 2: "[0, 0]"}[len(missing)]
    padded = f'F.pad({source}{view}, {literals.sizes(amounts)}, mode="{name}"){taken}'
    lines.append(f"y = {padded}  # {order}")
    if moved:
        lines.append(f"y = y.permute{literals.sizes(back)}")
    return lines


def _amount(tensor: Tensor, letter: str) -> Split:
    return tensor.amounts[tensor.axes.index(letter)]


def _gathered(tensor: Tensor, source: str) -> list[str]:
    mode = tensor.spec.mode
    why = _refusal(tensor)
    amounts = ", ".join(f"{axis}: ({before}, {after})" for axis, (before, after) in tensor.added.items())
    return [
        f"y = {source}",
        f"# {why}, so elements are gathered.",
        f"for axis, amounts in {{{amounts}}}.items():",
        f'    index = torch.from_numpy(np.pad(np.arange(y.shape[axis]), amounts, mode="{mode}"))',
        "    y = y.index_select(axis, index.to(y.device))",
    ]


def _refusal(tensor: Tensor) -> str:
    """Returns why `F.pad` does not do."""
    name, _least = _MODES.get(tensor.spec.mode, ("", None))
    if not name:
        return f"F.pad has no mode {tensor.spec.mode}"
    if name != "circular" and tensor.dtype in _NO_MIRRORS:
        return f"F.pad has no mode {name} for {tensor.dtype}"
    return f"F.pad takes no such widths in mode {name}"


def _padded(tensor: Tensor, padded: list[str]) -> list[str]:
    return [
        "amounts = [(0, 0)] * x.ndim",
        *loop(tensor, _WORDS),
        *split(tensor, _WORDS),
        "    amounts[axis] = (before, after)" + ("  # negative ones crop" if tensor.crops else ""),
        "# torch begins with the last axis.",
        "backwards = [amount for pair in reversed(amounts) for amount in pair]",
        *padded,
    ]


def _folded(tensor: Tensor) -> list[str]:
    start = offset(tensor, _WORDS)
    return [
        *loop(tensor, _WORDS),
        f"    index = torch.arange(wanted, device=x.device){'' if start == '0' else f' - {start}'}",
        *(f"    {line}" for line in _FOLDED[tensor.spec.mode]),
        "    x = x.index_select(axis, index)",
        "return x",
    ]
