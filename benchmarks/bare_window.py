"""The peer of the window: three images in a bare pyqtgraph window, of the sizes that ours shows: START PATH."""

from __future__ import annotations

import json
import sys
import time
from functools import partial

import numpy as np
import pyqtgraph as pg
from PIL import Image

from benchmarks.paints import Paints

TARGET = 1024
KERNEL = 3


def show(zero: float, path: str) -> float:
    """Shows the picture, the padded picture and a third of the feature map's size; returns seconds to its painting."""
    pg.setConfigOptions(imageAxisOrder="row-major")
    picture = np.asarray(Image.open(path).convert("RGB"))
    height, width = picture.shape[:2]
    padded = np.pad(picture, ((0, TARGET - height), (0, TARGET - width), (0, 0)))
    feature = padded[: TARGET - KERNEL + 1, : TARGET - KERNEL + 1, 0].astype("float32")
    app = pg.mkQApp()
    window = pg.GraphicsLayoutWidget()
    window.resize(1400, 900)
    for image in (picture, padded, feature):
        box = window.addViewBox(lockAspect=True, invertY=True)
        box.addItem(pg.ImageItem(image))
    moments: list[float] = []
    Paints(window.viewport(), lambda: True, partial(_end, moments, app))
    window.show()
    app.exec()
    return moments[0] - zero


def _end(moments: list[float], app: pg.QtWidgets.QApplication) -> None:
    moments.append(time.time())
    app.quit()


if __name__ == "__main__":
    print(json.dumps({"first_frame": show(float(sys.argv[1]), sys.argv[2])}))
