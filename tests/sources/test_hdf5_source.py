from __future__ import annotations

import base64
import struct
import zlib
from contextlib import contextmanager, suppress

import h5py
import numpy as np
import pytest
from h5py import h5d, h5p, h5pl, h5s, h5t, h5z
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from padviewer.errors import DamagedSource, OversizedSource, UnsupportedSource
from padviewer.sources import open_source
from padviewer.sources.kept import KeptFile

BUDGET = 2**26


def everything(source):
    return source.take(tuple(np.arange(size) for size in source.info.shape))


@contextmanager
def opened(path, member=None, budget=BUDGET):
    with open_source(str(path), member, budget=budget) as source:
        yield source


def members(path, budget=BUDGET):
    with opened(path, budget=budget) as source:
        return {member.name: member for member in source.info.members}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.h5"


# What is read, held against h5py


FILTERS = [
    {},
    {"compression": "gzip"},
    {"compression": "gzip", "shuffle": True, "fletcher32": True},
    {"compression": "lzf", "shuffle": True},
    {"compression": "szip"},
    {"fletcher32": True},
]
DTYPES = ["<u1", ">u2", "<i4", ">i8", "<f2", ">f4", "<f8", "<c8", ">c16", "?"]


@pytest.fixture(scope="module")
def arrays(tmp_path_factory):
    """A file of data sets of every dtype, layout and filter; its name, and the arrays by their names."""
    path = tmp_path_factory.mktemp("hdf5") / "all.h5"
    rng = np.random.default_rng(0)
    with h5py.File(path, "w", libver=("earliest", "latest")) as file:
        for number, dtype in enumerate(DTYPES):
            array = rng.integers(0, 100, (23, 17, 5)).astype(dtype)
            file.create_dataset(f"contiguous{number}", data=array)
            for kind, filters in enumerate(FILTERS):
                if filters.get("compression") == "szip" and array.dtype.kind == "c":
                    continue
                file.create_dataset(f"chunked{number}_{kind}", data=array, chunks=(4, 6, 5), **filters)
            some = file.create_dataset(f"some{number}", array.shape, dtype, chunks=(4, 6, 2), fillvalue=array[0, 0, 0])
            some[3:9, 4:5] = array[3:9, 4:5]
        file.create_dataset("grown", data=rng.random((9, 6)), chunks=(4, 4), maxshape=(None, None))
        file["grown"].resize((11, 3))
        for bits, dtype in ((0, "<u2"), (0, "<i4"), (9, "<i2"), (0, "<i8"), (0, ">i4"), (3, "<f4"), (2, ">f8")):
            data = rng.integers(-100, 100, (20, 30)) if "u" not in dtype else rng.integers(0, 4000, (20, 30))
            data = (data / 7 if "f" in dtype else data).astype(dtype)
            for filled in ({}, {"fillvalue": -7 if "u" not in dtype else 7}):
                name = f"scaled{bits}{dtype[1:]}{'big' if dtype[0] == '>' else ''}{len(filled)}"
                scaled = file.create_dataset(name, (20, 30), dtype, chunks=(7, 8), scaleoffset=bits, **filled)
                scaled[2:, 3:] = data[2:, 3:]
    with h5py.File(path) as file:
        return path, {name: file[name][()] for name in file}


def test_all_dtypes_layouts_and_filters_equal_h5pys(arrays):
    path, expected = arrays
    assert len(expected) > 80
    for name, array in expected.items():
        with opened(path, f"/{name}") as source:
            found = everything(source)
            assert found.dtype == array.dtype.newbyteorder("="), name
            assert found.flags.c_contiguous
            np.testing.assert_array_equal(found, array, err_msg=name)
            assert source.info.dtype == found.dtype.name
            assert source.info.format == "HDF5"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_orthogonal_selection_equals_numpys(arrays, data):
    path, expected = arrays
    name = data.draw(st.sampled_from(sorted(expected)))
    array = expected[name]
    with opened(path, name, data.draw(st.sampled_from([2**15, BUDGET]))) as source:
        for _ in range(2):
            vectors = [data.draw(st.lists(st.integers(0, size - 1), max_size=9)) for size in array.shape]
            indices = tuple(np.array(vector, np.int64) for vector in vectors)
            np.testing.assert_array_equal(source.take(indices), array[np.ix_(*indices)])


@settings(max_examples=60, deadline=None)
@given(
    shape=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    cut=st.lists(st.integers(1, 9), min_size=5, max_size=5),
    block=st.sampled_from([0, 512, 1024, 4096]),
    libver=st.sampled_from(["earliest", "latest"]),
    growing=st.booleans(),
    data=st.data(),
)
def test_any_shape_of_chunks_is_read(tmp_path_factory, shape, cut, block, libver, growing, data):
    path = tmp_path_factory.mktemp("chunks") / "a.h5"
    array = np.arange(np.prod(shape), dtype="f4").reshape(shape)
    chunk = tuple(min(size, step) for size, step in zip(shape, cut, strict=False))
    with h5py.File(path, "w", libver=libver, userblock_size=block) as file:
        limits = (None, *shape[1:]) if growing else None
        filters = data.draw(st.sampled_from(FILTERS[:4]))
        made = file.create_dataset("x", shape, "f4", chunks=chunk, maxshape=limits, fillvalue=-1, **filters)
        made[: shape[0] // 2] = array[: shape[0] // 2]
        expected = made[()]
    with opened(path) as source:
        np.testing.assert_array_equal(everything(source), expected)


@pytest.mark.parametrize("block", [0, 512, 1024, 2048, 1 << 16])
def test_a_user_block_is_passed_over(path, block):
    with h5py.File(path, "w", userblock_size=block) as file:
        file["plain"] = np.arange(12).reshape(3, 4)
        file.create_dataset("packed", data=np.arange(600).reshape(20, 30), compression="gzip", chunks=(7, 7))
        file.create_dataset("cut", data=np.arange(600).reshape(20, 30), chunks=(7, 7))
    with h5py.File(path) as file:
        expected = {name: file[name][()] for name in file}
    for name, array in expected.items():
        with opened(path, name) as source:
            np.testing.assert_array_equal(everything(source), array)


# Only what is asked for is read


@pytest.fixture
def reads(monkeypatch):
    """Bytes that are read from files by offset, mapped ones left out."""
    counted = []
    read = KeptFile.read

    def counting(self, offset, count):
        counted.append(count)
        return read(self, offset, count)

    monkeypatch.setattr(KeptFile, "read", counting)
    return counted


def test_only_the_chunks_that_indices_touch_are_read_and_once(path, reads):
    array = np.random.default_rng(0).integers(0, 255, (640, 640)).astype("u1")
    with h5py.File(path, "w") as file:
        made = file.create_dataset("x", data=array, chunks=(64, 64), compression="gzip")
        size = made.id.get_chunk_info(0).size
    with opened(path) as source:
        source.take((np.array([5]), np.array([7])))
        del reads[:]
        rows, columns = np.array([70, 639, 64, 100]), np.array([129, 130, 600])
        np.testing.assert_array_equal(source.take((rows, columns)), array[np.ix_(rows, columns)])
        chunks = [count for count in reads if count > 0.9 * size]
        assert len(chunks) == 4  # rows 1 and 9 of chunks, columns 2 and 9
        assert sum(reads) < 4.5 * size + 8192
        del reads[:]
        source.take((rows, columns))
        assert reads == []


def test_a_cache_of_one_chunk_is_enough(path, reads):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=np.arange(40000.0).reshape(200, 200), chunks=(20, 20), compression="gzip")
    with opened(path, budget=2**14) as source:
        np.testing.assert_array_equal(everything(source), np.arange(40000.0).reshape(200, 200))


