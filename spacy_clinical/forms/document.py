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
    clamp,
    cover,
    drop_copies,
    find_lines,
    level_boxes,
    sort_corners,
)


def make_form_doc(vocab: Vocab, pages: Sequence[FormPage], *, source: str = "") -> Doc:
    """Make a Doc of pages, one token a word, in the order in which they are read.

    Lines and pages are separated by line breaks. `doc.spans["layout"]` has spans labelled
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
        rulings=builder.rulings,
        bold=builder.bold,
    )
    layout = [Span(doc, *span) for span in builder.spans]
    doc.spans[LAYOUT_KEY] = SpanGroup(doc, name=LAYOUT_KEY, spans=layout)
    return doc


def _make_finite(page: FormPage) -> FormPage:
    """Treat sizes that are not finite as unknown, and keep boxes on the page.

    Other engines' files may hold anything: NaN, or digits without end.
    """
    width, height = keep_finite(page.width) or 0.0, keep_finite(page.height) or 0.0

    def move_inside(box: Box) -> Box:
        if all(map(math.isfinite, box)):
            return box
        x0, y0, x1, y1 = (0.0 if math.isnan(value) else value for value in box)
        return clamp((x0, y0, x1, y1), width, height)

    words = [
        word._replace(
            box=move_inside(word.box), confidence=keep_finite(word.confidence)
        )
        for word in page.words
    ]
    widgets = [w._replace(box=move_inside(w.box)) for w in page.widgets]
    return replace(page, width=width, height=height, words=words, widgets=widgets)


def _measure(page: FormPage) -> FormPage:
    """Give a page without a size the size that its words need."""
    if not page.words or (page.width > 0 and page.height > 0):
        return page
    _, _, width, height = cover(word.box for word in page.words)
    return replace(page, width=page.width or width, height=page.height or height)


class _Builder:
    """Collect the tokens, spans and pages of a Doc.

    words, spaces, boxes, confidences, numbers: One for each token. What ends a line
        has no box; a word without a confidence has -1.
    owners: Which field of a fillable form each token is written in; -1 for none.
    widgets: Those fields.
    rulings: Number of the page, and from where to where they go.
    bold: Which tokens are bold.
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
        self.rulings: list[list[float]] = []
        self.bold: list[int] = []
        self.spans: list[tuple[int, int, str]] = []
        self.pages: list[dict[str, Any]] = []

    def add_page(self, number: int, page: FormPage) -> None:
        page = _make_finite(page)
        words = [w._replace(box=sort_corners(w.box)) for w in page.words]
        page = _measure(replace(page, words=drop_copies(words)))
        lines = [level_boxes(line) for line in find_lines(page.words)]
        if self.words and lines:
            self._add("\n\n", [], number)
        first, n_widgets = len(self.words), len(self.widgets)
        for i, line in enumerate(lines):
            if i:
                self._add("\n", [], number)
            start = len(self.words)
            for word in line:
                # spaCy separates tokens by single spaces: OCR's words may hold some.
                text, box = "".join(word.text.split()), _round_box(word.box, page)
                owner = n_widgets + word.widget if word.widget >= 0 else -1
                if word.is_bold:
                    self.bold.append(len(self.words))
                self._add(text, box, number, confidence=word.confidence, owner=owner)
            self.spaces[-1] = False
            self.spans.append((start, len(self.words), "line"))
        if lines:
            self.spans.append((first, len(self.words), "page"))
        for widget in page.widgets:
            facts = {
                key: getattr(widget, key) for key in ("kind", "name", "hint", "value")
            }
            box = _round_box(widget.box, page)
            self.widgets.append({"page": number, **facts, "box": box})
        for ruling in page.rulings:
            self.rulings.append([number, *_round_box(ruling, page)])
        keys = ("width", "height", "unit", "source", "rotation")
        self.pages.append(
            {
                "number": number,
                **{key: getattr(page, key) for key in keys},
                "n_words": sum(map(len, lines)),
                "error": page.error,
            }
        )

    def _add(
        self,
        text: str,
        box: list[float],
        number: int,
        *,
        confidence: float | None = None,
        owner: int = -1,
    ) -> None:
        """Add a token with a space after it, unless it ends a line and has no box."""
        self.words.append(text)
        self.spaces.append(bool(box))
        self.boxes.append(box)
        self.confidences.append(
            -1.0 if confidence is None else round(float(confidence), 4)
        )
        self.numbers.append(number)
        self.owners.append(owner)


def _round_box(box: Box, page: FormPage) -> list[float]:
    return [round(value, 4) for value in clamp(box, page.width, page.height)]
