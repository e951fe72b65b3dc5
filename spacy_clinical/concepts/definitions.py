"""Find the short forms that a text defines: "acute renal failure (ARF)".

SOURCE: Schwartz and Hearst 2003, A simple algorithm for identifying abbreviation
definitions in biomedical text. Beyond it, this reads brackets in brackets, square brackets,
plurals ("ADLs"), several short forms in one bracket, and lines that are wrapped. Where the
short form is made of the first letters of the words before it, these words win over fewer
words that have its letters anywhere.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from spacy_clinical.concepts.brackets import find_brackets, is_balanced

# A list item starts.
_ITEM = re.compile(r"\n[ \t]*(?:[-*\u2022]|\d{1,2}[.)])[ \t]")
_WORD = re.compile(r"[^\W_]+")
# Commas in names of chemicals separate nothing: "5,7-DHT".
_PART = re.compile(r"(?:[^,;()\[\]]|[,;](?!\s))+")
# What names of chemicals start with, before a letter that counts: "1-methyl", "(RS)-1-".
_LOCANTS = re.compile(r"[\dA-Z,'+()\[\]-]*[-)\]]")
# A part of a word in a short form, such as "S-isomer".
_WORD_PART = re.compile(r"[a-z]{4}")
_SEPARATOR = re.compile(r"/|\s+(?:or|and)\s+")
# Letters of short forms that stand for words.
_GREEK = str.maketrans("\u03b1\u03b2\u03b3\u03b4\u03b5\u03ba\u03bb", "abgdekl")
# What may stand before a short or a long form in brackets.
_LEAD = re.compile(
    r"(?:[\s\"'\u2018\u2019\u201c\u201d=]+|(?:also|abbreviated|aka|a\.k\.a\.|i\.e\.?|or|and|the"
    r"|an?|known|called|termed|hereafter|henceforth|referred|to|as|short|for|meaning"
    r"|formerly|previously)(?=[\s,:]),?:?)*",
    re.I,
)
_ENDS = " \t\r\n,:;=-\"'\u2018\u2019\u201c\u201d"
# Words that short forms may leave out.
_SMALL = frozenset(
    [
        *("a", "an", "and", "at", "by", "for", "from"),
        *("in", "of", "on", "or", "the", "to", "with"),
    ]
)
# Characters and words of short forms.
_MIN_SHORT, _MAX_SHORT, _MAX_SHORT_WORDS = 2, 10, 2
# Characters of what is read in a bracket, and before it.
_MAX_CONTENT, _MAX_BEFORE = 150, 300
# The shortest word that is only written with a capital: "Left", but not "Hb".
_MIN_TITLED = 4
# Characters by which a long form is longer than its short form.
_MIN_MORE = 3


class Definition(NamedTuple):
    """A short form and what it stands for (characters, half open)."""

    short_start: int
    short_end: int
    long_start: int
    long_end: int


def find_definitions(text: str, sentences: Sequence[int] = ()) -> list[Definition]:
    """Find the short forms that a text defines, in time linear to its length.

    sentences (characters): Where sentences start, ascending. No definition reaches over
        the full stop before one. A line break alone ends nothing, as lines are wrapped.
    RETURNS: In the order of the short forms.
    """
    brackets = list(find_brackets(text))
    if not brackets:
        return []
    borders = _find_borders(text, sentences)
    found: dict[Definition, None] = {}
    for opening, closing, limit in brackets:
        i = bisect_right(borders, opening) - 1
        limit = max(limit, borders[i] if i >= 0 else 0, opening - _MAX_BEFORE)
        definitions = list(_read_short(text, opening, closing, limit))
        if not definitions:
            definitions = list(_read_long(text, opening, closing, limit))
        found.update(dict.fromkeys(definitions))
    return sorted(found)


def find_defined(
    text: str, definitions: Sequence[Definition]
) -> Iterator[tuple[int, int, Definition]]:
    """Find where a text uses the short forms that it defines, also in the plural.

    definitions: As `find_definitions` returns them.
    YIELDS: Start, end (characters), and the definition: the last one up to there, or the
        first one if all come later.
    """
    by_form: dict[str, list[Definition]] = {}
    for one in definitions:
        by_form.setdefault(text[one.short_start : one.short_end], []).append(one)
    for form, rows in list(by_form.items()):
        by_form.setdefault(_drop_plural(form) or f"{form}s", rows)
    lengths: dict[str, set[int]] = {}
    for form in by_form:
        lengths.setdefault(form[0], set()).add(len(form))
    # Characters that have passed.
    end = 0
    for word in _WORD.finditer(text) if by_form else ():
        start = word.start()
        if start < end:
            continue
        for length in sorted(lengths.get(text[start], ()), reverse=True):
            form = text[start : start + length]
            # At the end of the text, there may be less than that.
            rows = by_form.get(form, []) if len(form) == length else []
            if rows and not _is_part(text, start, start + length):
                end = start + length
                i = bisect_right(rows, start, key=lambda row: row.short_start) - 1
                yield start, end, rows[max(i, 0)]
                break


def _find_borders(text: str, sentences: Sequence[int]) -> list[int]:
    borders = [item.end() for item in _ITEM.finditer(text)]
    for start in sentences:
        end = start
        while end and text[end - 1].isspace():
            end -= 1
        if text[max(end - 2, 0) : end].rstrip(")]\"'\u201d")[-1:] in (*".!?;:",):
            borders.append(start)
    return sorted(borders)


# "long form (short form)"


def _read_short(
    text: str, opening: int, closing: int, limit: int
) -> Iterator[Definition]:
    """Read the short forms in a bracket whose long form is before it."""
    if closing - opening > _MAX_CONTENT:
        return
    end = opening
    while end > limit and text[end - 1] in _ENDS:
        end -= 1
    if end == limit:
        return
    for part in _PART.finditer(text, opening + 1, closing):
        start, stop = _trim(text, *part.span())
        whole = _find_long(text, start, stop, limit, end)
        if whole is not None:
            yield whole
            continue
        for piece in _split(text, start, stop):
            found = _find_long(text, *_trim(text, *piece), limit, end)
            if found is not None:
                yield found


def _split(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Split what names several short forms, "ARF/AKI", into its parts."""
    cuts = [separator.span() for separator in _SEPARATOR.finditer(text, start, stop)]
    starts = [start, *(end for _, end in cuts)]
    ends = [*(begin for begin, _ in cuts), stop]
    if cuts:
        yield from zip(starts, ends, strict=True)


