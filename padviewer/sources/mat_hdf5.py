"""MATLAB files of version 7.3, which are HDF5: one numeric variable, with MATLAB's own shape."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from padviewer.axes import MAX_RANK, guess_axes
from padviewer.errors import SourceError, UnsupportedSource, shortened
from padviewer.plan import ArrayInfo, Member
from padviewer.sources.base import ArraySource, Source
from padviewer.sources.converted import ConvertedSource
from padviewer.sources.derived import TransposedSource
from padviewer.sources.hdf5 import Hdf5File
from padviewer.sources.mat_variable import COLUMN_MAJOR
from padviewer.sources.members import MAX_MEMBERS, described, no_such_member
from padviewer.sources.opened import OpenedFile, decoding

_REFUSED = {
    "cell": "is a cell array; save its numeric cells as variables",
    "struct": "is a struct; save its numeric fields as variables",
    "char": "is text",
    "function_handle": "is a function handle",
}
_NUMBERS = frozenset(
    {"", "double", "single", "logical", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))}
)
_LOGICAL = "logical"


class _Variable(NamedTuple):
    """A variable: its name, how it is stored, its class, and the shape that it has where it is empty."""

    name: str
    stored: Any
    group: str
    empty: tuple[int, ...] | None

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(bool) if self.group == _LOGICAL else self.stored.elements.shown

    @property
    def shape(self) -> tuple[int, ...]:
        return self.stored.shape[::-1] if self.empty is None else self.empty


def open_mat_hdf5(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Opens a variable; None takes the first one that can be read."""
    with Hdf5File(file, budget) as opened:
        tree = opened.tree
        children = {
            child.path.lstrip("/"): child for child in tree.children(tree.root, "") if not child.name.startswith(b"#")
        }
        members = file.once(
            "members",
            lambda: tuple(_member(file, opened, name, child) for name, child in list(children.items())[:MAX_MEMBERS]),
        )
        if member is None:
            first = next((each for each in members if each.readable), None)
            if first is None:
                why = f"{shortened(members[0].name, 40)}: {members[0].described}" if members else "it has no variables"
                raise UnsupportedSource(f"{file.name}: holds no numeric array; {why}")
            member = first.name
        if member not in children:
            raise no_such_member(file.name, member, list(children))
        variable = _variable(opened, member, children[member])
        notes = (COLUMN_MAJOR, *variable.stored.elements.notes, *opened.remarks(variable.stored))
        shape, dtype = variable.shape, variable.dtype
        info = ArrayInfo(
            file.path, member, "MATLAB 7.3", shape, dtype.name, guess_axes(shape), True, file.size, members, notes
        )
        if 0 in shape:
            return ArraySource(np.empty(shape, dtype), info)
        source = TransposedSource(opened.source(variable.stored, _reversed(info, variable)), info)
        return ConvertedSource(source, info, lambda found: found != 0) if variable.group == _LOGICAL else source


def _reversed(info: ArrayInfo, variable: _Variable) -> ArrayInfo:
    """Returns what is said of the variable as it is stored."""
    shape = variable.stored.shape
    dtype = variable.stored.elements.shown.name
    return ArrayInfo(info.path, info.member, info.format, shape, dtype, guess_axes(shape), True, info.file_bytes)


def _member(file: OpenedFile, opened: Hdf5File, name: str, child: Any) -> Member:
    try:
        with decoding(file.path):
            variable = _variable(opened, name, child)
    except SourceError as error:
        why = error.message.removeprefix(f"{opened.label(name)}: ").removeprefix(f"{file.name}: ")
        return Member(name, shortened(why, 200), readable=False)
    return Member(name, described(variable.dtype.name, variable.shape))


def _variable(opened: Hdf5File, name: str, child: Any) -> _Variable:
    """Returns a variable.

    Raises:
        SourceError: it is not read.
    """
    from h5py import h5a, h5d  # noqa: PLC0415

    from padviewer.sources.hdf5_types import text_of  # noqa: PLC0415

    found, label = opened.tree.open(opened.tree.root, child), opened.label(name)
    if h5a.exists(found, b"MATLAB_sparse"):
        raise UnsupportedSource(f"{label}: is a sparse matrix; save it with full(x)")
    group = text_of(found, b"MATLAB_class")
    if not isinstance(found, h5d.DatasetID):
        raise UnsupportedSource(f"{label}: {_REFUSED.get(group, _REFUSED['struct'])}")
    if group not in _NUMBERS:
        why = _REFUSED.get(group, f"is an object of class {shortened(group, 40)}; save its numbers as variables")
        raise UnsupportedSource(f"{label}: {why}")
    stored = opened.stored(found, name)
    if not h5a.exists(found, b"MATLAB_empty"):
        return _Variable(name, stored, group, None)
    # The elements of an empty array are the sizes of its axes.
    if stored.chunk or len(stored.shape) != 1 or not 1 <= stored.shape[0] <= MAX_RANK or not stored.has_elements:
        raise UnsupportedSource(f"{label}: is an empty array of {stored.shape} sizes")
    sizes = tuple(int(size) for size in stored.whole())
    if 0 not in sizes or not all(0 <= size < 2**63 for size in sizes):
        raise UnsupportedSource(f"{label}: is an empty array of the shape {sizes}")
    classes = {_LOGICAL: "bool", "double": "float64", "single": "float32", "": stored.elements.shown.name}
    kind = np.dtype(classes.get(group, group))
    elements = stored.elements._replace(shown=kind)
    return _Variable(name, stored._replace(elements=elements), group, sizes)
