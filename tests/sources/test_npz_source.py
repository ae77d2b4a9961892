from __future__ import annotations

import pickle
import struct
import warnings
import zipfile
import zlib

import numpy as np
import pytest

from padviewer.errors import DamagedSource, OversizedSource, SourceError, UnsupportedSource
from padviewer.sources import open_source

BUDGET = 2**20


def everything(source):
    return source.take(tuple(np.arange(size) for size in source.info.shape))


def names(source):
    return [member.name for member in source.info.members]


def npy_bytes(array, tmp_path):
    np.save(tmp_path / "member.npy", array)
    return (tmp_path / "member.npy").read_bytes()


def archive(path, members, method=zipfile.ZIP_DEFLATED):
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", method) as file:
        warnings.simplefilter("ignore")  # of names that occur twice
        for name, content in members:
            file.writestr(name, content)
    return str(path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_members_equal_numpys(tmp_path, save):
    arrays = {"first": np.arange(12.0).reshape(3, 4), "second": np.asfortranarray(np.ones((2, 3, 4), ">i2"))}
    save(tmp_path / "a.npz", **arrays)
    for name in (None, "first", "second", "second.npy"):
        with open_source(str(tmp_path / "a.npz"), name, budget=BUDGET) as source:
            key = (name or "first").removesuffix(".npy")
            np.testing.assert_array_equal(everything(source), arrays[key])
            assert everything(source).dtype.isnative
            assert (source.info.member, names(source)) == (key, ["first", "second"])
            assert source.info.format == ".npz"


def test_the_first_member_that_can_be_read_is_taken(tmp_path):
    np.savez(tmp_path / "a.npz", text=np.array(["x"]), good=np.arange(3), scalar=np.array(1))
    with open_source(str(tmp_path / "a.npz"), budget=BUDGET) as source:
        assert source.info.member == "good"
        assert names(source) == ["text", "good", "scalar"]


def test_a_wrong_member_lists_the_right_ones(tmp_path):
    np.savez(tmp_path / "a.npz", **{f"m{i}": np.arange(3) for i in range(20)})
    with pytest.raises(UnsupportedSource, match=r"no member 'x'; it has m0, m1, .* and 8 more"):
        open_source(str(tmp_path / "a.npz"), "x", budget=BUDGET)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("Weights/Kernel", "weights/kernel"), ("kernel", "weights/kernel"), ("weight/kernl", "weights/kernel")],
)
def test_a_wrong_member_suggests_what_was_meant(tmp_path, asked, meant):
    np.savez(tmp_path / "a.npz", **{"weights/kernel": np.arange(3), "other": np.arange(3)})
    with pytest.raises(UnsupportedSource, match=rf"no member .*; did you mean '{meant}'\?"):
        open_source(str(tmp_path / "a.npz"), asked, budget=BUDGET)


def test_members_are_described_and_those_that_cannot_be_opened_say_why(tmp_path):
    good = npy_bytes(np.zeros((64, 32), ">f4"), tmp_path)
    members = [("text.npy", npy_bytes(np.array(["x"]), tmp_path)), ("good.npy", good), ("cut.npy", good[:200])]
    with open_source(archive(tmp_path / "a.npz", members), budget=BUDGET) as source:
        text, good_one, cut = source.info.members
        assert (good_one.described, good_one.readable) == ("float32 64 x 32", True)
        assert not text.readable
        assert text.described.startswith("holds text")
        assert not cut.readable
        assert "8192 bytes" in cut.described
        assert source.info.member == "good"


def test_a_damaged_member_does_not_keep_the_others_from_being_opened(tmp_path):
    content = npy_bytes(np.arange(50), tmp_path)
    path = tmp_path / "a.npz"
    archive(path, [("bad.npy", content), ("good.npy", content)])
    raw = bytearray(path.read_bytes())
    raw[0:4] = b"PK\5\6"  # the local header of the first
    path.write_bytes(bytes(raw))
    with open_source(str(path), budget=BUDGET) as source:
        assert source.info.member == "good"
        assert [member.readable for member in source.info.members] == [False, True]


