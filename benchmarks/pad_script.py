"""What people write to pad an array and keep it: START INPUT OUTPUT HEIGHT WIDTH."""

from __future__ import annotations

import json
import sys

import numpy as np

if __name__ == "__main__":
    path, output, height, width = sys.argv[2:]
    array = np.load(path)
    padded = np.pad(array, ((0, int(height) - array.shape[0]), (0, int(width) - array.shape[1]), (0, 0)))
    np.save(output, padded)
    print(json.dumps({}))
