"""Animated pictures: frames as Pillow composes them, decoded where they are wanted."""

from __future__ import annotations

import io
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from padviewer.errors import DamagedSource, OversizedSource, SourceError
from padviewer.sources import open_source
from padviewer.sources.gif_blocks import scan_gif

BUDGET = 2**24
RNG = np.random.default_rng(0)


def read(path, budget=BUDGET):
    with open_source(str(path), budget=budget) as source:
        return source.take(tuple(np.arange(size) for size in source.info.shape)), source.info


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def moving(count, height=24, width=36, mode="RGB", *, clear=False):
    """Frames with a background that stays and a square that moves."""
    background = RNG.integers(0, 255, (height, width, 4), np.uint8)
    background[..., 3] = 255
    frames = []
    for number in range(count):
        frame = background.copy()
        frame[number : number + 6, number : number + 6] = (250, 8 * number, 30, 255)
        if clear:
            frame[:4, number:] = 0
        frames.append(Image.fromarray(frame).convert(mode))
    return frames


def saved(path, kind, frames, **options):
    frames[0].save(path, kind, save_all=True, append_images=frames[1:], **options)
    return path


def by_pillow(path, mode):
    """All frames, each from an own handle: what an earlier one did to the canvas has no say."""
    found = []
    with Image.open(path) as image:
        count = image.n_frames
    for number in range(count):
        with Image.open(path) as image:
            for passed in range(number + 1):
                image.seek(passed)
                image.load()
            found.append(np.asarray(image.convert(mode)))
    return np.stack(found)


@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
@pytest.mark.parametrize("clear", [False, True])
def test_gif_frames_are_composed_as_pillow_does(tmp_path, disposal, clear):
    saved(tmp_path / "a", "GIF", moving(7, mode="RGBA", clear=clear), disposal=disposal, optimize=False)
    found, info = read(tmp_path / "a")
    mode = "RGB" if found.shape[-1] == 3 else "RGBA"
    np.testing.assert_array_equal(found, by_pillow(tmp_path / "a", mode))
    assert (info.axes, info.axes_guessed, info.decoded) == ("BHWC", False, False)
    assert info.notes[0] == "7 frames"
    assert clear == (mode == "RGBA")


@pytest.mark.parametrize("disposal", [0, 1, 2])
@pytest.mark.parametrize("blend", [0, 1])
@pytest.mark.parametrize("mode", ["RGBA", "RGB"])
def test_png_frames_are_composed_as_pillow_does(tmp_path, disposal, blend, mode):
    frames = moving(5, mode=mode, clear=mode == "RGBA")
    saved(tmp_path / "a", "PNG", frames, disposal=disposal, blend=blend)
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, by_pillow(tmp_path / "a", mode))
    assert info.axes == "BHWC"


def test_png_frames_with_a_palette_become_rgb(tmp_path):
    saved(tmp_path / "a", "PNG", [frame.convert("P") for frame in moving(5)])
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, by_pillow(tmp_path / "a", "RGB"))
    assert info.notes == ("5 frames", "palette -> RGB")


@pytest.mark.parametrize("mode", ["L", "1", "I;16"])
def test_gray_png_frames_stay_gray(tmp_path, mode):
    saved(tmp_path / "a", "PNG", [frame.convert("L").convert(mode) for frame in moving(5)])
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, by_pillow(tmp_path / "a", mode))
    assert info.axes == "BHW"


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_webp_frames_equal_what_was_written(tmp_path, mode):
    frames = moving(6, mode=mode, clear=mode == "RGBA")
    saved(tmp_path / "a", "WEBP", frames, lossless=True, exact=True)
    found, info = read(tmp_path / "a")
    # WebP keeps what changes between frames, with alpha, whatever was written.
    np.testing.assert_array_equal(found, np.stack([np.asarray(frame.convert("RGBA")) for frame in frames]))
    assert (info.format, info.axes) == ("WebP", "BHWC")


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
@pytest.mark.parametrize("room", [2**24, 2**15])
def test_frames_in_any_order(tmp_path, kind, room):
    """Whatever was decoded before, and however few frames have room, the same frame has the same pixels."""
    saved(tmp_path / "a", kind, moving(12), **({"lossless": True} if kind == "WEBP" else {}))
    whole, info = read(tmp_path / "a")
    with open_source(str(tmp_path / "a"), budget=room) as source:
        for vector in ([11], [0], [5, 5, 2], list(range(11, -1, -1)), [3], [4], [10, 0]):
            rest = [np.arange(size)[::-2] for size in info.shape[1:]]
            found = source.take((np.array(vector), *rest))
            np.testing.assert_array_equal(found, whole[np.ix_(np.array(vector), *rest)])
        assert source.take((np.arange(0), *rest)).shape[0] == 0


