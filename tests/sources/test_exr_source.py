from __future__ import annotations

import struct

import numpy as np
import OpenEXR
import pytest
from opening import assert_regions, everything, peak_of, refused

from padviewer.errors import DamagedSource, OversizedSource, UnsupportedSource
from padviewer.sources import open_source

METHODS = ("NO", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "B44", "B44A", "DWAA", "DWAB")


def numbers(*shape, dtype="f2"):
    return np.random.default_rng(3).integers(0, 1000, shape).astype(dtype)


def write(path, channels, **header):
    header.setdefault("type", OpenEXR.scanlineimage)
    OpenEXR.File(header, dict(channels)).write(str(path))  # it puts others in
    return path


def word(text):
    return text.encode() + b"\0"


def attribute(name, kind, value):
    return word(name) + word(kind) + struct.pack("<i", len(value)) + value


def header(channels, window=(0, 0, 3, 2), display=None, extra=b"", compression=0):
    """Returns a header: channels are tuples of name, type and steps."""
    listed = b"".join(word(name) + struct.pack("<4i", kind, 0, x, y) for name, kind, x, y in channels) + b"\0"
    return b"".join(
        [
            attribute("channels", "chlist", listed),
            attribute("compression", "compression", bytes([compression])),
            attribute("dataWindow", "box2i", struct.pack("<4i", *window)),
            attribute("displayWindow", "box2i", struct.pack("<4i", *(display or window))),
            attribute("lineOrder", "lineOrder", b"\0"),
            attribute("pixelAspectRatio", "float", struct.pack("<f", 1)),
            attribute("screenWindowCenter", "v2f", bytes(8)),
            attribute("screenWindowWidth", "float", struct.pack("<f", 1)),
            extra,
        ]
    )


def exr(*headers, flags=0, rest=b""):
    return struct.pack("<4sI", b"\x76\x2f\x31\x01", 2 | flags) + b"\0".join(headers) + b"\0" + rest


def plain(channels, window, lines):
    """Returns an uncompressed file: `lines` yields the bytes of each row."""
    head = exr(header(channels, window))
    place = len(head) + 8 * len(lines)
    table, body = b"", b""
    for number, line in enumerate(lines):
        table += struct.pack("<Q", place + len(body))
        body += struct.pack("<ii", window[1] + number, len(line)) + line
    return head + table + body


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tiled", [False, True])
def test_every_compression(tmp_path, method, tiled):
    channels = {"RGB": numbers(37, 41, 3), "Z": numbers(37, 41, dtype="f4")}
    options = {"type": OpenEXR.tiledimage, "tiles": OpenEXR.TileDescription()} if tiled else {}
    path = write(tmp_path / "a.exr", channels, compression=getattr(OpenEXR, f"{method}_COMPRESSION"), **options)
    with OpenEXR.File(str(path)) as file:
        wanted = {name: channel.pixels.copy() for name, channel in file.channels().items()}
    info = assert_regions(path, wanted["RGB"])
    assert (info.axes, info.dtype, info.member) == ("HWC", "float16", "RGB")
    assert_regions(path, wanted["Z"], "Z")


@pytest.mark.parametrize("dtype", ["f2", "f4", "u4"])
def test_every_type(tmp_path, dtype):
    path = write(tmp_path / "a.exr", {"Z": numbers(5, 6, dtype=dtype)})
    info = assert_regions(path, numbers(5, 6, dtype=dtype))
    assert (info.axes, info.dtype, info.members, info.axes_guessed) == ("HW", np.dtype(dtype).name, (), False)


def test_members(tmp_path):
    channels = {
        "RGBA": numbers(4, 5, 4),
        "diffuse.R": numbers(4, 5),
        "diffuse.G": numbers(4, 5) + 1,
        "diffuse.B": numbers(4, 5, dtype="f4") + 2,
        "id": numbers(4, 5, dtype="u4"),
    }
    path = write(tmp_path / "a.exr", channels)
    _found, info = everything(path)
    assert [member.name for member in info.members] == [
        "RGBA",
        "diffuse.RGB",
        *("A", "B", "G", "R", "diffuse.B", "diffuse.G", "diffuse.R", "id"),
    ]
    assert info.members[0].described == "float16 4 x 5 x 4"
    assert_regions(path, channels["RGBA"])
    assert_regions(path, channels["RGBA"][..., 1], "G")
    assert_regions(path, channels["id"], "id")
    layer = np.stack([channels[f"diffuse.{color}"] for color in "RGB"], -1, dtype="f4")
    info = assert_regions(path, layer, "diffuse.RGB")
    assert info.notes == ("channels diffuse.R, diffuse.G, diffuse.B", "float16 and float32 -> float32")
    assert "did you mean 'diffuse.RGB'" in refused(path, UnsupportedSource, member="diffuse.rgb")


