"""What a DICOM file says of its pixels. Elements are read by an allow-list, so who the patient is never comes in."""

from __future__ import annotations

import struct
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

from padviewer.errors import DamagedSource, UnsupportedSource, shortened
from padviewer.formats import library
from padviewer.pulse import beat
from padviewer.sources.opened import OpenedFile

PREAMBLE = 128
MAGIC = b"DICM"
IMPLICIT, DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
_DIRECTORY = "1.2.840.10008.1.3.10"
UNDEFINED = 0xFFFFFFFF
# VRs whose length takes four bytes after two that are reserved.
_LONG = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
_PIXELS = {0x7FE00008: "float32", 0x7FE00009: "float64", 0x7FE00010: ""}
_TAGS = (
    0x00080016,  # SOP class
    0x00180050,  # slice thickness
    0x00181063,  # frame time
    0x00181065,  # frame time vector
    0x00200032,  # image position
    0x00200037,  # image orientation
    0x00280002,  # samples per pixel
    0x00280004,  # photometric interpretation
    0x00280006,  # planar configuration
    0x00280008,  # number of frames
    0x00280010,  # rows
    0x00280011,  # columns
    0x00280030,  # pixel spacing
    0x00280100,  # bits allocated
    0x00280101,  # bits stored
    0x00280102,  # high bit
    0x00280103,  # pixel representation
    0x00281052,  # rescale intercept
    0x00281053,  # rescale slope
    0x00281054,  # rescale type
    0x00281101,  # palettes: descriptors
    0x00281102,
    0x00281103,
    0x00281201,  # palettes: data
    0x00281202,
    0x00281203,
    0x00281221,  # palettes: segmented data
    0x00283000,  # modality lookup table
    0x00287FE0,  # pixel data in another place
    0x3004000E,  # dose grid scaling
    0x52009229,  # what all frames share
    0x52009230,  # what each frame has
    0x7FE00001,  # offsets of frames
    0x7FE00002,  # lengths of frames
)
# Longer elements are passed over.
_MAX_ELEMENT = 32 << 20
_PIECE = 1 << 18
# Of what is inflated: itself, a stream of it, the pixels taken out of that, and a frame.
_COPIES = 4
# A header of a million elements is none that a machine writes.
_MAX_READS = 1_000_000
_BEAT = 4096


@dataclass(frozen=True)
class Pixels:
    """Where the pixels lie.

    Attributes:
        data: of the file, or of what came out of a deflated one.
        size: bytes of `data`.
        offset: of the first byte of the value.
        length: of the value; `UNDEFINED` where the pixels lie in fragments.
        vr: the value representation, or empty.
        dtype: of floating-point pixels; else empty.
    """

    data: BinaryIO
    size: int
    offset: int
    length: int
    vr: str
    dtype: str


@dataclass(frozen=True)
class DicomHeader:
    """What a file says of its pixels: elements by pydicom, the transfer syntax and where the pixels lie."""

    elements: Any
    syntax: str
    syntax_name: str
    pixels: Pixels

    @property
    def little_endian(self) -> bool:
        """Whether numbers are."""
        return self.syntax != BIG_ENDIAN

    def number(self, name: str, default: int | None = None) -> int:
        """Returns an element that is an integer.

        Raises:
            KeyError: where it is missing and has no default.
        """
        value = self.elements.get(name)
        if value in (None, ""):
            if default is None:
                raise KeyError(name)
            return default
        return int(value)

    def numbers(self, name: str, count: int) -> tuple[float, ...] | None:
        """Returns an element that is `count` numbers; None where it is anything else."""
        value = self.elements.get(name)
        try:
            found = tuple(float(number) for number in value) if count > 1 else (float(value),)
        except (TypeError, ValueError):
            return None
        return found if len(found) == count else None


