"""How a part takes its target's place in one step; the folder that steps aside for it can always be put back."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
from contextlib import suppress

from padviewer.errors import TargetExists
from padviewer.export.place import display_name

_OLDER = "older"
# What the system says where it, or the file system, cannot swap two folders in one step.
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def publish(content: str, target: str, overwrite: bool) -> None:
    """Puts a file or folder in the target's place, with the old one's permissions.

    Raises:
        TargetExists: where something has appeared there meanwhile, and must not be written over.
        OSError: whatever the system refuses.
    """
    with suppress(OSError):
        os.chmod(content, stat.S_IMODE(os.stat(target).st_mode))  # noqa: PTH101, PTH116
    is_folder = stat.S_ISDIR(os.stat(content).st_mode)  # noqa: PTH116
    if overwrite:
        if not (is_folder and _exchange(content, target)):
            os.replace(content, target)  # noqa: PTH105
        return
    try:
        if is_folder:
            os.rename(content, target)  # noqa: PTH104 refuses what is there, unless it is an empty folder
        else:
            # Unlike a rename, a link never replaces what has appeared since the check.
            os.link(content, target)
    except (FileExistsError, NotADirectoryError) as error:
        raise _appeared(target) from error
    except OSError as error:
        if is_folder and os.path.lexists(target):
            raise _appeared(target) from error
        # File systems without hard links: the check at the start has to do.
        os.replace(content, target)  # noqa: PTH105


def _appeared(target: str) -> TargetExists:
    return TargetExists(
        f"{display_name(target)}: has appeared meanwhile; allow overwriting (--force), or choose another name"
    )


def _exchange(content: str, target: str) -> bool:
    """Swaps two folders in one step, and returns whether there was one to swap with; the old one is then `content`.

    Where the system cannot, the old one steps aside first. For a moment there is none; if all ends there, the next
    export to the directory puts the old one back.
    """
    if not os.path.lexists(target):
        return False
    names = (_AT_FDCWD, os.fsencode(content), _AT_FDCWD, os.fsencode(target), _RENAME_EXCHANGE)
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is not None and rename(*names) == 0:
        return True
    number = errno.ENOSYS if rename is None else ctypes.get_errno()
    if number not in _CANNOT:
        raise OSError(number, os.strerror(number), target)
    part = os.path.dirname(content)  # noqa: PTH120
    os.makedirs(os.path.join(part, _OLDER), exist_ok=True)  # noqa: PTH103, PTH118
    # Under its name, so that it is found and put back whatever happens now.
    os.rename(target, os.path.join(part, _OLDER, os.path.basename(target)))  # noqa: PTH104, PTH118, PTH119
    try:
        os.rename(content, target)  # noqa: PTH104
    except OSError:
        give_back(part)
        raise
    return True


def give_back(part: str) -> None:
    """Puts the older folder back that stepped aside for a new one, where that has not come."""
    older, directory = os.path.join(part, _OLDER), os.path.dirname(part)  # noqa: PTH118, PTH120
    for name in names_in(older):
        target = os.path.join(directory, name)  # noqa: PTH118
        if not os.path.lexists(target):
            os.rename(os.path.join(older, name), target)  # noqa: PTH104, PTH118
    shutil.rmtree(older, ignore_errors=True)


def names_in(directory: str) -> list[str]:
    """Returns the names in a folder; none where it cannot be listed."""
    with suppress(OSError):
        return os.listdir(directory)  # noqa: PTH208
    return []
