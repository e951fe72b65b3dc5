"""Where sentences start in a note, from its text alone."""

import re
from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

from spacy_clinical.abbreviations import (
    ABBREVIATIONS,
    CONNECTORS,
    NUMBERED,
    ROUTES,
    STARTERS,
    TITLES,
)

LineBreaks = Literal["auto", "always", "never"]

# Lines are taken for wrapped text if the longest of the note has so many
# characters: if longer they are paragraphs, if shorter a list.
WRAPPED = range(50, 131)

CLOSERS = r"[\"'\u201d\u2019)\]]*"
REFERENCE = r"\[\d{1,3}(?:[,-]\d{1,3})*\]|(?<!\d\.)\d{1,2}(?:,\d{1,2})*"
STOP = re.compile(
    rf"(?<![.!?\u2026])([.!?\u2026]+)({CLOSERS})"
    rf"(?:(?:{REFERENCE})?\s+(?=\S)|(?=[A-Z][a-z]))"
)
# How far before a full stop to look for its word, and for the word before that.
MAX_BEFORE = 50
FIRST_LETTERS = re.compile(r"[^\W\d_]+")
DOTTED = re.compile(r"(?:[a-z]\.)+[a-z]")
DOTTED_CAPITALS = re.compile(r"(?:[A-Z]\.)+[A-Z]")
LIST_NUMBER = re.compile(r"\d{1,2}|[A-Za-z]")
# What a full stop with no space after it ends: "found.The", but not "St.Jude".
GLUED_WORD = re.compile(r"(?:[a-z]{3}|[\d%)\]])$")

BULLET = r"\u2022\u2023\u25e6\u25aa\u25cf\u25cb*#\-"
LIST_ITEM = re.compile(
    rf"[{BULLET}\u2013\u2014+]+\s|[{BULLET}](?=[^\W\d_])"
    r"|\d{1,2}[.)](?=\s)|\(?[A-Za-z][.)]\s|\(\d{1,2}\)|\[[ xX]?\]"
)
TITLE = re.compile(r"[A-Z][\w/&'(), .-]{0,50}:(?:\s|$)")
CAPITALS = re.compile(r"[A-Z][^a-z]{2,}$")


class Line(NamedTuple):
    """A line with something on it, without the white space around it.

    start (characters): Where it starts in the note.
    is_after_blank: Whether a blank line comes before it.
    """

    text: str
    start: int
    is_after_blank: bool


def split_sentences(
    text: str,
    *,
    line_breaks: LineBreaks = "auto",
    abbreviations: Collection[str] = (),
) -> list[int]:
    """Find where sentences start.

    Blank lines, list items and titles always start one; full stops do not where
    they belong to an abbreviation, a number or an initial.

    text: A note.
    line_breaks: Whether any other line break ends a sentence. "auto" tells wrapped
        text from lines that stand alone by their lengths and the words around.
    abbreviations: More words whose full stop ends no sentence, with it.
    RETURNS (characters): Starts in note order, the first that of the first word.
    """
    lines = list(_read_lines(text))
    starts = {line.start for line in lines[:1]}
    starts.update(_find_after_stops(text, frozenset(abbreviations)))
    width = max((len(line.text) for line in lines), default=0)
    for before, line in pairwise(lines):
        if (
            _is_border(before, line)
            or line_breaks == "always"
            or (line_breaks == "auto" and not _goes_on(before.text, line.text, width))
        ):
            starts.add(line.start)
    return sorted(starts)


def _read_lines(text: str) -> Iterator[Line]:
    offset, is_after_blank = 0, False
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped:
            start = offset + line.index(stripped[0])
            yield Line(stripped, start, is_after_blank)
        is_after_blank = not stripped
        offset += len(line) + 1


def _is_border(before: Line, line: Line) -> bool:
    """Whether a line starts a sentence whatever the one before ends with."""
    return bool(
        line.is_after_blank
        or LIST_ITEM.match(line.text)
        or TITLE.match(line.text)
        or CAPITALS.match(line.text)
        or CAPITALS.match(before.text)
        or before.text.endswith(":")
    )


def _goes_on(before: str, line: str, width: int) -> bool:
    """Whether a sentence goes on over a line break, where no full stop ends it.

    width (characters): The longest line of the note.
    """
    last_word = before.rsplit(None, 1)[-1]
    if before[-1] in ",(/&" or last_word in CONNECTORS or last_word in TITLES:
        return True
    if last_word in NUMBERED and line[0].isdigit():
        return True
    is_wrapped = width in WRAPPED
    if line[0].islower():
        return not is_wrapped or len(before) > width // 2
    # The first word would not have fitted on the line before.
    return is_wrapped and len(before) + len(line.split(None, 1)[0]) >= width


def _find_after_stops(text: str, abbreviations: Collection[str]) -> Iterator[int]:
    for stop in STOP.finditer(text):
        if _is_end(text, stop, abbreviations):
            yield stop.end()


def _is_end(text: str, stop: re.Match[str], abbreviations: Collection[str]) -> bool:
    """Whether a sentence ends with a full stop, or the like."""
    mark, closers = stop.groups()
    after = text[stop.end() : stop.end() + MAX_BEFORE]
    if "!" in mark or "?" in mark:
        return not _starts_low(after)
    if mark != ".":
        return after[0].isupper()
    before = text[max(0, stop.start() - MAX_BEFORE) : stop.start()]
    if not text[stop.end() - 1].isspace():
        return bool(GLUED_WORD.search(before))
    if closers and _starts_low(after):
        return False
    line_before = before.rsplit("\n", 1)[-1].split()
    if before[-1:].isspace() or not line_before:
        return not _starts_low(after)
    return _ends_with_word(line_before, after, abbreviations)


def _ends_with_word(
    before: list[str], after: str, abbreviations: Collection[str]
) -> bool:
    """Whether a word, a full stop and white space end a sentence.

    before: Words of the line before the full stop; the last one is at issue.
    after: What comes after it.
    """
    word = before[-1].lstrip("([\"'")
    previous = before[-2] if len(before) > 1 else ":"
    dotted = f"{word}."
    if dotted in TITLES or dotted in abbreviations:
        return False
    is_start = _first_letters(after) in STARTERS
    if dotted in NUMBERED or dotted in ABBREVIATIONS or dotted in ROUTES:
        return is_start
    if (
        LIST_NUMBER.fullmatch(word)
        and previous[-1] in ":;."
        and previous not in NUMBERED
    ):
        return False
    if DOTTED_CAPITALS.fullmatch(word):
        return is_start
    if len(word) == 1 and word.isalpha():
        is_initial = previous[0].isupper() or previous in CONNECTORS
        return is_start or (after[0].isupper() and not is_initial)
    if DOTTED.fullmatch(word):
        return after[0].isupper()
    return not _starts_low(after) or (word.isalpha() and len(word) > 3)


def _first_letters(text: str) -> str:
    letters = FIRST_LETTERS.match(text)
    return letters[0] if letters else ""


def _starts_low(text: str) -> bool:
    """Whether the first word has no capital, unlike "pH" and "mRNA"."""
    return _first_letters(text).islower()