def test_colours_of_whole_numbers(tmp_path):
    array = numbers(4, 5, 3, dtype="u4")
    path = write(tmp_path / "a.exr", {name: np.ascontiguousarray(array[..., at]) for at, name in enumerate("RGB")})
    info = assert_regions(path, array)
    assert (info.axes, info.dtype, info.member) == ("HWC", "uint32", "RGB")


def test_numbers_of_objects_are_no_colour(tmp_path):
    path = write(tmp_path / "a.exr", {"R": numbers(4, 5, dtype="u4"), "G": numbers(4, 5), "B": numbers(4, 5)})
    assert [member.name for member in everything(path)[1].members] == ["B", "G", "R"]


def test_the_data_window_is_what_is_shown(tmp_path):
    path = tmp_path / "a.exr"
    lines = [numbers(4)[None].repeat(3, 0)[row].tobytes() for row in range(3)]
    path.write_bytes(plain([("Y", 1, 1, 1)], (-2, 5, 1, 7), lines))
    found, info = everything(path)
    np.testing.assert_array_equal(found, numbers(4)[None].repeat(3, 0))
    assert info.notes == ("channel Y",)
    data = exr(header([("Y", 1, 1, 1)], (-2, 5, 1, 7), (0, 0, 9, 19)))
    body = plain([("Y", 1, 1, 1)], (-2, 5, 1, 7), lines)
    path.write_bytes(data + body[len(data) :])
    assert everything(path)[1].notes[1] == "data window at x -2, y 5 of the 10 x 20 display window"


