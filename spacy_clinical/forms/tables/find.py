"""Find the tables of a form, by rulings and by alignment."""

from collections.abc import Sequence

from spacy.tokens import Doc

from spacy_clinical.forms.labels import ANSWER, HEADER, QUESTION, Labelled
from spacy_clinical.forms.places import Places
from spacy_clinical.forms.segments import Segment
from spacy_clinical.forms.tables.aligned import (
    MAX_LABEL_WORDS,
    AlignedTable,
    find_aligned,
    is_name,
)
from spacy_clinical.forms.tables.joining import join_pages
from spacy_clinical.forms.tables.ruled import find_ruled
from spacy_clinical.forms.tables.table import FoundTable, TableCell

# A grid whose cells have labels of their own, for more than these parts of them, is a
# form.
MAX_COLONS, MAX_QUESTIONS = 0.3, 0.4
# Columns of tables without heads, at least, and of heads that nothing confirms.
MIN_COLUMNS = 3
# The part of a head's cells that may have digits.
MAX_DIGITS = 0.5


def find_form_tables(
    doc: Doc, places: Places, segments: Sequence[Segment], parts: Sequence[Labelled]
) -> list[FoundTable]:
    """Find the tables of a form, in the Doc's order.

    parts: Labels of what is on its pages. Rows of labels over rows of values look like
        tables; so do forms that are ruled.
    """
    labels = ["" for _ in doc]
    for part in parts:
        labels[part.start : part.end] = [part.label] * (part.end - part.start)
    tables = []
    taken = set()
    for table in join_pages(doc, find_ruled(doc, places)):
        table.n_heads = count_heads(doc, table, labels)
        if is_form(doc, table, labels):
            continue
        tables.append(table)
        taken.update(i for cell in table.cells for i in cell.tokens)
    free = [s for s in segments if taken.isdisjoint(range(s.start, s.end))]
    for aligned in find_aligned(free, min_cells=2):
        if is_table(aligned, labels):
            tables.append(_make_table(aligned))
    return sorted(tables, key=_get_first)


def is_table(table: AlignedTable, labels: Sequence[str]) -> bool:
    """Check whether labels fit a table: rows of labels over rows of values, as forms often
    have them, look alike."""

    def share(cells: Sequence[Segment], label: str) -> float:
        return sum(labels[cell.start] == label for cell in cells) / len(cells)

    least = 0.5 if len(table.head) >= MIN_COLUMNS else 1.0
    return share(table.head, QUESTION) >= least and all(
        share(row, QUESTION) < 0.5 and share(row, ANSWER) >= least for row in table.body
    )


def count_heads(doc: Doc, table: FoundTable, labels: Sequence[str]) -> int:
    """Count the rows of a ruled table that are heads, with titles over all columns."""
    first = 0
    while first < table.n_rows and _is_title(table, first):
        first += 1
    last = first
    if any(c.n_columns > 1 and c.tokens for c in table.list_row(first)):
        # Groups of columns have heads of their own.
        last = min(first + 1, table.n_rows - 1)
    heads = [cell for row in range(first, last + 1) for cell in table.list_row(row)]
    heads = [cell for cell in heads if cell.tokens]
    body = [cell for cell in table.cells if cell.row > last and cell.tokens]
    if len(heads) < 2 or not body:
        return 0
    texts = [read_cell(doc, cell) for cell in heads]
    if not all(map(_is_head, texts)):
        return 0
    n_digits = sum(any(c.isdigit() for c in text) for text in texts)
    asked = _share(heads, labels, (QUESTION, HEADER))
    answered = _share(heads, labels, (ANSWER,))
    is_fit = _share(body, labels, (QUESTION,)) < 0.5 and answered <= 0.5
    is_sure = asked >= 0.5 or (
        table.n_columns >= MIN_COLUMNS and n_digits <= MAX_DIGITS * len(heads)
    )
    return last + 1 if is_fit and is_sure else 0


def is_form(doc: Doc, table: FoundTable, labels: Sequence[str]) -> bool:
    """Check whether what looks like a table is a form that is ruled."""
    full = [cell for cell in table.cells if cell.tokens]
    n_colons = sum(any(doc[i].text.endswith(":") for i in c.tokens) for c in full)
    body = [cell for cell in full if cell.row >= table.n_heads]
    if not body or n_colons > MAX_COLONS * len(full):
        return True
    n_asked = sum(QUESTION in {labels[i] for i in cell.tokens} for cell in body)
    return n_asked > MAX_QUESTIONS * len(body) or (
        not table.n_heads and table.n_columns < MIN_COLUMNS
    )


def read_cell(doc: Doc, cell: TableCell) -> str:
    """Read the text of a cell, on one line."""
    return " ".join(doc[i].text for i in cell.tokens)


def _is_title(table: FoundTable, row: int) -> bool:
    full = [cell for cell in table.list_row(row) if cell.tokens]
    return len(full) == 1 and full[0].n_columns == table.n_columns


def _is_head(text: str) -> bool:
    return is_name(text) and len(text.split()) <= MAX_LABEL_WORDS


def _share(
    cells: Sequence[TableCell], labels: Sequence[str], wanted: Sequence[str]
) -> float:
    n_found = sum(labels[cell.tokens[0]] in wanted for cell in cells)
    return n_found / len(cells)


def _make_table(aligned: AlignedTable) -> FoundTable:
    heads: dict[int, list[Segment]] = {i: [s] for i, s in enumerate(aligned.head)}
    for column, segment in aligned.more_head:
        heads[column].append(segment)
    cells = [_make_cell(0, i, 1, own) for i, own in heads.items()]
    for row, found in enumerate(aligned.rows, start=1):
        cells += [_make_cell(row, c.column, c.n_columns, c.segments) for c in found]
    return FoundTable("alignment", len(aligned.head), cells, n_heads=1)


def _make_cell(
    row: int, column: int, n_columns: int, segments: Sequence[Segment]
) -> TableCell:
    tokens = [i for segment in segments for i in range(segment.start, segment.end)]
    return TableCell(row, column, 1, n_columns, tokens, segments[0].page)


def _get_first(table: FoundTable) -> int:
    return min((i for cell in table.cells for i in cell.tokens), default=0)
