"""Makes the pictures of docs/layers.md by calling the layers: `python scripts/make_layer_pictures.py`.

They bear no words, so that no font decides how they look, and padding is told by colour and by hatching.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

Pixels = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "resources" / "samples"
FOLDER = ROOT / "docs" / "pictures" / "layers"
# The program's colour of padding, and a gray that is seen on light and dark pages.
AMBER, GRAY = (255, 180, 84), (139, 148, 158)
# Pixels for each element; pages show the pictures at half their size.
ELEMENT = 4
SMALL_ELEMENT = 2


def photo() -> Pixels:
    """Returns the sample photo in few elements, HWC, 48 x 64."""
    with Image.open(SAMPLES / "sample.png") as image:
        return np.asarray(image.convert("RGB").resize((64, 48), Image.Resampling.BOX))


def word() -> Pixels:
    """Returns a word of the sample line of text, HWC, 37 x 60."""
    return lines()[0][:, 6:66]


def lines() -> list[Pixels]:
    """Returns beginnings of the sample line of text, HWC, 37 x 211, 37 x 126 and 30 x 62."""
    with Image.open(SAMPLES / "line.png") as image:
        whole = np.asarray(image.convert("RGB"))
    return [whole, whole[:, :126], whole[4:34, :62]]


def padded(x: Pixels, target: tuple[int | None, ...], **options: Any) -> tuple[Pixels, Flags]:
    """Returns the padded picture, and where in it the content is."""
    from padviewer.layers import MultiDimDynamicPadding

    y = MultiDimDynamicPadding(target, **options)(x[None])
    # The same padding of ones says where the content came to lie, whatever the mode filled around it.
    plain = {name: value for name, value in options.items() if name not in ("mode", "fill_value")}
    content = MultiDimDynamicPadding(target, **plain)(np.ones((1, *x.shape[:2], 1), "uint8"))
    return np.asarray(y[0]), np.asarray(content[0, ..., 0]) > 0


def drawn(x: Pixels, content: Flags, element: int = ELEMENT, copied: bool = False) -> Image.Image:
    """Returns an array as a picture: its elements enlarged, its padding hatched, a line around its content.

    Padding that is copied content is darkened, and seen through a wider hatch.
    """
    pixels = enlarged(x, element).astype(np.float64)
    inside = enlarged(content, element)
    rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    if copied:
        pixels[~inside] *= 0.72
    hatch = ~inside & ((rows + columns) % (26 if copied else 14) < 3)
    pixels[hatch] += 0.8 * (np.array(AMBER) - pixels[hatch])
    pixels[_around(inside)] = AMBER
    return _framed(Image.fromarray(pixels.round().astype(np.uint8)))


def enlarged(x: npt.NDArray[Any], element: int) -> npt.NDArray[Any]:
    """Returns each element of axes HW as a square of pixels."""
    return x.repeat(element, axis=0).repeat(element, axis=1)


def _around(inside: Flags) -> Flags:
    grown = Image.fromarray(inside.astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(5))
    return (np.asarray(grown) > 0) & ~inside


def _framed(image: Image.Image) -> Image.Image:
    """Returns the picture with a line around it, by which black padding is seen on a black page."""
    frame = Image.new("RGBA", (image.width + 4, image.height + 4), (*GRAY, 255))
    frame.paste(image, (2, 2))
    return frame


def picture(x: Pixels, target: tuple[int | None, ...], element: int = ELEMENT, **options: Any) -> Image.Image:
    """Returns a padded array as a picture."""
    return drawn(*padded(x, target, **options), element, copied=options.get("mode", "constant") != "constant")


def whole(x: Pixels) -> Image.Image:
    """Returns an array without padding as a picture."""
    return drawn(x, np.ones(x.shape[:2], bool))


def cropped() -> Image.Image:
    """Returns a crop with the columns that were cut left faint beside it."""
    y, content = padded(photo(), (64, 44), position="center", overflow="crop")
    cut = (64 - 44) // 2
    image = drawn(y, content)
    canvas = Image.new("RGBA", (64 * ELEMENT + 4, image.height))
    ghost = np.dstack([enlarged(photo(), ELEMENT), np.full((48 * ELEMENT, 64 * ELEMENT), 70, np.uint8)])
    top = int(np.flatnonzero(content.any(axis=1))[0])
    canvas.paste(Image.fromarray(ghost), (2, 2 + top * ELEMENT))
    canvas.paste(image, (cut * ELEMENT, 0))
    return canvas


def multiple() -> Image.Image:
    """Returns the line padded to multiples of 32, with the multiples ticked."""
    y, content = padded(lines()[0], (None, None), multiple_of=32)
    image = drawn(y, content, SMALL_ELEMENT)
    pixels = np.array(image)
    step = 32 * SMALL_ELEMENT
    for axis, size in enumerate(y.shape[:2]):
        for edge in range(step, size * SMALL_ELEMENT, step):
            np.swapaxes(pixels, 0, axis)[2 + edge] = (*GRAY, 255)
    return Image.fromarray(pixels)


def items() -> Image.Image:
    """Returns what `pad_batch` gets, one below the other."""
    return stacked([drawn(x, np.ones(x.shape[:2], bool), SMALL_ELEMENT) for x in lines()])


def batch() -> Image.Image:
    """Returns what `pad_batch` makes of it."""
    from padviewer.layers import pad_batch

    y, mask = (np.asarray(part) for part in pad_batch(lines()))
    return stacked([drawn(x, content, SMALL_ELEMENT) for x, content in zip(y, mask, strict=True)])


def mask() -> Image.Image:
    """Returns the pixel mask: white on content, hatched black on padding."""
    from padviewer.layers import pad_batch

    flags = np.asarray(pad_batch(lines())[1])
    white = [np.repeat(content[..., None], 3, axis=-1).astype(np.uint8) * 255 for content in flags]
    return stacked([drawn(x, content, SMALL_ELEMENT) for x, content in zip(white, flags, strict=True)])


def stacked(images: list[Image.Image]) -> Image.Image:
    """Returns pictures one below the other, on nothing."""
    gap = 8
    height = sum(image.height + gap for image in images) - gap
    canvas = Image.new("RGBA", (max(image.width for image in images), height))
    top = 0
    for image in images:
        canvas.paste(image, (0, top))
        top += image.height + gap
    return canvas


def unpadded() -> Image.Image:
    """Returns what `Unpadding` makes of the padded photo."""
    from padviewer.layers import MultiDimDynamicPadding, Unpadding

    x = photo()[None]
    y = MultiDimDynamicPadding((64, 96), position="center")(x)
    return whole(np.asarray(Unpadding(position="center")([y, x]))[0])


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "input": lambda: whole(photo()),
    **{f"position-{name}": partial(picture, photo(), (64, 96), position=name) for name in ("start", "center", "end")},
    "position-random": partial(picture, photo(), (64, 96), position="random", seed=4),
    **{
        f"mode-{name}": partial(picture, photo(), (72, 104), position="center", mode=name)
        for name in ("constant", "reflect", "symmetric", "edge", "wrap")
    },
    **{
        f"wide-{name}": partial(picture, word(), (None, 300), SMALL_ELEMENT, position="center", mode=name)
        for name in ("reflect", "symmetric", "edge", "wrap")
    },
    "fill-scalar": partial(picture, photo(), (64, 96), position="center", fill_value=200),
    "fill-channels": partial(picture, photo(), (64, 96), position="center", fill_value=(40, 90, 170)),
    "overflow-keep": partial(picture, photo(), (64, 44), position="center"),
    "overflow-crop": cropped,
    "multiple-of": multiple,
    "batch-items": items,
    "batch": batch,
    "batch-mask": mask,
    "unpadding": unpadded,
}


def make(folder: Path) -> None:
    """Writes every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        draw().save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    make(FOLDER)
    sys.exit(0)
