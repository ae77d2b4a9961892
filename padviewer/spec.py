"""What the user asked for: one frozen, validated record of every setting, to and from JSON."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from padviewer.axes import parse_axes
from padviewer.errors import SettingsError, shortened
from padviewer.geometry import CONV_PADDINGS, MODES, OVERFLOWS, POSITIONS

Target = tuple[int | None, ...]
Number = bool | int | float
Fill = Number | tuple[Number, ...]

# Keras' names; each maps any float32 to a float32 without settings of its own.
ACTIVATIONS = (
    "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "sigmoid", "hard_sigmoid", "tanh",
    "softplus", "softsign", "softmax",
)  # fmt: skip
# Activations that look at all filters of a place; the others go element by element.
ACROSS_FILTERS = ("softmax",)
BACKENDS = ("tensorflow", "jax", "torch")
# Keras' Conv, DepthwiseConv and SeparableConv.
CONVOLUTIONS = ("standard", "depthwise", "separable")
# Drawn, made by a rule, or read from a file.
WEIGHTS = ("random", "identity", "box", "gaussian", "sobel", "laplacian", "file")
FROM_FILE = "file"
# A device of a cluster begins with it.
CLUSTER = "cluster:"
_OF_CLUSTER = re.compile(rf"{CLUSTER} \S{{1,200}} [A-Z]{{1,16}}:[0-9]{{1,4}}")
MAX_SIZE = 2**40
MAX_SEED = 2**31 - 1
# TensorFlow holds strides and dilations in 32 bits.
MAX_STEP = 2**31 - 1


@dataclass(frozen=True, eq=False)
class PipelineSpec:
    """The settings of padding and convolution.

    Attributes:
        axes: letters of the input's axes; None takes the file's own or guesses.
        target: wanted size of each spatial axis in the order D, H, W (or T); None leaves one; empty leaves all.
        multiple_of: divisor of the padded size: one number for all spatial axes, or one for each.
        position: where the content sits in the target.
        position_seed: of the position `random`.
        mode: how padding is made, by numpy's names.
        fill_value: what `constant` writes: a number, or one for each channel.
        overflow: what happens where the input is larger than the target.
        conv: the kind of convolution; a separable one is a depthwise one and one of 1 x 1 after it.
        filters: how many feature maps the convolution has; a depthwise one has `depth_multiplier` for each channel.
        groups: into how many the channels and filters of a standard convolution are divided.
        depth_multiplier: filters for each channel of a depthwise convolution, and of the first half of a separable one.
        kernel, strides, dilation: one number for all spatial axes, or one for each.
        conv_padding: what the convolution itself pads.
        activation: Keras' name of the activation.
        weights: what the kernel holds: `random` (Glorot-uniform), a pattern, or what a file holds.
        weights_file: where weights are read from: `path`, or `path::member` for one layer or array of a file.
        seed: of the random kernel.
        device: where the convolution runs, e.g. `CPU:0`, or `cluster: host-1 CPU:0`.
        backend: Keras' backend that runs it.

    Raises:
        SettingsError: where a value could be valid for no input.
    """

    axes: str | None = None
    target: Target = ()
    multiple_of: tuple[int, ...] = (1,)
    position: str = "start"
    position_seed: int = 0
    mode: str = "constant"
    fill_value: Fill = 0
    overflow: str = "keep"
    conv: str = "standard"
    filters: int = 32
    groups: int = 1
    depth_multiplier: int = 1
    kernel: tuple[int, ...] = (3,)
    strides: tuple[int, ...] = (1,)
    dilation: tuple[int, ...] = (1,)
    conv_padding: str = "valid"
    activation: str = "relu"
    weights: str = "random"
    weights_file: str | None = None
    seed: int = 0
    device: str = "CPU:0"
    backend: str = "tensorflow"

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))

    def __eq__(self, other: object) -> bool:
        # Not by value: a fill of NaN equals no other NaN, and specs are sent between processes.
        return self.to_json() == other.to_json() if isinstance(other, PipelineSpec) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.to_json())

    def replace(self, **changes: Any) -> PipelineSpec:
        """Returns a copy with other values, validated anew."""
        return replace(self, **changes)

    def to_json(self) -> str:
        """Returns the settings as one JSON object. A fill of NaN or infinity is written as a string."""
        values = asdict(self)
        values["fill_value"] = _json_fill(self.fill_value)
        return json.dumps(values)

    @classmethod
    def from_json(cls, text: str) -> PipelineSpec:
        """Returns the settings of `text`; unknown names and wrong types are errors, missing names take defaults."""
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"settings: expected a JSON object; {error}") from error
        if not isinstance(values, dict):
            raise SettingsError(f"settings: expected a JSON object, got {type(values).__name__}")
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            raise SettingsError(f"settings: unknown names {', '.join(unknown)}")
        if "fill_value" in values:
            values["fill_value"] = _fill_of_json(values["fill_value"])
        for name, value in values.items():
            if isinstance(value, list):
                values[name] = tuple(value)
        return cls(**values)


def parse_target(text: str) -> Target:
    """Parses `512x256`, `128` or `nonex256` (`none` leaves an axis)."""
    return tuple(None if word in ("none", "-") else _parse_int("target", word) for word in _sizes(text))


def parse_sizes(name: str, text: str) -> tuple[int, ...]:
    """Parses `3`, `3x5` or `3 5` for the option `name`."""
    return tuple(_parse_int(name, word) for word in _sizes(text))


def parse_fill(text: str) -> Fill:
    """Parses a fill value: a number (`nan` and `inf` too), or one for each channel: `0,128,255`, `7,` for one."""
    if "," not in text:
        return _parse_number(text, text)
    words = text.strip().removesuffix(",").split(",")
    return tuple(_parse_number(word, text) for word in words)


def format_fill(fill: Fill) -> str:
    """Returns the text that `parse_fill` takes."""
    if isinstance(fill, tuple):
        return ",".join(map(format_fill, fill)) + ("," if len(fill) == 1 else "")
    return str(int(fill) if isinstance(fill, bool) else fill)


def format_target(target: Target) -> str:
    """Returns the text that `parse_target` takes."""
    return "x".join("none" if size is None else str(size) for size in target)


def format_sizes(sizes: tuple[int, ...]) -> str:
    """Returns the text that `parse_sizes` takes."""
    return "x".join(map(str, sizes))


def _sizes(text: str) -> list[str]:
    return re.split(r"\s*[x×,]\s*|\s+", text.strip().lower())


def _parse_number(word: str, text: str) -> Number:
    """Returns an integer where the word is one, else a float."""
    for kind in (int, float):
        try:
            # Python takes `1_0` for 10.
            return kind(word.replace("_", "?"))
        except ValueError:
            pass
    raise SettingsError(f"fill value {text!r}: expected a number, such as 0, -1.5 or nan, or one a channel: 0,128,255")


def _json_fill(fill: Fill) -> Any:
    """Returns a fill as JSON can hold it: NaN and infinity as strings."""
    if isinstance(fill, tuple):
        return [_json_fill(value) for value in fill]
    return fill if math.isfinite(fill) else str(fill)


def _fill_of_json(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_parse_number(word, word) if isinstance(word, str) else word for word in value)
    return parse_fill(value) if isinstance(value, str) else value


def _parse_int(name: str, word: str) -> int:
    # Python takes `1_0` for 10, and refuses thousands of digits.
    if not re.fullmatch(r"[+-]?[0-9]{1,99}", word):
        raise SettingsError(f"{name.replace('_', ' ')} {word!r}: expected a whole number, such as 512 or 512x256")
    return int(word)


def _whole_number(name: str, value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise SettingsError(f"{name} {value!r}: expected a whole number from {low} to {high}")
    return value


def _check_axes(_name: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise SettingsError(f"axes {value!r}: expected letters, such as HWC")
    return None if value is None else parse_axes(value)


def _check_target(name: str, value: Any) -> Target:
    if not isinstance(value, tuple) or len(value) > 3:
        raise SettingsError(f"{name} {value!r}: expected one to three sizes, such as 512x256")
    return tuple(None if size is None else _whole_number(name, size, 0, MAX_SIZE) for size in value)


def _check_fill(_name: str, value: Any) -> Fill:
    if isinstance(value, tuple):
        if not value:
            raise SettingsError("fill value (): expected a number, or one for each channel, such as (0, 128, 255)")
        return tuple(_check_number(number) for number in value)
    return _check_number(value)


def _check_number(value: Any) -> Number:
    if not isinstance(value, (bool, int, float)):
        raise SettingsError(f"fill value {value!r}: expected a number, or one for each channel, such as (0, 128, 255)")
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        raise SettingsError("fill value: expected a number that some dtype can hold, at most 1.8e308")
    return value


def _check_device(name: str, value: Any) -> str:
    if isinstance(value, str) and value.startswith(CLUSTER):
        if not _OF_CLUSTER.fullmatch(value):
            raise SettingsError(f"{name} {shortened(value)!r}: expected a name such as {CLUSTER} host-1 CPU:0")
        return value
    kind, _, index = value.upper().partition(":") if isinstance(value, str) else ("", "", "")
    if not kind.isalpha() or not (index or "0").isdecimal():
        raise SettingsError(f"{name} {value!r}: expected a name such as CPU:0 or GPU:0")
    return f"{kind}:{int(index or 0)}"


def _check_file(name: str, value: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or not value):
        raise SettingsError(f"{name.replace('_', ' ')} {value!r}: expected a file, such as model.keras::conv2d")
    return value


def _one_of(*choices: str) -> Callable[[str, Any], str]:
    def check(name: str, value: Any) -> str:
        if value not in choices:
            raise SettingsError(f"{name.replace('_', ' ')} {value!r}: expected one of {', '.join(choices)}")
        return str(value)

    return check


def _integer(low: int, high: int) -> Callable[[str, Any], int]:
    return lambda name, value: _whole_number(name, value, low, high)


def _sizes_up_to(high: int) -> Callable[[str, Any], tuple[int, ...]]:
    def check(name: str, value: Any) -> tuple[int, ...]:
        shown = name.replace("_", " ")
        if not isinstance(value, tuple) or not 1 <= len(value) <= 3:
            raise SettingsError(
                f"{shown} {value!r}: expected one number, or one for each spatial axis, such as 3 or 3x5"
            )
        return tuple(_whole_number(shown, size, 1, high) for size in value)

    return check


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "axes": _check_axes,
    "target": _check_target,
    "multiple_of": _sizes_up_to(MAX_SIZE),
    "position": _one_of(*POSITIONS),
    "position_seed": _integer(0, MAX_SEED),
    "mode": _one_of(*MODES),
    "fill_value": _check_fill,
    "overflow": _one_of(*OVERFLOWS),
    "conv": _one_of(*CONVOLUTIONS),
    "filters": _integer(1, MAX_SIZE),
    "groups": _integer(1, MAX_SIZE),
    "depth_multiplier": _integer(1, MAX_SIZE),
    "kernel": _sizes_up_to(MAX_SIZE),
    "strides": _sizes_up_to(MAX_STEP),
    "dilation": _sizes_up_to(MAX_STEP),
    "conv_padding": _one_of(*CONV_PADDINGS),
    "activation": _one_of(*ACTIVATIONS),
    "weights": _one_of(*WEIGHTS),
    "weights_file": _check_file,
    "seed": _integer(0, MAX_SEED),
    "device": _check_device,
    "backend": _one_of(*BACKENDS),
}
