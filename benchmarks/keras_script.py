"""What people write today to see an image, padded, and a convolution of it: START IMAGE HEIGHTxWIDTH OUTPUT."""

from __future__ import annotations

import json
import sys
import time

import keras
import matplotlib.pyplot as plt
import numpy as np

if __name__ == "__main__":
    zero, path, target, output = sys.argv[1:]
    height, width = map(int, target.split("x"))
    image = keras.utils.img_to_array(keras.utils.load_img(path))
    padded = np.pad(image, ((0, height - image.shape[0]), (0, width - image.shape[1]), (0, 0)))
    feature = keras.layers.Conv2D(32, 3, activation="relu")(padded[None])[0]
    figure, axes = plt.subplots(1, 3, figsize=(14, 9))
    for axis, picture in zip(axes, (image / 255, padded / 255, feature[..., 0]), strict=True):
        axis.imshow(picture)
    figure.savefig(output)
    print(json.dumps({"feature": time.time() - float(zero)}))
