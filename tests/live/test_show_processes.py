"""`padviewer.show` from scripts, whose window is a process of its own: what each leaves behind, whatever ends it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
# Generous: a busy machine takes ten times as long as an idle one.
PATIENCE_S = 300
pytestmark = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xwininfo")), reason="Xvfb or xwininfo (x11-utils) is not installed"
)

HEAD = """
import os, signal, sys, threading, time
import numpy as np
import padviewer
"""


class Scripts:
    """Runs scripts on a display of their own, and finds the windows that they open there."""

    def __init__(self, display: str, home: Path) -> None:
        self.display, self.temporary = display, home / "temporary"
        self.temporary.mkdir()
        kept = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")}
        own = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "TMPDIR": str(self.temporary), "DISPLAY": display}
        self.environ = {**kept, **own, "PYTHONPATH": str(ROOT)}
        self.started: list[subprocess.Popen[str]] = []
        self.seen: set[int] = set()

    def start(self, code: str, **environ: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-X", "dev", "-W", "error", "-c", HEAD + code],
            env={**self.environ, **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def run(self, code: str, **environ: str) -> tuple[str, str]:
        """Runs a script to its end; returns what it printed, and what it complained about."""
        process = self.start(code, **environ)
        output, errors = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, errors
        return output.strip(), errors.strip()

    def windows(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get("DISPLAY") == self.display
                if ours and "--from-python" in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
                    self.seen.add(process.pid)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    def titles(self) -> str:
        command = ["xwininfo", "-display", self.display, "-root", "-tree"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def everything(self) -> list[int]:
        """Processes of any kind that belong to the display, but for the scripts."""
        found, scripts = [], {process.pid for process in self.started}
        for process in psutil.process_iter():
            try:
                ours = process.environ().get("DISPLAY") == self.display
                if ours and process.pid not in scripts and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process.pid)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def held_by(window: psutil.Process) -> list[Path]:
    """The arrays without a name that a window holds, as files."""
    found = []
    for link in Path(f"/proc/{window.pid}/fd").iterdir():
        with suppress(OSError):  # given back meanwhile
            if "memfd:padviewer (" in os.readlink(link):  # noqa: PTH115
                found.append(link)
    return found


def arrays_of(window: psutil.Process) -> list[np.ndarray]:
    """What these contain."""
    found = []
    for link in held_by(window):
        with suppress(OSError):
            found.append(np.load(link))
    return found


@pytest.fixture
def scripts(display: str, tmp_path: Path) -> Iterator[Scripts]:
    """In the end nothing may be left of scripts and windows: no process, shared memory or temporary file."""
    made = Scripts(display, tmp_path)
    yield made
    for process in made.started:
        process.kill()
        process.communicate()
    for window in made.windows():
        window.terminate()
    until(lambda: made.everything() == [])
    owned = tuple(f"padviewer-{pid}-" for pid in made.seen)
    assert [name for name in os.listdir("/dev/shm") if name.startswith(owned)] == []  # noqa: PTH208
    assert list(made.temporary.iterdir()) == []


def test_a_script_shows_an_array_and_goes_on(scripts: Scripts) -> None:
    output, errors = scripts.run("""
x = np.arange(30 * 40 * 3, dtype="uint8").reshape(30, 40, 3)
handle = padviewer.show(x, target_shape=(50, 60), position="center", name="x", filters=2)
print(handle, handle.closed, "PySide6" in sys.modules, "keras" in sys.modules)
found = handle.info()
print(found["name"], found["shape"], found["dtype"], found["padded"], found["feature"], found["on_screen"])
other = padviewer.show(x[0])
print(other.name, padviewer.show(x[0]).name, other.info()["padded"])
handle.close(), handle.close()
print(handle, handle.update(x), handle.wait())
with padviewer.show(x, name="y") as passing:
    print(passing.info()["shape"])
print(passing.closed)
try:
    passing.info()
except padviewer.errors.WindowClosed as error:
    print(error)
""")
    assert output.splitlines() == [
        "<padviewer 'x': open> False False False",
        "x (30, 40, 3) uint8 (50, 60, 3) (48, 58, 2) True",
        "array array 2 (50, 60)",
        "<padviewer 'x': closed> False True",
        "(30, 40, 3)",
        "True",
        "y is in no window any more; show it again",
    ]
    assert errors == ""


def test_the_window_lives_on_when_the_script_has_ended(scripts: Scripts) -> None:
    output, errors = scripts.run("""
handle = padviewer.show(np.zeros((4, 5)))
for number in range(300):
    handle.update(np.full((4, 5), number))
print("done")
""")
    assert (output, errors) == ("done", "")
    (window,) = scripts.windows()
    until(lambda: [array.max() for array in arrays_of(window)] == [299])
    window.send_signal(signal.SIGINT)
    until(lambda: scripts.everything() == [])


def test_the_window_lives_on_when_python_is_killed(scripts: Scripts) -> None:
    script = scripts.start("""
