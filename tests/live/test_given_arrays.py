"""What may be handed to `show`: copies are read back by numpy, from the descriptor that a window would get."""

from __future__ import annotations

import io
import json
import os
from array import array as typed_list

import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from padviewer.errors import UnsupportedArray
from padviewer.live.arrays import as_array
from padviewer.live.parcel import pack

NATIVE = (
    hnp.boolean_dtypes()
    | hnp.integer_dtypes(endianness="?")
    | hnp.unsigned_integer_dtypes(endianness="?")
    | hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64))
    | hnp.complex_number_dtypes(endianness="?", sizes=(64, 128))
)
PIXELS = np.arange(24, dtype="float32").reshape(2, 4, 3)


def copied(x, axes=None):
    """Returns the copy as numpy reads it, and what comes after it."""
    found = as_array(x)
    descriptor = pack(found, axes)
    with os.fdopen(descriptor, "rb") as file:
        data = io.BytesIO(file.read())
    return np.load(data), json.loads(data.read())


class OffersArray:
    def __array__(self, dtype=None, copy=None):
        return PIXELS


class OffersDlpack:
    def __dlpack__(self, **options):
        return PIXELS.__dlpack__(**options)

    def __dlpack_device__(self):
        return PIXELS.__dlpack_device__()


class Torch:
    """A tensor as PyTorch's: on another device and part of a graph, it must be fetched by its own methods."""

    def __init__(self, values, dtype, where="cuda", tracked=True):
        self._values, self.dtype, self._where, self._tracked = values, f"torch.{dtype}", where, tracked

    def detach(self):
        return Torch(self._values, self.dtype.removeprefix("torch."), self._where, False)

    def cpu(self):
        assert not self._tracked
        return Torch(self._values, self.dtype.removeprefix("torch."), "cpu", False)

    def float(self):
        return Torch(np.asarray(self._values, "float32"), "float32", self._where, self._tracked)

    def __array__(self, dtype=None, copy=None):
        if self._where != "cpu" or self._tracked or self.dtype == "torch.bfloat16":
            raise TypeError("can't convert it to numpy")
        return np.asarray(self._values)


@given(
    hnp.arrays(NATIVE, hnp.array_shapes(min_dims=1, max_dims=5, min_side=0, max_side=4)),
    st.data(),
)
def test_a_copy_holds_the_elements_whatever_their_order(x, data):
    x = x.transpose(data.draw(st.permutations(range(x.ndim))))
    x = x[tuple(slice(None, None, data.draw(st.sampled_from((1, -1, 2)))) for _ in range(x.ndim))]
    copy, remarks = copied(x)
    assert copy.dtype == x.dtype.newbyteorder("=")
    assert copy.dtype.isnative
    np.testing.assert_array_equal(copy, x)
    assert remarks == {"axes": None, "notes": []}


def test_a_copy_is_of_the_moment_and_nobody_can_write_to_it():
    x = np.arange(6.0)
    found = as_array(x)
    descriptor = pack(found, "T")
    x[:] = 0
    with pytest.raises(OSError, match="not permitted"):
        os.ftruncate(descriptor, 8)
    with pytest.raises(OSError, match="not permitted"):
        os.pwrite(descriptor, b"x", 200)
    with os.fdopen(descriptor, "rb") as file:
        np.testing.assert_array_equal(np.load(file), np.arange(6.0))


@pytest.mark.parametrize(
    "x",
    [
        OffersArray(),
        OffersDlpack(),
        PIXELS.tolist(),
        tuple(map(tuple, PIXELS)),
        tf.constant(PIXELS),
        tf.Variable(PIXELS),
        memoryview(PIXELS),
        Torch(PIXELS, "float32"),
    ],
    ids=lambda x: type(x).__name__,
)
def test_what_offers_its_elements_is_shown(x):
    copy, remarks = copied(x)
    np.testing.assert_array_equal(copy, PIXELS)
    assert remarks["notes"] == []


def test_other_containers_of_numbers_are_shown():
    np.testing.assert_array_equal(copied(typed_list("h", [1, -2]))[0], np.array([1, -2], "int16"))
    np.testing.assert_array_equal(copied(bytearray(b"\x01\x02"))[0], np.array([1, 2], "uint8"))


