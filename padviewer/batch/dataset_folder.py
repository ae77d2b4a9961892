"""The folder of an export of many: who writes there, what is there already, and what may be taken away."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from padviewer.batch import hdf5_datasets, zarr_arrays
from padviewer.batch.layout import is_inside
from padviewer.batch.manifest import NAME, Manifest
from padviewer.batch.mirror import PIECES
from padviewer.batch.names import mask_beside
from padviewer.batch.parts import PARTS, unpublish
from padviewer.batch.places import EXTENSIONS
from padviewer.batch.tfrecord_shards import EXTENSION
from padviewer.errors import ExportError, TargetExists
from padviewer.export.place import display_name, told
from padviewer.objects import is_url, remove, sizes_below

# Of an export that was killed before it had a manifest.
_OURS = (PARTS, f".{NAME}.new")


@contextmanager
def owned(folder: str) -> Iterator[None]:
    """Makes the folder where it is missing, and keeps every other export out of it.

    Raises:
        ExportError: another process exports to it, or the system refuses.
    """
    if is_url(folder):
        yield  # stores have no locks
        return
    with told(folder):
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103 a Path cannot hold every name
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            name = display_name(folder)
            raise ExportError(f"{name}: another process exports to it; wait for it, or choose another one") from error
        except OSError:
            pass  # a file system without locks
        yield
    finally:
        os.close(descriptor)


def check_free(folder: str, manifest: Manifest) -> None:
    """Raises a `TargetExists` where something is in the folder, which names it and both ways out."""
    name = display_name(folder)
    if manifest.exists:
        raise TargetExists(
            f"{name}: holds an export already ({_counted(manifest)}); go on with it by --resume, or start over by "
            "--force"
        )
    with told(folder):
        names = list(sizes_below(folder)) if is_url(folder) else os.listdir(folder)  # noqa: PTH208
        others = [found for found in names if found not in _OURS]
    if others:
        shown = display_name(sorted(others)[0])
        raise TargetExists(
            f"{name}: is not empty ({shown}{' and others' if len(others) > 1 else ''}) and holds no export; choose "
            "another folder, or write into it by --force"
        )


def remove_export(folder: str, manifest: Manifest) -> None:
    """Removes what an earlier export has written into the folder, as its manifest tells, and nothing else."""
    with suppress(ExportError):
        for record in manifest.read():
            if record.output and _is_written(record.output) and is_inside(folder, record.output):
                for name in {record.output, *_masks(record.output)}:
                    with suppress(ValueError):
                        unpublish(os.path.join(folder, name))  # noqa: PTH118
    manifest.close()
    if is_url(folder):
        for prefix in (f"{zarr_arrays.NAME}/", PIECES):
            remove(f"{folder}/{prefix}", recursive=True)
        remove(f"{folder}/{NAME}")
        manifest.forget()
        return
    shutil.rmtree(os.path.join(folder, zarr_arrays.NAME), ignore_errors=True)  # noqa: PTH118
    for name in (hdf5_datasets.NAME, NAME):
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(folder, name))  # noqa: PTH108, PTH118


def _is_written(output: str) -> bool:
    return output.endswith((EXTENSION, *EXTENSIONS.values()))


def _masks(output: str) -> list[str]:
    found = os.path.splitext(output)[1]  # noqa: PTH122
    return [mask_beside(output, found)] if found in EXTENSIONS.values() else []


def _counted(manifest: Manifest) -> str:
    try:
        counted = Counter({record.item: record.outcome for record in manifest.read()}.values())
    except ExportError:
        return "its manifest is damaged"
    finally:
        manifest.close()
    words = [f"{counted[name]:,} items {name}" for name in ("written", "failed") if counted.get(name)]
    return ", ".join(words) or "no item written"
