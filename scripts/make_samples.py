"""Draws the bundled samples and the icon's PNGs into resources/: the same bytes of pixels on every run.

python scripts/make_samples.py
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Floats = npt.NDArray[np.float64]

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
SAMPLES = RESOURCES / "samples"
HEIGHT, WIDTH = 480, 640
SHORE = 318
SUN = (432.0, 236.0)


def color(text: str) -> Floats:
    """Returns `#rrggbb` as three floats from 0 to 1."""
    return np.array([int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def mixed(below: Floats, above: Floats, share: Floats) -> Floats:
    """Returns `below` covered by `above` to a share from 0 to 1."""
    result: Floats = below + share * (above - below)
    return result


def gradient(at: Floats, stops: list[tuple[float, str]]) -> Floats:
    """Returns colours (..., 3) for positions `at` between the stops."""
    where = [stop for stop, _ in stops]
    result: Floats = np.stack([np.interp(at, where, [color(c)[i] for _, c in stops]) for i in range(3)], axis=-1)
    return result


def noise(rng: np.random.Generator, shape: tuple[int, int], cells: tuple[int, int], octaves: int = 4) -> Floats:
    """Returns smooth noise around 0, axes HW, of ever finer cells and ever smaller height."""
    total = np.zeros(shape)
    for octave in range(octaves):
        size = (cells[0] * 2**octave + 1, cells[1] * 2**octave + 1)
        grid = Image.fromarray(rng.standard_normal(size).astype(np.float32))
        total += np.asarray(grid.resize(shape[::-1], Image.Resampling.BICUBIC), dtype=np.float64) / 2**octave
    return total


def ridge(rng: np.random.Generator, base: float, height: float, cells: int) -> Floats:
    """Returns the height of a ridge line over each column, in rows from the top."""
    line = noise(rng, (1, WIDTH), (1, cells), octaves=7)[0]
    heights: Floats = base - height * (0.55 + 0.45 * line / np.abs(line).max())
    return heights


def sky(rng: np.random.Generator) -> Floats:
    """Returns the sky with its sun and clouds, axes HWC, 0 to 1."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(float)
    picture = gradient(
        rows / SHORE,
        [(0, "#1d2a5e"), (0.3, "#4a4f94"), (0.52, "#b0679a"), (0.7, "#f08a6c"), (0.85, "#ffc27a"), (1, "#ffe2a6")],
    )
    distance = np.hypot(columns - SUN[0], rows - SUN[1])
    glow = np.exp(-distance / 95)[..., None]
    picture = mixed(picture, color("#fff0c0"), glow * 0.75)
    clouds = noise(rng, (HEIGHT, WIDTH), (9, 3), octaves=6)
    cover = np.clip((clouds - 0.35) * 0.8, 0, 1) * np.clip(1.25 - rows / (SHORE * 0.85), 0, 1)
    lit = gradient(rows / SHORE, [(0, "#8d83b8"), (0.4, "#e59ab0"), (0.75, "#ffd9a8"), (1, "#fff0d0")])
    picture = mixed(picture, lit, cover[..., None] * 0.72)
    disc = np.clip(27.5 - distance, 0, 1)[..., None]
    return mixed(picture, color("#fffbe8"), disc)


def mountains(rng: np.random.Generator, picture: Floats) -> Floats:
    """Returns the picture with ridges in front, each darker and nearer than the last."""
    rows = np.arange(HEIGHT, dtype=float)[:, None]
    layers = [
        (292.0, 100.0, 4, "#b98bb0", "#efb39a"),
        (305.0, 84.0, 5, "#80639a", "#c98a98"),
        (314.0, 60.0, 7, "#4c4380", "#84608f"),
        (SHORE + 2.0, 34.0, 9, "#262a56", "#453f74"),
    ]
    for base, height, cells, top, foot in layers:
        line = ridge(rng, base, height, cells)[None]
        inside = np.clip(rows - line + 0.5, 0, 1)[..., None]
        depth = np.clip((rows - line) / height, 0, 1)
        grain = noise(rng, (HEIGHT, WIDTH), (24, 32), octaves=3)[..., None] * 0.012
        picture = mixed(picture, gradient(depth, [(0, top), (1, foot)]) + grain, inside)
    return picture


