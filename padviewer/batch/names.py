"""How the items of an export are called: a label of each, and the file that it is written to."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Iterable, Sequence

from padviewer.dataset.measured import Item
from padviewer.handed import file_stem

_MASK, _SCHEME = ".mask", "://"


def absolute(path: str) -> str:
    """Returns a path that says the same wherever it is read; a URL is one."""
    return path if _SCHEME in path else os.path.abspath(path)  # noqa: PTH100 a Path cannot hold every name


def root_of(items: Iterable[Item]) -> str:
    """Returns the folder that all items have in common, `/` at its end; empty where there is none."""
    folders = {absolute(path).rpartition("/")[0] for path, _member in items}
    if not folders:
        return ""
    words = [folder.split("/") for folder in folders]
    # Those that are furthest apart have in common what all have.
    pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(min(words), max(words), strict=False))
    return "".join(f"{name}/" for name, _same in pairs)


def labels_of(items: Sequence[Item], root: str) -> list[str]:
    """Returns the label of each item: its path from `root` on, and its member: `train/a.png`, `b.npz::x`.

    It is the same wherever the folder lies, and whatever else is exported; a random position is drawn by it.
    """
    return [_from_root(path, root) + ("" if member is None else f"::{member}") for path, member in items]


def outputs_of(items: Sequence[Item], root: str, extension: str, taken: Iterable[str] = ()) -> list[str]:
    """Returns the file of each item, from the folder of the export: `train/a.npy`.

    Where two would be written to one file, both keep their own extension: `a.png.npy`, `a.jpg.npy`.

    Args:
        items: path and member of each.
        root: the folder that they have in common.
        extension: of the files.
        taken: files of items that are written already.
    """
    used = set(taken)
    stems = [_without_extension(_from_root(path, root)) + _of_member(member) for path, member in items]
    repeated = {stem for stem, count in Counter(stems).items() if count > 1}
    outputs = []
    for stem, (path, member) in zip(stems, items, strict=True):
        wanted = stem if stem not in repeated else _from_root(path, root) + _of_member(member)
        output, number = wanted, 1
        while _is_used(output, extension, used):
            number += 1
            output = f"{wanted}~{number}"
        outputs.append(output + extension)
        used.add(outputs[-1])
    return outputs


def mask_beside(output: str, extension: str) -> str:
    """Returns the file of the mask that belongs to a file."""
    return output.removesuffix(extension) + _MASK + extension


def _is_used(output: str, extension: str, used: set[str]) -> bool:
    """Whether a file has this name, or that of its mask, or a mask has this name."""
    names = {output + extension, output + _MASK + extension}
    if output.endswith(_MASK):
        names.add(output.removesuffix(_MASK) + extension)
    return bool(names & used)


def _from_root(path: str, root: str) -> str:
    return absolute(path).removeprefix(root).replace(_SCHEME, "/").lstrip("/")


def _without_extension(name: str) -> str:
    folder, mark, last = name.rpartition("/")
    return folder + mark + (file_stem(last) or last)


def _of_member(member: str | None) -> str:
    """Returns what a member adds to the name of a file: it is a name, never a path."""
    words = (member or "").replace("\\", "/").replace("\0", "/").split("/")
    return "_" + "_".join(filter(None, words)) if member else ""