def _find_long(
    text: str, start: int, stop: int, limit: int, end: int
) -> Definition | None:
    """Find the long form before a bracket.

    start, stop (characters): Of the short form.
    limit, end (characters): Where the long form may start, and where it ends.
    """
    form = text[start:stop]
    if not _is_short(form):
        return None
    n_words = min(len(form) + 5, 2 * len(form))
    # Letters of a word prove little, unless all are in one other word: "kilobase (kb)".
    low = _find_words(text, limit, end, n_words)
    last = _find_words(text, limit, end, 1) if _is_word(form) else low
    singular = _drop_plural(form)
    forms = [singular, form] if singular else [form]
    places = [_match_initials(text, form, low, end) for form in forms[::-1]]
    places += [_match_letters(text, form, last, end) for form in forms]
    for place in places:
        if place is not None and _is_long(text[place:end], form):
            return Definition(start, stop, _add_locants(text, place, limit), end)
    return None


def _find_words(text: str, limit: int, end: int, n_words: int) -> int:
    """Find where the last words up to a place start, or the white space before them."""
    start = max(limit, end - _MAX_BEFORE)
    window = text[start:end]
    words = window.rsplit(None, n_words)
    return start + len(words[0]) if len(words) > n_words else start


def _add_locants(text: str, place: int, limit: int) -> int:
    """Move the start of a long form before the numbers of its first word.

    limit (characters): Where it may start.
    """
    start = place
    while start > limit and not text[start - 1].isspace():
        start -= 1
    if start < place and _LOCANTS.fullmatch(text, start, place):
        return start if is_balanced(text[start:place]) else place
    return place


def _match_initials(text: str, form: str, low: int, high: int) -> int | None:
    """Find the words, up to a place, whose first letters a short form has.

    RETURNS (characters): Where they start.
    """
    letters = _list_letters(form)
    for word in reversed(list(_WORD.finditer(text, low, high))):
        if _fold(text[word.start()]) == letters[-1]:
            letters.pop()
            if not letters:
                return word.start()
        elif word[0] not in _SMALL:
            return None
    return None


def _match_letters(text: str, form: str, low: int, high: int) -> int | None:
    """Find the letters of a short form, from its last one, in the words up to a place.
    Its first one has to start a word.

    RETURNS (characters): Where that word starts.
    """
    at = high
    letters = _list_letters(form)
    for i in range(len(letters) - 1, -1, -1):
        at -= 1
        while at >= low and (
            _fold(text[at]) != letters[i]
            or (i == 0 and at > low and text[at - 1].isalnum())
        ):
            at -= 1
        if at < low:
            return None
    return at


