"""A framework's type in an answer would make the window import TensorFlow while it unpickles, for five seconds."""

from __future__ import annotations

import subprocess
import sys

ROUND_TRIP = """
import sys
import numpy as np
from padviewer.geometry import whole
from padviewer.plan import Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.workers.crew import Crew
from padviewer.workers.export_job import export_job
from padviewer.workers.jobs import ENGINES, open_job
from padviewer.workers.messages import ProbeRequest, TileRequest

def ask(request):
    answer = yield ENGINES["tensorflow"], request
    return answer

if __name__ == "__main__":
    np.save("a.npy", np.ones((9, 9), "float32"))
    with Crew() as crew:
        plan = resolve(PipelineSpec(target=(12, 12)), crew.run(open_job("a.npy", None, 1 << 28)), 1 << 28)
        print(crew.devices("tensorflow").names[0])
        print(crew.run(export_job(plan, Stage.FEATURE, "feature.npy", False)))
        region = whole(plan.feature.shape)
        print(crew.run(ask(TileRequest(plan, Stage.FEATURE, region, region))).data.shape)
        print(len(crew.run(ask(ProbeRequest(plan, {Stage.FEATURE: region})))))
    print([name for name in ("tensorflow", "keras", "jax", "torch", "PySide6") if name in sys.modules])
"""


def test_a_round_trip_with_the_engine_imports_no_framework(tmp_path):
    (tmp_path / "program.py").write_text(ROUND_TRIP)
    done = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "CPU:0",
        str((tmp_path / "feature.npy").stat().st_size),
        "(10, 10, 32)",
        "1",
        "[]",
    ]