@pytest.mark.parametrize("chunks", [None, (256, 256, 8)])
def test_unfiltered_data_is_mapped(path, reads, chunks):
    """A data set of 4 GiB, of which nearly nothing is stored in the sparse file."""
    with h5py.File(path, "w") as file:
        properties = h5p.create(h5p.DATASET_CREATE)
        properties.set_alloc_time(h5d.ALLOC_TIME_EARLY)
        properties.set_fill_time(h5d.FILL_TIME_NEVER)
        if chunks:
            properties.set_chunk(chunks)
        space = h5s.create_simple((4096, 4096, 64))
        made = h5d.create(file.id, b"x", h5t.STD_I32LE, space, properties)
        h5py.Dataset(made)[4000, 4000:4003, 5] = [1, 2, 3]
    with opened(path, budget=2**16) as source:
        del reads[:]
        found = source.take((np.array([4000, 0]), np.arange(3999, 4004), np.array([5, 6])))
        assert found[0, :, 0].tolist() == [0, 1, 2, 3, 0]
        assert not found[1].any()
        assert not found[0, :, 1].any()
        assert sum(reads) < 2**20


# Dtypes


def create(file, name, kind, values, memory=None):
    made = h5d.create(file.id, name, kind, h5s.create_simple(values.shape))
    made.write(h5s.ALL, h5s.ALL, values, memory)
    return made


def brain(order=h5t.IEEE_F16LE):
    kind = order.copy()
    kind.set_fields(15, 7, 8, 0, 7)
    kind.set_ebias(127)
    return kind


def test_unusual_numbers_are_converted_and_said(path):
    with h5py.File(path, "w") as file:
        create(file, b"brain", brain(), np.array([1, 2.5, -3, 1e38, np.inf], "f4"))
        create(file, b"brain_big", brain(h5t.IEEE_F16BE), np.array([1, 2.5, -3], "f4"))
        kind = h5t.STD_I32LE.copy()
        kind.set_precision(12)
        kind.set_offset(4)
        create(file, b"twelve", kind, np.array([1, -2, 2047, -2048], "i4"))
        kind = h5t.STD_U32BE.copy()
        kind.set_size(3)
        kind.set_precision(24)
        create(file, b"three", kind, np.array([1, 2**24 - 1], "u4"))
        create(file, b"bits", h5t.STD_B8LE, np.array([1, 255], "u1"), h5t.STD_B8LE)
        file["kind"] = np.array([0, 2], h5py.enum_dtype({"CAT": 0, "DOG": 2}, "i2"))
        file["flags"] = np.array([[True, False]])
        file["keras"] = np.array([0x3F80, 0xC000], "u2")
        file["keras"].attrs["dtype"] = "bfloat16"
    expected = {
        "brain": ([1, 2.5, -3, np.inf, np.inf], "float32", "bfloat16 -> float32"),
        "brain_big": ([1, 2.5, -3], "float32", "bfloat16 -> float32"),
        "twelve": ([1, -2, 2047, -2048], "int32", "12-bit integers -> int32"),
        "three": ([1, 2**24 - 1], "uint32", "24-bit integers -> uint32"),
        "bits": ([1, 255], "uint8", "bit field"),
        "kind": ([0, 2], "int16", "enumeration"),
        "flags": ([[True, False]], "bool", ""),
        "keras": ([1, -2], "float32", "bfloat16 -> float32"),
    }
    for name, (values, dtype, note) in expected.items():
        with opened(path, name) as source:
            found = everything(source)
            assert (found.dtype.name, source.info.dtype) == (dtype, dtype)
            assert note in " ".join(source.info.notes)
            if name == "brain":
                np.testing.assert_allclose(found[:3], values[:3])
                with h5py.File(path) as file:
                    np.testing.assert_array_equal(found, file[name][()])
            else:
                assert found.tolist() == values, name


def test_complex_numbers_by_any_usual_names(path):
    values = np.array([1 + 2j, -3.5j])
    with h5py.File(path, "w") as file:
        for number, names in enumerate([("r", "i"), ("real", "imag"), ("Re", "Im")]):
            kind = np.dtype([(names[0], ">f8"), (names[1], ">f8")])
            file[f"z{number}"] = np.array([(v.real, v.imag) for v in values], kind)
            made = file.create_dataset(f"f{number}", (4, 4), kind, chunks=(2, 2), fillvalue=np.array((7, -1), kind))
            made[0, 0] = np.array((1, 2), kind)
    for number in range(3):
        with opened(path, f"z{number}") as source:
            assert everything(source).tolist() == values.tolist()
        with opened(path, f"f{number}") as source:
            assert everything(source)[0].tolist() == [1 + 2j, 7 - 1j, 7 - 1j, 7 - 1j]


def test_elements_that_are_arrays_get_axes(path):
    kind = h5t.array_create(h5t.IEEE_F32BE, (3,))
    data = np.arange(60, dtype="f4").reshape(4, 5, 3)
    with h5py.File(path, "w") as file:
        for name, chunk in ((b"plain", None), (b"packed", (3, 2))):
            properties = h5p.create(h5p.DATASET_CREATE)
            if chunk:
                properties.set_chunk(chunk)
                properties.set_deflate(1)
            made = h5d.create(file.id, name, kind, h5s.create_simple((4, 5)), properties)
            made.write(h5s.ALL, h5s.ALL, data, h5t.array_create(h5t.NATIVE_FLOAT, (3,)))
    for name in ("plain", "packed"):
        with opened(path, name) as source:
            assert (source.info.shape, source.info.axes) == ((4, 5, 3), "HWC")
            np.testing.assert_array_equal(everything(source), data)


def test_a_compact_data_set_is_read(path):
    properties = h5p.create(h5p.DATASET_CREATE)
    properties.set_layout(h5d.COMPACT)
    with h5py.File(path, "w") as file:
        made = h5d.create(file.id, b"x", h5t.STD_I16BE, h5s.create_simple((3, 4)), properties)
        h5py.Dataset(made)[...] = np.arange(12).reshape(3, 4)
    with opened(path) as source:
        assert everything(source).tolist() == np.arange(12).reshape(3, 4).tolist()


