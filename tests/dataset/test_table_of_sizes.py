"""Tables of sizes."""

import json

import numpy as np

from padviewer.dataset.measured import Measured
from padviewer.dataset.table import tables_of


def test_items_are_grouped_by_their_spatial_axes() -> None:
    items = [
        Measured("a.png", None, (20, 30, 3), "HWC", "uint8"),
        Measured("b.wav", None, (5000, 2), "TC", "int16"),
        Measured("c.npz", "x", (4, 10, 12, 1), "BHWC", "float32"),
        Measured("d.png", None, error="d.png: the file is empty"),
    ]
    tables = tables_of(items)
    assert list(tables) == ["HW", "T"]
    np.testing.assert_array_equal(tables["HW"].sizes, [[20, 30], [10, 12]])
    np.testing.assert_array_equal(tables["HW"].weights, [3, 4])
    assert [item.name for item in tables["HW"].items] == ["a.png", "c.npz::x"]
    np.testing.assert_array_equal(tables["T"].sizes, [[5000]])
    np.testing.assert_array_equal(tables["HW"].subset(np.array([False, True])).sizes, [[10, 12]])


def test_a_record_comes_back_equal() -> None:
    item = Measured("a.h5", "/group/data", (20, 30), "HW", "uint8", "HDF5", 1000, 5)
    assert Measured.of_record(json.loads(json.dumps(item.record()))) == item
