from __future__ import annotations

import struct

import numpy as np
import pytest

from padviewer.errors import DamagedSource, SourceError, UnsupportedSource
from padviewer.sources import open_source

DTYPES = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "c16"]


def everything(source):
    return source.take(tuple(np.arange(size) for size in source.info.shape))


def npy(header, data=b"", version=1, length=None):
    text = header.encode() + b"\n"
    size = struct.pack("<H" if version == 1 else "<I", len(text) if length is None else length)
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + data


def refused(path, content, kind=SourceError):
    path.write_bytes(content)
    with pytest.raises(kind) as caught:
        open_source(str(path), budget=2**30)
    message = str(caught.value)
    assert path.name in message
    assert "allow_pickle" not in message
    return message


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("endian", "<>")
def test_elements_equal_numpys(tmp_path, dtype, order, endian):
    array = np.arange(60).reshape(4, 5, 3) % 7
    array = np.array(array, np.dtype(dtype).newbyteorder(endian), order=order)
    np.save(tmp_path / "a.npy", array)
    with open_source(str(tmp_path / "a.npy"), budget=1) as source:
        found = everything(source)
        info = source.info
    np.testing.assert_array_equal(found, np.load(tmp_path / "a.npy"))
    assert found.dtype.isnative
    assert (info.shape, info.dtype, info.format) == ((4, 5, 3), array.dtype.newbyteorder("=").name, ".npy")
    assert (info.axes, info.axes_guessed, info.member) == ("HWC", True, None)
    assert info.file_bytes == (tmp_path / "a.npy").stat().st_size


@pytest.mark.parametrize("version", [1, 2, 3])
def test_format_versions(tmp_path, version):
    with (tmp_path / "a.npy").open("wb") as file:
        np.lib.format.write_array(file, np.arange(3.0), (version, 0))
    with open_source(str(tmp_path / "a.npy"), budget=1) as source:
        assert everything(source).tolist() == [0, 1, 2]


def test_python_2_long_sizes(tmp_path):
    header = "{'descr': '<u2', 'fortran_order': False, 'shape': (2L, 1L), }"
    (tmp_path / "a.npy").write_bytes(npy(header, b"\1\0\2\0"))
    with open_source(str(tmp_path / "a.npy"), budget=1) as source:
        assert everything(source).tolist() == [[1], [2]]


@pytest.mark.parametrize("shape", [(0,), (0, 5), (3, 0, 2), (2, 3, 0)])
def test_axes_of_no_elements(tmp_path, shape):
    np.save(tmp_path / "a.npy", np.empty(shape, np.float32))
    with open_source(str(tmp_path / "a.npy"), budget=1) as source:
        assert everything(source).shape == shape == source.info.shape


def test_trailing_bytes_are_noted(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(4, dtype=np.uint8))
    with (tmp_path / "a.npy").open("ab") as file:
        file.write(b"rest")
    with open_source(str(tmp_path / "a.npy"), budget=1) as source:
        assert everything(source).tolist() == [0, 1, 2, 3]
        assert source.info.notes == ("4 bytes after the array ignored",)


def test_a_closed_source_is_not_read(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(4))
    source = open_source(str(tmp_path / "a.npy"), budget=1)
    source.close()
    source.close()
    with pytest.raises(ValueError, match="closed"):
        everything(source)


def test_declared_terabytes_without_data(tmp_path):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }"
    message = refused(tmp_path / "a.npy", npy(header, b"x" * 40), DamagedSource)
    assert "8000000000000 bytes" in message
    assert "40 are stored" in message


def test_one_byte_missing(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(4))
    content = (tmp_path / "a.npy").read_bytes()
    assert "31 are stored" in refused(tmp_path / "a.npy", content[:-1], DamagedSource)


@pytest.mark.parametrize("count", [1, 5, 7, 9, 11, 60])
def test_truncated_headers(tmp_path, count):
    np.save(tmp_path / "a.npy", np.arange(4))
    refused(tmp_path / "a.npy", (tmp_path / "a.npy").read_bytes()[:count])


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


@pytest.mark.parametrize(
    ("array", "name"),
    [
        (np.array([Bomb()], object), "Python objects"),
        (np.zeros(2, [("x", "f4"), ("y", "i4")]), "records"),
        (np.zeros(2, "M8[ns]"), "dates"),
        (np.zeros(2, "m8[s]"), "time spans"),
        (np.array([b"ab"]), "bytes"),
        (np.array(["ab"]), "text"),
        (np.zeros(2, "V3"), "raw bytes"),
        (np.zeros(2, np.longdouble), "unusual width"),
        (np.zeros(2, np.clongdouble), "unusual width"),
    ],
)
def test_other_dtypes_are_named_and_refused(tmp_path, array, name):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    assert name in refused(tmp_path / "a.npy", (tmp_path / "a.npy").read_bytes(), UnsupportedSource)


@pytest.mark.parametrize("rank", [0, 6])
def test_other_ranks_are_refused(tmp_path, rank):
    np.save(tmp_path / "a.npy", np.zeros((1,) * rank))
    message = refused(tmp_path / "a.npy", (tmp_path / "a.npy").read_bytes(), UnsupportedSource)
    assert f"rank {rank}" in message


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1.5,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (True,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': 3, }",
        "{'descr': '<f8', 'fortran_order': 2, 'shape': (3,), }",
        "{'descr': '<f8', 'fortran_order': False}",
        "{'descr': 'nonsense', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': None, 'fortran_order': False, 'shape': (3,), }",
        "{'descr': 'f8,f8', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 9223372036854775807, 9223372036854775807), }",
        f"{{'descr': '<f8', 'fortran_order': False, 'shape': (0, {2**70}), }}",
        "__import__('os').abort()",
        "(" * 5000,
        "-" * 9000 + "1",
        "[" * 190,
        "\0",
        "",
    ],
)
def test_nonsense_headers(tmp_path, header):
    refused(tmp_path / "a.npy", npy(header, b"12345678" * 3))


@pytest.mark.parametrize("version", [0, 4, 255])
def test_unknown_versions(tmp_path, version):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }"
    refused(tmp_path / "a.npy", npy(header, version=version), UnsupportedSource)


def test_header_of_gigabytes(tmp_path):
    message = refused(tmp_path / "a.npy", npy("{}", version=2, length=2**32 - 1), UnsupportedSource)
    assert "4294967295" in message


def test_a_member_of_a_single_array_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(3))
    with pytest.raises(UnsupportedSource, match="holds one array"):
        open_source(str(tmp_path / "a.npy"), "x", budget=1)