# "short form (long form)"


def _read_long(
    text: str, opening: int, closing: int, limit: int
) -> Iterator[Definition]:
    """Read the long form in a bracket whose short form is before it."""
    if closing - opening > _MAX_CONTENT:
        return
    stop = opening
    while stop > limit and text[stop - 1] in _ENDS:
        stop -= 1
    start = stop
    while start > max(limit, stop - _MAX_SHORT - 1) and _is_inner(text[start - 1]):
        start -= 1
    form = text[start:stop]
    if not _is_short(form) or (start > limit and _is_inner(text[start - 1])):
        return
    part = _PART.search(text, opening + 1, closing)
    found = part and _match_content(text, start, stop, *part.span())
    if found:
        yield found


def _match_content(
    text: str, start: int, stop: int, low: int, high: int
) -> Definition | None:
    """Match a short form with all that is in a bracket, from its first word.

    start, stop (characters): Of the short form.
    low, high (characters): Of what is in the bracket.
    """
    form = text[start:stop]
    low, high = _trim(text, low, high)
    singular = _drop_plural(form)
    for one in [singular, form] if singular else [form]:
        end = _match_first_letters(text, one, low, high)
        if end is None and not _is_word(form):
            place = _match_letters(text, one, low, high)
            end = high if place == low else None
        if end is not None and _is_long(text[low:end], form):
            return Definition(start, stop, low, end)
    return None


def _match_first_letters(text: str, form: str, low: int, high: int) -> int | None:
    """Find the words, from a place on, whose first letters a short form has.

    RETURNS (characters): Where they end.
    """
    letters = _list_letters(form)[::-1]
    for word in _WORD.finditer(text, low, high):
        if _fold(text[word.start()]) == letters[-1]:
            letters.pop()
            if not letters:
                return word.end()
        elif word[0] not in _SMALL or word.start() == low:
            return None
    return None


# Both


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out what is around a form: "also known as", quotes, white space."""
    lead = _LEAD.match(text, start, end)
    start = lead.end() if lead else start
    while end > start and text[end - 1] in _ENDS and text[end - 1] != "-":
        end -= 1
    return start, end


def _fold(letter: str) -> str:
    return letter.lower().translate(_GREEK)


def _list_letters(form: str) -> list[str]:
    return [_fold(letter) for letter in form if letter.isalnum()]


def _is_inner(character: str) -> bool:
    return character.isalnum() or character in "-/&.+'"


def _is_short(form: str) -> bool:
    """Check whether this may be a short form."""
    if not _MIN_SHORT <= len(form) <= _MAX_SHORT or not form[0].isalnum():
        return False
    n_words = len(form.split())
    has_letter = any(map(str.isalpha, form))
    is_amount = n_words > 1 and form[0].isdigit()
    return has_letter and n_words <= _MAX_SHORT_WORDS and not is_amount


def _is_word(form: str) -> bool:
    """Check whether a short form looks like a word: its letters alone prove little."""
    is_titled = form.istitle() and len(form) >= _MIN_TITLED
    has_part = _WORD_PART.search(form) is not None
    return form.islower() or (is_titled and form.isalpha()) or has_part


def _is_long(long_form: str, form: str) -> bool:
    """Check whether this may be the long form of a short form."""
    n_letters = sum(map(str.isalnum, form))
    words = long_form.replace("-", " ").split()
    is_longer = len(long_form) >= len(form) + _MIN_MORE
    if not is_longer or len(words) > min(n_letters + 5, 2 * n_letters):
        return False
    chunks = " ".join(chunk.strip(_ENDS) for chunk in long_form.split())
    return f" {form} " not in f" {chunks} " and is_balanced(long_form)


def _drop_plural(form: str) -> str:
    """Get the singular of "ADLs" or "ADL's"; "" of other forms."""
    if len(form) > _MIN_SHORT and form[-1] == "s":
        base = form[:-1].removesuffix("'")
        if base[-1].isupper() or base[-1].isdigit():
            return base
    return ""


def _is_part(text: str, start: int, end: int) -> bool:
    """Check whether a form is only a part of a longer one: "IL" of "IL-6"."""
    after, before = text[end : end + 2], text[max(start - 2, 0) : start]
    if after[:1].isalnum() or after[:1] == "_" or before[-1:] == "_":
        return True
    is_first = after[:1] == "-" and (after[1:].isdigit() or after[1:].isupper())
    is_last = before[1:] == "-" and (before[0].isdigit() or before[0].isupper())
    return is_first or is_last
