"""Find the boxes of a Doc's tokens: on its pages, or as plain text is laid out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import numpy
from spacy.attrs import ORTH
from spacy.tokens import Doc

from spacy_clinical.extensions.doc_data import Kept
from spacy_clinical.extensions.form_data import Box, find_forms, find_words
from spacy_clinical.types import Bools1d, Floats2d, Ints1d, Ints2d

# Plain text is placed as if typed on pages of this many lines of this many characters.
N_COLUMNS = 90
N_LINES = 60
# Height of a letter, as a part of a line's.
LETTER_HEIGHT = 0.7


@dataclass(frozen=True)
class Places:
    """The places of tokens.

    boxes (n_tokens, 4): x0, y0, x1, y1 in thousandths of the page, as LayoutLM reads
        them. What ends a line has none: zeros.
    pages (n_tokens): From 1 on, ascending.
    lines (n_tokens): Lines in the order in which they are read; -1 for white space.
    is_bold (n_tokens): Whether their font is bold, where this is known.
    n_columns: Of a Doc without boxes, whose places are those of letters of one width:
        how many of them a page is wide. 0 where boxes are known.
    """

    boxes: Ints2d
    pages: Ints1d
    lines: Ints1d
    is_bold: Bools1d
    n_columns: int


def find_places(doc: Doc) -> Places:
    """Find where the tokens of a Doc are."""
    lines = _count_lines(doc)
    forms = find_forms(doc)
    if not any(len(form.value["pages"]) for form in forms):
        return _place_text(doc, lines)
    boxes = numpy.zeros((len(doc), 4))
    pages = numpy.zeros(len(doc), dtype="int64")
    sizes = numpy.ones((len(doc), 4))
    is_bold = numpy.zeros(len(doc), dtype=bool)
    if len(forms) == 1 and _is_as_made(doc, forms[0]):
        form = forms[0].value
        pages[:] = form["numbers"]
        is_bold[list(form.get("bold", ()))] = True
        for i, box in enumerate(form["boxes"]):
            if len(box):
                boxes[i] = box
        page_sizes = numpy.asarray([_get_size(page) for page in form["pages"]])
        sizes[:] = page_sizes[pages - 1]
    else:
        _place_words(doc, forms, boxes, pages, sizes)
        # Docs are joined without line breaks.
        lines = numpy.where(lines >= 0, lines + pages - 1, -1)
    # Boxes must not go beyond what LayoutLM has embeddings for.
    scaled = numpy.clip((boxes * (1000 / sizes)).astype("int64"), 0, 1000)
    return Places(scaled, pages, lines, is_bold, n_columns=0)


class RuledPage(NamedTuple):
    """A page with lines that are drawn on it.

    number: From 1 on.
    unit: As `FormPage` has it; width, height and lines are in it.
    """

    number: int
    width: float
    height: float
    unit: str
    lines: list[Box]


def list_rulings(doc: Doc) -> Iterator[RuledPage]:
    """List the pages of a form that have lines drawn on them. A Doc that was joined, cut
    or retokenized has none."""
    forms = find_forms(doc)
    if len(forms) != 1 or not _is_as_made(doc, forms[0]):
        return
    form = forms[0].value
    by_page: dict[int, list[Box]] = {}
    for page, *box in form.get("rulings", ()):
        by_page.setdefault(int(page), []).append(cast(Box, tuple(box)))
    for number, lines in by_page.items():
        page = form["pages"][number - 1]
        width, height, *_ = _get_size(page)
        yield RuledPage(number, width, height, page["unit"], lines)


def _is_as_made(doc: Doc, form: Kept) -> bool:
    """Check whether a Doc has exactly the words of a form."""
    words = numpy.asarray(form.value["words"], dtype="uint64")
    return form.start == 0 and numpy.array_equal(doc.to_array(ORTH), words)


def _place_words(
    doc: Doc, forms: Sequence[Kept], boxes: Floats2d, pages: Ints1d, sizes: Floats2d
) -> None:
    """Place the words of a Doc that was joined, cut or retokenized.

    Its pages are counted anew, as each of its forms has a first one.
    """
    page, before = 1, None
    for token in doc:
        words = find_words(token, forms)
        if words:
            place = words[0].form, words[0].number
            page += before is not None and place != before
            before = place
            box = token._.box
            boxes[token.i] = (0, 0, 0, 0) if box is None else box
            sizes[token.i] = _get_size(words[0].page)
        pages[token.i] = page


def _get_size(page: dict[str, Any]) -> tuple[float, ...]:
    return (page["width"] or 1.0, page["height"] or 1.0) * 2


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
    is_bold = numpy.zeros(len(doc), dtype=bool)
    return Places(boxes, rows // N_LINES + 1, lines, is_bold, n_columns=wide)


def _type(doc: Doc) -> tuple[Ints1d, Ints1d]:
    """List the row and column that each token starts in."""
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
