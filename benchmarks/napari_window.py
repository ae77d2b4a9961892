"""napari, the array in three layers side by side: START PATH COUNT NOTCHES LIMIT."""

from __future__ import annotations

import napari
from PySide6.QtWidgets import QApplication

from benchmarks.whole_array import PeerView, arguments, tell, watch

if __name__ == "__main__":
    array, count, notches, limit = arguments()
    viewer = napari.Viewer(show=False)
    for number in range(3):
        viewer.add_image(array, name=f"image {number}", rgb=array.ndim == 3)
    viewer.grid.shape = (1, 3)
    viewer.grid.enabled = True
    viewer.window.resize(1400, 900)
    viewer.show()
    # napari has no public name for the widget that it draws on.
    canvas = viewer.window._qt_viewer.canvas.native
    view = PeerView(canvas, lambda: (viewer.camera.zoom, tuple(viewer.camera.center)))
    tell(watch(view, count, notches, limit, QApplication.quit))
