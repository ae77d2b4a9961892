"""The wheel and the sdist carry what they must, and work away from the checkout."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RESOURCES = sorted(
    path.relative_to(ROOT / "resources").as_posix() for path in (ROOT / "resources").rglob("*") if path.is_file()
)


def build(folder: Path, target: str, into: Path) -> Path:
    """Builds `wheel` or `sdist` of the project in `folder` with the installed backend, so without a network."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(into.glob("*.whl" if target == "wheel" else "*.tar.gz"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel made of the sdist, as an index's users make it: so the sdist is known to be complete."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return build(next(folder.iterdir()), "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the wheel's files, as an installer lays them."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run_elsewhere(installed: Path, *arguments: str) -> str:
    """Runs Python in another folder on the installed package alone, and returns what it prints."""
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); exec(sys.argv.pop(1))"
    command = [sys.executable, "-c", code, str(installed), *arguments]
    done = subprocess.run(command, cwd=installed.parent, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_sdist_carries_resources_tests_and_locks(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"resources/{name}" for name in RESOURCES} <= names
    wanted = {"Makefile", "main.py", "LICENSE", "requirements.lock", "requirements-dev.lock", "requirements-uv.lock"}
    assert wanted | {"scripts/uv.sh", "tests/test_packaging.py"} <= names


def test_the_wheel_carries_resources_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"padviewer/resources/{name}" for name in RESOURCES} <= set(names)
    assert {name.split("/")[0] for name in names} == {"padviewer", wheel.name.split("-py3")[0] + ".dist-info"}


def test_the_installed_wheel_finds_its_resources(installed: Path) -> None:
    code = "from padviewer.assets import resource, samples; print(resource('icon.svg'), len(samples()))"
    path, count = run_elsewhere(installed, code).split()
    assert Path(path) == installed / "padviewer" / "resources" / "icon.svg"
    assert count == "4"


def test_the_installed_command_line_tells_its_version(installed: Path) -> None:
    code = "import padviewer, padviewer.cli; assert padviewer.__file__.startswith(sys.path[0]); padviewer.cli.main()"
    shown = run_elsewhere(installed, code, "--version")
    told = re.search(r'^__version__ = "(.+)"$', (ROOT / "padviewer" / "__init__.py").read_text(), re.MULTILINE)
    assert told is not None
    assert shown.split()[-1] == told[1]
