"""TFRecord files, read by TensorFlow."""

from __future__ import annotations

import json
import math
import sys

import numpy as np
import pytest
import tensorflow as tf
from read_back import read_back
from writing import DTYPES, SHAPES, SPEC, noise, payload, quietly, written

from padviewer.errors import ExportError, MissingLibrary
from padviewer.export import Payload, check_payload

FEATURES = {
    "axes": tf.io.FixedLenFeature([], tf.string),
    "data": tf.io.FixedLenFeature([], tf.string),
    "dtype": tf.io.FixedLenFeature([], tf.string),
    "settings": tf.io.FixedLenFeature([], tf.string),
    "stage": tf.io.FixedLenFeature([], tf.string),
    "shape": tf.io.VarLenFeature(tf.int64),
}


def records_of(path):
    """Returns what TensorFlow finds in a file: the array of each record, and its other features."""
    found = []
    for record in tf.data.TFRecordDataset(str(path)):
        parsed = tf.io.parse_single_example(record, FEATURES)
        shape = tf.sparse.to_dense(parsed["shape"])
        dtype = tf.dtypes.as_dtype(parsed["dtype"].numpy().decode())
        array = tf.reshape(tf.io.decode_raw(parsed["data"], dtype), shape).numpy()
        found.append((array, {name: parsed[name].numpy().decode() for name in ("axes", "settings", "stage")}))
    return found


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype not in ("u4", "u8")])
def test_tensorflow_reads_it(tmp_path, dtype):
    for number, (shape, axes) in enumerate([*SHAPES, ((0, 4), "HW"), ((3, 0, 2), "HWC")]):
        array = noise(*shape, dtype=dtype)
        array[array.shape[0] // 2 :] = 0  # is left out of the file
        (tmp_path / str(number)).mkdir()
        path = written(array, axes, tmp_path / str(number) / "a.tfrecord", tile=(40, 1 << 20)[number % 2])
        batched = axes.startswith("B")
        records = records_of(path)
        assert len(records) == (shape[0] if batched else 1)
        for (found, told), expected in zip(records, array if batched else [array], strict=True):
            np.testing.assert_array_equal(found, expected)
            assert found.dtype == array.dtype
            assert told["axes"] == axes.removeprefix("B")
            assert json.loads(told["settings"]) == json.loads(SPEC)
            assert told["stage"] == "padded"


@pytest.mark.parametrize("dtype", ["u4", "u8"])
def test_dtypes_that_tensorflow_does_not_decode(tmp_path, dtype):
    array = noise(3, 4, dtype=dtype)
    found = read_back(written(array, "HW", tmp_path / "a.tfrecord"))
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype


def test_an_empty_batch_is_an_empty_file(tmp_path):
    path = written(noise(0, 3, 4), "BHW", tmp_path / "a.tfrecord")
    assert path.read_bytes() == b""
    assert records_of(path) == []


def test_a_batch_of_nothing(tmp_path):
    records = records_of(written(noise(3, 0, 4), "BHW", tmp_path / "a.tfrecord"))
    assert [found.shape for found, _ in records] == [(0, 4)] * 3


@pytest.mark.parametrize(
    ("shape", "axes", "fits"),
    [
        ((2**31 - 1 - 256,), "T", True),
        ((2**31 - 1,), "T", False),
        ((2**16, 2**16), "HW", False),
        ((2**31, 3), "BC", True),
        ((2, 2**31), "BT", False),
    ],
)
def test_records_have_a_limit(tmp_path, shape, axes, fits):
    told = Payload("padded", axes, shape, "uint8", "{}")
    if fits:
        check_payload(told, "a.tfrecord")
        return
    with pytest.raises(ExportError, match=r"takes \d.* GiB \(\d+ bytes\), more than the 2147483647 bytes") as caught:
        check_payload(told, "a.tfrecord")
    assert str(math.prod(shape[1:] if axes[0] == "B" else shape))[:6] in str(caught.value)


def test_without_the_library(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "google_crc32c", None)
    with pytest.raises(MissingLibrary, match=r"pip install 'padviewer\[tfrecord\]'"):
        check_payload(payload(noise(3, 4), "HW"), "a.tfrecord")
    with pytest.raises(MissingLibrary):
        quietly(noise(3, 4), "HW", tmp_path / "a.tfrecord")
    assert not list(tmp_path.iterdir())
