"""What differs between Keras' backends: their packages, devices, versions, and what they raise when memory is short.

Imported by every process; the packages themselves are imported in the engine's process alone, by `load_framework`.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from padviewer.errors import DeviceError

Function = Callable[..., Any]
NAMES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
_ENVIRONMENT = {
    # Other programs share the device: take memory as it is needed.
    "tensorflow": {"TF_CPP_MIN_LOG_LEVEL": "2", "TF_FORCE_GPU_ALLOW_GROWTH": "true"},
    "jax": {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"},
    "torch": {},
}


@dataclass(frozen=True)
class Framework:
    """A backend that is loaded.

    Attributes:
        version: name and version, as people read it.
        devices: names such as `CPU:0` and `GPU:0`.
        out_of_memory: what it raises where a device has no room.
        inference: makes a block that keeps nothing for gradients.
        compiled: returns a function of a block and other tensors in its compiled form, given the block's channels and
            the shapes of the others. Blocks may be of any size.
        grouped: whether a convolution of groups is one operation that it has everywhere, and fast.
        to_numpy: returns a tensor as an array, without a copy where that can be; the array may be read-only.
    """

    version: str
    devices: tuple[str, ...]
    out_of_memory: tuple[type[Exception], ...]
    inference: Callable[[], AbstractContextManager[Any]] = nullcontext
    compiled: Callable[[Function, int, tuple[tuple[int, ...], ...]], Function] = lambda function, *_shapes: function
    grouped: bool = True
    to_numpy: Callable[[Any], npt.NDArray[Any]] = np.asarray


def installed_backends() -> tuple[str, ...]:
    """Returns the backends whose packages are there, without importing them."""
    return tuple(name for name in NAMES if importlib.util.find_spec(name) is not None)


def choose_backend(backend: str) -> None:
    """Makes Keras take a backend; before Keras is imported.

    Raises:
        DeviceError: its package is not installed.
    """
    if importlib.util.find_spec(backend) is None:
        raise DeviceError(
            f"the backend {NAMES[backend]} is not installed; install it with: pip install 'padviewer[{backend}]'"
        )
    os.environ["KERAS_BACKEND"] = backend
    for name, value in _ENVIRONMENT[backend].items():
        os.environ.setdefault(name, value)


def load_framework(backend: str) -> Framework:
    """Imports a backend's package and asks it for its devices."""
    return {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}[backend]()


def _tensorflow() -> Framework:
    import tensorflow as tf  # noqa: PLC0415

    # It advises against functions that are traced anew; ours are for every kernel that a person tries.
    tf.get_logger().setLevel("ERROR")
    names = [device.name.removeprefix("/physical_device:") for device in tf.config.list_physical_devices()]
    devices = tuple(name for name in names if not name.startswith("XLA_"))

    def compiled(function: Function, channels: int, shapes: tuple[tuple[int, ...], ...]) -> Function:
        # Known sizes of all but the block let TensorFlow fuse convolution, bias and activation.
        block = (None,) * (len(shapes[0]) - 1) + (channels,)
        traced: Function = tf.function(
            function, input_signature=[tf.TensorSpec(shape) for shape in (block, *shapes)], autograph=False
        )
        return traced

    version = f"TensorFlow {tf.__version__}"
    return Framework(version, devices, (tf.errors.ResourceExhaustedError,), compiled=compiled, grouped=False)


def _jax() -> Framework:
    import jax  # noqa: PLC0415

    found = {f"{device.platform.upper()}:{device.id}": None for device in [*jax.devices("cpu"), *jax.devices()]}

    def compiled(function: Function, _channels: int, _shapes: tuple[tuple[int, ...], ...]) -> Function:
        traced: Function = jax.jit(function)
        return traced

    version = f"JAX {jax.__version__}"
    return Framework(version, tuple(found), (jax.errors.JaxRuntimeError,), compiled=compiled)


def _torch() -> Framework:
    import torch  # noqa: PLC0415

    devices = ("CPU:0", *(f"GPU:{index}" for index in range(torch.cuda.device_count())))
    return Framework(
        f"PyTorch {torch.__version__}",
        devices,
        (torch.OutOfMemoryError,),
        torch.inference_mode,
        to_numpy=lambda tensor: tensor.cpu().numpy(),
    )
