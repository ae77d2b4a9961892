"""What people hand to `show`, made an array of numpy: nothing is copied that numpy can look at."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from padviewer.axes import MAX_RANK
from padviewer.errors import UnsupportedArray

_KINDS = {
    "O": "Python objects, or rows of differing lengths",
    "V": "records or raw bytes",
    "M": "dates",
    "m": "time spans",
    "S": "bytes",
    "U": "text",
    "T": "text",
}
_NATIVE = frozenset("?bBhHiIlLqQefdFD")
_READ = "booleans, integers, float16 to float64 and complex64 or complex128 are shown; convert it with astype"


class Given(NamedTuple):
    """An array to be shown.

    Attributes:
        array: of rank 1 to 5, as it was handed over.
        dtype: in which it is shown: native byte order, and one that numpy itself has.
        notes: where that is another dtype, or something was left out.
    """

    array: npt.NDArray[Any]
    dtype: np.dtype[Any]
    notes: tuple[str, ...]


def as_array(value: Any) -> Given:
    """Returns the array that a value is, offers or can be made into.

    Args:
        value: an array of numpy, anything with `__array__`, a buffer or `__dlpack__` (tensors on a GPU are fetched),
            a picture of Pillow, a number of numbers in lists.

    Raises:
        UnsupportedArray: it is none, or its rank or dtype cannot be shown.
    """
    name, notes = type(value).__name__, []
    if isinstance(value, np.ma.MaskedArray):
        notes.append("its mask is left out")
    try:
        fetched, note = _fetched(value)
        array = np.asarray(fetched)
    except Exception as error:
        # Whatever a foreign object raises: symbolic and sparse tensors, elements on another device, ragged lists.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UnsupportedArray(f"show received {_article(name)} that cannot be made an array: {reason}") from error
    if note:
        notes.append(note)
    if not array.ndim and array.dtype.kind in _KINDS:
        raise UnsupportedArray(
            f"show received {_article(name)}, which is no array; expected an array, a tensor, a picture or lists of "
            "numbers"
        )
    if not 1 <= array.ndim <= MAX_RANK:
        shape = f"of the shape {array.shape}" if array.ndim else "of a single number"
        raise UnsupportedArray(
            f"show received {_article(name)} {shape}; expected one to {MAX_RANK} axes. Reshape it, such as x[None]"
        )
    dtype, cast = _shown_dtype(array.dtype, name)
    if cast:
        notes.append(cast)
    return Given(array, dtype, tuple(notes))


def _fetched(value: Any) -> tuple[Any, str]:
    """Returns a value that numpy can look at, and what was done to it."""
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        return _from_torch(value)
    if getattr(value, "mode", None) == "P" and hasattr(value, "convert"):
        # The elements of a palette picture are numbers of colours.
        return value.convert("RGBA" if "transparency" in value.info else "RGB"), "palette applied"
    if not isinstance(value, np.ndarray) and not hasattr(value, "__array__") and hasattr(value, "__dlpack__"):
        return np.from_dlpack(value, device="cpu"), ""
    return value, ""


def _from_torch(tensor: Any) -> tuple[Any, str]:
    tensor = tensor.detach().cpu()
    for resolve in ("resolve_conj", "resolve_neg"):
        tensor = getattr(tensor, resolve, lambda tensor=tensor: tensor)()
    name = str(getattr(tensor, "dtype", "")).removeprefix("torch.")
    if name == "bfloat16" or name.startswith("float8"):
        return tensor.float(), f"{name} shown as float32"
    return tensor, ""


def _shown_dtype(dtype: np.dtype[Any], name: str) -> tuple[np.dtype[Any], str]:
    """Returns the dtype that is shown, and a note where it is another."""
    if dtype.char in _NATIVE:
        return dtype.newbyteorder("="), ""
    if dtype.char in "gG":
        shown = np.dtype("float64" if dtype.kind == "f" else "complex128")
        return shown, f"{dtype.name} shown as {shown.name}"
    if dtype.type.__module__.partition(".")[0] == "ml_dtypes":
        unsigned, signed = dtype.name.startswith("uint"), dtype.name.startswith("int")
        shown = np.dtype("uint8" if unsigned else "int8" if signed else "float32")
        return shown, f"{dtype.name} shown as {shown.name}"
    what = _KINDS.get(dtype.kind, "elements of an unusual kind")
    raise UnsupportedArray(f"show received {_article(name)} that holds {what} (dtype {dtype}); {_READ}")


def _article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
