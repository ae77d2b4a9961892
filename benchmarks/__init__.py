"""Measures padviewer against its peers: `make bench`, or `python -m benchmarks [NAME...] [--json FILE] [--runs N]`."""
