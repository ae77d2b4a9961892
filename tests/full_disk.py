"""Runs in namespaces of its own (`unshare -rm`), where it may mount: exports to a disk of 1 MB."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

from padviewer.errors import ExportError
from padviewer.export import EXTENSIONS, Payload, Portions, check_target, remove_abandoned, write
from padviewer.export.target import replacing

OLD = b"the old file"
SIZE = 1 << 20


class Filling:
    """Elements that do not compress, during the reading of which somebody else fills the disk.

    Args:
        array: the elements.
        filler: the file that fills it, at the second tile.
    """

    def __init__(self, array, filler):
        self._array, self._filler, self._tiles = array, filler, 0

    def read(self, region):
        self._tiles += 1
        if self._tiles == 2:
            with suppress(OSError), self._filler.open("wb", 0) as file:
                while file.write(bytes(1 << 12)):
                    pass
        return self._array[tuple(slice(span.start, span.stop) for span in region)]

    def constant(self, _region):
        return None


def exported(path, content, array):
    payload = Payload("padded", "HW", array.shape, array.dtype.name, "{}")
    try:
        portions = Portions(tile=1 << 16)
        write(payload, content, str(path), overwrite=True, progress=lambda *_: None, portions=portions)
    except ExportError as error:
        return error.message
    return ""


def tried(disk, extension, side):
    """Returns what was said, whether the old file is there still, and what else is."""
    path, filler = disk / f"a{extension}", disk / "filler"
    old = path / "zarr.json" if extension == ".zarr" else path
    if extension == ".zarr":
        path.mkdir()
    old.write_bytes(OLD)
    dtype = np.float32 if extension == ".exr" else np.uint8
    array = np.random.default_rng(0).integers(0, 255, (side, side)).astype(dtype)
    said = exported(path, Filling(array, filler), array)
    kept = old.read_bytes() == OLD
    filler.unlink(missing_ok=True)
    remove_abandoned(str(path))
    others = [found.name for found in disk.iterdir() if found != path]
    old.unlink()
    if extension == ".zarr":
        path.rmdir()
    return said, kept, others


def main():
    disk = Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", disk], check=True)
    found = {"filled": {}, "refused": {}}
    for extension in EXTENSIONS:
        found["filled"][extension] = tried(disk, extension, 512 if extension != ".exr" else 256)
        found["refused"][extension] = tried(disk, extension, 2048)
    session = disk / "session.json"
    session.write_bytes(OLD)
    try:
        with replacing(str(session), overwrite=True) as file:
            file.write(bytes(2 * SIZE))
    except ExportError as error:
        found["replaced"] = error.message, session.read_bytes() == OLD, [path.name for path in disk.iterdir()]
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    for name in ("new.npy", "session.npy"):
        try:
            check_target(str(disk / name), True)
        except ExportError as error:
            found[name] = error.message
    print(json.dumps(found))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
