"""padviewer: see what padding does to a tensor."""

__version__ = "0.1.0"