def refused(file):
    yield "text", file.create_dataset("text", data="abc"), "holds text"
    yield "texts", file.create_dataset("texts", data=np.array([b"abc"])), "holds text"
    yield "raw", file.create_dataset("raw", data=np.zeros(3, "V7")), "raw bytes"
    yield "lists", file.create_dataset("lists", (3,), h5py.vlen_dtype("f4")), "lists of varying length"
    yield "refs", file.create_dataset("refs", (3,), h5py.ref_dtype), "references"
    yield "parts", file.create_dataset("parts", (3,), h5py.regionref_dtype), "references"
    yield "table", file.create_dataset("table", data=np.zeros(3, "f4,i4,i2,f4,f4")), r"records \(f0, f1, f2, f3, …\)"
    yield "pair", file.create_dataset("pair", data=np.zeros(3, [("r", "f4"), ("i", "f8")])), "records"
    yield "half", file.create_dataset("half", data=np.zeros(3, [("r", "f2"), ("i", "f2")])), "records"
    yield "long", create(file, b"long", h5t.NATIVE_LDOUBLE, np.zeros(3, "f8")), "floats of 128 bits"
    eight = h5t.IEEE_F16LE.copy()
    eight.set_fields(7, 3, 4, 0, 3)
    eight.set_size(1)
    eight.set_ebias(7)
    yield "eight", create(file, b"eight", eight, np.zeros(3, "f4")), "floats of 8 bits"
    yield "number", file.create_dataset("number", data=3.0), "rank 0"
    yield "nothing", file.create_dataset("nothing", data=h5py.Empty("f4")), "null data space"
    yield "high", file.create_dataset("high", (2,) * 6, "u1"), "rank 6"
    yield "huge", file.create_dataset("huge", (2**31, 2**31, 4), "f8", chunks=(1, 1, 1)), "more than a file can hold"


def test_what_is_not_read_is_named_in_the_listing_and_when_asked_for(path):
    with h5py.File(path, "w") as file:
        expected = {name: words for name, _made, words in refused(file)}
        file["type"] = np.dtype("f4")
        file["zz"] = np.arange(3)
    listed = members(path)
    assert listed.keys() == {f"/{name}" for name in expected} | {"/zz"}
    assert (listed["/zz"].readable, listed["/zz"].described) == (True, "int64 3")
    for name, words in expected.items():
        assert not listed[f"/{name}"].readable
        with pytest.raises(UnsupportedSource, match=words) as caught, opened(path, name):
            pass
        assert str(path) in str(caught.value)
        assert listed[f"/{name}"].described in str(caught.value)
    with opened(path) as source:
        assert source.info.member == "/zz"
    with pytest.raises(UnsupportedSource, match="is a type, not an array"), opened(path, "type"):
        pass


def test_a_file_without_arrays_says_why(path):
    with h5py.File(path, "w") as file:
        file.create_group("g")
    with pytest.raises(UnsupportedSource, match="holds no array"), opened(path):
        pass
    with h5py.File(path, "a") as file:
        file["g/text"] = "abc"
    with pytest.raises(UnsupportedSource, match=r"no array that is read; /g/text: holds text"), opened(path):
        pass


# Trees


def test_members_are_paths_and_wrong_ones_are_told(path):
    with h5py.File(path, "w") as file:
        file["z/deep/data"] = np.arange(3)
        file["z/other"] = np.arange(4.0)
        file["b"] = np.zeros((2, 3), "u1")
        file["z/alias"] = file["b"]
    assert list(members(path)) == ["/b", "/z/alias", "/z/other", "/z/deep/data"]
    for name in ("/z/deep/data", "z/deep/data", "//z/deep//data/"):
        with opened(path, name) as source:
            assert (source.info.member, everything(source).tolist()) == ("/z/deep/data", [0, 1, 2])
    for name in ("data", "/z/deep/data/more", "/z/./other", "/b/..", "\udcff", ""):
        with pytest.raises(UnsupportedSource, match=r"has no member|is a group"), opened(path, name):
            pass
    with pytest.raises(UnsupportedSource, match="is a group, not an array"), opened(path, "/z"):
        pass


def test_groups_beyond_the_limit_are_told_and_opened_by_name(path):
    with h5py.File(path, "w") as file:
        file["/".join("a" * 100) + "/data"] = np.arange(3)
    with (
        pytest.raises(UnsupportedSource, match=r"holds no array within the limits .*64 groups deep.*name one by ::"),
        opened(path),
    ):
        pass
    with opened(path, "/".join("a" * 100) + "/data") as source:
        assert everything(source).tolist() == [0, 1, 2]


def test_names_of_any_bytes_are_found_again(path):
    names = ["ä ö", "a\nb", "日本", "a::b", ".hidden", "..", "x" * 500]
    with h5py.File(path, "w") as file:
        for number, name in enumerate(names):
            file[f"g/{name}"] = np.full(3, number)
        group = file["g"].id
        h5d.create(group, b"\xff\xfe", h5t.STD_I8LE, h5s.create_simple((3,)))
    listed = members(path)
    assert {f"/g/{name}" for name in names} | {"/g/\udcff\udcfe"} == set(listed)
    for number, name in enumerate(names):
        with opened(path, f"/g/{name}") as source:
            assert everything(source).tolist() == [number] * 3
    with opened(path, "/g/\udcff\udcfe") as source:
        assert source.info.shape == (3,)


def test_scales_of_axes_come_last(path):
    with h5py.File(path, "w") as file:
        file["a_lat"], file["b_lon"], file["temperature"] = np.arange(3), np.arange(4), np.ones((3, 4))
        for number, name in enumerate(("a_lat", "b_lon")):
            file[name].make_scale(name)
            file["temperature"].dims[number].attach_scale(file[name])
        file["temperature"].attrs["scale_factor"] = 0.1
        file.attrs["_NCProperties"] = "version=2"
    with opened(path) as source:
        assert source.info.member == "/temperature"
        assert [member.name for member in source.info.members] == ["/temperature", "/a_lat", "/b_lon"]
        assert source.info.format == "netCDF-4"
        assert "scale_factor not applied" in source.info.notes


def test_axes_are_told_by_images_and_by_labels(path):
    with h5py.File(path, "w") as file:
        for mode, shape in (("PIXEL", (9, 8, 7)), ("LINE", (9, 7, 8)), ("PLANE", (7, 9, 8))):
            image = file.create_dataset(mode, shape, "u1")
            image.attrs["CLASS"], image.attrs["INTERLACE_MODE"] = np.bytes_("IMAGE"), np.bytes_(f"INTERLACE_{mode}")
        gray = file.create_dataset("gray", (9, 3), "u1")
        gray.attrs["CLASS"], gray.attrs["DISPLAY_ORIGIN"] = np.bytes_("IMAGE"), np.bytes_("LL")
        labelled = file.create_dataset("labelled", (9, 8, 7), "u1")
        for number, word in enumerate(("channel", "Y", "x")):
            labelled.dims[number].label = word
        file.create_dataset("half", (9, 8, 7), "u1").dims[0].label = "channel"
    expected = {"PIXEL": "HWC", "LINE": "HCW", "PLANE": "CHW", "gray": "HW", "labelled": "CHW"}
    for name, axes in expected.items():
        with opened(path, name) as source:
            assert (source.info.axes, source.info.axes_guessed) == (axes, False)
            assert ("origin at LL" in " ".join(source.info.notes)) == (name == "gray")
    with opened(path, "half") as source:
        assert source.info.axes_guessed


