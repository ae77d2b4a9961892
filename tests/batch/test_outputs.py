"""Templates of output names."""

from __future__ import annotations

import pytest

from padviewer.batch.outputs import is_template, output_paths
from padviewer.errors import SettingsError
from padviewer.plan import Stage


@pytest.mark.parametrize(
    ("template", "item", "expected"),
    [
        ("out/{stem}_{stage}.npy", ("scans/a.b.png", None), "out/a.b_mask.npy"),
        ("{dir}/{name}.npy", ("scans/a.png", None), "scans/a.png.npy"),
        ("{dir}/{stem}.npy", ("a.png", None), "./a.npy"),
        ("{stem}-{member}.npy", ("a.npz", "deep/../x\\y"), "a-deep_.._x_y.npy"),
        ("{stem}{member}.npy", ("a.npz", None), "a.npy"),
        ("{{{stem}}}.npy", ("a.npz", None), "{a}.npy"),
        ("plain.npy", ("a.npz", None), "plain.npy"),
        ("{stem}_{stage}.nii.gz", ("scans/head.nii.gz", None), "head_mask.nii.gz"),
        ("{stem}.npy", ("a.tar.gz", None), "a.tar.npy"),
        ("{stem}.npy", ("od{stage}d.png", None), "od{stage}d.npy"),
        ("{stem}.npy", ("\udcff.png", None), "\udcff.npy"),
        ("{stem}.npy", ("two\nlines.png", None), "two\nlines.npy"),
    ],
)
def test_fields_are_filled_in(template, item, expected):
    assert output_paths(template, [item], Stage.MASK) == [expected]


@pytest.mark.parametrize(
    "template", ["{}.npy", "{0}.npy", "{stam}.npy", "{stem.x}.npy", "{stem!r}.npy", "{stem:>9}.npy"]
)
def test_other_fields_are_refused_by_name(template):
    with pytest.raises(SettingsError, match=r"unknown field .*\{stem\}"):
        output_paths(template, [("a.png", None)], Stage.MASK)


@pytest.mark.parametrize("template", ["{stem.npy", "stem}.npy", "{"])
def test_single_braces_are_refused_with_advice(template):
    with pytest.raises(SettingsError, match=r"\{\{ and \}\}"):
        output_paths(template, [("a.png", None)], Stage.MASK)


@pytest.mark.parametrize(
    ("template", "paths"),
    [
        ("out.npy", ["a.png", "b.png"]),
        ("{stem}.npy", ["one/a.png", "two/a.png"]),
        ("{stem}.npy", ["a.png", "a.jpg"]),
        ("{dir}/{stem}.npy", ["a.png", "./a.png"]),
        ("{dir}/{stem}.npy", ["one/a.png", "one/../one/a.png"]),
    ],
)
def test_two_inputs_are_never_written_to_the_same_file(template, paths):
    with pytest.raises(SettingsError, match="would both be written to") as caught:
        output_paths(template, [(path, None) for path in paths], Stage.MASK)
    assert all(path in caught.value.message for path in paths)


def test_what_a_template_is():
    assert is_template("{stem}.npy")
    assert not is_template("stem.npy")
    assert not is_template("{{stem}}.npy")
