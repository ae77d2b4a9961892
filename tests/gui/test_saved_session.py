"""Sessions as JSON, and the folders that they are kept in: round trips, hostile files, locks, unclean ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.errors import SettingsError
from padviewer.gui.history import Step
from padviewer.gui.options import window_options
from padviewer.gui.rendering import COLOUR_MAPS, LEVEL_RULES, Look
from padviewer.gui.screen import Cut
from padviewer.gui.sessions.saved_session import MAX_BYTES, SavedSession
from padviewer.gui.sessions.start import with_session
from padviewer.gui.sessions.store import SLOTS, Slot, sessions_folder, take, take_last, take_new
from padviewer.plan import Stage
from padviewer.spec import PipelineSpec

# Names of files may be any bytes; those that are no text are lone surrogates in Python.
names = st.text(st.characters(codec="utf-8", min_codepoint=1), min_size=1, max_size=20).map(
    lambda name: f"/{name}\udcff"
)
items = st.tuples(names, st.one_of(st.none(), st.text(max_size=9)))
places = st.one_of(st.none(), items)
numbers = st.floats(-1e9, 1e9)
looks = st.builds(
    Look, st.sampled_from(COLOUR_MAPS), st.sampled_from(LEVEL_RULES), st.tuples(st.floats(-9, 0), st.floats(1, 9))
)
cuts = st.builds(
    Cut, batch=st.integers(0, 9), depth=st.integers(0, 9), channel=st.one_of(st.none(), st.integers(0, 9)),
    time=st.one_of(st.none(), st.integers(0, 1 << 40)), axes=st.sampled_from([None, "HW", "DW", "CT"]),
)  # fmt: skip
steps = st.builds(
    lambda seed, item: Step({"seed": seed}, {"seed": seed + 1}, "HW", item),
    st.integers(0, 99),
    st.one_of(st.none(), items),
)
sessions = st.builds(
    SavedSession,
    items=st.lists(items, max_size=5, unique=True).map(tuple),
    shown=st.one_of(st.none(), items),
    spec=st.builds(PipelineSpec, fill_value=st.floats(), target=st.sampled_from([(), (5, None), (1, 2, 3)])),
    kept=st.dictionaries(st.integers(1, 3), st.builds(PipelineSpec, kernel=st.tuples(st.integers(1, 9)))),
    axes=st.dictionaries(items, st.sampled_from(["HWC", "DHW"]), max_size=3),
    budget=st.one_of(st.none(), st.integers(1, 1 << 50)),
    cut=cuts,
    view=st.one_of(st.none(), st.tuples(numbers, numbers, st.floats(0.1, 1e9), st.floats(0.1, 1e9))),
    looks=st.dictionaries(st.sampled_from(list(Stage)), looks),
    toggles=st.dictionaries(st.text(max_size=9), st.booleans(), max_size=4),
    layout=st.sampled_from(["", "AAAA/w=="]),
    done=st.lists(steps, max_size=3).map(tuple),
    undone=st.lists(steps, max_size=3).map(tuple),
)


@pytest.fixture(autouse=True)
def slots_are_left() -> Iterator[None]:
    """Lets go in the end of the sessions that a test has taken, as the end of its process would."""
    taken: list[Slot] = []
    usual = Slot.__init__

    def noting(self: Slot, folder: Path, lock: int) -> None:
        usual(self, folder, lock)
        taken.append(self)

    Slot.__init__ = noting  # type: ignore[method-assign]
    yield
    Slot.__init__ = usual  # type: ignore[method-assign]
    for slot in taken:
        slot.leave()


@given(sessions)
def test_a_session_reads_back_from_json(session: SavedSession) -> None:
    text = session.to_json()
    assert text.isascii()
    again = SavedSession.from_json(text)
    assert again.to_json() == text
    assert (again.items, again.shown, again.spec, again.cut) == (
        session.items,
        session.shown,
        session.spec,
        session.cut,
    )


def written(**changes: Any) -> str:
    return json.dumps({**json.loads(SavedSession().to_json()), **changes})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a JSON object"),
        ("[" * 100_000, "expected a JSON object"),
        ("3", "no session of padviewer"),
        ("{}", "no session of padviewer"),
        (written(version=2), "version 2 and not 1"),
        (written(version=True), "version True and not 1"),
        (written(surprise=1), "unknown names surprise"),
        (written(items=3), "expected a list"),
        (written(items=[["a"]]), "expected a path"),
        (written(items=[["a" * 70_000, None]]), "expected a path"),
        (written(spec={"kernel": [0]}), "kernel"),
        (written(spec={"no": 0}), "unknown names no"),
        (written(kept={"4": {}}), "1, 2 or 3"),
        (written(axes=[["a", None, "XX"]]), "axes"),
        (written(budget=0), "number of bytes"),
        (written(budget=1e99), "number of bytes"),
        (written(cut={"batch": -1}), "indices from 0"),
        (written(cut={"batch": "1"}), "expected int"),
        (written(cut={"axes": "HH"}), "two letters"),
        (written(cut={"more": 1}), "unknown names more"),
        (written(view=[0, 0, 0, 1]), "left, top"),
        (written(view=[0, 0, float("nan"), 1]), "left, top"),
        (written(view=[0, 0, 1]), "left, top"),
        (written(looks={"input": {"colour_map": "jet"}}), "known colour map"),
        (written(looks={"other": {}}), "expected some of"),
        (written(looks={"input": {"custom": [1, 0]}}), "in order"),
        (written(toggles={"a": 1}), "true or false"),
        (written(layout="ä"), "base 64"),
        (written(done=[{}]), "step of the history"),
        (written(done=[Step({"seed": 1}, {"seed": 2}).to_json() | {"after": {"seed": "2"}}]), "seed"),
        (written(done=[Step({"seed": 1}, {"seed": 2}).to_json() | {"letters": "ABCDE"}]), "expected texts"),
        (written(done=[Step({"seed": 1}, {"seed": 2}).to_json() | {"letters": []}]), "expected texts"),
        (written(done=[0] * 2000), "at most 1000"),
    ],
)
def test_what_nobody_could_have_saved_is_refused(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        SavedSession.from_json(text)


@given(st.recursive(st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=5)), st.lists), st.data())
def test_any_value_anywhere_is_read_or_refused(value: Any, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(json.loads(SavedSession().to_json()))))
    try:
        session = SavedSession.from_json(written(**{name: value}))
    except SettingsError:
        return
    assert SavedSession.from_json(session.to_json()).to_json() == session.to_json()


def kept(folder: Path, seed: int) -> None:
    slot = take_new(folder)
    slot.write(SavedSession(items=(("/a.png", None),), spec=PipelineSpec(seed=seed)).to_json())
    os.utime(slot.file, ns=(seed, seed))
    slot.leave()


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_a_session_or_refused(data: bytes) -> None:
    # A SettingsError, and what bytes that are no ASCII raise, are each a ValueError.
    with suppress(ValueError):
        saved = SavedSession.from_json(data.decode("ascii"))
        assert SavedSession.from_json(saved.to_json()) == saved


@pytest.mark.parametrize("broken", ["lock", "session.json", "running"])
def test_a_place_that_is_damaged_does_not_cost_the_others(broken: str, tmp_path: Path) -> None:
    good, other = take_new(tmp_path), take_new(tmp_path)
    for slot in (good, other):
        slot.write(SavedSession().to_json())
        slot.leave()
    (other.folder / broken).unlink(missing_ok=True)
    (other.folder / broken).mkdir()
    os.utime(good.file, (1, 1))
    found = take_last(tmp_path)
    assert found is not None
    assert found.folder == (other.folder if broken == "running" else good.folder)
    found.leave()
    fresh = take_new(tmp_path)
    fresh.begin()
    fresh.end()


def test_the_session_that_was_written_last_is_opened_again(tmp_path: Path) -> None:
    for seed in (5, 9, 7):
        kept(tmp_path, seed)
    slot = take_last(tmp_path)
    assert slot is not None
    assert SavedSession.from_json(slot.read()).spec.seed == 9
    assert take_last(tmp_path) is None, "a second window is a new session"
    slot.begin()
    slot.end()
    assert take_last(tmp_path) is not None


def test_a_second_window_opens_a_session_that_did_not_end_properly(tmp_path: Path) -> None:
    for seed in (5, 9):
        kept(tmp_path, seed)
    first = take_last(tmp_path)
    crashed = take(tmp_path / "0")
    assert first is not None
    assert crashed is not None
    crashed.begin()
    crashed.leave()
    second = take_last(tmp_path)
    assert second is not None
    assert second.folder == crashed.folder
    assert second.unclean_starts == 1


def test_the_oldest_session_that_ended_makes_room(tmp_path: Path) -> None:
    for seed in range(1, SLOTS + 1):
        kept(tmp_path, seed)
    unclean = take(tmp_path / "0")
    assert unclean is not None
    unclean.begin()
    unclean.leave()
    (tmp_path / "1" / "clipboard").mkdir()
    slot = take_new(tmp_path)
    assert slot.folder.name == "1"
    assert not slot.file.exists()
    assert not slot.pictures.exists()
    assert len(list(tmp_path.iterdir())) == SLOTS


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom padviewer.gui.sessions.store import take_new\n"
        "slot = take_new(Path(sys.argv[1]))\nslot.begin()\nslot.write('text')\n"
        "print('ready', flush=True)\ntime.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert take(tmp_path / "0") is None
    process.kill()
    process.communicate()
    slot = take(tmp_path / "0")
    assert slot is not None
    assert slot.unclean_starts == 1
    assert slot.read() == "text"


def test_a_damaged_session_is_set_aside_and_said(tmp_path: Path) -> None:
    for content in (b"{", b"\xff\xfe", b"x" * (MAX_BYTES + 1)):
        slot = take_new(tmp_path)
        slot.file.write_bytes(content)
        slot.leave()
        options = with_session(window_options((), PipelineSpec(), 1 << 30), tmp_path)
        assert options.saved is None
        assert "could not be read and was kept as" in options.complaint
        assert options.slot is not None
        assert (options.slot.folder / "session.json.damaged").read_bytes() == content
        options.slot.end()


def test_named_files_and_settings_begin_a_new_session(tmp_path: Path) -> None:
    kept(tmp_path, 5)
    named = with_session(window_options((("/b.png", None),), PipelineSpec(), 1 << 30), tmp_path)
    assert named.saved is None
    asked = with_session(window_options((), PipelineSpec(seed=3), 1 << 30), tmp_path)
    assert asked.saved is None
    for options in (named, asked):
        assert options.slot is not None
        options.slot.end()
    again = with_session(window_options((), PipelineSpec(), 1 << 30), tmp_path)
    assert again.saved is not None
    assert again.saved.spec.seed == 5
    assert again.unclean_starts == 0


def test_a_session_is_offered_after_two_unclean_starts_until_one_survives(tmp_path: Path) -> None:
    kept(tmp_path, 5)
    counts = []
    for _ in range(3):
        options = with_session(window_options((), PipelineSpec(), 1 << 30), tmp_path)
        counts.append((options.unclean_starts, options.only_offers))
        assert options.slot is not None
        options.slot.leave()  # as the system does where the program is killed
    assert counts == [(0, False), (1, False), (2, True)]
    slot = take_last(tmp_path)
    assert slot is not None
    slot.survive()
    slot.leave()
    again = with_session(window_options((), PipelineSpec(), 1 << 30), tmp_path)
    assert (again.unclean_starts, again.only_offers) == (1, False)


def test_where_no_session_can_be_kept_the_window_opens_without(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    options = with_session(window_options((), PipelineSpec(), 1 << 30), blocked / "sessions")
    assert options.slot is None
    assert "sessions cannot be kept" in options.complaint
    assert options.items


def test_sessions_are_kept_in_the_users_state_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert sessions_folder() == tmp_path / "padviewer" / "sessions"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setattr(Path, "home", homeless)
    assert sessions_folder() is None
    monkeypatch.undo()
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/somebody")
    assert sessions_folder() == Path("/home/somebody/.local/state/padviewer/sessions")


def homeless() -> Path:
    raise RuntimeError("Could not determine home directory.")
