from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from padviewer.errors import DamagedSource, OversizedSource, SourceError, UnsupportedSource
from padviewer.sources import open_source
from padviewer.sources.tiff import map_axes
from padviewer.sources.tiff_colors import jpeg_size

BUDGET = 2**24
RNG = np.random.default_rng(0)
DTYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", "c8", "c16"]


def read(path, budget=BUDGET):
    with open_source(str(path), budget=budget) as source:
        return source.take(tuple(np.arange(size) for size in source.info.shape)), source.info


def noise(*shape, dtype="u1"):
    return RNG.integers(0, 200, shape).astype(dtype)


def entry(tag, kind, count, value):
    return struct.pack("<HHI", tag, kind, count) + struct.pack("<I", value)


def tiff(entries, data=b"", following=0):
    body = b"".join(entry(*fields) for fields in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + struct.pack("<I", following) + data


def page(width, height, offset=8, count=8, compression=1, extra=()):
    return [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, compression), (262, 3, 1, 1),
        (273, 4, 1, offset), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, count), *extra,
    ]  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("byteorder", "<>")
@pytest.mark.parametrize("bigtiff", [False, True])
def test_every_dtype_keeps_its_bits(tmp_path, dtype, byteorder, bigtiff):
    array = noise(7, 5, dtype=dtype) - noise(7, 5, dtype=dtype)
    tifffile.imwrite(tmp_path / "a.tif", array, byteorder=byteorder, bigtiff=bigtiff, photometric="minisblack")
    found, info = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(found, array)
    assert (info.dtype, info.axes, info.axes_guessed, info.format) == (array.dtype.name, "HW", False, "TIFF")
    assert found.dtype.isnative


@pytest.mark.parametrize("compression", ["zlib", "lzw", "packbits", "lzma", "zstd"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_compressions(tmp_path, compression, tile):
    array = noise(40, 30, 3, dtype="u2")
    tifffile.imwrite(tmp_path / "a", array, compression=compression, tile=tile, photometric="rgb")
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, array)
    assert info.axes == "HWC"


def test_jpeg_inside(tmp_path):
    array = np.kron(noise(5, 5, 3), np.ones((16, 16, 1), np.uint8))
    tifffile.imwrite(tmp_path / "a", array, compression="jpeg", tile=(32, 32), photometric="rgb")
    found, _ = read(tmp_path / "a")
    np.testing.assert_array_equal(found, tifffile.imread(tmp_path / "a"))


@pytest.mark.parametrize(
    ("shape", "letters", "axes"),
    [
        ((4, 6, 5), "ZYX", "DHW"),
        ((4, 6, 5), "TYX", "BHW"),
        ((4, 6, 5), "QYX", "BHW"),
        ((3, 6, 5), "CYX", "CHW"),
        ((2, 4, 6, 5), "TZYX", "BDHW"),
        ((2, 3, 6, 5), "TCYX", "BCHW"),
        ((2, 4, 3, 6, 5), "TZCYX", "BDCHW"),
        ((2, 6, 5, 3), "QYXS", "BHWC"),
    ],
)
def test_axes_that_the_file_tells(tmp_path, shape, letters, axes):
    array = noise(*shape)
    photometric = "rgb" if letters.endswith("S") else "minisblack"
    tifffile.imwrite(tmp_path / "a", array, photometric=photometric, metadata={"axes": letters})
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, array)
    assert (info.axes, info.axes_guessed) == (axes, False)


def test_imagej_stacks(tmp_path):
    array = noise(2, 4, 6, 5, dtype="u2")
    tifffile.imwrite(tmp_path / "a", array, imagej=True, metadata={"axes": "TZYX"})
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, array)
    assert info.axes == "BDHW"


def test_planar_rgb(tmp_path):
    array = noise(3, 6, 5)
    tifffile.imwrite(tmp_path / "a", array, photometric="rgb", planarconfig="separate")
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, array)
    assert info.axes == "CHW"


def test_plain_pages_are_a_batch(tmp_path):
    frames = [Image.fromarray(noise(6, 5)) for _ in range(4)]
    frames[0].save(tmp_path / "a", "TIFF", save_all=True, append_images=frames[1:])
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, np.stack([np.asarray(frame) for frame in frames]))
    assert info.axes == "BHW"


def test_pages_of_different_sizes(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a") as writer:
        writer.write(first := noise(6, 5))
        writer.write(noise(3, 3))
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, first)
    assert [member.name for member in info.members] == ["page 1", "page 2"]


def test_axes_of_one_element_are_left_out_of_high_ranks(tmp_path):
    array = noise(1, 2, 1, 3, 6, 5)
    tifffile.imwrite(tmp_path / "a", array, metadata={"axes": "TZRCYX"}, photometric="minisblack")
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, array.squeeze())
    assert info.axes == "DCHW"


