"""The program as a process: under Xvfb where it is present, and without any display."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from PIL import Image

MAIN = Path(__file__).parents[2] / "main.py"
needs_xvfb = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xwininfo")), reason="Xvfb or xwininfo (x11-utils) is not installed"
)


def environment(home: Path, display: str | None) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")}
    return {**kept, "HOME": str(home), "XDG_CONFIG_HOME": str(home), **({"DISPLAY": display} if display else {})}


def wait_for_window(display: str, title: str, process: subprocess.Popen[str]) -> None:
    for _ in range(600):
        tree = subprocess.run(
            ["xwininfo", "-display", display, "-root", "-tree"], capture_output=True, text=True, check=False
        )
        if f'"{title}"' in tree.stdout:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError(f"no window with the title {title}: {tree.stdout}")


@needs_xvfb
@pytest.mark.parametrize(("refusals", "found"), [(5, True), (1000, False)])
def test_a_server_that_refuses_while_it_resets_is_asked_again(refusals: int, found: bool, display: str) -> None:
    real = f"/tmp/.X11-unix/X{display[1:]}"
    with socket.create_server(("127.0.0.1", 0)) as door:
        pumps: list[threading.Thread] = []

        def serve() -> None:
            for number in itertools.count():
                with suppress(OSError):
                    client, _address = door.accept()
                    if number < refusals:
                        client.close()
                        continue
                    server = socket.socket(socket.AF_UNIX)
                    server.connect(real)
                    for source, sink in ((client, server), (server, client)):
                        pumps.append(threading.Thread(target=pump, args=(source, sink), daemon=True))
                        pumps[-1].start()
                    continue
                return

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        number = door.getsockname()[1] - 6000
        environ = {"DISPLAY": f"127.0.0.1:{number}", "QT_QPA_PLATFORM": "xcb"}
        # The connection that was let in stays open as long as its process.
        code = f"from padviewer.display import inspect_display; print(inspect_display({environ}).can_show_window)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
        door.shutdown(socket.SHUT_RDWR)
        for thread in (serving, *pumps):
            thread.join(10)
        assert done.stdout.strip() == str(found)


def pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(4096):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@needs_xvfb
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_program_opens_a_window_and_ends_politely(
    number: signal.Signals, photo: Path, tmp_path: Path, display: str
) -> None:
    process = subprocess.Popen(
        [sys.executable, str(MAIN), str(photo), "--target", "512x700"],
        env=environment(tmp_path, display),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for_window(display, "photo.png — padviewer", process)
        workers = psutil.Process(process.pid).children(recursive=True)
        assert len(workers) >= 2, "reader and engine are processes of their own"
        process.send_signal(number)
        output, errors = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert (output, errors) == ("", "")
    _gone, alive = psutil.wait_procs(workers, timeout=60)
    assert alive == []


@needs_xvfb
def test_the_window_loads_no_tensorflow_and_collects_not_what_stays(photo: Path, tmp_path: Path, display: str) -> None:
    code = (
        "import gc, sys\n"
        "from PySide6.QtCore import QTimer\n"
        "from padviewer.gui.launch import launch\n"
        "from padviewer.gui.options import window_options\n"
        "from padviewer.plan import Stage\n"
        "from padviewer.spec import PipelineSpec\n"
        "def watch(window):\n"
        "    def look():\n"
        "        if window.settled and window.pane(Stage.FEATURE).canvas.has_pixels:\n"
        "            window.close()\n"
        "    timer = QTimer(window, interval=50)\n"
        "    timer.timeout.connect(look)\n"
        "    timer.start()\n"
        "if __name__ == '__main__':\n"
        f"    launch(window_options((({str(photo)!r}, None),), PipelineSpec(), 1 << 32), on_start=watch)\n"
        "    heavy = {'tensorflow', 'keras', 'PIL', 'tifffile', 'padviewer.sources.openers'}\n"
        "    print(sorted(heavy & set(sys.modules)), gc.isenabled(), len(gc.get_objects()) < 20_000)\n"
    )
    script = tmp_path / "window.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, str(script)],
        env=environment(tmp_path, display),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    # Each collection of 80,000 objects would stop the window for 30 ms.
    assert (done.returncode, done.stdout.strip()) == (0, "[] True True"), done.stderr


def test_without_a_display_the_panes_are_rendered_to_a_picture(photo: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(MAIN), str(photo), "--target", "512x700"],
        env=environment(tmp_path, None),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("padviewer: no window: ")
    picture = Path(done.stdout.strip())
    with Image.open(picture) as image:
        assert image.size == (1400, 900)
        assert len(image.convert("RGB").getcolors(1 << 24)) > 1000
    shutil.rmtree(picture.parent)
    # As root, Qt's way of writing settings would have replaced the device.
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
