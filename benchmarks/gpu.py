"""Padding, and padding with a convolution, beside a copy of as many bytes, on one device under JAX or PyTorch.

KERAS_BACKEND=torch python -m benchmarks.gpu
KERAS_BACKEND=jax python -m benchmarks.gpu --device cpu
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from benchmarks.row import Row, table

# Input and target, height by width; batch and channels before and after. The CPU takes an eighth of the batch.
SIZES = (((64, 224, 320, 3), (512, 512)), ((1, 3000, 4000, 3), (4096, 4096)), ((64, 100, 100, 64), (128, 128)))
MODES = ("constant", "reflect")
FILTERS = 32
WARM_UP = 3

# Does the work and returns when it is done.
Work = Callable[[], None]


class Torch:
    """PyTorch: operations as they come, without gradients."""

    package = "torch"

    def __init__(self, device: str) -> None:
        import torch  # noqa: PLC0415 (one backend is installed, the other may not be)

        self.torch = torch
        self.device = torch.device("cuda" if device == "gpu" else device)

    def name(self) -> str:
        """Returns what the device is called, or raises where there is none."""
        if self.device.type == "cpu":
            return "CPU"
        return str(self.torch.cuda.get_device_name(self.device))

    def array(self, shape: tuple[int, ...]) -> Any:
        """Returns random float32 numbers on the device."""
        return self.torch.rand(shape, device=self.device)

    def copy(self, x: Any) -> Work:
        """Returns the copy of an array to another place of the device."""
        return self.work(self.torch.clone, x)

    def work(self, function: Callable[[Any], Any], x: Any) -> Work:
        """Returns a call of a function."""

        def run() -> None:
            with self.torch.inference_mode():
                function(x)
            if self.device.type == "cuda":
                self.torch.cuda.synchronize(self.device)

        return run


class Jax:
    """JAX: compiled functions."""

    package = "jax"

    def __init__(self, device: str) -> None:
        import jax  # noqa: PLC0415 (one backend is installed, the other may not be)

        self.jax = jax
        self.device = jax.devices(device)[0]

    def name(self) -> str:
        """Returns what the device is called."""
        return str(self.device.device_kind)

    def array(self, shape: tuple[int, ...]) -> Any:
        """Returns random float32 numbers on the device."""
        with self.jax.default_device(self.device):
            return self.jax.random.uniform(self.jax.random.key(0), shape).block_until_ready()

    def copy(self, x: Any) -> Work:
        """Returns a pass that reads and writes every element; a plain copy would be optimised away."""
        return self.work(lambda array: array + 1, x)

    def work(self, function: Callable[[Any], Any], x: Any) -> Work:
        """Returns a call of a function, compiled."""
        compiled = self.jax.jit(function)
        return lambda: compiled(x).block_until_ready()


def measure(backend: Torch | Jax, rounds: int, share: int) -> list[Row]:
    """Returns a row for each size and mode, and each with a convolution behind."""
    rows = []
    for (batch, *shape), target in SIZES:
        x = backend.array((max(1, batch // share), *shape))
        for mode in MODES:
            rows += [measured(backend, x, target, mode, convolves, rounds) for convolves in (False, True)]
    return rows


def measured(backend: Torch | Jax, x: Any, target: tuple[int, int], mode: str, convolves: bool, rounds: int) -> Row:
    """Times one model, and the copy of half as many bytes as it reads and writes, which reads and writes as many."""
    import keras  # noqa: PLC0415 (after the backend was chosen)

    from padviewer.layers import MultiDimDynamicPadding  # noqa: PLC0415 (imports Keras)

    layers = [MultiDimDynamicPadding(target, mode=mode)]
    if convolves:
        layers.append(keras.layers.Conv2D(FILTERS, 3, activation="relu"))
    model = keras.Sequential(layers)
    result = model(x)
    elements = sum(int(keras.ops.size(tensor)) for tensor in (x, result))
    del result
    ours, peer = in_turn(backend.work(model, x), backend.copy(backend.array((elements // 2,))), rounds)
    size = f"{'x'.join(map(str, x.shape))} to {target[0]}x{target[1]}, {mode}"
    speeds = [elements * 4 / statistics.median(samples) / 1e6 for samples in (ours, peer)]
    return Row(
        f"pad + conv {size}" if convolves else f"pad {size}",
        "ms",
        ours,
        peer,
        against="a copy within the device that reads and writes as many bytes",
        note=f"{speeds[0]:.0f} GB/s read and written, the copy {speeds[1]:.0f}",
    )


def in_turn(ours: Work, peer: Work, rounds: int) -> tuple[list[float], list[float]]:
    """Times both alternately, in milliseconds."""
    samples: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds + WARM_UP):
        for work, times in zip((ours, peer), samples, strict=True):
            started = time.perf_counter()
            work()
            times.append((time.perf_counter() - started) * 1000)
    return samples[0][WARM_UP:], samples[1][WARM_UP:]


def main() -> int:
    """Prints the table; returns 1 where the device is not there."""
    parser = argparse.ArgumentParser("python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--device", choices=("gpu", "cpu"), default="gpu")
    parser.add_argument("--rounds", type=int, default=30, metavar="N", help="calls of each (default: 30)")
    options = parser.parse_args()
    chosen = os.environ.setdefault("KERAS_BACKEND", "torch")
    backends: dict[str, type[Torch] | type[Jax]] = {"torch": Torch, "jax": Jax}
    if chosen not in backends:
        parser.error(f"KERAS_BACKEND={chosen}: expected torch or jax")
    try:
        backend = backends[chosen](options.device)
        name = backend.name()
    except (RuntimeError, AssertionError) as error:  # what JAX, and a PyTorch without CUDA, raise
        print(f"{chosen} finds no {options.device.upper()}: {error}", file=sys.stderr)
        return 1
    import keras  # noqa: PLC0415 (after the backend was chosen)

    with keras.device(f"{options.device}:0"):
        rows = measure(backend, options.rounds, share=8 if options.device == "cpu" else 1)
    print(f"{name}, {backend.package} {version(backend.package)}, keras {keras.__version__}")
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
