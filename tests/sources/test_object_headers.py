"""Headers of objects: ranges tell what the whole file does, and of a large one little is fetched."""

from __future__ import annotations

import io
import wave

import fsspec
import h5py
import numpy as np
import pytest
import tifffile
from opening import BUDGET
from PIL import Image
from safetensors.numpy import save_file

from padviewer.errors import PadviewerError, SourceNotFound
from padviewer.objects import copies, ranges
from padviewer.sources import describe_item, describe_items, describe_source

NOISE = np.random.default_rng(5).integers(0, 256, (1200, 1100, 3), np.uint8)
MOST = 700 << 10


class Store:
    """A folder as a store of objects that counts what is fetched."""

    def __init__(self, folder):
        self._files, self._folder = fsspec.filesystem("file"), folder
        self.fetched = 0

    def _path(self, name):
        return str(self._folder / name.partition("/")[2])

    def cat_file(self, name, start=None, end=None):
        data = self._files.cat_file(self._path(name), start=start, end=end)
        self.fetched += len(data)
        return data

    def size(self, name):
        return self._files.size(self._path(name))

    def open(self, name, mode, **options):
        self.fetched += self.size(name)
        return self._files.open(self._path(name), mode)


@pytest.fixture
def store(tmp_path, monkeypatch):
    found = Store(tmp_path)
    for module in (ranges, copies):
        monkeypatch.setattr(module, "opened", lambda url: (found, url.partition("://")[2]))
    return found


def save_wav(path):
    with wave.open(str(path), "wb") as sound:
        sound.setparams((2, 2, 16000, 0, "NONE", ""))
        sound.writeframes(NOISE.tobytes())


def save_hdf5(path):
    with h5py.File(path, "w") as file:
        for number in range(3):
            file.create_dataset(f"g/{number}", data=NOISE[..., 0])


def save_tiff_tail(path):
    """Writes pixels first and the directory behind them."""
    with tifffile.TiffWriter(path) as tif:
        tif.write(NOISE, photometric="rgb", compression="zlib")
    data = path.read_bytes()
    assert len(data) > MOST


def save_nifti(path):
    import nibabel  # noqa: PLC0415

    nibabel.save(nibabel.Nifti1Image(NOISE[..., 0], np.eye(4)), path)


def save_jpeg(path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(NOISE).save(path, quality=95, exif=exif)


def save_fits(path):
    from astropy.io import fits  # noqa: PLC0415

    images = [fits.PrimaryHDU(), fits.ImageHDU(NOISE[..., 0]), fits.ImageHDU(NOISE[:500, :, 1], name="second")]
    fits.HDUList(images).writeto(path)


def save_flac(path):
    import soundfile  # noqa: PLC0415

    soundfile.write(path, NOISE.reshape(-1, 2).astype(np.int16) * 99, 16000)


MAKERS = {
    "a.fits": save_fits,
    "a.flac": save_flac,
    "a.npy": lambda path: np.save(path, NOISE),
    "a.npz": lambda path: np.savez(path, x=NOISE, y=NOISE[0]),
    "b.npz": lambda path: np.savez_compressed(path, x=NOISE, y=NOISE[0]),
    "a.jpg": save_jpeg,
    "a.bmp": lambda path: Image.fromarray(NOISE).save(path),
    "a.ppm": lambda path: Image.fromarray(NOISE).save(path),
    "a.tif": lambda path: tifffile.imwrite(path, NOISE, photometric="rgb"),
    "b.tif": save_tiff_tail,
    "c.tif": lambda path: Image.fromarray(NOISE).save(path, compression="tiff_lzw"),
    "a.wav": save_wav,
    "a.nii": save_nifti,
    "a.safetensors": lambda path: save_file({"w": NOISE, "b": NOISE[0]}, path),
    "a.h5": save_hdf5,
}
# Small enough to come at once; or the header is all over the file, which is fetched whole.
OTHERS = {
    "a.png": lambda path: Image.fromarray(NOISE[:80, :90]).save(path),
    "a.gif": lambda path: Image.fromarray(NOISE[:80, :90]).save(path),
    "a.webp": lambda path: Image.fromarray(NOISE[:80, :90]).save(path),
    "a.csv": lambda path: path.write_text("1,2,3\n4,5,6\n"),
    "large.png": lambda path: Image.fromarray(NOISE).save(path),
    "large.gif": lambda path: Image.fromarray(NOISE).save(path),
    "large.webp": lambda path: Image.fromarray(NOISE).save(path, lossless=True, method=0),
    "large.csv": lambda path: np.savetxt(path, NOISE[..., 0], delimiter=",", fmt="%d"),
}


def told(info):
    return info.shape, info.axes, info.dtype, info.format, info.member, info.members, info.notes, info.file_bytes


@pytest.mark.parametrize("name", [*MAKERS, *OTHERS])
def test_ranges_tell_what_the_file_tells(store, tmp_path, name):
    (MAKERS | OTHERS)[name](tmp_path / name)
    size = (tmp_path / name).stat().st_size
    expected = describe_source(str(tmp_path / name), budget=BUDGET)
    assert told(describe_item(f"s3://b/{name}", None, BUDGET)) == told(expected)
    if name in MAKERS:
        assert size > MOST
        assert store.fetched <= MOST
    elif size < 1 << 18:
        assert store.fetched == size
    members = [member.name for member in expected.members if member.readable]
    store.fetched = 0
    for member, info in zip(members, describe_items(f"s3://b/{name}", members, BUDGET), strict=True):
        assert told(info) == told(describe_source(str(tmp_path / name), member, budget=BUDGET))
    assert store.fetched <= MOST or name not in MAKERS


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("share", [0.0, 0.0001, 0.3, 0.999])
def test_what_is_cut_short_is_refused_as_the_file_is(store, tmp_path, name, share):
    MAKERS[name](tmp_path / name)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: int(len(data) * share)])
    try:
        expected = told(describe_source(str(tmp_path / name), budget=BUDGET))
    except PadviewerError as error:
        with pytest.raises(type(error)) as caught:
            describe_item(f"s3://b/{name}", None, BUDGET)
        assert f"s3://b/{name}" in caught.value.message
    else:
        assert told(describe_item(f"s3://b/{name}", None, BUDGET)) == expected


def test_one_that_is_not_there_is_told(store):
    with pytest.raises(SourceNotFound, match=r"s3://b/none\.npy: is not there"):
        describe_item("s3://b/none.npy", None, BUDGET)


def test_reads_at_any_place_give_the_bytes_of_the_object(store, tmp_path):
    data = NOISE.tobytes()[: (1 << 20) + 77]
    (tmp_path / "x").write_bytes(data)
    rng = np.random.default_rng(3)
    for _round in range(40):
        stream, plain = io.BufferedReader(ranges.Ranges("s3://b/x")), io.BytesIO(data)
        for _read in range(6):
            at, count = int(rng.integers(0, len(data) + 9)), int(rng.integers(0, 200_000))
            assert (stream.seek(at), stream.read(count)) == (plain.seek(at), plain.read(count))
            assert stream.raw.read_at(at, count) == data[at : at + count]
