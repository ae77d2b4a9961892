"""The file formats that are read: their names, what their files are called, and what must be installed for them."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import NamedTuple

from padviewer.errors import MissingLibrary


class Format(NamedTuple):
    """A format.

    Attributes:
        name: as people say it.
        suffixes: of its files. They only tell which files of a folder are opened: what a file is, its first bytes say.
        library: the module that reads it; empty where no library does, or one that padviewer cannot do without.
        extra: the optional dependency that brings the library.
        is_folder: whether it is a folder.
    """

    name: str
    suffixes: tuple[str, ...]
    library: str = ""
    extra: str = ""
    is_folder: bool = False


FORMATS = (
    Format("PNG", (".png", ".apng")),
    Format("JPEG", (".jpg", ".jpeg", ".jpe")),
    Format("TIFF", (".tif", ".tiff")),
    Format("BMP", (".bmp",)),
    Format("GIF", (".gif",)),
    Format("WebP", (".webp",)),
    Format("JPEG 2000", (".jp2", ".j2k", ".jpx", ".jpf", ".j2c")),
    Format("PNM", (".pbm", ".pgm", ".ppm", ".pnm", ".pam", ".pfm")),
    Format("WAV", (".wav",)),
    Format("FLAC", (".flac",), "soundfile", "wav"),
    Format("Ogg", (".ogg", ".oga", ".opus"), "soundfile", "wav"),
    Format("AIFF", (".aif", ".aiff", ".aifc"), "soundfile", "wav"),
    Format("CSV", (".csv", ".tsv")),
    Format(".npy", (".npy",)),
    Format(".npz", (".npz",)),
    Format("HDF5", (".h5", ".hdf5", ".hdf", ".he5")),
    Format("netCDF-4", (".nc",)),
    Format("safetensors", (".safetensors",)),
    Format("Zarr", (".zarr",), is_folder=True),
    Format("zipped Zarr", (".zarr.zip",)),
    Format("NIfTI", (".nii", ".nii.gz"), "nibabel", "nifti"),
    Format("DICOM", (".dcm", ".dicom"), "pydicom", "dicom"),
    Format("FITS", (".fits", ".fit", ".fts", ".fits.gz"), "astropy", "fits"),
    Format("OpenEXR", (".exr",), "OpenEXR", "exr"),
    Format("MATLAB", (".mat",)),
)
SUFFIXES = tuple(suffix for found in FORMATS if not found.is_folder for suffix in found.suffixes)
# Opened where somebody names them; among the files of a folder they are texts of any kind.
TEXT_SUFFIXES = (".txt", ".dat")
FOLDER_SUFFIXES = tuple(suffix for found in FORMATS if found.is_folder for suffix in found.suffixes)


def names_of_formats() -> str:
    """Returns the names of all formats, for a sentence."""
    *others, last = (found.name for found in FORMATS)
    return f"{', '.join(others)} and {last}"


def library(name: str, extra: str, purpose: str) -> ModuleType:
    """Imports a library that is needed for one format only.

    Args:
        name: of the module.
        extra: the optional dependency that brings it.
        purpose: what it is needed for, such as `scan.dcm: to read DICOM`.

    Raises:
        MissingLibrary: where it is not installed, with the line that installs it.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if (error.name or "").split(".")[0] != name.split(".", maxsplit=1)[0]:
            raise MissingLibrary(f"{purpose} takes {name}, which cannot be imported ({error})") from error
        raise MissingLibrary(
            f"{purpose} takes {name}, which is not installed; install it with: pip install 'padviewer[{extra}]'"
        ) from error
