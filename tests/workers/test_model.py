"""Models that are saved: read back by Keras, here and in another Python, and compared with what the engine shows."""

from __future__ import annotations

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from padviewer.errors import ExportError, PlanError, TargetExists
from padviewer.geometry import Span
from padviewer.plan import ArrayInfo
from padviewer.resolve import resolve
from padviewer.sources.base import ArraySource
from padviewer.spec import PipelineSpec
from padviewer.workers.engine import Engine
from padviewer.workers.model_messages import SaveModelRequest


@pytest.fixture(scope="module")
def engine():
    return Engine()


def case(shape, axes, dtype="float32", **settings):
    info = ArrayInfo("my photo.png", None, "NPY", shape, dtype, axes, False, 0)
    plan = resolve(PipelineSpec(**settings), info, 1 << 40)
    random = np.random.default_rng(0)
    whole = np.dtype(dtype).kind in "iub"
    return plan, (
        random.integers(0, 2 if dtype == "bool" else 200, shape) if whole else random.normal(size=shape)
    ).astype(dtype)


def shown(engine, plan, array):
    """The feature map on screen, with a batch axis."""
    with ArraySource(array, plan.info) as source:
        found = engine._convolution.whole(plan, source)
    whole = found.cut(tuple(Span(0, size) for size in found.shape))
    return whole if "B" in plan.feature.axes else whole[None]


def batch_first(plan, array):
    axes = plan.input.axes
    return np.moveaxis(array, axes.index("B"), 0) if "B" in axes else array[None]


def save(engine, plan, path, overwrite=False):
    return engine.answer(SaveModelRequest(plan, str(path), overwrite), lambda _done, _total: None)


CASES = {
    "photo": case((9, 13, 3), "HWC", "uint8", target=(16, 16), position="center", filters=4),
    "channels first": case((3, 9, 13), "CHW", target=(16, 16), mode="reflect", filters=4, fill_value=(1, 2)),
    "no channels": case((9, 13), "HW", "int16", target=(8, 20), overflow="crop", fill_value=-5, filters=2),
    "signal": case((40,), "T", target=(64,), kernel=(5,), conv_padding="causal", activation="tanh"),
    "channels of a signal": case((2, 40), "CT", target=(64,), multiple_of=(48,), mode="edge", dilation=(2,)),
    "volume": case((4, 5, 6, 2), "DHWC", target=(8, None, 9), multiple_of=(1, 4, 1), mode="wrap", filters=3),
    "batch at the end": case((9, 8, 2), "HWB", target=(12, 12), strides=(2,), conv_padding="same", filters=3),
    "a fill for each channel": case((2, 4, 5, 2), "BHWC", "bool", target=(6, 6), fill_value=(0, 1), filters=2),
    "depthwise": case((9, 9, 3), "HWC", conv="depthwise", depth_multiplier=2, multiple_of=(4,)),
    "separable": case((9, 9, 3), "HWC", conv="separable", depth_multiplier=2, filters=5, weights="gaussian"),
    "groups": case((9, 9, 4), "HWC", groups=2, filters=6, weights="sobel", activation="linear"),
    "random": case((9, 9, 4), "HWC", target=(20, 20), position="random", position_seed=3, filters=2),
    "NaN": case((9, 9), "HW", target=(12, 12), fill_value=float("nan"), filters=2),
    "beyond float32": case((9, 9), "HW", "float64", target=(12, 12), fill_value=1e300, filters=2, activation="linear"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_saved_model_makes_the_feature_map_on_screen(engine, name, tmp_path):
    plan, array = CASES[name]
    assert plan.problem is None
    path = tmp_path / "model.keras"
    saved = save(engine, plan, path)
    assert saved.nbytes == path.stat().st_size
    assert saved.takes == "B" + plan.input.axes.replace("B", "")
    model = keras.saving.load_model(path)
    found = keras.ops.convert_to_numpy(model(batch_first(plan, array)))
    expected = shown(engine, plan, array)
    assert found.shape == expected.shape
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(np.isfinite(found), finite)
    # The engine convolves a block without padding of its own: the same products, which Keras may sum in another order.
    np.testing.assert_allclose(
        found[finite], expected[finite], rtol=0, atol=1e-5 * max(1, np.abs(array.astype(float)).max())
    )


def test_the_kernel_is_the_one_on_screen_to_the_last_bit(engine, tmp_path):
    plan, _array = CASES["photo"]
    save(engine, plan, tmp_path / "model.keras")
    layer = keras.saving.load_model(tmp_path / "model.keras").get_layer("convolution")
    kernel, bias = layer.get_weights()
    assert kernel.tobytes() == engine._convolution.kernel_of(plan).first.tobytes()
    assert not bias.any()


def test_it_takes_inputs_of_other_sizes(engine, tmp_path):
    plan, _array = CASES["photo"]
    other, array = case((30, 7, 3), "HWC", "uint8", target=(16, 16), position="center", filters=4)
    save(engine, plan, tmp_path / "model.keras")
    model = keras.saving.load_model(tmp_path / "model.keras")
    found = model.predict(np.stack([array, array]), verbose=0)
    np.testing.assert_allclose(found[1], shown(engine, other, array)[0], rtol=0, atol=2e-3)


READ_BACK = """
import sys
import numpy as np
import keras
{first}
model = keras.saving.load_model(sys.argv[1])
np.save(sys.argv[3], keras.ops.convert_to_numpy(model(np.load(sys.argv[2]))))
print(model.name, model.input_shape)
"""


def read_back(path, array, first):
    np.save(path.with_name("x.npy"), array)
    arguments = [str(path), str(path.with_name("x.npy")), str(path.with_name("y.npy"))]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, "-c", READ_BACK.format(first=first), *arguments],
        capture_output=True, text=True, env=environment, timeout=300, check=False,
    )  # fmt: skip


