"""Read the rows of tables of medications, whose heads may have the units."""

import re
from collections.abc import Iterator

from spacy_clinical.relations.drug_tables import DrugTables
from spacy_clinical.relations.sig.folding import fold
from spacy_clinical.relations.sig.numbers import BETWEEN, NUMBER, read_number
from spacy_clinical.relations.sig.parts import Part, Quantity
from spacy_clinical.relations.sig.patterns import join
from spacy_clinical.relations.sig.units import UNITS

_HEAD = re.compile(
    rf"(?:dose|dosage|strength|amount)[^()\[\]]{{0,20}}[(\[] ?(?P<unit>{join(UNITS)}) ?[)\]]"
)
_CELL = re.compile(rf"(?P<low>{NUMBER})(?:{BETWEEN}(?P<high>{NUMBER}))?")


def find_amounts(tables: DrugTables, start: int) -> Iterator[Part]:
    """Find the numbers of a row whose unit is in the head of their column.

    start (characters): Of the row.
    """
    row = tables.find(start)
    if row is None:
        return
    for name, cell in zip(row.heads, row.cells, strict=True):
        unit = _HEAD.search(fold(name))
        match = _CELL.fullmatch(fold(cell.text)) if cell is not None else None
        if unit is None or match is None or cell is None:
            continue
        low = read_number(match["low"])
        high = read_number(match["high"]) if match["high"] else low
        if low is None or high is None or low > high:
            continue
        quantity = Quantity(low, high, UNITS[unit["unit"]])
        yield Part(cell.start, cell.end, "quantity", quantity)
