"""Trains a small text-line model on lines of many lengths, padded in four ways, in turn: START EPOCHS JIT."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from benchmarks.line_lengths import drawn
from padviewer.layers import pad_batch

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

# Lines of print 32 pixels high; a letter of a typewriter's face is about half as wide as its line is high.
HEIGHT, ADVANCE = 32, 16
LINES, BATCH = 256, 16
BUCKET = 128
CLASSES = 80


def compare(epochs: int, jit: bool) -> dict[str, Any]:
    """Returns, for each way, seconds of each epoch after the first, and what was padded and traced."""
    lengths = drawn(LINES)
    rng = np.random.default_rng(1)
    lines = [rng.random((HEIGHT, length * ADVANCE, 1), np.float32) for length in lengths]
    ways = {name: Way(lines, batches, options, jit) for name, (batches, options) in arranged(lengths).items()}
    for _ in range(epochs + 1):
        for way in ways.values():
            way.epoch()
    told = f"{LINES} lines of {min(lengths)} to {max(lengths)} letters in batches of {BATCH}, {ADVANCE} pixels a letter"
    return {"data": told, "ways": {name: way.report() for name, way in ways.items()}}


def arranged(lengths: Numbers) -> dict[str, tuple[Numbers, dict[str, Any]]]:
    """Returns the numbers of the lines in each batch, shape (batches, lines), and how each batch is padded."""
    rng = np.random.default_rng(1)
    shuffled = rng.permutation(len(lengths)).reshape(-1, BATCH)
    alike = rng.permutation(np.argsort(lengths, kind="stable").reshape(-1, BATCH))
    return {
        "all": (shuffled, {"target_shape": (HEIGHT, int(max(lengths)) * ADVANCE)}),
        "own": (shuffled, {}),
        "alike": (alike, {}),
        "buckets": (alike, {"multiple_of": (1, BUCKET)}),
    }


class Way:
    """A model of its own and the batches that it is trained on.

    Args:
        lines: pictures, axes HWC.
        batches: numbers of lines, shape (batches, lines of each).
        options: how `pad_batch` pads each batch.
        jit: whether XLA compiles the step.
    """

    def __init__(self, lines: list[Floats], batches: Numbers, options: dict[str, Any], jit: bool) -> None:
        self._lines, self._batches, self._options = lines, batches, options
        self._counter = Counter()
        self._model = _model(self._counter, jit)
        self._seconds: list[float] = []
        self._shapes: set[tuple[int, ...]] = set()
        self._padding = 0.0

    def epoch(self) -> None:
        """Pads and trains every batch once."""
        content = total = 0
        started = time.perf_counter()
        for x, mask in self._padded():
            columns = mask[:, 0, ::4]
            self._model.train_on_batch(x, np.zeros(columns.shape, "int32"), sample_weight=columns.astype("float32"))
            self._shapes.add(x.shape)
            content, total = content + int(mask.sum()), total + mask.size
        self._seconds.append(time.perf_counter() - started)
        self._padding = 1 - content / total

    def report(self) -> dict[str, Any]:
        """Returns what was seen; the first epoch, which traces and compiles, on its own."""
        first, *epochs = self._seconds
        counts = {"shapes": len(self._shapes), "traces": self._counter.traces}
        return {"first": first, "epochs": epochs, "padding": self._padding, **counts}

    def _padded(self) -> Iterator[tuple[Any, Any]]:
        for numbers in self._batches:
            x, mask = pad_batch([self._lines[number] for number in numbers], **self._options)
            yield np.asarray(x), np.asarray(mask)


@keras.saving.register_keras_serializable(package="benchmarks")
class Counter(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """Counts how often its Python runs, which is once for each trace."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.traces = 0

    def call(self, inputs: Any) -> Any:
        """Returns the input."""
        self.traces += 1
        return inputs


def _model(counter: Counter, jit: bool) -> keras.Model:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((HEIGHT, None, 1)),
            counter,
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2, padding="same"),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2, padding="same"),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.Lambda(keras.ops.mean, arguments={"axis": 1}),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=jit)
    counter.traces = 0
    return model


if __name__ == "__main__":
    print(json.dumps(compare(int(sys.argv[2]), sys.argv[3] == "1")))
