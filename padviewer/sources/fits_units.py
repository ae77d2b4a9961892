"""The header and data units (HDUs) of a FITS file: where each lies and what it declares; no data are read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

import numpy as np

from padviewer.axes import MAX_RANK
from padviewer.errors import DamagedSource, UnsupportedSource, shortened
from padviewer.plan import Member
from padviewer.pulse import beat
from padviewer.sources.converted import Convert, Scaling, flip_sign_bit
from padviewer.sources.members import MAX_MEMBERS, described, no_such_member, unique_name

BLOCK = 2880
_CARD = 80
_END = b"END".ljust(_CARD)
# 36,000 cards; the longest headers of telescopes have some thousand.
_MAX_BLOCKS = 1000
_DTYPES = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}


class Bytes(Protocol):
    """What a file is read through: mapped, or unpacked into memory."""

    def __len__(self) -> int: ...
    def __getitem__(self, place: slice, /) -> bytes | bytearray: ...


@dataclass(frozen=True)
class Unit:
    """A header and data unit.

    Attributes:
        number: from 0 up.
        name: that it is asked for by: EXTNAME, or the number.
        header: astropy's record of the cards.
        start, offset, end: bytes where the header begins, the data begin and end (without filling).
        problem: why it is no array that is read; empty where it is one.
        compressed: whether the array lies compressed in a table.
    """

    number: int
    name: str
    header: Any
    start: int
    offset: int
    end: int
    problem: str
    compressed: bool

    @property
    def bitpix(self) -> int:
        """BITPIX of the array."""
        return int(self.header["ZBITPIX" if self.compressed else "BITPIX"])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the stored elements."""
        return np.dtype(_DTYPES[self.bitpix])

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """Sizes of the array, NAXISn reversed."""
        return _sizes(self.header, "Z" if self.compressed else "")

    @property
    def shape(self) -> tuple[int, ...]:
        """`stored_shape` without such leading axes of one element as no rank has room for."""
        return _fitting(self.stored_shape)

    @property
    def reading(self) -> tuple[str, Convert | None, tuple[str, ...]]:
        """The dtype that comes out, what makes it of the stored one, and notes on that.

        BSCALE and BZERO are applied. Those that mean unsigned integers, or signed bytes, keep the numbers integers.
        """
        dtype = self.dtype.newbyteorder("=")
        slope, zero = _scaling(self.header)
        blank = self._blank
        if (slope, zero) == (1, 0):
            missing = f"{blank} stands for missing numbers (BLANK)"
            return dtype.name, None, () if blank is None else (missing,)
        turned = {("i", 1): "u", ("u", -1): "i"}.get((dtype.kind, int(math.copysign(1, zero))))
        if slope == 1 and turned and abs(zero) == 2 ** (8 * dtype.itemsize - 1):
            name = np.dtype(f"{turned}{dtype.itemsize}").name
            notes = (f"stored as {dtype.name} with BZERO = {zero:.0f}, read as {name}",)
            missing = f"{(blank or 0) + int(zero)} stands for missing numbers (BLANK)"
            return name, flip_sign_bit(name), notes if blank is None else (*notes, missing)
        scaling = Scaling(dtype, slope, zero, blank)
        notes = (f"{scaling.note} (BSCALE, BZERO)",)
        missing = f"missing numbers ({blank}, BLANK) -> NaN"
        return scaling.dtype, scaling, notes if blank is None else (*notes, missing)

    @property
    def _blank(self) -> int | None:
        found = self.header.get("ZBLANK", self.header.get("BLANK")) if self.compressed else self.header.get("BLANK")
        return found if isinstance(found, int) and self.dtype.kind in "iu" else None

    @property
    def described(self) -> Member:
        """The unit as a line of a listing."""
        if self.problem:
            return Member(self.name, self.problem, readable=False)
        packed = ", compressed" if self.compressed else ""
        return Member(self.name, f"{described(self.reading[0], self.shape)}{packed}")


def units(fits: Any, data: Bytes, name: str) -> tuple[list[Unit], DamagedSource | None]:
    """Lists the units of a file.

    Args:
        fits: `astropy.io.fits`.
        data: the whole file.
        name: of the file, for messages.

    Returns:
        The units, at most `MAX_MEMBERS`, and the error that ends the list before its end.

    Raises:
        DamagedSource: where the first one cannot be told.
    """
    found: list[Unit] = []
    try:
        found.extend(islice(_walk(fits, data, name), MAX_MEMBERS))
    except DamagedSource as error:
        if not found:
            raise
        return found, error
    return found, None