def test_a_fresh_python_that_imports_the_layers_reads_it(engine, tmp_path):
    plan, array = CASES["channels first"]
    path = tmp_path / "model.keras"
    save(engine, plan, path)
    done = read_back(path, array[None], "import padviewer.layers")
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["padviewer_my_photo", "(None,", "3,", "None,", "None)"]
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), shown(engine, plan, array), rtol=0, atol=1e-5)


def test_without_the_layers_keras_names_the_one_that_is_missing(engine, tmp_path):
    plan, array = CASES["channels first"]
    path = tmp_path / "model.keras"
    save(engine, plan, path)
    done = read_back(path, array[None], "")
    if done.returncode == 0:
        return  # Keras has imported padviewer.layers by itself, by the name of the module in the file
    assert "padviewer" in done.stderr
    assert "MultiDimDynamicPadding" in done.stderr


def test_it_is_written_whole_or_not_at_all(engine, tmp_path):
    plan, _array = CASES["photo"]
    path = tmp_path / "model.keras"
    path.write_bytes(b"precious")
    with pytest.raises(TargetExists):
        save(engine, plan, path)
    assert path.read_bytes() == b"precious"
    path.chmod(0o640)
    save(engine, plan, path, overwrite=True)
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["model.keras"]


def test_a_place_that_cannot_be_written_is_told(engine, tmp_path):
    plan, _array = CASES["photo"]
    with pytest.raises(ExportError, match="does not exist"):
        save(engine, plan, tmp_path / "missing" / "model.keras")
    with pytest.raises(ExportError, match="is a directory"):
        save(engine, plan, tmp_path)
    link = tmp_path / "link.keras"
    link.symlink_to(tmp_path / "real.keras")
    save(engine, plan, link, overwrite=True)
    assert link.is_symlink()
    assert (tmp_path / "real.keras").is_file()


def test_a_plan_without_a_feature_map_has_no_model(engine, tmp_path):
    plan, _array = case((2, 2), "HW", kernel=(3,))
    with pytest.raises(PlanError, match="fewer than the 3"):
        save(engine, plan, tmp_path / "model.keras")
    assert not list(tmp_path.iterdir())
