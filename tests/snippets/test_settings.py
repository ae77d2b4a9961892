"""JSON and the command line say the settings, whole."""

from __future__ import annotations

import shlex
import shutil
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from snippet_cases import plan_of, plans

from padviewer.cli import build_parser
from padviewer.options import items_of, spec_of
from padviewer.plan import ArrayInfo
from padviewer.resolve import resolve
from padviewer.snippets import snippet
from padviewer.snippets.settings import quoted
from padviewer.spec import CONVOLUTIONS, PipelineSpec


@settings(deadline=None)
@given(plans())
def test_json_reads_back(plan):
    assert PipelineSpec.from_json(snippet("json", plan)) == plan.spec


CHANGES = {
    "fill_value": -1.5,
    "conv": "depthwise",
    "groups": 3,
    "filters": 6,
    "depth_multiplier": 2,
    "kernel": (5, 3),
    "strides": (2, 1),
    "conv_padding": "same",
    "activation": "tanh",
    "weights": "gaussian",
    "seed": 7,
    "device": "GPU:1",
    "backend": "torch",
    "axes": "WHC",
    "position": "random",
    "position_seed": 9,
    "target": (None, 12),
    "multiple_of": (4, 2),
    "overflow": "crop",
    "mode": "edge",
}


def parsed(command):
    words = shlex.split(command)
    assert words[:2] == ["padviewer", "export"]
    return build_parser("export").parse_args(words[2:])


@settings(deadline=None)
@given(plans())
def test_the_command_line_means_the_same_settings(plan):
    # The command line writes true and false as 1 and 0.
    fill = plan.spec.fill_value
    each = tuple(int(v) if isinstance(v, bool) else v for v in (fill if isinstance(fill, tuple) else (fill,)))
    wanted = plan.spec.replace(fill_value=each if isinstance(fill, tuple) else each[0])
    assert spec_of(parsed(snippet("command", plan))) == wanted


@settings(deadline=None)
@given(st.sets(st.sampled_from(sorted(CHANGES))))
@example(set(CHANGES))
def test_every_setting_that_differs_from_the_default_is_told(names):
    spec = PipelineSpec(**{name: CHANGES[name] for name in names})
    info = ArrayInfo("photo.png", None, "PNG", (9, 9, 3), "float32", "HWC", False, 0)
    words = shlex.split(snippet("command", resolve(spec, info, 1 << 40)))
    assert spec_of(build_parser("export").parse_args(words[2:])) == spec
    assert len(words) == 5 + sum(2 if not word.startswith("--fill=") else 1 for word in words if word.startswith("--"))


def test_defaults_are_left_out():
    assert snippet("command", plan_of((9, 9, 3), "uint8", "HWC", target=(16, 16))) == (
        "padviewer export photo.png -o '{stem}_{stage}.npy' --target 16x16\n"
    )


@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_each_kind_of_convolution_is_told(convolution):
    plan = plan_of((9, 9, 3), "uint8", "HWC", conv=convolution)
    assert spec_of(parsed(snippet("command", plan))).conv == convolution


@pytest.mark.parametrize(
    ("path", "member"),
    [
        ("my photo.png", None),
        ("-o", None),
        ('it\'s $HOME `x` "y".npy', None),
        ("a;b&c|d*?[e].npz", "key/with space"),
        ("/tmp/große Höhe.npy", None),
        ("plain.npz", "-k"),
    ],
)
def test_odd_names_come_through_the_shell(path, member):
    info = ArrayInfo(path, member, "NPY", (4, 4), "uint8", "HW", False, 0)
    command = snippet("command", resolve(PipelineSpec(), info, 1 << 40))
    options = parsed(command)
    found, chosen = items_of(options)[0]
    assert found.removeprefix("./") == path
    assert chosen == member


ANY_NAME = st.text(st.characters(exclude_characters="\0"), min_size=1).map(
    lambda text: text.encode("utf-8", "replace").decode("utf-8")
) | st.binary(min_size=1).filter(lambda name: b"\0" not in name).map(
    lambda name: name.decode("utf-8", "surrogateescape")
)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@settings(deadline=None)
@given(st.lists(ANY_NAME, min_size=1, max_size=20))
def test_any_name_comes_through_bash_byte_for_byte(names):
    script = "printf '%s\\0' " + " ".join(map(quoted, names))
    assert script.encode("utf-8").decode("utf-8") == script, "it must be text, to go by the clipboard"
    found = subprocess.run(["bash", "-c", script], capture_output=True, check=True, timeout=60).stdout
    assert found.split(b"\0")[:-1] == [name.encode("utf-8", "surrogateescape") for name in names]
