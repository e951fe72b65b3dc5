"""Where the tokens of a Doc are: on its pages, or as plain text looks."""

from dataclasses import dataclass

import numpy
from spacy.tokens import Doc

from spacy_clinical.extensions import FORM_KEY
from spacy_clinical.types import Ints1d, Ints2d

# Plain text is placed as if typed on pages of so many lines of so many characters.
N_COLUMNS = 90
N_LINES = 60
# Height of a letter, as a part of a line's.
LETTER_HEIGHT = 0.7


@dataclass(frozen=True)
class Places:
    """Where tokens are.

    boxes (n_tokens, 4): x0, y0, x1, y1 in thousandths of the page, as LayoutLM reads
        them. What ends a line has none: zeros.
    pages (n_tokens): From 1 on, ascending.
    lines (n_tokens): Lines in the order in which they are read; -1 for white space.
    n_columns: Of a Doc without boxes, whose places are those of letters of one width:
        how many of them a page is wide. 0 where boxes are known.
    """

    boxes: Ints2d
    pages: Ints1d
    lines: Ints1d
    n_columns: int


def find_places(doc: Doc) -> Places:
    """Find where the tokens of a Doc are."""
    lines = _count_lines(doc)
    form = doc.user_data.get(FORM_KEY)
    if form is None or not len(form["pages"]):
        return _place_text(doc, lines)
    sizes = [
        (page["width"] or 1.0, page["height"] or 1.0) * 2 for page in form["pages"]
    ]
    pages = numpy.asarray(form["numbers"], dtype="int64")
    boxes = numpy.zeros((len(doc), 4))
    for i, box in enumerate(form["boxes"]):
        if len(box):
            boxes[i] = box
    scales = 1000 / numpy.asarray(sizes)[pages - 1].reshape(-1, 4)
    # Boxes must not go beyond what LayoutLM has embeddings for.
    scaled = numpy.clip((boxes * scales).astype("int64"), 0, 1000)
    return Places(scaled, pages, lines, n_columns=0)


def _count_lines(doc: Doc) -> Ints1d:
    lines = numpy.full(len(doc), -1, dtype="int64")
    line = 0
    for token in doc:
        if token.is_space:
            line += "\n" in token.text
        else:
            lines[token.i] = line
    return lines


def _place_text(doc: Doc, lines: Ints1d) -> Places:
    rows, columns = _type(doc)
    seen = lines >= 0
    starts = columns[seen]
    ends = starts + numpy.asarray([len(t) for t in doc], dtype="int64")[seen]
    wide = max(N_COLUMNS, int(ends.max(initial=0)))
    tops = rows[seen] % N_LINES
    boxes = numpy.zeros((len(doc), 4), dtype="int64")
    boxes[seen, 0] = 1000 * starts // wide
    boxes[seen, 1] = 1000 * tops // N_LINES
    boxes[seen, 2] = 1000 * ends // wide
    boxes[seen, 3] = (1000 * (tops + LETTER_HEIGHT) / N_LINES).astype("int64")
    return Places(boxes, rows // N_LINES + 1, lines, n_columns=wide)


def _type(doc: Doc) -> tuple[Ints1d, Ints1d]:
    """The row and column that each token starts in."""
    rows = numpy.zeros(len(doc), dtype="int64")
    columns = numpy.zeros(len(doc), dtype="int64")
    row, start = 0, 0
    for token in doc:
        rows[token.i], columns[token.i] = row, token.idx - start
        n_breaks = token.text.count("\n")
        if n_breaks:
            row += n_breaks
            start = token.idx + token.text.rindex("\n") + 1
    return rows, columns
