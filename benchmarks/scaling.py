"""How an export grows: with processes, with workers of a Dask cluster, and with its items."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from benchmarks.bench import Bench
from benchmarks.row import Row

ARRAYS, PHOTOS, CALLS = 2_000, 400, 1_000
QUICK_ARRAYS, QUICK_PHOTOS, QUICK_CALLS = 100, 20, 50
ITEMS, QUICK_ITEMS = (10_000, 100_000), (1_000, 3_000)
TIMEOUT = 1200
_EACH = {
    "arrays": ("small arrays", "arrays of about 80 x 80 bytes, from .npy to .npy of 128 x 128"),
    "photos": ("photos", "pictures that are decoded, to .npy of 512 x 512"),
    "calls": ("calls", "calls that do nothing"),
}


def scaling(bench: Bench) -> Iterator[Row]:
    """Measures on this machine; the processes and workers share its cores with whoever shares out the work."""
    if find_spec("distributed") is None:
        yield Row("scaling", "s", (), note="distributed is not installed; the extra `cluster` has it")
        return
    counts = (QUICK_ARRAYS, QUICK_PHOTOS, QUICK_CALLS) if bench.quick else (ARRAYS, PHOTOS, CALLS)
    found = bench.script("scaling_script.py", "rates", str(bench.runs), *map(str, counts), timeout=TIMEOUT)
    for (kind, (name, what)), count in zip(_EACH.items(), counts, strict=True):
        by = found["seconds"][kind]
        for where, words in (("processes", "processes"), ("dask", "Dask workers")):
            one, two = by[f"{where} 1"], by[f"{where} 2"]
            rates = " and ".join(_rate(kind, count, samples) for samples in (one, two))
            yield Row(
                f"scaling, {name}, {words}", "s", two, one, against="one in place of two",
                note=f"{count} {what}: {rates} with one and two",
            )  # fmt: skip
    yield Row(
        "scaling, bytes by the scheduler", "bytes", [found["carried"]],
        note="between client and scheduler, for each of the small arrays; counted on the wire",
    )  # fmt: skip
    yield Row("scaling, scheduler", "ms", [found["task_ms"]], note="processor time of Dask's scheduler for a task")
    yield _memory(bench)


def _rate(kind: str, count: int, samples: list[float]) -> str:
    seconds = sorted(samples)[len(samples) // 2]
    return f"{1000 * seconds / count:.2f} ms a call" if kind == "calls" else f"{count / seconds:.0f} a second"


def _memory(bench: Bench) -> Row:
    """Measures what the client keeps of each item, as the slope between two numbers of items."""
    few, many = QUICK_ITEMS if bench.quick else ITEMS
    slopes = []
    for _round in range(bench.runs):
        grown = [
            bench.script("scaling_script.py", "memory", str(count), timeout=TIMEOUT)["bytes"] for count in (few, many)
        ]
        slopes.append((grown[1] - grown[0]) / (many - few))
    note = f"by which the client grows for one item more, between {few} and {many} items"
    return Row("scaling, memory of the client", "bytes", slopes, note=note)
