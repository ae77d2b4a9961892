"""The reader process against numpy: tiles, probes, loads and exports of real files."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from padviewer.errors import (
    DamagedSource,
    OversizedSource,
    SourceNotFound,
    TargetExists,
    UnexpectedError,
    UnsupportedSource,
)
from padviewer.geometry import Span, whole
from padviewer.plan import Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.workers.export_messages import BeginExport, Begun, ContinueExport, Written
from padviewer.workers.messages import (
    DevicesRequest,
    LoadRequest,
    OpenRequest,
    ProbeRequest,
    TileRequest,
)
from padviewer.workers.shared import OwnedArray
from padviewer.workers.start import start_reader
from padviewer.workers.statistics import SAMPLE, Statistics, sample

BUDGET = 1 << 28
WAIT = 30
RNG = np.random.default_rng(5)
KINDS = ("photo", "gray", "npy", "npz")
SPECS = (
    {"target": (60, 70)},
    {"target": (60, None), "position": "center", "fill_value": 9},
    {"target": (97, 41), "position": "end", "mode": "reflect", "overflow": "crop"},
    {"target": (150, 160), "position": "center", "mode": "wrap"},
    {"target": (20, 90), "position": "center", "mode": "symmetric", "overflow": "crop"},
    {"target": (61, 71), "mode": "edge"},
)


@pytest.fixture(scope="module")
def reader():
    reader = start_reader()
    yield reader
    reader.kill()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Path, member and elements of a photo, a small picture, a big-endian .npy and the second member of a .npz."""
    folder = tmp_path_factory.mktemp("files")
    photo, npy, npz, gray = (str(folder / name) for name in ("photo.jpg", "a.npy", "b.npz", "gray.png"))
    Image.fromarray(RNG.integers(0, 256, (37, 53, 3), np.uint8)).save(photo, quality=90)
    # Noise makes the file larger than its pixels, and one byte for each pixel is all that decoding takes.
    Image.fromarray(RNG.integers(0, 256, (37, 53), np.uint8)).save(gray)
    array = np.asfortranarray(RNG.integers(-999, 999, (37, 53, 3)).astype(">i2"))
    np.save(npy, array)
    other = RNG.normal(size=(37, 53)).astype("float32")
    np.savez_compressed(npz, first=np.zeros(3), second=other)
    return {
        "photo": (photo, None, np.asarray(Image.open(photo))),
        "gray": (gray, None, np.asarray(Image.open(gray))),
        "npy": (npy, None, array.astype("int16")),
        "npz": (npz, "second", other),
    }


def ask(worker, request):
    return worker.submit(request).result(WAIT)


def opened(worker, file, **settings):
    info = ask(worker, OpenRequest(file[0], file[1], BUDGET))
    return resolve(PipelineSpec(**settings), info, BUDGET)


def padded_by_numpy(array, spec):
    """What numpy makes of the two leading axes."""
    for axis in range(2):
        target = spec.target[axis] if spec.target else None
        extra = (array.shape[axis] if target is None else target) - array.shape[axis]
        if spec.overflow == "keep":
            extra = max(extra, 0)
        half = abs(extra) // 2 * (1 if extra > 0 else -1)
        before = {"start": 0, "center": half, "end": extra}[spec.position]
        after = extra - before
        size = array.shape[axis]
        array = np.take(array, np.arange(max(0, -before), size - max(0, -after)), axis)
        width = [(0, 0)] * array.ndim
        width[axis] = (max(0, before), max(0, after))
        fill = {"constant_values": spec.fill_value} if spec.mode == "constant" else {}
        array = np.pad(array, width, spec.mode, **fill)
    return array


