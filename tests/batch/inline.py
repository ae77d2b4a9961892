"""An executor without processes, and a data set of several formats, sizes and dtypes."""

from __future__ import annotations

import json
import re
from concurrent.futures import Executor, Future

import numpy as np
from PIL import Image

from padviewer.batch.exporting import Export
from padviewer.batch.settings import Settings
from padviewer.spec import PipelineSpec

BUDGET = 1 << 28


class Inline(Executor):
    """Calls at once, in this process."""

    count = 2

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 as executors do
            future.set_exception(error)
        return future


def make_data_set(folder):
    """Writes some items; returns path and elements of each."""
    random = np.random.default_rng(0)
    folder.mkdir()
    arrays = {}
    for number, (height, width) in enumerate([(5, 7), (9, 4), (1, 1), (12, 12), (3, 10), (8, 8)]):
        path = folder / f"rgb{number}.png"
        arrays[str(path)] = random.integers(0, 256, (height, width, 3), np.uint8)
        Image.fromarray(arrays[str(path)]).save(path)
        path = folder / "gray" / f"{number}.npy"
        path.parent.mkdir(exist_ok=True)
        arrays[str(path)] = random.integers(0, 60000, (height, width), np.uint16)
        np.save(path, arrays[str(path)])
    return arrays


def padded(array, target, fill=0, before=(0, 0)):
    """Returns what numpy makes of an array under overflow `crop`, and its mask."""
    kept = array[: target[0], : target[1]]
    width = [(before[axis], target[axis] - kept.shape[axis] - before[axis]) for axis in range(2)]
    rest = [(0, 0)] * (array.ndim - 2)
    mask = np.pad(np.ones(kept.shape[:2], np.uint8), width)
    return np.pad(kept, width + rest, constant_values=fill), mask


def export(folder, items, executor=None, *, resume=False, force=False, form="npy", **options):
    """Exports paths, or pairs of path and member; returns how far it came at the end."""
    of_settings = {name: options.pop(name) for name in ("targets", "mask", "shard", "checksum") if name in options}
    settings = Settings(form, PipelineSpec(**options), **{"shard": 4, **of_settings})
    pairs = [item if isinstance(item, tuple) else (str(item), None) for item in items]
    *_, last = Export(str(folder), settings, BUDGET).run(pairs, executor or Inline(), resume=resume, force=force)
    return last


def lines_of(folder):
    """Returns the settings and the records of a manifest."""
    first, *rest = (folder / "manifest.jsonl").read_text().splitlines()
    return json.loads(first), [json.loads(line) for line in rest]


def tree(folder):
    """Returns the bytes of all files in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def without_place(data, place):
    """Returns the bytes of files with what says where and when their sources were written taken out."""
    found = {name: text.replace(place.encode(), b"PLACE") for name, text in data.items()}
    return {name: re.sub(rb', "source_(modified|bytes)": \d+', b"", text) for name, text in found.items()}