def test_channels_with_fewer_samples(tmp_path):
    luminance, chroma = numbers(4, 6), numbers(2, 3)
    lines = []
    for row in range(4):
        parts = [chroma[row // 2]] if row % 2 == 0 else []
        lines.append(b"".join(part.tobytes() for part in (*parts, luminance[row])))
    path = tmp_path / "a.exr"
    path.write_bytes(plain([("RY", 1, 2, 2), ("Y", 1, 1, 1)], (0, 0, 5, 3), lines))
    info = assert_regions(path, luminance)
    assert [member.name for member in info.members] == ["Y", "RY"]
    info = assert_regions(path, chroma, "RY")
    assert "one sample for 2 x 2 pixels" in info.notes


def parts_file(path):
    parts = [
        OpenEXR.Part(
            {"name": name, "type": OpenEXR.scanlineimage, "compression": OpenEXR.ZIP_COMPRESSION}, {key: array}
        )
        for name, key, array in (("left", "RGB", numbers(40, 30, 3)), ("right", "Z", numbers(40, 30, dtype="f4")))
    ]
    OpenEXR.File(parts).write(str(path))
    return path


def test_parts_are_members(tmp_path):
    path = parts_file(tmp_path / "a.exr")
    info = assert_regions(path, numbers(40, 30, 3))
    assert [member.name for member in info.members] == ["left/RGB", "left/B", "left/G", "left/R", "right/Z"]
    assert_regions(path, numbers(40, 30, dtype="f4"), "right/Z")


def test_a_damaged_part_does_not_stand_in_for_another(tmp_path):
    path = parts_file(tmp_path / "a.exr")
    data = bytearray(path.read_bytes())
    place = data.find(b"\x78", 900)  # zlib's mark, in the pixels of the first part
    data[place + 2 : place + 60] = bytes(58)
    assert "1 of its 2 parts" in refused(path, DamagedSource, content=bytes(data))


# ---- hostile and damaged


def test_deep_images_are_refused(tmp_path):
    path = tmp_path / "a.exr"
    deep = attribute("type", "string", b"deepscanline")
    for data in (
        exr(header([("Z", 2, 1, 1)]), flags=0x800),
        exr(header([("Z", 2, 1, 1)], extra=deep), b"", flags=0x1000),
    ):
        assert "deep image" in refused(path, UnsupportedSource, content=data)


@pytest.mark.parametrize(
    ("window", "kind"),
    [
        ((0, 0, 2**31 - 2, 2**31 - 2), DamagedSource),
        ((0, 0, 2**31 - 2, 10), OversizedSource),
        ((-(2**31), 0, 2**31 - 1, 10), OversizedSource),
        ((5, 0, 4, 10), DamagedSource),
        ((0, 5, 4, -7), DamagedSource),
    ],
)
def test_windows_that_lie(tmp_path, window, kind):
    path = tmp_path / "a.exr"
    refused(path, kind, content=exr(header([("Z", 2, 1, 1)], window), rest=bytes(4096)))
    small = write(tmp_path / "small.exr", {"Z": numbers(5, 6)})
    said, grown, seconds = peak_of(small, path) if kind is OversizedSource else ("", 0, 0)
    assert grown < 16 << 20, said
    assert seconds < 5


def test_tiles_larger_than_the_budget(tmp_path):
    small = write(tmp_path / "small.exr", {"Z": numbers(5, 6)})
    tiles = attribute("tiles", "tiledesc", struct.pack("<IIB", 2**31 - 1, 2**31 - 1, 0))
    path = tmp_path / "a.exr"
    path.write_bytes(exr(header([("Z", 2, 1, 1)], extra=tiles), flags=0x200, rest=bytes(4096)))
    said, grown, _seconds = peak_of(small, path)
    assert said.startswith("OversizedSource")
    assert grown < 16 << 20
    no_tiles = exr(header([("Z", 2, 1, 1)]), flags=0x200, rest=bytes(4096))
    assert "tiles" in refused(path, DamagedSource, content=no_tiles)


def test_all_parts_count_for_the_budget(tmp_path):
    path = write(tmp_path / "a.exr", {"RGB": numbers(100, 100, 3), "Z": numbers(100, 100, dtype="f4")})
    assert "decoding its 4 channels" in refused(path, OversizedSource, member="Z", budget=130_000)
    assert everything(path, "Z", 600_000)[0].shape == (100, 100)


@pytest.mark.parametrize(
    "data",
    [
        exr(header([("Z", 9, 1, 1)])),
        exr(header([("Z", 2, 0, 1)])),
        exr(header([("Z", 2, 1, -1)])),
        exr(header([("Z", 2, 50, 50)], (1, 1, 4, 4))),
        exr(header([])),
        exr(header([("Z", 2, 1, 1)], extra=word("x") + word("y") + struct.pack("<i", 2**31 - 1))),
        exr(header([("Z", 2, 1, 1)], extra=word("x") + word("y") + struct.pack("<i", -5))),
        exr(header([("Z", 2, 1, 1)], extra=b"a" * 300)),
        exr(header([("Z", 2, 1, 1)], extra=attribute("compression", "compression", b"\1"))),
        exr(attribute("dataWindow", "box2i", b"")),
        exr(*[header([("Z", 2, 1, 1)])] * 1100, flags=0x1000),
        exr(),
    ],
)
def test_headers_that_make_no_sense(tmp_path, data):
    assert "damaged" in refused(tmp_path / "a.exr", DamagedSource, content=data)


def test_a_later_version(tmp_path):
    data = struct.pack("<4sI", b"\x76\x2f\x31\x01", 7) + bytes(99)
    refused(tmp_path / "a.exr", UnsupportedSource, "version 7", content=data)


@pytest.mark.parametrize("method", METHODS)
def test_truncated_at_any_place(tmp_path, method):
    path = write(tmp_path / "a.exr", {"Z": numbers(40, 41)}, compression=getattr(OpenEXR, f"{method}_COMPRESSION"))
    data = path.read_bytes()
    for length in (*range(4, 400, 37), *range(400, len(data) - 1, len(data) // 9)):
        refused(path, content=data[:length])


def test_a_link_that_is_turned_elsewhere_changes_nothing(tmp_path, monkeypatch):
    first = write(tmp_path / "first.exr", {"Z": numbers(5, 6)})
    other = write(tmp_path / "other.exr", {"Z": numbers(5, 6) + 1})
    link = tmp_path / "link.exr"
    link.symlink_to(first)
    real = OpenEXR.File

    def swapped(*args, **options):
        link.unlink(missing_ok=True)
        link.symlink_to(other)
        return real(*args, **options)

    monkeypatch.setattr(OpenEXR, "File", swapped)
    with open_source(str(link), budget=1 << 24) as source:
        assert link.readlink() == other
        np.testing.assert_array_equal(source.take((np.arange(5), np.arange(6))), numbers(5, 6))