@pytest.mark.parametrize(
    ("dtype", "shown", "values"),
    [
        (ml_dtypes.bfloat16, "float32", [1.5, -2.0, 0.25]),
        (ml_dtypes.float8_e4m3fn, "float32", [1.5, -2.0, 0.25]),
        (ml_dtypes.int4, "int8", [-8, 7, 0]),
        (ml_dtypes.uint4, "uint8", [15, 0, 3]),
        (np.longdouble, "float64", [1.5, -2.0, 0.25]),
        (np.clongdouble, "complex128", [1.5 + 1j, -2.0, 0.25]),
    ],
)
def test_a_dtype_that_few_know_is_shown_as_another_and_said_so(dtype, shown, values):
    copy, remarks = copied(np.array(values, dtype))
    assert copy.dtype == shown
    assert copy.tolist() == values
    assert remarks["notes"] == [f"{np.dtype(dtype).name} shown as {shown}"]


def test_a_tensor_of_tensorflow_in_bfloat16_is_shown_as_float32():
    copy, remarks = copied(tf.constant([1.5, 2.0], tf.bfloat16))
    assert (copy.dtype, copy.tolist(), remarks["notes"]) == ("float32", [1.5, 2.0], ["bfloat16 shown as float32"])


def test_a_tensor_of_pytorch_in_bfloat16_is_shown_as_float32():
    copy, remarks = copied(Torch([1.5, 2.0], "bfloat16"))
    assert (copy.dtype, copy.tolist(), remarks["notes"]) == ("float32", [1.5, 2.0], ["bfloat16 shown as float32"])


def test_pictures_of_pillow_are_shown_in_their_colours():
    colours = Image.fromarray(np.arange(48, dtype="uint8").reshape(4, 4, 3))
    np.testing.assert_array_equal(copied(colours)[0], np.asarray(colours))
    palette = colours.quantize(4)
    copy, remarks = copied(palette)
    np.testing.assert_array_equal(copy, np.asarray(palette.convert("RGB")))
    assert remarks["notes"] == ["palette applied"]


def test_a_mask_that_is_left_out_is_told():
    copy, remarks = copied(np.ma.masked_less(np.arange(4), 2))
    assert (copy.tolist(), remarks["notes"]) == ([0, 1, 2, 3], ["its mask is left out"])


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.float32(3), "a float32 of a single number; expected one to 5 axes"),
        (7, "an int of a single number"),
        (np.zeros((1,) * 6), r"of the shape \(1, 1, 1, 1, 1, 1\); expected one to 5 axes"),
        (np.array(["a"]), "holds text"),
        (np.array([b"a"]), "holds bytes"),
        (np.array([None, 3]), "holds Python objects"),
        (np.zeros(3, [("a", "f4")]), "holds records"),
        (np.zeros(3, "M8[s]"), "holds dates"),
        (np.zeros(3, "m8[s]"), "holds time spans"),
        ([[1, 2], [3]], "a list that cannot be made an array"),
        ("photo.png", "a str, which is no array"),
        (None, "a NoneType, which is no array"),
        ({"a": 1}, "a dict, which is no array"),
        (tf.keras.Input((3,)), "a KerasTensor that cannot be made an array"),
    ],
)
def test_what_is_no_array_is_refused_with_its_reason(x, words):
    with pytest.raises(UnsupportedArray, match=words) as caught:
        as_array(x)
    assert isinstance(caught.value, TypeError)


def test_elements_on_a_device_that_numpy_cannot_fetch_are_refused():
    class Elsewhere:
        def __dlpack__(self, **options):
            raise BufferError("on a GPU")

        def __dlpack_device__(self):
            return (2, 0)

    with pytest.raises(UnsupportedArray, match=r"an Elsewhere that cannot be made an array: on a GPU"):
        as_array(Elsewhere())


def test_tensors_of_the_real_pytorch_are_fetched():
    torch = pytest.importorskip("torch")
    tensor = torch.arange(24.0).reshape(2, 4, 3).requires_grad_()
    np.testing.assert_array_equal(copied(tensor)[0], PIXELS)
    np.testing.assert_array_equal(copied(tensor.permute(2, 0, 1))[0], PIXELS.transpose(2, 0, 1))
    assert copied(tensor.to(torch.bfloat16))[1]["notes"] == ["bfloat16 shown as float32"]
    assert copied(torch.tensor([1 + 2j]).conj())[0].tolist() == [1 - 2j]
    with pytest.raises(UnsupportedArray, match="no data"):
        as_array(torch.ones(3, device="meta"))
    with pytest.raises(UnsupportedArray, match="to_dense"):
        as_array(torch.ones(3).to_sparse())


def test_arrays_of_the_real_jax_are_fetched():
    numpy = pytest.importorskip("jax.numpy")
    np.testing.assert_array_equal(copied(numpy.asarray(PIXELS))[0], PIXELS)
    assert copied(numpy.ones(3, numpy.bfloat16))[1]["notes"] == ["bfloat16 shown as float32"]
