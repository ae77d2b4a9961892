"""The series of a TIFF: pages that make up one array, each a member of the file where there are several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from padviewer.errors import DamagedSource, SourceError
from padviewer.plan import Member
from padviewer.sources.members import MAX_MEMBERS, described, no_such_member
from padviewer.sources.opened import OpenedFile
from padviewer.sources.tiff_chain import Chain
from padviewer.sources.tiff_checks import check_series
from padviewer.sources.tiff_levels import may_be_level

# Describing more members would keep people waiting.
_DESCRIBED = 500


class Series(NamedTuple):
    """Pages that make up one array.

    Attributes:
        name: that they are asked for by: `page 2`, the number of the first one.
        read: reads their tags, and returns tifffile's `TiffPageSeries`.
    """

    name: str
    read: Callable[[], Any]


def list_series(tif: Any, chain: Chain) -> list[Series]:
    """Lists the series of an opened file: pages of one layout together, as tifffile finds them.

    Where that would mean to compare very many pages with each other, each page is by itself.
    """
    if chain.is_simple:
        found = sorted(_apart(tif), key=lambda series: tuple(series.keyframe.treeindex))
        return [Series(_name(series.keyframe.treeindex), partial(_itself, series)) for series in found]
    return [Series(_name((number,)), partial(_single, tif, number)) for number in range(len(tif.pages))]


def chosen_series(file: OpenedFile, listed: Sequence[Series], member: str | None) -> tuple[str, Any]:
    """Returns name and pages of a member; None takes the first that can be read."""
    if not listed:
        raise DamagedSource(f"{file.name}: the TIFF has no page with pixels; copy or save it again")
    if member is not None:
        wanted = next((found for found in listed if found.name in (member, f"page {member}")), None)
        if wanted is None:
            raise no_such_member(file.name, member, [found.name for found in listed])
        return wanted.name, _checked(file, wanted)
    first: SourceError | None = None
    for found in listed[:_DESCRIBED]:
        try:
            return found.name, _checked(file, found)
        except SourceError as error:
            first = first or error
    assert first is not None
    raise first


def members_of(file: OpenedFile, listed: Sequence[Series]) -> Iterator[Member]:
    """Yields what the list of members says of each series; nothing where there is but one."""
    if len(listed) == 1:
        return
    for number, found in enumerate(listed[:MAX_MEMBERS]):
        if number >= _DESCRIBED:
            yield Member(found.name)
            continue
        try:
            series = _checked(file, found)
        except SourceError as error:
            yield Member(found.name, error.message.removeprefix(f"{file.name}: "), readable=False)
        else:
            yield Member(found.name, described(np.dtype(series.dtype).name, series.shape))


def _checked(file: OpenedFile, found: Series) -> Any:
    series = found.read()
    check_series(file, series, series.keyframe)
    return series


def _apart(tif: Any) -> Iterator[Any]:
    """Yields the series, and pages that tifffile takes for smaller pictures of others only because their sizes fit."""
    for series in tif.series:
        yield series
        yield from (level for level in series.levels[1:] if not may_be_level(series, level))


def _name(index: tuple[int, ...]) -> str:
    """Returns the name of the series that begins with a page; one beside the chain has the number of its parent too."""
    return f"page {'.'.join(str(number + 1) for number in index)}"


def _itself(series: Any) -> Any:
    return series


def _single(tif: Any, number: int) -> Any:
    import tifffile  # noqa: PLC0415 loaded when first needed

    page = tif.pages[number]
    return tifffile.TiffPageSeries([page], page.shape, page.dtype, page.axes)
