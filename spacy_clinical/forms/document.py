"""Make spaCy Docs of pages."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from spacy.tokens import Doc, Span, SpanGroup
from spacy.vocab import Vocab

from spacy_clinical.extensions.attributes import LAYOUT_KEY
from spacy_clinical.extensions.form_data import keep_form
from spacy_clinical.files.json_text import keep_finite
from spacy_clinical.forms.pages import (
    Box,
    FormPage,
    Word,
    clamp,
    cover,
    drop_copies,
    find_lines,
    level_boxes,
    sort_corners,
)


def make_form_doc(vocab: Vocab, pages: Sequence[FormPage], *, source: str = "") -> Doc:
    """Make a Doc of pages, one token a word, in the order in which they are read.

    Lines and pages are parted by line breaks. `doc.spans["layout"]` has spans labelled
    "page" and "line"; `token._.box`, `token._.page` and the like read what
    `form_data.keep_form` keeps with the Doc as plain data.

    source: The file's name, for `doc._.pages`.
    """
    builder = _Builder()
    for number, page in enumerate(pages, start=1):
        builder.add_page(number, page)
    doc = Doc(vocab, words=builder.words, spaces=builder.spaces)
    keep_form(
        doc,
        source=source,
        pages=builder.pages,
        boxes=builder.boxes,
        confidences=builder.confidences,
        numbers=builder.numbers,
        owners=builder.owners,
        widgets=builder.widgets,
    )
    layout = [Span(doc, *span) for span in builder.spans]
    doc.spans[LAYOUT_KEY] = SpanGroup(doc, name=LAYOUT_KEY, spans=layout)
    return doc


def _make_finite(page: FormPage) -> FormPage:
    """Take sizes that are no numbers for unknown, and keep boxes on the page.

    Other engines' files may hold anything: NaN, or digits without end.
    """
    width, height = keep_finite(page.width) or 0.0, keep_finite(page.height) or 0.0
    words = [
        word
        if all(map(math.isfinite, (*word.box, word.confidence or 0.0)))
        else word._replace(
            box=_move_inside(word.box, width, height),
            confidence=keep_finite(word.confidence),
        )
        for word in page.words
    ]
    widgets = [
        widget
        if all(map(math.isfinite, widget.box))
        else widget._replace(box=_move_inside(widget.box, width, height))
        for widget in page.widgets
    ]
    return replace(page, width=width, height=height, words=words, widgets=widgets)


def _move_inside(box: Box, width: float, height: float) -> Box:
    x0, y0, x1, y1 = (0.0 if math.isnan(value) else value for value in box)
    return clamp((x0, y0, x1, y1), width, height)


def _measure(page: FormPage) -> FormPage:
    """Give a page whose size isn't known the size that its words need."""
    if not page.words or (page.width > 0 and page.height > 0):
        return page
    _, _, width, height = cover(word.box for word in page.words)
    return replace(page, width=page.width or width, height=page.height or height)


class _Builder:
    """Collect what a Doc is made of.

    words, spaces, boxes, confidences, numbers: One for each token. What ends a line
        has no box; a word without a confidence has -1.
    owners: Which field of a fillable form each token is written in; -1 for none.
    widgets: Those fields.
    spans: Start, end and label.
    """

    def __init__(self) -> None:
        self.words: list[str] = []
        self.spaces: list[bool] = []
        self.boxes: list[list[float]] = []
        self.confidences: list[float] = []
        self.numbers: list[int] = []
        self.owners: list[int] = []
        self.widgets: list[dict[str, Any]] = []
        self.spans: list[tuple[int, int, str]] = []
        self.pages: list[dict[str, Any]] = []

    def add_page(self, number: int, page: FormPage) -> None:
        page = _make_finite(page)
        words = [w._replace(box=sort_corners(w.box)) for w in page.words]
        page = _measure(replace(page, words=drop_copies(words)))
        lines = [level_boxes(line) for line in find_lines(page.words)]
        if self.words and lines:
            self.add_break("\n\n", number)
        first, n_widgets = len(self.words), len(self.widgets)
        for i, line in enumerate(lines):
            if i:
                self.add_break("\n", number)
            start = len(self.words)
            for word in line:
                self.add_word(word, page, number)
                owner = n_widgets + word.widget if word.widget >= 0 else -1
                self.owners.append(owner)
            self.spaces[-1] = False
            self.spans.append((start, len(self.words), "line"))
        if lines:
            self.spans.append((first, len(self.words), "page"))
        self.add_widgets(number, page)
        self.pages.append(
            {
                "number": number,
                "width": page.width,
                "height": page.height,
                "unit": page.unit,
                "source": page.source,
                "rotation": page.rotation,
                "n_words": sum(map(len, lines)),
                "error": page.error,
            }
        )

    def add_word(self, word: Word, page: FormPage, number: int) -> None:
        # spaCy's tokens are parted by single spaces: OCR's words may hold some.
        self.words.append("".join(word.text.split()))
        self.spaces.append(True)
        box = clamp(word.box, page.width, page.height)
        self.boxes.append([round(value, 4) for value in box])
        confidence = -1.0 if word.confidence is None else word.confidence
        self.confidences.append(round(float(confidence), 4))
        self.numbers.append(number)

    def add_widgets(self, number: int, page: FormPage) -> None:
        for widget in page.widgets:
            box = clamp(widget.box, page.width, page.height)
            self.widgets.append(
                {
                    "page": number,
                    "kind": widget.kind,
                    "name": widget.name,
                    "hint": widget.hint,
                    "value": widget.value,
                    "box": [round(value, 4) for value in box],
                }
            )

    def add_break(self, characters: str, number: int) -> None:
        """Add a token that ends a line or a page. It has no place on the page."""
        self.words.append(characters)
        self.spaces.append(False)
        self.boxes.append([])
        self.confidences.append(-1.0)
        self.numbers.append(number)
        self.owners.append(-1)
