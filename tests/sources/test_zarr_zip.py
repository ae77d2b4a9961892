"""Zarrs in zip archives: what the `zarr` library writes, folders that people zipped, and archives that lie."""

from __future__ import annotations

import io
import os
import struct
import time
import warnings
import zipfile
from contextlib import suppress

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarrs import BUDGET, create, everything, numbers, read, same, write_2, write_3

from padviewer.errors import DamagedSource, OversizedSource, SourceError, UnsupportedSource
from padviewer.sources import open_source


def zipped(folder, path, method=zipfile.ZIP_STORED, prefix=""):
    with zipfile.ZipFile(path, "w", method) as archive:
        for file in sorted(folder.rglob("*"), reverse=True):
            if file.is_file():
                archive.write(file, f"{prefix}{file.relative_to(folder)}")
    return path


@pytest.mark.parametrize("version", [2, 3])
def test_what_the_library_writes(tmp_path, version):
    array = numbers((20, 30), "float32")
    with warnings.catch_warnings(), zarr.storage.ZipStore(tmp_path / "a.zarr.zip", mode="w") as store:
        warnings.simplefilter("ignore")
        root = zarr.create_group(store, zarr_format=version)
        root.create_array("x/y", data=array, chunks=(7, 8))
    with open_source(str(tmp_path / "a.zarr.zip"), budget=BUDGET) as source:
        assert (source.info.member, source.info.format) == ("/x/y", f"Zarr {version}")
        assert same(everything(source), array)
        indices = (np.array([19, 0, 7]), np.array([3, 3]))
        assert same(source.take(indices), array[np.ix_(*indices)])


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("prefix", ["", "a.zarr/"])
@pytest.mark.parametrize("layout", ["shards", "large and plain", "points"])
def test_a_folder_that_was_zipped(tmp_path, method, prefix, layout):
    array = numbers((600, 900), "uint8")
    options = {
        "shards": {"chunks": (100, 100), "shards": (300, 300)},
        "large and plain": {"chunks": (600, 900), "compressors": None},
        "points": {"chunks": (100, 300), "chunk_key_encoding": {"name": "default", "separator": "."}},
    }
    create(tmp_path / "a.zarr", data=array, **options[layout])
    path = zipped(tmp_path / "a.zarr", tmp_path / "any.zip", method, prefix)
    assert same(read(path), array)


def test_arrays_of_numpy_stay_what_they_are(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.arange(3))
    assert read(tmp_path / "a.npz").tolist() == [0, 1, 2]


def test_names_that_lead_elsewhere_are_left_out(tmp_path):
    write_2(tmp_path / "a.zarr", {"0": b"\1\2\3\4"})
    path = zipped(tmp_path / "a.zarr", tmp_path / "a.zip")
    with zipfile.ZipFile(path, "a") as archive:
        for name in ("../0", "/0", "0/x", "./.zarray", "a//b", ".zarray/more", "c\\d"):
            archive.writestr(name, b"\7\7\7\7")
    assert read(path).tolist() == [1, 2, 3, 4]


def test_a_member_that_inflates_beyond_the_budget(tmp_path, peak_memory):
    write_2(tmp_path / "a.zarr", {"0": b""}, shape=[1 << 28], chunks=[1 << 28])
    (tmp_path / "a.zarr" / "0").unlink()
    path = zipped(tmp_path / "a.zarr", tmp_path / "a.zip")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("0", "w", force_zip64=True) as file:
        for _part in range(256):
            file.write(bytes(1 << 20))
    with (
        peak_memory(64 << 20),
        open_source(str(path), budget=BUDGET) as source,
        pytest.raises(OversizedSource, match="256 MiB in memory"),
    ):
        source.take((np.arange(3),))


def test_a_member_that_holds_more_than_it_declares(tmp_path):
    write_2(tmp_path / "a.zarr", {"0": bytes(100_000)}, shape=[100_000], chunks=[100_000])
    path = zipped(tmp_path / "a.zarr", tmp_path / "a.zip", zipfile.ZIP_DEFLATED)
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 100_000), struct.pack("<I", 50_000)))
    with pytest.raises(DamagedSource, match=r"more or less than the 50000 bytes|50000 bytes, and should have 100000"):
        read(path)


def test_a_chunk_whose_checksum_is_wrong(tmp_path):
    write_2(tmp_path / "a.zarr", {"0": b"\1\2\3\4"})
    path = zipped(tmp_path / "a.zarr", tmp_path / "a.zip")
    path.write_bytes(path.read_bytes().replace(b"\1\2\3\4", b"\1\2\3\5"))
    with pytest.raises(DamagedSource, match=r"a\.zip/0: the checksum \(CRC-32\)"):
        read(path)


def test_other_compressions_are_refused(tmp_path):
    write_2(tmp_path / "a.zarr", {"0": b"\1\2\3\4"})
    with pytest.raises(UnsupportedSource, match="not compressed by deflate"):
        read(zipped(tmp_path / "a.zarr", tmp_path / "a.zip", zipfile.ZIP_LZMA))


def test_an_archive_that_changes_is_told(tmp_path):
    write_3(tmp_path / "a.zarr", {"c/0": b"\1\2\3\4"})
    path = zipped(tmp_path / "a.zarr", tmp_path / "a.zip")
    os.utime(path, (1e9, 1e9))
    with open_source(str(path), budget=BUDGET) as source:
        os.utime(path, (time.time(), time.time()))
        with pytest.raises(DamagedSource, match=r"reload it \(F5\)"):
            everything(source)


def test_the_archive_is_closed(tmp_path):
    write_3(tmp_path / "a.zarr", {"c/0": b"\1\2\3\4"})
    path = zipped(tmp_path / "a.zarr", tmp_path / "a.zip")
    bad = zipped(write_3(tmp_path / "b.zarr", data_type=5), tmp_path / "b.zip")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    read(path)
    with suppress(SourceError):
        read(bad)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_damaged_in_any_way(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("z")
    create(folder / "a.zarr", data=numbers((6, 7), "int16"), chunks=(4, 4))
    method = data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    content = bytearray(zipped(folder / "a.zarr", folder / "a.zip", method).read_bytes())
    for _place in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (folder / "a.zip").write_bytes(content)
    with suppress(SourceError):
        assert read(folder / "a.zip").ndim


def test_an_archive_of_neither(tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a/b/zarr.json", "{}")
        archive.writestr("c.txt", "text")
    (tmp_path / "a.zip").write_bytes(content.getvalue())
    with pytest.raises(UnsupportedSource, match=r"a zip archive without \.npy members"):
        read(tmp_path / "a.zip")
