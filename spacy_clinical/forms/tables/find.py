"""Find the tables of a form, by rulings and by alignment."""

from collections.abc import Sequence

from spacy.tokens import Doc

from spacy_clinical.forms.labels import ANSWER, QUESTION, Labelled
from spacy_clinical.forms.places import Places
from spacy_clinical.forms.segments import Segment
from spacy_clinical.forms.tables.aligned import AlignedTable, find_aligned
from spacy_clinical.forms.tables.heads import (
    MAX_BOLD,
    MIN_COLUMNS,
    add_head,
    count_heads,
    stand_out,
)
from spacy_clinical.forms.tables.joining import join_pages
from spacy_clinical.forms.tables.ruled import find_ruled
from spacy_clinical.forms.tables.table import FoundTable, TableCell
from spacy_clinical.types import Bools1d

# A grid whose cells have labels of their own, for more than these parts of them, is a
# form.
MAX_COLONS, MAX_QUESTIONS = 0.3, 0.4
# The part of a table's words that another one has, if it covers it.
MIN_COVERED = 0.8


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
    aligned = [t for t in find_aligned(segments, min_cells=2) if is_table(t, labels)]
    tables: list[FoundTable] = []
    taken: set[int] = set()
    for table in join_pages(doc, find_ruled(doc, places)):
        table.n_heads = count_heads(doc, table, labels, places.is_bold)
        if is_form(doc, table, labels, places.is_bold) or _is_covered(
            table, aligned, labels
        ):
            continue
        if not table.n_heads:
            add_head(doc, table, segments)
        if table.n_heads or table.n_columns >= MIN_COLUMNS:
            tables.append(table)
            taken |= table.list_tokens()
    if taken:
        free = [s for s in segments if taken.isdisjoint(range(s.start, s.end))]
        aligned = [t for t in find_aligned(free, min_cells=2) if is_table(t, labels)]
    return sorted([*tables, *map(_make_table, aligned)], key=_get_first)


def is_table(table: AlignedTable, labels: Sequence[str]) -> bool:
    """Check whether labels fit a table: rows of labels over rows of values, as forms often
    have them, look alike. A bold head over other rows needs no labels."""

    def share(cells: Sequence[Segment], label: str) -> float:
        return sum(labels[cell.start] == label for cell in cells) / len(cells)

    cells = [cell for row in table.body for cell in row]
    n_bold = sum(cell.is_bold for cell in cells)
    if all(cell.is_bold for cell in table.head) and n_bold <= MAX_BOLD * len(cells):
        return True
    least = 0.5 if len(table.head) >= MIN_COLUMNS else 1.0
    return share(table.head, QUESTION) >= least and all(
        share(row, QUESTION) < 0.5 and share(row, ANSWER) >= least for row in table.body
    )


def is_form(
    doc: Doc, table: FoundTable, labels: Sequence[str], is_bold: Bools1d
) -> bool:
    """Check whether what looks like a table is a form that is ruled.

    labels, is_bold (n_tokens): See `count_heads`.
    """
    full = [cell for cell in table.cells if cell.tokens]
    n_colons = sum(any(doc[i].text.endswith(":") for i in c.tokens) for c in full)
    body = [cell for cell in full if cell.row >= table.n_heads]
    if not body or n_colons > MAX_COLONS * len(full):
        return True
    heads = [cell.tokens for cell in full if cell.row < table.n_heads]
    if heads and stand_out(heads, [cell.tokens for cell in body], is_bold):
        return False
    n_asked = sum(QUESTION in {labels[i] for i in cell.tokens} for cell in body)
    return n_asked > MAX_QUESTIONS * len(body)


def _is_covered(
    table: FoundTable, aligned: Sequence[AlignedTable], labels: Sequence[str]
) -> bool:
    """Check whether a table without rulings has the words of a ruled one, whose head is
    not ruled, or not separated from the row below it."""
    heads = [c for c in table.cells if c.row < table.n_heads and c.tokens]
    n_mixed = sum(ANSWER in {labels[i] for i in cell.tokens} for cell in heads)
    if heads and n_mixed * 2 < len(heads):
        return False
    tokens = table.list_tokens()
    return any(
        len(tokens & _list_tokens(other)) >= MIN_COVERED * len(tokens)
        for other in aligned
    )


def _list_tokens(table: AlignedTable) -> set[int]:
    segments = [*table.head, *(segment for row in table.body for segment in row)]
    return {i for segment in segments for i in range(segment.start, segment.end)}


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
