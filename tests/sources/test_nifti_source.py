from __future__ import annotations

import gzip

import nibabel
import numpy as np
import pytest
from opening import assert_regions, everything, peak_of, refused

from padviewer.errors import DamagedSource, OversizedSource, UnsupportedSource

DTYPES = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", "c8", "c16"]
AFFINE = np.array([[0, -2, 0, 10], [3, 0, 0, -20], [0, 0, 4, 5.5], [0, 0, 0, 1]])


def image(array, kind=nibabel.Nifti1Image, slope=None, intercept=0):
    made = kind(array, AFFINE, dtype=array.dtype)
    if slope is not None:
        made.header.set_slope_inter(slope, intercept)
    return made


def numbers(*shape, dtype="i2"):
    found = np.random.default_rng(1).integers(0, 100, shape).astype(dtype)
    return found + found * 1j if np.dtype(dtype).kind == "c" else found


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.nii"
    nibabel.save(image(numbers(6, 5, 4)), path)
    return path


def rewritten(path, **fields):
    """Changes fields of the header in place."""
    data = bytearray(path.read_bytes())
    header = nibabel.Nifti1Header(bytes(data[:348]), check=False)
    for name, value in fields.items():
        header[name] = value
    data[:348] = header.binaryblock
    path.write_bytes(data)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_stored_numbers_keep_their_dtype(tmp_path, dtype, order, suffix):
    array = numbers(5, 4, 3, dtype=dtype)
    path = tmp_path / f"a{suffix}"
    made = image(array)
    header = made.header.as_byteswapped(order)
    nibabel.save(nibabel.Nifti1Image(array, AFFINE, header, dtype=array.dtype), path)
    info = assert_regions(path, np.asanyarray(nibabel.load(path).dataobj))
    assert (info.dtype, info.format) == (array.dtype.name, "NIfTI")
    assert info.decoded == (suffix == ".nii.gz")


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((7,), "T"),
        ((7, 6), "WH"),
        ((7, 6, 5), "WHD"),
        ((7, 6, 1), "WHC"),
        ((7, 6, 5, 4), "WHDB"),
        ((7, 6, 1, 4), "WHCB"),
        ((7, 6, 5, 1, 3), "WHDBC"),
        ((7, 6, 5, 2, 3, 1, 1), "WHDBC"),
    ],
)
def test_axes_are_those_of_the_file(tmp_path, kind, shape, axes):
    path = tmp_path / "a.nii"
    array = numbers(*shape)
    nibabel.save(image(array, kind), path)
    info = assert_regions(path, array.reshape(shape[:5]))
    assert info.axes == axes
    assert info.notes[0] == f"axes {', '.join('xyztu'[: len(axes)])} as in the file"
    assert ("2 last axes of size 1 left out" in info.notes) == (len(shape) == 7)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_scaling_is_that_of_nibabel(tmp_path, suffix, dtype):
    path = tmp_path / f"a{suffix}"
    made = image(numbers(5, 4, 3, dtype=dtype))
    made.header.set_slope_inter(0.37, -12)
    # Saving scales anew: the fields are put in afterwards.
    data = bytearray(image(numbers(5, 4, 3, dtype=dtype)).to_bytes())
    header = nibabel.Nifti1Header(bytes(data[:348]))
    header["scl_slope"], header["scl_inter"] = 0.37, -12
    data[:348] = header.binaryblock
    path.write_bytes(gzip.compress(data) if suffix == ".nii.gz" else data)
    found, info = everything(path)
    small = dtype in ("i1", "u1", "i2", "u2", "f4")
    assert info.dtype == (numbers(1, dtype=dtype).dtype.name if dtype[0] == "c" else "float32" if small else "float64")
    wanted = np.asanyarray(nibabel.load(path).dataobj)
    np.testing.assert_array_equal(found, wanted.astype(info.dtype))
    assert_regions(path, found)
    assert info.notes[-1] == f"scaled: stored x 0.370000005 - 12, as {info.dtype} (scl_slope, scl_inter)"


