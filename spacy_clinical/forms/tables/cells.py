"""Label and link the cells of tables as the parts of a form that they are."""

from collections.abc import Iterable, Iterator, Sequence

from spacy.tokens import Doc

from spacy_clinical.forms.labels import ANSWER, HEADER, QUESTION, Labelled
from spacy_clinical.forms.linking import Link
from spacy_clinical.forms.tables.aligned import is_name
from spacy_clinical.forms.tables.table import FoundTable, TableCell

# The scores of cells whose labels the table gives, and of their links.
BY_RULINGS, BY_COLUMN = 0.9, 0.9


def label_cells(
    doc: Doc, parts: Sequence[Labelled], tables: Iterable[FoundTable]
) -> list[Labelled]:
    """Label the cells of ruled tables with heads: the heads as questions, the others as
    answers. Parts elsewhere, and in cells over all columns, stay.

    RETURNS: In the Doc's order, without overlap.
    """
    ruled = [t for t in tables if t.source == "rulings" and t.n_heads]
    cells = [
        (cell, label)
        for table in ruled
        for cell in table.cells
        if (label := _find_label(doc, table, cell))
    ]
    inside = {i for cell, _ in cells for i in cell.tokens}
    if not inside:
        return list(parts)
    before = {i: part for part in parts for i in range(part.start, part.end)}
    kept = [piece for part in parts for piece in _cut(part, inside)]
    for cell, label in cells:
        for start, end in list_runs(doc, cell):
            own = [before[i] for i in range(start, end) if i in before]
            scores = [part.score for part in own if part.label == label]
            score = max(scores, default=BY_RULINGS)
            kept.append(Labelled(start, end, label, score))
    return sorted(kept)


def _find_label(doc: Doc, table: FoundTable, cell: TableCell) -> str:
    """Find what a cell of a ruled table is; "" for what is over or under all columns."""
    if cell.n_columns == table.n_columns:
        return ""
    if cell.row < table.n_heads:
        # The name of several columns, which have names of their own.
        is_group = cell.n_columns > 1 and cell.row + cell.n_rows < table.n_heads
        return HEADER if is_group else QUESTION
    return QUESTION if _asks_row(doc, cell) else ANSWER


def _asks_row(doc: Doc, cell: TableCell) -> bool:
    """Check whether a cell is the name of what stands behind it, as "Total" is over the
    columns before the sum."""
    is_wide = cell.column == 0 and cell.n_columns > 1 and bool(cell.tokens)
    return is_wide and is_name(" ".join(doc[i].text for i in cell.tokens))


def link_cells(
    parts: Sequence[Labelled], links: Iterable[Link], tables: Iterable[FoundTable]
) -> list[Link]:
    """Link the cells of tables to the heads of their columns, or to the name of their row.

    parts: In the Doc's order.
    links: By the places of parts; those of other answers stay.
    """
    by_token = {i: n for n, p in enumerate(parts) for i in range(p.start, p.end)}
    by_answer = {link.answer: link for link in links}
    for table in tables:
        heads: dict[int, int] = {}
        for column in range(table.n_columns):
            for cell in table.list_heads(column):
                for part in _list_parts(cell, by_token):
                    if parts[part].label == QUESTION:
                        heads[column] = part
        rows: dict[int, int] = {}
        for cell in table.cells:
            own = _list_parts(cell, by_token)
            is_wide = cell.row >= table.n_heads and cell.n_columns > 1
            if is_wide and own and parts[own[-1]].label == QUESTION:
                rows[cell.row] = own[-1]
        for cell in table.cells:
            head = rows.get(cell.row, heads.get(cell.column))
            is_whole = cell.n_columns == table.n_columns
            if cell.row < table.n_heads or head is None or is_whole:
                continue
            for part in _list_parts(cell, by_token):
                old = by_answer.get(part)
                if parts[part].label == ANSWER:
                    is_known = old is not None and old.question == head
                    score = old.score if is_known and old is not None else BY_COLUMN
                    by_answer[part] = Link(head, part, max(score, BY_COLUMN))
    return [by_answer[answer] for answer in sorted(by_answer)]


def list_runs(doc: Doc, cell: TableCell) -> Iterator[tuple[int, int]]:
    """List the runs of tokens that a cell has in the Doc (half open).

    Lines of a cell follow each other there, or those of the cells beside it are between.
    """
    start = end = -1
    for i in cell.tokens:
        if start >= 0 and all(token.is_space for token in doc[end:i]):
            end = i + 1
            continue
        if start >= 0:
            yield start, end
        start, end = i, i + 1
    if start >= 0:
        yield start, end


def _list_parts(cell: TableCell, by_token: dict[int, int]) -> list[int]:
    return sorted({by_token[i] for i in cell.tokens if i in by_token})


def _cut(part: Labelled, taken: set[int]) -> Iterator[Labelled]:
    """List the pieces of a part that have no tokens of a table."""
    run: list[int] = []
    for i in range(part.start, part.end + 1):
        if i < part.end and i not in taken:
            run.append(i)
        elif run:
            yield part._replace(start=run[0], end=run[-1] + 1)
            run = []