def test_empty_axes(path):
    with h5py.File(path, "w") as file:
        file["x"] = np.empty((0, 4))
        file.create_dataset("y", (4, 0), chunks=(2, 2), maxshape=(None, None))
    for name, shape in (("x", (0, 4)), ("y", (4, 0))):
        with opened(path, name) as source:
            assert everything(source).shape == shape


# Hostile files: nothing leads out of the file


def soft(file):
    file["x"] = h5py.SoftLink("/good")


def soft_group(file):
    file["x"] = h5py.SoftLink("/in")


def link(file):
    file["x"] = h5py.ExternalLink("other.h5", "/secret")


def link_to_group(file):
    file["x"] = h5py.ExternalLink("other.h5", "/")


def external(file):
    file.create_dataset("x", (36,), "u1", external=[("secret.bin", 0, 36)])


def virtual(file):
    layout = h5py.VirtualLayout((9,), "f4")
    layout[...] = h5py.VirtualSource("other.h5", "secret", (9,))
    file.create_virtual_dataset("x", layout)


def virtual_of_itself(file):
    layout = h5py.VirtualLayout((9,), "i8")
    layout[:3] = h5py.VirtualSource(".", "good", (3,))
    file.create_virtual_dataset("x", layout)


@pytest.mark.parametrize(
    ("make", "names", "words"),
    [
        (soft, ["x"], "a soft link"),
        (soft_group, ["x", "x/data"], "a soft link"),
        (link, ["x"], "a link to another file"),
        (link_to_group, ["x", "x/secret"], "a link to another file"),
        (external, ["x"], "external storage"),
        (virtual, ["x"], "virtual data set"),
        (virtual_of_itself, ["x"], "virtual data set"),
    ],
)
def test_hdf5_that_leads_out_of_the_file_is_refused(tmp_path, monkeypatch, make, names, words):
    (tmp_path / "secret.bin").write_bytes(bytes(range(36)))
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["secret"] = np.ones(9, "f4")
    monkeypatch.chdir(tmp_path)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["good"], file["in/data"] = np.arange(3), np.arange(3)
        make(file)
    opens = watch_opens(monkeypatch)
    assert words in members("a.h5")["/x"].described
    assert not members("a.h5")["/x"].readable
    for name in names:
        with pytest.raises(UnsupportedSource, match=words), opened("a.h5", name):
            pass
    with opened("a.h5") as source:
        assert source.info.member == "/good"
    assert not [name for name in opens if "other" in name or "secret" in name]


def watch_opens(monkeypatch):
    """Names of the files that Python opens; HDF5 itself can open none, it is given a handle."""
    import os  # noqa: PLC0415

    opens, real = [], os.open
    monkeypatch.setattr(os, "open", lambda path, *rest, **more: (opens.append(str(path)), real(path, *rest, **more))[1])
    return opens


def test_hdf5_link_loops_end(path):
    with h5py.File(path, "w") as file:
        group = file.create_group("a/b")
        group["loop"], group["up"], group["data"] = file["/"], file["a"], np.arange(3)
    assert list(members(path)) == ["/a/b/data"]
    with opened(path, "/a/b/loop/a/b/up/b/data") as source:
        assert everything(source).tolist() == [0, 1, 2]


def test_link_names_that_are_ways_are_not_followed(path):
    """A link named `ab/secret`, which HDF5 would follow through the link `ab`."""
    with h5py.File(path, "w") as file:
        file["ab_secret"] = np.arange(3)
        file["good"] = np.arange(3)
    data = path.read_bytes()
    assert data.count(b"ab_secret") == 1
    path.write_bytes(data.replace(b"ab_secret", b"ab/secret"))
    listed = members(path)
    assert "name that no object can have" in listed["/ab/secret"].described
    assert not listed["/ab/secret"].readable
    with pytest.raises(UnsupportedSource, match="no member"), opened(path, "/ab/secret"):
        pass


# Hostile files: sizes


HUGE = {
    "contiguous": {},
    "chunks": {"chunks": (1000, 1000)},
    "packed": {"chunks": (1000, 1000), "compression": "gzip"},
    "tiny chunks": {"chunks": (1, 1)},
}


@pytest.mark.parametrize("layout", HUGE)
def test_hdf5_that_claims_a_million_million_elements_shows_its_fill_value(path, layout, peak_memory):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", (10**6, 10**6), ">f4", fillvalue=2.5, **HUGE[layout])
    assert path.stat().st_size < 10_000
    with peak_memory(2**25), opened(path, budget=2**24) as source:
        assert source.info.shape == (10**6, 10**6)
        assert source.info.notes == ("nothing is stored, all elements have the fill value 2.5",)
        found = source.take((np.arange(0, 10**6, 2000), np.arange(0, 10**6, 2000)))
        assert (found.dtype, found.shape) == (np.float32, (500, 500))
        assert (found == 2.5).all()


def test_a_few_chunks_of_very_many_are_found(path, reads):
    with h5py.File(path, "w") as file:
        made = file.create_dataset("x", (10**6, 10**6), "i4", chunks=(100, 100), compression="gzip", fillvalue=-1)
        made[500_000, 500_000], made[0, 0], made[999_999, 999_999] = 5, 6, 7
    with opened(path) as source:
        some = np.arange(0, 10**6, 1000)
        found = source.take((some, np.append(some, 999_999)))
        assert [found[500, 500], found[0, 0]] == [5, 6]
        assert (found == -1).sum() == found.size - 2
        del reads[:]
        assert source.take((np.array([999_999]), np.array([999_999, 0]))).tolist() == [[7, -1]]
        assert len(reads) <= 6


def test_a_chunk_that_exceeds_the_budget_is_refused_before_it_is_read(path, peak_memory):
    with h5py.File(path, "w") as file:
        made = file.create_dataset("x", (2**14, 2**14), "f4", chunks=(2**13, 2**12), compression="gzip")
        made.id.write_direct_chunk((0, 0), b"\0" * 100)
        file["y"] = np.arange(3)
    words = r"one chunk \(8192 x 4096 float32\) would take 320 MiB in memory, more than the budget of 64\.0 MiB.*--bud"
    with peak_memory(2**24):
        with pytest.raises(OversizedSource, match=words), opened(path, "x"):
            pass
        assert "one chunk" in members(path)["/x"].described


def test_a_chunk_that_inflates_beyond_its_size_is_damaged(path, peak_memory):
    bomb = zlib.compress(bytes(2**25), 9)
    with h5py.File(path, "w") as file:
        made = file.create_dataset("x", (100, 100), "f4", chunks=(100, 100), compression="gzip")
        made.id.write_direct_chunk((0, 0), bomb)
        short = file.create_dataset("y", (100, 100), "f4", chunks=(100, 100), compression="gzip")
        short.id.write_direct_chunk((0, 0), zlib.compress(bytes(99)))
    with peak_memory(2**24):
        for name in "xy":
            with (
                opened(path, name) as source,
                pytest.raises(DamagedSource, match=rf"a\.h5::/{name}: a chunk (cannot be decoded|has 99 bytes)"),
            ):
                everything(source)


