"""Where each item of a collection goes: decided once, from sizes alone, before anything is written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from padviewer.axes import MAX_RANK
from padviewer.batch.bucketing import Bucketing
from padviewer.batch.collection import Group
from padviewer.batch.record import FAILED, PLANNED, Record
from padviewer.batch.tfrecord_shards import shard_name
from padviewer.dataset.measured import Item, Measured
from padviewer.errors import ExportError, PlanError
from padviewer.export.place import display_name
from padviewer.objects import is_url
from padviewer.plan import ArrayInfo, Stage
from padviewer.spec import MAX_SIZE

# Of more shapes than that, nobody trains on each array.
_MOST_GROUPS = 1000
_AXES = re.compile("[BDHWTC]{1,5}")
_SHARD = re.compile(r"[A-Za-z0-9_]+-[0-9]{5,}-of-[0-9]{5,}\.tfrecord")
_DTYPES = re.compile("bool|u?int(8|16|32|64)|float(16|32|64)|complex(64|128)")


class Layout:
    """Gives each item a place in the array of its padded shape, dtype and axes.

    Args:
        bucketing: settings and buckets.
        output: name of the file or folder of all arrays; empty where each array has files of so many items.
        shard: items of such a file.
    """

    def __init__(self, bucketing: Bucketing, output: str, shard: int) -> None:
        self._bucketing, self._output, self._shard = bucketing, output, shard
        self._found: dict[tuple[str, tuple[int, ...], str], Group | str] = {}

    def records(self, measured: Iterable[Measured]) -> tuple[list[Group], list[Record]]:
        """Returns the arrays, and for each item what is planned, or why there is no place for it.

        Raises:
            ExportError: there would be too many arrays.
        """
        planned: list[tuple[Measured, Group | str]] = [(each, self._group_of(each)) for each in measured]
        counts: dict[Group, int] = {}
        for _each, group in planned:
            if isinstance(group, Group):
                counts[group] = counts.get(group, 0) + 1
        if len(counts) > _MOST_GROUPS:
            raise ExportError(
                f"the items would have {len(counts):,} different shapes, with an array for each; at most "
                f"{_MOST_GROUPS:,} are made. Set a target with overflow crop, a larger multiple-of, or buckets"
            )
        used = dict.fromkeys(counts, 0)
        records = []
        for each, group in planned:
            if isinstance(group, str):
                records.append(Record(*each.item, FAILED, self._lacking(each, group)))
                continue
            index, used[group] = used[group], used[group] + 1
            output = self._output or shard_name(group.name, index // self._shard, -(-counts[group] // self._shard))
            records.append(Record(*each.item, PLANNED, output=output, array=group.name, index=index))
        return [replace(group, count=count) for group, count in counts.items()], records

    def _lacking(self, each: Measured, reason: str) -> str:
        """Returns why an item has no place in any array, and what to do about it."""
        why = each.error or unplanned(each.item, reason)
        return f"{why}. No array has a place for it: when it is mended, export it to another folder, or all by --force"

    def _group_of(self, each: Measured) -> Group | str:
        if each.error:
            return each.error
        key = each.axes, each.shape, each.dtype
        if key not in self._found:
            self._found[key] = self._planned(each)
        return self._found[key]

    def _planned(self, each: Measured) -> Group | str:
        info = ArrayInfo(each.path, each.member, each.format, each.shape, each.dtype, each.axes, False, each.file_bytes)
        try:
            padded = self._bucketing.plan(info, "").plan.require(Stage.PADDED)
        except PlanError as error:
            return error.message
        return Group(padded.axes, padded.shape, padded.dtype)


def unplanned(item: Item, reason: str) -> str:
    """Returns why the settings cannot be applied to an item, with its name."""
    path, member = item
    return f"{display_name(path if member is None else f'{path}::{member}')}: {reason}"


def told_groups(groups: Sequence[Group]) -> list[dict[str, Any]]:
    """Returns the arrays for the first line of the manifest."""
    return [{"axes": group.axes, "shape": group.shape, "dtype": group.dtype, "count": group.count} for group in groups]


def groups_of(settings: Mapping[str, Any]) -> list[Group]:
    """Returns the arrays that the first line of a manifest tells of; what it says is not believed blindly.

    Raises:
        ExportError: it tells of what cannot be.
    """
    try:
        groups = [
            Group(str(told["axes"]), tuple(told["shape"]), str(told["dtype"]), told["count"])
            for told in settings["arrays"]
        ]
        sound = all(
            _AXES.fullmatch(group.axes)
            and _DTYPES.fullmatch(group.dtype)
            and len(group.shape) == len(group.axes) <= MAX_RANK
            and all(type(size) is int and 0 <= size <= MAX_SIZE for size in (*group.shape, group.count))
            and np.dtype(group.dtype)
            for group in groups
        )
    except (KeyError, TypeError, ValueError):
        sound = False
    if not sound:
        raise ExportError("the manifest tells of arrays that cannot be; start over with --force")
    return groups


def is_sound(record: Record, groups: Mapping[str, Group], output: str) -> bool:
    """Whether a record of a manifest names an array that there is, a place in it, and its own file."""
    group = groups.get(record.array)
    if group is None:
        return not record.array and record.outcome == FAILED
    shard = _SHARD.fullmatch(record.output) is not None and record.output.startswith(f"{record.array}-")
    inside = type(record.index) is int and 0 <= record.index < group.count
    return inside and (record.output == output if output else shard)


def is_inside(folder: str, output: str) -> bool:
    """Whether an output that a manifest names lies in the folder of the export, whatever links there are."""
    if is_url(folder):
        return not output.startswith("/") and ".." not in output.split("/") and not is_url(output)
    real = os.path.realpath(folder)
    path = os.path.realpath(os.path.join(folder, os.path.dirname(output)))  # noqa: PTH118, PTH120
    return not os.path.isabs(output) and (path == real or path.startswith(f"{real}/"))  # noqa: PTH117
