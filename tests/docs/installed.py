"""The libraries that the pages compare us with, as far as they are here; None for each that is not."""

from __future__ import annotations

import importlib
import warnings
from importlib.util import find_spec
from typing import Any


def _module(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs, about their own dependencies
        return importlib.import_module(name) if find_spec(name.partition(".")[0]) else None


torch = _module("torch")
monai = _module("monai.transforms")
albumentations = _module("albumentations")
transformers = torch and _module("transformers")
