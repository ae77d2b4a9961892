"""How well what a person types fits a text: words anywhere, beginnings of words, or letters in order."""

from __future__ import annotations

_WHOLE, _START, _INITIALS, _INSIDE, _SCATTERED = 100, 80, 60, 50, 10


def fit(query: str, text: str) -> float | None:
    """Returns how well a query fits a text; more is better.

    Each word of the query is looked for by itself: `th da` finds `View › Theme › Dark`.

    Args:
        query: in lower case.
        text: in lower case.

    Returns:
        None where a letter of the query is missing, or out of order within its word.
    """
    total = 0.0
    for word in query.split():
        found = _fit_word(word, text)
        if found is None:
            return None
        total += found
    # Of two that fit as well, the shorter one says less that was not asked for.
    return total - len(text) / 100


def _fit_word(word: str, text: str) -> float | None:
    at = _at_start(word, text)
    if at >= 0:
        whole = not text[at + len(word) : at + len(word) + 1].isalnum()
        return _WHOLE if whole else _START
    letters = _fit_letters(word, text)
    if word in text:
        return max(_INSIDE, letters or 0)
    return letters


def _at_start(word: str, text: str) -> int:
    """Returns where a word of the text begins with `word`; -1 where none does."""
    at = text.find(word)
    while at > 0 and text[at - 1].isalnum():
        at = text.find(word, at + 1)
    return at


def _fit_letters(word: str, text: str) -> float | None:
    """Letters in order: beginnings of words count most, gaps within words against it."""
    score, at, starts = float(_SCATTERED), -1, 0
    for number, letter in enumerate(word):
        near, start = text.find(letter, at + 1), _next_start(letter, text, at + 1)
        if near < 0:
            return None
        # The next letter in a run, else the next beginning of a word, as long as the others are found after it.
        if (number == 0 or near != at + 1) and start >= 0 and _holds(word[number + 1 :], text, start + 1):
            score, at, starts = score + 3, start, starts + 1
        else:
            score, at = score + (1 if near == at + 1 else -0.2 * min(near - at, 10)), near
    return _INITIALS if starts == len(word) > 1 else max(score, 0.1)


def _next_start(letter: str, text: str, at: int) -> int:
    """Returns where the next word that begins with a letter does; -1 where none does."""
    found = text.find(letter, at)
    while found > 0 and text[found - 1].isalnum():
        found = text.find(letter, found + 1)
    return found


def _holds(letters: str, text: str, at: int) -> bool:
    """Whether a text has letters in order from a place on."""
    for letter in letters:
        at = text.find(letter, at) + 1
        if at == 0:
            return False
    return True