def test_more_members_than_are_listed(tmp_path):
    content = npy_bytes(np.arange(3), tmp_path)
    path = archive(tmp_path / "a.npz", [("x.npy", content)] * 10_050, zipfile.ZIP_STORED)
    with open_source(path, "x (10020)", budget=BUDGET) as source:
        assert len(source.info.members) == 10_000
        assert len(set(source.info.members)) == 10_000
        assert source.info.notes == ("50 of 10050 members not listed; name one by ::",)
        assert everything(source).tolist() == [0, 1, 2]


def test_empty_arrays(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.empty((0, 4)))
    with open_source(str(tmp_path / "a.npz"), budget=BUDGET) as source:
        assert everything(source).shape == (0, 4)


def test_a_bomb_is_refused_by_its_declared_size(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros(2**23, np.uint8))
    assert (tmp_path / "a.npz").stat().st_size < 10_000
    with pytest.raises(OversizedSource, match=r"8\.0 MiB in memory, more than the budget of 1\.0 MiB"):
        open_source(str(tmp_path / "a.npz"), budget=BUDGET)


def test_a_header_that_declares_more_than_the_archive_holds(tmp_path):
    content = npy_bytes(np.zeros(1000), tmp_path)
    path = archive(tmp_path / "a.npz", [("x.npy", content[:-8])])
    with pytest.raises(DamagedSource, match=r"declares 8000 bytes.*7992 are stored"):
        open_source(path, budget=BUDGET)


def test_an_archive_that_declares_more_than_it_inflates_to(tmp_path):
    content = npy_bytes(np.zeros(1000), tmp_path)
    path = tmp_path / "a.npz"
    archive(path, [("x.npy", content[:-8])])
    raw = path.read_bytes()
    path.write_bytes(raw.replace(struct.pack("<I", len(content) - 8), struct.pack("<I", len(content))))
    with pytest.raises(DamagedSource):
        open_source(str(path), budget=BUDGET)


def test_names_that_occur_twice_are_told_apart(tmp_path):
    members = [("x.npy", npy_bytes(np.full(2, i), tmp_path)) for i in range(3)]
    path = archive(tmp_path / "a.npz", members)
    for i, name in enumerate(["x", "x (2)", "x (3)"]):
        with open_source(path, name, budget=BUDGET) as source:
            assert names(source) == ["x", "x (2)", "x (3)"]
            assert everything(source).tolist() == [i, i]


def test_names_are_never_paths(tmp_path):
    np.save(tmp_path / "outside.npy", np.full(3, 66))
    (tmp_path / "in").mkdir()
    path = archive(tmp_path / "in" / "a.npz", [("../outside.npy", npy_bytes(np.arange(2), tmp_path))])
    with open_source(path, "../outside", budget=BUDGET) as source:
        assert everything(source).tolist() == [0, 1]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_member_is_named_and_refused(tmp_path, protocol):
    path = archive(tmp_path / "a.npz", [("x.npy", pickle.dumps([1, 2], protocol))])
    with pytest.raises(UnsupportedSource, match="is a pickle") as caught:
        open_source(path, budget=BUDGET)
    assert "allow_pickle" not in str(caught.value)


def test_objects_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([print], object))
    with pytest.raises(UnsupportedSource, match="Python objects"):
        open_source(str(tmp_path / "a.npz"), budget=BUDGET)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_without_a_bound_are_refused(tmp_path, method):
    path = archive(tmp_path / "a.npz", [("x.npy", npy_bytes(np.zeros(9), tmp_path))], method)
    with pytest.raises(UnsupportedSource, match="zip method"):
        open_source(path, budget=BUDGET)


@pytest.mark.parametrize("members", [[], [("word/document.xml", b"<x/>")]])
def test_other_zip_archives(tmp_path, members):
    with pytest.raises(UnsupportedSource, match=r"without \.npy members"):
        open_source(archive(tmp_path / "a.npz", members), budget=BUDGET)


def test_a_wrong_checksum_is_noticed(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.arange(100, dtype=np.uint8))
    raw = bytearray(path.read_bytes())
    at = raw.index(bytes(range(50, 90)))
    raw[at] ^= 1
    path.write_bytes(bytes(raw))
    with pytest.raises(DamagedSource, match="CRC"):
        open_source(str(path), budget=BUDGET)


