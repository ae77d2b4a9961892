from __future__ import annotations

import io
import struct
import time
import zlib
from contextlib import suppress

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageOps

from padviewer.errors import DamagedSource, OversizedSource, SourceError, UnsupportedSource
from padviewer.sources import open_source
from padviewer.sources.picture import upright, webp_size

BUDGET = 2**24
RNG = np.random.default_rng(0)


def read(path, budget=BUDGET):
    with open_source(str(path), budget=budget) as source:
        return source.take(tuple(np.arange(size) for size in source.info.shape)), source.info


def pixels(*shape, dtype=np.uint8):
    return RNG.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width, height, depth=8, color=0, data=b"", extra=b""):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "WEBP", "JPEG"])
@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 3)])
def test_plain_pictures_equal_pillows(tmp_path, kind, shape):
    path = tmp_path / "picture.dat"
    Image.fromarray(pixels(*shape)).save(path, kind, **({"lossless": True} if kind == "WEBP" else {}))
    found, info = read(path)
    with Image.open(path) as image:
        expected = np.asarray(image.convert("RGB") if image.mode == "P" else image)
    np.testing.assert_array_equal(found, expected)
    assert (info.axes, info.axes_guessed) == ("HW" if found.ndim == 2 else "HWC", False)
    assert info.format.upper() == kind
    assert (info.dtype, info.shape, info.member) == ("uint8", found.shape, None)


@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 2), (5, 4, 3), (5, 4, 4)])
def test_16_bit_png_keeps_its_bits(tmp_path, shape):
    array = pixels(*shape, dtype=np.uint16)
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(array))
    found, info = read(tmp_path / "a.png")
    np.testing.assert_array_equal(found, array)
    assert found.dtype == np.uint16
    assert info.axes == ("HW" if len(shape) == 2 else "HWC")


def test_gray_and_alpha(tmp_path):
    array = pixels(5, 4, 2)
    Image.fromarray(array, "LA").save(tmp_path / "a.png")
    np.testing.assert_array_equal(read(tmp_path / "a.png")[0], array)


def test_one_bit_is_boolean(tmp_path):
    array = pixels(5, 13) > 99
    Image.fromarray(array).save(tmp_path / "a.png")
    found, info = read(tmp_path / "a.png")
    np.testing.assert_array_equal(found, array)
    assert (found.dtype, info.axes) == (np.bool_, "HW")


def test_palette_becomes_rgb(tmp_path):
    image = Image.fromarray(pixels(6, 6, 3)).quantize(8)
    image.save(tmp_path / "a.png")
    found, info = read(tmp_path / "a.png")
    np.testing.assert_array_equal(found, np.asarray(image.convert("RGB")))
    assert info.notes == ("palette -> RGB",)


def test_palette_with_transparency_becomes_rgba(tmp_path):
    image = Image.fromarray(pixels(6, 6, 3)).quantize(8)
    image.save(tmp_path / "a.png", transparency=bytes([0, 100, 255]))
    found, info = read(tmp_path / "a.png")
    assert found.shape == (6, 6, 4)
    assert set(np.unique(found[..., 3])) <= {0, 100, 255}
    assert info.notes == ("palette -> RGBA",)


@pytest.mark.parametrize(("depth", "value", "row"), [(4, 5, b"\x50"), (8, 5, b"\x05\x00"), (1, 1, b"\x80")])
def test_a_transparent_gray_becomes_alpha(tmp_path, depth, value, row):
    key = chunk(b"tRNS", struct.pack(">H", value))
    (tmp_path / "a.png").write_bytes(png(2, 1, depth, 0, b"\0" + row, key))
    found, info = read(tmp_path / "a.png")
    assert found.shape == (1, 2, 2)
    assert found[0, :, 1].tolist() == [0, 255]
    assert info.notes == ("transparent colour -> alpha channel",)


