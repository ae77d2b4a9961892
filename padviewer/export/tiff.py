"""TIFF: any array that has elements, streamed, with its axes and settings in the description."""

from __future__ import annotations

from typing import BinaryIO

from padviewer.errors import ExportError
from padviewer.export.payload import Payload
from padviewer.export.store import FlatStore, opening

# Offsets of a classic TIFF have 32 bits; what is left is for tags.
_CLASSIC = 2**32 - 2**25
_MAX_SAMPLES = 2**16 - 1
_LETTERS = {"B": "Q", "D": "Z", "H": "Y", "W": "X", "T": "X"}


def check_tiff(payload: Payload) -> None:
    """Raises an `ExportError` where TIFF cannot hold the array."""
    if 0 in payload.shape:
        raise ExportError(f"the {payload.name} has no elements, and a TIFF has at least one. Use .npy or .npz")
    if max(payload.shape) >= 2**31:
        raise ExportError(f"an axis of the {payload.name} is longer than a TIFF can tell (2^31). Use .npy or .npz")


def tiff_store(payload: Payload, path: str, _tile: tuple[int, ...], resumed: bool) -> FlatStore:
    """Returns what writes a TIFF, a BigTIFF from 4 GB on. Booleans become bytes of 0 and 1.

    All pages lie in one run, uncompressed: elements can be put anywhere, and what is zero is a hole.
    """
    import tifffile  # noqa: PLC0415 loaded when first needed

    with opening(path, resumed) as file:
        if not resumed:
            _write_tags(payload, file)
        file.seek(0)
        with tifffile.TiffFile(file) as written:
            offset = int(written.pages[0].dataoffsets[0])
        return FlatStore(payload, file, offset)


def _write_tags(payload: Payload, file: BinaryIO) -> None:
    """Writes all but the elements, for which there is room."""
    import tifffile  # noqa: PLC0415 loaded when first needed

    samples = _samples(payload)
    colors = samples if payload.name == "padded" and samples in (3, 4) else 0
    with tifffile.TiffWriter(file, bigtiff=payload.nbytes > _CLASSIC) as writer:
        writer.write(
            shape=payload.shape if len(payload.shape) > 1 else (1, *payload.shape),
            dtype="uint8" if payload.dtype == "bool" else payload.dtype,
            photometric="rgb" if colors else "minisblack",
            planarconfig="contig" if samples else None,
            extrasamples=_extra_samples(payload, samples, colors),
            metadata={"axes": _letters(payload, samples), "padviewer": payload.spec_json},
            software="padviewer",
        )
    file.flush()


def _samples(payload: Payload) -> int:
    """Returns how many channels lie in each pixel of a page; 0 where channels are not the last of a picture's axes."""
    channels = payload.shape[-1] if payload.axes.endswith("HWC") else 0
    return channels if 2 <= channels <= _MAX_SAMPLES else 0


def _extra_samples(payload: Payload, samples: int, colors: int) -> list[str] | None:
    if colors == 3 or not samples:
        return None
    alpha = payload.name == "padded" and samples in (2, 4)
    return ["unassalpha"] if alpha else ["unspecified"] * (samples - 1)


def _letters(payload: Payload, samples: int) -> str:
    letters = "".join(_LETTERS.get(letter, "C") for letter in payload.axes)
    letters = letters[:-1] + "S" if samples else letters
    return letters if len(letters) > 1 else f"Y{letters}"
