"""The attributes of forms: `token._.box`, `span._.page`, `doc._.form_fields`, ..."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from spacy.tokens import Doc, Span, Token

from spacy_clinical.extensions.doc_data import (
    find_kept,
    get_whole,
    keep,
    read_chars,
    read_text,
    restore_lists,
    sign,
)
from spacy_clinical.extensions.form_data import Box, cover_boxes, find_forms, find_words
from spacy_clinical.extensions.span_groups import follow

FIELDS_KEY = "spacy_clinical.form_fields"
TABLES_KEY = "spacy_clinical.form_tables"


class Layout(NamedTuple):
    """The layout of a span, as spacy-layout describes it.

    x, y, width, height: From the upper left corner, in the page's units.
    page_no: From 1 on.
    """

    x: float
    y: float
    width: float
    height: float
    page_no: int


def _get_box(token: Token) -> Box | None:
    """Get the box of a token's word, or around its words on the first one's page."""
    words = find_words(token)
    return cover_boxes(w.box for w in words if w.number == words[0].number)


def _get_box_1000(token: Token) -> tuple[int, int, int, int]:
    """Get a token's box as LayoutLM reads it: 0 to 1000 across and down the page."""
    box = _get_box(token)
    if box is None:
        return 0, 0, 0, 0
    size = find_words(token)[0].page
    scales = [1000 / (size[key] or 1.0) for key in ("width", "height")] * 2
    x0, y0, x1, y1 = (
        min(max(int(value * scale), 0), 1000)
        for value, scale in zip(box, scales, strict=True)
    )
    return x0, y0, x1, y1


def _get_page(token: Token) -> int:
    words = find_words(token)
    return words[0].number if words else 0


def _get_confidence(token: Token) -> float | None:
    scores = [w.confidence for w in find_words(token) if w.confidence is not None]
    return min(scores, default=None)


def _get_span_page(span: Span) -> int:
    span = follow(span)
    return _get_page(span[0]) if len(span) else 0


def _get_span_box(span: Span) -> Box | None:
    """Get the box around what a span has on its first page."""
    span = follow(span)
    forms = find_forms(span.doc)
    words = [word for token in span for word in find_words(token, forms)]
    return cover_boxes(w.box for w in words if w[1::3] == words[0][1::3])


def _get_layout(span: Span) -> Layout | None:
    box = _get_span_box(span)
    if box is None:
        return None
    x0, y0, x1, y1 = box
    return Layout(x0, y0, x1 - x0, y1 - y0, _get_span_page(span))


def _get_pages(doc: Doc) -> list[dict[str, Any]]:
    return [restore_lists(p) for form in find_forms(doc) for p in form.value["pages"]]


def _get_form_fields(doc: Doc) -> list[dict[str, Any]]:
    whole = get_whole(doc, FIELDS_KEY)
    if whole is not None:
        fields: list[dict[str, Any]] = restore_lists(
            whole["fields"] if isinstance(whole, dict) else whole
        )
        return fields
    return [field for _, field in _list_placed(doc, FIELDS_KEY, "fields")]


def _get_form_tables(doc: Doc) -> list[dict[str, Any]]:
    """Get the tables that a Doc has, with offsets in its own text."""
    return [
        _move_table(table, start) if start else table
        for start, table in _list_placed(doc, TABLES_KEY, "tables")
    ]


def _move_table(table: dict[str, Any], start: int) -> dict[str, Any]:
    for cell in table["cells"]:
        cell["offsets"] = [[a + start, b + start] for a, b in cell["offsets"]]
    return table


def _list_placed(doc: Doc, key: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """List what was kept with places, as far as the text at these is the same.

    YIELDS: Where in the Doc the text starts that it was found in (characters), and it.
    """
    for start, end, value in find_kept(doc, key):
        if not isinstance(value, dict):
            continue
        is_all = sign(read_chars(doc, start, end)) == value["text"]
        places = value["places"] or [None] * len(value[name])
        for one, place in zip(value[name], places, strict=True):
            if is_all or (place and _is_there(doc, start, place)):
                yield start, restore_lists(one)


def _is_there(doc: Doc, offset: int, place: Sequence[int]) -> bool:
    """Check whether a Doc has a stretch of text that another Doc had.

    place: Its start and end there (characters), and its sign.
    """
    start, end, signed = place
    text = read_chars(doc, offset + start, offset + end)
    return text is not None and sign(text) == signed


def _set_form_fields(doc: Doc, fields: list[dict[str, Any]]) -> None:
    set_form_fields(doc, fields, [])


def set_form_fields(
    doc: Doc, fields: Sequence[Any], places: Sequence[tuple[int, int]]
) -> None:
    """Set `doc._.form_fields`, with the places that they come from.

    places (characters): For each field, so that a part of the Doc has the fields that
        are inside; empty where they are unknown.
    """
    _keep_placed(doc, FIELDS_KEY, "fields", fields, places)


def _set_form_tables(doc: Doc, tables: Sequence[Any]) -> None:
    """Set `doc._.form_tables`; each is placed from its first word to its last."""
    places = []
    for table in tables:
        offsets = [offset for cell in table["cells"] for offset in cell["offsets"]]
        starts, ends = zip(*offsets, strict=True) if offsets else ((0,), (0,))
        places.append((min(starts), max(ends)))
    _keep_placed(doc, TABLES_KEY, "tables", tables, places)


def _keep_placed(
    doc: Doc,
    key: str,
    name: str,
    values: Sequence[Any],
    places: Sequence[tuple[int, int]],
) -> None:
    text = read_text(doc)
    signed = [[start, end, sign(text[start:end])] for start, end in places]
    keep(doc, key, {"text": sign(text), name: list(values), "places": signed})


def register_form_extensions() -> None:
    """Add the attributes of forms. Repeating it changes nothing."""
    Token.set_extension("box", getter=_get_box, force=True)
    Token.set_extension("box_1000", getter=_get_box_1000, force=True)
    Token.set_extension("page", getter=_get_page, force=True)
    Token.set_extension("confidence", getter=_get_confidence, force=True)
    Span.set_extension("box", getter=_get_span_box, force=True)
    Span.set_extension("page", getter=_get_span_page, force=True)
    Span.set_extension("layout", getter=_get_layout, force=True)
    Doc.set_extension("pages", getter=_get_pages, force=True)
    Doc.set_extension(
        "form_fields", getter=_get_form_fields, setter=_set_form_fields, force=True
    )
    Doc.set_extension(
        "form_tables", getter=_get_form_tables, setter=_set_form_tables, force=True
    )
