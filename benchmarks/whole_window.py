"""pyqtgraph's ImageItem, given the whole array three times: START PATH COUNT NOTCHES LIMIT."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg

from benchmarks.whole_array import PeerView, arguments, tell, watch

if __name__ == "__main__":
    array, count, notches, limit = arguments()
    pg.setConfigOptions(imageAxisOrder="row-major")
    app = pg.mkQApp()
    window = pg.GraphicsLayoutWidget()
    window.resize(1400, 900)
    boxes = []
    levels = (0, 255) if array.dtype == np.uint8 else (0, 1)
    for _ in range(3):
        box = window.addViewBox(lockAspect=True, invertY=True)
        box.addItem(pg.ImageItem(array, levels=levels))
        boxes.append(box)
    for box in boxes[1:]:
        box.linkView(box.XAxis, boxes[0])
        box.linkView(box.YAxis, boxes[0])
    window.show()
    # The pointer is in the middle one, which covers the middle of the widget.
    view = PeerView(window.viewport(), lambda: [list(axis) for axis in boxes[1].viewRange()])
    tell(watch(view, count, notches, limit, app.quit))
