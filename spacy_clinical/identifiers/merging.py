"""Make one list of identifiers, none of which overlap, of what several have found."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy

from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.types import Ints1d

MODEL = "model"
# Of what overlaps, the first decides. Rules of others come after these, the model last.
ORDER = (
    *(
        "record",
        "placeholders",
        "web",
        "numbers",
        "spoken",
        "contacts",
        "dates",
        "times",
        "number_forms",
    ),
    *("addresses", "facilities", "ages", "names", "repeated_names"),
)
_RANKS = {**{source: rank for rank, source in enumerate(ORDER)}, MODEL: len(ORDER) + 1}
_FREE = -1
# What a rule has found whole: "3-5 days" behind a date is no part of it.
_WHOLE = frozenset(("DATE", "PHONE", "EMAIL", "AGE"))
_LEADING = ",;:!?.>\"'|=*-\u2013\u2014_&~\u2022/\\"
_TRAILING = ",;:!?.<\"'|=*-\u2013\u2014_&~\u2022\\#@"
_PARTNERS = {"(": ")", ")": "(", "[": "]", "]": "[", "{": "}", "}": "{"}
# "Quill, J.", "Martin Luther King Jr.", "12 Main St."
_IS_SHORT = re.compile(
    r"(?<![^\W_])(?:[^\W\d_]|Jr|Sr|St|Dr|Mt|Ft|Ave?|Rd|Blvd|Ln|Ct|Pl|Sq|Ste|Apt|Inc|Co|"
    r"Corp|Ltd|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Mon|Tues?|Wed|Thurs?|Fri|Sat|"
    r"Sun|[ap]\.?m|[A-Z]\.[A-Z])\.$",
    re.IGNORECASE,
)


def merge_identifiers(found: Iterable[Identifier], text: str) -> list[Identifier]:
    """Settle overlaps so that no character of what was found gets lost.

    Of what overlaps, the source that stands first in `ORDER` keeps its place, of one
    source the longest. What others have found beyond it becomes part of it if it is of
    the same type, or else an identifier of its own.

    text: The text of their places.
    RETURNS: In the order of the text.
    """
    rows = sorted(found, key=lambda row: (_rank(row), row.start - row.end, row.start))
    owners = numpy.full(len(text) + 1, _FREE, dtype="int64")
    for number, row in enumerate(rows):
        for start, end in list(_list_free(owners, row)):
            beside = (
                (start - 1,) if start > row.start else (end,) if end < row.end else ()
            )
            same = [
                owners[i]
                for i in beside
                if rows[owners[i]].label == row.label
                and (row.label not in _WHOLE or _is_run_on(text, max(i, start)))
            ]
            owners[start:end] = same[0] if same else number
    return [row for row in _collect(owners, rows, text) if row is not None]


def _is_run_on(text: str, place: int) -> bool:
    """Check whether a place is inside a run of letters and digits."""
    return text[place - 1 : place].isalnum() and text[place : place + 1].isalnum()


def _rank(row: Identifier) -> int:
    return _RANKS.get(row.source, len(ORDER))


def _list_free(owners: Ints1d, row: Identifier) -> Iterator[tuple[int, int]]:
    """Yield the stretches of an identifier that nothing has taken."""
    is_free = owners[row.start : row.end] == _FREE
    edges = numpy.flatnonzero(numpy.diff(is_free, prepend=False, append=False))
    for start, end in edges.reshape(-1, 2).tolist():
        yield row.start + start, row.start + end


def _collect(
    owners: Ints1d, rows: list[Identifier], text: str
) -> Iterator[Identifier | None]:
    """Yield an identifier for each stretch of characters that one has."""
    borders = numpy.flatnonzero(numpy.diff(owners, prepend=_FREE)).tolist()
    for start, end in pairwise([*borders, len(text)]):
        if owners[start] != _FREE:
            yield _trim(rows[owners[start]]._replace(start=start, end=end), text)


def _trim(row: Identifier, text: str) -> Identifier | None:
    """Leave out white space and punctuation at the ends; None if there is no letter or
    digit.

    Brackets stay that belong together, and the full stop of an initial or a short form.
    """
    start, end = row.start, row.end
    while start < end and _is_edge(text, start, start, end, _LEADING):
        start += 1
    while start < end and _is_edge(text, end - 1, start, end, _TRAILING):
        end -= 1
    if not any(map(str.isalnum, text[start:end])):
        return None
    return row._replace(start=start, end=end)


def _is_edge(text: str, place: int, start: int, end: int, signs: str) -> bool:
    """Check whether a character at an end of an identifier doesn't belong to it."""
    char = text[place]
    if char in _PARTNERS:
        return _PARTNERS[char] not in text[start:end]
    if char == ".":
        return place == start or not _IS_SHORT.search(text, start, place + 1)
    return char.isspace() or char in signs
