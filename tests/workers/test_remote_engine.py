"""FEATURE from a device of a cluster: the same bits as from this machine, and what becomes of it when workers go."""

from __future__ import annotations

import glob
import os
import signal
import threading
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from cluster import cluster

from padviewer.errors import ClusterLost, PadviewerError, SettingsError
from padviewer.geometry import Span, counts
from padviewer.plan import FEATURE_DTYPE, Stage
from padviewer.resolve import resolve
from padviewer.spec import CLUSTER, PipelineSpec
from padviewer.windows import block_bytes
from padviewer.workers.client import Client
from padviewer.workers.cluster import close, connected
from padviewer.workers.engine_choice import start_engines
from padviewer.workers.export_job import export_job
from padviewer.workers.hosted_engine import count_cards
from padviewer.workers.jobs import ENGINES, READER, Pump, open_job, region_job, run_job
from padviewer.workers.messages import DevicesRequest
from padviewer.workers.shared import OwnedArray
from padviewer.workers.start import start_reader
from padviewer.workers.weights_job import weights_job

BUDGET = 1 << 28
WAIT = 90
ENGINE = ENGINES["tensorflow"]


class Crew:
    """A reader, and the engines of this machine and a cluster; deaths are counted."""

    def __init__(self, scheduler):
        self.pump, self.deaths = Pump(), []
        self.clients = {
            READER: Client(start_reader, self.pump.post),
            ENGINE: Client(partial(start_engines, scheduler), self.pump.post, self.deaths.append),
        }

    def run(self, job):
        return run_job(job, self.clients, self.pump)

    def ask(self, request):
        return self.pump.wait(self.clients[ENGINE].submit("ask", request))

    def close(self):
        for client in self.clients.values():
            client.close()


@pytest.fixture(scope="module")
def served():
    with cluster(2) as found:
        yield found


@pytest.fixture
def crew(served):
    crew = Crew(served[0])
    yield crew
    crew.close()


def plan_on(crew, path, device, loaded=None, **settings):
    info = crew.run(open_job(str(path), None, BUDGET))
    spec = PipelineSpec(target=(40, 50), position="center", filters=4, device=device, **settings)
    return resolve(spec, info, BUDGET, loaded)


def feature(crew, plan, tmp_path, name):
    crew.run(export_job(plan, Stage.FEATURE, str(tmp_path / name), True))
    return np.load(tmp_path / name)


