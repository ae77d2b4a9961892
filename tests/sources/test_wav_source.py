"""WAV, FLAC, Ogg and AIFF against soundfile and scipy, and headers that lie."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import soundfile
from scipy.io import wavfile

from padviewer.errors import DamagedSource, SourceError, UnsupportedSource
from padviewer.sources import open_source

BUDGET = 2**24
RNG = np.random.default_rng(0)
PLAIN = ["u1", "i2", "i4", "f4", "f8"]


def read(path, budget=BUDGET):
    with open_source(str(path), budget=budget) as source:
        return source.take(tuple(np.arange(size) for size in source.info.shape)), source.info


def noise(*shape, dtype="i2"):
    if np.dtype(dtype).kind == "f":
        return RNG.uniform(-1, 1, shape).astype(dtype)
    limits = np.iinfo(dtype)
    return RNG.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def wav(fmt, data, *, declared=None, magic=b"RIFF", extra=b""):
    order = ">" if magic == b"RIFX" else "<"
    size = len(data) if declared is None else declared
    chunks = extra + b"fmt " + struct.pack(order + "I", len(fmt)) + fmt
    chunks += b"data" + struct.pack(order + "I", size) + data
    return magic + struct.pack(order + "I", 4 + len(chunks)) + b"WAVE" + chunks


def described(tag, channels, width, bits=None, order="<"):
    return struct.pack(order + "HHIIHH", tag, channels, 8000, 0, channels * width, bits or 8 * width)


@pytest.mark.parametrize("dtype", PLAIN)
@pytest.mark.parametrize("shape", [(500,), (500, 2), (300, 7)])
def test_plain_samples_are_as_stored(tmp_path, dtype, shape):
    array = noise(*shape, dtype=dtype)
    wavfile.write(tmp_path / "a.wav", 44100, array)
    found, info = read(tmp_path / "a.wav")
    np.testing.assert_array_equal(found, array)
    assert (info.axes, info.axes_guessed, info.format, info.decoded) == (
        "T" + "C" * (len(shape) - 1),
        False,
        "WAV",
        False,
    )
    assert info.notes[0] == "44100 Hz"


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"])
@pytest.mark.parametrize(
    ("kind", "endian"), [("WAV", "LITTLE"), ("WAV", "BIG"), ("WAVEX", "LITTLE"), ("RF64", "LITTLE")]
)
def test_samples_equal_what_soundfile_reads(tmp_path, subtype, kind, endian):
    soundfile.write(tmp_path / "a", RNG.uniform(-1, 1, (500, 2)), 8000, subtype, endian, format=kind)
    found, info = read(tmp_path / "a")
    asked = {"int32": "int32", "float32": "float32", "float64": "float64"}.get(info.dtype, "int16")
    expected, rate = soundfile.read(tmp_path / "a", dtype=asked)
    if subtype == "PCM_24":
        expected >>= 8
        assert "24-bit samples in int32, not scaled" in info.notes
    if subtype == "PCM_U8":
        expected = (expected >> 8) + 128
        assert "unsigned: 128 is silence" in info.notes
    np.testing.assert_array_equal(found, expected)
    assert f"{rate} Hz" in info.notes


@pytest.mark.parametrize("tag", [6, 7])
def test_every_byte_of_telephone_codecs(tmp_path, tag):
    (tmp_path / "a.wav").write_bytes(wav(described(tag, 1, 1), bytes(range(256))))
    found, info = read(tmp_path / "a.wav")
    np.testing.assert_array_equal(found, soundfile.read(tmp_path / "a.wav", dtype="int16")[0])
    assert f"{'A' if tag == 6 else 'mu'}-law -> int16" in info.notes


@pytest.mark.parametrize("kind", ["FLAC", "OGG", "AIFF", "WAV24"])
@pytest.mark.parametrize("budget", [BUDGET, 2**21])
def test_regions_in_any_order(tmp_path, kind, budget):
    array = RNG.uniform(-1, 1, (200_001, 2))
    array[5000:60000] = 0
    if kind == "WAV24":
        soundfile.write(tmp_path / "a", array, 8000, "PCM_24", format="WAV")
    else:
        soundfile.write(tmp_path / "a", array, 8000, format=kind)
    whole, info = read(tmp_path / "a")
    assert info.shape == (200_001, 2)
    with open_source(str(tmp_path / "a"), budget=budget) as source:
        for frames in ([200_000, 0, 0], range(65_530, 65_545), range(200_000, -1, -40_000), [131_072], []):
            vectors = np.array(list(frames), np.int64), np.array([1, 0, 1])
            np.testing.assert_array_equal(source.take(vectors), whole[np.ix_(*vectors)])


@pytest.mark.parametrize("kind", ["FLAC", "AIFF"])
@pytest.mark.parametrize("subtype", ["PCM_S8", "PCM_16", "PCM_24"])
@pytest.mark.parametrize("channels", [1, 3])
def test_integers_of_lossless_files_are_as_they_were_written(tmp_path, kind, subtype, channels):
    bits = {"PCM_S8": 8, "PCM_16": 16, "PCM_24": 24}[subtype]
    array = RNG.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), (3000, channels))
    soundfile.write(tmp_path / "a", (array << 32 - bits).astype(np.int32), 8000, subtype, format=kind)
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found.reshape(array.shape), array)
    assert info.dtype == {8: "int8", 16: "int16", 24: "int32"}[bits]
    assert info.axes == ("T" if channels == 1 else "TC")


def test_ogg_becomes_floats(tmp_path):
    soundfile.write(tmp_path / "a", RNG.uniform(-0.5, 0.5, 9000), 8000, format="OGG")
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, soundfile.read(tmp_path / "a", dtype="float32")[0])
    assert info.notes == ("8000 Hz", "vorbis -> float32")


@pytest.mark.parametrize(
    ("declared", "frames", "note"),
    [
        (0xFFFFFFFF, 50, "length not declared, read to the end of the file"),
        (4000, 50, "cut short: 50 of 2000 frames"),
        (60, 30, None),
        (61, 30, "1 bytes after the last whole frame left out"),
        (0, 0, None),
    ],
)
def test_lengths_that_are_not_true(tmp_path, declared, frames, note):
    array = noise(50)
    (tmp_path / "a.wav").write_bytes(wav(described(1, 1, 2), array.tobytes(), declared=declared))
    found, info = read(tmp_path / "a.wav")
    np.testing.assert_array_equal(found, array[:frames])
    assert info.notes == ("8000 Hz", *([note] if note else []))


def test_rf64_tells_a_long_length(tmp_path):
    array = noise(50)
    sizes = b"ds64" + struct.pack("<IQQQI", 28, 0, array.nbytes, 50, 0)
    content = wav(described(1, 1, 2), array.tobytes(), declared=0xFFFFFFFF, magic=b"RF64", extra=sizes)
    (tmp_path / "a.wav").write_bytes(content + b"LIST\4\0\0\0abcd")
    found, info = read(tmp_path / "a.wav")
    np.testing.assert_array_equal(found, array)
    assert info.notes == ("8000 Hz",)


def test_fewer_bits_than_bytes_hold(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(described(1, 1, 2, 12), noise(9).tobytes()))
    assert "12 bits of 16 used, values kept" in read(tmp_path / "a.wav")[1].notes


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (wav(described(2, 1, 1), b"\0" * 9), UnsupportedSource, "Microsoft ADPCM of 8 bits"),
        (wav(described(0x777, 1, 1), b"\0" * 9), UnsupportedSource, "codec 0x777"),
        (wav(described(1, 1, 5), b"\0" * 10), UnsupportedSource, "PCM of 40 bits in 5 bytes"),
        (wav(described(3, 1, 1), b"\0" * 10), UnsupportedSource, "floats of 8 bits"),
        (wav(described(1, 0, 2), b"\0" * 9), DamagedSource, "declares 0 channels in frames of 0 bytes"),
        (wav(struct.pack("<HHIIHH", 1, 3, 8000, 0, 4, 16), b"\0" * 9), DamagedSource, "3 channels in frames of 4"),
        (wav(b"\1\0", b"\0" * 9), DamagedSource, "description of its samples is cut short"),
        (b"RIFF\0\0\0\0WAVE", DamagedSource, "no chunk 'fmt '"),
        (b"RIFF\0\0\0\0WAVEdata\4\0\0\0abcd", DamagedSource, "come before what describes them"),
        (b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 20_000, DamagedSource, "no chunk 'fmt '"),
        (b"fLaC" + b"\0" * 90, DamagedSource, "cannot be decoded"),
        (b"OggS" + b"\0" * 90, DamagedSource, "cannot be decoded"),
        (b"FORM\0\0\0\x20AIFF" + b"\0" * 90, DamagedSource, "cannot be decoded"),
    ],
)
def test_headers_that_make_no_sense(tmp_path, content, error, message):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(error, match=message):
        read(tmp_path / "a.wav")


def test_an_hour_of_many_channels_is_mapped(tmp_path, peak_memory):
    """A sparse file of 12 GB: only what is looked at is read."""
    fmt = described(1, 8, 4)
    head = wav(fmt, b"", declared=0xFFFFFFFF)
    with (tmp_path / "a.wav").open("wb") as file:
        file.write(head)
        file.truncate(12 * 10**9)
    with peak_memory(2**24), open_source(str(tmp_path / "a.wav"), budget=BUDGET) as source:
        frames = source.info.shape[0]
        assert frames == (12 * 10**9 - len(head)) // 32
        assert not source.take((np.arange(0, frames, frames // 500), np.arange(8))).any()


def test_a_flac_that_declares_2_to_the_35_frames(tmp_path, peak_memory):
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(100), 8000, format="FLAC")
    content = bytearray(buffer.getvalue())
    content[21] |= 0x0F
    (tmp_path / "a.flac").write_bytes(bytes(content))
    with peak_memory(2**25), pytest.raises(DamagedSource, match=r"declares \d+ frames, which \d+ bytes cannot hold"):
        read(tmp_path / "a.flac")


@pytest.mark.parametrize("kind", ["FLAC", "OGG", "AIFF", "WAV"])
def test_cut_and_changed_files_are_samples_or_clear_errors(tmp_path, kind, capfd):
    buffer = io.BytesIO()
    soundfile.write(buffer, RNG.uniform(-1, 1, (3000, 2)), 8000, format=kind)
    content = buffer.getvalue()
    for size in [*range(1, 100), *range(100, len(content), len(content) // 40)]:
        changed = bytearray(content)
        changed[size] ^= 0xFF
        for found in (content[:size], bytes(changed)):
            (tmp_path / "cut").write_bytes(found)
            try:
                read(tmp_path / "cut")
            except SourceError:
                continue
    assert capfd.readouterr() == ("", "")


def test_a_sound_written_to_while_it_is_open(tmp_path):
    for kind in ("FLAC", "WAV"):
        soundfile.write(tmp_path / "a", noise(500), 8000, format=kind)
        with open_source(str(tmp_path / "a"), budget=BUDGET) as source:
            with (tmp_path / "a").open("ab") as file:
                file.write(b"x")
            with pytest.raises(DamagedSource, match="has changed since it was opened"):
                source.take((np.arange(500),))
