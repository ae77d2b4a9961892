"""Reads each format that is written, by libraries that are not ours."""

from __future__ import annotations

import re

import google_crc32c
import h5py
import imagecodecs
import nibabel
import numpy as np
import OpenEXR
import safetensors.numpy
import tifffile
import zarr


def read_back(path, name="padded", axes="HW"):
    """Returns the array in a file, its axes in their order.

    Args:
        path: of the file.
        name: of the stage that was written.
        axes: that were written.
    """
    readers = {
        ".npy": lambda path: np.load(path, allow_pickle=False),
        ".npz": lambda path: np.load(path, allow_pickle=False)[name],
        ".png": lambda path: imagecodecs.png_decode(path.read_bytes()),
        ".tif": tifffile.imread,
        ".tiff": tifffile.imread,
        ".zarr": lambda path: zarr.open_array(path, mode="r")[...],
        ".h5": lambda path: read_hdf5(path, name),
        ".hdf5": lambda path: read_hdf5(path, name),
        ".safetensors": lambda path: safetensors.numpy.load_file(path)[name],
        ".tfrecord": lambda path: read_tfrecord(path, axes),
        ".exr": lambda path: read_exr(path, axes),
        ".nii": lambda path: read_nifti(path, axes),
        ".gz": lambda path: read_nifti(path, axes),
    }
    return readers[path.suffix.lower()](path)


def read_hdf5(path, name):
    with h5py.File(path, "r") as file:
        return file[name][...]


def read_exr(path, axes):
    """Returns float or integer pixels, the channels in the order of colours or numbers."""
    with OpenEXR.File(str(path), separate_channels=True) as file:
        channels = file.channels()
        names = sorted(channels, key=lambda name: ("RGBA".index(name) if name in "RGBA" else 0, name))
        found = [channels[name].pixels for name in names]
    if "C" not in axes:
        return found[0]
    return np.stack(found, axis=0 if axes.endswith("HW") else -1)


def read_nifti(path, axes):
    """Returns the elements of a file in which x, y and z are columns, rows and depth, in front of the other axes."""
    data = np.asarray(nibabel.load(path).dataobj)
    space = [letter for letter in "TWHD" if letter in axes]
    rest = [letter for letter in axes if letter in "BC"]
    data = data.reshape([*data.shape[: len(space)], *data.shape[3:]] if rest else data.shape)
    return data.transpose([[*space, *rest].index(letter) for letter in axes])


def read_tfrecord(path, axes):
    """Returns the elements of all records; the checksums are those of the file."""
    records = [example(record) for record in framed(path.read_bytes())]
    arrays = [np.frombuffer(r["data"][0], r["dtype"][0].decode()).reshape(varints(r["shape"][0])) for r in records]
    return np.stack(arrays) if axes.startswith("B") else arrays[0]


def framed(data):
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 8], "little")
        assert masked(data[at : at + 8]) == data[at + 8 : at + 12]
        record = data[at + 12 : at + 12 + length]
        assert masked(record) == data[at + 12 + length : at + 16 + length]
        yield record
        at += 16 + length


def masked(data):
    crc = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8 & 0xFFFFFFFF).to_bytes(4, "little")


def example(record):
    """Returns the features of a `tf.train.Example`, each of them as the contents of its list."""
    found = {}
    ((_, features),) = fields(record)
    for _, entry in fields(features):
        (_, key), (_, feature) = fields(entry)
        ((_, content),) = fields(feature)
        found[key.decode()] = [value for _, value in fields(content)]
    return found


def fields(message):
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        assert key & 7 == 2
        length, at = varint(message, at)
        yield key >> 3, message[at : at + length]
        at += length


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def varints(data):
    found = re.findall(rb"[\x80-\xff]*[\x00-\x7f]", data)
    return [varint(each, 0)[0] for each in found]
