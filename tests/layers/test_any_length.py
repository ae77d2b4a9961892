"""What JAX and PyTorch ask of the layers where a function is traced for any length, and fills that they would round."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from padviewer.errors import PlanError
from padviewer.geometry import MODES, OVERFLOWS, POSITIONS
from padviewer.layers import DynamicPadding, MultiDimDynamicPadding, dynamic_padding

BACKEND = keras.backend.backend()
LENGTHS = (2, 5, 8, 11)
under_jax = pytest.mark.skipif(BACKEND != "jax", reason="needs JAX")
under_torch = pytest.mark.skipif(BACKEND != "torch", reason="needs PyTorch")
combined = [(mode, overflow) for mode in MODES for overflow in ("keep", "crop")]


def batch(length: int) -> np.ndarray:
    return np.random.default_rng(length).random((2, length, 3), "float32")


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("overflow", OVERFLOWS)
@pytest.mark.parametrize("mode", MODES)
def test_a_model_of_any_length_builds_and_predicts(mode: str, overflow: str, position: str) -> None:
    padding = MultiDimDynamicPadding((12, 10), mode=mode, overflow=overflow, position=position, seed=3)
    model = keras.Sequential([keras.Input((None, None, 3)), padding, keras.layers.Conv2D(2, 3)])
    assert padding.output.shape == ((None, None, None, 3) if overflow == "keep" else (None, 12, 10, 3))
    assert model.predict(np.ones((1, 5, 7, 3), "float32"), verbose=0).shape == (1, 10, 8, 2)
    assert padding(np.ones((1, 5, 7, 3), "float32")).shape == (1, 12, 10, 3)


@pytest.mark.parametrize(
    ("overflow", "shape"), [("keep", (None, None, 3)), ("crop", (None, 8, 3)), ("error", (None, 8, 3))]
)
def test_a_lambda_has_the_shape_of_the_layer(overflow: str, shape: tuple[int | None, ...]) -> None:
    layer = keras.layers.Lambda(dynamic_padding, arguments={"target_width": 8, "overflow": overflow})
    assert layer(keras.Input((None, 3))).shape == shape


@under_jax
@pytest.mark.parametrize("position", POSITIONS[:3])
@pytest.mark.parametrize(("mode", "overflow"), combined)
def test_jax_exports_for_any_length(mode: str, overflow: str, position: str) -> None:
    import jax

    layer = DynamicPadding(8, mode=mode, overflow=overflow, position=position)
    (length,) = jax.export.symbolic_shape("length")
    shape = jax.ShapeDtypeStruct((2, length, 3), "float32")
    exported = jax.export.export(jax.jit(layer))(shape)
    for size in (1, *LENGTHS):
        np.testing.assert_array_equal(exported.call(batch(size)), layer(batch(size)))


@under_jax
def test_a_compiled_function_refuses_what_is_larger() -> None:
    import jax

    padded = jax.jit(DynamicPadding(8, overflow="error"))
    assert padded(batch(5)).shape == (2, 8, 3)
    with pytest.raises(PlanError, match="axis 1 has 9 elements, more than the target of 8"):
        padded(batch(9))


@under_jax
def test_a_random_position_is_drawn_inside_a_compiled_function() -> None:
    import jax

    def padded(x: Any, seed: Any) -> Any:
        return dynamic_padding(x, 20, position="random", seed=seed, fill_value=7)

    for seed in range(5):
        np.testing.assert_array_equal(jax.jit(padded)(batch(5), seed), padded(batch(5), seed))


@under_torch
@pytest.mark.parametrize(("mode", "overflow"), combined)
def test_pytorch_exports_for_any_length(mode: str, overflow: str) -> None:
    import torch

    layer = DynamicPadding(8, mode=mode, overflow=overflow, position="center")

    class Module(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return layer(x)

    any_length = {"x": {1: torch.export.Dim("length", min=2, max=64)}}
    example = torch.as_tensor(batch(5), device=keras.ops.ones(1).device)
    exported = torch.export.export(Module(), (example,), dynamic_shapes=any_length, strict=False).module()
    for size in LENGTHS:
        x = torch.as_tensor(batch(size), device=example.device)
        np.testing.assert_array_equal(exported(x), layer(x))


@under_torch
@pytest.mark.filterwarnings("ignore::UserWarning:torch")
@pytest.mark.parametrize("mode", MODES)
def test_pytorch_compiles_the_layer(mode: str) -> None:
    import torch

    layer = DynamicPadding(8, mode=mode, position="center")
    # The tracer alone: what comes after it makes machine code of any graph.
    compiled = torch.compile(layer, backend="eager", dynamic=True)
    for size in LENGTHS:
        np.testing.assert_array_equal(compiled(batch(size)), layer(batch(size)))


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_the_largest_integers_are_filled_in_exactly(dtype: str) -> None:
    largest = np.iinfo(dtype).max
    y = dynamic_padding(np.array([[1, largest]], dtype), 4, fill_value=int(largest))
    np.testing.assert_array_equal(y, np.array([[1, largest, largest, largest]], dtype))
