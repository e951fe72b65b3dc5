"""Find the heads of ruled tables."""

from collections.abc import Sequence

from spacy.tokens import Doc

from spacy_clinical.forms.labels import ANSWER, HEADER, QUESTION
from spacy_clinical.forms.pages import Box
from spacy_clinical.forms.segments import Segment
from spacy_clinical.forms.tables.aligned import MAX_LABEL_WORDS, is_name
from spacy_clinical.forms.tables.table import FoundTable, TableCell
from spacy_clinical.types import Bools1d

# Columns of tables whose heads nothing but their place confirms, at least.
MIN_COLUMNS = 3
# The part of a head's cells that may have digits.
MAX_DIGITS = 0.5
# The part of the other cells that may be bold where bold says what is a head.
MAX_BOLD = 0.34
# How far above a table its head may stand, in heights of its lines.
ABOVE = 1.5


def count_heads(
    doc: Doc, table: FoundTable, labels: Sequence[str], is_bold: Bools1d
) -> int:
    """Count the rows of a ruled table that are heads, with titles over all columns.

    labels, is_bold (n_tokens): What has been predicted of each token, and whether it is
        bold.
    """
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
    texts = [_read(doc, cell) for cell in heads]
    if not all(map(_is_head, texts)):
        return 0
    n_digits = sum(any(c.isdigit() for c in text) for text in texts)
    asked = _share(heads, labels, (QUESTION, HEADER))
    answered = _share(heads, labels, (ANSWER,))
    is_fit = _share(body, labels, (QUESTION,)) < 0.5 and answered <= 0.5
    is_sure = asked >= 0.5 or (
        table.n_columns >= MIN_COLUMNS and n_digits <= MAX_DIGITS * len(heads)
    )
    stands_out = stand_out([c.tokens for c in heads], [c.tokens for c in body], is_bold)
    return last + 1 if stands_out or (is_fit and is_sure) else 0


def stand_out(
    heads: Sequence[Sequence[int]], body: Sequence[Sequence[int]], is_bold: Bools1d
) -> bool:
    """Check whether heads are bold, and most of what is under them isn't.

    heads, body: The tokens of cells.
    """
    n_bold = sum(bool(is_bold[cell].all()) for cell in body)
    return all(is_bold[cell].all() for cell in heads) and n_bold <= MAX_BOLD * len(body)


def add_head(doc: Doc, table: FoundTable, segments: Sequence[Segment]) -> bool:
    """Add the line right over a table to it, if it has names for most of its columns:
    rulings may begin below the head.

    segments: In the order of reading.
    RETURNS: Whether there is such a line.
    """
    columns = {c.column: c.box for c in table.list_row(0) if c.n_columns == 1}
    known = {column: box for column, box in columns.items() if box is not None}
    if len(known) < table.n_columns:
        return False
    top = min(box[1] for box in known.values())
    line: list[tuple[Segment, Box]] = []
    for segment in segments:
        box = doc[segment.start : segment.end]._.box
        if segment.page != table.page or box is None or box[3] > top + 1:
            continue
        if top - box[3] <= ABOVE * (box[3] - box[1]):
            line.append((segment, box))
    heads: list[TableCell] = []
    for segment, (x0, y0, x1, y1) in line:
        over = [i for i, box in known.items() if x0 < box[2] and box[0] < x1]
        if len(over) != 1 or not _is_head(segment.text):
            return False
        tokens = list(range(segment.start, segment.end))
        heads.append(TableCell(0, over[0], 1, 1, tokens, table.page, (x0, y0, x1, y1)))
    if len({cell.column for cell in heads}) != len(heads) or len(heads) < 2:
        return False
    if len(heads) * 2 <= table.n_columns or len({s.row for s, _ in line}) > 1:
        return False
    table.cells[:] = heads + [c._replace(row=c.row + 1) for c in table.cells]
    table.n_heads = 1
    return True


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


def _read(doc: Doc, cell: TableCell) -> str:
    return " ".join(doc[i].text for i in cell.tokens)
