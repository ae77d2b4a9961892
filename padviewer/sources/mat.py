"""MATLAB files of all versions: one numeric variable, with the shape and the dtype that MATLAB gives it.

Versions 4 to 7 are parsed here: nothing but the chosen variable is read, and what is not compressed is mapped.
Version 7.3 is HDF5. MATLAB's arrays are column-major; their axes are shown in MATLAB's order, `size(x)`.
"""

from __future__ import annotations

from padviewer.errors import UnsupportedSource, shortened
from padviewer.plan import Member
from padviewer.sources import hdf5
from padviewer.sources.base import Source
from padviewer.sources.mat_4 import begins_4, variables_4
from padviewer.sources.mat_5 import begins_5, variables_5
from padviewer.sources.mat_hdf5 import open_mat_hdf5
from padviewer.sources.mat_variable import Variable, source_of
from padviewer.sources.members import MAX_MEMBERS, described, no_such_member
from padviewer.sources.opened import OpenedFile

_TEXT = b"MATLAB"


def matches(head: bytes) -> bool:
    """Tells whether a file begins as a MATLAB file does; those of version 4 have no mark but a plausible variable."""
    return _is_hdf5(head) or begins_5(head) or begins_4(head)


def open_mat(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Opens a variable of a MATLAB file; None takes the first one that can be read."""
    if _is_hdf5(file.head):
        return open_mat_hdf5(file, member, budget)
    found = file.once("variables", lambda: list(variables_5(file) if begins_5(file.head) else variables_4(file)))
    variables = found[:MAX_MEMBERS]
    more = len(found) > MAX_MEMBERS
    notes = (f"more than {MAX_MEMBERS} variables, the others are not listed",) if more else ()
    chosen = _chosen(file, member, variables)
    if chosen.refusal:
        raise chosen.error(file)
    members = file.once(
        "members", lambda: tuple(Member(each.name, _described(each), not each.refusal) for each in variables)
    )
    return source_of(file, chosen, members, notes, budget)


def _is_hdf5(head: bytes) -> bool:
    return head.startswith(_TEXT) and hdf5.matches(head)


def _described(variable: Variable) -> str:
    return variable.refusal or described(variable.shown.name, variable.shape)


def _chosen(file: OpenedFile, member: str | None, variables: list[Variable]) -> Variable:
    if member is not None:
        found = next((each for each in variables if each.name == member), None)
        if found is None:
            raise no_such_member(file.name, member, [each.name for each in variables])
        return found
    if not variables:
        raise UnsupportedSource(f"{file.name}: is a MATLAB file without variables; save one with save")
    readable = next((each for each in variables if not each.refusal), None)
    if readable is None:
        first = next((each for each in variables if each.damaged), variables[0])
        if first.damaged:
            raise first.error(file)
        raise UnsupportedSource(f"{file.name}: holds no numeric array; {shortened(first.name, 40)}: {first.refusal}")
    return readable
