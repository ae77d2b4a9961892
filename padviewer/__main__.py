"""`python -m padviewer`, and where the command `padviewer` begins."""

import sys
from collections.abc import Sequence

_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit code. Ctrl+C ends it without a word while it is loaded, too."""
    try:
        from padviewer.cli import main as run  # noqa: PLC0415

        return run(argv)
    except KeyboardInterrupt:
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