def trees(rng: np.random.Generator, picture: Floats) -> Floats:
    """Returns the picture with a line of firs along the near shore, drawn large and scaled down for smooth edges."""
    scale = 4
    mask = Image.new("L", (WIDTH * scale, HEIGHT * scale))
    draw = ImageDraw.Draw(mask)
    for x in np.sort(rng.uniform(-10, WIDTH + 10, 190)):
        tall = (6 + 34 * abs(np.sin(x / 97 + 0.4)) ** 3) * rng.uniform(0.6, 1.1) * (0.35 if abs(x - 400) < 90 else 1)
        for tier in range(4):
            top, foot = SHORE + 3 - tall * (1 - tier * 0.22), SHORE + 3 - tall * (0.62 - tier * 0.2)
            half = tall * (0.07 + 0.05 * tier)
            points = [(x, top), (x - half, foot), (x + half, foot)]
            draw.polygon([(px * scale, py * scale) for px, py in points], fill=255)
    draw.rectangle([0, SHORE * scale, WIDTH * scale, (SHORE + 4) * scale], fill=255)
    inside = np.asarray(mask.resize((WIDTH, HEIGHT), Image.Resampling.BOX), dtype=float)[..., None] / 255
    return mixed(picture, color("#14183a"), inside)


def sampled(picture: Floats, rows: Floats, columns: Floats) -> Floats:
    """Returns the picture at fractional rows and columns, interpolated."""
    top, left = rows.astype(int), columns.astype(int)
    bottom, right = np.minimum(top + 1, HEIGHT - 1), np.minimum(left + 1, WIDTH - 1)
    down, over = (rows - top)[..., None], (columns - left)[..., None]
    upper = mixed(picture[top, left], picture[top, right], over)
    lower = mixed(picture[bottom, left], picture[bottom, right], over)
    return mixed(upper, lower, down)


def lake(rng: np.random.Generator, picture: Floats) -> Floats:
    """Returns the picture with its upper part mirrored in water that ripples more towards us."""
    depth = np.arange(HEIGHT - SHORE - 2, dtype=float)
    ripple = noise(rng, (len(depth), WIDTH), (28, 4), octaves=4)
    strength = (depth / len(depth))[:, None]
    up = np.clip(SHORE - 1 - depth[:, None] * 1.55 + ripple * (1 + 9 * strength), 0, SHORE - 1)
    along = np.clip(np.arange(WIDTH) + ripple * 5 * strength, 0, WIDTH - 1)
    mirrored = sampled(picture, up, along)
    tint = gradient(depth / len(depth), [(0, "#e8a58c"), (0.4, "#5b4f88"), (1, "#141c46")])[:, None]
    water = mirrored * (0.86 - 0.2 * strength[..., None]) + tint * (0.10 + 0.16 * strength[..., None])
    sparkle = np.clip(ripple - 0.95, 0, 1) * np.exp(-(((np.arange(WIDTH) - SUN[0]) / (26 + 60 * strength)) ** 2))
    water = mixed(water, color("#fff2cc"), sparkle[..., None] * 0.8)
    result = picture.copy()
    result[SHORE + 2 :] = water
    return result


def landscape() -> Image.Image:
    """Returns an evening over a lake, RGB, 480 x 640."""
    rng = np.random.default_rng(11)
    picture = lake(rng, trees(rng, mountains(rng, sky(rng))))
    # A little grain, as a camera's: a flat sky would hide what reflection and edge modes do.
    picture += rng.normal(0, 0.004, picture.shape[:2])[..., None]
    return Image.fromarray((np.clip(picture, 0, 1) * 255).round().astype(np.uint8))


