"""What the workers of a cluster are asked to do in tests."""

from __future__ import annotations

import os
import signal
import sys

import padviewer


def square_or_die(numbers):
    """Returns squares; a negative number ends the process that is asked."""
    for number in numbers:
        if number < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return [number * number for number in numbers]


def square_or_end_worker(numbers):
    """Returns squares; a negative number ends the worker of the cluster."""
    for number in numbers:
        if number < 0:
            os.kill(os.getppid(), signal.SIGKILL)
    return [number * number for number in numbers]


def pretend_version(version):
    """Makes this process have another padviewer, or none; returns the true version."""
    before = padviewer.__version__
    if version is None:
        sys.modules["padviewer"] = None
    else:
        padviewer.__version__ = version
    return before


def put_back(version):
    """Undoes `pretend_version`."""
    sys.modules["padviewer"] = padviewer
    padviewer.__version__ = version
