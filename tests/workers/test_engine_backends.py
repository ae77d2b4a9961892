"""The engines of the other backends, where they are installed, against the same Keras under the same backend."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from padviewer.batch.files import export
from padviewer.plan import Stage
from padviewer.spec import PipelineSpec
from padviewer.workers.crew import Crew

SETTINGS = {"axes": "HWC", "target": [40, 48], "position": "center", "mode": "reflect", "filters": 4, "strides": [2]}


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_the_feature_map_is_what_keras_makes(backend, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed; make test-backends installs it")
    array = np.random.default_rng(0).normal(size=(30, 41, 3)).astype("float32")
    np.save(tmp_path / "input_0.npy", array)
    (tmp_path / "cases.json").write_text(json.dumps([SETTINGS]))
    program = Path(__file__).with_name("keras_reference.py")
    environment = {**os.environ, "KERAS_BACKEND": backend}
    subprocess.run([sys.executable, program, tmp_path], check=True, capture_output=True, timeout=300, env=environment)
    spec = PipelineSpec(**{k: tuple(v) if isinstance(v, list) else v for k, v in SETTINGS.items()}, backend=backend)
    output = str(tmp_path / "ours.npy")
    with Crew() as crew:
        assert "CPU:0" in crew.devices(backend).names
        outcomes = list(
            export(crew, [(str(tmp_path / "input_0.npy"), None)], [output], spec, Stage.FEATURE, 1 << 32, False)
        )
    assert [outcome.error for outcome in outcomes] == [None]
    np.testing.assert_allclose(np.load(output), np.load(tmp_path / "feature_0.npy"), rtol=0, atol=1e-5)


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_backend_that_is_not_installed_is_named(backend):
    if importlib.util.find_spec(backend) is not None:
        pytest.skip(f"{backend} is installed")
    from padviewer.errors import DeviceError  # noqa: PLC0415

    with Crew() as crew, pytest.raises(DeviceError, match=r"not installed; install it with: pip install 'padviewer\["):
        crew.devices(backend)