def text_line() -> Image.Image:
    """Returns a line of print on paper, gray, 37 x 211."""
    rng = np.random.default_rng(12)
    page = Image.new("L", (211 * 4, 37 * 4), 238)
    font = ImageFont.load_default(size=88)
    draw = ImageDraw.Draw(page)
    draw.text((24, 66), "Total  12.90 EUR", fill=38, font=font, anchor="lm")
    small = page.resize((211, 37), Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(0.4))
    paper = np.asarray(small, dtype=float) + rng.normal(0, 3.5, (37, 211)) + noise(rng, (37, 211), (2, 6)) * 3
    return Image.fromarray(np.clip(paper, 0, 255).round().astype(np.uint8))


def spectrogram() -> npt.NDArray[np.float32]:
    """Returns a voice-like spectrogram in decibels, axes HW (frequency, time), float32, -80 to 0."""
    rng = np.random.default_rng(13)
    frequency, time = np.arange(128.0)[:, None], np.arange(300.0)[None]
    pitch = 6.5 + 1.6 * np.sin(time / 23) + 0.9 * np.sin(time / 61 + 1)
    loud = np.clip(np.sin(time / 300 * np.pi * 5.2 + 0.3) + 0.15, 0, 1)
    power: Floats = np.full((128, 300), 10**-5.6)
    for harmonic in range(1, 18):
        formants = sum(np.exp(-(((pitch * harmonic - f - 6 * np.sin(time / 40 + f)) / 9) ** 2)) for f in (18, 46, 84))
        line = np.exp(-(((frequency - pitch * harmonic) / 0.9) ** 2))
        power += line * loud**4 * (0.002 + formants**2) / harmonic**1.2
    hiss = np.exp(-(((frequency - 92) / 13) ** 2)) * np.clip(np.sin(time / 300 * np.pi * 5.2 + 3.6), 0, 1) ** 8
    power += 0.002 * hiss
    power *= rng.exponential(1.0, power.shape) * 0.5 + 0.5
    decibels: Floats = 10 * np.log10(power / power.max())
    return np.clip(decibels, -80, 0)[::-1].astype(np.float32)


def volume() -> npt.NDArray[np.int16]:
    """Returns a body-like phantom in Hounsfield units, axes DHW, int16, air -1000 to bone about 900."""
    rng = np.random.default_rng(14)
    z, y, x = (axis.astype(float) for axis in np.mgrid[0:24, 0:64, 0:64])
    scan = np.full((24, 64, 64), -1000.0)

    def ellipsoid(value: float, center: tuple[float, float, float], radii: tuple[float, float, float]) -> None:
        ranges = ((a - c) / r for a, c, r in zip((z, y, x), center, radii, strict=True))
        scan[sum((r**2 for r in ranges), np.zeros_like(scan)) < 1] = value

    ellipsoid(40, (12, 32, 32), (40, 22, 28))
    ellipsoid(-850, (12, 29, 20), (16, 13, 8))
    ellipsoid(-850, (12, 29, 44), (16, 13, 8))
    ellipsoid(120, (11, 27, 33), (9, 8, 6))
    ellipsoid(700, (12, 47, 32), (40, 4, 5))
    ellipsoid(60, (12, 47, 32), (40, 1.6, 2))
    for side in (-1, 1):
        for rib in range(3):
            ellipsoid(900, (4.0 + 8 * rib, 30, 32 + side * 25), (1.6, 9, 1.8))
    scan[scan > -1000] += rng.normal(0, 18, scan.shape)[scan > -1000]
    return scan.round().astype(np.int16)


def icons() -> None:
    """Draws the icon's PNGs from its SVG, with Qt's own renderer."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    application = QGuiApplication([])
    renderer = QSvgRenderer(str(RESOURCES / "icon.svg"))
    for size in (64, 256):
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        image.save(str(RESOURCES / f"icon-{size}.png"))
    del application


def main() -> None:
    """Writes every file."""
    SAMPLES.mkdir(parents=True, exist_ok=True)
    landscape().save(SAMPLES / "sample.png", optimize=True)
    text_line().save(SAMPLES / "line.png", optimize=True)
    np.save(SAMPLES / "spectrogram.npy", spectrogram())
    np.save(SAMPLES / "volume.npy", volume())
    icons()


if __name__ == "__main__":
    main()
