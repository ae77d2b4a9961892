"""The machine's own jitter: an empty window's event loop while another process imports Keras: START."""

from __future__ import annotations

import json
import subprocess
import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

from benchmarks.stalls import Stalls


def longest_stall() -> float:
    """Returns the longest stall until the import has ended, in milliseconds."""
    importing = subprocess.Popen([sys.executable, "-c", "import keras"], stderr=subprocess.DEVNULL)
    app = QApplication([])
    window = QWidget()
    window.resize(1400, 900)
    window.show()
    stalls = Stalls()
    QTimer.singleShot(500, stalls.start)  # the window's own start is not what is asked about
    end = QTimer(interval=50)
    end.timeout.connect(lambda: importing.poll() is None or app.quit())
    end.start()
    app.exec()
    stalls.stop()
    return stalls.longest


if __name__ == "__main__":
    print(json.dumps({"stall": longest_stall()}))
