"""Validate pages that other programs have read: their values may be anything."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from spacy_clinical.errors import Errors
from spacy_clinical.forms.limits import MAX_CHARACTERS, MAX_WORDS
from spacy_clinical.forms.pages import FormPage, Word, split_line

# No page is wider or smaller, in any unit.
MAX_PLACE, MIN_SIZE = 1e7, 1e-3
MAX_UNIT = 20


def to_number(value: Any) -> float:
    """Convert a value read from a file to a number; NaN if it is none."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def add_word(page: FormPage, word: Word) -> None:
    """Add a word to a page that is being read, unless it has too many already.

    One too many is kept, by which `check_page` knows.
    """
    if len(page.words) <= MAX_WORDS:
        page.words.append(word)


def add_lines(page: FormPage, lines: Iterable[Word]) -> None:
    """Add the words of lines that an engine gave whole, as `add_word` does."""
    for line in lines:
        for word in split_line(line):
            add_word(page, word)


def check_page(page: FormPage, name: str) -> FormPage:
    """Make a page that has only valid numbers and texts.

    Words without a place on any page are left out, and so are those beyond the limits;
    the page's error says so then (C514, C516). A page without a size is as large as its
    words need.

    name: Of the file and page, for messages.
    RAISES TypeError: If texts are no texts.
    """
    words: list[Word] = []
    n_characters = n_left_out = 0
    faults = [page.error] if page.error else []
    for word in page.words[:MAX_WORDS]:
        if not isinstance(word.text, str):
            raise TypeError(type(word.text).__name__)
        box = _get_box(word.box)
        n_left_out += box is None
        n_characters += len(word.text)
        if n_characters > MAX_CHARACTERS:
            break
        if box is not None:
            text, share = _make_unicode(word.text), _get_share(word.confidence)
            words.append(word._replace(text=text, box=box, confidence=share))
    if n_left_out:
        faults.append(Errors.C516.format(n_words=n_left_out, name=name))
    if len(page.words) > MAX_WORDS:
        faults.append(Errors.C514.format(name=name, limit=MAX_WORDS, what="words"))
    if n_characters > MAX_CHARACTERS:
        what = "characters"
        faults.append(Errors.C514.format(name=name, limit=MAX_CHARACTERS, what=what))
    return replace(
        page,
        width=_get_size(page.width, [word.box[2] for word in words]),
        height=_get_size(page.height, [word.box[3] for word in words]),
        unit=page.unit if _is_unit(page.unit) else "",
        words=words,
        error=" ".join(faults),
    )


def _get_box(box: Sequence[Any]) -> tuple[float, float, float, float] | None:
    x0, y0, x1, y1 = map(to_number, box)
    if all(abs(value) <= MAX_PLACE for value in (x0, y0, x1, y1)):
        return x0, y0, x1, y1
    return None


def _get_share(value: Any) -> float | None:
    share = math.nan if value is None else to_number(value)
    return None if math.isnan(share) else min(max(share, 0.0), 1.0)


def _get_size(value: Any, needed: Sequence[float]) -> float:
    size = to_number(value)
    if MIN_SIZE <= size <= MAX_PLACE:
        return size
    return max(needed, default=0.0)


def _is_unit(unit: Any) -> bool:
    return isinstance(unit, str) and len(unit) <= MAX_UNIT and unit.isprintable()


def _make_unicode(text: str) -> str:
    """Join surrogate pairs that JSON has escaped in halves, and replace single halves."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
