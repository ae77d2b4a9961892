"""`open_source`: finds the reader of a file by its first bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple
from warnings import WarningMessage

from padviewer.errors import PadviewerError, SourceError, SourceIsFolder, UnknownFormat, printable, shortened
from padviewer.folders import is_item
from padviewer.formats import names_of_formats
from padviewer.handed import parse_handed
from padviewer.plan import ArrayInfo
from padviewer.raw_layout import is_raw
from padviewer.sources import (
    delimited,
    dicom,
    exr,
    fits,
    hdf5,
    jpeg2000,
    mat,
    nifti,
    npy,
    npz,
    picture,
    pnm,
    raw,
    safetensors,
    sound,
    tiff,
    wav,
    zarr,
    zipped,
)
from padviewer.sources.base import Source
from padviewer.sources.handed import open_handed
from padviewer.sources.opened import Opened, OpenedFile, OpenedFolder, decoding, open_regular, opened_folder
from padviewer.sources.zarr_store import Folder


class Opener(NamedTuple):
    """A family of formats: how its files begin, and what reads them."""

    matches: Callable[[bytes], bool]
    open: Callable[[OpenedFile, str | None, int], Source]


HDF5 = Opener(hdf5.matches, hdf5.open_hdf5)
TEXT = Opener(delimited.matches, delimited.open_delimited)
OPENERS = (
    Opener(npy.matches, npy.open_npy),
    Opener(npz.matches, zipped.open_zip),
    # Before TIFF: what precedes the mark of DICOM may be the head of one.
    Opener(dicom.matches, dicom.open_dicom),
    Opener(tiff.matches, tiff.open_tiff),
    Opener(safetensors.matches, safetensors.open_safetensors),
    Opener(picture.matches, picture.open_picture),
    Opener(pnm.matches, pnm.open_pnm),
    Opener(jpeg2000.matches, jpeg2000.open_jpeg2000),
    # MATLAB files of version 7.3 are HDF5 behind a text.
    Opener(mat.matches, mat.open_mat),
    HDF5,
    Opener(nifti.matches, nifti.open_nifti),
    Opener(fits.matches, fits.open_fits),
    Opener(exr.matches, exr.open_exr),
    Opener(wav.matches, wav.open_wav),
    Opener(sound.matches, sound.open_sound),
    TEXT,
)

# Files that people take for one of ours: what they are is more help than what they are not.
_CONVERT = "convert it to one that is read (padviewer doctor lists them)"
_NETCDF, _NETCDF_REMEDY = "a netCDF-3 file", "convert it with nccopy -k nc4"
_PICKLE, _PICKLE_REMEDY = "a pickle, which is never loaded because it can run programs", "save the array by numpy.save"
_STRANGERS = (
    (b"\x0e\x03\x13\x01", "an HDF4 file", "convert it with h4toh5"),
    (b"CDF\x01", _NETCDF, _NETCDF_REMEDY),
    (b"CDF\x02", _NETCDF, _NETCDF_REMEDY),
    (b"CDF\x05", _NETCDF, _NETCDF_REMEDY),
    *((b"\x80" + bytes([protocol]), _PICKLE, _PICKLE_REMEDY) for protocol in range(2, 6)),
    (b"\x1f\x8b", "a gzip archive", "unpack it"),
    (b"%PDF", "a PDF", _CONVERT),
    (b"DDS ", "a DDS texture", _CONVERT),
    (b"<", "a text or markup file", _CONVERT),
)


def open_source(path: str, member: str | None = None, *, budget: int, openers: tuple[Opener, ...] = OPENERS) -> Source:
    """Opens the array in a file. Its format is told by its first bytes, never by its name, but for tables of text.

    Args:
        path: a regular file, a folder that is an array, or what stands for an array from Python.
        member: name of one array in a file that holds several; None takes the first one that can be read. A layout
            (`raw:uint8:480x640`) reads any file as raw elements, whatever it is.
        budget: bytes that decoding may spend. Files that are read by region instead (.npy, TIFF, members of .npz that
            are not compressed) may be of any size.
        openers: the families of formats, tried in this order.

    Raises:
        SourceError: where the file cannot be read; names the file, the cause and what to do.
    """
    return _open(path, member, budget, openers, headers_only=False)


def describe_source(path: str, member: str | None = None, *, budget: int) -> ArrayInfo:
    """Returns what `open_source` tells of an array, without decoding it: shape, axes and dtype are the same.

    Notes on what is found while elements are decoded are missing. Tables of text, whose size no header tells, are read
    whole.

    Args:
        path, member, budget: as for `open_source`.

    Raises:
        SourceError: as `open_source`, but for what shows only when elements are decoded.
    """
    with _open(path, member, budget, OPENERS, headers_only=True) as source:
        return source.info


def describe_members(path: str, members: Sequence[str], *, budget: int) -> list[ArrayInfo | PadviewerError]:
    """Returns what `describe_source` does for several members of a file, or raises; it is opened and listed once.

    Args:
        path, budget: as for `open_source`.
        members: their names.
    """
    if parse_handed(path) is not None:
        return [SourceError(f"{shortened(path)}: holds no members") for _member in members]
    try:
        with _opened(path, headers_only=True) as opened:
            return describe_members_of(opened, members, budget)
    except PadviewerError as error:
        return [error] * len(members)


def describe_opened(file: OpenedFile, member: str | None, budget: int) -> ArrayInfo:
    """Returns what `describe_source` does of a file that is open with its headers only."""
    with _read(file, member, budget, OPENERS) as source:
        return source.info


def describe_members_of(
    opened: OpenedFile | OpenedFolder, members: Sequence[str], budget: int
) -> list[ArrayInfo | PadviewerError]:
    """Returns what `describe_members` does of a file that is open."""
    return [_described(opened, member, budget) for member in members]


@contextmanager
def read_tree(
    path: str, folder: Folder, member: str | None, budget: int, headers_only: bool = False
) -> Iterator[Source]:
    """Yields one array of a Zarr that lies in another place than a file or a folder, until the end of the block.

    Args:
        path: how it is called.
        folder: at its root.
        member, budget: as for `open_source`.
        headers_only: whether nobody will read elements.
    """
    opened = Opened(path, 0, 0, headers_only=headers_only)
    with decoding(path) as caught:
        source = zarr.open_in(opened, folder, member, budget)
    with _noted(source, opened, caught) as source:
        yield source


def _described(opened: OpenedFile | OpenedFolder, member: str, budget: int) -> ArrayInfo | PadviewerError:
    try:
        with _read(opened, member, budget, OPENERS) as source:
            return source.info
    except PadviewerError as error:
        return error


def _open(path: str, member: str | None, budget: int, openers: tuple[Opener, ...], headers_only: bool) -> Source:
    handed = parse_handed(path)
    if handed is not None:
        return open_handed(path, handed, member)
    with _opened(path, headers_only) as opened:
        return _read(opened, member, budget, openers)


@contextmanager
def opened_source(path: str, *, budget: int) -> Iterator[Callable[[str], Source]]:
    """Yields what opens the members of a file, which is opened and listed once; each does what `open_source` does.

    Args:
        path, budget: as for `open_source`; a file or folder.

    Raises:
        SourceError: as `open_source`.
    """
    with _opened(path, headers_only=False) as opened:
        yield lambda member: _read(opened, member, budget, OPENERS)


@contextmanager
def _opened(path: str, headers_only: bool) -> Iterator[OpenedFile | OpenedFolder]:
    try:
        file = open_regular(path, headers_only)
    except SourceIsFolder:
        if not is_item(path):
            raise
        with opened_folder(path, headers_only) as folder:
            yield folder
        return
    try:
        yield file
    finally:
        file.handle.close()


def _read(opened: OpenedFile | OpenedFolder, member: str | None, budget: int, openers: tuple[Opener, ...]) -> Source:
    with decoding(opened.path) as caught:
        if isinstance(opened, OpenedFolder):
            source = zarr.open_zarr(opened, member, budget)
        else:
            opened.handle.seek(0)
            source = _open_file(opened, member, budget, openers)
    return _noted(source, opened, caught)


def _open_file(file: OpenedFile, member: str | None, budget: int, openers: tuple[Opener, ...]) -> Source:
    if member is not None and is_raw(member):
        return raw.open_raw(file, member)
    opener = next((opener for opener in openers if opener.matches(file.head)), None)
    if opener is None and HDF5 in openers and hdf5.has_user_block(file):
        opener = HDF5
    if opener is None and TEXT in openers and delimited.may_be_table(file):
        opener = TEXT
    if opener is None:
        what, remedy = _stranger(file.head)
        raise UnknownFormat(
            f"{file.name}: is {what}; {remedy}, or open it as raw: file::raw:uint8:HxW",
            f"Formats that are read: {names_of_formats()}.",
        )
    return opener.open(file, member, budget)


def _noted(source: Source, opened: Opened, caught: list[WarningMessage]) -> Source:
    """Adds what is known of the file, and what its decoder warned of."""
    warned = dict.fromkeys(f"warning: {shortened(str(warning.message), 200)}" for warning in caught)
    notes = (*source.info.notes, *warned)
    source.info = replace(source.info, notes=notes, modified=opened.modified, decoded=source.decoded)
    return source


def _stranger(head: bytes) -> tuple[str, str]:
    """Returns what a file is that nothing reads, and what can be done."""
    for magic, what, remedy in _STRANGERS:
        if head.startswith(magic):
            return what, remedy
    return f"of no known format (it begins with {printable(repr(head[:8]))[1:]})", _CONVERT
