"""Every stage in every format, in tiny tiles, against numpy and Keras; other libraries read what was written."""

from __future__ import annotations

import itertools
import math

import keras
import numpy as np
import pytest
from read_back import read_back

from padviewer.errors import DamagedSource, DeviceError
from padviewer.export import Portions
from padviewer.geometry import counts
from padviewer.layers import MultiDimDynamicPadding
from padviewer.plan import Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.windows import block_bytes
from padviewer.workers import exporting
from padviewer.workers.client import Client
from padviewer.workers.engine import Engine
from padviewer.workers.export_job import export_job
from padviewer.workers.jobs import ENGINES, READER, Pump, open_job, run_job
from padviewer.workers.messages import ConvolveRequest
from padviewer.workers.process import InlineWorker
from padviewer.workers.start import make_reader

BUDGET = 1 << 28
RNG = np.random.default_rng(7)
DTYPES = ("?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", "c8", "c16")
MODES = ("constant", "reflect", "symmetric", "edge", "wrap")
FORMATS = (".npy", ".npz", ".tif", ".zarr", ".h5", ".safetensors", ".tfrecord", ".nii", ".nii.gz")
LACKING = {("c16", ".safetensors"), ("f2", ".nii"), ("f2", ".nii.gz")}
CONVOLUTIONS = {1: keras.layers.Conv1D, 2: keras.layers.Conv2D, 3: keras.layers.Conv3D}


class Crew:
    """A reader and an engine in this process, whose requests are counted."""

    def __init__(self):
        self.asked = []
        engine = Engine()
        reader = make_reader()

        def answer(worker, request, progress):
            self.asked.append(request)
            return worker(request, progress)

        self.clients = {
            READER: Client(lambda: InlineWorker(lambda: lambda *call: answer(reader, *call))),
            ENGINES["tensorflow"]: Client(lambda: InlineWorker(lambda: lambda *call: answer(engine.answer, *call))),
        }

    def run(self, job):
        return run_job(job, self.clients, Pump())

    @property
    def convolved(self):
        return [request.region for request in self.asked if isinstance(request, ConvolveRequest)]


@pytest.fixture(scope="module")
def crew():
    return Crew()


@pytest.fixture(autouse=True)
def forget(crew):
    crew.asked.clear()


def noise(shape, dtype):
    return RNG.integers(0, 2 if dtype == "?" else 100, shape).astype(dtype)


def planned(crew, tmp_path, array, axes, budget=BUDGET, **settings):
    np.save(tmp_path / "input.npy", array)
    info = crew.run(open_job(str(tmp_path / "input.npy"), None, BUDGET))
    return resolve(PipelineSpec(axes=axes, **settings), info, budget)


def exported(crew, plan, stage, path, tile):
    crew.run(export_job(plan, stage, str(path), False, portions=Portions(tile=tile)))
    return read_back(path, stage.value, plan.require(stage).axes)