def test_frames_that_are_kept_are_not_decoded_again(tmp_path, monkeypatch):
    saved(tmp_path / "a", "GIF", moving(20))
    with open_source(str(tmp_path / "a"), budget=BUDGET) as source:
        rest = tuple(np.arange(size) for size in source.info.shape[1:])
        source.take((np.array([19]), *rest))
        monkeypatch.setattr(type(source), "_at", None)
        for frame in range(19, -1, -1):
            source.take((np.array([frame]), *rest))


def test_a_still_before_the_frames_of_a_png_is_left_out(tmp_path):
    frames = moving(4)
    still = Image.new("RGB", frames[0].size, (1, 2, 3))
    still.save(tmp_path / "a", "PNG", save_all=True, append_images=frames, default_image=True)
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, np.stack([np.asarray(frame) for frame in frames]))
    assert "still picture before the frames left out" in info.notes


def apng(frames, declared, depth=8, size=(2, 1), canvas=(2, 1)):
    """An APNG of gray frames of one row each, with any number of frames declared."""
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", *canvas, depth, 0, 0, 0, 0))
    out += chunk(b"acTL", struct.pack(">II", declared, 0))
    number = 0
    for index, row in enumerate(frames):
        width, height = canvas if index == 0 else size
        out += chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, width, height, 0, 0, 1, 10, 0, 0))
        number += 1
        data = zlib.compress(b"\0" + row)
        out += chunk(b"IDAT", data) if index == 0 else chunk(b"fdAT", struct.pack(">I", number) + data)
        number += index > 0
    return out + chunk(b"IEND", b"")


@pytest.mark.parametrize(("declared", "expected"), [(3, 3), (2, 2), (100_000, 3), (2**31 - 1, 3)])
def test_frames_that_a_png_declares_and_does_not_hold(tmp_path, declared, expected):
    (tmp_path / "a").write_bytes(apng([b"\1\2", b"\3\4", b"\5\6"], declared))
    found, info = read(tmp_path / "a")
    assert found.tolist() == [[[1, 2]], [[3, 4]], [[5, 6]]][:expected]
    assert (f"{declared} frames declared, 3 found" in info.notes) == (declared != 3)


def test_16_bit_gray_frames_keep_their_bits(tmp_path):
    (tmp_path / "a").write_bytes(apng([b"\1\2\3\4", b"\xff\xfe\0\1"], 2, 16))
    found, _ = read(tmp_path / "a")
    assert found.dtype == np.uint16
    assert found.tolist() == [[[0x0102, 0x0304]], [[0xFFFE, 1]]]


def test_a_png_frame_larger_than_its_canvas(tmp_path):
    (tmp_path / "a").write_bytes(apng([b"\1\2", b"\3" * 5000], 2, size=(5000, 1)))
    with pytest.raises(DamagedSource, match=r"a: "):
        read(tmp_path / "a")


def test_a_damaged_frame_is_told_when_it_is_read(tmp_path):
    content = apng([b"\1\2", b"\3\4", b"\5\6"], 3)
    bad = zlib.compress(b"\0\5\6")
    broken = chunk(b"fdAT", struct.pack(">I", 4) + bad)
    (tmp_path / "a").write_bytes(content.replace(broken, chunk(b"fdAT", struct.pack(">I", 4) + b"x" * len(bad))))
    with open_source(str(tmp_path / "a"), budget=BUDGET) as source:
        one, columns = np.arange(1), np.arange(2)
        assert source.take((one + 1, one, columns)).tolist() == [[[3, 4]]]
        with pytest.raises(DamagedSource, match="frame 3 of 3 cannot be decoded"):
            source.take((one + 2, one, columns))
        assert source.take((one, one, columns)).tolist() == [[[1, 2]]]


