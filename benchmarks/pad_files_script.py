"""What people write today to pad a folder of pictures: Pillow, np.pad and np.save. FOLDER OUT HEIGHT WIDTH."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

if __name__ == "__main__":
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    height, width = int(sys.argv[3]), int(sys.argv[4])
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in paths:
        with Image.open(path) as image:
            pixels = np.asarray(image)[:height, :width]
        rest = [(0, 0)] * (pixels.ndim - 2)
        padded = np.pad(pixels, [(0, height - pixels.shape[0]), (0, width - pixels.shape[1]), *rest])
        target = out / path.relative_to(folder).with_suffix(".npy")
        target.parent.mkdir(parents=True, exist_ok=True)
        np.save(target, padded)
    print(len(paths))
