"""Runs in namespaces of its own (`unshare -rm`), where it may mount: exports many items to a disk of 2 MB."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from inline import export, tree

from padviewer.errors import ExportError

OPTIONS = {"target": (500, 500), "mode": "reflect", "shard": 2}


def tried(folder, items, form):
    """Returns what was said when the disk was full, and what a resumed export made of it when there was room."""
    disk = folder / f"disk {form}"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], check=True)
    message = ""
    try:
        if form == "hdf5":
            (disk / "filler").write_bytes(bytes(1 << 20))
        export(disk / "out", items, form=form, **OPTIONS)
    except ExportError as error:
        message = error.message
    (disk / "filler").unlink(missing_ok=True)
    subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
    last = export(disk / "out", items, form=form, resume=True, **OPTIONS)
    export(folder / f"whole {form}", items, form=form, **OPTIONS)
    return {"message": message, "resumed": last.done, "equal": tree(disk / "out") == tree(folder / f"whole {form}")}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    numbers = np.random.default_rng(0)
    paths = []
    for number in range(6):
        paths.append(folder / f"{number}.npy")
        np.save(paths[-1], numbers.integers(0, 255, (400, 400, 2), np.uint8))
    print(json.dumps({form: tried(folder, paths, form) for form in ("npy", "zarr", "tfrecord", "hdf5")}))  # noqa: T201
