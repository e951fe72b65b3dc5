"""Make one list of identifiers, none of which overlap, of what several have found."""

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
            same = [owners[i] for i in beside if rows[owners[i]].label == row.label]
            owners[start:end] = same[0] if same else number
    return [row for row in _collect(owners, rows, text) if row is not None]


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
    """Leave out white space at the ends; None if there is no letter or digit."""
    written = text[row.start : row.end]
    if not any(map(str.isalnum, written)):
        return None
    start = row.start + len(written) - len(written.lstrip())
    return row._replace(start=start, end=row.start + len(written.rstrip()))
