"""The real window used for a long time: what it holds ends where it began. `make soak` does it 1,000 times.

Each cycle opens a damaged file and one of seven formats, edits, zooms, looks into a panel, exports two stages, undoes,
changes the theme, and closes the files. The first cycles fill caches; of what comes after them a count may not rise at
all. Memory is looked at over the second half: what is allocated, and the pages that a process has for itself, may rise
by so much for each cycle.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
CYCLES = int(os.environ.get("PADVIEWER_SOAK_CYCLES", "10"))
FORMATS = 7  # that take turns; a round of them is one sample
# Each panel is opened in one round of the first, in both themes.
WARM_ROUNDS = 12
# KiB for each cycle: pages of each process, and what is allocated in the window's ("heap"). A frame of a pane is 1,400
# KiB, a decoded photo of these 225, the smallest array in shared memory 115, and what Qt draws for the icons of a theme
# 20: a cycle that forgot one of them would be seen, and the last one if each change of the theme forgot it.
# Reader and exporter keep objects that refer to each other until Python looks for them, which may be long.
GROWTH_KIB = {"window": 2.0, "heap": 1.5, "reader": 4.0, "exporter": 4.0, "engine": 2.0}
# For each cycle: objects with references, and all blocks that Python's allocator has handed out.
GROWTH_COUNT = {"Python objects": 0.5, "Python blocks": 4.0}
# Where there are too few cycles for a slope: between the first and the last, when all caches are filling still.
FILLING_KIB = {"window": 24_000, "heap": 24_000, "reader": 32_000, "exporter": 16_000, "engine": 160_000}
COUNTS = ("threads", "files")


def soak(tmp_path: Path, cycles: int) -> list[dict[str, float]]:
    """Runs the window in a process and a home of its own; returns what it held after each cycle."""
    files = tmp_path / "files"
    files.mkdir()
    home = {name: str(tmp_path / name) for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")}
    environment = {**os.environ, **home, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.soaking", str(files), str(cycles)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120 + 20 * cycles,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, float]] = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(rows) == cycles, done.stderr
    errors = [path.read_text("utf-8") for path in tmp_path.rglob("padviewer.log*")]
    assert not [line for text in errors for line in text.splitlines() if "unexpected" in line]
    return rows


def rounds(rows: list[dict[str, float]], name: str) -> np.ndarray:
    """Returns the most that each round of formats held."""
    values = np.array([row.get(name, 0.0) for row in rows])
    whole = len(values) // FORMATS * FORMATS
    return values[:whole].reshape(-1, FORMATS).max(axis=1)


def growth(values: np.ndarray) -> float:
    """Returns how much is added in each cycle: the median of the slopes between all pairs of rounds (Theil and Sen).

    Neither one step, as of a cache that grows once, nor a round that held more than others bends it.
    """
    first, second = np.triu_indices(len(values), 1)
    return float(np.median((values[second] - values[first]) / ((second - first) * FORMATS)))


def test_what_the_window_holds_ends_where_it_began(tmp_path: Path) -> None:
    rows = soak(tmp_path, CYCLES)
    warm = min(WARM_ROUNDS, CYCLES // FORMATS // 2)
    long_enough = CYCLES // FORMATS >= 2 * WARM_ROUNDS
    table = [f"{CYCLES} cycles; after the first {warm * FORMATS}:"]
    table.append(f"{'':<18}{'first':>12}{'warm':>12}{'last':>12}{'a cycle':>12}")
    wrong = []
    for name in rows[-1]:
        if name == "cycle":
            continue
        values = rounds(rows, name) if long_enough else np.array([row.get(name, 0.0) for row in rows])
        after = values[warm:] if long_enough else values
        slope = growth(values[len(values) // 2 :]) if long_enough else (after[-1] - after[0]) / len(after)
        table.append(f"{name:<18}{rows[0].get(name, 0):>12,.0f}{after[0]:>12,.0f}{values[-1]:>12,.0f}{slope:>+12.3f}")
        part, _, unit = name.rpartition(" ")
        if unit == "KiB":
            bound = GROWTH_KIB[part] if long_enough else FILLING_KIB[part] / len(after)
            wrong += [f"{name}: {slope:+.1f} for each cycle; at most {bound:.1f} is allowed"] if slope > bound else []
        elif unit in COUNTS or name in ("processes", "segments"):
            # Threads and files of an exchange that has just ended may be there still.
            wrong += [f"{name}: {after[0]:.0f} became {values[-1]:.0f}"] if values[-1] > after[:3].max() else []
        elif long_enough and not name.startswith("Python"):
            wrong += [f"{name}: {after[0]:.0f} became {after.max():.0f}"] if after.max() > after[0] else []
        elif long_enough:
            wrong += [f"{name} grow by {slope:.2f} for each cycle"] if slope > GROWTH_COUNT[name] else []
    sys.stdout.write("\n".join(["", *table, ""]))
    assert not wrong, "\n".join(wrong)


def test_a_leak_would_be_seen() -> None:
    rows = [{"window KiB": 90_000.0 + 115 * cycle, "widgets": 400.0 + cycle % FORMATS} for cycle in range(210)]
    assert growth(rounds(rows, "window KiB")) > GROWTH_KIB["window"]
    assert set(rounds(rows, "widgets")) == {406.0}
