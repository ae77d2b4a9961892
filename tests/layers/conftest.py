"""The layers under one of Keras' backends: KERAS_BACKEND says which, TensorFlow where it is not set.

A test that needs TensorFlow itself, such as its graphs, is marked `tensorflow`. A test with a parameter `dtype` is
skipped where the backend has no such dtype.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

ONE_BACKEND = "KERAS_BACKEND" in os.environ
# Before anything imports Keras; and quiet about the devices that TensorFlow does not find.
BACKEND = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

X64 = os.environ.get("JAX_ENABLE_X64", "0").lower() in ("1", "true")
MISSING_DTYPES = {
    "tensorflow": {},
    "jax": {} if X64 else dict.fromkeys(("int64", "uint64", "float64", "complex128"), "JAX_ENABLE_X64 is off"),
    "torch": dict.fromkeys(("uint16", "uint32", "uint64"), "Keras has no such dtype on PyTorch"),
}[BACKEND]


@pytest.fixture
def one_backend() -> bool:
    """Whether the caller named the backend to try."""
    return ONE_BACKEND


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "tensorflow: needs TensorFlow itself as Keras' backend")
    if BACKEND == "torch":
        _let_numpy_read_tensors()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and (reason := _missing(item)):
            item.add_marker(pytest.mark.skip(reason=reason))


def _missing(item: pytest.Item) -> str | None:
    if item.get_closest_marker("tensorflow") and BACKEND != "tensorflow":
        return f"needs TensorFlow as Keras' backend, which is {BACKEND}"
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    if BACKEND == "torch" and (parameters.get("jit") is True or parameters.get("way") == "xla"):
        return "compiling takes PyTorch half a minute a model, with warnings of its own; see test_any_length.py"
    dtype = parameters.get("dtype")
    return f"{BACKEND} has no {dtype}: {MISSING_DTYPES[dtype]}" if dtype in MISSING_DTYPES else None


def _let_numpy_read_tensors() -> None:
    """Makes numpy's comparisons take every tensor; PyTorch refuses those with a gradient and those on a GPU."""
    import ml_dtypes
    import torch

    def array(self: Any, dtype: Any = None, copy: bool | None = None) -> Any:
        # Not by Keras' convert_to_numpy, which asks for this very method.
        short = self.dtype == torch.bfloat16
        found = (self.float() if short else self).detach().cpu().numpy()
        return found.astype(dtype or (ml_dtypes.bfloat16 if short else found.dtype), copy=bool(copy))

    torch.Tensor.__array__ = array
