from __future__ import annotations

import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from opening import assert_regions, everything, peak_of, refused
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.pixels import apply_color_lut, apply_modality_lut
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from padviewer.errors import DamagedSource, OversizedSource, SourceError, UnsupportedSource
from padviewer.sources import dicom_header

EXAMPLES = Path(pydicom.__file__).parent / "data" / "test_files"
NATIVE = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
LOSSLESS = {
    JPEGLSLossless: imagecodecs.jpegls_encode,
    JPEG2000Lossless: lambda frame: imagecodecs.jpeg2k_encode(frame, level=0, reversible=True),
    JPEGLosslessSV1: lambda frame: (
        imagecodecs.jpeg8_encode(
            frame, lossless=True, bitspersample=8 * frame.itemsize, colorspace="RGB", outcolorspace="RGB"
        )
        if frame.ndim == 3
        else imagecodecs.ljpeg_encode(frame)
    ),
}


def numbers(*shape, dtype="u2", top=4096):
    low = -top // 2 if np.dtype(dtype).kind == "i" else 0
    return (
        np.random.default_rng(4).integers(low, low + min(top, 2 ** (8 * np.dtype(dtype).itemsize)), shape).astype(dtype)
    )


def dataset(array, syntax=ExplicitVRLittleEndian, colors="MONOCHROME2", **elements):
    """Returns an image of (frames, rows, columns[, samples]) or (rows, columns[, samples])."""
    found = Dataset()
    found.file_meta = FileMetaDataset()
    found.file_meta.TransferSyntaxUID = syntax
    found.file_meta.MediaStorageSOPClassUID = found.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    found.file_meta.MediaStorageSOPInstanceUID = found.SOPInstanceUID = "1.2.3"
    found.PatientName, found.PatientID = "Secret^Person", "SECRET-7"
    samples = 3 if array.shape[-1] == 3 and colors not in ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR") else 1
    sizes = array.shape[: array.ndim - (samples > 1)]
    found.Rows, found.Columns, found.SamplesPerPixel = *sizes[-2:], samples
    if len(sizes) == 3:
        found.NumberOfFrames = sizes[0]
    if samples > 1:
        found.PlanarConfiguration = 0
    bits = 8 * array.itemsize
    found.BitsAllocated, found.BitsStored, found.HighBit = bits, bits, bits - 1
    found.PixelRepresentation = int(array.dtype.kind == "i")
    found.PhotometricInterpretation = colors
    big = syntax == ExplicitVRBigEndian
    found.PixelData = array.astype(array.dtype.newbyteorder(">" if big else "<")).tobytes()
    found.PixelData += bytes(len(found.PixelData) % 2)
    found["PixelData"].VR = "OB" if bits == 8 else "OW"
    for name, value in elements.items():
        setattr(found, name, value)
    return found


def packed(frames, syntax, array, table=True, **elements):
    """Returns an image of frames that are compressed already."""
    found = dataset(array, syntax, **elements)
    found.PixelData = encapsulate(frames, has_bot=table)
    found["PixelData"].VR = "OB"
    found["PixelData"].is_undefined_length = True
    return found


def save(path, found):
    found.save_as(path, enforce_file_format=True)
    return path


# ---- what is stored


@pytest.mark.parametrize("syntax", NATIVE, ids=lambda uid: uid.keyword)
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4"])
@pytest.mark.parametrize("shape", [(6, 5), (4, 6, 5)])
def test_native_numbers(tmp_path, syntax, dtype, shape):
    path = save(tmp_path / "a.dcm", dataset(numbers(*shape, dtype=dtype), syntax))
    info = assert_regions(path, numbers(*shape, dtype=dtype))
    assert (info.dtype, info.axes, info.format) == (np.dtype(dtype).name, "DHW"[-len(shape) :], "DICOM")
    assert info.axes_guessed == (len(shape) == 3)
    assert info.notes == (syntax.name,)


@pytest.mark.parametrize("syntax", NATIVE, ids=lambda uid: uid.keyword)
@pytest.mark.parametrize("planar", [0, 1])
@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_native_colours(tmp_path, syntax, planar, frames, dtype):
    array = numbers(frames, 4, 5, 3, dtype=dtype)
    stored = np.ascontiguousarray(np.moveaxis(array, -1, 1)) if planar else array
    found = dataset(array, syntax, "RGB", PlanarConfiguration=planar, NumberOfFrames=frames)
    found.PixelData = stored.astype(stored.dtype.newbyteorder(">" if syntax == ExplicitVRBigEndian else "<")).tobytes()
    info = assert_regions(save(tmp_path / "a.dcm", found), array if frames > 1 else array[0])
    assert info.axes == ("BHWC" if frames > 1 else "HWC")
    assert "RGB" in info.notes