handle = padviewer.show(np.zeros((400, 500)))
handle.info()
print("shown", flush=True)
for number in range(10**9):
    handle.update(np.full((400, 500), number))
""")
    assert script.stdout is not None
    assert script.stdout.readline() == "shown\n"
    (window,) = scripts.windows()
    until(lambda: any(array.min() > 9 for array in arrays_of(window)))
    script.kill()
    script.wait()
    until(lambda: len(arrays_of(window)) == 1)
    assert arrays_of(window)[0].min() > 9
    assert window.is_running()


def test_a_window_that_is_killed_is_opened_again_by_the_next_update(scripts: Scripts) -> None:
    script = scripts.start("""
handle = padviewer.show(np.zeros((4, 5)), target_shape=(8, 9), name="x")
handle.info()
print("shown", flush=True)
sys.stdin.readline()
print(handle.wait(), handle.closed, flush=True)
print(handle.update(np.ones((6, 5))), handle.closed, flush=True)
print(handle.info()["shape"], handle.info()["padded"], flush=True)
""")
    assert script.stdout is not None
    assert script.stdout.readline() == "shown\n"
    (window,) = scripts.windows()
    window.kill()
    output, errors = script.communicate("\n", timeout=PATIENCE_S)
    assert output.splitlines() == ["True True", "True False", "(6, 5) (8, 9)"]
    assert errors.splitlines() == ["padviewer: the window ended by signal SIGKILL; the next update opens another"]
    assert [again.pid for again in scripts.windows()] != [window.pid]


def test_a_window_that_a_person_closes_stays_closed_and_stops_nothing(scripts: Scripts) -> None:
    script = scripts.start("""
handle = padviewer.show(np.zeros((4, 5)))
handle.info()
print("shown", flush=True)
while handle.update(np.random.rand(4, 5)):
    time.sleep(0.001)
print(handle, handle.wait(0), handle.update(np.zeros(3)))
print(padviewer.show(np.zeros((7, 8))).info()["shape"])
""")
    assert script.stdout is not None
    assert script.stdout.readline() == "shown\n"
    (window,) = scripts.windows()
    window.send_signal(signal.SIGINT)
    output, errors = script.communicate(timeout=PATIENCE_S)
    assert output.splitlines() == ["<padviewer 'array': closed> True False", "(7, 8)"]
    assert errors == ""


def test_block_waits_until_the_window_is_closed(scripts: Scripts) -> None:
    script = scripts.start("""
print(padviewer.show(np.zeros((4, 5)), block=True).closed)
""")
    until(scripts.windows)
    (window,) = scripts.windows()
    until(lambda: "array (from Python)" in scripts.titles())
    time.sleep(0.5)
    assert script.poll() is None
    window.send_signal(signal.SIGINT)
    assert script.communicate(timeout=PATIENCE_S) == ("True\n", "")


def test_threads_share_one_window(scripts: Scripts) -> None:
    output, errors = scripts.run("""
handles = {}
def work(number):
    handles[number] = padviewer.show(np.zeros((number, 5)), name=f"a{number}")
    for _ in range(50):
        handles[number].update(np.ones((number, 6)))