def region_of(crew, plan):
    region = tuple(Span(0, min(5, size)) for size in plan.feature.shape)
    memory = OwnedArray((block_bytes(plan, region) // 4,), FEATURE_DTYPE)
    try:
        return crew.run(region_job(plan, region, memory))
    finally:
        memory.release()


def test_a_cluster_computes_the_same_bits(crew, tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.random.default_rng(0).normal(size=(33, 44, 3)).astype(np.float32))
    names = crew.ask(DevicesRequest()).names
    there = [name for name in names if name.startswith(CLUSTER)]
    assert names[0] == "CPU:0"
    assert [name.split()[-1] for name in there[:2]] == ["CPU:0", "CPU:0"]
    kernel = np.random.default_rng(1).normal(size=(3, 3, 3, 4)).astype(np.float32)
    np.save(tmp_path / "kernel.npy", kernel)
    loaded = crew.run(weights_job(str(tmp_path / "kernel.npy"), BUDGET))
    try:
        for settings in ({}, {"weights": "file", "weights_file": str(tmp_path / "kernel.npy")}):
            weights = loaded.weights if settings else None
            here = plan_on(crew, path, "CPU:0", weights, **settings)
            remote = plan_on(crew, path, there[0], weights, **settings)
            expected = feature(crew, here, tmp_path, "here.npy")
            assert np.ptp(expected) > 0
            np.testing.assert_array_equal(feature(crew, remote, tmp_path, "there.npy"), expected)
            ours, theirs = region_of(crew, here), region_of(crew, remote)
            np.testing.assert_array_equal(ours.data, theirs.data)
            assert theirs.data.shape == counts(theirs.region)
            assert (ours.computed.device, theirs.computed.device) == ("CPU:0", there[0])
    finally:
        loaded.release()
    assert not crew.deaths


def test_a_worker_that_is_killed_is_replaced_by_the_other(crew, served, tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.random.default_rng(0).normal(size=(33, 44, 3)).astype(np.float32))
    device = next(name for name in crew.ask(DevicesRequest()).names if name.startswith(CLUSTER))
    plan = plan_on(crew, path, device)
    before = region_of(crew, plan)
    client = connected(served[0])
    try:
        address = min(client.scheduler_info(n_workers=-1)["workers"])
        os.kill(client.run(os.getpid, workers=[address])[address], signal.SIGKILL)
    finally:
        close(client)
    after = region_of(crew, plan)
    np.testing.assert_array_equal(after.data, before.data)
    assert after.computed.device.startswith(CLUSTER)
    assert not crew.deaths
    # The process that holds the connection is ended, in the middle and between: the engine of this machine stays.
    here = replace(plan, spec=plan.spec.replace(device="CPU:0"))
    expected = region_of(crew, here)
    engines = crew.clients[ENGINE]._worker
    local, remote = engines._local.pid, engines._remote.pid
    os.kill(remote, signal.SIGSTOP)
    ending = threading.Timer(0.5, os.kill, (remote, signal.SIGKILL))
    ending.start()
    np.testing.assert_array_equal(region_of(crew, plan).data, expected.data)
    ending.join()
    os.kill(engines._remote.pid, signal.SIGKILL)
    engines._remote.ended.result(WAIT)
    np.testing.assert_array_equal(region_of(crew, plan).data, expected.data)
    np.testing.assert_array_equal(region_of(crew, here).data, expected.data)
    assert crew.clients[ENGINE]._worker is engines
    assert (engines._local.pid, crew.deaths) == (local, [])


@pytest.mark.parametrize(
    ("visible", "count"), [(None, 3), ("", 0), ("-1", 0), ("0", 1), ("2,0", 2), ("0,-1,1", 1), ("0,1,2,3,4", 3)]
)
def test_the_cards_of_a_worker_are_those_that_it_may_use(monkeypatch, visible, count):
    monkeypatch.setattr(glob, "glob", lambda _pattern: ["/dev/nvidia0", "/dev/nvidia1", "/dev/nvidia2"])
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert count_cards() == count


def test_a_scheduler_that_is_gone_leaves_the_devices_of_this_machine(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.ones((33, 44, 3), np.float32))
    crew = Crew("tcp://127.0.0.1:1")
    try:
        devices = crew.ask(DevicesRequest())
        assert all(not name.startswith(CLUSTER) for name in devices.names)
        assert "no cluster: tcp://127.0.0.1:1: no Dask scheduler answers" in devices.framework
        plan = plan_on(crew, path, "CPU:0")
        assert region_of(crew, plan).computed.device == "CPU:0"
        with pytest.raises(ClusterLost, match="no Dask scheduler answers"):
            region_of(crew, replace(plan, spec=plan.spec.replace(device="cluster: host-0 CPU:0")))
        assert region_of(crew, plan).computed.device == "CPU:0"
        assert not crew.deaths
    finally:
        crew.close()


@pytest.mark.parametrize(
    "device", ["cluster:", "cluster: CPU:0", "cluster: a b CPU:0", "cluster: a cpu", "cluster: a\n"]
)
def test_names_of_devices_are_checked(device):
    with pytest.raises(SettingsError, match="expected a name such as cluster: host-1 CPU:0"):
        PipelineSpec(device=device)


def test_errors_of_the_engine_come_as_they_are(crew, tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.ones((33, 44, 3), np.float32))
    device = next(name for name in crew.ask(DevicesRequest()).names if name.startswith(CLUSTER))
    plan = plan_on(crew, path, device.replace("CPU:0", "GPU:7"))
    with pytest.raises(PadviewerError, match="device GPU:7 is not there"):
        region_of(crew, plan)
    assert not crew.deaths
