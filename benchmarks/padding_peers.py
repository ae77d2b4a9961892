"""The padding layer and its peers in other libraries, in turn, each on its own kind of array: START ROUNDS."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

# These before TensorFlow: some builds of torch bring an LLVM that ends a process where TensorFlow's is there already.
if find_spec("torch"):
    import torch
if find_spec("monai"):
    from monai.transforms import SpatialPad
if find_spec("albumentations"):
    import albumentations

import tensorflow as tf

from padviewer.layers import MultiDimDynamicPadding

Floats = npt.NDArray[np.float32]
Call = Callable[[], Any]
Sizes = tuple[int, int]

# Input and target, height by width, and how many calls make one sample.
SIZES: tuple[tuple[Sizes, Sizes, int], ...] = (((3000, 4000), (4096, 4096), 1), ((224, 320), (512, 512), 20))
# What a peer needs beyond what padviewer itself does.
PACKAGES = {"torch": "torch", "MONAI": "monai", "albumentations": "albumentations"}
WARM_UP = 2


def compare(rounds: int) -> dict[str, Any]:
    """Returns milliseconds of a call by row, as samples of ours and of the peer, and the rows that could not be."""
    rows: dict[str, Any] = {}
    missing: dict[str, str] = {}
    for shape, target, calls in SIZES:
        x = np.random.default_rng(0).random((*shape, 3), np.float32)
        size = f"{shape[0]}x{shape[1]}x3 to {target[0]}x{target[1]}"
        for name, against, ours, peer in _pairs(x, target):
            _same(ours(), peer())
            rows[f"{name} {size}"] = {**_in_turn(ours, peer, rounds, calls), "against": against}
        absent = {name: package for name, package in PACKAGES.items() if find_spec(package) is None}
        missing |= {f"{name} {size}": package for name, package in absent.items()}
    return {"rows": rows, "missing": missing}


def _pairs(x: Floats, target: Sizes) -> Iterator[tuple[str, str, Call, Call]]:
    """Yields a name, words, our call and the peer's. Peers that want the amounts work them out in the call, as ours."""
    batch, tensor = x[None], tf.constant(x[None])
    at_end, centred = MultiDimDynamicPadding(target), MultiDimDynamicPadding(target, position="center")

    def amounts() -> tuple[tuple[int, int], ...]:
        return (0, 0), (0, target[0] - x.shape[0]), (0, target[1] - x.shape[1]), (0, 0)

    yield "tf.pad", "both eager, from a tensor", lambda: at_end(tensor), lambda: tf.pad(tensor, amounts())
    yield (
        "resize_with_crop_or_pad",
        "tf.image's, in the centre, both eager, from a tensor",
        lambda: centred(tensor),
        lambda: tf.image.resize_with_crop_or_pad(tensor, *target),
    )
    yield "np.pad", "both from numpy arrays", lambda: at_end(batch), lambda: np.pad(batch, amounts())
    if find_spec("torch"):
        yield "torch", "F.pad, channels first; ours from a tensor", lambda: at_end(tensor), _torch(x, target)
    if find_spec("monai"):
        yield "MONAI", "SpatialPad, channels first; ours from a tensor", lambda: at_end(tensor), _monai(x, target)
    if find_spec("albumentations"):
        yield "albumentations", "PadIfNeeded; both from numpy arrays", lambda: at_end(batch), _albumentations(x, target)


def _torch(x: Floats, target: Sizes) -> Call:
    planes = torch.from_numpy(np.ascontiguousarray(x.transpose(2, 0, 1)))
    # The last axis comes first.
    return lambda: torch.nn.functional.pad(
        planes, (0, target[1] - planes.shape[2], 0, target[0] - planes.shape[1])
    ).permute(1, 2, 0)


def _monai(x: Floats, target: Sizes) -> Call:
    planes = torch.from_numpy(np.ascontiguousarray(x.transpose(2, 0, 1)))
    transform = SpatialPad(target, method="end")
    return lambda: transform(planes).permute(1, 2, 0)


def _albumentations(x: Floats, target: Sizes) -> Call:
    transform = albumentations.PadIfNeeded(*target, position="top_left", border_mode=0, fill=0)
    return lambda: transform(image=x)["image"]


def _same(ours: Any, peer: Any) -> None:
    if not np.array_equal(np.asarray(ours).reshape(-1), np.asarray(peer).reshape(-1)):
        raise ValueError("the peer pads differently; expected the same elements in the same order")


def _in_turn(ours: Call, peer: Call, rounds: int, calls: int) -> dict[str, Any]:
    samples: dict[str, list[float]] = {"ours": [], "peer": []}
    for _ in range(rounds + WARM_UP):
        for name, call in (("ours", ours), ("peer", peer)):
            started = time.perf_counter()
            for _ in range(calls):
                # A numpy view of the result waits for devices that run behind.
                np.asarray(call())
            samples[name].append((time.perf_counter() - started) * 1000 / calls)
    return {name: values[WARM_UP:] for name, values in samples.items()}


if __name__ == "__main__":
    print(json.dumps(compare(int(sys.argv[2]))))
