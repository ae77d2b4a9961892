"""What TensorFlow's graphs ask of the layers: sizes that only the run knows, traced once, with XLA and without."""

from typing import Any

import numpy as np
import pytest
from numpy_padding import Wanted, counted, numpy_padded

from padviewer.errors import PlanError
from padviewer.geometry import MODES, OVERFLOWS, POSITIONS
from padviewer.layers import DynamicPadding, MultiDimDynamicPadding, Unpadding, dynamic_padding, padding, unpad
from padviewer.layers.targets import Shape, Target
from padviewer.spec import PipelineSpec

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.tensorflow
either = pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])


def pad(x: Any, targets: Shape, rules: PipelineSpec) -> Any:
    return padding.pad(x, tuple(None if size is None else Target(size) for size in targets), rules)[0]


@either
@pytest.mark.parametrize("overflow", OVERFLOWS)
@pytest.mark.parametrize("mode", MODES)
def test_sizes_that_only_the_run_knows(mode: str, overflow: str, jit: bool) -> None:
    rules = {name: PipelineSpec(position=name, mode=mode, overflow=overflow) for name in POSITIONS[:3]}
    traces = []

    @tf.function(input_signature=[tf.TensorSpec((None, None, 2))], jit_compile=jit)
    def padded(x: Any) -> dict[str, Any]:
        traces.append(x.shape)
        return {position: pad(x, (None, 7, None), spec) for position, spec in rules.items()}

    for length in (1, 4, 7) if overflow == "error" else (1, 4, 7, 10):
        x = counted(2, length, 2)
        for position, y in padded(x).items():
            expected = numpy_padded(x, (None, Wanted(7), None), position, mode, overflow=overflow)
            np.testing.assert_array_equal(y, expected)
    assert len(traces) == 1


@either
@pytest.mark.parametrize("position", POSITIONS)
def test_fills_of_channels_and_multiples_where_only_the_run_knows_the_size(position: str, jit: bool) -> None:
    options = {"multiple_of": 4, "fill_value": (1, 2, 3), "position": position, "seed": 5, "data_format": None}
    signature = [tf.TensorSpec((None, None, None, 3))]
    traced = tf.function(lambda x: dynamic_padding(x, 10, return_pad_width=True, **options), signature, jit_compile=jit)
    for size in (3, 11, 13):
        x = counted(1, size, 2, 3)
        y, pad_width = traced(x)
        before = int(pad_width[1, 0])
        expected = numpy_padded(
            x, (None, Wanted(10, 4, before), None, None), position, fill_value=(1, 2, 3), channels=3
        )
        np.testing.assert_array_equal(y, expected)
        eager = dynamic_padding(x, 10, **options)
        np.testing.assert_array_equal(y, eager)


@either
@pytest.mark.parametrize("mode", MODES)
def test_a_random_layer_draws_anew_at_each_call_and_starts_as_eagerly(mode: str, jit: bool) -> None:
    def layer() -> MultiDimDynamicPadding:
        return MultiDimDynamicPadding(
            (9, 3), position="random", mode=mode, overflow="crop", seed=11, return_pad_width=True
        )

    signature = [tf.TensorSpec((None, None, None, 1))]
    traced, eager = tf.function(layer(), signature, jit_compile=jit), layer()
    for height in (4, 5, 4, 6, 4, 4):
        x = counted(2, height, 5, 1)
        y, pad_width = traced(x)
        expected, amounts = eager(x)
        np.testing.assert_array_equal(pad_width, amounts)
        np.testing.assert_array_equal(y, expected)


@either
def test_unpadding_where_only_the_run_knows_the_sizes(jit: bool) -> None:
    layer = MultiDimDynamicPadding((9, 8), position="random", seed=1, return_pad_width=True)

    def there_and_back(x: Any) -> tuple[Any, Any]:
        y, pad_width = layer(x)
        drawn = Unpadding(position="random")([y, x, pad_width])
        centred = Unpadding(position="center")([MultiDimDynamicPadding((9, 8), position="center")(x), x])
        return drawn, centred

    traced = tf.function(there_and_back, [tf.TensorSpec((None, None, None, 1))], jit_compile=jit)
    for shape in [(1, 4, 5, 1), (2, 9, 1, 1), (1, 7, 8, 1)]:
        x = counted(*shape)
        for restored in traced(x):
            np.testing.assert_array_equal(restored, x)


def test_amounts_as_a_tensor_are_cut_off_in_a_graph() -> None:
    traced = tf.function(unpad, [tf.TensorSpec((None, None, 3)), tf.TensorSpec((3, 2), tf.int32)])
    x = counted(2, 7, 3)
    np.testing.assert_array_equal(traced(x, tf.constant([[0, 0], [2, 1], [0, 0]])), x[:, 2:6])


@either
@pytest.mark.parametrize("position", ["start", "center", "end"])
def test_a_crop_cannot_be_undone_in_a_graph_either(position: str, jit: bool) -> None:
    layer = Unpadding(position=position)
    spec = tf.TensorSpec((None, None, 1))
    traced = tf.function(lambda y, x: layer([y, x]), [spec, spec], jit_compile=jit)
    assert traced(counted(1, 8, 1), counted(1, 5, 1)).shape == (1, 5, 1)
    # By one element too, which is cut on one side only.
    for size in (8, 6):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"axis_1_was_cropped|axis 1 was cropped"):
            traced(counted(1, 5, 1), counted(1, size, 1))


