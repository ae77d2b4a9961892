"""Layers and weights of files, against the model that Keras saved."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile

import h5py
import numpy as np
import pytest

from padviewer.errors import DamagedSource, OversizedSource, SourceError, UnsupportedSource
from padviewer.models import open_model

BUDGET = 1 << 30
FORMS = ("model.keras", "model.weights.h5", "older.h5")
CONVOLUTIONS = {
    "first": "standard",
    "grouped": "standard",
    "sep": "separable",
    "dw": "depthwise",
    "inside": "standard",
}


def layers_in(path):
    with open_model(str(path), BUDGET) as model:
        return {layer.title: layer for layer in model.layers}


def numbers_in(path, title):
    with open_model(str(path), BUDGET) as model:
        return model.read(model.find(title), BUDGET)


@pytest.mark.parametrize("form", FORMS)
def test_every_convolution_is_found_with_its_numbers(saved, layer_of, form):
    with open_model(str(saved / form), BUDGET) as model:
        assert {layer.title: layer.kind for layer in model.convolutions} == CONVOLUTIONS
        for layer in model.convolutions:
            expected = [np.asarray(weight) for weight in layer_of(layer.title).weights]
            found = model.read(model.find(layer.title), BUDGET)
            assert layer.shapes == tuple(weight.shape for weight in expected)
            assert layer.bias == (layer.title != "grouped")
            for ours, theirs in zip(found, expected, strict=True):
                np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("form", ["model.keras", "older.h5"])
def test_a_configuration_tells_the_settings(saved, form):
    found = {title: dict(layer.settings) for title, layer in layers_in(saved / form).items()}
    assert found["first"] == {
        "strides": (2, 2), "dilation": (1, 1), "conv_padding": "same", "groups": 1, "activation": "relu",
    }  # fmt: skip
    assert (found["grouped"]["groups"], found["grouped"]["dilation"]) == (4, (2, 2))
    assert (found["dw"]["strides"], found["sep"]["activation"]) == ((2, 2), "linear")
    assert found["inside"]["conv_padding"] == "causal"


@pytest.mark.parametrize("form", ["model.keras", "older.h5"])
def test_our_padding_is_found_with_its_settings(saved, form):
    found = layers_in(saved / form)
    assert (found["pad"].kind, found["wide"].layer_class) == ("padding", "DynamicPadding")
    assert dict(found["pad"].settings) == {
        "position": "center", "mode": "reflect", "overflow": "keep", "position_seed": 0, "fill_value": 0,
        "multiple_of": (8, 4), "target": (64, 96),
    }  # fmt: skip
    wide = dict(found["wide"].settings)
    assert (wide["target"], wide["axis"], wide["overflow"], wide["position_seed"]) == ((128,), 1, "crop", 5)
    assert wide["fill_value"] == (0, 1, 2.5)


def test_weights_alone_tell_no_settings(saved):
    assert all(layer.settings == () for layer in layers_in(saved / "model.weights.h5").values())


def test_a_layer_is_found_by_place_by_name_and_alone(saved, tmp_path):
    with open_model(str(saved / "model.keras"), BUDGET) as model:
        assert model.find("layers/conv2d").title == "first"
        with pytest.raises(UnsupportedSource, match=r"holds several; choose one .*layers/conv2d"):
            model.find(None)
        with pytest.raises(UnsupportedSource, match="has no layer 'pad'"):
            model.find("pad")
    np.save(tmp_path / "one.npy", np.ones((3, 3)))
    with open_model(str(tmp_path / "one.npy"), BUDGET) as model:
        assert model.find(None).shapes == ((3, 3),)


def test_arrays_of_both_numpy_formats(tmp_path):
    kernel = np.arange(54, dtype="float64").reshape(3, 3, 3, 2)
    np.save(tmp_path / "k.npy", kernel)
    np.savez_compressed(tmp_path / "k.npz", kernel=kernel, taps=[1, 2, 1], name="x")
    np.testing.assert_array_equal(numbers_in(tmp_path / "k.npy", None)[0], kernel.astype("float32"))
    assert set(layers_in(tmp_path / "k.npz")) == {"kernel", "taps"}
    np.testing.assert_array_equal(numbers_in(tmp_path / "k.npz", "taps")[0], np.float32([1, 2, 1]))


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_other_widths_become_float32(tmp_path, dtype):
    with h5py.File(tmp_path / "k.weights.h5", "w") as file:
        file["layers/conv2d/vars/0"] = np.full((3, 3, 1, 2), 0.5, dtype)
    found = numbers_in(tmp_path / "k.weights.h5", "conv2d")
    assert (found[0].dtype, found[0].shape, found[0].mean()) == (np.float32, (3, 3, 1, 2), 0.5)


def test_brain_floats_are_read(tmp_path):
    import keras  # noqa: PLC0415 - one test needs a model of its own

    model = keras.Sequential([keras.Input((None, 2)), keras.layers.Conv1D(2, 3, dtype="bfloat16", name="brain")])
    model.save(tmp_path / "brain.keras")
    expected = keras.ops.convert_to_numpy(model.layers[0].kernel).astype("float32")
    np.testing.assert_array_equal(numbers_in(tmp_path / "brain.keras", "brain")[0], expected)


def test_a_compressed_archive_is_read(saved, tmp_path):
    with zipfile.ZipFile(saved / "model.keras") as older, zipfile.ZipFile(tmp_path / "z.keras", "w", 8) as newer:
        for name in older.namelist():
            newer.writestr(name, older.read(name))
    np.testing.assert_array_equal(
        numbers_in(tmp_path / "z.keras", "sep")[1], numbers_in(saved / "model.keras", "sep")[1]
    )


def test_layers_of_a_model_of_its_own_are_told_by_their_arrays(tmp_path):
    with h5py.File(tmp_path / "own.weights.h5", "w") as file:
        for name, *shapes in (
            ("stem", (3, 3, 3, 8), (8,)),
            ("deep", (3, 3, 8, 2), (16,)),
            ("both", (3, 3, 8, 2), (1, 1, 16, 5), (5,)),
            ("dense", (8, 4), (4,)),
            ("up", (2, 2, 4, 6), (4,)),
        ):
            for number, shape in enumerate(shapes):
                file[f"{name}/vars/{number}"] = np.zeros(shape, "float32")
    found = {title: layer.kind for title, layer in layers_in(tmp_path / "own.weights.h5").items()}
    assert found == {"stem": "standard", "deep": "depthwise", "both": "separable"}


@pytest.mark.parametrize("place", ["_layer_checkpoint_dependencies/conv2d_1", "layers\\conv2d_1", "layers/conv2d_1"])
def test_places_of_older_files_are_known(tmp_path, place):
    config = {"name": "mine", "kernel_size": [3, 3], "strides": [2, 1], "activation": "selu", "padding": "same"}
    layers = [{"class_name": "Conv2D", "config": {"kernel_size": [1, 1]}}, {"class_name": "Conv2D", "config": config}]
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file[f"{place}/vars/0"] = np.zeros((3, 3, 1, 2), "f4")
    archive(tmp_path / "m.keras", json.dumps({"config": {"layers": layers}}), weights.getvalue())
    (layer,) = layers_in(tmp_path / "m.keras").values()
    assert (layer.title, dict(layer.settings)["strides"]) == ("mine", (2, 1))


def test_names_of_keras_2_are_known(tmp_path):
    with h5py.File(tmp_path / "two.h5", "w") as file:
        for name in ("bias:0", "depthwise_kernel:0", "pointwise_kernel:0"):
            shape = {"b": (5,), "d": (3, 3, 2, 1), "p": (1, 1, 2, 5)}[name[0]]
            file[f"model_weights/separable_conv2d/separable_conv2d/{name}"] = np.full(shape, ord(name[0]), "f4")
    (layer,) = layers_in(tmp_path / "two.h5").values()
    assert (layer.kind, layer.shapes, layer.bias) == ("separable", ((3, 3, 2, 1), (1, 1, 2, 5), (5,)), True)
    assert [array.flat[0] for array in numbers_in(tmp_path / "two.h5", None)] == [ord(c) for c in "dpb"]


def link(file):
    file["secret"] = h5py.ExternalLink("other.h5", "/secret")


def soft(file):
    file["layers/alias"] = h5py.SoftLink("/layers/other")


def external(file):
    file["layers/conv2d/vars"].create_dataset("0", (3, 3, 1, 1), "f4", external=[("secret.bin", 0, 36)])


def virtual(file):
    layout = h5py.VirtualLayout((3, 3, 1, 1), "f4")
    layout[...] = h5py.VirtualSource("other.h5", "secret", (3, 3, 1, 1))
    file["layers/conv2d/vars"].create_virtual_dataset("0", layout)


def claimed(file):
    file["layers/conv2d/vars"].create_dataset("0", (3, 3, 1 << 12, 1 << 10), "f4")


def claimed_in_chunks(file):
    file["layers/conv2d/vars"].create_dataset("0", (3, 3, 1 << 12, 1 << 10), "f4", chunks=True, compression="gzip")


def texts(file):
    file["layers/conv2d/vars/0"] = np.zeros((3, 3, 1, 1), "S9")


def integers(file):
    file["layers/conv2d/vars/0"] = np.zeros((3, 3, 1, 1), "i4")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (link, "a link to another file at .*not followed"),
        (soft, "a soft link at .*not followed"),
        (external, "lie in another file"),
        (virtual, "lie in another file"),
        (claimed, "declares .* but 0 B"),
        (claimed_in_chunks, "declares .* but 0 B"),
        (texts, "holds text"),
        (integers, "floating-point"),
    ],
)
def test_what_could_read_another_file_or_fill_the_memory_is_refused(tmp_path, monkeypatch, make, words):
    (tmp_path / "secret.bin").write_bytes(bytes(range(36)))
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["secret"] = np.ones((3, 3, 1, 1), "f4")
    monkeypatch.chdir(tmp_path)
    with h5py.File(tmp_path / "bad.weights.h5", "w") as file:
        file.create_group("layers/conv2d/vars")
        make(file)
    with pytest.raises(SourceError, match=words):
        numbers_in(tmp_path / "bad.weights.h5", "conv2d")


def test_more_than_the_budget_is_refused(saved):
    with (
        open_model(str(saved / "model.keras"), BUDGET) as model,
        pytest.raises(OversizedSource, match="budget of 100 B"),
    ):
        model.read(model.find("first"), 100)


def test_a_loop_of_hard_links_ends(tmp_path):
    with h5py.File(tmp_path / "loop.weights.h5", "w") as file:
        group = file.create_group("layers/a")
        group["again"] = file["layers"]
        file["layers/conv2d/vars/0"] = np.zeros((3, 1, 1), "f4")
    assert list(layers_in(tmp_path / "loop.weights.h5")) == ["conv2d"]


def archive(path, config, weights=b""):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", config)
        file.writestr("model.weights.h5", weights)


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ("[]", DamagedSource),
        ("{", DamagedSource),
        ("[" * 100_000, DamagedSource),
        (json.dumps({"config": {"layers": [1, {"class_name": 3}, {"class_name": "Conv2D", "config": []}]}}), None),
    ],
)
def test_a_wrong_configuration_is_told(tmp_path, config, error):
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file["layers/conv2d/vars/0"] = np.zeros((3, 3, 1, 2), "f4")
    archive(tmp_path / "m.keras", config, weights.getvalue())
    if error is None:
        assert layers_in(tmp_path / "m.keras")["conv2d"].kind == "standard"
    else:
        with pytest.raises(error, match="configuration"):
            layers_in(tmp_path / "m.keras")


def test_an_archive_that_inflates_is_refused(tmp_path):
    archive(tmp_path / "m.keras", " " * (65 << 20))
    with pytest.raises(OversizedSource, match="declares 65"):
        layers_in(tmp_path / "m.keras")


@pytest.mark.parametrize("name", ["note.txt", "cut.keras", "cut.weights.h5", "empty.h5"])
def test_what_is_no_file_of_weights_is_told(saved, tmp_path, name):
    source = {"cut.keras": "model.keras", "cut.weights.h5": "model.weights.h5"}.get(name)
    data = (saved / source).read_bytes()[:3000] if source else b"hello" if name == "note.txt" else b""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError, match=name):
        layers_in(tmp_path / name)


def test_nothing_is_deserialized(saved):
    """Neither Keras nor a framework is loaded."""
    code = (
        "import sys; from padviewer.models import open_model\n"
        f"with open_model({str(saved / 'model.keras')!r}, 1 << 30) as model: model.read(model.find('first'), 1 << 30)\n"
        "print(sorted({'keras', 'tensorflow', 'pickle5', 'PySide6'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