def test_numbers_that_float32_would_merge_become_float64(tmp_path):
    path = tmp_path / "a.nii"
    path.write_bytes(image(numbers(5, 4)).to_bytes())
    rewritten(path, scl_slope=1e-4, scl_inter=1e6)
    found, info = everything(path)
    assert info.dtype == "float64"
    assert len(np.unique(found)) == len(np.unique(numbers(5, 4)))


@pytest.mark.parametrize("slope", [0, np.nan, np.inf])
def test_slopes_that_mean_nothing(scan, slope):
    rewritten(scan, scl_slope=slope, scl_inter=3)
    found, info = everything(scan)
    np.testing.assert_array_equal(found, numbers(6, 5, 4))
    assert ("numbers as stored" in info.notes[-1]) == (slope != 0)


def test_an_intercept_that_is_no_number(scan):
    rewritten(scan, scl_slope=2, scl_inter=np.nan)
    assert "scl_inter" in refused(scan, DamagedSource)


@pytest.mark.parametrize("bands", ["RGB", "RGBA"])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_colours_become_channels(tmp_path, bands, suffix):
    path = tmp_path / f"a{suffix}"
    array = numbers(5, 4, 3, len(bands), dtype="u1")
    records = array.view([(band, "u1") for band in bands])[..., 0]
    nibabel.save(nibabel.Nifti1Image(records, AFFINE), path)
    info = assert_regions(path, array)
    assert (info.axes, info.dtype) == ("WHDC", "uint8")
    assert f"{bands} in {8 * len(bands)} bits -> channels" in info.notes


def test_the_place_in_space(scan):
    _found, info = everything(scan)
    np.testing.assert_allclose(np.reshape(info.affine, (4, 4)), AFFINE)
    rewritten(scan, sform_code=0, qform_code=1, quatern_b=9, quatern_c=9)
    _found, info = everything(scan)
    assert info.affine is None
    assert "the orientation in the header makes no sense and is left out" in info.notes


def test_nibabels_own_examples_of_extensions(tmp_path):
    made = image(numbers(3, 4, 5))
    made.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"a remark" * 9))
    nibabel.save(made, tmp_path / "a.nii")
    assert_regions(tmp_path / "a.nii", numbers(3, 4, 5))


# ---- hostile and damaged


def test_a_pair_of_files_is_refused_by_name(tmp_path):
    nibabel.save(nibabel.Nifti1Pair(numbers(3, 4), AFFINE), tmp_path / "a.hdr")
    assert "in another file (.img), which is not opened" in refused(tmp_path / "a.hdr", UnsupportedSource, "pair")
    nibabel.save(nibabel.AnalyzeImage(numbers(3, 4), None), tmp_path / "b.hdr")
    refused(tmp_path / "b.hdr", UnsupportedSource, "an Analyze header")


@pytest.mark.parametrize("code", [1, 1536, 2048, 99])
def test_datatypes_that_are_not_read(scan, code):
    rewritten(scan, datatype=code)
    assert f"datatype {code}" in refused(scan, UnsupportedSource)


@pytest.mark.parametrize("offset", [0, -1, 347, np.nan, np.inf])
def test_an_offset_into_the_header(scan, offset):
    rewritten(scan, vox_offset=offset)
    assert "vox_offset" in refused(scan, DamagedSource)


@pytest.mark.parametrize("offset", [400, 1e15])
def test_an_offset_beyond_the_file(scan, offset):
    rewritten(scan, vox_offset=offset)
    assert f"the file has {scan.stat().st_size} bytes" in refused(scan, DamagedSource)


