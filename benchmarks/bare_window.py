"""The peer of the first frame: three images of a pane's size in a bare pyqtgraph window: START PATH HEIGHTxWIDTH."""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PIL import Image

from benchmarks.paints import Paints

KERNEL = 3
# Elements across that a pane can show; a larger array is sampled, as a viewer of regions does.
ACROSS = 1024


def show(zero: float, path: str, target: tuple[int, int]) -> float:
    """Shows the input, the padded input and a third of the feature map's size; returns seconds to its painting."""
    pg.setConfigOptions(imageAxisOrder="row-major")
    array = np.load(path, mmap_mode="r") if path.endswith(".npy") else np.asarray(Image.open(path).convert("RGB"))
    step = max(1, -(-max(target) // ACROSS))
    sampled: npt.NDArray[Any] = np.array(array[::step, ::step])
    margins = [(0, size // step - n) for size, n in zip(target, sampled.shape, strict=False)]
    padded = np.pad(sampled, (*margins, (0, 0))[: sampled.ndim])
    plane = padded.reshape(*padded.shape[:2], -1)[..., 0]
    feature = plane[: 1 - KERNEL, : 1 - KERNEL].astype("float32")
    app = pg.mkQApp()
    window = pg.GraphicsLayoutWidget()
    window.resize(1400, 900)
    for image in (sampled, padded, feature):
        box = window.addViewBox(lockAspect=True, invertY=True)
        box.addItem(pg.ImageItem(image))
    moments: list[float] = []
    Paints(window.viewport(), lambda: True, partial(_end, moments, app))
    window.show()
    app.exec()
    return moments[0] - zero


def _end(moments: list[float], app: Any) -> None:
    moments.append(time.time())
    app.quit()


if __name__ == "__main__":
    height, width = map(int, sys.argv[3].split("x"))
    print(json.dumps({"first_frame": show(float(sys.argv[1]), sys.argv[2], (height, width))}))
