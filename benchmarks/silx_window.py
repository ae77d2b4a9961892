"""silx with OpenGL, the array in three plots whose limits are linked: START PATH COUNT NOTCHES LIMIT."""

from __future__ import annotations

from PySide6.QtOpenGLWidgets import QOpenGLWidget
from silx.gui import qt
from silx.gui.plot import PlotWidget
from silx.gui.plot.utils.axis import SyncAxes

from benchmarks.whole_array import PeerView, arguments, tell, watch

if __name__ == "__main__":
    array, count, notches, limit = arguments()
    app = qt.QApplication([])
    window = qt.QWidget()
    window.resize(1400, 900)
    row = qt.QHBoxLayout(window)
    plots = [PlotWidget(backend="gl") for _ in range(3)]
    for plot in plots:
        plot.addImage(array)
        plot.setInteractiveMode("pan")
        row.addWidget(plot)
    links = [SyncAxes([getattr(plot, axis)() for plot in plots]) for axis in ("getXAxis", "getYAxis")]
    window.show()
    middle = plots[1]
    # The handle is a frame around what is drawn on.
    canvas = middle.getWidgetHandle().findChild(QOpenGLWidget)
    view = PeerView(canvas, lambda: (middle.getXAxis().getLimits(), middle.getYAxis().getLimits()))
    tell(watch(view, count, notches, limit, app.quit))
