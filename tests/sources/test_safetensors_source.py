"""Safetensors against the `safetensors` library and ml_dtypes; headers that lie are refused with their numbers."""

from __future__ import annotations

import json
import struct
from contextlib import suppress

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from padviewer.errors import DamagedSource, OversizedSource, SourceError, UnsupportedSource
from padviewer.sources import open_source

BUDGET = 1 << 24
PLAIN = (
    "bool",
    "uint8",
    "int8",
    "uint16",
    "int16",
    "uint32",
    "int32",
    "uint64",
    "int64",
    "float16",
    "float32",
    "float64",
)
SMALL = {
    "BF16": ml_dtypes.bfloat16,
    "F8_E4M3": ml_dtypes.float8_e4m3fn,
    "F8_E5M2": ml_dtypes.float8_e5m2,
    "F8_E8M0": ml_dtypes.float8_e8m0fnu,
}


def raw(path, header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def tensor(dtype, shape, start, stop):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}


def everything(source):
    return source.take(tuple(np.arange(size) for size in source.info.shape))


def read(path, member=None):
    with open_source(str(path), member, budget=BUDGET) as source:
        return everything(source)


def refused(path, error, *words, member=None, budget=BUDGET):
    with pytest.raises(error) as raised:
        open_source(str(path), member, budget=budget).close()
    for word in (path.name, *words):
        assert word in str(raised.value)


def test_every_dtype_that_numpy_has(tmp_path):
    draw = np.random.default_rng(0)
    arrays = {name: draw.integers(0, 2, (3, 5, 2)).astype(name) for name in PLAIN}
    safetensors.numpy.save_file(arrays, tmp_path / "a.safetensors", {"about": "nothing"})
    with open_source(str(tmp_path / "a.safetensors"), budget=BUDGET) as source:
        assert {found.name: found.described for found in source.info.members} == {
            name: f"{name} 3 x 5 x 2" for name in PLAIN
        }
        assert source.info.format == "safetensors"
    for name, array in arrays.items():
        found = read(tmp_path / "a.safetensors", name)
        assert found.dtype == array.dtype
        assert found.tobytes() == array.tobytes()


@pytest.mark.parametrize("dtype", SMALL)
def test_small_floats_become_the_float32_that_they_are(tmp_path, dtype):
    """All of them: the 256 of 8 bits, the 65,536 of 16."""
    small = np.dtype(SMALL[dtype])
    bits = np.arange(256**small.itemsize, dtype=f"u{small.itemsize}")
    path = raw(tmp_path / "a.safetensors", {"x": tensor(dtype, [len(bits)], 0, bits.nbytes)}, bits.tobytes())
    with open_source(str(path), budget=BUDGET) as source:
        assert source.info.dtype == "float32"
        assert any("-> float32" in note for note in source.info.notes)
        found = everything(source)
        turned = source.take((np.arange(len(bits) - 1, -1, -3),))
    expected = bits.view(small).astype(np.float32)
    np.testing.assert_array_equal(found, expected)
    assert (np.signbit(found) == np.signbit(expected))[~np.isnan(expected)].all()
    np.testing.assert_array_equal(turned, expected[::-3])


def test_complex_numbers_and_single_ones(tmp_path):
    data = np.array([1 + 2j, -0.0], np.complex64).tobytes() + struct.pack("<d", 7.5)
    path = raw(tmp_path / "a.safetensors", {"c": tensor("C64", [2], 0, 16), "one": tensor("F64", [], 16, 24)}, data)
    assert read(path, "c").tolist() == [1 + 2j, -0.0]
    assert read(path, "one").tolist() == [7.5]
    with open_source(str(path), "one", budget=BUDGET) as source:
        assert source.info.notes == ("a single number",)


