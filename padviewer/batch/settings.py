"""What an export of many was asked for: kept in the first line of its manifest, and compared when it is resumed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from padviewer import __version__
from padviewer.batch.checksum import CHECKSUMS
from padviewer.batch.places import COLLECTIONS
from padviewer.errors import ExportError, shortened
from padviewer.export.place import display_name
from padviewer.spec import PipelineSpec, Target, format_target

# Settings of the pipeline that padding depends on.
_PADDING = ("axes", "target", "multiple_of", "position", "position_seed", "mode", "fill_value", "overflow")
SHARD = 256


@dataclass(frozen=True)
class Settings:
    """What decides the bytes that are written.

    Attributes:
        format: one of `places.FORMATS`.
        spec: the settings of padding.
        targets: the buckets; none is the target of the settings.
        mask: whether pixel masks are written.
        shard: items of a TFRecord file.
        checksum: one of `checksum.CHECKSUMS`, which the manifest has of each item.
    """

    format: str
    spec: PipelineSpec
    targets: tuple[Target, ...] = ()
    mask: bool = False
    shard: int = SHARD
    checksum: str = CHECKSUMS[0]

    @property
    def is_collection(self) -> bool:
        """Whether many items are written to one file or folder."""
        return self.format in COLLECTIONS

    def told(self) -> dict[str, Any]:
        """Returns the settings for the first line of the manifest."""
        pipeline = json.loads(self.spec.to_json())
        found: dict[str, Any] = {"padviewer": __version__, "format": self.format}
        found |= {name: pipeline[name] for name in _PADDING if not (name == "target" and self.targets)}
        found |= {"buckets": [list(target) for target in self.targets], "mask": self.mask}
        found["checksum"] = self.checksum
        if self.format == "tfrecord":
            found["shard"] = self.shard
        text = json.dumps(found, sort_keys=True)
        return found | {"digest": hashlib.sha256(text.encode()).hexdigest()}


def check_same(folder: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Raises an `ExportError` that names the settings that differ from those that an export was begun with.

    Args:
        folder: of the export.
        before: first line of its manifest.
        now: what is asked for.
    """
    names = [name for name in now if name != "digest" and before.get(name) != now[name]]
    if before.get("digest") == now["digest"] and not names:
        return
    differ = "; ".join(f"{_shown(name)} was {_text(before.get(name))} and is {_text(now[name])}" for name in names)
    raise ExportError(
        f"{display_name(folder)}: was begun with other settings: {differ or 'the digest differs'}. Give the same ones "
        "to resume it, start over with --force, or choose another folder"
    )


def _shown(name: str) -> str:
    return "the version of padviewer" if name == "padviewer" else name.replace("_", " ")


def _text(value: Any) -> str:
    """Returns a setting as people write it."""
    if isinstance(value, list):
        if any(isinstance(each, list) for each in value):
            return shortened(", ".join(map(_text, value)))
        if all(each is None or isinstance(each, int) for each in value):
            return format_target(tuple(value)) or "none"
    return shortened("none" if value is None else str(value))
