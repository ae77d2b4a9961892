"""The picture of the places as Qt paints it, made anew only where something of it has changed."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QColor, QImage

from padviewer.gui.dataset.frame import Frame, Numbers
from padviewer.gui.dataset.ink import OVER, SHADES, draw
from padviewer.gui.dataset.places import Places, Rows
from padviewer.gui.theme import DARK, Theme

# Of dots: the number of a shade is its cover at the edge, or the density.
_OPACITY = 235


class Picture:
    """Keeps the last picture of some places in a frame."""

    def __init__(self) -> None:
        self._colours = _colours(DARK)
        self._places: Places | None = None
        self._over: Rows = np.zeros(0, np.int64)
        self._at: tuple[Numbers, Numbers] = (np.zeros(0), np.zeros(0))
        self._key: tuple[Frame, float] | None = None
        self._image = QImage()
        self.draws = 0

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._colours = _colours(theme)
        self._key = None

    def set_places(self, places: Places | None, at: tuple[Numbers, Numbers]) -> None:
        """Takes other places, and where the scales put them."""
        self._places, self._at, self._key = places, at, None
        self._over = np.zeros(0 if places is None else len(places), np.int64)

    def set_over(self, over: Rows) -> None:
        """Takes how many files of each place overflow."""
        if not np.array_equal(over, self._over):
            self._over, self._key = over, None

    @property
    def over(self) -> Rows:
        """How many files of each place overflow."""
        return self._over

    def image(self, frame: Frame, ratio: float) -> QImage:
        """Returns the picture of a frame, for a device of so many pixels for each logical one."""
        if self._places is not None and self._key != (frame, ratio):
            self._key = (frame, ratio)
            self._image = self._drawn(self._places, frame, ratio)
            self.draws += 1
        return self._image

    def _drawn(self, places: Places, frame: Frame, ratio: float) -> QImage:
        x, y = frame.pixels(*self._at)
        size = max(1, round(frame.width * ratio)), max(1, round(frame.height * ratio))
        ink = draw((x - frame.x) * ratio, (y - frame.y) * ratio, places.counts, self._over, size, ratio)
        image = QImage(ink.data, size[0], size[1], size[0], QImage.Format.Format_Indexed8)
        image.setColorTable(self._colours)
        # Painting an image of colours costs a third of painting one of bytes, and it needs the bytes no more.
        image = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        return image


def _colours(theme: Theme) -> list[int]:
    """Returns 256 colours, `0xAARRGGBB`: nothing, shades of files that fit, and of those that overflow."""
    table = [0] * 256
    for first, name in ((1, theme.accent), (OVER, theme.error)):
        colour = QColor(name)
        for shade in range(SHADES):
            colour.setAlpha(round(_OPACITY * (shade + 1) / SHADES))
            table[first + shade] = colour.rgba()
    return table
