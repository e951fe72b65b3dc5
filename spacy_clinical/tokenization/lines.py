"""Read the lines of a note: blocks that belong together, titles, and lists."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from spacy_clinical.tokenization.abbreviations import (
    CONNECTORS,
    OPEN_CAPITALS,
    SENTENCE_WORDS,
    TITLES,
)
from spacy_clinical.tokenization.wrapping import WRAPPED

BULLET = r"\u2022\u2023\u25e6\u25aa\u25cf\u25cb*#\-"
LIST_ITEM = re.compile(
    rf"[{BULLET}\u2013\u2014+]+\s|[{BULLET}](?=[^\W\d_])"
    r"|\d{1,2}[.)](?=\s)|\(?[A-Za-z][.)]\s|\(\d{1,2}\)|\[[ xX]?\]"
)
MARK = re.compile(r"\(?(\d{1,2}|[A-Za-z])[.)]\)?")
TITLE = re.compile(r"[A-Z][\w/&'(), .-]{0,50}:(?:\s|$)")
CAPITALS = re.compile(r"[A-Z][^a-z]{2,}$")
# The last word of a sentence that began on the line before.
LAST_WORD = re.compile(r"[A-Z][A-Z\d/-]{1,7}\.(?=\s|$)")
FIRST_MARKS = frozenset("1aA")
# How many items may be missing from a list.
MAX_GAP = 2
# The least number of lines of a list without marks, the longest line, and the most words.
MIN_ITEMS = 3
MAX_ITEM = 40
MAX_ITEM_WORDS = 6
# The least width that text is wrapped at.
MIN_WIDTH = 30


class Line(NamedTuple):
    """A line with something on it, without the white space around it.

    start (characters): Where it starts in the note.
    is_after_blank: Whether a blank line comes before it.
    """

    text: str
    start: int
    is_after_blank: bool


def read_lines(text: str) -> Iterator[Line]:
    """Read the lines that aren't blank."""
    offset, is_after_blank = 0, False
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped:
            start = offset + line.index(stripped[0])
            yield Line(stripped, start, is_after_blank)
        is_after_blank = not stripped
        offset += len(line) + 1


def read_blocks(lines: list[Line]) -> tuple[list[list[Line]], set[int]]:
    """Split lines where a sentence starts whatever the one before ends with.

    RETURNS: Lines between which anything may be; and where lines start with a number
        or letter that ends the sentence of the line before.
    """
    blocks: list[list[Line]] = []
    last_words = set()
    marks: dict[bool, str] = {}
    before = None
    for line in lines:
        is_item = LIST_ITEM.match(line.text) is not None
        mark = MARK.match(line.text) if is_item else None
        if mark and before and _goes_on_with(before, line, mark, marks):
            is_item = False
            last_words.add(line.start)
        elif mark:
            marks[mark[1].isdigit()] = mark[1]
        elif line.is_after_blank:
            marks.clear()
        if before is None or is_item or _is_border(before, line):
            blocks.append([])
        blocks[-1].append(line)
        before = line
    return blocks, last_words


def _goes_on_with(
    before: Line, line: Line, mark: re.Match[str], marks: Mapping[bool, str]
) -> bool:
    """Check whether what looks as an item's mark is the last word of the line before.

    marks: The last number (True) and letter (False) of the items above, if any.
    """
    text = before.text
    if line.is_after_blank or text[-1] in ".!?:;" or not is_prose(text):
        return False
    last = marks.get(mark[1].isdigit())
    if mark[1] in FIRST_MARKS or (last and _follows(last, mark[1])):
        return False
    is_open = text.rsplit(None, 1)[-1] in CONNECTORS
    return is_open or last is None or len(text) in WRAPPED


def _follows(mark: str, other: str) -> bool:
    """Check whether a number or letter comes soon after another of its kind."""
    place = int if mark.isdigit() else ord
    return 0 < place(other) - place(mark) <= MAX_GAP


def is_prose(line: str) -> bool:
    """Check whether a line may be part of a sentence that is longer than it."""
    words = line.split(None, 3)
    return len(words) > 2 and not line.isupper()


def _is_border(before: Line, line: Line) -> bool:
    """Check whether a line that is no list item starts a sentence in any case."""
    if line.is_after_blank or before.text.endswith(":"):
        return True
    if ends_open(before.text):
        return False
    if LAST_WORD.match(line.text) and is_prose(before.text):
        return before.text[-1] in ".!?"
    if TITLE.match(line.text):
        return True
    if CAPITALS.match(line.text) or CAPITALS.match(before.text):
        return not may_go_on_in_capitals(before.text, line.text)
    return False


def ends_open(line: str) -> bool:
    """Check whether the last word of a line is one that no sentence ends with."""
    word = line.rsplit(None, 1)[-1]
    if word in CONNECTORS or word in TITLES:
        return True
    return word.lower() in OPEN_CAPITALS and line.isupper()


def may_go_on_in_capitals(before: str, line: str) -> bool:
    """Check whether two lines in capitals may be a sentence of a note that is all in
    capitals.

    Others are titles and items.
    """
    if not (before.isupper() and line.isupper()) or before[-1] in ".!?:;":
        return False
    is_long = len(before) in WRAPPED
    return is_long and not SENTENCE_WORDS.isdisjoint(before.lower().split())


def find_list_lines(blocks: list[list[Line]]) -> Iterator[int]:
    """Find the items of lists without marks: short lines that are no wrapped text.

    A line that starts with a capital letter says by itself that it stands alone;
    "penicillin", "sulfa" and "codeine" on three lines do it together.

    blocks: Of `read_blocks`.
    YIELDS (characters): Where the items start, but for the first one.
    """
    for block in blocks:
        items = _list_items(block)
        if _is_list([line.text for line in items]):
            yield from (line.start for line in items[1:])


def _list_items(block: list[Line]) -> list[Line]:
    """List the lines of a block that may be items, without the title above or before."""
    first = block[0]
    if first.text.startswith("#"):
        return block[1:]
    if LIST_ITEM.match(first.text):
        return []
    title = TITLE.match(first.text)
    if title is None:
        return block
    rest = first.text[title.end() :].lstrip()
    return [first._replace(text=rest), *block[1:]] if rest else block[1:]


def _is_list(lines: list[str]) -> bool:
    """Check whether all of some lines are short, and no sentence goes on over their
    ends."""
    if len(lines) < MIN_ITEMS or not all(map(_may_be_item, lines)):
        return False
    # Text that is wrapped has no line that could have held the next word as well.
    forced = min(len(a) + 1 + len(b.split(None, 1)[0]) for a, b in pairwise(lines))
    return forced <= max(MIN_WIDTH, *map(len, lines))


def _may_be_item(line: str) -> bool:
    words = line.lower().split()
    if len(line) > MAX_ITEM or len(words) > MAX_ITEM_WORDS or line[-1] in ".,;:!?(/&-":
        return False
    if words[0] in CONNECTORS or words[-1] in CONNECTORS:
        return False
    return SENTENCE_WORDS.isdisjoint(words)
