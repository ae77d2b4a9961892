"""What the elements of an HDF5 data set are: which are read, as what, and why others are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from h5py import h5a, h5t

from padviewer.errors import UnsupportedSource, shortened
from padviewer.sources.base import Array
from padviewer.sources.small_floats import from_bfloat16

_FLOATS = (h5t.IEEE_F16LE, h5t.IEEE_F16BE, h5t.IEEE_F32LE, h5t.IEEE_F32BE, h5t.IEEE_F64LE, h5t.IEEE_F64BE)
_BITFIELDS = tuple(getattr(h5t, f"STD_B{bits}{order}") for bits in (8, 16, 32, 64) for order in ("LE", "BE"))
_ORDERS = {h5t.ORDER_LE: "<", h5t.ORDER_BE: ">"}
_KINDS = {
    h5t.STRING: "text",
    h5t.OPAQUE: "raw bytes",
    h5t.REFERENCE: "references to other objects",
    h5t.VLEN: "lists of varying length",
    h5t.TIME: "times",
    h5t.COMPOUND: "records",
}
# Names that programs give to the two parts of a complex number.
_REAL, _IMAGINARY = ("r", "real", "re"), ("i", "imag", "im")
# Attribute and value by which Keras marks numbers of 16 bits that are the upper half of a float32.
_MARK, _BFLOAT16 = b"dtype", "bfloat16"
_MOST_FIELDS, _MOST_TEXT = 2, 256


class Elements(NamedTuple):
    """The elements of a data set.

    Attributes:
        stored: dtype of their bytes in the file; raw bytes where they are converted.
        shown: dtype that they are read as, in native byte order.
        inner: sizes of the axes that each element has by itself.
        notes: what is done to them.
        convert: turns an array of `stored` into one of `shown`; None where numpy reads them as they are.
    """

    stored: np.dtype[Any]
    shown: np.dtype[Any]
    inner: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    convert: Callable[[Array], Array] | None = None

    @property
    def is_plain(self) -> bool:
        """Whether numpy reads them as they are stored."""
        return self.convert is None and self.stored.kind != "b"

    def read(self, raw: Array) -> Array:
        """Returns elements as they are shown, of those that are stored; only their byte order may differ."""
        if self.convert is not None:
            return self.convert(raw)
        # A file may hold any byte as a boolean.
        return raw if self.is_plain else raw.view(np.uint8) != 0


def elements_of(dataset: Any, label: str) -> Elements:
    """Returns what the elements of a data set are.

    Args:
        dataset: h5py's identifier of it.
        label: its name, for messages.

    Raises:
        UnsupportedSource: they are not numbers that are read.
    """
    kind = dataset.get_type()
    inner: tuple[int, ...] = ()
    if kind.get_class() == h5t.ARRAY:
        inner, kind = tuple(map(int, kind.get_array_dims())), kind.get_super()
    found = _marked(dataset, kind) or _number(kind)
    if found is None:
        raise UnsupportedSource(
            f"{label}: holds {_named(kind)}; booleans, integers, float16 to float64 and complex64 or complex128 are "
            "read"
        )
    return found._replace(inner=inner)


def text_of(holder: Any, name: bytes, *, varying: bool = False) -> str:
    """Returns the text of an attribute of an object; empty where it has none, or one that is no short text.

    Args:
        holder: h5py's identifier of the object.
        name: of the attribute.
        varying: whether it may be of varying length, which only the size of the file bounds.
    """
    if not h5a.exists(holder, name):
        return ""
    attribute = h5a.open(holder, name)
    kind = attribute.get_type()
    if kind.get_class() != h5t.STRING or attribute.shape != () or attribute.get_storage_size() > _MOST_TEXT:
        return ""
    if kind.is_variable_str() and not varying:
        return ""
    found = np.empty((), attribute.dtype)
    attribute.read(found)
    value = found[()]
    text = value if isinstance(value, bytes) else b"" if value is None else str(value).encode()
    return text[:_MOST_TEXT].decode("utf-8", "replace").rstrip("\0 ")


def _number(kind: Any) -> Elements | None:
    group = kind.get_class()
    if group == h5t.INTEGER:
        return _integer(kind)
    if group == h5t.FLOAT:
        return _float(kind)
    if group == h5t.BITFIELD and any(kind.equal(known) for known in _BITFIELDS):
        return _plain(np.dtype(kind.dtype.str), "bit field shown as a number")
    if group == h5t.ENUM:
        return _enumeration(kind)
    return _complex(kind) if group == h5t.COMPOUND else None


def _plain(stored: np.dtype[Any], *notes: str) -> Elements:
    return Elements(stored, stored.newbyteorder("="), (), notes)


def _of_bits(kind: Any, letter: str) -> np.dtype[Any] | None:
    """Returns numpy's dtype of a type that uses all of its bits; None where there is none."""
    size, order = kind.get_size(), _ORDERS.get(kind.get_order())
    whole = kind.get_precision() == 8 * size and kind.get_offset() == 0
    return np.dtype(f"{order}{letter}{size}") if whole and order and size in (1, 2, 4, 8) else None


