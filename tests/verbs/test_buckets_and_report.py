"""The verbs `buckets` and `report`, from the command line to what they print and write."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from padviewer.cli import main
from padviewer.dataset.plan_file import read_plan
from padviewer.spec import PipelineSpec


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """30 pictures of three sizes."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    place = tmp_path / "mixed <b>&"
    place.mkdir()
    for number in range(30):
        Image.new("RGB", [(64, 30), (30, 64), (100, 90)][number % 3]).save(place / f"{number:02}.png")
    return place


@pytest.fixture
def sizes(tmp_path):
    """The sizes of 400 files of two axes, eight sizes in all, and 2 of one axis."""
    random = np.random.default_rng(2)
    distinct = np.exp(random.normal(5, 0.4, (8, 2))).astype(int)
    records = [
        {"path": f"<i>{number}</i>.png", "shape": [*size, 3], "axes": "HWC", "dtype": "uint8"}
        for number, size in enumerate(random.choice(distinct, 400).tolist())
    ]
    records += [{"path": f"{n}.wav", "shape": [100], "axes": "T"} for n in range(2)]
    path = tmp_path / "sizes.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def run(capfd, *arguments):
    code = main([str(argument) for argument in arguments])
    told = capfd.readouterr()
    return code, told.out, told.err


def test_three_sizes_take_three_buckets(capfd, folder):
    code, out, err = run(capfd, "buckets", folder, "--count", 3, "--multiple-of", 16)
    assert (code, err) == (0, "")
    assert out.startswith("H W: 30 items\n")
    assert re.search(r"^one target, 96x112 +[\d.]+ % ", out, re.MULTILINE)
    rows = [line.split() for line in out.splitlines() if re.match(r"\d+x\d+ ", line)]
    assert [(row[0], row[1], row[2]) for row in rows] == [
        ("32x64", "10", "33.3"), ("64x32", "10", "33.3"), ("96x112", "10", "33.3"),
    ]  # fmt: skip
    assert "no buckets waste less" in out


def test_json_has_the_buckets_and_their_figures(capfd, folder, tmp_path):
    plan = tmp_path / "plan.json"
    code, out, _err = run(capfd, "buckets", folder, "--count", 2, "--json", "-o", plan, "--batch-size", 5)
    assert code == 0
    found = json.loads(out)
    assert json.loads(plan.read_text()) == found
    assert [tuple(bucket) for bucket in found["buckets"]] == list(read_plan(str(plan)).choice.targets)
    figures = found["figures"]
    assert sum(each["items"] for each in figures["buckets"]) == figures["items"] == 30
    data = 3 * 10 * (2 * 30 * 64 + 90 * 100)
    assert figures["data"] == data
    assert figures["padding_share"] == pytest.approx(1 - data / figures["elements"])
    assert figures["one_target"]["padding_share"] == pytest.approx(1 - data / (30 * 3 * 9000))
    assert figures["batch_bytes"] == 5 * 9000 * 3 * 4


def test_a_plan_is_not_written_over(capfd, folder, tmp_path):
    plan = tmp_path / "plan.json"
    plan.write_text("mine")
    code, _out, err = run(capfd, "buckets", folder, "-o", plan)
    assert (code, plan.read_text()) == (1, "mine")
    assert "plan.json" in err
    assert run(capfd, "buckets", folder, "-o", plan, "--force")[0] == 0
    assert read_plan(str(plan)).letters == "HW"


@pytest.mark.parametrize("dialect", ["keras", "keras-plain", "tf-data"])
def test_code_is_printed_or_written(capfd, sizes, tmp_path, dialect):
    code, out, _err = run(capfd, "buckets", "--sizes", sizes, "--code", dialect, "--count", 2, "--overflow", "crop")
    assert code == 0
    compile(out, "printed", "exec")
    assert "BUCKETS = [(" in out
    path = tmp_path / "code.py"
    run(capfd, "buckets", "--sizes", sizes, "--code", dialect, "--count", 2, "--overflow", "crop", "-o", path)
    assert path.read_text() == out


def test_batch_pads_as_the_buckets_say_unless_it_is_told_otherwise(capfd, folder, tmp_path):
    plan, out = tmp_path / "plan.json", tmp_path / "out"
    run(capfd, "buckets", folder, "--count", 1, "-o", plan, "--mode", "edge", "--position", "end", "--fill", "nan")
    assert read_plan(str(plan)).padding == PipelineSpec(mode="edge", position="end", fill_value=float("nan"))
    code, _out, err = run(
        capfd, "batch", folder / "00.png", "-o", out, "--buckets", plan, "--position", "center", "--fill", "nan"
    )
    assert code == 0
    assert "--position center in place of end, which the buckets name" in err
    assert err.count("in place of") == 1
    settings = json.loads((out / "manifest.jsonl").read_text().splitlines()[0])
    assert (settings["mode"], settings["position"], settings["fill_value"]) == ("edge", "center", "nan")
    written = np.load(out / "00.npy")
    wanted = np.pad(np.asarray(Image.open(folder / "00.png")), [(30, 30), (18, 18), (0, 0)], mode="edge")
    np.testing.assert_array_equal(written, wanted)


