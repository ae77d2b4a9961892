"""Any file, as an array of a layout that a person declares: mapped and read by region."""

from __future__ import annotations

from padviewer.axes import guess_axes
from padviewer.errors import UnsupportedSource
from padviewer.plan import ArrayInfo
from padviewer.raw_layout import RawLayout, parse_raw
from padviewer.sources.base import Source
from padviewer.sources.npy import Header, map_array
from padviewer.sources.opened import OpenedFile

FORMAT = "raw"


def open_raw(file: OpenedFile, member: str) -> Source:
    """Maps a file of any content as an array of the layout that `member` declares.

    Raises:
        UnsupportedSource: where it declares none, or more than the file holds.
    """
    try:
        layout = parse_raw(member)
    except UnsupportedSource as error:
        raise UnsupportedSource(f"{file.name}: {error}") from error
    shape = layout.fitted(file.size)
    header = Header(layout.dtype, shape, layout.fortran, layout.offset)
    _check_size(file, layout, header)
    spare = file.size - layout.offset - header.nbytes
    notes = (
        "shape, dtype and order as declared",
        *((f"{layout.offset} bytes before the array ignored",) if layout.offset else ()),
        *((f"{spare} bytes after the array ignored",) if spare else ()),
    )
    name = layout.dtype.newbyteorder("=").name
    info = ArrayInfo(file.path, member, FORMAT, shape, name, guess_axes(shape), True, file.size, notes=notes)
    return map_array(file, header, layout.offset, info)


def _check_size(file: OpenedFile, layout: RawLayout, header: Header) -> None:
    held = max(0, file.size - layout.offset)
    if 0 in header.shape:
        known = Header(layout.dtype, tuple(n or 1 for n in layout.shape), False, 0).nbytes
        raise UnsupportedSource(
            f"{file.name}: {layout} needs {known} bytes for each element of the open axis, but the file has {held} "
            f"bytes from byte {layout.offset} on; declare smaller sizes or a smaller offset"
        )
    if header.nbytes > held:
        raise UnsupportedSource(
            f"{file.name}: {layout} needs {header.nbytes} bytes, but the file has {held} bytes from byte "
            f"{layout.offset} on; declare a smaller shape, or leave one size open as '?'"
        )
