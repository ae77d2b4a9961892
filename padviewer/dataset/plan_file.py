"""Buckets as a JSON file, which `padviewer batch --buckets` and other programs take."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from typing import Any

from padviewer import __version__
from padviewer.axes import SPATIAL_SETS
from padviewer.dataset.choice import Choice, rounded_target
from padviewer.errors import SettingsError, shortened
from padviewer.spec import PipelineSpec, format_sizes

MOST_BYTES = 1 << 20
MOST_BUCKETS = 4096
# Settings that say what is written around an item, by their names in the spec.
PADDING = ("position", "position_seed", "mode", "fill_value")
_NAMES = ("padviewer", "axes", "multiple_of", "overflow", *PADDING, "buckets", "figures")
_NEEDED = ("axes", "buckets")
_EXPECTED = "a JSON object, as padviewer buckets -o writes it"


@dataclass(frozen=True)
class BucketPlan:
    """Buckets, and for which spatial axes.

    Attributes:
        letters: the spatial axes, `T`, `HW` or `DHW`.
        choice: the targets.
        padding: settings of which those in `PADDING` are meant; None where nothing is said of them.
    """

    letters: str
    choice: Choice
    padding: PipelineSpec | None = None

    @property
    def spec(self) -> PipelineSpec:
        """The settings of padding, those that are said and the usual ones; without a target."""
        return self.spec_from(self.padding or PipelineSpec())

    def spec_from(self, spec: PipelineSpec) -> PipelineSpec:
        """Returns other settings with the multiple and the overflow of the buckets."""
        return spec.replace(target=(), multiple_of=self.choice.multiple_of, overflow=self.choice.overflow)

    def to_json(self, figures: dict[str, Any] | None = None) -> str:
        """Returns the text of the file.

        Args:
            figures: what the buckets cost, for whoever reads the file; not read back.
        """
        values = {
            "padviewer": __version__,
            "axes": self.letters,
            "multiple_of": list(self.choice.divisors(len(self.letters))),
            "overflow": self.choice.overflow,
            **self._padding,
            "buckets": [list(target) for target in self.choice.targets],
            "figures": figures or {},
        }
        lines = (f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in values.items())
        return "{\n" + ",\n".join(lines) + "\n}\n"

    @property
    def _padding(self) -> dict[str, Any]:
        values = json.loads(self.padding.to_json()) if self.padding else {}
        return {name: values[name] for name in PADDING if name in values}

    @classmethod
    def of_json(cls, text: str, name: str = "buckets") -> BucketPlan:
        """Returns the buckets of a file.

        Args:
            text: of the file.
            name: of the file, for errors.

        Raises:
            SettingsError: the text is not what `to_json` writes; it is told what is wrong.
        """
        values = _object(text, name)
        letters, buckets = values["axes"], values["buckets"]
        if letters not in SPATIAL_SETS:
            raise _wrong(name, "axes", letters, "one of T, HW and DHW")
        if not isinstance(buckets, list) or not 1 <= len(buckets) <= MOST_BUCKETS:
            raise _wrong(name, "buckets", buckets, f"a list of 1 to {MOST_BUCKETS} target shapes, such as [[512, 256]]")
        multiple_of, overflow = values.get("multiple_of", [1]), values.get("overflow", "keep")
        if not isinstance(multiple_of, list):
            raise _wrong(name, "multiple_of", multiple_of, "a list of numbers, such as [32, 32]")
        for bucket in buckets:
            if not isinstance(bucket, list) or len(bucket) != len(letters):
                raise _wrong(name, "buckets", bucket, f"a list of {len(letters)} sizes, for {' '.join(letters)}")
        try:
            choice = Choice(tuple(map(tuple, buckets)), tuple(multiple_of), overflow)
            divisors = choice.divisors(len(letters))
            said = {name: values[name] for name in PADDING if name in values}
            padding = PipelineSpec.from_json(json.dumps(said)) if said else None
        except SettingsError as error:
            raise SettingsError(f"{shortened(name)}: {error}") from error
        for number, target in enumerate(choice.targets):
            if 0 in target or rounded_target(target, divisors) != target:
                expected = f"sizes from 1, or null, that are multiples of {format_sizes(divisors)} as multiple_of says"
                raise _wrong(name, "buckets", list(target), expected)
            if target in choice.targets[:number]:
                raise _wrong(name, "buckets", list(target), "each bucket once")
        return cls(letters, choice, padding)


def read_plan(path: str) -> BucketPlan:
    """Returns the buckets of a file of this machine.

    Raises:
        SettingsError: it cannot be read, or is no such file.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 a Path cannot hold every name
            raise OSError(0, "it is no regular file")  # a pipe would be waited for
        with open(path, "rb") as file:  # noqa: PTH123 as above
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingsError(f"{shortened(path)}: the buckets cannot be read ({reason}); check the name") from error
    if len(data) > MOST_BYTES:
        raise SettingsError(f"{shortened(path)}: has more than the {MOST_BYTES} bytes that buckets may take")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise SettingsError(f"{shortened(path)}: is no text; expected {_EXPECTED}") from error
    return BucketPlan.of_json(text, path)


def _object(text: str, name: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{shortened(name)}: expected {_EXPECTED}; {error}") from error
    if not isinstance(values, dict):
        raise SettingsError(f"{shortened(name)}: expected {_EXPECTED}, got {type(values).__name__}")
    unknown = sorted(set(values) - set(_NAMES))
    missing = [needed for needed in _NEEDED if needed not in values]
    if unknown or missing:
        wrong = f"unknown names {shortened(', '.join(unknown))}" if unknown else f"{' and '.join(missing)} missing"
        raise SettingsError(f"{shortened(name)}: {wrong}; expected {', '.join(_NAMES)}")
    return values


def _wrong(name: str, key: str, value: Any, expected: str) -> SettingsError:
    return SettingsError(f"{shortened(name)}: {key} {shortened(repr(value), 60)}: expected {expected}")