@pytest.mark.parametrize("stored", [1, 7, 10, 12, 15])
@pytest.mark.parametrize("spare", [0, 1])
@pytest.mark.parametrize("signed", [False, True])
def test_bits_that_are_not_values_are_cut_off(tmp_path, stored, spare, signed):
    raw = np.random.default_rng(0).integers(0, 2**16, (6, 5)).astype("u2")
    found = dataset(raw, BitsStored=stored, HighBit=stored - 1 + spare, PixelRepresentation=int(signed))
    path = save(tmp_path / "a.dcm", found)
    values = (raw.astype(np.int64) >> spare) & (2**stored - 1)
    if signed:
        values = np.where(values >= 2 ** (stored - 1), values - 2**stored, values)
    info = assert_regions(path, values.astype("i2" if signed else "u2"))
    assert f"{stored} bits stored in 16{', signed' if signed else ''}" in info.notes


@pytest.mark.parametrize("syntax", NATIVE[:3], ids=lambda uid: uid.keyword)
@pytest.mark.parametrize("frames", [1, 3])
def test_single_bits(tmp_path, syntax, frames):
    array = numbers(frames, 5, 7, top=2).astype(bool)
    data = np.packbits(array.ravel(), bitorder="little").tobytes()
    data += bytes(len(data) % 2)
    found = dataset(array.view("u1"), syntax, BitsAllocated=1, BitsStored=1, HighBit=0, PixelData=data)
    found["PixelData"].VR = "OB"
    info = assert_regions(save(tmp_path / "a.dcm", found), array if frames > 1 else array[0])
    assert info.dtype == "bool"


@pytest.mark.parametrize(("name", "dtype"), [("FloatPixelData", "f4"), ("DoubleFloatPixelData", "f8")])
def test_floating_point_pixels(tmp_path, name, dtype):
    array = numbers(4, 6, 5, dtype="i2").astype(dtype) / 7
    found = dataset(array)
    del found.PixelData
    setattr(found, name, array.tobytes())
    assert_regions(save(tmp_path / "a.dcm", found), array)


def test_words_of_bytes_in_a_big_endian_file(tmp_path):
    array = numbers(3, 5, 7, dtype="u1")
    found = dataset(array, ExplicitVRBigEndian)
    data = array.tobytes() + b"\0"
    found.PixelData = np.frombuffer(data, "u2").byteswap().tobytes()
    found["PixelData"].VR = "OW"
    assert_regions(save(tmp_path / "a.dcm", found), array)


# ---- compressed


@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda uid: uid.keyword)
@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("table", [False, True])
def test_lossless_codecs(tmp_path, syntax, dtype, frames, table):
    array = numbers(frames, 33, 21, dtype=dtype, top=2**16)
    found = packed([LOSSLESS[syntax](frame) for frame in array], syntax, array, table)
    info = assert_regions(save(tmp_path / "a.dcm", found), array if frames > 1 else array[0])
    assert info.notes[-1].startswith(syntax.name[:30])
    assert info.decoded == (frames == 1)


@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda uid: uid.keyword)
def test_lossless_colours(tmp_path, syntax):
    array = numbers(33, 21, 3, dtype="u1")
    colors = "YBR_RCT" if syntax == JPEG2000Lossless else "RGB"
    found = packed([LOSSLESS[syntax](array)], syntax, array, colors=colors)
    info = assert_regions(save(tmp_path / "a.dcm", found), array)
    assert info.notes[0] == ("YBR_RCT -> RGB" if colors == "YBR_RCT" else "RGB")


@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda uid: uid.keyword)
def test_signed_numbers_in_codecs(tmp_path, syntax):
    array = numbers(33, 21, dtype="i2")
    found = packed([LOSSLESS[syntax](array.view("u2") & 4095)], syntax, array, BitsStored=12, HighBit=11)
    assert_regions(save(tmp_path / "a.dcm", found), array)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2"])