threads = [threading.Thread(target=work, args=[number]) for number in range(1, 13)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
print(all(handles[n].info()["shape"] == (n, 6) for n in handles), len(handles))
print(padviewer.show(np.zeros(3), window="second").info()["name"])
""")
    assert (output.splitlines(), errors) == (["True 12", "array"], "")
    assert len(scripts.windows()) == 2


def test_a_fork_has_windows_of_its_own(scripts: Scripts) -> None:
    output, errors = scripts.run("""
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # forking beside threads, which is what is tried
handle = padviewer.show(np.zeros((4, 5)), name="x")
handle.info()
sys.stdout.flush()
if not (child := os.fork()):
    own = padviewer.show(np.zeros((2, 2)), name="x")
    print(handle.closed, handle.update(np.zeros(3)), own.info()["shape"], flush=True)
    os._exit(0)
print(os.waitpid(child, 0)[1], flush=True)
print(handle.update(np.ones((6, 7))), handle.info()["shape"])
""")
    assert (output.splitlines(), errors) == (["True False (2, 2)", "0", "True (6, 7)"], "")
    assert len(scripts.windows()) == 2


@pytest.mark.parametrize(("display", "words"), [("", "neither DISPLAY nor"), (":4711", "does not answer")])
def test_without_a_display_it_says_at_once_what_can_be_done(words: str, display: str, tmp_path: Path) -> None:
    kept = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")}
    code = HEAD + "padviewer.show(np.zeros((4, 5)))"
    environ = {**kept, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "DISPLAY": display}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("padviewer.errors.ShowError: no window can be shown: ")
    assert words in last
    assert "padviewer snapshot x.npy -o x.png" in last


def test_a_window_that_cannot_start_says_why(scripts: Scripts, tmp_path: Path) -> None:
    (tmp_path / "broken" / "PySide6").mkdir(parents=True)
    (tmp_path / "broken" / "PySide6" / "__init__.py").write_text("raise ImportError('no Qt in these tests')")
    output, errors = scripts.run(
        """
handle = padviewer.show(np.zeros((4, 5)))
print(handle.wait(60), handle.update(np.zeros(3)))
try:
    handle.info()
except Exception as error:
    print(type(error).__name__, error)
""",
        PYTHONPATH=os.pathsep.join([str(tmp_path / "broken"), str(ROOT)]),
    )
    assert output.splitlines() == [
        "True False",
        "WindowClosed array is in no window any more: no Qt in these tests; show it again",
    ]
    assert errors == "padviewer: no Qt in these tests"


def test_a_terminal_interrupt_is_for_the_script_alone(scripts: Scripts) -> None:
    script = scripts.start("""
handle = padviewer.show(np.zeros((4, 5)))
handle.info()
print("shown", flush=True)
try:
    handle.wait()
except KeyboardInterrupt:
    print("interrupted", handle.closed)
""")
    assert script.stdout is not None
    assert script.stdout.readline() == "shown\n"
    (window,) = scripts.windows()
    assert os.getsid(window.pid) != os.getsid(script.pid)
    script.send_signal(signal.SIGINT)
    assert script.communicate(timeout=PATIENCE_S) == ("interrupted False\n", "")
    assert window.is_running()


def test_a_window_that_hangs_holds_nobody_up(scripts: Scripts) -> None:
    output, errors = scripts.run("""
import psutil
handle = padviewer.show(np.zeros((4, 5)))
handle.info()
(window,) = [child for child in psutil.Process().children() if "--from-python" in child.cmdline()]
window.suspend()
before, began = len(os.listdir("/proc/self/fd")), time.monotonic()
for number in range(5000):
    handle.update(np.full((4, 5), number))
others = [padviewer.show(np.zeros((3, number + 1)), name=str(number)) for number in range(50)]
for other in others[:40]:
    other.close()
print(len(os.listdir("/proc/self/fd")) - before <= 11, time.monotonic() - began < 20)
try:
    handle.info(timeout=0.1)
except TimeoutError as error:
    print(error)
window.resume()
print(handle.info()["shape"], others[-1].info()["shape"], others[-1].info()["on_screen"], others[0].closed)
""")
    assert output.splitlines() == ["True True", "the window has not answered within 0.1 s", "(4, 5) (3, 50) True True"]
    assert errors == ""


def test_all_that_was_shown_arrives_before_the_script_ends(scripts: Scripts) -> None:
    scripts.run("""
for number in range(150):
    padviewer.show(np.full((3, 4), number), name=str(number))
""")
    (window,) = scripts.windows()
    # Reading them all takes long: only when they are as many.
    expected = list(range(150))
    until(lambda: len(held_by(window)) == 150 and sorted(array.max() for array in arrays_of(window)) == expected)


def test_a_window_that_takes_long_to_start_is_sent_all_that_was_shown(scripts: Scripts) -> None:
    script = scripts.start("""
import psutil
for number in range(20):
    padviewer.show(np.full((3, 4), number), name=str(number))
    if not number:
        (window,) = [child for child in psutil.Process().children() if "--from-python" in child.cmdline()]
        window.suspend()
print("shown", flush=True)
""")
    assert script.stdout is not None
    assert script.stdout.readline() == "shown\n"
    (window,) = scripts.windows()
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            script.wait(11)
    finally:
        window.resume()
    assert script.communicate(timeout=PATIENCE_S) == ("", "")
    until(lambda: sorted(array.max() for array in arrays_of(window)) == list(range(20)))


def test_a_large_array_is_copied_once(scripts: Scripts) -> None:
    output, errors = scripts.run("""
import resource
x = np.ones((1 << 14, 1 << 14), "uint8")[::-1]
padviewer.show(x[:9, :9])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
handle = padviewer.show(x, name="large")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < x.nbytes / 8)
print(handle.info()["shape"])
""")
    assert (output.splitlines(), errors) == (["True", "(16384, 16384)"], "")
    (window,) = scripts.windows()
    size = window.memory_info()
    assert size.rss - size.shared < 1 << 28, "the window holds none of it itself"


def test_a_copy_that_does_not_fit_is_refused_and_opens_no_window(scripts: Scripts) -> None:
    output, errors = scripts.run("""
x = np.broadcast_to(np.zeros(1, "uint8"), (1 << 20, 1 << 22))
try:
    padviewer.show(x)
except padviewer.errors.ShowError as error:
    print(error)
""")
    assert output.startswith("a copy of 4.0 TiB for the window does not fit the ")
    assert "numpy.save" in output
    assert (errors, scripts.windows()) == ("", [])