@pytest.mark.parametrize("verb", ["buckets", "report"])
def test_kinds_that_no_batch_can_hold_together_are_told(capfd, tmp_path, verb):
    records = [
        {"path": f"{number}.npy", "shape": shape, "axes": axes, "dtype": dtype}
        for number, (shape, axes, dtype) in enumerate(
            [([5, 5, 3], "HWC", "uint8")] * 3 + [([5, 6], "HW", "uint8"), ([4, 6, 1], "HWC", "float32")]
        )
    ]
    path = tmp_path / "sizes.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    code, out, _err = run(capfd, verb, "--sizes", path)
    assert code == 0
    assert "as there are 3 kinds: HWC uint8, 3 channels (3); HW uint8 (1); HWC float32, 1 channel (1); convert" in out
    found = json.loads(run(capfd, verb, "--sizes", path, "--json")[1])
    kinds = found["figures"]["kinds"] if verb == "buckets" else found["kinds"]
    assert kinds[1] == {"axes": "HW", "dtype": "uint8", "channels": None, "items": 1}
    assert sum(kind["items"] for kind in kinds) == 5
    path.write_text(json.dumps(records[0]) + "\n")
    assert "kinds" not in run(capfd, verb, "--sizes", path)[1]


@pytest.mark.parametrize("verb", ["buckets", "report"])
def test_what_has_no_elements_is_refused_by_itself(capfd, tmp_path, verb):
    path = tmp_path / "sizes.jsonl"
    shapes = ([0, 7], [5, 5])
    records = [{"path": f"{n}.npy", "shape": shape, "axes": "HW"} for n, shape in enumerate(shapes)]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    code, out, err = run(capfd, verb, "--sizes", path)
    assert code == 1
    assert "0.npy: has no elements (0 x 7)" in err
    assert "5x5" in out


def test_items_of_other_axes_are_told(capfd, sizes):
    code, out, err = run(capfd, "buckets", "--sizes", sizes, "--count", 3)
    assert (code, out.splitlines()[0]) == (0, "H W: 400 items")
    assert "2 with axes T left out" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give paths, or --sizes FILE"),
        (["a.png", "--sizes", "b"], "give paths, or --sizes FILE"),
        (["--sizes", "/nowhere/b"], "cannot be read"),
        (["--sizes", "SIZES", "--count", "0"], "count 0"),
        (["--sizes", "SIZES", "--cover", "2"], "cover 2"),
        (["--sizes", "SIZES", "--cover", "nan"], "cover nan"),
        (["--sizes", "SIZES", "--limit", "3x3"], "no item fits within 3x3"),
        (["--sizes", "SIZES", "--batch-size", "0"], "batch size 0"),
        (["--sizes", "SIZES", "--dtype", "U3"], "dtype 'U3'"),
        (["--sizes", "SIZES", "--seed", "-1"], "seed -1"),
        (["--sizes", "SIZES", "--json", "--code", "keras"], "give one of them"),
    ],
)
def test_what_cannot_be_is_refused(capfd, sizes, arguments, said):
    code, out, err = run(capfd, "buckets", *(str(sizes) if each == "SIZES" else each for each in arguments))
    assert (code, out) == (2, "")
    assert said in err


@pytest.mark.parametrize(("limit", "expected"), [("0.05", 1), ("0.9", 0)])
def test_a_build_fails_over_its_limit(capfd, folder, limit, expected):
    code, out, err = run(capfd, "report", folder, "--target", "90x100", "--fail-over-waste", limit)
    share = 100 * (1 - (2 * 30 * 64 + 9000) / (3 * 9000))
    assert code == expected
    said = f"{share:.1f} % of all elements are padding, {'more than' if expected else 'within'} the limit"
    assert said in out.splitlines()[-1]
    assert err.count(said) == expected