@pytest.mark.parametrize("colors", ["MONOCHROME2", "RGB"])
@pytest.mark.parametrize("frames", [1, 3])
def test_run_lengths(tmp_path, dtype, colors, frames):
    if colors == "RGB" and dtype == "i2":
        dtype = "u1"
    array = numbers(frames, 6, 5, *([3] if colors == "RGB" else []), dtype=dtype)
    found = dataset(array, colors=colors, NumberOfFrames=frames)
    found.compress(RLELossless)
    path = save(tmp_path / "a.dcm", found)
    info = assert_regions(path, array if frames > 1 else array[0])
    assert info.notes[-1] == "RLE Lossless"


def test_frames_in_several_fragments(tmp_path):
    array = numbers(3, 33, 21)
    frames = [imagecodecs.jpegls_encode(frame) for frame in array]
    found = packed(frames, JPEGLSLossless, array)
    for table in (True, False):
        found.PixelData = encapsulate(frames, fragments_per_frame=3, has_bot=table)
        assert_regions(save(tmp_path / "a.dcm", found), array)
    found.PixelData, found.ExtendedOffsetTable, found.ExtendedOffsetTableLengths = encapsulate_extended(frames)
    assert_regions(save(tmp_path / "a.dcm", found), array)


@pytest.mark.parametrize(("marked", "colors"), [(True, "YBR_FULL_422"), (False, "YBR_FULL"), (None, "RGB")])
def test_colours_of_jpeg(tmp_path, marked, colors):
    smooth = np.stack([*np.meshgrid(np.arange(32), np.arange(24), indexing="ij"), np.full((32, 24), 9)], -1)
    array = (smooth * 5).astype("u1")
    outside = "RGB" if colors == "RGB" else "YCBCR"
    frame = imagecodecs.jpeg8_encode(array, level=100, colorspace="RGB", outcolorspace=outside, subsampling="444")
    found = packed([frame], JPEGBaseline8Bit, array, colors=colors)
    got, info = everything(save(tmp_path / "a.dcm", found))
    assert np.abs(got.astype(int) - array).max() <= 3
    assert info.notes[0] == ("RGB" if colors == "RGB" else f"{colors} -> RGB")
    assert_regions(tmp_path / "a.dcm", got)


# ---- what is read


@pytest.mark.parametrize("colors", ["MONOCHROME1", "MONOCHROME2"])
def test_rescaling_is_applied(tmp_path, colors):
    array = numbers(6, 5)
    found = dataset(array, colors=colors, RescaleSlope="0.5", RescaleIntercept="-1024", RescaleType="HU")
    path = save(tmp_path / "a.dcm", found)
    info = assert_regions(path, apply_modality_lut(array, found).astype("f4"))
    assert "scaled: stored x 0.5 - 1024, as float32 (RescaleSlope, RescaleIntercept, HU)" in info.notes
    assert any("MONOCHROME1" in note for note in info.notes) == (colors == "MONOCHROME1")


def test_a_rescaling_that_changes_nothing_keeps_integers(tmp_path):
    path = save(tmp_path / "a.dcm", dataset(numbers(6, 5), RescaleSlope="1", RescaleIntercept="0"))
    assert assert_regions(path, numbers(6, 5)).dtype == "uint16"


@pytest.mark.parametrize("slopes", [(2, 2), (2, 3)])
def test_rescaling_in_functional_groups(tmp_path, slopes):
    found = dataset(numbers(2, 6, 5))
    groups = []
    for slope in slopes:
        inner, item = Dataset(), Dataset()
        inner.RescaleSlope, inner.RescaleIntercept = slope, 1
        item.PixelValueTransformationSequence = [inner]
        groups.append(item)
    found.PerFrameFunctionalGroupsSequence = groups
    path = save(tmp_path / "a.dcm", found)
    same = slopes == (2, 2)
    info = assert_regions(path, (numbers(2, 6, 5) * 2.0 + 1).astype("f4") if same else numbers(2, 6, 5))
    assert any("differs from frame to frame" in note for note in info.notes) != same


