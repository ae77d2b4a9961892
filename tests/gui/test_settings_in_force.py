"""Settings without a window: steps that belong to another number of axes or to another array wait for it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from padviewer.gui.sessions.saved_session import SavedSession
from padviewer.gui.settings import Settings
from padviewer.plan import ArrayInfo
from padviewer.spec import PipelineSpec

PHOTO, VOLUME = ("/photo.png", None), ("/volume.npy", None)
LETTERS = {PHOTO: "HW", VOLUME: "DHW"}
edits = st.one_of(
    st.tuples(st.just("show"), st.sampled_from([PHOTO, VOLUME])),
    st.tuples(st.just("target"), st.integers(1, 9)),
    st.tuples(st.just("mode"), st.sampled_from(["edge", "wrap", "constant"])),
    st.tuples(st.just("budget"), st.integers(1, 9)),
)


def info_of(item: tuple[str, None]) -> ArrayInfo:
    axes = {PHOTO: "HWC", VOLUME: "DHW"}[item]
    return ArrayInfo(item[0], None, "npy", (8, 9, 3), "uint8", axes, axes_guessed=False, file_bytes=216)


def all_of(settings: Settings) -> tuple[object, ...]:
    """What is in force, and what each of the two arrays would be shown with."""
    saved = settings.save(SavedSession())
    return (settings.spec, settings.budget, saved.kept, saved.axes)


def play(path: list[tuple[str, object]]) -> tuple[Settings, tuple[str, None]]:
    settings, shown = Settings(PipelineSpec(), 1 << 30), PHOTO
    settings.take_over(info_of(PHOTO), PHOTO, None, "", False)
    for what, value in path:
        if what == "show":
            item = value
            settings.take_over(info_of(item), item, shown, LETTERS[shown], item != shown)  # type: ignore[index, arg-type]
            shown = item  # type: ignore[assignment]
        else:
            change = (value,) * len(LETTERS[shown]) if what == "target" else value
            settings.edit({what: change}, "", LETTERS[shown], shown)
            settings.history.seal()
    return settings, shown


@given(st.lists(edits, max_size=14))
def test_undoing_all_leads_to_the_defaults_of_every_array_and_redoing_all_back(
    path: list[tuple[str, object]],
) -> None:
    settings, shown = play(path)
    after = all_of(settings)
    count = len(settings.history.done)
    while settings.undo(LETTERS[shown], shown) is not None:
        pass
    assert settings.spec == PipelineSpec()
    assert settings.budget == 1 << 30
    other = VOLUME if shown == PHOTO else PHOTO
    assert settings.of(other, LETTERS[shown], info_of(other).axes).target == ()
    for _ in range(count):
        assert settings.redo(LETTERS[shown], shown) is not None
    again = all_of(settings)
    assert again[:2] == after[:2]
    assert settings.redo(LETTERS[shown], shown) is None


@given(st.lists(edits, max_size=14))
def test_settings_come_back_from_a_session(path: list[tuple[str, object]]) -> None:
    settings, _shown = play(path)
    saved = SavedSession.from_json(settings.save(SavedSession()).to_json())
    again = Settings(PipelineSpec(), 1 << 30)
    again.restore(saved, None)
    assert all_of(again) == all_of(settings)
    assert [step.text for step in again.history.done] == [step.text for step in settings.history.done]


def test_a_refused_value_changes_nothing() -> None:
    settings = Settings(PipelineSpec(), 1 << 30)
    assert not settings.edit({"kernel": (3,)}, "", "HW", PHOTO)
    assert settings.history.done == []
