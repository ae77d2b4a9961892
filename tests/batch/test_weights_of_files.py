"""Feature maps with the weights of a file, from the command line, against Keras' own layers."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from padviewer.batch.files import export
from padviewer.cli import build_parser, main
from padviewer.options import budget_of, follows_of, items_of, spec_of
from padviewer.plan import Stage
from padviewer.workers.crew import Crew

PROGRAM = """
import sys, warnings, numpy as np, keras
folder = sys.argv[1]
x = np.random.default_rng(1).normal(size=(20, 30, 4)).astype("float32")
np.save(folder + "/x.npy", x)
layers = [
    keras.layers.Conv2D(6, (3, 2), strides=2, groups=2, padding="same", activation="tanh", name="grouped"),
    keras.layers.DepthwiseConv2D(3, depth_multiplier=2, dilation_rate=2, name="deep"),
    keras.layers.SeparableConv2D(5, 3, depth_multiplier=2, use_bias=False, activation="relu", name="both"),
]
inputs = keras.Input((None, None, 4))
model = keras.Model(inputs, [layer(inputs) for layer in layers])
for weight in model.weights:
    weight.assign(np.random.default_rng(len(weight.shape)).normal(size=weight.shape))
model.save(folder + "/m.keras")
model.save_weights(folder + "/m.weights.h5")
padded = np.pad(x, ((0, 4), (0, 2), (0, 0)))[None]
for layer in layers:
    np.save(folder + "/" + layer.name + ".npy", keras.ops.convert_to_numpy(layer(padded))[0])
np.save(folder + "/kernel.npy", keras.ops.convert_to_numpy(layers[0].kernel))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights")
    subprocess.run([sys.executable, "-c", PROGRAM, str(path)], check=True, capture_output=True)
    return path


@pytest.fixture(scope="module")
def crew():
    """One engine for all exports: it takes seconds to start."""
    with Crew() as crew:
        yield crew


@pytest.fixture
def exported(folder, crew):
    def run(weights, *more):
        arguments = [str(folder / "x.npy"), "-o", "unused", "--target", "24x32", "--axes", "HWC", "--weights", weights]
        options = build_parser("export").parse_args([*arguments, *more])
        out = str(folder / "out.npy")
        (outcome,) = export(
            crew, items_of(options), [out], spec_of(options), Stage.FEATURE, budget_of(options), True,
            follows=follows_of(options),
        )  # fmt: skip
        assert outcome.error is None
        return np.load(out)

    return run


@pytest.mark.parametrize("name", ["grouped", "deep", "both"])
@pytest.mark.parametrize("budget", ["1GiB", "12KiB"])
def test_a_layer_of_a_model_does_what_it_does_in_keras(exported, folder, name, budget):
    found = exported(f"{folder / 'm.keras'}::{name}", "--budget", budget)
    np.testing.assert_allclose(found, np.load(folder / f"{name}.npy"), atol=1e-5)


def test_weights_alone_keep_the_settings_that_are_given(exported, folder):
    options = ["--strides", "2", "--conv-padding", "same", "--activation", "tanh"]
    found = exported(f"{folder / 'm.weights.h5'}::grouped", *options)
    np.testing.assert_allclose(found, np.load(folder / "grouped.npy"), atol=1e-5)


def test_the_command_line_takes_a_layer(folder):
    out = str(folder / "line.npy")
    arguments = [str(folder / "x.npy"), "--stage", "feature", "--axes", "HWC", "--target", "24x32", "-o", out]
    assert main(["export", *arguments, "--weights", f"{folder / 'm.keras'}::both"]) == 0
    np.testing.assert_allclose(np.load(out), np.load(folder / "both.npy"), atol=1e-5)


def test_a_kernel_of_numpy(exported, folder):
    found = exported(str(folder / "kernel.npy"), "--activation", "linear")
    kernel, x = np.load(folder / "kernel.npy"), np.pad(np.load(folder / "x.npy"), ((0, 4), (0, 2), (0, 0)))
    view = np.lib.stride_tricks.sliding_window_view(x, (3, 2), (0, 1))
    for number in range(6):
        group = number // 3 * 2
        expected = np.einsum("hwcab,abc->hw", view[..., group : group + 2, :, :], kernel[..., number])
        np.testing.assert_allclose(found[..., number], expected, atol=1e-4)


def test_a_pattern_is_used_as_a_preset_is(exported, folder):
    np.save(folder / "taps.npy", np.full((3, 3), 1 / 9))
    options = ["--filters", "4", "--activation", "linear", "--groups", "2"]
    np.testing.assert_allclose(exported(str(folder / "taps.npy"), *options), exported("box", *options), atol=1e-6)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ("none.keras", "no such file"),
        ("m.keras", "holds several; choose one"),
        ("m.keras::x", "has no layer 'x'"),
        ("x.npy", "does not fit|is for 1 spatial axes"),
    ],
)
def test_weights_that_cannot_be_are_told(folder, capfd, weights, words):
    out = str(folder / "no.npy")
    code = main(["export", str(folder / "x.npy"), "--stage", "feature", "-o", out, "--weights", str(folder / weights)])
    assert code == 1
    captured = capfd.readouterr().err
    assert any(word in captured for word in words.split("|"))
    assert json.dumps(captured).count("\\n") == 1


def test_other_stages_need_no_weights(folder):
    arguments = ["export", str(folder / "x.npy"), "-o", str(folder / "p.npy"), "--force", "--weights", "missing.keras"]
    assert main(arguments) == 0


def test_info_lists_the_layers_of_a_model(folder, capfd):
    assert main(["info", str(folder / "m.keras"), str(folder / "x.npy")]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) == 4
    assert "grouped  Conv2D  3 × 2 × 2 → 6  strides 2x2  dilation 1x1  conv padding same  groups 2" in lines[0]
    assert main(["info", "--json", str(folder / "m.weights.h5")]) == 0
    found = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert {layer["name"]: layer["kind"] for layer in found} == {
        "grouped": "standard", "deep": "depthwise", "both": "separable",
    }  # fmt: skip
    assert main(["info", str(folder / "none.keras"), str(folder / "x.npy")]) == 1
    assert len(capfd.readouterr().out.splitlines()) == 1


def test_a_misspelt_pattern_is_told_with_their_names(folder, capfd):
    assert main(["export", str(folder / "x.npy"), "-o", str(folder / "no.npy"), "--weights", "boxx"]) == 2
    assert "weights 'boxx': expected one of random, identity, box" in capfd.readouterr().err
