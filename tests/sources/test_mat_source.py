from __future__ import annotations

import struct
import zlib

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from padviewer.errors import DamagedSource, OversizedSource, SourceError, UnsupportedSource
from padviewer.sources import open_source
from padviewer.sources.base import Source

BUDGET = 2**26
DTYPES = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", "c8", "c16", "?"]


def everything(source: Source) -> np.ndarray:
    return source.take(tuple(np.arange(size) for size in source.info.shape))


def opened(path, member=None, budget=BUDGET):
    return open_source(str(path), member, budget=budget)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.mat"


def variables(path):
    with opened(path) as source:
        return {member.name: member for member in source.info.members}


def sample(shape, dtype):
    array = np.random.default_rng(len(shape)).integers(0, 2 if dtype == "?" else 100, shape).astype(dtype)
    return array + (array * 2j).astype(dtype) if array.dtype.kind == "c" else array


def save_73(path, arrays):
    """Writes what MATLAB writes: HDF5 behind a text, axes in reverse, the class as an attribute."""
    classes = {"f8": "double", "f4": "single", "c16": "double", "c8": "single", "?": "logical"}
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, array in arrays.items():
            code = array.dtype.str[1:].replace("b1", "?")
            if array.dtype.kind == "c":
                parts = np.dtype([("real", f"f{array.itemsize // 2}"), ("imag", f"f{array.itemsize // 2}")])
                array = array.view(parts)  # noqa: PLW2901
            stored = array.view("u1") if array.dtype.kind == "b" else array
            packed = {"chunks": True, "compression": "gzip"} if array.size > 50 else {}
            made = file.create_dataset(name, data=stored.T, **packed)
            made.attrs["MATLAB_class"] = np.bytes_(classes.get(code, array.dtype.name))
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM")


SHAPES = {"row": (1, 7), "table": (6, 9), "volume": (4, 5, 3), "one": (1, 1), "four": (2, 3, 4, 5), "none": (0, 3)}


@pytest.mark.parametrize("form", ["5", "5 packed", "7.3"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_numbers_shapes_and_dtypes_are_those_of_matlab(path, form, dtype):
    arrays = {name: sample(shape, dtype) for name, shape in SHAPES.items() if 0 not in shape or form != "7.3"}
    if form == "7.3":
        save_73(path, arrays)
    else:
        scipy.io.savemat(path, arrays, do_compression="packed" in form)
        # With this, scipy tells the dtype that MATLAB has, but drops imaginary parts.
        loaded = scipy.io.loadmat(path, mat_dtype=np.dtype(dtype).kind != "c")
        for name, array in arrays.items():
            assert (loaded[name].shape, loaded[name].dtype) == (array.shape, array.dtype)
            np.testing.assert_array_equal(loaded[name], array)
    assert list(variables(path)) == sorted(arrays) if form == "7.3" else list(arrays)
    for name, array in arrays.items():
        with opened(path, name) as source:
            found = everything(source)
            assert (found.dtype, source.info.dtype, source.info.shape) == (array.dtype, array.dtype.name, array.shape)
            assert found.flags.c_contiguous
            np.testing.assert_array_equal(found, array)
            assert source.info.format == ("MATLAB 7.3" if form == "7.3" else "MATLAB 5")
            assert source.info.notes[0] == "MATLAB's order of axes (column-major)"
            assert source.decoded == ("packed" in form or 0 in array.shape)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i4", "i2", "u2", "u1", "c16", "c8"])
def test_version_4_equals_scipys(path, dtype):
    arrays = {"first": sample((5, 6), dtype), "second": sample((1, 4), "f8")}
    scipy.io.savemat(path, arrays, format="4")
    expected = scipy.io.loadmat(path)
    assert list(variables(path)) == list(arrays)
    for name in arrays:
        with opened(path, name) as source:
            np.testing.assert_array_equal(everything(source), expected[name])
            assert everything(source).dtype == expected[name].dtype
            assert source.info.format == "MATLAB 4"
            assert not source.decoded


def element(order, kind, data):
    return struct.pack(f"{order}2I", kind, len(data)) + data + bytes(-len(data) % 8)


def matrix(order, group, shape, parts, name=b"x"):
    """Returns a variable as version 5 has it; parts are (kind, bytes)."""
    flags = element(order, 6, struct.pack(f"{order}2I", group, 0))
    sizes = element(order, 5, struct.pack(f"{order}{len(shape)}i", *shape))
    body = flags + sizes + element(order, 1, name) + b"".join(element(order, kind, data) for kind, data in parts)
    return element(order, 14, body)


def header(order):
    mark = b"IM" if order == "<" else b"MI"
    return b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack(f"{order}H", 0x0100) + mark


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("packed", [False, True])
def test_doubles_that_are_stored_as_smaller_integers_are_doubles(path, order, packed):
    """MATLAB stores doubles that are whole numbers so."""
    values = np.arange(-6, 6).reshape(3, 4, order="F")
    kinds = {1: "i1", 3: "i2", 5: "i4", 7: "f4", 12: "i8"}
    content = []
    for kind, code in kinds.items():
        parts = [(kind, values.astype(f"{order}{code}").tobytes("F"))]
        content.append(matrix(order, 6, (3, 4), parts, code.encode()))
        mixed = [*parts, (9, (values * 2).astype(f"{order}f8").tobytes("F"))]
        content.append(matrix(order, 6 | 0x800, (3, 4), mixed, b"c" + code.encode()))
    if packed:
        content = [struct.pack(f"{order}2I", 15, len(z)) + z for z in map(zlib.compress, content)]
    path.write_bytes(header(order) + b"".join(content))
    expected = scipy.io.loadmat(path)
    for code in kinds.values():
        for name in (code, f"c{code}"):
            with opened(path, name) as source:
                np.testing.assert_array_equal(everything(source), expected[name])
                assert source.info.dtype == ("complex128" if name[0] == "c" else "float64")
                some = (np.array([2, 0]), np.array([1, 3, 3]))
                np.testing.assert_array_equal(source.take(some), expected[name][np.ix_(*some)])
    with opened(path, "i2") as source:
        assert "stored as int16" in source.info.notes


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), form=st.sampled_from(["5", "packed", "7.3"]), dtype=st.sampled_from(["f8", "c8", "?", "i2"]))
def test_any_orthogonal_selection_equals_numpys(tmp_path_factory, data, form, dtype):
    path = tmp_path_factory.mktemp("mat") / "a.mat"
    shape = tuple(data.draw(st.lists(st.integers(1, 9), min_size=2, max_size=5)))
    array = sample(shape, dtype)
    if form == "7.3":
        save_73(path, {"x": array})
    else:
        scipy.io.savemat(path, {"x": array}, do_compression=form == "packed")
    with opened(path) as source:
        for _ in range(3):
            indices = tuple(np.array(data.draw(st.lists(st.integers(0, n - 1), max_size=6)), np.int64) for n in shape)
            np.testing.assert_array_equal(source.take(indices), array[np.ix_(*indices)])


