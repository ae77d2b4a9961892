"""Our budget in the place of Pillow's own limit of pixels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from padviewer.bytecount import format_bytes
from padviewer.errors import DamagedSource, OversizedSource

if TYPE_CHECKING:
    from PIL.Image import Image


@contextmanager
def pixel_limit(name: str, budget: int) -> Iterator[None]:
    """Lets Pillow raise where a picture declares more pixels than the budget has bytes; by itself it warns first.

    Args:
        name: of the file, for messages.
        budget: bytes.

    Raises:
        OversizedSource: where Pillow does.
    """
    from PIL import Image  # noqa: PLC0415 loaded when first needed

    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = max(1, budget)
    try:
        yield
    except Image.DecompressionBombError as error:
        raise OversizedSource(
            f"{name}: declares more pixels than the budget of {format_bytes(budget)} can hold; raise the budget "
            "with --budget, or use a smaller file"
        ) from error
    finally:
        Image.MAX_IMAGE_PIXELS = before


@contextmanager
def opened_picture(name: str, content: IO[bytes], kind: str, budget: int) -> Iterator[Image]:
    """Opens a picture of one format, within the limit."""
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 loaded when first needed

    with pixel_limit(name, budget):
        try:
            image = Image.open(content, formats=[kind])
        except UnidentifiedImageError as error:
            # Its own words name an object in memory, and not the cause.
            raise DamagedSource(
                f"{name}: begins as {kind}, but what follows is damaged; copy or save it again"
            ) from error
        with image:
            yield image