def test_what_is_declared_must_lie_in_the_file(path):
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(10_000)
        offset = file["x"].id.get_offset()
    raw = path.read_bytes()
    at = raw.index(struct.pack("<QQ", offset, 80_000))
    path.write_bytes(raw[:at] + struct.pack("<QQ", len(raw) - 800, 80_000) + raw[at + 16 :])
    with (
        pytest.raises(DamagedSource, match=r"a\.h5.*(declares 80000 bytes, but 800 are stored|damaged)"),
        opened(path, "x"),
    ):
        pass


def test_a_cut_file_is_told(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=np.random.default_rng(0).random((100, 100)), chunks=(10, 10), compression="gzip")
    whole = path.read_bytes()
    for size in range(8, len(whole), len(whole) // 60):
        path.write_bytes(whole[:size])
        with pytest.raises(DamagedSource, match=r"a\.h5.*truncated|a\.h5.*damaged"), opened(path):
            pass


@pytest.mark.parametrize("filters", FILTERS[:3])
def test_a_file_that_changes_while_it_is_open_is_told(path, filters):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=np.arange(10_000).reshape(100, 100), chunks=(10, 10), **filters)
    with opened(path) as source:
        source.take((np.array([1]), np.array([1])))
        with path.open("r+b") as file:
            file.seek(0, 2)
            file.write(b"more")
        with pytest.raises(DamagedSource, match="has changed since it was opened; reload it"):
            source.take((np.array([1]), np.array([1])))


def test_a_file_that_is_removed_stays_readable(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=np.arange(10_000).reshape(100, 100), chunks=(10, 10), compression="gzip")
    with opened(path) as source:
        path.unlink()
        assert everything(source)[99, 99] == 9999


def test_a_file_that_is_written_again_is_read_anew(path):
    """HDF5 shares what it knows of a file that is opened twice; the newer one must not be read by the older's map."""
    for number in range(3):
        with h5py.File(path, "w") as file:
            file.create_dataset("x", data=np.full((50, 5 + number), number), chunks=(5, 5), compression="gzip")
        source = open_source(str(path), budget=BUDGET)
        np.testing.assert_array_equal(everything(source), np.full((50, 5 + number), number))
        still_open = source  # noqa: F841
    source.close()


def test_no_more_than_ten_thousand_members_are_listed(path):
    with h5py.File(path, "w", libver="latest") as file:
        for number in range(10_050):
            file.create_dataset(f"g{number % 3}/{number}", (2,), "u1")
    with opened(path) as source:
        assert len(source.info.members) == 10_000
        assert "more than 10000 members" in " ".join(source.info.notes)
    with opened(path, "/g2/9998") as source:
        assert source.info.shape == (2,)


def test_groups_in_groups_are_looked_into_to_a_depth(path):
    with h5py.File(path, "w") as file:
        group = file
        for _ in range(200):
            group = group.create_group("g")
            group["x"] = np.arange(2)
    with opened(path) as source:
        assert 60 < len(source.info.members) <= 64
        assert "left out" in " ".join(source.info.notes)
    with opened(path, "g/" * 200 + "x") as source:
        assert everything(source).tolist() == [0, 1]


def test_plugins_cannot_be_loaded(path):
    with h5py.File(path, "w") as file:
        properties = h5p.create(h5p.DATASET_CREATE)
        properties.set_chunk((4,))
        properties.set_filter(32013, h5z.FLAG_OPTIONAL, (1, 2))
        made = h5d.create(file.id, b"x", h5t.STD_U8LE, h5s.create_simple((8,)), properties)
        made.write_direct_chunk((0,), b"abcd")
    with (
        pytest.raises(UnsupportedSource, match=r"a\.h5.*filter 32013 \(zfp\), which is not read; rewrite it with"),
        opened(path),
    ):
        pass
    assert h5pl.size() == 0


