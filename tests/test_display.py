"""What is said about displays and libraries, on systems that are described rather than there."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from padviewer.display import CORE, PACKAGES, XCB, DisplayReport, inspect_display, install


def inspect(environ: dict[str, str], missing: tuple[str, ...] = (), answers: bool = True) -> DisplayReport:
    return inspect_display(
        environ, system="linux", has_library=lambda name: name not in missing, connects=lambda _: answers
    )


def test_a_display_that_answers_shows_a_window() -> None:
    assert inspect({"DISPLAY": ":0"}) == DisplayReport(":0")
    assert inspect({"DISPLAY": ":0"}).can_show_window


def test_no_display_is_said() -> None:
    report = inspect({})
    assert report.display is None
    assert report.reason is not None
    assert "DISPLAY" in report.reason
    assert report.can_draw


def test_a_server_that_does_not_answer_is_said() -> None:
    reason = inspect({"DISPLAY": ":7"}, answers=False).reason
    assert reason == "the X server of DISPLAY=:7 does not answer, or refuses us"


def test_missing_window_libraries_name_their_packages_and_leave_drawing() -> None:
    report = inspect({"DISPLAY": ":0"}, missing=("libxcb-icccm.so.4", "libxcb-keysyms.so.1"))
    assert not report.can_show_window
    assert report.can_draw
    assert report.missing_window == report.missing
    assert report.install_line == "sudo apt-get install -y libxcb-icccm4 libxcb-keysyms1"


def test_missing_core_library_forbids_drawing() -> None:
    report = inspect({}, missing=("libEGL.so.1",))
    assert not report.can_draw
    assert report.missing_core == ("libEGL.so.1",)
    assert report.packages == ("libegl1",)


def test_wayland_needs_no_xcb(tmp_path: Path) -> None:
    (tmp_path / "wayland-0").touch()
    environ = {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(tmp_path)}
    assert inspect(environ, missing=tuple(XCB), answers=False).can_show_window
    assert not inspect({**environ, "QT_QPA_PLATFORM": "xcb"}).can_show_window


def test_a_stale_wayland_display_falls_back_to_x(tmp_path: Path) -> None:
    environ = {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(tmp_path), "DISPLAY": ":0"}
    assert inspect(environ).display == ":0"


@pytest.mark.parametrize("platform", ["offscreen", "minimal:enable_fonts"])
def test_platforms_that_draw_in_memory_show_nothing(platform: str) -> None:
    report = inspect({"DISPLAY": ":0", "QT_QPA_PLATFORM": platform})
    assert not report.can_show_window
    assert report.can_draw


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_other_systems_always_show_a_window(system: str) -> None:
    assert inspect_display({}, system=system, has_library=lambda _: False).can_show_window


@pytest.mark.parametrize("display", [":9999", "unix:9999.0", "localhost:9999", "nonsense:", ":99999999", "a\0b:1"])
def test_a_display_that_is_not_there_is_found_out(display: str) -> None:
    report = inspect_display({"DISPLAY": display}, system="linux", has_library=lambda _: True)
    assert not report.can_show_window


def test_a_listener_that_is_no_x_server_is_found_out(tmp_path: Path) -> None:
    address = tmp_path / "X5:0"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(address))
        report = inspect_display({"DISPLAY": str(address)}, system="linux", has_library=lambda _: True)
    assert not report.can_show_window


def test_installing_renews_the_package_lists_only_where_needed() -> None:
    commands: list[str] = []

    def run(command: list[str]) -> int:
        commands.append(command[1])
        return int(command[1] == "install" and "update" not in commands)

    assert install(["libegl1"], run)
    assert commands == ["install", "update", "install"]


def test_every_library_has_a_package() -> None:
    assert set(CORE) | set(XCB) <= set(PACKAGES)
    assert all(name.count(".so.") == 1 for name in PACKAGES)
