"""Arrays that a running Python handed over: `.npy` data in memory, then what the array's own header cannot say."""

from __future__ import annotations

import json
import os
from dataclasses import replace

from padviewer.axes import guess_axes
from padviewer.errors import DamagedSource, SourceError, SourceNotFound, UnsupportedSource
from padviewer.handed import Handed, shown_name
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Source
from padviewer.sources.npy import check_length, map_array, read_header
from padviewer.sources.opened import OpenedFile, open_regular

FORMAT = "array"
_MAX_REMARKS = 1 << 16


def open_handed(path: str, handed: Handed, member: str | None) -> Source:
    """Maps an array that was handed over.

    Raises:
        SourceNotFound: where the window holds it no more.
        DamagedSource: where the memory does not hold what it should.
        UnsupportedSource: where it is of no dtype or rank that is read, or a member of it is asked for.
    """
    if member is not None:
        raise UnsupportedSource(f"{shown_name(path)}: is one array, and has no member {member!r}")
    try:
        file = replace(open_regular(handed.place), path=path)
    except SourceNotFound as error:
        raise SourceNotFound(f"{shown_name(path)}: is not held any more; show it again from Python") from error
    except SourceError as error:
        raise DamagedSource(f"{shown_name(path)}: what came is no array; show it again from Python") from error
    with file.handle:
        header = read_header(file.handle, file.name)
        check_length(header, file.size - header.offset, file.name)
        axes, notes = _remarks(file, header.offset + header.nbytes)
        if axes is not None and len(axes) != len(header.shape):
            raise DamagedSource(f"{file.name}: has rank {len(header.shape)} and the axes {axes}; show it again")
        info = ArrayInfo(
            path=path,
            member=None,
            format=FORMAT,
            shape=header.shape,
            dtype=header.dtype.newbyteorder("=").name,
            axes=axes or guess_axes(header.shape),
            axes_guessed=axes is None,
            file_bytes=file.size,
            notes=notes,
            modified=file.modified,
        )
        return map_array(file, header, header.offset, info)


def _remarks(file: OpenedFile, offset: int) -> tuple[str | None, tuple[str, ...]]:
    """Reads the axes, where they were told, and the notes that follow the elements."""
    text = os.pread(file.handle.fileno(), _MAX_REMARKS, offset)
    try:
        remarks = json.loads(text)
        axes, notes = remarks["axes"], tuple(map(str, remarks["notes"]))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DamagedSource(f"{file.name}: what follows its elements cannot be read; show it again") from error
    return (None if axes is None else str(axes)), notes
