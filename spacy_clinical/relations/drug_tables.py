"""Find the tables of medications in a note, by the names of their columns."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from spacy_clinical.tokenization.tables import TextCell, TextRow, find_tables

_HEADS = {
    "drug": (
        "drug drugs drug_name medication medications medication_name medicine medicines "
        "generic generic_name brand brand_name prescription name"
    ),
    "dose": "dose dosage strength amount dose/strength qty quantity",
    "route": "route rte via",
    "frequency": (
        "frequency freq how_often schedule directions sig instructions timing times "
        "interval how_taken"
    ),
    "other": (
        "form duration indication reason start start_date started since stop stop_date end "
        "end_date last_dose last_taken last_given status refills prescriber notes comments "
        "disp dispense prn"
    ),
}
_ROLES = {
    word.replace("_", " "): role
    for role, words in _HEADS.items()
    for word in words.split()
}
# What says how a drug is taken.
_TAKEN = frozenset({"dose", "route", "frequency"})
_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]{0,20}[)\]]\s*")
# The name of a drug, without its strength behind it.
_NAME = re.compile(r"[^\W\d_][^\n\t|;:()]{1,60}?(?=\s*(?:\(|,|$)|\s+\d)", re.IGNORECASE)
_NONE = re.compile(r"(?:none|nil|n/?a|no known|see|total|nka|nkda)\b", re.IGNORECASE)


class DrugRow(NamedTuple):
    """A row of a table of medications (characters, half open).

    heads: Of its columns, in lower case.
    """

    start: int
    end: int
    drug: TextCell
    heads: Sequence[str]
    cells: Sequence[TextCell | None]


class DrugTables:
    """The tables of medications of a note.

    heads (characters): Start and end of the heads of tables.
    rows: Those with a drug, in the order of the text.
    """

    def __init__(self, text: str) -> None:
        self.heads: list[tuple[int, int]] = []
        self.rows: list[DrugRow] = []
        for table in find_tables(text, _is_head):
            heads = [cell.text.lower() for cell in table.head]
            self.heads.append((table.start, table.end))
            column = [_get_role(head) for head in heads].index("drug")
            for row in table.rows:
                self.rows += _make_row(row, heads, column)
        self._starts = [row.start for row in self.rows]

    def find(self, place: int) -> DrugRow | None:
        """Find the row that a character is in."""
        index = bisect_right(self._starts, place) - 1
        row = self.rows[index] if index >= 0 else None
        return row if row is not None and place < row.end else None

    def is_head(self, place: int) -> bool:
        """Check whether a character is in the head of a table."""
        index = bisect_right(self.heads, (place, place + 1)) - 1
        index = max(index, 0)
        return any(start <= place < end for start, end in self.heads[index : index + 2])


def find_name(cell: TextCell, text: str) -> tuple[int, int] | None:
    """Find the name of a drug at the start of a cell, without its strength (characters);
    None if there is none."""
    match = _NAME.match(text, cell.start, cell.end)
    if match is None or _NONE.match(match[0]):
        return None
    return match.start(), match.start() + len(match[0].rstrip())


def _make_row(row: TextRow, heads: Sequence[str], column: int) -> Iterator[DrugRow]:
    drug = row.cells[column]
    if drug is not None:
        yield DrugRow(row.start, row.end, drug, heads, row.cells)


def _is_head(texts: Sequence[str]) -> bool:
    roles = [_get_role(text.lower()) for text in texts]
    n_known = sum(map(bool, roles))
    has_taken = not _TAKEN.isdisjoint(roles)
    return roles.count("drug") == 1 and has_taken and n_known * 2 > len(roles)


def _get_role(head: str) -> str:
    name = " ".join(_BRACKETS.sub(" ", head).strip(" :*").split())
    return _ROLES.get(name, "")