def test_what_is_no_numeric_array_is_named(path):
    cells = np.empty((1, 2), object)
    cells[0, 0], cells[0, 1] = np.arange(3), "a"
    scipy.io.savemat(
        path,
        {
            "cells": cells, "fields": {"a": 1}, "text": "hello", "sparse": scipy.sparse.eye(4).tocsc(),
            "high": np.zeros((2,) * 6), "good": np.arange(6.0).reshape(2, 3),
        },
        do_compression=True,
    )  # fmt: skip
    words = {
        "cells": "a cell array",
        "fields": "a struct",
        "text": "text",
        "sparse": "a sparse matrix",
        "high": "rank 6",
    }
    listed = variables(path)
    assert [name for name, member in listed.items() if member.readable] == ["good"]
    assert listed["good"].described == "float64 2 x 3"
    for name, word in words.items():
        assert word in listed[name].described
        with pytest.raises(UnsupportedSource, match=rf"a\.mat::{name}: .*{word}"):
            opened(path, name)
    with opened(path) as source:
        assert source.info.member == "good"
    with pytest.raises(UnsupportedSource, match=r"has no member 'goo'.*did you mean 'good'"):
        opened(path, "goo")


def test_what_is_no_numeric_array_of_version_73_is_named(path):
    save_73(path, {"good": sample((3, 4), "f8"), "none": np.zeros(2)})
    with h5py.File(path, "a") as file:
        for name, group in (("cells", "cell"), ("text", "char"), ("call", "function_handle"), ("thing", "datetime")):
            file[name] = np.zeros((1, 2), "u2")
            file[name].attrs["MATLAB_class"] = np.bytes_(group)
        file.create_group("fields").attrs["MATLAB_class"] = np.bytes_("struct")
        file.create_group("sparse").attrs["MATLAB_sparse"] = 4
        file["#refs#/a"] = np.arange(3)
        del file["none"]
        file["none"] = np.array([0, 3], "u8")
        file["none"].attrs["MATLAB_class"], file["none"].attrs["MATLAB_empty"] = np.bytes_("logical"), np.uint8(1)
        file["alias"] = h5py.SoftLink("/good")
    words = {
        "cells": "a cell array", "fields": "a struct", "text": "is text", "sparse": "a sparse matrix",
        "call": "a function handle", "thing": "an object of class datetime", "alias": "a soft link",
    }  # fmt: skip
    listed = variables(path)
    assert listed.keys() == {*words, "good", "none"}
    for name, word in words.items():
        assert word in listed[name].described
        with pytest.raises(UnsupportedSource, match=word):
            opened(path, name)
    with opened(path, "none") as source:
        assert (source.info.shape, source.info.dtype) == ((0, 3), "bool")
    for name in ("#refs#", "#refs#/a", "good/x", "/good"):
        with pytest.raises(UnsupportedSource, match="has no member"):
            opened(path, name)


