"""`python -m padviewer`."""

import sys

from padviewer.cli import main

if __name__ == "__main__":
    sys.exit(main())
