"""Read the rows of tables of medications, whose heads may have the units."""

import re
from collections.abc import Iterator

from spacy_clinical.relations.regions import COLUMN, Lines
from spacy_clinical.relations.sig.folding import fold
from spacy_clinical.relations.sig.numbers import BETWEEN, NUMBER, read_number
from spacy_clinical.relations.sig.parts import Part, Quantity
from spacy_clinical.relations.sig.patterns import join
from spacy_clinical.relations.sig.units import UNITS

_HEAD = re.compile(
    rf"(?:dose|dosage|strength|amount)[^()\[\]]{{0,20}}[(\[] ?(?P<unit>{join(UNITS)}) ?[)\]]"
)
_CELL = re.compile(rf"\s*(?P<low>{NUMBER})(?:{BETWEEN}(?P<high>{NUMBER}))?\s*")


class Tables:
    """The tables of a note."""

    def __init__(self, text: str, lines: Lines) -> None:
        self.text = text
        self.lines = lines
        self._heads: dict[int, int] = {}

    def find_amounts(self, start: int) -> Iterator[Part]:
        """Find the numbers of a row whose unit is in the head of their column.

        start (characters): Of the row.
        """
        number = self.lines.find(start)
        head = list(self._list_cells(self._find_head(number)))
        row = list(self._list_cells(number))
        for (name, _), (cell, place) in zip(head, row, strict=False):
            unit, match = _HEAD.search(name), _CELL.fullmatch(cell)
            if unit is None or match is None:
                continue
            low = read_number(match["low"])
            high = read_number(match["high"]) if match["high"] else low
            if low is None or high is None or low > high:
                continue
            ends = place + match.start("low"), place + len(cell.rstrip())
            yield Part(*ends, "quantity", Quantity(low, high, UNITS[unit["unit"]]))

    def _find_head(self, number: int) -> int:
        """Find the first line of the table that a row is in."""
        n = number
        while n > 0 and n not in self._heads and self.lines.is_row(n - 1):
            n -= 1
        head = self._heads.get(n, n)
        self._heads[number] = head
        return head

    def _list_cells(self, number: int) -> Iterator[tuple[str, int]]:
        """List the cells of a row, folded, and where they start (character)."""
        start, end = self.lines.starts[number], self.lines.get_end(number)
        for match in COLUMN.finditer(self.text, start, end):
            yield fold(self.text[start : match.start()]), start
            start = match.end()
        yield fold(self.text[start:end]), start
