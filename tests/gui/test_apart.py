"""The window's process keeps apart from the user's files, and takes its workers with it when it is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

# What a script runs on the window: a list of steps, each when everything before it has settled.
PRELUDE = """
import json, os, sys, threading
from PySide6.QtCore import QTimer
from padviewer.gui.launch import launch
from padviewer.gui.options import window_options
from padviewer.plan import Stage
from padviewer.spec import PipelineSpec

def run(window, steps):
    steps = iter(steps)
    def go_on():
        if window.settled and not window.session.exporting:
            step = next(steps, None)
            if step is None:
                timer.stop()
                window.close()
            else:
                step(window)
    timer = QTimer(window, interval=100)
    timer.timeout.connect(go_on)
    timer.start()
"""


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}


def start(folder: Path, code: str) -> subprocess.Popen[str]:
    script = folder / "window.py"
    script.write_text(PRELUDE + code)
    home = folder / "home"
    home.mkdir()
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, str(script)], env=environment(home), **pipes)  # type: ignore[call-overload,no-any-return]


def test_the_window_touches_no_file_of_the_user(tmp_path: Path) -> None:
    """What it opens, lists and looks at is told by hooks in its process; only what it was asked to write is in it."""
    files = tmp_path / "files"
    (files / "folder").mkdir(parents=True)
    Image.new("RGB", (40, 30), (1, 2, 3)).save(files / "photo.png")
    np.save(files / "folder" / "a.npy", np.zeros((5, 6), np.uint8))
    np.savez(files / "weights.npz", kernel=np.ones((3, 3, 3, 2), np.float32))
    code = f"""
FILES = {str(files)!r}
seen = set()

def note(kind, path):
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if isinstance(path, str) and os.path.abspath(path).startswith(FILES):
        thread = threading.current_thread().name
        seen.add((kind, os.path.relpath(os.path.abspath(path), FILES), thread))

def hook(event, arguments):
    if event in ("open", "os.listdir", "os.scandir", "os.rename", "os.remove", "os.chdir", "shutil.copyfile"):
        note(event, arguments[0])

def noted(kind, function):
    def call(path, *arguments, **options):
        note(kind, path if not hasattr(path, "__fspath__") else os.fspath(path))
        return function(path, *arguments, **options)
    return call

def watch_on(window):
    window.commands.set_watching(True)

def steps(window):
    commands, session = window.commands, window.session
    yield lambda w: commands.open_paths([FILES + "/folder", FILES + "/photo.png"])
    yield lambda w: session.files.select(1)
    yield lambda w: session.files.select(0)
    yield lambda w: session.edit({{"target": (50, 60)}})
    yield lambda w: session.choose_weights(FILES + "/weights.npz")
    yield watch_on
    yield lambda w: commands.reload()
    yield lambda w: commands.export(Stage.PADDED, FILES + "/padded.npy")
    yield lambda w: commands.export(Stage.FEATURE, FILES + "/feature.tif")
    yield lambda w: session.save_model(FILES + "/model.keras")
    yield lambda w: w.close()

if __name__ == "__main__":
    import padviewer.gui.app
    sys.addaudithook(hook)
    for name in ("stat", "lstat", "access", "readlink"):
        setattr(os, name, noted("os." + name, getattr(os, name)))
    options = window_options(((FILES + "/photo.png", None),), PipelineSpec(filters=2), 1 << 30)
    launch(options, on_start=lambda window: run(window, steps(window)))
    os.path.exists(FILES + "/looked at in the end")
    os.listdir(FILES + "/folder")
    print(json.dumps(sorted(seen)))
"""
    with start(tmp_path, code) as process:
        output, errors = process.communicate(timeout=180)
    assert (process.returncode, errors) == (0, "")
    seen = {(kind, path) for kind, path, thread in map(tuple, json.loads(output)) if thread != "padviewer watch"}
    written = {"padded.npy", "feature.tif", "model.keras"}
    assert written <= {path.name for path in files.iterdir()}, seen
    touched = {(kind, path) for kind, path in seen if not any(path.startswith((name, f".{name}")) for name in written)}
    assert touched == {("os.stat", "looked at in the end"), ("os.listdir", "folder")}, "the hooks see, and saw no more"


def test_a_killed_window_takes_its_workers_with_it_and_leaves_no_torn_file(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    Image.new("RGB", (400, 300), (1, 2, 3)).save(files / "photo.png")
    code = f"""
def export(window):
    window.session.export_progressed.connect(lambda done, total: print("exporting", flush=True))
    window.commands.export(Stage.PADDED, {str(files / "large.npy")!r})

if __name__ == "__main__":
    spec = PipelineSpec(filters=2, target=(40_000, 50_000), mode="reflect", overflow="keep")
    options = window_options((({str(files / "photo.png")!r}, None),), spec, 1 << 30)
    launch(options, on_start=lambda window: run(window, [export]))
"""
    with start(tmp_path, code) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "exporting\n"
        workers = psutil.Process(process.pid).children(recursive=True)
        assert len(workers) >= 4, "reader, engine, exporter, and what keeps count of shared memory"
        # One of them is stopped, and could not end by itself.
        reader = next(child for child in workers if "spawn_main" in " ".join(child.cmdline()))
        reader.suspend()
        process.send_signal(signal.SIGKILL)
        began = time.monotonic()
        _gone, alive = psutil.wait_procs(workers, timeout=10)
        assert alive == []
        assert time.monotonic() - began < 2 + 3
        assert process.stderr is not None
        assert process.stderr.read() == ""
    while segments(process.pid) and time.monotonic() - began < 20:
        time.sleep(0.05)
    assert segments(process.pid) == []
    assert not (files / "large.npy").exists()


def segments(pid: int) -> list[str]:
    return [name for name in os.listdir("/dev/shm") if name.startswith(f"padviewer-{pid}-")]  # noqa: PTH208