@given(st.data())
def test_any_indices_of_tensors_that_are_not_aligned(tmp_path_factory, data):
    shape = tuple(data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=5)))
    vectors = tuple(np.array(data.draw(st.lists(st.integers(0, n - 1), max_size=9)), np.int64) for n in shape)
    array = np.random.default_rng(0).normal(size=shape).astype("<f4")
    shift = data.draw(st.integers(0, 7))
    path = tmp_path_factory.mktemp("s") / "a.safetensors"
    header = {"a": tensor("U8", [shift], 0, shift), "b": tensor("F32", list(shape), shift, shift + array.nbytes)}
    raw(path, header, bytes(shift) + array.tobytes())
    with open_source(str(path), "b", budget=BUDGET) as source:
        np.testing.assert_array_equal(source.take(vectors), array[np.ix_(*vectors)])


def test_the_first_tensor_that_can_be_read(tmp_path):
    header = {"four": tensor("F4", [2], 0, 1), "deep": tensor("U8", [1] * 6, 1, 2), "good": tensor("U8", [1], 2, 3)}
    path = raw(tmp_path / "a.safetensors", header, b"\x01\x02\x03")
    with open_source(str(path), budget=BUDGET) as source:
        assert source.info.member == "good"
        four, deep, good = source.info.members
        assert (four.readable, deep.readable, good.readable) == (False, False, True)
        assert "F4" in four.described
        assert "rank 6" in deep.described
    refused(path, UnsupportedSource, "F4", "BF16", member="four")
    refused(path, UnsupportedSource, "no member 'nine'", "four, deep, good", member="nine")


def test_an_empty_tensor(tmp_path):
    path = raw(tmp_path / "a.safetensors", {"x": tensor("F32", [0, 3], 0, 0)})
    assert read(path).shape == (0, 3)


def test_large_files_are_mapped(tmp_path, peak_memory):
    path = tmp_path / "a.safetensors"
    size = 1 << 36
    raw(path, {"x": tensor("U8", [1 << 18, 1 << 18], 0, size)})
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size + size)
    with peak_memory(64 << 20), open_source(str(path), budget=1 << 20) as source:
        assert not everything_of(source, 1 << 12).any()


def everything_of(source, step):
    return source.take(tuple(np.arange(0, size, step) for size in source.info.shape))