@pytest.mark.parametrize("width", [8, 16])
@pytest.mark.parametrize("first", [0, 40])
@pytest.mark.parametrize("frames", [1, 3])
def test_palettes(tmp_path, width, first, frames):
    array = numbers(frames, 6, 5, dtype="u1", top=150)
    found = dataset(array, colors="PALETTE COLOR", NumberOfFrames=frames)
    for color, seed in (("Red", 1), ("Green", 2), ("Blue", 3)):
        table = np.random.default_rng(seed).integers(0, 2**width, 100).astype(f"u{width // 8}")
        setattr(found, f"{color}PaletteColorLookupTableDescriptor", [100, first, width])
        setattr(found, f"{color}PaletteColorLookupTableData", table.tobytes())
    path = save(tmp_path / "a.dcm", found)
    info = assert_regions(path, apply_color_lut(array if frames > 1 else array[0], found))
    assert "palette -> RGB" in info.notes
    assert info.axes == ("BHWC" if frames > 1 else "HWC")
    del found.GreenPaletteColorLookupTableData
    refused(save(path, found), DamagedSource, "green palette")


def test_full_range_luminance(tmp_path):
    array = numbers(6, 5, 3, dtype="u1")
    path = save(tmp_path / "a.dcm", dataset(array, colors="YBR_FULL"))
    wanted = pydicom.pixels.convert_color_space(array, "YBR_FULL", "RGB")
    assert np.abs(everything(path)[0].astype(int) - wanted).max() <= 1
    info = assert_regions(path, everything(path)[0])
    assert "YBR_FULL -> RGB" in info.notes


def test_the_place_in_space(tmp_path):
    found = dataset(numbers(6, 5), PixelSpacing=[2, 3], SliceThickness=4, ImagePositionPatient=[10, 20, 30])
    found.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    _array, info = everything(save(tmp_path / "a.dcm", found))
    # A step down a row goes 2 mm to the back, which is -y in the axes of NIfTI.
    wanted = [[0, -3, 0, -10], [-2, 0, 0, -20], [0, 0, 4, 30], [0, 0, 0, 1]]
    np.testing.assert_allclose(np.reshape(info.affine, (4, 4)), wanted)


def test_nothing_of_the_patient_is_told(tmp_path):
    for number, found in enumerate((dataset(numbers(6, 5)), dataset(numbers(6, 5), Rows=99), dataset(numbers(6, 5)))):
        if number == 2:
            del found.BitsAllocated
        path = save(tmp_path / "a.dcm", found)
        try:
            said = repr(everything(path)[1])
        except SourceError as error:
            said = str(error)
        assert "ecret" not in said.replace(str(tmp_path), "")
        assert "SECRET" not in said


# ---- files of others


OTHERS = sorted(path.name for path in EXAMPLES.glob("*.dcm"))


@pytest.mark.parametrize("name", OTHERS)
def test_pydicoms_examples(name, capfd):
    path = EXAMPLES / name
    try:
        found, info = everything(path)
    except SourceError:
        found = None
    assert capfd.readouterr() == ("", "")
    try:
        data = pydicom.dcmread(path)
        wanted = data.pixel_array
        if data.PhotometricInterpretation == "PALETTE COLOR":
            wanted = apply_color_lut(wanted, data)
        elif found is not None and "RescaleSlope" in str(info.notes):
            wanted = apply_modality_lut(wanted, data)
    except Exception:  # noqa: BLE001 without its plugins pydicom reads less than padviewer does
        return
    assert found is not None
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(
    ("name", "other"),
    [("MR_small_jpeg_ls_lossless.dcm", "MR_small.dcm"), ("SC_rgb_jpeg_gdcm.dcm", "SC_rgb_rle.dcm")],
)
def test_lossless_examples_are_what_they_were_made_of(name, other):
    np.testing.assert_array_equal(everything(EXAMPLES / name)[0], everything(EXAMPLES / other)[0])


# ---- hostile and damaged


def test_a_directory_of_other_files(tmp_path):
    found = dataset(numbers(6, 5))
    found.file_meta.MediaStorageSOPClassUID = found.SOPClassUID = "1.2.840.10008.1.3.10"
    assert "is a DICOMDIR" in refused(save(tmp_path / "a.dcm", found), UnsupportedSource)


def test_pixels_in_another_place(tmp_path):
    found = dataset(numbers(6, 5))
    del found.PixelData
    found.PixelDataProviderURL = f"file://{tmp_path}/other"
    path = save(tmp_path / "a.dcm", found)
    assert f"{tmp_path}/other" not in refused(path, UnsupportedSource, "never followed")


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2.4.102", "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.94"])
def test_transfer_syntaxes_that_are_not_read(tmp_path, uid):
    found = packed([b"\0" * 40], pydicom.uid.UID(uid), numbers(6, 5))
    assert "transfer syntax" in refused(save(tmp_path / "a.dcm", found), UnsupportedSource)


