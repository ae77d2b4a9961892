"""Reading weights as a sequence of requests: what is answered, and what becomes of the shared memory."""

from __future__ import annotations

import numpy as np
import pytest
from leftovers import segments

from padviewer.errors import DamagedSource, OversizedSource, UnsupportedSource, WorkerDied
from padviewer.workers.shared import SharedArray
from padviewer.workers.weights_job import layers_job, weights_job
from padviewer.workers.weights_messages import LayersRequest, WeightsRequest
from padviewer.workers.weights_reader import layers_of, load_weights

BUDGET = 1 << 28


def answer(request):
    return layers_of(request) if isinstance(request, LayersRequest) else load_weights(request)


def drive(job):
    """Answers the requests of a job in this process; returns its result."""
    try:
        _worker, request = next(job)
        while True:
            try:
                found = answer(request)
            except Exception as error:  # noqa: BLE001 - the job decides what it means
                _worker, request = job.throw(error)
            else:
                _worker, request = job.send(found)
    except StopIteration as stop:
        return stop.value


def test_an_array_comes_through_shared_memory(tmp_path):
    kernel = np.random.default_rng(0).normal(size=(3, 3, 2, 4))
    np.savez(tmp_path / "k.npz", a=kernel, b=np.ones(3))
    before = segments()
    found = drive(layers_job(str(tmp_path / "k.npz"), BUDGET))
    assert ([layer.title for layer in found.layers], found.chosen) == (["a", "b"], None)
    loaded = drive(weights_job(f"{tmp_path / 'k.npz'}::a", BUDGET))
    weights = loaded.weights
    assert (weights.layer.shapes, weights.file) == (((3, 3, 2, 4),), f"{tmp_path / 'k.npz'}::a")
    assert weights.modified == (tmp_path / "k.npz").stat().st_mtime_ns
    with SharedArray(weights.memory, (72,), "float32").open() as numbers:
        np.testing.assert_array_equal(numbers.reshape(3, 3, 2, 4), kernel.astype("float32"))
    loaded.release()
    assert segments() == before


def test_a_file_with_several_needs_a_name(tmp_path):
    np.savez(tmp_path / "k.npz", a=np.ones(3), b=np.ones(3))
    with pytest.raises(UnsupportedSource, match="holds several"):
        drive(weights_job(str(tmp_path / "k.npz"), BUDGET))


def test_more_than_the_budget_takes_no_memory(tmp_path):
    np.save(tmp_path / "k.npy", np.ones((9, 9)))
    with pytest.raises(OversizedSource, match="324 B, more than the budget of 100 B"):
        drive(weights_job(str(tmp_path / "k.npy"), 100))


def test_a_reader_that_dies_of_a_file_leaves_no_memory(tmp_path):
    np.save(tmp_path / "k.npy", np.ones((3, 3)))
    before = segments()
    job = weights_job(str(tmp_path / "k.npy"), BUDGET)
    _worker, request = next(job)
    _worker, request = job.send(answer(request))
    assert isinstance(request, WeightsRequest)
    with pytest.raises(DamagedSource, match=r"k.npy: the reader ended while it read this file"):
        job.throw(WorkerDied("the reader ended"))
    assert segments() == before
    job = layers_job("k.npy", BUDGET)
    next(job)
    with pytest.raises(DamagedSource, match="may be damaged"):
        job.throw(WorkerDied("the reader ended"))
