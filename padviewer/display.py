"""Finds out, without importing Qt, whether a window can be shown, and which system libraries Qt misses.

Qt ends the process where it finds no display or lacks a library, so this is asked before Qt is loaded. Run as
`python -m padviewer.display` it prints the line that installs what is missing; with `--install` it runs that line
where it may: as root on Debian and its relatives.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

# What PySide6's own libraries name as needed, with the Debian packages that hold it. Any use of Qt needs these:
CORE = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
# A window under X needs these too:
XCB = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
# A window under Wayland needs these instead. A Wayland desktop has them, so they are not asked for elsewhere.
WAYLAND = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}
PACKAGES = {**CORE, **XCB, **WAYLAND}
# Qt's platforms that draw in memory: they work anywhere, and nobody sees them.
UNSEEN = ("offscreen", "minimal", "minimalegl")
_TIMEOUT = 1.0
# An X server that resets when its last client leaves refuses everybody for some milliseconds.
_ADMISSION_TRIES, _ADMISSION_PAUSE = 20, 0.025


@dataclass(frozen=True)
class DisplayReport:
    """What stands between Qt and a window.

    Attributes:
        display: the display that a window would open on, such as `:0` or `wayland-0`; None where there is none.
        missing: names of the shared libraries that are missing.
        packages: the Debian packages that hold them.
        reason: why no window can be shown; None where one can.
    """

    display: str | None
    missing: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def can_show_window(self) -> bool:
        """Whether a window would open."""
        return self.reason is None

    @property
    def can_draw(self) -> bool:
        """Whether Qt can at least draw in memory, for a PNG."""
        return not self.missing_core

    @property
    def missing_core(self) -> tuple[str, ...]:
        """The missing libraries without which Qt cannot be used at all."""
        return tuple(name for name in self.missing if name in CORE)

    @property
    def missing_window(self) -> tuple[str, ...]:
        """The missing libraries without which Qt opens no window, though it may draw in memory."""
        return tuple(name for name in self.missing if name not in CORE)

    @property
    def install_line(self) -> str:
        """The command that installs what is missing on Debian and its relatives; empty where nothing is."""
        return f"sudo apt-get install -y {' '.join(self.packages)}" if self.packages else ""


def inspect_display(
    environ: Mapping[str, str] = os.environ,
    *,
    system: str = sys.platform,
    has_library: Callable[[str], bool] | None = None,
    connects: Callable[[str], bool] | None = None,
) -> DisplayReport:
    """Returns whether a window can be shown, and what is missing.

    Args:
        environ: the environment that Qt would see.
        system: `sys.platform`; Qt brings all that it needs on anything but Linux and its like.
        has_library: whether the loader finds a shared library; tried out where not given.
        connects: whether the X server of a display answers; tried out where not given.
    """
    platform = environ.get("QT_QPA_PLATFORM", "").split(":")[0]
    unseen = f"QT_QPA_PLATFORM={platform} draws in memory only" if platform in UNSEEN else None
    if system in ("darwin", "win32", "cygwin"):
        return DisplayReport(display="desktop", reason=unseen)
    display, needed = _display(environ)
    missing = tuple(name for name in needed if not (has_library or _has_library)(name))
    packages = tuple(sorted({PACKAGES[name] for name in missing}))
    reason = unseen or _obstacle(display, missing, connects or _x_server_answers)
    return DisplayReport(display, missing, packages, reason)


def _display(environ: Mapping[str, str]) -> tuple[str | None, dict[str, str]]:
    """Returns the display and the libraries that a window on it takes; without a display those for X."""
    wayland, x11 = environ.get("WAYLAND_DISPLAY"), environ.get("DISPLAY")
    platform = environ.get("QT_QPA_PLATFORM", "")
    if wayland and not platform.startswith("xcb") and _socket_exists(wayland, environ):
        return wayland, {**CORE, **WAYLAND}
    return x11 or None, {**CORE, **XCB}


def _obstacle(display: str | None, missing: Sequence[str], connects: Callable[[str], bool]) -> str | None:
    if display is None:
        return "no display: neither DISPLAY nor WAYLAND_DISPLAY is set"
    if missing:
        return f"Qt needs {', '.join(missing)}, which this system lacks"
    if ":" in display and not connects(display):
        return f"the X server of DISPLAY={display} does not answer, or refuses us"
    return None


def _socket_exists(wayland: str, environ: Mapping[str, str]) -> bool:
    # An absolute name replaces the folder, as in Wayland's own library.
    return os.path.exists(os.path.join(environ.get("XDG_RUNTIME_DIR", ""), wayland))  # noqa: PTH110, PTH118


def _has_library(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def inspect_from_outside(environ: Mapping[str, str] = os.environ) -> DisplayReport:
    """Returns what `inspect_display` does, as far as it can be told in somebody's own process: nothing is loaded."""
    return inspect_display(environ, has_library=lambda _name: True, connects=_something_listens)