@either
def test_amounts_may_come_from_outside_a_graph(jit: bool) -> None:
    specs = [tf.TensorSpec((None, None, 1)), tf.TensorSpec((None, None, 1)), tf.TensorSpec((3, 2), tf.int32)]
    layer = Unpadding(position="random")
    traced = tf.function(lambda y, x, pad_width: layer([y, x, pad_width]), specs, jit_compile=jit)
    y, x = counted(1, 9, 1), counted(1, 5, 1)
    for before in range(5):
        found = traced(y, x, tf.constant([[0, 0], [before, 4 - before], [0, 0]]))
        np.testing.assert_array_equal(found, y[:, before : before + 5])


@pytest.mark.parametrize("mode", MODES)
def test_error_names_axis_size_and_target_wherever_it_runs(mode: str) -> None:
    rules = PipelineSpec(overflow="error", mode=mode)
    signature = [tf.TensorSpec((None, None, None))]
    x = np.zeros((2, 3, 12), "float32")

    def padded(x: Any) -> Any:
        return pad(x, (None, 7, 10), rules)

    with pytest.raises(PlanError, match="axis 2 has 12 elements, more than the target of 10"):
        padded(x)
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"axis 2 has \] \[12\] \[ elements, more than the target of 10"
    ):
        tf.function(padded, signature)(x)
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"with 12 values, .* 10(.|\n)*axis_2_is_larger_than_its_target"
    ):
        tf.function(padded, signature, jit_compile=True)(x)
    assert tf.function(padded, signature, jit_compile=True)(x[..., :10]).shape == (2, 7, 10)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "constant"])
def test_an_empty_axis_is_refused_when_the_graph_runs(mode: str) -> None:
    signature, x = [tf.TensorSpec((None, None))], np.zeros((2, 0), "float32")
    rules = PipelineSpec(mode=mode)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"axis 1 has \] \[0\] \[ elements, from which mode"):
        tf.function(lambda x: pad(x, (None, 3), rules), signature)(x)
    with pytest.raises(tf.errors.InvalidArgumentError, match="axis_1_is_empty"):
        tf.function(lambda x: pad(x, (None, 3), rules), signature, jit_compile=True)(x)


@pytest.mark.parametrize("mode", MODES)
def test_an_empty_batch_stays_empty(mode: str) -> None:
    rules = PipelineSpec(mode=mode, overflow="crop")
    traced = tf.function(lambda x: pad(x, (None, 8, 2), rules), input_signature=[tf.TensorSpec((None, None, 4))])
    assert traced(np.zeros((0, 3, 4), "float32")).shape == (0, 8, 2)


@pytest.mark.parametrize(
    ("overflow", "shape", "expected"),
    [
        ("keep", (None, None, 5, 9), (None, None, 8, 9)),
        ("crop", (None, None, 5, 9), (None, 8, 8, 8)),
        ("error", (None, None, 5, 8), (None, 8, 8, 8)),
    ],
)
def test_the_static_shape_is_what_is_known(overflow: str, shape: tuple[Any, ...], expected: tuple[Any, ...]) -> None:
    targets, rules = (None, 8, 8, 8), PipelineSpec(overflow=overflow)
    traced = tf.function(lambda x: pad(x, targets, rules), input_signature=[tf.TensorSpec(shape)])
    assert tuple(traced.get_concrete_function().output_shapes) == expected


def test_channels_of_unknown_number_take_a_single_fill_alone() -> None:
    signature = [tf.TensorSpec((None, None, None))]
    assert tf.function(lambda x: dynamic_padding(x, 4), signature)(counted(1, 2, 3)).shape == (1, 4, 3)
    with pytest.raises(PlanError, match="axis 2, the channels, is of unknown size"):
        tf.function(lambda x: dynamic_padding(x, 4, fill_value=(1, 2, 3)), signature, autograph=False)(counted(1, 2, 3))


@pytest.mark.parametrize("x", [tf.ragged.constant([[1.0, 2.0], [3.0]]), tf.sparse.from_dense([[1.0, 2.0]])])
def test_only_dense_tensors_are_padded(x: Any) -> None:
    with pytest.raises(PlanError, match=f"a {type(x).__name__} cannot be padded by a layer; expected a dense tensor"):
        pad(x, (None, 4), PipelineSpec())


def test_strings_are_refused() -> None:
    with pytest.raises(PlanError, match="dtype string cannot be padded; expected numbers"):
        pad(tf.constant([["a", "b"]]), (None, 4), PipelineSpec())


def test_a_random_layer_counts_its_calls_in_a_variable_that_is_not_trained() -> None:
    layer = DynamicPadding(8, position="random")
    layer(counted(1, 3, 2))
    assert (layer.trainable_variables, layer.weights) == ([], [])
    assert [variable.shape for variable in layer.non_trainable_variables] == [(2,)]
