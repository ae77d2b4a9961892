"""Animated GIF, PNG and WebP: frames are decoded one after the other, where they are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from padviewer.errors import DamagedSource, PadviewerError
from padviewer.geometry import Indices
from padviewer.plan import ArrayInfo
from padviewer.pulse import beat
from padviewer.sources.base import Array, Source, check_indices, gather
from padviewer.sources.kept import KeptFile
from padviewer.sources.opened import decoding
from padviewer.sources.pixel_limit import pixel_limit
from padviewer.sources.segments import SegmentCache

if TYPE_CHECKING:
    from PIL.Image import Image

# Decoded frames may take this part of the budget.
_CACHE_SHARE = 8


class AnimationSource(Source):
    """The frames of an animation, each laid over what is left of those before it.

    To have a frame, those before it are decoded too, from the one that was decoded last or from the first. Frames that
    were seen or passed are kept while there is room.

    Args:
        file: closed with the source.
        info: (frames, height, width) or (frames, height, width, channels).
        kind: Pillow's name of the format.
        first: number of the first frame that belongs to the animation, as Pillow counts.
        decode: turns the frame that a picture stands at into upright pixels of `info.shape[1:]`.
        budget: bytes; that a frame fits in it has been checked.
    """

    def __init__(
        self, file: KeptFile, info: ArrayInfo, kind: str, first: int, decode: Callable[[Image], Array], budget: int
    ) -> None:
        self.info = info
        self._file, self._kind, self._first, self._decode, self._budget = file, kind, first, decode, budget
        self._mapping = file.map()
        self._frames = SegmentCache(budget // _CACHE_SHARE)
        self._room = max(1, self._frames.allowed * info.shape[0] // max(1, info.nbytes))
        self._image: Image | None = None
        self._next = 0

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of the index vectors.

        Raises:
            DamagedSource: where a frame cannot be decoded, or the file has changed since it was opened.
        """
        check_indices(self.info.shape, indices)
        frames, *within = indices
        out = np.empty([len(vector) for vector in indices], self.info.dtype)
        if out.size:
            wanted = np.unique(frames).tolist()
            with self._file.unchanged(), decoding(self._file.path), pixel_limit(self._file.name, self._budget):
                for frame, pixels in self._all(wanted):
                    out[frames == frame] = gather(pixels, tuple(within))
        return out

    def close(self) -> None:
        """Lets the frames go, and closes the file."""
        self._restart()
        self._frames.clear()
        self._mapping.close()
        self._file.close()

    def _all(self, wanted: list[int]) -> Iterator[tuple[int, Array]]:
        """Yields frames with their numbers; those that are kept come first, as others may take their room."""
        kept = [(frame, self._frames.find(self, frame, 0)) for frame in wanted]
        yield from ((frame, pixels) for frame, pixels in kept if pixels is not None)
        for frame, pixels in kept:
            if pixels is None:
                yield frame, self._frame(frame)

    def _frame(self, frame: int) -> Array:
        found = self._frames.find(self, frame, 0)
        if found is not None:
            return found
        if frame < self._next:
            self._restart()
        while self._next <= frame:
            number = self._next
            image = self._at(number)
            if frame - number < self._room and (number == frame or self._frames.find(self, number, 0) is None):
                found = self._decode(image)
                self._frames.keep(self, number, 0, found)
        assert found is not None
        return found

    def _at(self, number: int) -> Image:
        """Moves on to the frame that comes next."""
        from PIL import Image  # noqa: PLC0415 loaded when first needed

        try:
            if self._image is None:
                self._image = Image.open(self._mapping, formats=[self._kind])  # type: ignore[arg-type]
            beat()
            self._image.seek(self._first + number)
            self._image.load()
        except (MemoryError, PadviewerError, Image.DecompressionBombError):
            self._restart()
            raise
        except Exception as error:
            self._restart()
            raise DamagedSource(
                f"{self._file.name}: frame {number + 1} of {self.info.shape[0]} cannot be decoded ({error}); the file "
                "is damaged or cut short"
            ) from error
        self._next = number + 1
        return self._image

    def _restart(self) -> None:
        # Pillow's own `close` would close the mapping too.
        self._image, self._next = None, 0
