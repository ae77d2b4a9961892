"""Uses the real window again and again, and tells after each cycle what it holds: FOLDER CYCLES; a line of JSON each.

A cycle opens one of several formats, edits, undoes, zooms, looks through panels, exports, and closes the file.
"""

from __future__ import annotations

import ctypes
import gc
import json
import multiprocessing
import os
import platform
import sys
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from benchmarks.own_pages import own_bytes

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

_TURN_MS, _PAST = 4, 20
PANELS = ("table", "histogram", "card", "filters", "contamination", "difference")


def make_files(folder: Path) -> list[Path]:
    """Writes one small file of each kind that is opened in turn."""
    import tifffile  # noqa: PLC0415 - the window's process needs none of them
    from PIL import Image  # noqa: PLC0415

    random = np.random.default_rng(0)
    photo = random.integers(0, 255, (240, 320, 3)).astype(np.uint8)
    np.save(folder / "plane.npy", random.integers(0, 4000, (300, 200)).astype(np.uint16))
    Image.fromarray(photo).save(folder / "photo.png")
    np.savez_compressed(folder / "members.npz", first=photo[..., 0], second=photo)
    tifffile.imwrite(folder / "tiles.tif", photo, tile=(64, 64), compression="zlib")
    np.save(folder / "volume.npy", random.standard_normal((12, 64, 48)).astype(np.float32))
    Image.fromarray(photo).save(folder / "photo.jpg")
    np.save(folder / "signal.npy", random.standard_normal((5000, 2)).astype(np.float32))
    (folder / "damaged.png").write_bytes((folder / "photo.png").read_bytes()[:5000])
    return sorted(path for path in folder.iterdir() if path.suffix in (".npy", ".png", ".npz", ".tif", ".jpg"))


class Soak:
    """Drives a window.

    Args:
        window: the real one.
        folder: for files.
        cycles: how many.
    """

    def __init__(self, window: MainWindow, folder: Path, cycles: int) -> None:
        from PySide6.QtCore import QTimer  # noqa: PLC0415 - the program starts its workers before it loads Qt

        self._window = window
        self._folder = folder
        self._files = [path for path in make_files(folder) if path.name != "damaged.png"]
        self._cycles = cycles
        self._ended: list[str] = []
        self._quiet = 0
        self._ready: Callable[[], bool] = lambda: True
        self._steps = self._all_cycles()
        # What is kept of the past is bounded; the bounds are brought near, so that they are reached at once.
        window.session.history._limit = _PAST
        window.log._lines = deque(maxlen=_PAST)
        window.session.export_ended.connect(lambda path, _error: self._ended.append(path))
        self._timer = QTimer(window, interval=_TURN_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        self._timer.start()

    def _on_timer_timeout(self) -> None:
        window = self._window
        settled = window.settled and not window.session.feature.state.working and self._ready()
        # Layouts and redraws are queued by what has just settled.
        self._quiet = self._quiet + 1 if settled else 0
        if self._quiet >= 3:
            self._quiet = 0
            try:
                self._ready = next(self._steps)
            except StopIteration:
                self._timer.stop()
                window.close()

    def _all_cycles(self) -> Iterator[Callable[[], bool]]:
        yield lambda: bool(self._window.session.devices)
        for cycle in range(self._cycles):
            yield from self._cycle(cycle)
            yield lambda: True
            print(json.dumps({"cycle": cycle, **held(self._window)}), flush=True)

    def _cycle(self, cycle: int) -> Iterator[Callable[[], bool]]:
        from PySide6.QtCore import Qt  # noqa: PLC0415
        from PySide6.QtTest import QTest  # noqa: PLC0415

        from padviewer.plan import Stage  # noqa: PLC0415

        window, session = self._window, self._window.session
        path = self._files[cycle % len(self._files)]

        def always() -> bool:
            return True

        window.commands.open_paths([str(self._folder / "damaged.png"), str(path)])
        yield lambda: session.files.shown == (str(path), None)
        plan = session.plan
        if plan is None:
            raise RuntimeError(f"{path} is not open")
        session.edit({"target": tuple(axis.size + 40 for axis in plan.spatial), "position": "center", "filters": 4})
        yield always
        session.edit({"mode": "reflect"})
        yield always
        for _ in range(3):
            QTest.keyClick(window, Qt.Key.Key_Plus)
            yield always
        window.panes.probed.emit(20.5, 20.5)
        yield always
        QTest.keyClick(window, Qt.Key.Key_F)
        yield always
        panel = PANELS[cycle // len(self._files) % len(PANELS)]
        window.instruments.show_panel(panel)
        yield always
        window.instruments.show_panel(panel, shown=False)
        yield always
        for stage, name in ((Stage.PADDED, "padded.npy"), (Stage.FEATURE, "feature.tif")):
            self._ended.clear()
            window.commands.export(stage, str(self._folder / name))
            yield lambda: bool(self._ended)
        window.commands.undo()
        yield always
        window.commands.redo()
        yield always
        window.commands.choose_theme(("light", "dark")[cycle // len(self._files) % 2])
        yield always
        while session.files.entries:
            session.files.close(0)
        yield always


class _Heap(ctypes.Structure):
    """What glibc tells of its heaps: `struct mallinfo2`."""

    _names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in _names.split()]


def heap() -> dict[str, float]:
    """Returns what is allocated in this process, not what its allocators keep; free pages go back to the system.

    The one is what leaks add to. Pages also grow where what is free lies scattered.
    """
    found: dict[str, float] = {"Python blocks": sys.getallocatedblocks()}
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.malloc_trim(0)
        libc.mallinfo2.restype = _Heap
        told = libc.mallinfo2()
        found["heap KiB"] = (told.uordblks + told.hblkhd) / 1024
    return found


def held(window: MainWindow) -> dict[str, Any]:
    """Returns what the processes of a window hold: bytes of their own pages, what is allocated, and counts."""
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415
    from shiboken6 import Shiboken  # noqa: PLC0415

    gc.collect()
    found: dict[str, Any] = heap()
    pids = {"window": os.getpid()}
    for name, client in window.session.clients.items():
        if client._worker is not None:
            pids[name.rsplit(" ", maxsplit=1)[-1]] = client._worker.pid  # type: ignore[attr-defined]
    for name, pid in pids.items():
        process = psutil.Process(pid)
        found[f"{name} KiB"] = own_bytes(pid) // 1024
        found[f"{name} threads"] = process.num_threads()
        found[f"{name} files"] = process.num_fds()
    found["processes"] = len(multiprocessing.active_children())
    found["segments"] = len(list(Path("/dev/shm").glob(f"padviewer-{os.getpid()}-*")))
    found["wrappers"] = len(Shiboken.getAllValidWrappers())
    found["Python objects"] = len(gc.get_objects())
    found["widgets"] = len(QApplication.allWidgets())
    found["windows"] = len(QApplication.topLevelWidgets())
    found["items"] = sum(len(pane.canvas.scene().items()) for pane in window.panes.panes.values())
    return found


def main() -> int:
    """Opens the window as the program does, in a home of its own."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from padviewer.gui.launch import launch  # noqa: PLC0415
    from padviewer.gui.options import window_options  # noqa: PLC0415
    from padviewer.spec import PipelineSpec  # noqa: PLC0415

    folder, cycles = Path(sys.argv[1]), int(sys.argv[2])
    soaks: list[Soak] = []
    options = window_options((), PipelineSpec(filters=2), 1 << 30)
    return launch(options, on_start=lambda window: soaks.append(Soak(window, folder, cycles)))


if __name__ == "__main__":
    sys.exit(main())
