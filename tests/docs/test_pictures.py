"""The pictures of docs/layers.md are what the layers give, and the page shows each of them."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = importlib.util.spec_from_file_location("make_layer_pictures", ROOT / "scripts" / "make_layer_pictures.py")
assert SCRIPT is not None
assert SCRIPT.loader is not None
script = importlib.util.module_from_spec(SCRIPT)
SCRIPT.loader.exec_module(script)


def test_the_page_shows_every_picture_at_half_its_size() -> None:
    page = (ROOT / "docs" / "layers.md").read_text("utf-8")
    shown = dict(re.findall(r'<img src="pictures/layers/([\w-]+)\.png" width="(\d+)" alt="[^"]+">', page))
    assert sorted(shown) == sorted(script.PICTURES) == sorted(path.stem for path in script.FOLDER.iterdir())
    for name, width in shown.items():
        with Image.open(script.FOLDER / f"{name}.png") as image:
            assert int(width) == image.width // 2, name


@pytest.mark.parametrize("name", sorted(script.PICTURES))
def test_a_picture_is_what_the_layers_give(name: str) -> None:
    with Image.open(script.FOLDER / f"{name}.png") as image:
        kept = np.asarray(image.convert("RGBA"), float)
    made = np.asarray(script.PICTURES[name]().convert("RGBA"), float)
    assert made.shape == kept.shape
    # Pillow's versions may round a resized photo differently; padding in another place differs by far more.
    assert np.abs(made - kept).mean() < 1