class _Metered:
    """A file that is read a limited number of times: what a header costs grows with its elements, not its bytes."""

    def __init__(self, name: str, handle: BinaryIO) -> None:
        self._name, self._handle, self._left = name, handle, _MAX_READS
        self.seek, self.tell = handle.seek, handle.tell

    def read(self, count: int = -1) -> bytes:
        self._left -= 1
        if self._left % _BEAT == 0:
            beat()
        if self._left < 0:
            raise UnsupportedSource(
                f"{self._name}: its DICOM header takes over {_MAX_READS} reads; save it with fewer elements"
            )
        return self._handle.read(count)


def read_header(file: OpenedFile, budget: int) -> DicomHeader:
    """Reads what comes before the pixels.

    Raises:
        UnsupportedSource: where the file has no pixels of its own.
        MissingLibrary: where pydicom is not installed.
    """
    purpose = f"{file.name}: to read DICOM"
    reader: Any = library("pydicom.filereader", "dicom", purpose)
    uid: Any = library("pydicom.uid", "dicom", purpose)
    warnings.simplefilter("ignore")  # they quote what the file says; `decoding` puts the filter back
    file.handle.seek(PREAMBLE + len(MAGIC))
    metered = _Metered(file.name, file.handle)
    meta = reader.read_dataset(metered, False, True, stop_when=lambda tag, _vr, _length: tag >= 0x00030000)
    syntax = uid.UID(str(meta.get("TransferSyntaxUID") or IMPLICIT).strip())
    if str(meta.get("MediaStorageSOPClassUID", "")) == _DIRECTORY:
        raise UnsupportedSource(f"{file.name}: is a DICOMDIR, which only lists other files; open one of those")
    data, size = file.handle, file.size
    if syntax == DEFLATED:
        unpacked = _inflated(file, budget)
        data, size = BytesIO(unpacked), len(unpacked)
        metered = _Metered(file.name, data)
    found: list[tuple[int, str, int]] = []

    def stop(tag: int, vr: str | None, length: int) -> bool:
        if tag in _PIXELS:
            found.append((int(tag), vr or "", length))
        return tag in _PIXELS

    implicit = syntax == IMPLICIT
    elements = reader.read_dataset(
        metered, implicit, syntax != BIG_ENDIAN, stop_when=stop, defer_size=_MAX_ELEMENT, specific_tags=list(_TAGS)
    )
    if not found:
        raise _no_pixels(file, elements)
    tag, vr, length = found[0]
    offset = data.tell() + (12 if vr in _LONG else 8)
    name = shortened(str(getattr(syntax, "name", syntax)), 80)
    return DicomHeader(elements, str(syntax), name, Pixels(data, size, offset, length, vr, _PIXELS[tag]))


def _inflated(file: OpenedFile, budget: int) -> bytearray:
    stream, found = zlib.decompressobj(-zlib.MAX_WBITS), bytearray()
    while not stream.eof and (block := stream.unconsumed_tail or file.handle.read(_PIECE)):
        found += stream.decompress(block, _PIECE)
        # The pixels are copied out of it, and decoded.
        file.check_budget(_COPIES * len(found), budget, "what is in the deflated file")
    if not stream.eof:
        raise DamagedSource(f"{file.name}: the deflated DICOM data have no end; the file is cut short, copy it again")
    return found


def _no_pixels(file: OpenedFile, elements: Any) -> UnsupportedSource:
    if 0x00287FE0 in elements:
        return UnsupportedSource(f"{file.name}: its pixels are in another place, by a link, which is never followed")
    return UnsupportedSource(f"{file.name}: is a DICOM file without pixels; choose one that holds an image")


def item_header(data: BinaryIO, offset: int) -> tuple[int, int]:
    """Returns tag and length of the item at a byte; (0, 0) where the data end before it."""
    data.seek(offset)
    raw = data.read(8)
    if len(raw) < 8:
        return 0, 0
    group, element, length = struct.unpack("<HHI", raw)
    return group << 16 | element, length