def test_cmyk_becomes_rgb(tmp_path):
    image = Image.fromarray(pixels(16, 16, 3)).convert("CMYK")
    image.save(tmp_path / "a.jpg", "JPEG")
    found, info = read(tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as stored:
        np.testing.assert_array_equal(found, np.asarray(stored.convert("RGB")))
    assert info.notes == ("CMYK -> RGB",)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_rotation_equals_pillows(orientation):
    array = pixels(4, 3, 3)
    image = Image.fromarray(array)
    image.getexif()[0x0112] = orientation
    np.testing.assert_array_equal(upright(array, orientation), np.asarray(ImageOps.exif_transpose(image)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_exif_rotation_is_applied_and_noted(tmp_path, kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels(4, 8, 3)).save(tmp_path / "a", kind, exif=exif)
    found, info = read(tmp_path / "a")
    assert found.shape == ((4, 8, 3) if orientation == 1 else (8, 4, 3))
    assert info.notes == (() if orientation == 1 else ("EXIF rotation applied",))


@pytest.mark.parametrize("exif", [b"Exif\0\0II*\0\xff\xff\xff\x7f", b"Exif\0\0nonsense", b"Exif\0\0"])
def test_damaged_exif_does_not_hide_the_picture(tmp_path, exif):
    array = pixels(4, 8, 3)
    Image.fromarray(array).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read(tmp_path / "a.png")[0], array)


def bmp(width, height):
    return b"BM" + struct.pack("<IHHI", 64, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, *[0] * 6)


def gif(width, height):
    image = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + image + b"\x3b"


def webp(width, height):
    buffer = io.BytesIO()
    Image.new("RGBA", (1, 1), (1, 2, 3, 4)).save(buffer, "WEBP", exif=b"Exif\0\0x")
    content = bytearray(buffer.getvalue())
    assert content[12:16] == b"VP8X"
    content[24:30] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(content)


BOMBS = {
    "png": png(30000, 30000, 8, 6),
    "png 16 bits": png(30000, 30000, 16, 6),
    "png 1 bit": png(2**31 - 1, 2**31 - 1, 1, 0),
    "bmp": bmp(30000, 30000),
    "gif": gif(65535, 65535),
    "webp": webp(2**24, 2**24),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_before_memory_is_spent(tmp_path, name, peak_memory):
    (tmp_path / "bomb").write_bytes(BOMBS[name])
    start = time.process_time()
    with peak_memory(2**24), pytest.raises(OversizedSource, match=r"bomb: .*budget of 16\.0 MiB"):
        read(tmp_path / "bomb")
    assert time.process_time() - start < 2


def test_a_gif_frame_larger_than_its_screen(tmp_path, peak_memory):
    content = bytearray(gif(65535, 65535))
    content[6:10] = struct.pack("<HH", 1, 1)
    (tmp_path / "bomb").write_bytes(bytes(content))
    with peak_memory(2**24), pytest.raises(OversizedSource):
        read(tmp_path / "bomb")


def test_pillows_own_limit_is_put_back(tmp_path):
    before = Image.MAX_IMAGE_PIXELS
    (tmp_path / "bomb").write_bytes(BOMBS["png"])
    with pytest.raises(OversizedSource):
        read(tmp_path / "bomb")
    assert before == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("lossless", [True, False])
def test_webp_sizes_are_read_from_the_header(tmp_path, lossless):
    Image.fromarray(pixels(30, 17, 3)).save(tmp_path / "a.webp", lossless=lossless)
    assert webp_size((tmp_path / "a.webp").read_bytes()[:64]) == (17, 30)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP"])
def test_cut_files_are_clear_errors(tmp_path, kind):
    buffer = io.BytesIO()
    Image.fromarray(pixels(40, 40, 3)).save(buffer, kind)
    content = buffer.getvalue()
    (tmp_path / "cut").write_bytes(content[: len(content) // 2])
    with pytest.raises(DamagedSource, match="cut: "):
        read(tmp_path / "cut")
    for size in range(1, len(content), max(1, len(content) // 50)):
        (tmp_path / "cut").write_bytes(content[:size])
        with suppress(SourceError):  # what is missing may be no pixels
            read(tmp_path / "cut")


def test_a_cut_16_bit_png(tmp_path):
    content = imagecodecs.png_encode(pixels(40, 40, 3, dtype=np.uint16))
    (tmp_path / "cut").write_bytes(content[: len(content) // 2])
    with pytest.raises(DamagedSource, match="cut: "):
        read(tmp_path / "cut")


def test_nothing_is_printed(tmp_path, capfd):
    Image.fromarray(pixels(6, 6, 3)).quantize(8).save(tmp_path / "a.gif", transparency=1)
    (tmp_path / "b.png").write_bytes(png(4, 4, 16, 2, b"short"))
    read(tmp_path / "a.gif")
    with pytest.raises(DamagedSource):
        read(tmp_path / "b.png")
    assert capfd.readouterr() == ("", "")


def test_a_member_of_a_picture_is_refused(tmp_path):
    Image.fromarray(pixels(6, 6)).save(tmp_path / "a.png")
    with pytest.raises(UnsupportedSource, match="holds one array"):
        open_source(str(tmp_path / "a.png"), "x", budget=BUDGET)


def test_what_only_begins_as_a_picture_is_told_without_the_decoders_objects(tmp_path):
    whole = png(3, 2, data=b"\0abc\0def")
    (tmp_path / "a.png").write_bytes(whole[:12] + b"IHDX" + whole[16:])
    with pytest.raises(DamagedSource, match="begins as PNG, but what follows is damaged") as caught:
        open_source(str(tmp_path / "a.png"), budget=BUDGET)
    assert "object at" not in str(caught.value)
    assert "_io" not in str(caught.value)