def test_unknown_layouts_are_guessed(tmp_path):
    array = noise(2, 3, 6, 5)
    tifffile.imwrite(tmp_path / "a", array, metadata={"axes": "RTYX"}, photometric="minisblack")
    _, info = read(tmp_path / "a")
    assert (info.axes, info.axes_guessed) == ("BCHW", True)


def test_high_ranks_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a", noise(2, 2, 2, 2, 6, 5), metadata={"axes": "TZRCYX"}, photometric="minisblack")
    with pytest.raises(UnsupportedSource, match="rank 6"):
        read(tmp_path / "a")


def test_signals():
    assert map_axes("X") == "T"
    assert map_axes("XC") == "TC"
    assert map_axes("CZYXS") is None


@pytest.mark.parametrize("mode", ["1", "P", "CMYK", "L", "RGBA", "I;16", "I", "F"])
def test_pillows_modes(tmp_path, mode):
    image = Image.fromarray(noise(8, 8, 3))
    image = image.convert("I").convert(mode) if mode == "I;16" else image.convert(mode)
    image.save(tmp_path / "a", "TIFF")
    found, info = read(tmp_path / "a")
    expected = np.asarray(image.convert("RGB") if mode in ("P", "CMYK") else image)
    np.testing.assert_array_equal(found, expected)
    assert info.notes == {"P": ("palette -> RGB",), "CMYK": ("CMYK -> RGB",)}.get(mode, ())


@pytest.mark.parametrize("dtype", ["?", "u1", "u2"])
def test_white_is_zero(tmp_path, dtype):
    array = np.array([[0, 1]], dtype)
    tifffile.imwrite(tmp_path / "a", array, photometric="miniswhite")
    found, info = read(tmp_path / "a")
    top = {"?": 1, "u1": 255, "u2": 65535}[dtype]
    assert found.tolist() == [[top, top - 1]]
    assert info.notes == ("white-is-zero inverted",)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(tmp_path, orientation):
    image = Image.fromarray(noise(4, 6, 3))
    image.save(tmp_path / "a", "TIFF", tiffinfo={274: orientation})
    found, info = read(tmp_path / "a")
    with Image.open(tmp_path / "a") as stored:
        np.testing.assert_array_equal(found, np.asarray(ImageOps.exif_transpose(stored)))
    assert info.notes == (("EXIF rotation applied",) if orientation > 1 else ())


def ome(name, planes=1):
    return (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        f'<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="5" SizeY="4" SizeZ="{planes}" SizeC="1" '
        'SizeT="1"><Channel ID="Channel:0:0" SamplesPerPixel="1"/><TiffData IFD="0" PlaneCount="1">'
        f'<UUID FileName="{name}">urn:uuid:1</UUID></TiffData></Pixels></Image></OME>'
    )


def test_ome_that_names_another_file_reads_its_own_pixels(tmp_path):
    (tmp_path / "in").mkdir()
    secret, own = np.full((4, 5), 66, np.uint8), np.arange(20, dtype=np.uint8).reshape(4, 5)
    tifffile.imwrite(tmp_path / "secret.tif", secret, description=ome("secret.tif"), metadata=None)
    tifffile.imwrite(tmp_path / "in" / "a.ome.tif", own, description=ome("../secret.tif"), metadata=None)
    found, info = read(tmp_path / "in" / "a.ome.tif")
    np.testing.assert_array_equal(found, own)
    assert info.notes == ("OME-XML not followed: the pages of this file alone, in their own order",)


def test_ome_that_claims_a_hundred_million_planes(tmp_path):
    own = np.arange(20, dtype=np.uint8).reshape(4, 5)
    tifffile.imwrite(tmp_path / "a.ome.tif", own, description=ome("x", 10**8), metadata=None)
    np.testing.assert_array_equal(read(tmp_path / "a.ome.tif")[0], own)


@pytest.mark.parametrize(
    "description",
    ['{"shape": [100000000, 4, 5]}', '{"shape": [4, 5, 6]}', '{"shape": "x"}', "ImageJ=1.11a\nimages=100000000\n"],
)
def test_descriptions_that_claim_more_than_is_there(tmp_path, description):
    own = np.arange(20, dtype=np.uint8).reshape(4, 5)
    tifffile.imwrite(tmp_path / "a.tif", own, description=description, metadata=None)
    try:
        found, _ = read(tmp_path / "a.tif")
    except (DamagedSource, OversizedSource):
        return
    assert found.size == 20