def regions(shape):
    yield whole(shape)
    yield tuple(Span(size // 3, size - 1, 1) if size > 4 else Span(0, size) for size in shape)
    yield tuple(Span(1, size, 3 + i) if size > 4 else Span(0, size, 2) for i, size in enumerate(shape))
    yield tuple(Span(size - 1, size) for size in shape)
    yield (Span(2, 2), *whole(shape[1:]))


def cut(array, region):
    return array[tuple(slice(*span) for span in region)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("settings", SPECS)
def test_tiles_are_regions_of_what_numpy_makes(reader, files, kind, settings):
    plan = opened(reader, files[kind], **settings)
    array = files[kind][2]
    for stage, expected in ((Stage.INPUT, array), (Stage.PADDED, padded_by_numpy(array, plan.spec))):
        assert plan.require(stage).shape == expected.shape
        for region in regions(expected.shape):
            tile = ask(reader, TileRequest(plan, stage, region, whole(array.shape)))
            assert (tile.stage, tile.region, tile.data.dtype) == (stage, region, expected.dtype)
            np.testing.assert_array_equal(tile.data, cut(expected, region))
            assert tile.statistics == Statistics(array.min(), array.max(), 0, 0, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_probes_loads_and_exports_equal_numpy(reader, files, tmp_path, kind):
    plan = opened(reader, files[kind], target=(64, 64), position="center", fill_value=3)
    array = files[kind][2]
    expected = padded_by_numpy(array, plan.spec)
    at = (Span(11, 12), Span(13, 14), *whole(array.shape[2:]))
    values = ask(reader, ProbeRequest(plan, {Stage.INPUT: at, Stage.PADDED: at}))
    np.testing.assert_array_equal(values[Stage.INPUT], cut(array, at).ravel())
    np.testing.assert_array_equal(values[Stage.PADDED], cut(expected, at).ravel())
    loaded = OwnedArray(plan.info.shape, plan.info.dtype)
    ask(reader, LoadRequest(plan, loaded.array))
    with loaded.array.open() as seen:
        np.testing.assert_array_equal(seen, array)
        del seen
    loaded.release()
    mask = np.pad(np.ones(array.shape[:2], np.uint8), [(13, 14), (5, 6)])
    for stage, wanted in ((Stage.PADDED, expected), (Stage.MASK, mask)):
        target = tmp_path / f"{stage}.npy"
        begun = ask(reader, BeginExport(plan, stage, str(target), False))
        assert begun == Begun(0, wanted.nbytes)
        assert ask(reader, ContinueExport()) == Written(target.stat().st_size)
        found = np.load(target)
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)
        with pytest.raises(TargetExists, match="--force"):
            ask(reader, BeginExport(plan, stage, str(target), False))


def test_loading_and_exporting_tell_how_far_they_are(reader, tmp_path):
    path = tmp_path / "rows.npy"
    array = np.lib.format.open_memmap(path, "w+", "uint8", (3000, 8192))
    array[::100] = 200
    array.flush()
    plan = opened(reader, (str(path), None), axes="HW", target=(3100, None))
    told = []
    ask(reader, BeginExport(plan, Stage.PADDED, str(tmp_path / "out.npy"), False))
    reader.submit(ContinueExport(), lambda *s: told.append(s)).result(WAIT)
    total = 3100 * 8192
    assert len(told) == 2
    assert told == sorted(told)
    assert told[-1] == (total, total)
    loaded = OwnedArray(plan.info.shape, plan.info.dtype)
    told.clear()
    reader.submit(LoadRequest(plan, loaded.array), lambda *s: told.append(s)).result(WAIT)
    loaded.release()
    assert told[-1] == (3000, 3000)
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy")[:3000], array)


@pytest.mark.parametrize("kind", KINDS)
def test_after_a_restart_the_source_is_opened_again(files, kind):
    first = start_reader()
    plan = opened(first, files[kind], target=(64, 64))
    first.kill()
    second = start_reader()
    try:
        for stage, expected in (
            (Stage.INPUT, files[kind][2]),
            (Stage.PADDED, padded_by_numpy(files[kind][2], plan.spec)),
        ):
            tile = ask(second, TileRequest(plan, stage, whole(expected.shape), whole(plan.info.shape)))
            np.testing.assert_array_equal(tile.data, expected)
    finally:
        second.kill()


def test_plans_of_several_files_may_take_turns(reader, files):
    plans = {kind: opened(reader, files[kind]) for kind in KINDS}
    for kind in (*KINDS, *reversed(KINDS)):
        region = whole(files[kind][2].shape)
        tile = ask(reader, TileRequest(plans[kind], Stage.INPUT, region, region))
        np.testing.assert_array_equal(tile.data, files[kind][2])
        assert tile.statistics.maximum == files[kind][2].max()


def test_describing_a_file_keeps_the_one_that_is_open(reader, files):
    plan = opened(reader, files["npy"])
    ask(reader, OpenRequest(*files["photo"][:2], BUDGET, keep=False))
    os.rename(files["npy"][0], f"{files['npy'][0]}.away")  # noqa: PTH104
    try:
        region = whole(plan.info.shape)
        np.testing.assert_array_equal(ask(reader, TileRequest(plan, Stage.INPUT, region, region)).data, files["npy"][2])
    finally:
        os.rename(f"{files['npy'][0]}.away", files["npy"][0])  # noqa: PTH104


def test_a_file_that_fails_to_open_leaves_the_one_that_is_open(reader, files, tmp_path):
    plan = opened(reader, files["photo"])
    with pytest.raises(SourceNotFound):
        ask(reader, OpenRequest(str(tmp_path / "missing.npy"), None, BUDGET))
    with pytest.raises(OversizedSource, match="--budget"):
        ask(reader, OpenRequest(files["photo"][0], None, 100))
    with pytest.raises(UnsupportedSource):
        ask(reader, OpenRequest(str(tmp_path), None, BUDGET))
    region = whole(plan.info.shape)
    assert ask(reader, TileRequest(plan, Stage.INPUT, region, region)).data.shape == plan.info.shape


def test_a_file_that_changes_on_disk_is_another_source(reader, tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((4, 5)))
    plan = opened(reader, (str(path), None))
    assert plan.info.modified == path.stat().st_mtime_ns
    ask(reader, OpenRequest(str(path), None, BUDGET))
    os.utime(path, ns=(0, plan.info.modified + 1))
    newer = opened(reader, (str(path), None))
    assert newer.info == replace(plan.info, modified=plan.info.modified + 1) != plan.info
    region = whole((4, 5))
    with pytest.raises(DamagedSource, match=r"a\.npy: the file has changed since it was opened; reload it \(F5\)"):
        ask(reader, TileRequest(plan, Stage.INPUT, region, region))
    assert ask(reader, TileRequest(newer, Stage.INPUT, region, region)).data.shape == (4, 5)


def test_a_file_that_changed_while_the_reader_was_away(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((4, 5)))
    first = start_reader()
    plan = opened(first, (str(path), None))
    first.kill()
    np.save(path, np.ones((4, 5)))
    second = start_reader()
    try:
        with pytest.raises(DamagedSource, match="has changed"):
            ask(second, TileRequest(plan, Stage.PADDED, whole((4, 5)), whole((4, 5))))
        path.unlink()
        with pytest.raises(SourceNotFound):
            ask(second, TileRequest(plan, Stage.PADDED, whole((4, 5)), whole((4, 5))))
    finally:
        second.kill()


def test_a_mapped_file_that_is_cut_short_is_told(reader, tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((1000, 1000)))
    plan = opened(reader, (str(path), None))
    os.truncate(path, 4096)
    request = TileRequest(plan, Stage.INPUT, whole((1000, 1000)), whole((1000, 1000)))
    with pytest.raises(DamagedSource, match="has changed since it was opened; reload it"):
        ask(reader, request)
    with pytest.raises(DamagedSource, match="cut short"):
        opened(reader, (str(path), None))


def test_a_mapped_file_that_is_cut_short_under_another_name_is_told(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((1000, 1000)))
    worker = start_reader()
    try:
        plan = opened(worker, (str(path), None))
        # Its name is gone, so that the check before the read finds nothing.
        path.rename(tmp_path / "mapped.npy")
        os.truncate(tmp_path / "mapped.npy", 4096)
        request = TileRequest(plan, Stage.INPUT, whole((1000, 1000)), whole((1000, 1000)))
        with pytest.raises(DamagedSource, match=r"was cut short since it was opened; reload it \(F5\)"):
            worker.submit(request).result(WAIT)
        assert worker.alive  # reading on would have ended it by SIGBUS
    finally:
        worker.kill()


def test_statistics_tell_of_what_is_not_finite_and_of_sampling(reader, tmp_path):
    array = np.linspace(-1, 1, 2000 * 1500, dtype="float32").reshape(2000, 1500)
    array[0, :8] = [np.nan, np.nan, np.inf, -np.inf, np.inf, 5, 6, 7]
    np.save(tmp_path / "odd.npy", array)
    plan = opened(reader, (str(tmp_path / "odd.npy"), None))
    small = (Span(0, 4), Span(0, 16))
    tile = ask(reader, TileRequest(plan, Stage.INPUT, small, small))
    finite = array[:4, :16][np.isfinite(array[:4, :16])]
    assert tile.statistics == Statistics(float(finite.min()), 7.0, 2, 3, 1)
    np.testing.assert_array_equal(tile.data, array[:4, :16])
    everything = ask(reader, TileRequest(plan, Stage.INPUT, small, whole(array.shape))).statistics
    assert everything.one_in == 4
    sampled = array[::2, ::2]
    assert everything.maximum == sampled[np.isfinite(sampled)].max()
    np.save(tmp_path / "nan.npy", np.full((3, 3), np.nan))
    plan = opened(reader, (str(tmp_path / "nan.npy"), None))
    tile = ask(reader, TileRequest(plan, Stage.INPUT, whole((3, 3)), whole((3, 3))))
    assert tile.statistics == Statistics(None, None, 9, 0, 1)


@pytest.mark.parametrize("shape", [(1000, 1000, 3), (3, 1000, 1000), (2, 1500, 1500, 4), (1 << 22, 2)])
def test_a_sample_looks_at_every_channel(shape):
    sampled, one_in = sample(whole(shape))
    counts = [span.count for span in sampled]
    assert [count for count, size in zip(counts, shape, strict=True) if size <= 4] == [n for n in shape if n <= 4]
    assert SAMPLE / 4 < np.prod(counts) <= SAMPLE
    assert one_in == pytest.approx(np.prod(shape) / np.prod(counts))


def test_levels_of_a_large_picture_know_its_green(reader, tmp_path):
    array = np.zeros((1000, 1000, 3), np.uint16)
    array[..., 1] = 500
    np.save(tmp_path / "green.npy", array)
    plan = opened(reader, (str(tmp_path / "green.npy"), None))
    tile = ask(reader, TileRequest(plan, Stage.INPUT, whole((4, 4, 3)), whole(array.shape)))
    assert tile.statistics == Statistics(0, 500, 0, 0, 4)


def test_integers_keep_their_last_digit(reader, tmp_path):
    array = np.array([[2**63 + 1, 2**64 - 1]], "uint64")
    np.save(tmp_path / "big.npy", array)
    plan = opened(reader, (str(tmp_path / "big.npy"), None))
    tile = ask(reader, TileRequest(plan, Stage.PADDED, whole((1, 2)), whole((1, 2))))
    assert tile.statistics == Statistics(2**63 + 1, 2**64 - 1, 0, 0, 1)
    assert tile.data.tolist() == [[2**63 + 1, 2**64 - 1]]


def test_a_request_that_is_not_for_the_reader(reader):
    with pytest.raises(UnexpectedError, match="DevicesRequest"):
        ask(reader, DevicesRequest())