# Decoders of plugins, held against what the plugins of hdf5plugin 7.1 have written: the filter, its settings, a chunk
# of 40 x 25 uint16 (values row * column).
PLUGINS = {
    "bitshuffle_lz4": (
        32008,
        (0, 4, 2, 256, 2),
        "00000000Nj000620002)^$Gw008~{~0RR9{RaFH506<k$6#xJLRaI3P0P_d{n3<WWs;V+GGXnqsfSH+@s;Vk8Gcy?g^9ld}0N~-_F*7rx"
        "rKP2+s!B^si<y}j4-XF+0Pqn20002~0m8$>!#T#u%*>2!k}WMQEvi+js;a6~t5j<s0Pzg~{sa621U~oy4-XHH<1x-LPRyAz%*@P~&1SM7"
        "0Pzd}008_4!2bd84-oJJKJdX0@ZrPo@bKXAc)%S10|Ef^1r7l49{~J60R9gE{sRF200I7h0~-Je0syaY008^|0RI61{~!PZ4*~$wPyhe`"
        "000000U`4W002-`RRsV5Kvh*000010RaF2008~{~0T}@E3aY9yGcyAK0Dzg9nX0NPGcz*)005YonW-57^9nOFqot*#s;Wv$ON*JA84nK+"
        "0002s;o&hE0PulnX_0J`Y-VQ0ILEk$hX?-v{{R300R92O!^6Wl#>vc0vL#8{MoUYJQfe*LDpjhgRjR70R8_00R;gBNt)!)KJjQVxhjWY*"
        "V~jE8%o)tgnas@0n3>Hmo6Tgh$;LK*zz2Td2Ym1YeDDGI@L}-q;qdVA;NkJW<MDvQ@d(F&{|A8o2Y~+rfd2si{{a970KfnN{s9C00SEj6"
        "5BQD%@Bjb^000~S06qW!egFXe04D%&{sRF12LS%f01pBH#!vtN0000000BSr3IIS=RTTgL099300000~RaF5108mv`1ppZU^ay~NnVG7p"
        "Dl;=P0001(nVG4osxmV(0~rAH393p<ON*JA84nK+0002s;o&heGoz)Yr5OP6v&@Wbk}WMQEvi+js;a6~t5j=gX_0J`Y-VQ0ILEk$howc^"
        "wxnd6WSPunW@cv0m@^ya7<U|x<Kf}K2S2!ffXS9^+crtkHqw@~w6wHnEu~RPt)*5fMYT$ms#Psj)$tgP<2a7vI2`9VILA0~&N*U?F~*oP"
        "hB<QvGiDBE<^dn@13&NsKi~&Hzz08o4?choJ^&v)2tIrmJa{m8`2HUN{67HvKLGeY0Qf%u@IL_XKLFrA0Kk6$z<&UM{{R320PzSw006)M"
        "0KfqNzykol2LQki0DvC=fIl1n4*~$CPyhe`000000W0td099300000~RaF5108mv`1poj*RaF%L02u)A3Mw-*GXMYpn3<WWs;V+GGXnqs"
        "fSH+@s;U_P@Cq3Z4-WtU0N~-_F*7rxrKP2+s!B^si<y}j0Pzq9{{a600002~0m8$>!#T#u%*>2!k}WMQEvi+jfBzf+@d*F`{sa621U~oy"
        "4-XHH<1x-LPRyAzDyjhh@d;E_RjI00Rh6owTBTa0R;yZTC8e~MOw0iQ@d=ojnK3h)VJ0)lY&Mh0WHOUYHa6KLaPR>D@Ce}H;lab>fycuE"
        "kH-TJhXWjrM>rnG0FVIi3jY8B{s98~0|xj54)6yY@CQ8L4|u>I_<tJ!^9TU{0Ra930Q?64{0{*59{~720PueR;Hv-+0sxRu0000000",
    ),
    "bitshuffle_zstd": (
        32008,
        (0, 4, 2, 0, 3, 3),
        "00000000Nj001BW0007vD77#BV9*8?6acm*iboL3IAa6>0r)@6su1?JGu@~C<p2tFZ4lb1X`qAN%hIXoPG#!NzLz_!PY7evVOjKOloe{d"
        "dr5EPsEMmR7lNLDu=&d)Q*{7=0C@l>1s^mhWH@BN8dzDDo>(>z*@$c}jIl*c0d9KLuV1-VYlcRefnbPA2!@Xj5EKkbYpt{Hx~|J0;wsD9"
        ">_R4!b+GC&#uK85ayo5jJ&vOW&l8=e>3LpAYf%)#|9YN<)-R$6%Q^oqkTb?FAZG`^%^CGSIi+86Mrj?w$z9ef8yhl0sWE2b!PrfR#bPm*"
        "o6(KNC`W{)Hk#FBR5dLXHKJIS6Qz#GC4qper1c@0l}O0d&D?v-&W&ld>Fxn|+m+<f|0^qG&3qiqdD>Dw6(n{Hc(4)#L9i56Eh-ldIT_>V"
        "5(AQYNokmj(m90FQGkGQ3L9imY*Wsr*Q)m6<<{`7x9gw&BS+w2G~!UPP}NjMAvG_7M~f#CMOeu|2lRj*M9IYk4>l9IB3#&zkZ2^*&WB`s"
        "k!&xC8!h4{3vV{^cAk5CY}9U(yG=Orgd<OGsM@c;>aqGSJ!s#<5*sN%I$%;`$JpVbR|2bf)&`-+>ACb*W&K}xP<Tw9BY(+T@+W@`6hyAD"
        "S>pDG+n$R;+!TOS?Z1XB@}IfUe<`Q_s_K98oBq!qaoPdWg4gG^JeQVYWi$&m8O?c`djwrotV$9lric>gCLEe@_;KXNncv;t4I?0+0t-m$"
        "4##o@c9Ujh-9{VqTc=5j4`~SzietXzOC*?dTE_N2(#)bVRuGt9YP1nbaRxycECAD(kwQ0vP|mfd)i%}@YHq#jI@VE*NCkqah;S<K",
    ),
    "blosc": (
        32001,
        (2, 2, 2, 2000, 5, 2, 1),
        "0s$lf&<6kj&<6kjBLe^c6aWAKR{{V4{|W#A08~{~0RR9{RaFH506<k$6#xJLRaI3P095}6n3<WWs;V+GGXnqsfSH+@s;Vk8Gcy?gRR0Iy"
        ";o&heGoz)YrK+k*OG}HHnHdic4;cVd{~!SV0m8$>!#T#u%*>2!k}WMQEvi+js;a6~t5j=gX_0J`Y-VQ0ILEk$hX?-v|1tnL080SyQULw~"
        "`~w6&_yG?O502w8&M{8RnKR7H%$Ut)vQ4rjN!mtBON&x!E!8Sjs;X70s;X2~tEyJ1R%@-KrKLsNwxnd6WSPunW@cv0m@^ya7<U|x<Kf}K"
        "2S2!ffPer0003nG4`cuV02lxO0s!$${0G4Q0q_qH@B=>Z!4L4^!|?F%;PH6CaXiLx9EWp^6Jv}q=FAz)%$dy0%$S+YFq_R}vdP9a$(C)~"
        "Hc8Sp(w4New6tg~rBO<)rB*6MwMvz$RV`K3DyphQ0r3V^RjI00Rh6owTBTa0R;yZTC8e~MdH@3g0QX`J0Pr6G{67Hx4*>oH0RI31{(u91"
        "zz2Td2Ym1YeDDGI@L}-q;qdVA;NkJW<MDvQ@d(H97>?sOj^j8S=QudWIC0K7VvI4ym@|esa|SbJ4rb;|%*@Qp%*>dXnK3h)VJ0)lY&Mh0"
        "WHOUYHa6KLd;kUl0PtCG008^|0RI61{{w*k2Y~+vfd2!4{{aC10RaC20RI31{s9C00SEj65BLEe@B=^a13%ygKfnh+fDb-^4?X}NJP1B~"
        "7(93|c=&Me@bK{P@ZjO$!NcQ$$HM`S#{&+B100S=I3CBa0000V0096I|4aw~02}}SJ^%oI008~~0RI61{sRF12LS#L0RA5U{67HvKLGeY"
        "0Qf%u@IL_XKLFrA0Kk6$z<&UM{{R60009300sa93`~wE~0}k*99PkG`;177fANT+O0Du4z4*~!T|0h5I0KfnMzyScj0|3AW0Kg9bfFA&W"
        "KL7xK009300RI61{sRE~2LSvJ0QesO_&)&fe*obBSO5<X0s#O2wom{70000",
    ),
    "blosc_zstd": (
        32001,
        (2, 2, 2, 2000, 5, 1, 5),
        "0s)Z%&<6kj&<6kjEd&4n6aWAK6$AhPD77#BV9*9#AOQ3{000330|W&I2M7rY3k(eo4-gR&6BHE|7Z?Bn1O^BS3=R+y6c!j793CJdBqk^-"
        "EG{qr0|p5U4-yp^8y+DfCn_y4Gd4LqKSD)F00amO5EK|3AS5U(Ff=$kKtxDPP*hl4U;qUQ4-^?5BPcC0H#|W`OHfr>Uu0=+b9ev-3=$X~"
        "Bq}gAJVHoLR9awWY;t&hgo=;=2M!e+BPuaCKSoVdTViQ&cYcM8lbWHZ00<BmASf_6KuAznU}$i7fQXQops298zyJvn8ze0@KS)tpV{CPP"
        "hme_~tF*nw&)5J86doutJVsDjWNvtZjFzCPw7$sF+~)8A3l<?PH$qKVV{UnbkD8^hyT;Mn=koms01Ox;Fg!?9U~G7VkesNrz|7d>@calA"
        "AOH;-Cp1A$TWEEHkDRHt!_eL8_XH6hD>wiS94a_QRAO*`jGCyn#M0pI{0bN*G(u1S4<0Q%OIm4ohnA(Z!_wjK{|+52J4#t-01zNBKu}<C"
        "fRLcDz|i3E01+ZHL{(;Yh?%Op%-!z)5Fs){RAqLDm;e$aHb`1*evqQH#@Ooo4j?i_R%m*Rp0EHDCOJ%Ba)p?yzR~3O3LP**R%v{XqP55X"
        "6ev7UWO$6Aw8-4>1Q;wpRA_vVq`1uB02L}fRB3*bsJ+tX{1GNQP-S|Lq`A)H_y86xLRfBuny|*)@(3O@N?>-3qPWiF`VasYE=62(ilMmA"
        "=KT~aLRoN!p0&*5`VlAq7%)g+c#x>T*zgD-I8bPSn6Sv;_z);S02wk%WPO&e$l>}EEJa>-kg3Ak^bICISO6L{PH2Lhw$SPX9yn5LhM>CC"
        "?g%10R&W3tHc@PcqP^Jj4k<)mdX=!t<^dcxQf-I;95_^PjHtxm{1`M)Y>1@5-1rnQOlX9l03AA4bdj#h=mjD_TzQtW(CrE*L}7lLxBwnJ"
        "T6mVU((n!}N@#|p!r=ZKI#_m;vd{n@K3#m9y4m;_HdS<!veEDlE=_EUs>$d8AV6S%pupe&Awpw>rN-w7DN1XMt<LWdF;a7swbu6-03t+Y"
        "h^ox)5HeJDn7Z8lAVOq@sLJdPFaRS)X^gMZ^%y%|fuzUk4KP!7nY`ZuB}f1yNNkX_*!&<wXpFGb_#8lFh^)}`7(8GAB}#9Ux!waPO>&pK"
        ";RY*Eb(+8A2`*E3047Xwn7-r+Fjjn`$nF$6V1}&H_#Q-RkN_u6b)3WM5jbClt<?J>NpP3G<qR`gfv5lh009930RaI40RaI40s;a80|NsC"
        "0|NsgpwZ2i|GyoOgLIo_2W^nz2xyU^xhpB8mmfuO0b|vcBa!v>j8IySQvT+jhMj;^|J&yqj&|@)0R",
    ),
    "lz4": (
        32004,
        (900,),
        "00000000Nj000Ao000A89{>RWAn^bH|3m=*0ssR51ONp91^@>D2mlEH3IGcL3;+!P4ge1T5C9PX5&#nb6aW<f762Cj7ytkO0ssU61^@^E"
        "3IGfM4ge4U5&#qc762Fk8UP#s9snQ!A^;=+CIBb^DgZ11E&wn9000931^@{F3;+)R5&#td7yugp9snT#BmgG>DgZ42FaR?EHUK#QJODoc"
        "LI6boNB{r;1ONyC3;+-S6aW|i8~`8yBmgJ?EC4V7GypgNJODrdL;y$tOaM>-Q~+22TmWDI000F53IGoP6aX0j9snZ%C;%-0G5|LKJODue"
        "MgU6yPykf`S^!@FWB_RZZUA!tcmMzZ1^^5I5&#$g9snc&DgZD5HUK;TLI6krP5@K@S^!`GW&mseasYS$egK33iU5!R000L74geJZ8~`H#"
        "DgZG6H~>EYMgUC!Q~+B5VgP9XZ~%7zegK64i~y4WngF2yr~m)}2mlZO7yuvuC;%`3H~>HZNB~d(SO8!EXaH~kcmRL^hyaiPm;j&vr~t44"
        "xB$Qa000R95&#<jBmgY{HUK{WNB~g)S^#4JYyfotegKC6kN}wgq5!J^v;e&T#sJR%*Z=?k3IG%U9sno+G5|aPMgUL%S^#7KZUA@yf&h#F"
        "mH?mtssOYAz5vJo(g555<^b>j000XB762gtEC4qELI6zwSO8-HZUA`zgaD5KngFE$umHON#sJX(+yLhQ@&Nq+2mt^93;-AaBmgh~JOD@l"
        "Q~+QAYyfxwgaD8LoB*f*v;e>W%mCN`<N)vh`~V066agRs000dD8UQB%Gyp*WP5@f~XaIEpf&h;IoB*i+wgAHb&;Z>4>Hzlu1OX8N9sw%>"
        "H~|0v4geegDgZbDMgUX*VgPUeegKRBngFN(wgAKc(g5H9?g0D%3IP}aCIK`7LIF?#000jF9sn%>JOE1oS^#MPcmRh0mH?#yv;e~Z(g5KA"
        "@Bse+4gnnjECD+KN&#5`XaN8K5C9+mFaSURPyk>6Z~%Y+kN}_numHdS&;Z~7@Bjb-5CI?oFabaTPyt{8Z~=e;000pHA^<Z0L;zI)W&n2p"
        "hya-YssOtH%mCd0?g0M)5CI_pG66#YQ~_lHb^(V0m;nF)1B3to5&$FsHULNfS^#VSegKdFq5!l2#sJs=>Hz!z4gnwmG66&ZRsm=MdI5|9"
        "o&m4{000vJCIC4AOaNa1asY(@m;kE)z5vkx<N)^o3IQDfFabjWRsm@Nd;yOEq5-u5$N>NV6aXjyJOEGtWB_;oi~yhjv;fEe+yL+Z1OXTU"
        "ECE0PQ~_uKd;yRFqye}A%mLs5000#LDgZwKQ~+rJegKmIr~thH(g5cG`~VRFCILGEPyuBDdI66Cqyf1B&H>{A_yGU_762>&LI79*ZUBS;"
        "ngFl>#sJ&^@&E_{9sx7~N&#R2b^(k5q5-%8&H>~B`T-CE000*NE&xRUTmW+biU6SixB$-p<^cTw6agy%LIGI;Z~=z_o&mK1%mL#8`T-FF"
        "C;|Wg7yvK;NC02}cmR+9r~tqK*Z}YV2mv4gH~~-rXaRr$m;tZ>$N}I1_yG_CC;~tN000>PG5|{eWB`2tmH@8+$N=F0`T!FFECEFUUIBLj"
        "kO8Ry!U5X>^Z^Y5CIUYKSONe58UQo^P5@{Cf&iQVwgAuo>Hq`*9sxK3QUPoMh5?`fx&hPy?g0n_A_6=DRswJW000{RHULooYygJ<q5!=B"
        "*Z}hY4go0vL;+s`dI6OIumQ^f<^cf$90E52QUYxPhynlr8~``~Q~+=Qi~y(r!~oy``~VmMGyzZnYypS?qyfMI+yVFj6ap{;Oaf>EgaV)f"
        "0012TIsjJybO4b6t^msb=l}%)A^|@ETmg9jmI1Q?&;jiM3IZnrL;_&~egc~UxB>tG9soQ5S^#(emH@N>(g5%P4go9yN&#pAh5@7j!U5m`"
        "{s9~UIs#Y%b^??FvI5Wo0018VJ^)<+d;psOx&YY#_y89HHUU)ubODnAvH{Tn@Bt43E&@#gYyyh{sshOZ=mG!$AOJuBU;uyspa8%C-~a#t"
        "AOS!DU;%&upaH-E-~j*vAOb)FU;=;wpaQ@G-~s>x001EXLI7g`gaD-g#sKF42mvVpN&#yDi~+3y&H?WM5CSm*QUY@VlmfK^)&lne7y|$R"
        "A^=1HW&nr)ssPLY?f?)0G67Tpb^(|Hx&hn){sABYLIPw0h61Pp$^z^H4g)X)001KZMgVC5i~z3y(g5`U7y&y0UIBptqyfhP>H!S`FalEo"
        "b^@6KyaL|>0s|!jNCN->0LTCUBmhVNYygk|v;f!u`~V;UL;+|4i~+C#)B*Sb90EWBWCDl+tOC#i^a2<IJOf|@001QbN&s&FlmNK^-T(su"
        "C;?3YasihCyaC|>1_CPrPy%%VngYK9<N^r;E(22ocmn_cCICzTasZeBz5wI^3IQ+yRsnngq5;SO?g116Is#w<h61bt(gOGb9s@)JY6Fl1"
        "001WdP5^ZPoB+cB>HrY|I00V)h5@Ys)B*beA_7SQZ~~VCz5?X}3<EO*S_6Rtr~?",
    ),
    "zstd": (
        32015,
        (19,),
        "D77#BV9*9lDgb&(^bS2xq)LVZlb|w7ONI+gKyiZnRr;ojSBKWRjq{xhd>oybg*I;1<C=_yyWW3rtYPNMKSQ=G6DBc>;$+Jd$N<>@>i|3b"
        "d#-bv&m6dxsq7@LE{2FRumn@x^bamL;NO0F-)#qX5_uFeUS#^OJmn`Rd2b>-o`dlUwmXz9fq~Uf3;6psGTuSxmV3s@wnLziEyh)Rdg-@2"
        "$2X4qZMRii0>mBGP~i!KF*pzv;7`tC6t|6hE$w63V_$n2$EsS2X#l_497g+Wvn@<E1uzF%39O=;Ub_6n4*P2ed)+nHTN}?BYXnzRP)<wp"
        "FK*zgt**MjR8K8+)KC-n=>a?4G}8iJI=}!fpZ8u@ecv=psg$oj8n;2gqYcsc(e3uy7Vf&h7qC*gS05&tW|Xuia4Pr7sZB=p^=n>tR7Tsn"
        "p%bcAslz#0^ycx5OPn@^x1PG|T$9I&N%g|Pzx(EpAB{`FHAO!ZL%*t^P*)1H#!6ls2(YLxvS=M^SBrHzyl_0Txw1FcRyKsOhWeH@LbEzm"
        "06+TBezx<P#f*ioZp9(S5KO?>DoKWO0;Ak#msHz~>*7yerYF7VLU+no;p-8DZL}-=wboY;_z@>G;dp*Cngh@B-%Q?n$aZf?Gq0)_CRQo6"
        "unOE4VxZkBHaqL5;Dj=R%oj6lI+#vPR67MzChbucJ?mBjY-l-m8Ob_6@r4!q{F`_aZmvzSS=Gc6c2EylES$~Wb7f=cO&fE>tT3@=OQ>>|"
        "xIJKWCQn3yxoKjW&8^AQ!{#ZO{<TQuIwI?kn4`drjR3_wn_ZJY8?{f>6bp~KD2D<=I*=D2APyX*3IXqsM#RCs?bM21b4pN{yc7{yMM%&H"
        "i#Z&&fuB-^R71hN<QNknAl^4dG1^~WeG@CFbUKDl28O9ZXOhI-24SmjVdqq^RoVx4EFw-Axc4@4vjgRoQb?(yq)<N1K@-hv;$dzz5*N3r"
        "HFXZY>?>)MX=T<-oOp^{IHY32X+yv1Uc1Y#BvFQyP1A6unNMcjM9v6vsex*yO-fg`dbRw|V^%VbKinW$nl;)o^^S>vaK=4-%W-|FRyHW-"
        "1T@V|CnToWp}G-*!I78uj=RGQz7#8=CZZW<UYSMa+eDj2Lccbt53{V7_EvE|ntEoKsbuDuBc=pJTxvWhbQ`>5jJDR7&%!x)H<QMB3;&Wm"
        "K6rQBXlTNjS>}-`H`!*`j4ER9^h=XeM@y8f22PyMWQOvOTb$tqcIKC<WbO!o1E>*D1}&IC;v`g>f}{f>2tmSAuJ_{K|NlP&eY*Jf3-zH)"
        "^s#7^r=Xq1nz}jlkFO{5yk6lGRc6ZVx%d~4y9JXa-hZ8Wy`yWOeUDh=C(gtvX?Xgo%FPYYVHf*N*_%bb!;WO}jZLabjy#?7*Jd5}k6ZN8"
        "-@0bst1L5RY(>(3!BrJbk~_Ox`n%u`&ss&P6l=FZ&O>)a*2BBxd*@!)wKg?r?kS5kL6uCYOCB?lE2k&tno?$ANJjmE^Rb<uFyGW?dxDOJ"
        "i#bg&&lD=2AnRPpQ#7A2AEq|mQ9LiR$;~l{@#Tj+;`7PooGBb}(b)1vh8__NA}bR9-=;~LXONGS6xSk8Oqj3ozRTDTK8*QfbEbH6)I6#4"
        "4D$F?73Z^|-FusvU_Koa@3%%f(}}B>KW{$Ce0Y594-FohP1u$7;%+Wlix871^tirwvk|k-aKhR4OWQ^*KAn?h3qFYPdHP9DvCtOp#@YGu"
        "S=w6rZ6AlN&|-44o2dDr1#AH",
    ),
}


