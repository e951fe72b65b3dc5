"""Tables of forms: rows, columns, and the tokens in their cells."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from spacy_clinical.forms.pages import Box

# What a table was found by: lines that are drawn, words under each other, or the labels of
# a checkpoint.
Source = Literal["rulings", "alignment", "labels"]


class TableCell(NamedTuple):
    """A cell of a table.

    tokens: In the Doc's order.
    page: From 1 on.
    box: On that page, in its units, as it is ruled; None to go by the words.
    """

    row: int
    column: int
    n_rows: int
    n_columns: int
    tokens: list[int]
    page: int
    box: Box | None = None


@dataclass
class FoundTable:
    """A table.

    n_heads: Rows at its top that are the heads of its columns.
    names: Of its columns; empty to read them from its heads.
    """

    source: Source
    n_columns: int
    cells: list[TableCell]
    n_heads: int = 0
    names: list[str] = field(default_factory=list)

    @property
    def n_rows(self) -> int:
        return max((cell.row + cell.n_rows for cell in self.cells), default=0)

    @property
    def page(self) -> int:
        return self.cells[0].page

    @property
    def last_page(self) -> int:
        return max(cell.page for cell in self.cells)

    def list_row(self, row: int) -> list[TableCell]:
        """List the cells that take part in a row."""
        return [c for c in self.cells if c.row <= row < c.row + c.n_rows]

    def list_tokens(self) -> set[int]:
        """List the tokens in its cells."""
        return {i for cell in self.cells for i in cell.tokens}

    def list_heads(self, column: int) -> Iterator[TableCell]:
        """List the heads of a column, from the top. Titles over all columns are none."""
        for cell in self.cells:
            is_over = cell.column <= column < cell.column + cell.n_columns
            is_title = cell.n_columns == self.n_columns > 1
            if cell.row < self.n_heads and is_over and not is_title and cell.tokens:
                yield cell
