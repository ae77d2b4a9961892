"""The command line from outside: what it prints, writes and returns, and that it says nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import tifffile
from PIL import Image

from padviewer import __version__
from padviewer.cli import main
from padviewer.export import EXTENSIONS
from padviewer.options import join_negative
from padviewer.spec import PipelineSpec
from padviewer.verbs import VERBS

RNG = np.random.default_rng(3)
PROGRAM = [sys.executable, "-m", "padviewer"]
REFERENCE = Path(__file__).parent / "workers" / "keras_reference.py"
TIMEOUT = 120


def padviewer(*arguments, cwd, **more):
    """Runs the program; returns exit code, standard output and standard error."""
    done = subprocess.run([*PROGRAM, *arguments], cwd=cwd, capture_output=True, timeout=TIMEOUT, check=False, **more)
    return done.returncode, done.stdout, done.stderr.decode()


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(here, capfd):
    """Runs the program in this process."""

    def run(*arguments):
        try:
            code = main(arguments)
        except SystemExit as stop:
            code = stop.code
        out, err = capfd.readouterr()
        return code, out, err

    return run


def is_one_error(err, *parts):
    assert err.startswith("padviewer: error: ")
    assert err.count("\n") == 1
    assert err.endswith("\n")
    assert err.isprintable() or err[:-1].isprintable()
    for part in parts:
        assert part in err


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def runs(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


# What is told of files


def test_info_tells_what_files_are(here):
    np.save("a.npy", np.zeros((4, 6), ">f4"))
    np.savez("b.npz", first=np.zeros((2, 3), "int8"), second=np.zeros(5))
    Image.fromarray(RNG.integers(0, 255, (30, 40, 3), np.uint8)).save("p.jpg")
    code, out, err = padviewer("info", "--json", "a.npy", "b.npz::second", "b.npz", "p.jpg", cwd=here)
    assert (code, err) == (0, "")
    told = [json.loads(line) for line in out.splitlines()]
    assert [(t["path"], t["member"], t["shape"], t["axes"], t["dtype"], t["members"], t["bytes"]) for t in told] == [
        ("a.npy", None, [4, 6], "HW", "float32", [], 96),
        ("b.npz", "second", [5], "T", "float64", ["first", "second"], 40),
        ("b.npz", "first", [2, 3], "HW", "int8", ["first", "second"], 6),
        ("p.jpg", None, [30, 40, 3], "HWC", "uint8", [], 3600),
    ]
    assert [t["file_bytes"] for t in told] == [os.path.getsize(t["path"]) for t in told]  # noqa: PTH202


def test_info_in_words_is_one_line_for_each(run):
    np.save("a.npy", np.zeros((4, 6)))
    np.savez("b.npz", first=np.zeros((2, 3)), second=np.zeros(5))
    code, out, err = run("info", "a.npy", "b.npz")
    assert (code, err) == (0, "")
    first, second = out.splitlines()
    assert first.startswith("a.npy:  H 4  W 6  float64")
    assert second.startswith("b.npz::first:")
    assert "members first (float64 2 x 3), second (float64 5)" in second


def test_info_gives_each_of_many_members_a_line(run):
    np.savez("many.npz", **{f"layer/{i}": np.zeros((i, 2), "f4") for i in range(1, 12)}, text=np.array(["x"]))
    code, out, err = run("info", "many.npz")
    assert (code, err) == (0, "")
    first, *lines = out.splitlines()
    assert first.startswith("many.npz::layer/1:  H 1  W 2  float32")
    assert first.endswith("(12 members)")
    assert lines[0] == "    layer/1   float32 1 x 2"
    assert lines[-2] == "    layer/11  float32 11 x 2"
    assert lines[-1].startswith("    text      cannot be opened: holds text")
    code, out, err = run("info", "--json", "many.npz")
    told = json.loads(out)
    assert told["members"][:2] == ["layer/1", "layer/2"]
    assert told["member_details"][1] == {"name": "layer/2", "described": "float32 2 x 2", "readable": True}
    assert not told["member_details"][-1]["readable"]
    code, out, err = run("info", "many.npz::Layer/3")
    assert (code, out) == (1, "")
    assert "did you mean 'layer/3'?" in err


def test_everything_that_is_no_array_is_refused_by_name_and_the_rest_is_told(here):
    np.save("good.npy", np.zeros((4, 6)))
    Path("empty.png").write_bytes(b"")
    Path("cut.npy").write_bytes(Path("good.npy").read_bytes()[:-8])
    Path("text.png").write_text("<html>")
    Path("folder.npy").mkdir()
    os.mkfifo("pipe.npy")
    np.save("large.npy", np.zeros((600, 600)))
    np.savez_compressed("large.npz", np.zeros((600, 600)))
    bad = {
        "missing.npy": "no such file",
        "empty.png": "empty",
        "cut.npy": "cut short",
        "text.png": "markup",
        "folder.npy": "directory",
        "pipe.npy": "named pipe",
        "large.npz": "--budget",
        "good.npy::key": "one array",
        "x" * 5000: "longer than the system allows",
    }
    code, out, err = padviewer("info", "--json", "--budget", "1M", *bad, "large.npy", "good.npy", cwd=here)
    assert code == 1
    assert [json.loads(line)["path"] for line in out.splitlines()] == ["large.npy", "good.npy"]
    lines = err.splitlines(keepends=True)
    assert len(lines) == len(bad)
    for line, (name, cause) in zip(lines, bad.items(), strict=True):
        is_one_error(line, name.partition("::")[0][:40], cause)


def test_names_that_are_no_text_and_names_of_two_lines(here):
    raw = b"odd\xff name.npy"
    for name in (os.fsdecode(raw), "two\nlines.npy", "info"):
        with open(name, "wb") as file:  # noqa: PTH123
            np.save(file, np.zeros((2, 3)))
    code, out, err = padviewer("info", "--json", raw, "two\nlines.npy", "./info", "gone\n\udcfe.npy", cwd=here)
    assert code == 1
    assert [json.loads(line)["path"] for line in out.splitlines()] == [
        "odd\\udcff name.npy",
        "two\nlines.npy",
        "./info",
    ]
    is_one_error(err, r"gone\n\udcfe.npy", "no such file")
    code, out, err = padviewer("info", raw, "two\nlines.npy", cwd=here)
    assert (code, err, len(out.splitlines())) == (0, "", 2)
    code, out, err = padviewer("export", raw, "./info", "-o", "{stem}_{stage}.npy", cwd=here)
    assert (code, err) == (0, "")
    assert out == b"odd\xff name_padded.npy\ninfo_padded.npy\n"
    assert np.load(b"odd\xff name_padded.npy").shape == (2, 3)
    code, out, err = padviewer("export", raw, "-o", b"odd\xff.npy", cwd=here, env={**os.environ, "LC_ALL": "C"})
    assert (code, out, err) == (0, b"odd\xff.npy\n", "")


# What is written


@pytest.fixture
def inputs(here):
    """Files of many kinds and what they hold, all with two leading axes of 20 x 30 elements."""
    photo = RNG.integers(0, 256, (20, 30, 3), np.uint8)
    Image.fromarray(photo).save("photo.jpg", quality=95)
    deep = RNG.integers(0, 1 << 16, (20, 30), np.uint16)
    Image.fromarray(deep).save("deep.png")
    floats = RNG.normal(size=(20, 30)).astype("float32")
    tifffile.imwrite("floats.tif", floats)
    big = RNG.integers(-(1 << 40), 1 << 40, (20, 30)).astype(">i8")
    np.save("big.npy", big)
    np.savez("many.npz", other=np.zeros(3), wanted=RNG.normal(size=(20, 30)))
    return {
        "photo.jpg": np.asarray(Image.open("photo.jpg")),
        "deep.png": deep,
        "floats.tif": floats,
        "big.npy": big.astype("int64"),
        "many.npz::wanted": np.load("many.npz")["wanted"],
    }


def test_padded_exports_equal_numpy_to_the_last_bit(here, inputs):
    options = ["--target", "33x30", "--position", "center", "--fill", "7"]
    code, out, err = padviewer("export", *inputs, "gone.npy", *options, "-o", "out/{stem}_{stage}.npy", cwd=here)
    assert code == 1
    is_one_error(err, "gone.npy: no such file")
    assert out.decode().split() == [f"out/{stem}_padded.npy" for stem in ("photo", "deep", "floats", "big", "many")]
    for path, array in zip(out.decode().split(), inputs.values(), strict=True):
        found = np.load(path)
        width = [(6, 7), (0, 0), (0, 0)][: array.ndim]
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, np.pad(array, width, constant_values=7))
    assert len(names(here / "out")) == 5


@pytest.mark.parametrize(
    ("options", "array"),
    [
        (["--fill", "-1"], np.pad(np.eye(3), [(0, 1), (0, 2)], constant_values=-1)),
        (["--fill", "-1.5e2"], np.pad(np.eye(3), [(0, 1), (0, 2)], constant_values=-150)),
        (["--fill=-inf"], np.pad(np.eye(3), [(0, 1), (0, 2)], constant_values=-np.inf)),
        (["--fill", "nan"], np.pad(np.eye(3), [(0, 1), (0, 2)], constant_values=np.nan)),
        (["--mode", "reflect", "--position", "end"], np.pad(np.eye(3), [(1, 0), (2, 0)], "reflect")),
        (["--axes", "WH"], np.pad(np.eye(3), [(0, 2), (0, 1)])),
    ],
)
def test_options_reach_the_array(run, options, array):
    np.save("eye.npy", np.eye(3))
    assert run("export", "eye.npy", "--target", "4x5", *options, "-o", "out.npy") == (0, "out.npy\n", "")
    np.testing.assert_array_equal(np.load("out.npy"), array)


def test_masks_equal_brute_force_and_npz_tells_how_it_was_made(run):
    np.save("a.npy", RNG.normal(size=(5, 9, 3)))
    options = ["--target", "8x4", "--position", "center", "--overflow", "crop", "--fill", "nan"]
    assert run("export", "a.npy", *options, "--stage", "mask", "-o", "mask.npz")[0] == 0
    expected = [[int(1 <= row < 6) for _ in range(4)] for row in range(8)]
    with np.load("mask.npz") as found:
        np.testing.assert_array_equal(found["mask"], np.array(expected, np.uint8))
        spec = PipelineSpec.from_json(str(found["spec"]))
    assert (spec.target, spec.position, spec.overflow) == ((8, 4), "center", "crop")


def test_features_equal_keras(here):
    settings = {"filters": 4, "kernel": [3], "seed": 3, "activation": "tanh", "conv_padding": "same", "strides": [2]}
    arrays = {"T": RNG.normal(size=30), "HWC": RNG.normal(size=(12, 13, 3)), "DHW": RNG.normal(size=(6, 7, 8))}
    for i, array in enumerate(arrays.values()):
        np.save(f"input_{i}.npy", array)
    Path("cases.json").write_text(json.dumps([{"axes": axes, **settings} for axes in arrays]))
    subprocess.run([sys.executable, REFERENCE, here], check=True, capture_output=True, timeout=TIMEOUT)
    words = [word for name, value in settings.items() for word in (f"--{name.replace('_', '-')}", _word(value))]
    inputs = [f"input_{i}.npy" for i in range(3)]
    code, out, err = padviewer("export", *inputs, *words, "--stage", "feature", "-o", "{stem}_{stage}.npz", cwd=here)
    assert (code, err) == (0, "")
    for i, path in enumerate(out.decode().split()):
        with np.load(path) as found:
            assert found["feature"].dtype == np.float32
            np.testing.assert_allclose(found["feature"], np.load(f"feature_{i}.npy"), rtol=0, atol=1e-5)
            assert json.loads(str(found["spec"]))["activation"] == "tanh"


def _word(value):
    return "x".join(map(str, value)) if isinstance(value, list) else str(value)


def test_existing_files_are_asked_about(run):
    np.save("a.npy", np.zeros((2, 3)))
    Path("out.npy").write_text("precious")
    code, out, err = run("export", "a.npy", "-o", "out.npy")
    assert (code, out) == (1, "")
    is_one_error(err, "out.npy: exists already", "--force")
    assert Path("out.npy").read_text() == "precious"
    assert run("export", "a.npy", "-o", "out.npy", "--force") == (0, "out.npy\n", "")
    assert np.load("out.npy").shape == (2, 3)
    assert run("export", "a.npy", "-o", "a.npy", "--force", "--target", "4x4")[0] == 0
    assert np.load("a.npy").shape == (4, 4)


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        (["--fill", "-1"], "fill value -1 cannot be held by uint8"),
        (["--target", "3x4x5"], "target has 3 sizes"),
        (["--target", "1x1", "--overflow", "error"], "raise the target"),
        (["--axes", "DHWC"], "axes"),
        (["--stage", "feature", "--kernel", "9"], "smaller kernel"),
        (["--stage", "feature", "--target", "9000x9000", "--kernel", "600", "--budget", "1M"], "--budget"),
        (["--target", "9000x9000", "--budget", "1M", "-o", "out.png"], "more than the budget of 1.0 MiB"),
        (["-o", "missing/out.npy"], "the directory does not exist"),
        (["-o", "out.docx"], "'.docx' is of no format"),
        (["-o", "out"], ".npy, .npz"),
        (["-o", "."], "padviewer: error"),
    ],
)
def test_what_cannot_be_exported_is_told_in_a_line(run, options, cause):
    np.save("a.npy", np.zeros((4, 6), np.uint8))
    code, out, err = run("export", "a.npy", "-o", "out.npy", *options)
    assert (code, out) == (1, "")
    is_one_error(err, cause)
    assert "-o" in options or err.startswith("padviewer: error: a.npy: "), "which of many it was"
    assert names(Path()) == ["a.npy"]


# Wrong command lines


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["--bogus"], "--bogus"),
        (["info"], "PATH"),
        (["info", "--target", "4"], "--target"),
        (["export"], "PATH"),
        (["export", "a.npy"], "-o"),
        (["snapshot", "-o", "a.png"], "PATH"),
        (["snapshot", "a.npy", "-o", "a.jpg"], "ends in .png"),
        (["snapshot", "a.npy", "-o", "a.png", "--size", "9x9"], "1400x900"),
        (["snapshot", "a.npy", "b.npy", "-o", "a.png"], "b.npy"),
        (["doctor", "a.npy"], "a.npy"),
        (["a.npy", "--target", "10x"], "target ''"),
        (["a.npy", "--target", "-1x4"], "target -1"),
        (["a.npy", "--target", "1x2x3x4"], "one to three sizes"),
        (["export", "a.npy", "-o", "b.npy", "--fill", "abc"], "fill value 'abc'"),
        (["export", "a.npy", "-o", "b.npy", "--axes", "HWX"], "axes 'HWX'"),
        (["export", "a.npy", "-o", "b.npy", "--mode", "mirror"], "reflect"),
        (["export", "a.npy", "-o", "b.npy", "--stage", "input"], "padded"),
        (["export", "a.npy", "-o", "b.npy", "--kernel", "0"], "kernel 0"),
        (["export", "a.npy", "-o", "b.npy", "--filters", "many"], "--filters"),
        (["export", "a.npy", "-o", "b.npy", "--filters", "-3"], "filters -3"),
        (["export", "a.npy", "-o", "b.npy", "--seed", "9999999999999"], "seed"),
        (["export", "a.npy", "-o", "b.npy", "--device", "GPU:x"], "GPU:0"),
        (["export", "a.npy", "-o", "b.npy", "--budget", "lots"], "4GiB"),
        (["export", "a.npy", "-o", "b.npy", "--budget", ""], "4GiB"),
        (["export", "a.npy", "b.npy", "-o", "c.npy"], "would both be written to c.npy"),
        (["export", "a.npy", "-o", "{stam}.npy"], "{stem}"),
        (["export", "a.npy", "-o", "c.npy", "--two\nlines"], r"--two\nlines"),
    ],
)
def test_a_wrong_command_line_is_told_in_a_line(run, arguments, cause):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    is_one_error(err, cause)
    assert names(Path()) == []


def test_version_and_help(run):
    assert run("--version") == (0, f"padviewer {__version__}\n", "")
    code, out, err = run("--help")
    assert (code, err) == (0, "")
    assert all(verb in out for verb in VERBS)
    for verb in VERBS:
        code, out, err = run(verb, "--help")
        assert (code, err) == (0, "")
        assert f"padviewer {verb}" in out


def test_help_names_each_format_that_is_written(run):
    _code, out, _err = run("export", "--help")
    aliases = {".tiff", ".hdf5"}
    assert all(extension in out for extension in set(EXTENSIONS) - aliases)


def test_values_that_begin_with_a_minus_are_values():
    joined = join_negative(["--fill", "-1", "--fill", "-inf", "--target", "-1x2", "-o", "-1", "--fill", "--force"])
    assert joined == ["--fill=-1", "--fill=-inf", "--target=-1x2", "-o", "-1", "--fill", "--force"]
    assert join_negative(["--seed"]) == ["--seed"]


# Ends before the end


@pytest.mark.parametrize(
    ("command", "code", "error"),
    [
        ("info a.npy | head -0", 1, ""),
        ("--version | head -0", 1, ""),
        ("export a.npy -o b.npy | head -0", 1, ""),
        ("info a.npy > /dev/full", 1, "padviewer: error: standard output cannot be written: No space left on device\n"),
        ("--version > /dev/full", 1, "padviewer: error: standard output cannot be written: No space left on device\n"),
        ("info a.npy >&-", 0, ""),
    ],
)
def test_output_that_nobody_takes(here, command, code, error):
    np.save("a.npy", np.zeros((2, 3)))
    program = f"exec 3>&1; {{ sleep 0.3; '{sys.executable}' -m padviewer {command}"
    line = program.replace(" |", "; echo $? >&3; } |") if "|" in command else f"{program}; echo $? >&3; }}"
    # Unbuffered, argparse meets the error itself, and keeps it to itself.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, timeout=TIMEOUT, check=False, env=environment
    )
    assert (done.stdout, done.stderr) == (f"{code}\n", error)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_export_leaves_nothing(here, number, code):
    np.lib.format.open_memmap("large.npy", "w+", "uint8", (30000, 1 << 16)).flush()
    program = subprocess.Popen(
        [*PROGRAM, "export", "large.npy", "-o", "out.npy"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with program:
        end = time.monotonic() + 30
        while not any(name.endswith(".padviewer-tmp") for name in names(here)):
            assert time.monotonic() < end
            time.sleep(0.005)
        workers = psutil.Process(program.pid).children(recursive=True)
        assert len(workers) >= 1
        # Ctrl+C goes to every process of the terminal; a plain kill to the program alone.
        (os.killpg if number == signal.SIGINT else os.kill)(program.pid, number)
        out, err = program.communicate(timeout=30)
    assert (program.returncode, out, err) == (code, b"", b"")
    assert names(here) == ["large.npy"]
    end = time.monotonic() + 10
    while any(runs(worker) for worker in workers):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_ctrl_c_while_the_worker_starts_is_silent(here):
    np.save("a.npy", np.zeros((2, 3)))
    for delay in (0.02, 0.08, 0.14, 0.2):
        code = (
            "import os, signal, sys, threading\n"
            "from padviewer.__main__ import main\n"
            "if __name__ == '__main__':\n"
            f"    threading.Timer({delay}, os.killpg, (0, signal.SIGINT)).start()\n"
            "    sys.exit(main(['info', *['a.npy'] * 20000]))\n"
        )
        Path("program.py").write_text(code)
        done = subprocess.run(
            [sys.executable, "program.py"], capture_output=True, timeout=60, start_new_session=True, check=False
        )
        assert (done.returncode, done.stderr) == (130, b"")


@pytest.mark.parametrize("module", ["argparse", "padviewer.cli", "padviewer.errors", "numpy", "padviewer.verbs.info"])
def test_ctrl_c_while_the_program_is_loaded_is_silent(here, module):
    code = (
        "import os, signal, sys\n"
        "class Interrupts:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupts())\n"
        "from padviewer.__main__ import main\n"
        "sys.exit(main(['info', 'a.npy']))\n"
    )
    np.save("a.npy", np.zeros((2, 3)))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=TIMEOUT, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


# What is loaded, and the window


def test_files_are_opened_and_frameworks_loaded_in_the_workers_alone(here):
    Image.fromarray(np.zeros((4, 5, 3), np.uint8)).save("p.png")
    code = (
        "import sys\n"
        "from padviewer.cli import main\n"
        "if __name__ == '__main__':\n"
        "    main(['info', 'p.png']), main(['export', 'p.png', '-o', 'out.npy'])\n"
        "    heavy = ('PySide6', 'tensorflow', 'keras', 'PIL', 'tifffile', 'imagecodecs')\n"
        "    print([name for name in heavy if name in sys.modules])\n"
    )
    Path("program.py").write_text(code)
    done = subprocess.run([sys.executable, "program.py"], capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines()[1:] == ["out.npy", "[]"]


def test_without_a_display_the_window_becomes_a_picture(here, photo):
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_RUNTIME_DIR")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment["TMPDIR"] = str(here)
    code, out, err = padviewer(photo.name, "--target", "700x700", cwd=here, env=environment)
    assert code == 0
    assert err.startswith("padviewer: no window: ")
    assert err.count("\n") == 1
    (path,) = out.decode().splitlines()
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert picture.size == (1400, 900)
        assert len(np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0)) > 1000


def test_snapshots_are_asked_about_before_anything_is_started(run):
    Path("a.png").write_text("precious")
    code, out, err = run("snapshot", "missing.npy", "-o", "a.png")
    assert (code, out) == (1, "")
    is_one_error(err, "a.png: exists already")