def _x_server_answers(display: str) -> bool:
    """Returns whether something listens, and lets us in: a stale DISPLAY fails the first, missing rights the second."""
    return _something_listens(display) and _admits_soon(display)


def _something_listens(display: str) -> bool:
    return any(_listens(*address) for address in _addresses(display))


def _addresses(display: str) -> list[tuple[socket.AddressFamily, str | tuple[str, int]]]:
    """Returns where the server of a display such as `:0`, `unix:0.0` or `localhost:10` may listen."""
    if display.startswith("/"):  # XQuartz names the socket itself.
        return [(socket.AF_UNIX, display)]
    match = re.fullmatch(r"(?:\w+/)?(.*):(\d+)(?:\.\d+)?", display)
    if match is None:
        return []
    host, number = match[1], int(match[2])
    if host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"
        return [(socket.AF_UNIX, path), (socket.AF_UNIX, f"\0{path}")]
    return [(socket.AF_INET, (host.strip("[]"), 6000 + number))]


def _listens(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    try:
        if isinstance(address, tuple):
            socket.create_connection(address, _TIMEOUT).close()
            return True
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(_TIMEOUT)
            probe.connect(address)
            return True
    except (OSError, OverflowError):
        return False


def _admits_soon(display: str) -> bool:
    for _ in range(_ADMISSION_TRIES):
        if _admits(display):
            return True
        time.sleep(_ADMISSION_PAUSE)
    return False


def _admits(display: str) -> bool:
    """Returns whether the X server accepts us, asked with the library that Qt asks with.

    An accepted connection stays open as long as this process: closing it could make the server reset, and refuse Qt.
    """
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(display.encode(errors="surrogateescape"), None))
    if xcb.xcb_connection_has_error(connection):
        xcb.xcb_disconnect(connection)
        return False
    return True


def may_install() -> bool:
    """Returns whether we are root on a system with apt-get."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: Sequence[str], run: Callable[[list[str]], int] | None = None) -> bool:
    """Installs Debian packages, with fresh package lists where the present ones do not know them."""
    run = run or _run_quietly
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    return run(command) == 0 or (run(["apt-get", "update", "-qq"]) == 0 and run(command) == 0)


def _run_quietly(command: list[str]) -> int:
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return done.returncode


def main(arguments: Sequence[str]) -> int:
    """Prints what is missing, or installs it; returns 1 where something is missing and installing was not asked for."""
    report = inspect_display()
    if not report.missing:
        return 0
    if "--install" in arguments and may_install():
        sys.stderr.write(f"Qt lacks system libraries; installing {' '.join(report.packages)} with apt-get.\n")
        if install(report.packages):
            return 0
    sys.stderr.write(f"Qt lacks {', '.join(report.missing)}. On Debian or Ubuntu:\n{report.install_line}\n")
    return 0 if "--install" in arguments else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
