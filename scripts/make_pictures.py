"""Makes the pictures of the documents by rendering the real window: `python scripts/make_pictures.py`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "resources" / "samples"
PICTURES = {
    "window-dark.png": [
        SAMPLES / "sample.png", "--target", "640x800", "--position", "center", "--activation", "linear",
    ],
    "window-light.png": [
        SAMPLES / "sample.png", "--target", "640x800", "--position", "center", "--mode", "reflect",
        "--activation", "linear", "--theme", "light",
    ],
    "volume.png": [SAMPLES / "volume.npy", "--target", "32x80x80", "--position", "center", "--filters", "8"],
    "remedy.png": [SAMPLES / "line.png", "--target", "2x256", "--overflow", "crop", "--size", "1000x700"],
}  # fmt: skip


def main() -> int:
    """Renders each picture; returns 0."""
    folder = ROOT / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    for name, arguments in PICTURES.items():
        command = [sys.executable, str(ROOT / "main.py"), "snapshot", *map(str, arguments)]
        subprocess.run([*command, "--force", "-o", str(folder / name)], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