def test_a_claim_of_10_to_the_12_pixels(tmp_path, peak_memory):
    (tmp_path / "bomb").write_bytes(tiff(page(10**6, 10**6), b"\0" * 8))
    with peak_memory(2**24), pytest.raises(OversizedSource, match=r"1000000 x 1000000 uint8 would take 931 GiB"):
        read(tmp_path / "bomb")


def test_pixels_beyond_the_end(tmp_path):
    (tmp_path / "cut").write_bytes(tiff(page(1000, 1000, 8, 1000000)))
    with pytest.raises(DamagedSource, match="end at byte 1000008, but the file has"):
        read(tmp_path / "cut")


def test_fewer_bytes_than_pixels(tmp_path):
    (tmp_path / "cut").write_bytes(tiff(page(1000, 1000, 8, 20), b"\0" * 20))
    with pytest.raises(SourceError):
        read(tmp_path / "cut")


def test_deflate_that_inflates_beyond_its_strip(tmp_path, peak_memory):
    bomb = zlib.compress(b"\0" * 2**28, 9)
    content = tiff(page(4, 4, 0, len(bomb), 8))
    (tmp_path / "bomb").write_bytes(tiff(page(4, 4, len(content), len(bomb), 8)) + bomb)
    with peak_memory(2**25):
        try:
            found, _ = read(tmp_path / "bomb")
        except SourceError:
            return
    assert found.shape == (4, 4)


def test_a_jpeg_tile_larger_than_the_page(tmp_path, peak_memory):
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "JPEG")
    data = bytearray(buffer.getvalue())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", 65500, 65500)
    assert jpeg_size(bytes(data)) == (65500, 65500)
    start = len(tiff(page(8, 8, 0, len(data), 7)))
    (tmp_path / "bomb").write_bytes(tiff(page(8, 8, start, len(data), 7)) + bytes(data))
    with peak_memory(2**24), pytest.raises(DamagedSource, match="65500 x 65500"):
        read(tmp_path / "bomb")


def test_a_jpeg_tile_whose_end_is_zeros(tmp_path):
    path = tmp_path / "cut.tif"
    tifffile.imwrite(
        path, np.random.default_rng(1).integers(0, 255, (64, 64), np.uint8), compression="jpeg", tile=(64, 64)
    )
    with tifffile.TiffFile(path) as file:
        (start,), (count,) = file.pages[0].dataoffsets, file.pages[0].databytecounts
    assert read(path)[0].shape == (64, 64)
    content = bytearray(path.read_bytes())
    content[start + count // 2 : start + count] = bytes(count - count // 2)
    path.write_bytes(content)
    with pytest.raises(DamagedSource, match="no end mark"):
        read(path)


@pytest.mark.parametrize("length", [1, 3, 150])
def test_pages_in_a_circle(tmp_path, length):
    size = len(tiff(page(2, 2))) - 8
    starts = [8 + i * size for i in range(length)]
    content = b"II*\0" + struct.pack("<I", 8)
    for i in range(length):
        content += tiff(page(2, 2), following=starts[(i + 1) % length])[8:]
    (tmp_path / "loop").write_bytes(content)
    with pytest.raises(DamagedSource, match="in a circle"):
        read(tmp_path / "loop")


@pytest.mark.parametrize(("width", "height"), [(0, 4), (4, 0)])
def test_pages_without_pixels(tmp_path, width, height):
    (tmp_path / "a").write_bytes(tiff(page(width, height)))
    with pytest.raises(DamagedSource):
        read(tmp_path / "a")


def test_pages_without_places_of_pixels(tmp_path):
    entries = [(256, 4, 1, 4), (257, 4, 1, 4), (258, 3, 1, 64), (339, 3, 1, 3)]
    (tmp_path / "a").write_bytes(tiff(entries, b"\0" * 200))
    with pytest.raises(SourceError):
        read(tmp_path / "a")


def test_unbounded_codecs_are_refused(tmp_path):
    (tmp_path / "a").write_bytes(tiff(page(2, 2, compression=34712)))
    with pytest.raises(UnsupportedSource, match="JPEG2000 is not read"):
        read(tmp_path / "a")


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_every_truncation_is_pixels_or_a_clear_error(tmp_path, compression):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, noise(6, 5, 4, 3), compression=compression, photometric="rgb")
    content = buffer.getvalue()
    for size in range(1, len(content) - 1, 5):
        (tmp_path / "cut.tif").write_bytes(content[:size])
        try:
            read(tmp_path / "cut.tif")
        except SourceError:
            continue


def test_nothing_is_printed(tmp_path, capfd):
    # tifffile logs tags that it cannot read, and pages that lead beyond the file.
    (tmp_path / "a").write_bytes(tiff(page(4, 4, extra=[(270, 2, 999, 10**6)]), following=10**6))
    read(tmp_path / "a")
    assert capfd.readouterr() == ("", "")