GOOD = {"x": tensor("U8", [4], 0, 4), "y": tensor("F32", [2], 4, 12)}
LIES = {
    "a size beyond the file": ({"x": tensor("U8", [99], 0, 99)}, ("0 to 99", "12 are stored")),
    "a stop before its start": ({"x": tensor("U8", [4], 4, 0)}, ("4 to 0",)),
    "an overlap": (GOOD | {"y": tensor("F32", [2], 3, 12)}, ("'y'", "byte 3", "ends at 4", "overlaps")),
    "a hole": (GOOD | {"y": tensor("U8", [7], 5, 12)}, ("'y'", "byte 5", "ends at 4", "hole")),
    "bytes of nobody at the end": ({"x": tensor("U8", [4], 0, 4)}, ("take 4 bytes", "12 are stored")),
    "another size than its shape": (GOOD | {"x": tensor("U8", [5], 0, 4)}, ("take 5 bytes", "4 are stored")),
    "a shape beyond all numbers": (GOOD | {"x": tensor("U8", [2**62, 2**62], 0, 4)}, (str(2**124),)),
    "a negative size": (GOOD | {"x": tensor("U8", [-4], 0, 4)}, ("no number of elements",)),
    "a size that is no integer": (GOOD | {"x": tensor("U8", [4.0], 0, 4)}, ("no number of elements",)),
    "a size that is a boolean": (GOOD | {"x": tensor("U8", [True], 0, 4)}, ("no number of elements",)),
    "three offsets": (GOOD | {"x": {"dtype": "U8", "shape": [4], "data_offsets": [0, 1, 2]}}, ("makes no sense",)),
    "no dtype": (GOOD | {"x": {"shape": [4], "data_offsets": [0, 4]}}, ("'dtype'",)),
    "a list for a tensor": (GOOD | {"x": [1]}, ("makes no sense",)),
    "a name twice": (b'{"x":' + json.dumps(GOOD["x"]).encode() + b',"x":1}', ("'x' is in it twice",)),
    "a header that is cut short": (b'{"x": {"dtype"', ("makes no sense",)),
    "a header that is no text": (b'{"\xff": 1}', ("makes no sense",)),
    "a header that is no end of lists": (b'{"x":' + b"[" * 100_000, ("makes no sense",)),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_headers_that_lie(tmp_path, lie):
    header, words = LIES[lie]
    refused(raw(tmp_path / "a.safetensors", header, bytes(12)), DamagedSource, *words, member="x")


def test_nothing_in_it(tmp_path):
    refused(raw(tmp_path / "a.safetensors", {"__metadata__": {"a": "b"}}), UnsupportedSource, "no tensors")


@pytest.mark.parametrize("length", [101, 99_999_999])
def test_a_header_longer_than_the_file(tmp_path, length):
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", length) + b"{" + bytes(99))
    refused(path, DamagedSource, str(length), "108")


def test_a_header_longer_than_the_format_allows(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", 100_000_001) + b"{" + bytes(99))
    refused(path, UnsupportedSource, "100000001", "100000000")


def test_a_header_beyond_the_budget(tmp_path):
    path = raw(tmp_path / "a.safetensors", b"{" + b" " * 2_000_000 + b"}")
    refused(path, OversizedSource, "2000002 bytes", "--budget", budget=BUDGET)


def test_a_file_that_shrinks_while_it_is_open(tmp_path):
    path = raw(tmp_path / "a.safetensors", GOOD, bytes(12))
    with open_source(str(path), budget=BUDGET) as source:
        path.write_bytes(b"")
        with pytest.raises(DamagedSource, match=r"cut short since it was opened; reload it \(F5\)"):
            everything(source)


@given(st.binary(max_size=40), st.integers(0, 60), st.integers(0, 255))
def test_anything_else_is_an_error_of_ours(tmp_path_factory, tail, place, value):
    text = json.dumps(GOOD).encode()
    data = bytearray(struct.pack("<Q", len(text)) + text + bytes(12))
    data[place] = value
    path = tmp_path_factory.mktemp("s") / "a.safetensors"
    path.write_bytes(data + tail)
    with suppress(SourceError):
        assert read(path).size


@pytest.mark.parametrize(
    ("metadata", "shape", "axes", "guessed"),
    [
        ({"axes": "CHW", "software": "padviewer 1"}, [3, 1, 1], "CHW", False),
        ({"axes": "CHW", "software": "another"}, [3, 1, 1], "HWC", True),
        ({"axes": "CHW"}, [3, 1, 1], "HWC", True),
        ({"axes": "CW", "software": "padviewer 1"}, [3, 1], "HW", True),
        ({"axes": "HW", "software": "padviewer 1"}, [3, 1, 1], "HWC", True),
        ({"axes": "XYZ", "software": "padviewer 1"}, [3, 1, 1], "HWC", True),
        ({"axes": 5, "software": 7}, [3, 1, 1], "HWC", True),
        ("CHW", [3, 1, 1], "HWC", True),
    ],
)
def test_axes_that_padviewer_wrote(tmp_path, metadata, shape, axes, guessed):
    header = {"__metadata__": metadata, "padded": tensor("U8", shape, 0, 3)}
    with open_source(str(raw(tmp_path / "a.safetensors", header, bytes(3))), budget=BUDGET) as source:
        assert (source.info.axes, source.info.axes_guessed) == (axes, guessed)


def test_axes_of_padviewer_are_about_one_tensor(tmp_path):
    metadata = {"axes": "CHW", "software": "padviewer 1"}
    header = {"__metadata__": metadata, "a": tensor("U8", [3, 1, 1], 0, 3), "b": tensor("U8", [3, 1, 1], 3, 6)}
    with open_source(str(raw(tmp_path / "a.safetensors", header, bytes(6))), budget=BUDGET) as source:
        assert source.info.axes_guessed
