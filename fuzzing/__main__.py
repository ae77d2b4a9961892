"""Tries damaged files, settings, sessions and arguments, and prints what became of them.

Returns 0 where nothing was a defect. A case is drawn by its number alone, and the files that are given: `--first 1234
--cases 1` draws it again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from fuzzing.outcome import Tally
from fuzzing.run import Run

_SHOWN = 30
_EVERY = 10.0


def main() -> int:
    """Runs the cases."""
    options = _options()
    given = [path for root in options.files for path in sorted(root.rglob("*")) if path.is_file()]
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="padviewer-fuzzing-") as folder:
        run = Run(range(options.first, options.first + options.cases), given, Path(folder))
        with _told(run.tally, options.cases + len(given)):
            run.go(options.threads)
    tally = run.tally
    print(tally.table())
    print(f"{tally.total} cases in {time.monotonic() - begun:.0f} s, {len(tally.defects)} defects")
    for case in tally.defects[:_SHOWN]:
        print(f"\n{case.kind} {case.number}: {case.outcome}\n{case.message}")
    if options.json:
        options.json.write_text(json.dumps([case.__dict__ for case in tally.defects], indent=1))
    return 1 if tally.defects else 0


class _told:  # noqa: N801 - used as a verb
    """Tells on standard error how far it is."""

    def __init__(self, tally: Tally, total: int) -> None:
        self._tally, self._total = tally, total
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _tell(self) -> None:
        while not self._ended.wait(_EVERY):
            print(f"{self._tally.total} of {self._total}, {len(self._tally.defects)} defects", file=sys.stderr)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("fuzzing", description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000, help="how many are drawn (default: a million)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first one")
    parser.add_argument("--files", type=Path, nargs="*", default=[], help="folders of files that are tried too")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="readers side by side")
    parser.add_argument("--json", type=Path, help="where the defects are written")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