def test_every_truncation_is_a_clear_error(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=np.arange(50), y=np.arange(3))
    whole = (tmp_path / "a.npz").read_bytes()
    for size in range(1, len(whole), 7):
        (tmp_path / "b.npz").write_bytes(whole[:size])
        with pytest.raises(SourceError):
            open_source(str(tmp_path / "b.npz"), budget=BUDGET)


def test_stored_members_may_exceed_the_budget(tmp_path):
    arrays = {"a": np.arange(2**18, dtype=">f8").reshape(512, 512), "b": np.asfortranarray(np.ones((3, 4, 5), "u2"))}
    np.savez(tmp_path / "a.npz", **arrays)
    for name, array in arrays.items():
        with open_source(str(tmp_path / "a.npz"), name, budget=2**10) as source:
            indices = tuple(np.arange(size)[::-2] for size in array.shape)
            np.testing.assert_array_equal(source.take(indices), array[np.ix_(*indices)])


def test_members_behind_other_data_and_behind_long_headers(tmp_path):
    """An archive may follow other data, and the local header of a member may hold what the directory does not."""
    content = npy_bytes(np.arange(300, dtype="<u2"), tmp_path)
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("other.txt", b"text")
        with file.open("x.npy", "w", force_zip64=True) as member:
            member.write(content)
    local = path.read_bytes().rindex(b"PK\3\4")
    assert struct.unpack_from("<H", path.read_bytes(), local + 28)[0] == 20  # bytes of its zip64 field
    path.write_bytes(b"PK\3\4" + bytes(1000) + path.read_bytes())
    with open_source(str(path), budget=BUDGET) as source:
        np.testing.assert_array_equal(everything(source), np.arange(300))


def huge(path, size, checksum, stored=None):
    """Writes an archive of one stored member of zeros, as a sparse file."""
    header = np.lib.format.magic(1, 0) + struct.pack("<H", 118)
    header += f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({size}, ), }}".encode().ljust(117) + b"\n"
    count = len(header) + size
    sizes = struct.pack("<3I2H", checksum, count, count, 5, 0)
    with path.open("wb") as file:
        file.write(b"PK\3\4" + struct.pack("<5H", 20, 0, 0, 0, 0) + sizes + b"x.npy" + header)
        file.truncate(file.tell() + (size if stored is None else stored))
        start = file.seek(0, 2)
        entry = b"PK\1\2" + struct.pack("<6H", 20, 20, 0, 0, 0, 0) + sizes + struct.pack("<3H2I", 0, 0, 0, 0, 0)
        file.write(entry + b"x.npy")
        file.write(b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 1, 1, len(entry) + 5, start, 0))
    return zlib.crc32(header)


def test_the_checksum_of_a_huge_member_is_not_compared(tmp_path, peak_memory):
    huge(tmp_path / "a.npz", 3 * 2**30, 12345)
    with peak_memory(2**24), open_source(str(tmp_path / "a.npz"), budget=BUDGET) as source:
        assert source.info.notes == ("checksum not compared, the member is larger than 256 MiB",)
        assert not source.take((np.arange(2**20, 3 * 2**30, 2**24),)).any()


def test_the_checksum_of_a_large_member_is_compared_piece_by_piece(tmp_path, peak_memory):
    size = 2**25 + 7
    checksum = zlib.crc32(bytes(size), huge(tmp_path / "a.npz", size, 0))
    with pytest.raises(DamagedSource, match="CRC"):
        open_source(str(tmp_path / "a.npz"), budget=BUDGET)
    huge(tmp_path / "a.npz", size, checksum)
    with peak_memory(2**23), open_source(str(tmp_path / "a.npz"), budget=BUDGET) as source:
        assert source.info.notes == ()


def test_a_stored_member_that_does_not_lie_in_the_file(tmp_path):
    huge(tmp_path / "a.npz", 2**25, 0, stored=2**10)
    with pytest.raises(DamagedSource, match=r"a\.npz"):
        open_source(str(tmp_path / "a.npz"), budget=BUDGET)