def _walk(fits: Any, data: Bytes, name: str) -> Iterator[Unit]:
    start, number = 0, 0
    taken: dict[str, int] = {}
    while start < len(data):
        beat()
        if number and bytes(data[start : start + 8]) != b"XTENSION":
            return
        text, offset = _header(data, start, name)
        try:
            header = fits.Header.fromstring(text)
            size = _data_bytes(header)
            label = unique_name(str(header.get("EXTNAME", "")).strip() or str(number), taken)
            compressed = number > 0 and bool(header.get("ZIMAGE", False))
            problem = _problem(header, compressed)
        except Exception as error:
            raise DamagedSource(
                f"{name}: the header of HDU {number} cannot be read ({type(error).__name__}); save the file again"
            ) from error
        if not problem and offset + size > len(data):
            problem = f"cut short: ends at byte {offset + size} of {len(data)}"
        yield Unit(number, label, header, start, offset, offset + size, problem, compressed)
        start, number = offset + -(-size // BLOCK) * BLOCK, number + 1


def _header(data: Bytes, start: int, name: str) -> tuple[str, int]:
    """Returns the cards of a header, and where its data begin."""
    blocks = []
    for place in range(start, start + _MAX_BLOCKS * BLOCK, BLOCK):
        block = bytes(data[place : place + BLOCK])
        blocks.append(block)
        if any(block[card : card + _CARD] == _END for card in range(0, len(block), _CARD)):
            return b"".join(blocks).decode("latin1"), place + BLOCK
        if len(block) < BLOCK:
            break
    raise DamagedSource(
        f"{name}: the header at byte {start} has no END card within {len(b''.join(blocks))} bytes; the file is cut "
        "short or damaged, copy or save it again"
    )


def _sizes(header: Any, prefix: str = "") -> tuple[int, ...]:
    rank = int(header.get(f"{prefix}NAXIS", 0))
    if not 0 <= rank <= 999:
        raise ValueError(f"NAXIS = {rank}")
    sizes = tuple(int(header[f"{prefix}NAXIS{axis}"]) for axis in range(rank, 0, -1))
    if any(not 0 <= size < 2**63 for size in sizes):
        raise ValueError(f"NAXISn = {sizes}")
    return sizes


def _scaling(header: Any) -> tuple[float, float]:
    return float(header.get("BSCALE", 1)), float(header.get("BZERO", 0))


def _data_bytes(header: Any) -> int:
    """Returns the bytes of a unit's data, as the standard counts them."""
    sizes = _sizes(header)
    if header.get("GROUPS", False) is True and sizes and sizes[-1] == 0:
        sizes = sizes[:-1]
    groups, parameters = int(header.get("GCOUNT", 1)), int(header.get("PCOUNT", 0))
    if groups < 0 or parameters < 0:
        raise ValueError(f"GCOUNT = {groups}, PCOUNT = {parameters}")
    elements = math.prod(sizes) if sizes else 0
    return abs(int(header["BITPIX"])) // 8 * groups * (parameters + elements)


def _problem(header: Any, compressed: bool) -> str:
    """Returns why a unit is no array that is read; empty where it is one."""
    return _no_image(header, compressed) or _no_array(header, "Z" if compressed else "")


def _no_image(header: Any, compressed: bool) -> str:
    kind = str(header.get("XTENSION", "IMAGE")).strip().upper()
    if not compressed and kind in ("TABLE", "BINTABLE", "A3DTABLE"):
        return "a table, not an image"
    if not compressed and kind not in ("IMAGE", "IUEIMAGE"):
        return f"an extension of kind {shortened(kind, 20)}, not an image"
    return "random groups, not an image" if header.get("GROUPS", False) is True else ""


def _no_array(header: Any, prefix: str) -> str:
    sizes = _sizes(header, prefix)
    if not sizes:
        return "no data"
    bits = header.get(f"{prefix}BITPIX")
    if bits not in _DTYPES:
        return f"BITPIX = {shortened(str(bits), 20)}, which FITS does not have"
    if (rank := len(_fitting(sizes))) > MAX_RANK:
        return f"rank {rank}; rank 1 to {MAX_RANK} is read"
    slope, zero = _scaling(header)
    return "" if math.isfinite(slope) and math.isfinite(zero) else f"BSCALE = {slope}, BZERO = {zero}"


def _fitting(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Leaves out leading axes of one element where there are too many."""
    while len(sizes) > MAX_RANK and sizes[0] == 1:
        sizes = sizes[1:]
    return sizes


def chosen(found: list[Unit], member: str | None, name: str, ended: DamagedSource | None) -> Unit:
    """Returns the unit that is asked for by its name or number; None is the first that can be read.

    Raises:
        UnsupportedSource: where there is none, or it is no array that is read.
        DamagedSource: where it is cut short, or the list ended before there was one.
    """
    if member is None:
        unit = next((unit for unit in found if not unit.problem), found[-1])
        if unit.problem and ended is not None:
            raise ended
    else:
        named = [unit for unit in found if unit.name == member] or [u for u in found if str(u.number) == member]
        if not named:
            raise no_such_member(name, member, [unit.name for unit in found])
        unit = named[0]
    if unit.problem:
        kind = DamagedSource if unit.problem.startswith("cut short") else UnsupportedSource
        whose = f"none of its {len(found)} HDUs is an image that is read; " if member is None and len(found) > 1 else ""
        raise kind(f"{name}: {whose}HDU {shortened(unit.name, 60)}: {unit.problem}; choose an image HDU by ::NUMBER")
    return unit
