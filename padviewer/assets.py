"""Finds the files of `resources/`: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

from padviewer.errors import SourceNotFound

_PACKAGE = Path(__file__).resolve().parent
# The first sample opens where nothing else was asked for.
_SAMPLES = (
    ("Landscape", "samples/sample.png"),
    ("Text line", "samples/line.png"),
    ("Spectrogram", "samples/spectrogram.npy"),
    ("Volume", "samples/volume.npy"),
)


def resource(name: str) -> Path:
    """Returns the path of a file in `resources/`, such as `icon.svg` or `samples/sample.png`."""
    for folder in (_PACKAGE / "resources", _PACKAGE.parent / "resources"):
        if (folder / name).is_file():
            return folder / name
    raise SourceNotFound(f"padviewer's own file {name} is missing; install padviewer again")


def samples() -> list[tuple[str, Path]]:
    """Returns title and path of each bundled sample, the default one first."""
    return [(title, resource(name)) for title, name in _SAMPLES]
