"""Find what layout alone separates in a note: lines, and the items of lists."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from spacy_clinical.tokenization.lines import (
    BULLET,
    Line,
    find_list_lines,
    read_blocks,
    read_lines,
)

CHECK_BOX = r"\[[ xX*]?\]|[\u2610\u2611\u2612\u25a1\u25a0]"
# At the start of a line. "H. pylori" may start one, too: letters need a bracket.
LINE_MARK = re.compile(
    rf"(?:(?:[{BULLET}\u00b7\u2013\u2014+]+(?=\s|$)|[{BULLET}\u00b7](?=[^\W\d_])"
    rf"|\(?\d{{1,2}}\)|\d{{1,2}}\.(?!\d)|\(?[A-Za-z]\)|{CHECK_BOX})[ \t]*)+"
)
# Inside a line: bullets that are used for nothing else, boxes, numbers and letters.
INNER_MARK = re.compile(
    rf"[\u2022\u2023\u25e6\u25aa\u25cf\u25cb]|{CHECK_BOX}"
    r"|(?<!\S)(?P<open>\(?)(?:(?P<number>\d{1,2})|(?P<letter>[A-Za-z]))"
    r"(?P<end>[.)])(?=\s|[^\W\d_])|(?P<blank>\n\s*\n)"
)
# Characters before a number that are searched for an open bracket.
MAX_BEFORE = 80


class Items(NamedTuple):
    """Lines and items of a text that layout parts.

    borders (characters): Where something new starts, whatever the words say: after
        blank lines, at titles and at the items of lists.
    marks (characters, half open): Bullets, numbers, letters and boxes of items.
    """

    borders: list[int]
    marks: list[tuple[int, int]]


def find_items(text: str) -> Items:
    """Find what layout alone separates in a note, whatever its sentences."""
    lines = list(read_lines(text))
    blocks, last_words = read_blocks(lines)
    borders = {block[0].start for block in blocks}
    borders.update(find_list_lines(blocks))
    marks = [*_find_line_marks(lines, last_words), *_find_inner_marks(text)]
    borders.update(start for start, _ in marks)
    return Items(sorted(borders), marks)


def _find_line_marks(
    lines: list[Line], last_words: set[int]
) -> Iterator[tuple[int, int]]:
    for line in lines:
        mark = LINE_MARK.match(line.text)
        if mark and line.start not in last_words:
            yield line.start, line.start + len(mark[0].rstrip())


def _find_inner_marks(text: str) -> Iterator[tuple[int, int]]:
    """Find the marks of items that follow each other on a line.

    Numbers and letters are marks if they count up: "1) HTN 2) DM2".
    """
    counts: dict[tuple[str, str, bool], tuple[int, tuple[int, int]]] = {}
    for match in INNER_MARK.finditer(text):
        if match["blank"]:
            counts.clear()
        elif match["end"] is None:
            yield match.span()
        elif not _is_in_brackets(text, match):
            number, letter = match["number"], match["letter"]
            place = int(number) if number else ord(letter.lower()) - ord("a") + 1
            kind = match["open"], match["end"], number is not None
            last, first = counts.get(kind, (0, match.span()))
            if place == 1 and _may_be_first(text, match):
                counts[kind] = 1, match.span()
            elif last and place == last + 1:
                if last == 1:
                    yield first
                yield match.span()
                counts[kind] = place, first


def _is_in_brackets(text: str, match: re.Match[str]) -> bool:
    """Check whether the bracket behind a number closes one before it: "(grade 2)"."""
    if match["open"] or match["end"] == ".":
        return False
    before = text[max(match.start() - MAX_BEFORE, 0) : match.start()]
    return before.rfind("(") > before.rfind(")")


def _may_be_first(text: str, match: re.Match[str]) -> bool:
    """Check whether a list may start at a mark, by what is before it.

    A number with a full stop may end a sentence, and a letter may be part of a name.
    """
    if match["number"] and match["end"] == ")":
        return True
    if match["letter"] and match["end"] == ".":
        return False
    before = text[max(match.start() - MAX_BEFORE, 0) : match.start()].rstrip(" \t")
    return not before or before[-1] in ":;\n"
