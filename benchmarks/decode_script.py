"""What people write today to learn the sizes of pictures: opens and decodes each with Pillow. FOLDER PROCESSES."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from PIL import Image


def decoded_size(path: Path) -> tuple[int, int]:
    """Returns (height, width) of a picture after decoding it."""
    with Image.open(path) as image:
        image.load()
        return image.height, image.width


if __name__ == "__main__":
    folder, processes = Path(sys.argv[1]), int(sys.argv[2])
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    if processes == 1:
        sizes = [decoded_size(path) for path in paths]
    else:
        with ProcessPoolExecutor(processes) as executor:
            sizes = list(executor.map(decoded_size, paths, chunksize=64))
    print(len(sizes), max(sizes))
