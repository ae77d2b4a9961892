"""The verbs of the command line, one module each; a module is imported when its verb is chosen.

A new verb is a module with `SUMMARY`, `add_arguments` and `run`, and a line in `VERBS`.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import NamedTuple, Protocol, cast

# The exit code where an item failed and the others are done.
FAILED = 1


class Usage(NamedTuple):
    """What `padviewer --help` tells of a verb: what it takes, and what it does."""

    takes: str
    does: str


VERBS = {
    "info": Usage("PATH ...", "tell path, shape, axes, dtype and members"),
    "export": Usage("PATH ...", "write the padded tensor, the feature map or the pixel mask"),
    "sizes": Usage("PATH ...", "tell how the sizes of a data set are spread, from headers alone"),
    "buckets": Usage(
        "PATH ...", "find the target shapes that waste least padding; as JSON, or code for Keras, tf.data"
    ),
    "report": Usage("DIR", "tell sizes and waste, as text, JSON or a page; fail above a limit, for a build server"),
    "batch": Usage("PATH ... -o OUT", "pad a data set: files, Zarr, HDF5 or TFRecord, with a manifest; can be resumed"),
    "snapshot": Usage("PATH", "render the window to a picture"),
    "doctor": Usage("", "tell versions, limits, devices, and what is missing"),
}


class Verb(Protocol):
    """What a module of this package holds."""

    SUMMARY: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the verb's options."""

    def run(self, options: argparse.Namespace) -> int:
        """Does what was asked; returns 0, or `FAILED`."""


def verb_named(name: str | None) -> Verb:
    """Returns a verb; the window where there is no name."""
    return cast("Verb", import_module(f"{__name__}.{name or 'window'}"))
