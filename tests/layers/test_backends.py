"""The backends of Keras beside each other: the same tests under each that is installed, and models that change backend.

Keras takes one backend for a process, so each has processes of its own.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
BACKENDS = ("tensorflow", "jax", "torch")
pytestmark = pytest.mark.skipif(
    os.environ["KERAS_BACKEND"] != "tensorflow", reason="the session under TensorFlow does it for all"
)


def run(backend: str, *arguments: str, **variables: str) -> str:
    """Runs Python with a backend on the CPU, and returns what it prints."""
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: pip install 'padviewer[{backend}]', or `make test-backends`")
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
    environment = {**os.environ, **quiet, "KERAS_BACKEND": backend, **variables}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("backend", "wanted", "variables"),
    [
        ("jax", "", {}),
        ("jax", "dtype or integers or fill", {"JAX_ENABLE_X64": "1"}),
        ("torch", "", {}),
    ],
    ids=["jax", "jax with 64 bits", "torch"],
)
def test_the_same_tests_pass(
    backend: str, wanted: str, variables: dict[str, str], one_backend: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    if one_backend:
        pytest.skip("KERAS_BACKEND names the only one to try")
    printed = run(backend, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/layers", "-k", wanted, **variables)
    summary = re.search(r"^.*\d+ passed.*$", printed, re.MULTILINE)
    assert summary
    with capsys.disabled():
        sys.stdout.write(f" {backend}: {summary[0].strip('= ')} ")


SAVE = """
import sys, keras, numpy
from padviewer.layers import DynamicPadding, MultiDimDynamicPadding, dynamic_padding

folder = sys.argv[1]
x = numpy.load(folder + "/x.npy")
inputs = keras.Input((None, None, 3))
y = MultiDimDynamicPadding((24, 16), mode="reflect", position="center", overflow="crop")(inputs)
y = keras.layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(y)
y = DynamicPadding(16, axis=2, fill_value=0.5)(y)
y = keras.layers.Lambda(dynamic_padding, arguments={"target_width": 15, "mode": "wrap"})(y)
y = keras.layers.Conv2D(2, 3, dilation_rate=2)(y)
model = keras.Model(inputs, y)
model.save(folder + "/model.keras")
numpy.save(folder + "/y.npy", model.predict(x, verbose=0))
"""
LOAD = """
import sys, keras, numpy
import padviewer.layers

for folder in sys.argv[1:]:
    model = keras.models.load_model(folder + "/model.keras")
    y = model.predict(numpy.load(folder + "/x.npy"), verbose=0)
    numpy.testing.assert_allclose(y, numpy.load(folder + "/y.npy"), atol=1e-5)
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Saves a model, its input and its output under a backend, once."""
    folders: dict[str, Path] = {}

    def save(backend: str) -> Path:
        if backend not in folders:
            folder = tmp_path_factory.mktemp(backend)
            np.save(folder / "x.npy", np.random.default_rng(0).random((2, 11, 17, 3), "float32"))
            run(backend, "-c", SAVE, str(folder))
            folders[backend] = folder
        return folders[backend]

    return save


@pytest.mark.parametrize("loads", BACKENDS)
@pytest.mark.parametrize("saves", BACKENDS)
def test_a_saved_model_predicts_the_same_under_every_backend(
    saves: str, loads: str, saved: Callable[[str], Path]
) -> None:
    run(loads, "-c", LOAD, str(saved(saves)))
