"""Zip archives: arrays of numpy, or a Zarr."""

from __future__ import annotations

import zipfile

from padviewer.folders import MARKS
from padviewer.sources.base import Source
from padviewer.sources.npz import open_npz
from padviewer.sources.opened import OpenedFile
from padviewer.sources.zarr import open_in
from padviewer.sources.zarr_zip import zarr_in


def open_zip(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Opens one array of an archive; None takes the first one that can be read."""
    archive = file.once("archive", lambda: zipfile.ZipFile(file.handle))
    marked = file.once("marked", lambda: any(name.rsplit("/", 1)[-1] in MARKS for name in archive.namelist()))
    folder = zarr_in(file, archive, budget) if marked else None
    if folder is None:
        return open_npz(file, member, budget)
    try:
        return open_in(file, folder, member, budget)
    except BaseException:
        folder.close()
        raise