@pytest.mark.parametrize(
    "dim",
    [[3, -6, 5, 4, 1, 1, 1, 1], [0, 6, 5, 4, 1, 1, 1, 1], [8, 6, 5, 4, 1, 1, 1, 1], [-3, 6, 5, 4, 1, 1, 1, 1]],
)
def test_dims_that_no_array_has(scan, dim):
    rewritten(scan, dim=dim)
    refused(scan, DamagedSource, "dim")


def test_too_many_axes(tmp_path):
    nibabel.save(image(numbers(1, 2, 1, 2, 1, 2)), tmp_path / "a.nii")
    refused(tmp_path / "a.nii", UnsupportedSource, "rank 6")


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_header_that_declares_more_than_the_file_holds(scan, suffix):
    small = scan.with_name(f"small{suffix}")
    data = scan.read_bytes()
    small.write_bytes(gzip.compress(data) if suffix == ".nii.gz" else data)
    rewritten(scan, dim=[5, 32767, 32767, 100, 100, 1, 1, 1])
    path = scan.with_name(f"large{suffix}")
    path.write_bytes(gzip.compress(scan.read_bytes()) if suffix == ".nii.gz" else scan.read_bytes())
    said, grown, seconds = peak_of(small, path)
    assert said.startswith("OversizedSource" if suffix == ".nii.gz" else "DamagedSource")
    assert path.name in said
    assert grown < 16 << 20
    assert seconds < 5


def test_a_gzip_that_is_smaller_than_it_declares(scan):
    rewritten(scan, dim=[3, 3000, 3000, 10, 1, 1, 1, 1])
    path = scan.with_suffix(".nii.gz")
    path.write_bytes(gzip.compress(scan.read_bytes()))
    refused(path, DamagedSource, "holds at most")
    rewritten(scan, dim=[3, 100, 100, 4, 1, 1, 1, 1])
    path.write_bytes(gzip.compress(scan.read_bytes() + bytes(9)))
    refused(path, DamagedSource, "come out of the gzip file")


def test_a_gzip_that_is_larger_than_it_declares(scan):
    path = scan.with_suffix(".nii.gz")
    small = scan.with_name("small.nii.gz")
    small.write_bytes(gzip.compress(scan.read_bytes()))
    path.write_bytes(gzip.compress(scan.read_bytes() + bytes(256 << 20)))
    said, grown, seconds = peak_of(small, path)
    assert said == ""
    assert grown < 16 << 20
    assert seconds < 10
    assert any("checksum not compared" in note for note in everything(path)[1].notes)


def test_the_budget_holds_for_what_is_unpacked(scan):
    path = scan.with_suffix(".nii.gz")
    path.write_bytes(gzip.compress(scan.read_bytes()))
    assert "--budget" in refused(path, OversizedSource, budget=100)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_truncated_at_any_place(scan, suffix):
    data = scan.read_bytes()
    data = gzip.compress(data, mtime=0) if suffix == ".nii.gz" else data
    path = scan.with_name(f"cut{suffix}")
    for length in range(1, len(data), 7):
        refused(path, content=data[:length])


def test_a_wrong_checksum(scan):
    data = bytearray(gzip.compress(scan.read_bytes()))
    data[-6] ^= 1
    refused(scan.with_name("a.nii.gz"), DamagedSource, "CRC", content=bytes(data))


def test_a_region_of_a_large_file_costs_its_own_size(scan, tmp_path):
    rewritten(scan, dim=[4, 2000, 2000, 500, 10, 1, 1, 1])
    large = tmp_path / "large.nii"
    large.write_bytes(scan.read_bytes()[:352])
    with large.open("r+b") as file:
        file.truncate(352 + 2 * 2000 * 2000 * 500 * 10)  # 40 GB, sparse
    small = tmp_path / "small.nii"
    nibabel.save(image(numbers(3, 3, 3)), small)
    said, grown, seconds = peak_of(small, large, points=[list(range(100))] * 2 + [[7], [3]])
    assert said == ""
    assert grown < 32 << 20
    assert seconds < 5
