"""NIfTI files, read by nibabel: the elements, and where they lie in space."""

from __future__ import annotations

import json
import sys

import nibabel
import numpy as np
import pytest
from read_back import read_nifti
from writing import DTYPES, SHAPES, SPEC, noise, payload, quietly, written

from padviewer.errors import ExportError, MissingLibrary
from padviewer.export import ArrayWriter, Payload, Portions, check_payload
from padviewer.plan import ArrayInfo, Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.workers.contents import payload_of, space_of

SUFFIXES = [".nii", ".nii.gz"]
# Sheared, turned and scaled.
AFFINE = np.array([[1.5, 0.25, 0, -90], [0, -2, 0.5, 126], [0.125, 0, 3, -72], [0, 0, 0, 1]])


def volume(shape, axes, affine=AFFINE, dtype="float32"):
    numbers = None if affine is None else tuple(affine.ravel().tolist())
    return ArrayInfo("scan.nii", None, "NIfTI", shape, dtype, axes, False, 1, affine=numbers)


def point(index):
    """Returns an index along three axes as matrices take it."""
    return np.array([*(*index, 0, 0)[:3], 1])


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype != "f2"])
def test_nibabel_reads_it(tmp_path, suffix, dtype):
    for number, (shape, axes) in enumerate(SHAPES):
        array = noise(*shape, dtype=dtype)
        (tmp_path / str(number)).mkdir()
        path = written(array, axes, tmp_path / str(number) / f"a{suffix}", tile=(40, 1 << 20)[number % 2])
        image = nibabel.load(path)
        np.testing.assert_array_equal(read_nifti(path, axes), array)
        assert image.get_data_dtype() == ("u1" if dtype == "?" else array.dtype)
        assert image.dataobj.slope == 1
        assert image.dataobj.inter == 0
        (told,) = image.header.extensions
        assert json.loads(told.get_content()) == json.loads(SPEC)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("shape", "axes", "target", "position", "overflow"),
    [
        ((4, 5, 6), "DHW", (10, 9, 8), "center", "keep"),
        ((4, 5, 6), "WHD", (10, 9, 8), "start", "keep"),
        ((4, 5, 6), "DHW", (2, 9, 3), "center", "crop"),
        ((4, 5, 6, 3), "DHWC", (9, 9, 9), "end", "keep"),
        ((4, 5, 6, 3), "DHWB", (9, 9, 9), "random", "keep"),
        ((4, 5, 6, 2, 3), "DHWBC", (9, 3, 9), "end", "crop"),
        ((4, 5, 6), "CHW", (9, 9), "end", "keep"),
        ((4, 5), "HW", (9, 9), "end", "keep"),
    ],
)
def test_each_voxel_lies_where_it_was(tmp_path, suffix, shape, axes, target, position, overflow):
    array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape) + 1
    plan = resolve(PipelineSpec(target=target, position=position, overflow=overflow), volume(shape, axes), 1 << 30)
    told = payload_of(plan, Stage.PADDED)
    before = [max(0, -pad.before) for pad in plan.pad_width]
    after = [max(0, -pad.after) for pad in plan.pad_width]
    kept = array[tuple(slice(b, n - a) for b, a, n in zip(before, after, shape, strict=True))]
    widths = [(max(0, pad.before), max(0, pad.after)) for pad in plan.pad_width]
    padded = np.pad(kept, widths)
    path = written(padded, axes, tmp_path / f"a{suffix}", space=told.space)
    image = nibabel.load(path)
    found = np.asarray(image.dataobj)
    assert found.shape == plan.padded.shape
    original = {value: index for index, value in np.ndenumerate(array)}
    for index, value in np.ndenumerate(found):
        if value:
            np.testing.assert_allclose(image.affine @ point(index), AFFINE @ point(original[value]), atol=1e-4)
            assert original[value][3:] == index[3:]
    assert np.count_nonzero(found) == kept.size
    assert image.header.get_xyzt_units()[0] == "mm"


def test_the_mask_of_a_volume_with_channels_lies_on_it(tmp_path):
    plan = resolve(PipelineSpec(target=(9, 9, 9), position="end"), volume((4, 5, 6, 3), "DHWC"), 1 << 30)
    told = payload_of(plan, Stage.MASK)
    mask = np.pad(np.ones((4, 5, 6), np.uint8), [(5, 0), (4, 0), (3, 0)])
    image = nibabel.load(written(mask, told.axes, tmp_path / "a.nii", name="mask", space=told.space))
    np.testing.assert_array_equal(np.asarray(image.dataobj), mask)
    np.testing.assert_allclose(image.affine @ (5, 4, 3, 1), AFFINE @ (0, 0, 0, 1), atol=1e-4)