@pytest.mark.parametrize(
    ("elements", "kind", "match"),
    [
        ({"Rows": 65535, "Columns": 65535}, DamagedSource, "8589672450 bytes, but 60 are stored"),
        ({"NumberOfFrames": 2**31 - 1}, DamagedSource, "but 60 are stored"),
        ({"NumberOfFrames": -3}, DamagedSource, "-3 frames"),
        ({"Rows": 0}, DamagedSource, "0 x 5"),
        ({"BitsAllocated": 12}, UnsupportedSource, "12 bits"),
        ({"BitsStored": 17}, DamagedSource, "17 bits stored"),
        ({"BitsStored": 0}, DamagedSource, "0 bits stored"),
        ({"BitsStored": 12, "HighBit": 3}, DamagedSource, "up to bit 3"),
        ({"SamplesPerPixel": 3}, DamagedSource, "3 samples"),
        ({"PhotometricInterpretation": "CMYK"}, UnsupportedSource, "CMYK"),
        ({"PhotometricInterpretation": "YBR_PARTIAL_420"}, UnsupportedSource, "YBR_PARTIAL_420"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, DamagedSource, "red palette"),
    ],
)
def test_elements_that_lie(tmp_path, elements, kind, match):
    path = save(tmp_path / "a.dcm", dataset(numbers(6, 5), **elements))
    refused(path, kind, match)


@pytest.mark.parametrize("name", ["Rows", "Columns", "BitsAllocated"])
def test_elements_that_are_missing(tmp_path, name):
    found = dataset(numbers(6, 5))
    delattr(found, name)
    assert name in refused(save(tmp_path / "a.dcm", found), DamagedSource)


