"""Starts padviewer from a checkout."""

if __name__ == "__main__":
    # Inside the guard: worker processes import this module again and need nothing of it.
    import sys

    from padviewer.__main__ import main

    sys.exit(main())