@pytest.mark.parametrize("name", PLUGINS)
def test_filters_of_plugins_are_undone(path, name):
    number, values, chunk = PLUGINS[name]
    with h5py.File(path, "w") as file:
        properties = h5p.create(h5p.DATASET_CREATE)
        properties.set_chunk((40, 25))
        properties.set_filter(number, h5z.FLAG_OPTIONAL, values)
        made = h5d.create(file.id, b"x", h5t.STD_U16LE, h5s.create_simple((40, 25)), properties)
        made.write_direct_chunk((0, 0), base64.b85decode(chunk))
    with opened(path) as source:
        np.testing.assert_array_equal(everything(source), np.outer(np.arange(40), np.arange(25)))
    raw = base64.b85decode(chunk)
    for at in range(0, len(raw), 5):
        with h5py.File(path, "a") as file:
            file["x"].id.write_direct_chunk((0, 0), raw[:at] + bytes([raw[at] ^ 255]) + raw[at + 1 :])
        with opened(path) as source, suppress(DamagedSource):
            assert everything(source).shape == (40, 25)


# Files of Keras, as data


def test_weights_of_keras_open_as_data(tmp_path):
    with h5py.File(tmp_path / "model.weights.h5", "w") as file:
        file["layers/conv2d/vars/0"] = np.ones((3, 3, 1, 2), "f4")
        file["layers/conv2d/vars/1"] = np.zeros(2, "f4")
        file["optimizer/vars/0"] = np.int64(3)
    with opened(tmp_path / "model.weights.h5") as source:
        assert source.info.member == "/layers/conv2d/vars/0"
        assert [member.readable for member in source.info.members] == [True, True, False]


def test_hdf5_named_npy_is_read_as_what_it_is(tmp_path):
    with h5py.File(tmp_path / "a.npy", "w") as file:
        file["x"] = np.arange(3)
    with opened(tmp_path / "a.npy") as source:
        assert source.info.format == "HDF5"
