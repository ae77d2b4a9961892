"""Runs the measurements that are named, or all, and prints their table."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from benchmarks import (
    bucketing,
    convolving,
    dots,
    editing,
    exporting,
    footprint,
    inspecting,
    layer,
    padding_files,
    panning,
    peers,
    scaling,
    sizing,
    stalling,
    startup,
)
from benchmarks.bench import Bench, BenchError, clean_environment, peer_python, versions_in
from benchmarks.row import Row, summary, table
from benchmarks.screen import shown

MEASUREMENTS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "first_frame": startup.first_frame,
    "feature": startup.feature,
    "event_loop": stalling.event_loop,
    "pan_zoom": panning.pan_zoom,
    "edit": editing.edit,
    "inspect": inspecting.inspect,
    "memory": footprint.memory,
    "padding": exporting.padding,
    "streaming": exporting.streaming,
    "export": exporting.export,
    "feature_map": convolving.feature_map,
    "layer": layer.layer,
    "peers": peers.peers,
    "bucketing": bucketing.bucketing,
    "sizes": sizing.sizes,
    "batch": padding_files.batch,
    "scaling": scaling.scaling,
    "dataset": dots.dataset,
}
# Above this share of busy cores before we begin, other programs decide the figures: our processes are three.
QUIET = 0.1
VERSIONED = ("tensorflow", "keras", "PySide6-Essentials", "pyqtgraph", "numpy", "Pillow")


def main() -> int:
    """Returns 0 when everything was measured, met or not."""
    options = _options()
    # A polite end takes processes, windows and files along, as Ctrl+C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    busy = [busy_share()]
    try:
        python = peer_python()
        versions = versions_in(python)
        rows = measure(options, python, versions)
    except (BenchError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    busy.append(busy_share())
    found = machine(max(busy))
    print(", ".join(f"{name} {value}" for name, value in found.items()))
    print(f"peers: {', '.join(f'{name} {number}' for name, number in versions.items()) or 'none'}, by {python}")
    print(table(rows))
    print(summary(rows))
    if max(busy) > QUIET:
        print(f"Other programs kept {max(busy):.0%} of the cores busy: measure again when the machine is quiet.")
    if options.json:
        results = {"machine": found, "quick": options.quick, "peers": versions, "rows": [row.to_json() for row in rows]}
        options.json.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    return int(any(row.is_failed for row in rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(MEASUREMENTS)} (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample to a file too")
    parser.add_argument("--runs", type=int, metavar="N", help="pairs of ours and peer (default: 5; of a quick pass 1)")
    parser.add_argument("--quick", action="store_true", help="small sizes and few samples: does everything run?")
    parser.add_argument(
        "--export-gb", type=float, default=2.0, metavar="N", help="gigabytes of the streaming export (default: 2)"
    )
    parser.add_argument(
        "--directory", type=Path, metavar="DIR", help="where arrays and exports are written, and removed (default: "
        f"{tempfile.gettempdir()})",
    )  # fmt: skip
    options = parser.parse_args()
    if unknown := set(options.names) - set(MEASUREMENTS):
        parser.error(f"no measurement is called {', '.join(sorted(unknown))}; there are {', '.join(MEASUREMENTS)}")
    options.runs = (1 if options.quick else 5) if options.runs is None else options.runs
    if options.runs < 1:
        parser.error(f"--runs {options.runs}: expected 1 or more")
    if not 0.01 <= options.export_gb <= 1000:
        parser.error(f"--export-gb {options.export_gb:g}: expected 0.01 to 1000")
    return options


def measure(options: argparse.Namespace, python: str, versions: dict[str, str]) -> list[Row]:
    """Returns the rows of the names that were given, in our order."""
    rows: list[Row] = []
    with (
        tempfile.TemporaryDirectory(prefix="padviewer-bench-", dir=options.directory) as directory,
        shown() as (display, variables),
    ):
        environment = clean_environment({**variables, "XDG_CONFIG_HOME": directory, "XDG_STATE_HOME": directory})
        bench = Bench(
            options.runs, Path(directory), environment, display, options.quick, options.export_gb, python, versions
        )
        for name, measurement in MEASUREMENTS.items():
            if name in (options.names or MEASUREMENTS):
                print(f"measuring {name} ...", file=sys.stderr, flush=True)
                rows += rows_of(name, measurement, bench)
    return rows


def rows_of(name: str, measurement: Callable[[Bench], Iterator[Row]], bench: Bench) -> Sequence[Row]:
    """Returns the rows of a measurement; where it fails, those that there were and one that says so."""
    rows = []
    try:
        for row in measurement(bench):
            rows.append(row)
            _tell(row)
    except BenchError as error:
        rows.append(Row.failed(name, error))
        _tell(rows[-1])
    return rows


def _tell(row: Row) -> None:
    """Prints a row for whoever waits for the table."""
    print("  ".join((*row.cells(), *([row.note] if row.is_failed else []))), file=sys.stderr, flush=True)


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
