"""Find the starts of sentences in the text of a note."""

import re
from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import Literal

from spacy.tokens import Doc

from spacy_clinical.tokenization.abbreviations import (
    ABBREVIATIONS,
    CONNECTORS,
    NUMBERED,
    ROUTES,
    STARTERS,
    TITLES,
)
from spacy_clinical.tokenization.lines import (
    LAST_WORD,
    Line,
    ends_open,
    find_list_lines,
    is_prose,
    may_go_on_in_capitals,
    read_blocks,
    read_lines,
)
from spacy_clinical.tokenization.wrapping import WRAPPED, find_widths

LineBreaks = Literal["auto", "always", "never"]

CLOSERS = r"[\"'\u201d\u2019)\]]*"
REFERENCE = r"\[\d{1,3}(?:[,-]\d{1,3})*\]|(?<!\d\.)\d{1,2}(?:,\d{1,2})*"
STOP = re.compile(
    rf"(?<![.!?\u2026])([.!?\u2026]+)({CLOSERS})"
    rf"(?:(?:{REFERENCE})?\s+(?=\S)|(?=[A-Z][a-z]))"
)
# Characters searched before a full stop for its word and the one before that.
MAX_BEFORE = 50
FIRST_LETTERS = re.compile(r"[^\W\d_]+")
DOTTED = re.compile(r"(?:[a-z]\.)+[a-z]")
DOTTED_CAPITALS = re.compile(r"(?:[A-Z]\.)+[A-Z]")
LIST_NUMBER = re.compile(r"\d{1,2}|[A-Za-z]")
# What a full stop with no space after it ends: "found.The", but not "St.Jude".
GLUED_WORD = re.compile(r"(?:[a-z]{3}|[\d%)\]])$")

# Characters by which a wrapped line may exceed the width.
SLACK = 15


def split_sentences(
    text: str, *, line_breaks: LineBreaks = "auto", abbreviations: Collection[str] = ()
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
    lines = list(read_lines(text))
    starts = {line.start for line in lines[:1]}
    blocks, last_words = read_blocks(lines)
    starts.update(block[0].start for block in blocks)
    if line_breaks == "always":
        starts.update(line.start for line in lines)
    elif line_breaks == "auto":
        breaks = {*_find_at_breaks(blocks), *find_list_lines(blocks)}
        starts.update(breaks - last_words)
    starts.update(_find_after_stops(text, frozenset(abbreviations), last_words))
    return sorted(starts)


def find_sentence_starts(doc: Doc, text: str) -> list[int]:
    """Find where the sentences of a Doc start (characters): as it has them, or else by
    `split_sentences`.

    text: Of the Doc.
    """
    if doc.has_annotation("SENT_START"):
        return [sentence.start_char for sentence in doc.sents]
    return split_sentences(text)


def _find_at_breaks(blocks: list[list[Line]]) -> Iterator[int]:
    """Find where sentences start at line breaks, though no full stop comes before."""
    longest = max((len(line.text) for block in blocks for line in block), default=0)
    blocks = [block for block in blocks if len(block) > 1]
    texts = [[line.text for line in block] for block in blocks]
    sure = [
        [_surely_goes_on(before, line) for before, line in pairwise(block)]
        for block in texts
    ]
    for block, width in zip(blocks, find_widths(texts, sure, longest), strict=True):
        for before, line in pairwise(block):
            if not _goes_on(before.text, line.text, width):
                yield line.start


def _surely_goes_on(before: str, line: str) -> bool:
    """Check whether a sentence goes on over a line break, by the words around it."""
    if before[-1] in ".!?:;":
        return False
    return line[0].islower() or _is_open(before)


def _goes_on(before: str, line: str, width: int) -> bool:
    """Check whether a sentence goes on over a line break, where no full stop ends it.

    width (characters): That of the wrapped text around; 0 if it isn't wrapped.
    """
    if _is_open(before):
        return True
    if before.rsplit(None, 1)[-1] in NUMBERED and line[0].isdigit():
        return True
    if LAST_WORD.match(line) and is_prose(before):
        return True
    is_wrapped = width in WRAPPED and len(before) <= width + SLACK
    if line[0].islower():
        return not is_wrapped or len(before) > width // 2
    if not width and may_go_on_in_capitals(before, line):
        return True
    # The first word would not have fitted on the line before.
    return is_wrapped and len(before) + len(line.split(None, 1)[0]) >= width


def _is_open(line: str) -> bool:
    return line[-1] in ",(/&" or ends_open(line)


def _find_after_stops(
    text: str, abbreviations: Collection[str], last_words: Collection[int]
) -> Iterator[int]:
    """Find where sentences start after full stops and the like.

    last_words (characters): Where lines start with the last word of a sentence.
    """
    for stop in STOP.finditer(text):
        place = stop.start()
        ends_line_before = place - 1 in last_words or place - 2 in last_words
        if _is_end(text, stop, abbreviations, ends_line_before):
            yield stop.end()


def _is_end(
    text: str,
    stop: re.Match[str],
    abbreviations: Collection[str],
    ends_line_before: bool,
) -> bool:
    """Check whether a sentence ends with a full stop, or the like.

    ends_line_before: Whether its word belongs to the line before.
    """
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
    line_before = (before if ends_line_before else before.rsplit("\n", 1)[-1]).split()
    if before[-1:].isspace() or not line_before:
        return not _starts_low(after)
    return _ends_with_word(line_before, after, abbreviations)


def _ends_with_word(
    before: list[str], after: str, abbreviations: Collection[str]
) -> bool:
    """Check whether a word, a full stop and white space end a sentence.

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
    """Check whether the first word has no capital, unlike "pH" and "mRNA"."""
    return _first_letters(text).islower()