def _integer(kind: Any) -> Elements | None:
    letter = "i" if kind.get_sign() == h5t.SGN_2 else "u"
    stored = _of_bits(kind, letter)
    if stored is not None:
        return _plain(stored)
    bits, size = kind.get_precision(), kind.get_size()
    width = next((width for width in (1, 2, 4, 8) if size <= width), None)
    if width is None or kind.get_order() not in _ORDERS:
        return None
    shown = np.dtype(f"{letter}{width}")
    return _converted(kind, shown, f"{bits}-bit integers -> {shown.name}")


def _float(kind: Any) -> Elements | None:
    if any(kind.equal(known) for known in _FLOATS):
        return _plain(np.dtype(f"{_ORDERS[kind.get_order()]}f{kind.get_size()}"))
    _sign, _at, exponent, _start, mantissa = kind.get_fields()
    # Of 8 bits there are several kinds, which HDF5 cannot tell apart.
    if not 2 <= kind.get_size() <= 8 or kind.get_order() not in _ORDERS or exponent > 11 or mantissa > 52:
        return None
    small = exponent <= 8 and mantissa <= 23 and kind.get_ebias() <= 127
    shown = np.dtype("f4" if small else "f8")
    brain = kind.get_size() == 2 and (exponent, mantissa, kind.get_ebias()) == (8, 7, 127)
    name = _BFLOAT16 if brain else f"{kind.get_precision()}-bit floats"
    return _converted(kind, shown, f"{name} -> {shown.name}")


def _converted(kind: Any, shown: np.dtype[Any], note: str) -> Elements:
    """Returns elements that the HDF5 library converts, which knows where their bits lie."""
    size, target = kind.get_size(), h5t.py_create(shown)

    def convert(raw: Array) -> Array:
        buffer = np.zeros(raw.size * max(size, shown.itemsize), np.uint8)
        buffer[: raw.size * size] = np.frombuffer(np.ascontiguousarray(raw).tobytes(), np.uint8)
        h5t.convert(kind, target, raw.size, buffer)
        return buffer[: raw.size * shown.itemsize].view(shown).reshape(raw.shape)

    return Elements(np.dtype(f"V{size}"), shown, (), (note,), convert)


def _enumeration(kind: Any) -> Elements | None:
    found = _integer(kind.get_super())
    if found is None or found.convert:
        return None
    if kind.get_nmembers() == 2 and found.stored.itemsize == 1:
        values = {kind.get_member_name(number).upper(): kind.get_member_value(number) for number in range(2)}
        if values == {b"FALSE": 0, b"TRUE": 1}:
            return Elements(np.dtype(bool), np.dtype(bool))
    return found._replace(notes=("enumeration shown by its numbers",))


def _complex(kind: Any) -> Elements | None:
    if kind.get_nmembers() != _MOST_FIELDS:
        return None
    parts = [kind.get_member_type(number) for number in range(2)]
    names = [kind.get_member_name(number).decode("ascii", "replace").lower() for number in range(2)]
    real, imaginary = (_number(part) if part.get_class() == h5t.FLOAT else None for part in parts)
    if real is None or imaginary is None or real.convert or real.stored != imaginary.stored:
        return None
    width = real.stored.itemsize
    side_by_side = (kind.get_member_offset(0), kind.get_member_offset(1), kind.get_size()) == (0, width, 2 * width)
    is_pair = names[0] in _REAL and names[1] in _IMAGINARY
    return _plain(np.dtype(f"{real.stored.str[0]}c{2 * width}")) if is_pair and side_by_side and width > 2 else None


def _marked(dataset: Any, kind: Any) -> Elements | None:
    """Returns elements that Keras has marked as bfloat16."""
    if kind.get_size() != 2 or text_of(dataset, _MARK, varying=True) != _BFLOAT16:
        return None
    order = _ORDERS.get(kind.get_order()) if kind.get_class() == h5t.INTEGER else "<"
    return Elements(np.dtype(f"{order or '<'}u2"), np.dtype("f4"), (), (f"{_BFLOAT16} -> float32",), from_bfloat16)


def _named(kind: Any) -> str:
    group = kind.get_class()
    if group == h5t.COMPOUND:
        count = kind.get_nmembers()
        first = [kind.get_member_name(number).decode("utf-8", "replace") for number in range(min(4, count))]
        names = ", ".join(shortened(name, 20) for name in first)
        return f"records ({names}{', …' if count > 4 else ''})"
    if group == h5t.BITFIELD:
        return "bit fields of unusual width"
    if group in (h5t.INTEGER, h5t.FLOAT):
        what = "floats" if group == h5t.FLOAT else "integers"
        return f"{what} of {8 * kind.get_size()} bits ({kind.get_precision()} of them used)"
    if group == h5t.ENUM:
        return "an enumeration of unusual integers"
    return _KINDS.get(group, "arrays of arrays" if group == h5t.ARRAY else "elements of an unknown kind")