def lying_jpeg(data, rows, columns):
    place = next(place for place in range(len(data)) if data[place] == 0xFF and data[place + 1] in (0xC0, 0xC3, 0xF7))
    return data[: place + 5] + struct.pack(">HH", rows, columns) + data[place + 9 :]


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEGLSLossless, JPEGLosslessSV1, JPEG2000Lossless])
def test_compressed_frames_of_another_size(tmp_path, syntax):
    array = numbers(33, 21, dtype="u1")
    if syntax == JPEG2000Lossless:
        data = bytearray(imagecodecs.jpeg2k_encode(array, level=0, reversible=True, codecformat="j2k"))
        data[8:16] = struct.pack(">2I", 60000, 60000)
        frame = bytes(data)
    else:
        encode = LOSSLESS.get(syntax, imagecodecs.jpeg8_encode)
        frame = lying_jpeg(encode(array), 60000, 60000)
    small = save(tmp_path / "small.dcm", dataset(array))
    path = save(tmp_path / "a.dcm", packed([frame], syntax, array))
    said, grown, seconds = peak_of(small, path)
    assert said.startswith("DamagedSource")
    assert "60000" in said
    assert grown < 24 << 20
    assert seconds < 5


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEGLSLossless, JPEGLosslessSV1, JPEG2000Lossless])
@pytest.mark.parametrize("filling", [b"", b"\0\0", b"\0" * 400])
def test_a_frame_that_is_cut_short(tmp_path, syntax, filling):
    array = (np.arange(33)[:, None] * np.arange(21)).astype("u1")
    frame = LOSSLESS.get(syntax, imagecodecs.jpeg8_encode)(array)
    path = tmp_path / "a.dcm"
    for length in range(30, len(frame) - 3, max(1, len(frame) // 15)):
        refused(save(path, packed([frame[:length] + filling], syntax, array)), DamagedSource)
    if syntax != JPEGBaseline8Bit:
        assert_regions(save(path, packed([frame + b"\xff"], syntax, array)), array)


def test_progressive_jpeg_is_not_what_the_syntax_says(tmp_path):
    data = bytearray(imagecodecs.jpeg8_encode(numbers(33, 21, dtype="u1")))
    data[data.find(b"\xff\xc0") + 1] = 0xC2
    path = save(tmp_path / "a.dcm", packed([bytes(data)], JPEGBaseline8Bit, numbers(33, 21, dtype="u1")))
    refused(path, UnsupportedSource, "process 2")


def test_a_frame_larger_than_the_budget(tmp_path):
    array = numbers(500, 500)
    path = save(tmp_path / "a.dcm", packed([imagecodecs.jpegls_encode(array)], JPEGLSLossless, array))
    assert "a frame of 500 x 500" in refused(path, OversizedSource, budget=450_000)


def test_deflated_bomb(tmp_path):
    small = save(tmp_path / "small.dcm", dataset(numbers(6, 5), DeflatedExplicitVRLittleEndian))
    data = small.read_bytes()
    start = data.find(b"1.2.840.10008.1.2.1.99")
    meta = 132 + 12 + struct.unpack_from("<I", data, 140)[0]
    assert 0 < start < meta
    inside = zlib.decompress(data[meta:], -15)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    path = tmp_path / "a.dcm"
    path.write_bytes(data[:meta] + packer.compress(inside + bytes(200 << 20)) + packer.flush())
    said, grown, _seconds = peak_of(small, path, budget=32 << 20)
    assert said.startswith("OversizedSource")
    assert grown < 100 << 20


def test_a_header_of_too_many_elements(tmp_path, monkeypatch):
    monkeypatch.setattr(dicom_header, "_MAX_READS", 1000)
    small = save(tmp_path / "small.dcm", dataset(numbers(6, 5)))
    data = small.read_bytes()
    place = data.find(b"\x28\x00\x02\x00US")
    element = struct.pack("<HH2sH", 0x0009, 0x1001, b"SH", 0)
    path = tmp_path / "a.dcm"
    path.write_bytes(data[:place] + element * 1000 + data[place:])
    refused(path, UnsupportedSource, "over 1000 reads")
    everything(small)


def test_sequences_within_sequences(tmp_path):
    small = save(tmp_path / "small.dcm", dataset(numbers(6, 5)))
    data = small.read_bytes()
    place = data.find(b"\x28\x00\x02\x00US")
    opening = struct.pack("<HH2sHI", 0x0009, 0x1001, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    refused(tmp_path / "a.dcm", content=data[:place] + opening * 100_000 + data[place:])


def test_fragments_that_lie(tmp_path):
    array = numbers(3, 33, 21)
    path = save(
        tmp_path / "a.dcm", packed([imagecodecs.jpegls_encode(frame) for frame in array], JPEGLSLossless, array)
    )
    data = path.read_bytes()
    place = data.find(b"\xfe\xff\x00\xe0", data.find(b"\xfe\xff\x00\xe0") + 4)
    refused(path, DamagedSource, "fragment", content=data[: place + 4] + b"\xf0\xff\xff\xff" + data[place + 8 :])
    refused(path, DamagedSource, "3 frames", content=data[:place] + b"\xfe\xff\xdd\xe0" + data[place + 4 :])


@pytest.mark.parametrize("syntax", [*NATIVE, RLELossless], ids=lambda uid: uid.keyword)
def test_truncated_at_any_place(tmp_path, syntax):
    found = dataset(numbers(40, 30), syntax if syntax in NATIVE else ExplicitVRLittleEndian)
    if syntax == RLELossless:
        found.compress(RLELossless)
    data = save(tmp_path / "a.dcm", found).read_bytes()
    path = tmp_path / "cut.dcm"
    for length in (*range(133, 800, 23), *range(800, len(data) - 40, 301)):
        refused(path, content=data[:length])


def test_a_region_of_a_large_file_costs_its_own_size(tmp_path):
    small = save(tmp_path / "small.dcm", dataset(numbers(6, 5)))
    found = dataset(numbers(1, 6, 5), NumberOfFrames=2000, Rows=1000, Columns=1000)
    path = save(tmp_path / "a.dcm", found)
    data = path.read_bytes()
    place = data.find(struct.pack("<HH2s", 0x7FE0, 0x0010, b"OW"))
    with path.open("r+b") as file:
        file.seek(place + 8)
        file.write(struct.pack("<I", 4_000_000_000))
        file.truncate(place + 12 + 4_000_000_000)
    said, grown, seconds = peak_of(small, path, points=[[7, 1999], list(range(100)), list(range(100))])
    assert said == ""
    assert grown < 32 << 20
    assert seconds < 5
