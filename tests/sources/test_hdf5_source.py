from __future__ import annotations

from contextlib import contextmanager

import h5py
import numpy as np
import pytest
from h5py import h5d, h5p, h5s, h5t
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from padviewer.errors import UnsupportedSource
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
    with opened(path, name, data.draw(st.sampled_from([2**13, BUDGET]))) as source:
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
    with opened(path, budget=2**13) as source:
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
