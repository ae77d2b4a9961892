"""Runs the measurements that are named, or all, and prints their table."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from benchmarks import bucketing, editing, exporting, layer, peers, startup
from benchmarks.bench import Bench, BenchError, clean_environment
from benchmarks.row import Row, table
from benchmarks.screen import shown

SUITES = (startup, layer, peers, bucketing, exporting, editing)
NAMES = tuple(name for suite in SUITES for name in suite.NAMES)
# Above this share of busy cores before we begin, other programs decide the figures: our processes are three.
QUIET = 0.1
VERSIONED = ("tensorflow", "keras", "PySide6-Essentials", "pyqtgraph", "numpy", "Pillow")


def main() -> int:
    """Returns 0 when everything was measured, met or not."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)} (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample to a file too")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="pairs of ours and peer (default: 5)")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"no measurement is called {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if options.runs < 1:
        parser.error(f"--runs {options.runs}: expected 1 or more")
    busy = [busy_share()]
    try:
        rows = measure(options.names or NAMES, options.runs)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    busy.append(busy_share())
    found = machine(max(busy))
    print(", ".join(f"{name} {value}" for name, value in found.items()))
    print(table(rows))
    if max(busy) > QUIET:
        print(f"Other programs kept {max(busy):.0%} of the cores busy: measure again when the machine is quiet.")
    if options.json:
        results = {"machine": found, "rows": [row.to_json() for row in rows]}
        options.json.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    return 0


def measure(names: tuple[str, ...] | list[str], runs: int) -> list[Row]:
    """Returns the rows of the names, in the order of the suites."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="padviewer-bench-") as directory, shown() as (display, variables):
        environment = clean_environment({**variables, "XDG_CONFIG_HOME": directory})
        bench = Bench(runs, Path(directory), environment, display)
        for suite in SUITES:
            if wanted := set(suite.NAMES) & set(names):
                print(f"measuring {', '.join(suite.NAMES)} ...", file=sys.stderr, flush=True)
                rows += [row for row in suite.measure(bench) if len(suite.NAMES) == 1 or row.name in wanted]
    return rows


def busy_share() -> float:
    """Returns the share of the cores that other programs use at the moment."""
    share: float = psutil.cpu_percent(interval=2) / 100
    return share


def machine(busy: float) -> dict[str, Any]:
    """Returns what the figures depend on."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "busy": f"{busy:.0%}",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in VERSIONED},
    }


if __name__ == "__main__":
    sys.exit(main())