def test_files_that_overflow_or_are_damaged_are_named(capfd, folder):
    (folder / "99.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    code, out, _err = run(capfd, "report", folder, "--target", "80x80", "--overflow", "crop", "--json")
    found = json.loads(out)
    assert code == 1
    assert found["failed"] is False
    assert len(found["overflowing_items"]) == found["overflowing"] == 10
    assert found["overflowing_items"][0].endswith("02.png: 90 x 100")
    assert "99.png" in found["refused_items"][0]
    assert found["lost_elements"] == 10 * 3 * (9000 - 6400)


def test_buckets_of_a_file_are_judged(capfd, folder, tmp_path, sizes):
    plan = tmp_path / "plan.json"
    run(capfd, "buckets", folder, "--count", 3, "-o", plan)
    code, out, _err = run(capfd, "report", folder, "--buckets", plan, "--json", "--fail-over-waste", 0)
    assert (code, json.loads(out)["padding_share"]) == (0, 0)
    plan.write_text(plan.read_text().replace('"HW"', '"T"').replace(json.dumps([1, 1]), "[1]"))
    code, _out, err = run(capfd, "report", "--sizes", sizes, "--buckets", plan)
    assert code == 2
    assert "plan.json" in err


class Page:
    """A page as it is parsed: its plots, its text, and what it would load."""

    def __init__(self, text):
        self.text = text
        self.plots = [ET.fromstring(found) for found in re.findall(r"<svg.*?</svg>", text, re.DOTALL)]
        self.classes = [[each.get("class") for each in plot.iter()] for plot in self.plots]


@pytest.fixture
def page(capfd, tmp_path):
    def made(*arguments):
        path = tmp_path / "page.html"
        run(capfd, "report", *arguments, "--html", path, "--force")
        return Page(path.read_text())

    return made


def test_the_page_holds_its_plots_and_loads_nothing(page, folder, sizes):
    found = page(folder, "--count", 3)
    assert found.classes[0].count("dot") == 3
    assert found.classes[0].count("target") == 3
    assert not re.search(r"https?:|<script|<link|<img|@import|url\(", found.text)
    assert "<b>&" not in found.text
    assert "mixed &lt;b&gt;&amp;" in found.text
    found = page("--sizes", sizes, "--target", "100x100")
    assert "&lt;i&gt;" in found.text
    assert "<i>" not in found.text


def test_the_page_has_its_figures_first_and_numbers_buckets_as_the_table_does(page, sizes):
    found = page("--sizes", sizes, "--count", 3, "--fail-over-waste", 0.9, "--multiple-of", 4)
    figures = re.findall(r"<dt>(.*?)</dt><dd><b>(.*?)</b>(.*?)</dd>", found.text)
    assert [name for name, _, _ in figures] == [
        "padding", "one target for all", "elements", "batch of 32", "items", "overflowing",
    ]  # fmt: skip
    assert figures[0][2] == "limit 90.0 %"
    assert figures[4][1:] == ("400", "0 refused")
    assert found.text.index("<dl>") < found.text.index("<table>") < found.text.index("<svg")
    numbers = [each.text for each in found.plots[0].iter() if each.get("class") == "number"]
    assert numbers == re.findall(r"<tr><td>(\d)</td>", found.text) == ["1", "2", "3"]
    assert "multiples of 4x4, overflow keep, batches of 32 in float32" in found.text


def test_huge_sizes_have_short_ticks(page, tmp_path):
    path = tmp_path / "sizes.jsonl"
    path.write_text(json.dumps({"path": "a", "shape": [2 * 10**9, 10**6], "axes": "HW"}) + "\n")
    ticks = [each.text for each in page("--sizes", path).plots[0].iter() if each.text]
    assert "2 G" in ticks
    assert max(map(len, (tick for tick in ticks if tick[0].isdigit() and ":" not in tick))) <= 7


@pytest.mark.parametrize(("limit", "code"), [("0", 0), ("1", 0), ("nan", 2), ("-0.1", 2), ("1.01", 2), ("inf", 2)])
def test_edges_of_the_limit(capfd, tmp_path, limit, code):
    path = tmp_path / "sizes.jsonl"
    path.write_text(json.dumps({"path": "a", "shape": [5, 5], "axes": "HW"}) + "\n")
    found, out, err = run(capfd, "report", "--sizes", path, f"--fail-over-waste={limit}")
    assert found == code
    assert ("within the limit" in out) == (code == 0)
    assert ("expected a share from 0 to 1" in err) == (code == 2)


@pytest.mark.parametrize("text", ["", json.dumps({"path": "a", "error": "a: damaged"}) + "\n"])
def test_a_build_without_any_item_fails(capfd, tmp_path, text):
    path = tmp_path / "sizes.jsonl"
    path.write_text(text)
    code, out, err = run(capfd, "report", "--sizes", path, "--fail-over-waste", 1, "--html", tmp_path / "page.html")
    assert (code, out) == (2, "")
    assert "there is no item with a size" in err
    assert not (tmp_path / "page.html").exists()


def test_many_sizes_are_a_density_and_signals_are_bars(page, tmp_path):
    random = np.random.default_rng(0)
    for axes, kind, plots in (("HW", "cell", 1), ("T", "cell", 1), ("DHW", "dot", 2)):
        count = 300 if axes == "DHW" else 3000
        shapes = random.integers(1, 4000, (count, len(axes))).tolist()
        path = tmp_path / f"{axes}.jsonl"
        path.write_text("".join(json.dumps({"path": "a", "shape": s, "axes": axes}) + "\n" for s in shapes))
        found = page("--sizes", path, "--target", "x".join(["900"] * len(axes)))
        assert len(found.plots) == plots
        assert all(classes.count("target") == 1 for classes in found.classes)
        assert 10 < found.classes[0].count(kind) <= 64 * 64