def gif(screen, rects, *, end=b"\x3b"):
    """A GIF of frames of one colour, at (left, top, width, height)."""
    out = b"GIF89a" + struct.pack("<HHBBB", *screen, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    for rect in rects:
        frame = io.BytesIO()
        Image.new("P", rect[2:], 1).save(frame, "GIF")
        raw = frame.getvalue()
        start = raw.index(b"\x2c", 13 + (3 << (raw[10] & 7) + 1))
        out += b"\x2c" + struct.pack("<HHHHB", *rect, 0) + raw[start + 10 : -1]
    return out + end


def test_a_gif_frame_beyond_the_canvas_is_cut(tmp_path):
    (tmp_path / "a").write_bytes(gif((4, 3), [(0, 0, 4, 3), (2, 2, 9, 9), (0, 0, 1, 1)]))
    found, info = read(tmp_path / "a")
    assert found.shape == (3, 3, 4, 3)
    assert "frames cut to the canvas of 4 x 3" in info.notes
    with open_source(str(tmp_path / "a"), budget=BUDGET) as source:
        assert source.take((np.array([0]), *(np.arange(size) for size in info.shape[1:]))).shape == (1, 3, 4, 3)


def test_a_later_gif_frame_of_4_gigapixels_is_refused(tmp_path, peak_memory):
    content = gif((4, 3), [(0, 0, 4, 3), (1, 1, 2, 1)])
    at = content.rindex(b"\x2c" + struct.pack("<HHHH", 1, 1, 2, 1))
    bomb = content[: at + 5] + struct.pack("<HH", 65535, 65535) + content[at + 9 :]
    (tmp_path / "bomb").write_bytes(bomb)
    with peak_memory(2**24), pytest.raises(OversizedSource, match="reach to 65536 x 65536"):
        read(tmp_path / "bomb")


@pytest.mark.parametrize("keep", [0.3, 0.7, 0.95])
def test_a_cut_gif_shows_the_frames_that_are_whole(tmp_path, keep):
    saved(tmp_path / "a", "GIF", moving(10))
    whole, _ = read(tmp_path / "a")
    content = (tmp_path / "a").read_bytes()
    (tmp_path / "cut").write_bytes(content[: int(len(content) * keep)])
    try:
        found, info = read(tmp_path / "cut")
    except DamagedSource:
        assert keep == 0.3
        return
    count = len(found) if found.ndim == 4 else 1
    np.testing.assert_array_equal(found.reshape(-1, *whole.shape[1:]), whole[:count])
    assert f"cut short after frame {count}" in info.notes


def test_100_000_tiny_frames(tmp_path, peak_memory):
    rect = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00"
    header = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    (tmp_path / "a").write_bytes(header + rect * 100_000 + b"\x3b")
    start = time.process_time()
    with peak_memory(2**26), open_source(str(tmp_path / "a"), budget=BUDGET) as source:
        assert source.info.shape == (100_000, 1, 1, 3)
        one = np.arange(1)
        assert source.take((np.array([0, 500]), one, one, np.arange(3))).shape == (2, 1, 1, 3)
    assert time.process_time() - start < 5


def test_a_gif_without_frames(tmp_path):
    (tmp_path / "a").write_bytes(gif((4, 3), []))
    with pytest.raises(SourceError):
        read(tmp_path / "a")


def test_an_animation_whose_canvas_is_larger_than_the_budget(tmp_path, peak_memory):
    content = gif((4, 3), [(0, 0, 4, 3)] * 2)
    (tmp_path / "bomb").write_bytes(content[:6] + struct.pack("<HH", 60000, 60000) + content[10:])
    with peak_memory(2**24), pytest.raises(OversizedSource, match=r"60000 x 60000"):
        read(tmp_path / "bomb")


def test_frames_fit_where_all_of_them_do_not(tmp_path, peak_memory):
    """The frames together are larger than the budget; what is kept of them is not."""
    frames = [Image.new("L", (500, 500), number) for number in range(100)]
    saved(tmp_path / "a", "GIF", frames)
    budget = 2**23
    with open_source(str(tmp_path / "a"), budget=budget) as source:
        assert source.info.nbytes > 4 * budget
        with peak_memory(2**24):
            for number in range(100):
                found = source.take((np.array([number]), np.arange(500), np.arange(500), np.arange(3)))
                assert set(np.unique(found)) == {number}


def test_a_file_written_to_while_it_plays(tmp_path):
    saved(tmp_path / "a", "GIF", moving(5))
    with open_source(str(tmp_path / "a"), budget=BUDGET) as source:
        with (tmp_path / "a").open("ab") as file:
            file.write(b"x")
        with pytest.raises(DamagedSource, match="has changed since it was opened"):
            source.take(tuple(np.arange(size) for size in source.info.shape))


def test_blocks_of_a_gif_are_counted_as_pillow_counts_them(tmp_path):
    saved(tmp_path / "a", "GIF", moving(9), comment=b"x" * 700, loop=3)
    content = (tmp_path / "a").read_bytes()
    with Image.open(tmp_path / "a") as image:
        assert scan_gif(content)[:3] == (image.n_frames, *image.size)
    for size in range(0, len(content), 97):
        found = scan_gif(content[:size])
        assert found.whole <= 9