def by_numpy(array, axes, target, **how):
    """What numpy makes of it, the content in the middle of each spatial axis."""
    sizes = iter(target)
    width = []
    for letter, size in zip(axes, array.shape, strict=True):
        extra = next(sizes) - size if letter not in "BC" else 0
        width.append((extra // 2, extra - extra // 2))
    return np.pad(array, width, **how)


SHAPES = [
    ((7,), "T", (29,)),
    ((5, 3), "TC", (21,)),
    ((7, 5), "HW", (20, 33)),
    ((7, 5, 3), "HWC", (20, 33)),
    ((3, 7, 5), "CHW", (20, 33)),
    ((2, 7, 5, 3), "BHWC", (20, 12)),
    ((3, 4, 5), "DHW", (9, 10, 11)),
    ((2, 3, 3, 4, 2), "BDHWC", (8, 9, 10)),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("shape", "axes", "target"), SHAPES)
def test_the_padded_tensor_and_the_mask_equal_numpy(crew, tmp_path, shape, axes, target, mode):
    array = noise(shape, "u2")
    plan = planned(crew, tmp_path, array, axes, target=target, position="center", mode=mode, fill_value=9)
    expected = by_numpy(array, axes, target, mode=mode, **({"constant_values": 9} if mode == "constant" else {}))
    spatial = [i for i, letter in enumerate(axes) if letter != "C"]
    ones = np.ones([shape[i] for i in spatial], np.uint8)
    mask = by_numpy(ones, axes.replace("C", ""), target)
    suffixes = FORMATS if mode in ("constant", "reflect") else FORMATS[:4]
    for suffix, (stage, wanted) in itertools.product(suffixes, ((Stage.PADDED, expected), (Stage.MASK, mask))):
        found = exported(crew, plan, stage, tmp_path / f"{stage}{suffix}", tile=150)
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found.reshape(wanted.shape), wanted)


@pytest.mark.parametrize(
    ("dtype", "suffix"), [pair for pair in itertools.product(DTYPES, FORMATS) if pair not in LACKING]
)
def test_every_dtype(crew, tmp_path, dtype, suffix):
    array = noise((6, 7, 2), dtype)
    plan = planned(crew, tmp_path, array, "HWC", target=(13, 30), position="center", fill_value=(1, 0))
    expected = np.empty((13, 30, 2), dtype)
    expected[...] = np.array([1, 0], dtype)
    expected[3:9, 11:18] = array
    found = exported(crew, plan, Stage.PADDED, tmp_path / f"out{suffix}", tile=64)
    assert found.dtype == ("u1" if dtype == "?" and suffix in (".tif", ".nii", ".nii.gz") else expected.dtype)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("suffix", [".npy", ".zarr"])
def test_a_crop(crew, tmp_path, suffix):
    array = noise((16, 17, 3), "f4")
    plan = planned(crew, tmp_path, array, "HWC", target=(5, 8), position="end", overflow="crop")
    np.testing.assert_array_equal(
        exported(crew, plan, Stage.PADDED, tmp_path / f"out{suffix}", tile=50), array[-5:, -8:]
    )


def by_keras(array, plan):
    """The feature map of an array whose axes are B, spatial ones and C, by Keras' own layers."""
    spec = plan.spec
    if "B" not in plan.input.axes:
        array = array[np.newaxis]
    rank = array.ndim - 2
    pad = MultiDimDynamicPadding(spec.target, position=spec.position, mode=spec.mode, fill_value=spec.fill_value)
    convolve = CONVOLUTIONS[rank](
        spec.filters,
        spec.kernel * (rank // len(spec.kernel)),
        strides=spec.strides * (rank // len(spec.strides)),
        dilation_rate=spec.dilation * (rank // len(spec.dilation)),
        padding=spec.conv_padding,
        activation=spec.activation,
        kernel_initializer=keras.initializers.GlorotUniform(seed=spec.seed),
    )
    found = keras.ops.convert_to_numpy(convolve(pad(array.astype("float32"))))
    return found if "B" in plan.input.axes else found[0]


FEATURES = [
    ("TC", (9, 2), {"target": (40,), "kernel": (4,)}),
    ("HWC", (6, 7, 3), {"target": (24, 33), "kernel": (3, 2)}),
    ("HWC", (6, 7, 3), {"target": (24, 33), "kernel": (3,), "fill_value": 2.5, "conv_padding": "same"}),
    ("HWC", (6, 7, 3), {"target": (24, 33), "fill_value": (1.0, 0.0, -2.0), "activation": "softmax"}),
    ("HWC", (6, 7, 3), {"target": (25, 33), "fill_value": 0, "conv_padding": "same", "strides": (3, 2)}),
    ("HWC", (6, 7, 3), {"target": (24, 33), "mode": "reflect", "dilation": (3, 2)}),
    ("HWC", (6, 7, 3), {"target": (24, 33), "mode": "wrap", "strides": (5, 1)}),
    ("HWC", (9, 9, 1), {"target": (9, 9), "kernel": (5,)}),
    ("BHWC", (3, 6, 7, 2), {"target": (12, 13), "fill_value": 1}),
    ("DHWC", (3, 4, 5, 2), {"target": (7, 12, 13), "kernel": (2, 3, 3), "fill_value": 1}),
]


@pytest.mark.parametrize("block", [1, 4000, exporting.BLOCK])
@pytest.mark.parametrize(("axes", "shape", "settings"), FEATURES)
def test_a_feature_map_in_pieces_equals_keras(crew, tmp_path, monkeypatch, axes, shape, settings, block):
    monkeypatch.setattr(exporting, "BLOCK", block)
    array = noise(shape, "f4")
    plan = planned(crew, tmp_path, array, axes, budget=1000, filters=4, position="center", **settings)
    assert not plan.is_whole
    expected = by_keras(array, plan)
    suffixes = FORMATS if block == 4000 else (".npy", ".zarr")
    for suffix in suffixes:
        found = exported(crew, plan, Stage.FEATURE, tmp_path / f"out{suffix}", tile=2000)
        np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-4, atol=1e-4)
    assert all(block >= block_bytes(plan, region) or math.prod(counts(region)[:-1]) == 1 for region in crew.convolved)


@pytest.mark.parametrize("name", ["out.exr", "out.png"])
def test_a_picture_in_pieces(crew, tmp_path, name):
    array = noise((6, 7, 3), "f2" if name.endswith("exr") else "u1")
    plan = planned(crew, tmp_path, array, "HWC", target=(24, 33), position="center")
    found = exported(crew, plan, Stage.PADDED, tmp_path / name, tile=100)
    np.testing.assert_array_equal(found, by_numpy(array, "HWC", (24, 33)))


def test_a_feature_map_as_a_picture_of_floats(crew, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "BLOCK", 4000)
    array = noise((6, 7, 3), "f4")
    plan = planned(crew, tmp_path, array, "HWC", budget=1500, filters=12, target=(24, 33), kernel=(3,))
    found = exported(crew, plan, Stage.FEATURE, tmp_path / "out.exr", tile=2000)
    np.testing.assert_allclose(found, by_keras(array, plan), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("is_whole", [False, True])
@pytest.mark.parametrize(("suffix", "fill"), [(".npy", 0), (".zarr", 0), (".zarr", 3)])
def test_what_padding_alone_makes_is_computed_once(crew, tmp_path, suffix, fill, is_whole):
    array = noise((4, 4, 1), "u1") + 1
    budget = BUDGET if is_whole else 4000
    settings = {"target": (200, 300), "filters": 2, "fill_value": fill, "position": "center"}
    plan = planned(crew, tmp_path, array, "HWC", budget=budget, **settings)
    path = tmp_path / f"out{suffix}"
    found = exported(crew, plan, Stage.FEATURE, path, tile=8 * 300)
    expected = by_keras(array, plan)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    if not is_whole:
        # One output for all of the padding, and the few tiles that the data reaches into.
        assert len(crew.convolved) <= 13
        assert sum(math.prod(counts(region)[:-1]) == 1 for region in crew.convolved) == 1
    if suffix == ".zarr" and fill == 0:
        assert len([p for p in (path / "c").rglob("*") if p.is_file()]) <= 4


def test_a_source_that_changes_meanwhile_leaves_no_mixed_file(crew, tmp_path):
    array = noise((50, 50), "u1")
    plan = planned(crew, tmp_path, array, "HW", target=(60, 60))
    job = export_job(plan, Stage.PADDED, str(tmp_path / "out.npy"), False, portions=Portions(100, 200, 0))

    def change(done, _total):
        if done == 1800:
            np.save(tmp_path / "input.npy", noise((50, 51), "u1"))

    with pytest.raises(DamagedSource, match="has changed"):
        run_job(job, crew.clients, Pump(), change)
    assert [path.name for path in tmp_path.iterdir()] == ["input.npy"]


def test_an_engine_that_fails_leaves_nothing(crew, tmp_path, monkeypatch):
    plan = planned(crew, tmp_path, noise((9, 9, 1), "u1"), "HWC", budget=2000, filters=2)

    def refuse(request, _progress):
        raise DeviceError("no device")

    clients = {**crew.clients, ENGINES["tensorflow"]: Client(lambda: InlineWorker(lambda: refuse))}
    with pytest.raises(DeviceError):
        run_job(export_job(plan, Stage.FEATURE, str(tmp_path / "out.npy"), False), clients, Pump())
    assert [path.name for path in tmp_path.iterdir()] == ["input.npy"]