def test_the_mask_keeps_a_place_for_channels_in_space(tmp_path):
    plan = resolve(PipelineSpec(target=(9, 9), position="end"), volume((4, 5, 6), "CHW"), 1 << 30)
    told = payload_of(plan, Stage.MASK)
    mask = np.pad(np.ones((5, 6), np.uint8), [(4, 0), (3, 0)])
    image = nibabel.load(written(mask, told.axes, tmp_path / "a.nii", name="mask", space=told.space))
    np.testing.assert_array_equal(np.asarray(image.dataobj), mask[np.newaxis])
    np.testing.assert_allclose(image.affine @ (0, 4, 3, 1), AFFINE @ (0, 0, 0, 1), atol=1e-4)


@pytest.mark.parametrize(("kernel", "strides", "dilation"), [(1, 1, 1), (3, 1, 1), (3, 2, 1), (2, 2, 1), (3, 2, 2)])
def test_an_output_lies_in_the_middle_of_its_window(kernel, strides, dilation):
    sizes = {"kernel": (kernel,), "strides": (strides,), "dilation": (dilation,)}
    spec = PipelineSpec(target=(20, 20, 20), position="end", **sizes)
    plan = resolve(spec, volume((14, 15, 16), "DHW"), 1 << 30)
    matrix = np.array(space_of(plan, Stage.FEATURE).affine).reshape(4, 4)
    for output in [(0, 0, 0), (1, 2, 3)]:
        ends = []
        for axis, number in zip(plan.spatial, output, strict=True):
            first = number * axis.stride - axis.conv.before
            ends.append(first + (axis.span - 1) / 2 - axis.pad.before)
        np.testing.assert_allclose(matrix @ (*output, 1), AFFINE @ (*ends, 1))


def test_without_a_place_the_first_element_of_the_input_is_the_origin(tmp_path):
    plan = resolve(PipelineSpec(target=(9, 9), position="end"), volume((5, 6, 3), "HWC", None, "uint8"), 1 << 30)
    told = payload_of(plan, Stage.PADDED)
    array = noise(9, 9, 3)
    image = nibabel.load(written(array, "HWC", tmp_path / "a.nii", space=told.space))
    # x runs along a row, y down.
    assert image.shape == (9, 9, 1, 3)
    np.testing.assert_array_equal(image.affine @ (3, 4, 0, 1), (0, 0, 0, 1))
    assert image.header.get_xyzt_units()[0] == "unknown"
    np.testing.assert_array_equal(np.asarray(image.dataobj)[:, :, 0], array.swapaxes(0, 1))


def test_long_axes_take_nifti_2(tmp_path):
    array = noise(2, 40_000)
    image = nibabel.load(written(array, "HW", tmp_path / "a.nii", tile=4096))
    assert isinstance(image, nibabel.Nifti2Image)
    np.testing.assert_array_equal(read_nifti(tmp_path / "a.nii", "HW"), array)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("array", "cause"),
    [
        (np.zeros((3, 4), np.float16), r"NIfTI has no float16; the padded is HW 3 x 4 float16\. Use \.npy"),
        (np.zeros((0, 4), np.float32), "no elements"),
    ],
)
def test_what_nifti_cannot_hold(tmp_path, suffix, array, cause):
    with pytest.raises(ExportError, match=cause):
        quietly(array, "HW", tmp_path / f"a{suffix}")
    with pytest.raises(ExportError, match=cause):
        check_payload(payload(array, "HW"), f"a{suffix}")
    assert not list(tmp_path.iterdir())


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "nibabel", None)
    with pytest.raises(MissingLibrary, match=r"to write NIfTI takes nibabel.*pip install 'padviewer\[nifti\]'"):
        check_payload(Payload("padded", "HW", (3, 4), "uint8", "{}"), "a.nii.gz")


def test_pieces_of_a_tile_in_any_order(tmp_path):
    """A region of a feature map is computed in pieces, which come in the order of C."""
    array = noise(6, 5, 4, dtype="f4")
    path = tmp_path / "a.nii.gz"
    told = payload(array, "DHW", name="feature")
    with ArrayWriter(told, str(path), overwrite=False, portions=Portions(tile=6 * 5 * 2 * 4)) as writer:
        for number, region in writer.left():
            for row in range(6):
                piece = (type(region[0])(row, row + 1), *region[1:])
                writer.put(piece, array[tuple(slice(span.start, span.stop) for span in piece)])
                writer.wait()
            writer.complete(number)
        writer.finish()
    np.testing.assert_array_equal(read_nifti(path, "DHW"), array)
