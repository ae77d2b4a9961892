"""Text with numbers, against numpy's own readers; what is refused names the line."""

from __future__ import annotations

import csv
import io
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from padviewer.errors import DamagedSource, OversizedSource, SourceError, UnsupportedSource
from padviewer.sources import open_source
from padviewer.sources.openers import TEXT

BUDGET = 2**26
_COMMAS, _SEMICOLONS = "separated by commas", "separated by semicolons, decimal comma"


def read(path, budget=BUDGET):
    with open_source(str(path), budget=budget) as source:
        return source.take(tuple(np.arange(size) for size in source.info.shape)), source.info


@pytest.fixture
def table(tmp_path):
    """Writes text and reads it."""

    def opened(text, name="a.csv", **options):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return read(tmp_path / name, **options)

    return opened


@pytest.mark.parametrize("delimiter", [",", ";", "\t", " ", ", ", "   "])
@pytest.mark.parametrize("dtype", ["i8", "f8"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_numbers_equal_numpys(table, delimiter, dtype, end):
    array = np.random.default_rng(0).normal(0, 1e6, (30, 4)).astype(dtype)
    text = io.StringIO(newline="")
    np.savetxt(text, array, "%d" if dtype == "i8" else "%.17g", delimiter, end)
    found, info = table(text.getvalue())
    np.testing.assert_array_equal(found, array)
    assert (found.dtype, info.axes_guessed, len(info.axes)) == (array.dtype, True, 2)


@pytest.mark.parametrize(
    ("text", "expected", "axes", "notes"),
    [
        ("1\n2\n3\n", [1, 2, 3], "T", ("separated by white space",)),
        ("1,2,3", [1, 2, 3], "T", ("separated by commas",)),
        ("a,b\n1,2\n3,4", [[1, 2], [3, 4]], "TC", ("separated by commas", "columns a, b")),
        ("# made by x\n\n1 2\n3 4\n", [[1, 2], [3, 4]], "HW", ("separated by white space",)),
        ("a;b\n0,5;1\n1;2,25\n", [[0.5, 1], [1, 2.25]], "TC", (_SEMICOLONS, "columns a, b")),
        ("1;2\n" * 9 + "3;4,5", [*[[1, 2]] * 9, [3, 4.5]], "HW", (_SEMICOLONS,)),
        ("a\tb\n1\t-2e3\n", [1, -2000], "T", ("separated by tabs", "columns a, b")),
        ('"x, m","y"\n"1","2"\n3,4\n', [[1, 2], [3, 4]], "TC", ("separated by commas", "columns x, m, y")),
        ("day,v\n2024-01-01,5\n", [5], "T", ("separated by commas", "columns v", "columns of text left out: day")),
        ("1,,3\n4,NA,nan\n", [[1, np.nan, 3], [4, *[np.nan] * 2]], "HW", (_COMMAS, "2 empty cells -> NaN")),
        ("volts (a b)\n1\n2\n", [1, 2], "T", ("separated by white space", "columns volts (a b)")),
        ("a,b\n1,2,3\n4,5,6", [[1, 2, 3], [4, 5, 6]], "TC", ("separated by commas", "columns -, a, b")),
        ("inf,-Infinity,1e400,.5,5.\n", [np.inf, -np.inf, np.inf, 0.5, 5], "T", ("separated by commas",)),
        ("\u00e4 b\n1 2\n".encode("latin1"), [1, 2], "T", None),
    ],
)  # fmt: skip
def test_rules(table, text, expected, axes, notes):
    found, info = table(text)
    np.testing.assert_array_equal(found, np.array(expected))
    assert info.axes == axes
    assert notes is None or info.notes == notes


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_marks_of_encodings(table, encoding):
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    text = "größe,b\n" + "1,2\n" * 900
    found, info = table(mark + text.encode(encoding))
    np.testing.assert_array_equal(found, np.tile([1, 2], (900, 1)))
    assert "columns größe, b" in info.notes


def test_integers_keep_all_their_digits(table):
    found, _ = table("9223372036854775807,-9223372036854775808\n")
    assert found.tolist() == [2**63 - 1, -(2**63)]
    found, info = table("9007199254740993\n" * 5000 + "0.5\n")
    assert found.dtype == np.float64
    assert "integers beyond 2^53 rounded" in info.notes


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("1,2\n3,4,5\n", DamagedSource, r"line 2 has 3 cells where the first row has 2, separated by commas"),
        ("1,2\n3\n", DamagedSource, r"line 2 has 1 cells where the first row has 2, separated by commas"),
        ("1 2\n3,4\n", DamagedSource, r"line 2 has 1 cells where the first row has 2, separated by white space"),
        ("a,b\n# x\n1,2\n\n3\n", DamagedSource, r"line 5 has 1 cells where the first row has 2"),
        ("1,2\n3,x\n", UnsupportedSource, r"line 2, column 2 holds 'x', which is no number"),
        ("1\n1_000\n", UnsupportedSource, r"line 2, column 1 holds '1_000'"),
        ("d,v\nx,1\ny,0x10\n", UnsupportedSource, r"line 3, column 2 holds '0x10'"),
        ("a,b\nc,d\n", UnsupportedSource, r"line 2 holds no number"),
        ("hello", UnsupportedSource, r"line 1 holds no number"),
        ("#\n\n", UnsupportedSource, r"holds no line with numbers"),
        ('1,2\n"3,4\n', DamagedSource, r"line 2 cannot be split into cells"),
        ("1,2\n" * 900 + "1,\0\n", DamagedSource, r"line 901 holds a NUL byte"),
        (b"\0\1\2\3", UnsupportedSource, r"is of no known format"),
        (b"\x80\x04\x95" + b"1,2\n" * 9, UnsupportedSource, r"is a pickle, which is never loaded"),
        ("<html>1,2</html>", UnsupportedSource, r"line 1 holds no number"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(table, text, error, message):
    with pytest.raises(error, match=message):
        table(text)


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        ("1 2\n3 4\n", True),
        ("1.5\n" * 900, True),
        ("1,2\n3,4\n5,6", True),
        ("2024-01-01 12:00 started\n", False),
        ("a,b\n1,2\n", False),
        ("hello\n", False),
        ("{}", False),
    ],
)
def test_a_name_that_tells_nothing(table, text, is_read):
    if is_read:
        assert table(text, "data")[1].format in ("CSV", "text")
    else:
        with pytest.raises(UnsupportedSource, match="of no known format"):
            table(text, "data")


def test_a_line_of_a_gigabyte(tmp_path, peak_memory):
    with (tmp_path / "a.csv").open("wb") as file:
        block = b"1," * (1 << 19)
        for _ in range(64):
            file.write(block)
    with peak_memory(2**26), pytest.raises(OversizedSource, match=r"a\.csv: line 1 has 335544 characters and more"):
        read(tmp_path / "a.csv", budget=2**24)


def test_more_numbers_than_the_budget_holds(table, peak_memory):
    text = b"1\n" * (1 << 20)
    with peak_memory(2**24), pytest.raises(OversizedSource, match=r"up to 1048577 numbers would take 16\.0 MiB"):
        table(text, budget=2**23)


def test_two_hundred_thousand_columns_some_of_them_empty(table):
    began = time.process_time()
    found, info = table("1," * 200_000 + "\n", "a.csv")
    assert time.process_time() - began < 10, "not a time that grows with the square"
    assert found.shape == (200_001,)
    assert np.isnan(found[-1])
    assert "1 empty cell -> NaN" in info.notes


def test_a_million_numbers_in_a_moment(table):
    text = io.StringIO()
    array = np.random.default_rng(0).random((10_000, 100))
    np.savetxt(text, array, "%.6f", ",")
    start = time.process_time()
    found, _ = table(text.getvalue())
    assert time.process_time() - start < 10
    np.testing.assert_allclose(found, array, atol=1e-6)


_NUMBERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False))


_ROWS = st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(_NUMBERS, min_size=n, max_size=n), min_size=1))


@given(_ROWS)
def test_what_python_writes_is_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "written.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([[repr(number) for number in row] for row in rows])
    found, _ = read(path)
    np.testing.assert_array_equal(found.reshape(len(rows), -1), np.array(rows, found.dtype))
    assert found.dtype == (np.int64 if all(isinstance(n, int) for row in rows for n in row) else np.float64)


@settings(max_examples=200)
@given(st.text(st.sampled_from('0123456789+-.,;\t \n\r"eE#_naif\ufeff\x0b'), max_size=60) | st.binary(max_size=80))
def test_any_text_is_numbers_or_a_clear_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    found, told = None, ""
    try:
        with open_source(str(path), budget=BUDGET, openers=(TEXT,)) as source:
            found = source.take(tuple(np.arange(size) for size in source.info.shape))
            assert found.shape == source.info.shape
    except SourceError as error:
        told = error.message
    assert (found is not None) != ("any.csv: " in told)