def test_a_large_variable_that_is_not_compressed_costs_no_memory(path, peak_memory):
    """A variable of 2 GiB in a sparse file."""
    flags, sizes = element("<", 6, struct.pack("<2I", 9, 0)), element("<", 5, struct.pack("<2i", 2**16, 2**15 - 8))
    count = 2**16 * (2**15 - 8)
    body = flags + sizes + element("<", 1, b"x") + struct.pack("<2I", 2, count)
    with path.open("wb") as file:
        file.write(header("<") + struct.pack("<2I", 14, len(body) + count) + body)
        start = file.tell()
        file.truncate(start + count)
        file.seek(start + 2**16 * 1000 + 5)
        file.write(b"\7")
    with peak_memory(2**24), opened(path, budget=2**16) as source:
        assert source.take((np.array([4, 5, 6]), np.array([999, 1000]))).tolist() == [[0, 0], [0, 7], [0, 0]]


def test_a_bomb_is_refused_by_its_declared_size(path, peak_memory):
    scipy.io.savemat(path, {"x": np.zeros(2**23)}, do_compression=True)
    assert path.stat().st_size < 100_000
    with (
        peak_memory(2**23),
        pytest.raises(OversizedSource, match=r"x would take 128 MiB.*budget of 64\.0 MiB"),
    ):
        opened(path)


@pytest.mark.parametrize("count", [2, 2**20])
def test_a_variable_that_inflates_to_more_or_less_than_it_declares(path, count, peak_memory):
    content = matrix("<", 9, (1, 1000), [(2, bytes(1000))])
    for data in (content[:-200], content + bytes(count)):
        packed = zlib.compress(data)
        path.write_bytes(header("<") + struct.pack("<2I", 15, len(packed)) + packed)
        with peak_memory(2**22), pytest.raises(DamagedSource, match=r"a\.mat::x: declares \d+ bytes"):
            opened(path)


def test_a_wrong_checksum_is_told(path):
    scipy.io.savemat(path, {"x": np.arange(100.0)}, do_compression=True)
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(DamagedSource, match=r"a\.mat"):
        opened(path)


def test_declared_sizes_are_held_against_the_file(path):
    for shape in ((2**30, 2**30), (-1, 5), (1, 1001)):
        path.write_bytes(header("<") + matrix("<", 9, shape, [(2, bytes(1000))]))
        with pytest.raises(DamagedSource, match="declares"):
            opened(path)
    path.write_bytes(struct.pack("<5i", 0, 2**30, 2**30, 0, 2) + b"x\0" + bytes(80))
    with pytest.raises(DamagedSource, match=r"::x: declares numbers up to byte 9223372036854775830 of 102"):
        opened(path)


@pytest.mark.parametrize("form", ["4", "5", "packed"])
def test_every_truncation_shows_the_same_numbers_or_is_a_clear_error(path, form):
    arrays = {"x": sample((4, 5), "f8"), "y": sample((3, 3), "c16")}
    scipy.io.savemat(path, arrays, format=form[0].replace("p", "5"), do_compression=form == "packed")
    whole, read, told = path.read_bytes(), 0, []
    for size in range(1, len(whole), 7):
        path.write_bytes(whole[:size])
        for name, array in arrays.items():
            try:
                with opened(path, name) as source:
                    np.testing.assert_array_equal(everything(source), array)
                    read += 1
            except SourceError as error:
                told.append(str(error))
    assert read
    assert all("a.mat" in message for message in told)


def test_names_that_occur_twice_are_told_apart(path):
    path.write_bytes(header("<") + b"".join(matrix("<", 9, (1, 1), [(2, bytes([number]))]) for number in range(3)))
    for number, name in enumerate(["x", "x (2)", "x (3)"]):
        with opened(path, name) as source:
            assert everything(source).tolist() == [[number]]


def test_no_more_than_ten_thousand_variables_are_listed(path):
    path.write_bytes(header("<") + matrix("<", 9, (1, 1), [(2, b"\5")]) * 10_050)
    with opened(path) as source:
        assert len(source.info.members) == 10_000
        assert "more than 10000 variables" in " ".join(source.info.notes)


def test_a_file_without_variables(path):
    path.write_bytes(header("<"))
    with pytest.raises(UnsupportedSource, match="without variables"):
        opened(path)
    scipy.io.savemat(path, {"text": "abc"})
    with pytest.raises(UnsupportedSource, match="no numeric array; text: is text"):
        opened(path)


@pytest.mark.parametrize("start", [bytes(64), bytes(4) + b"\1\0\0\0" * 4, b"\xff" * 64, bytes(20) + b"x\0"])
def test_zeros_and_the_like_are_no_matlab_files(path, start):
    path.write_bytes(start)
    with pytest.raises(UnsupportedSource, match="of no known format"):
        opened(path)
