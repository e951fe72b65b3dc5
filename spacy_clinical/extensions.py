"""The attributes that the package adds to Doc, Span and Token.

All read from native slots (span groups and their attrs) or plain data, so that
they survive DocBin, to_bytes and other processes. Spans are never stored.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any, NamedTuple

from spacy.tokens import Doc, Span, SpanGroup, Token

from spacy_clinical.about import __title__, __version__
from spacy_clinical.errors import Errors

SECTIONS_KEY = "sections"
SUBSECTIONS_KEY = "subsections"
SECTION_TITLES_KEY = "section_titles"
NER_KEY = "ner"
ICD9_KEY = "spacy_clinical.icd9"
FORM_KEY = "spacy_clinical.form"
FIELDS_KEY = "spacy_clinical.form_fields"
LAYOUT_KEY = "layout"
FORM_SPANS_KEY = "form"
CODE = re.compile(r"\[([CEW]\d{3,4})\]")


def section_of(doc: Doc, token_index: int) -> Span | None:
    """Find the section that holds a token; None if the Doc has no sections."""
    sections = doc.spans.get(SECTIONS_KEY)
    if not sections:
        return None
    index = bisect_right(_Starts(sections), token_index)
    return sections[index - 1] if index else None


def _get_token_section(token: Token) -> str:
    section = section_of(token.doc, token.i)
    return section.label_ if section is not None else ""


def _get_span_section(span: Span) -> str:
    section = section_of(span.doc, span.start)
    return section.label_ if section is not None else ""


def _find_section_title(span: Span) -> tuple[Span | None, int]:
    """Find a section's own title, and where the text under it starts.

    The first title inside a titled section or subsection is its own, and has its
    label; a preamble may hold titles of its parts only.
    """
    titles = span.doc.spans.get(SECTION_TITLES_KEY)
    if not titles:
        return None, span.start
    index = bisect_left(_Starts(titles), span.start)
    if index == len(titles):
        return None, span.start
    title = titles[index]
    if title.end > span.end or title.label != span.label:
        return None, span.start
    body_starts = titles.attrs.get("body_starts", ())
    known = len(body_starts) == len(titles)
    return title, min(body_starts[index] if known else title.end, span.end)


class _Starts(Sequence[int]):
    """The first tokens of a group's spans, without a list of them all."""

    def __init__(self, group: SpanGroup) -> None:
        self.group = group

    def __len__(self) -> int:
        return len(self.group)

    def __getitem__(self, index: Any) -> Any:
        return self.group[index].start


def _get_section_title(span: Span) -> Span | None:
    return _find_section_title(span)[0]


def _get_section_body(span: Span) -> Span:
    return span.doc[_find_section_title(span)[1] : span.end]


def _get_score(span: Span) -> float | None:
    """The score of a predicted span, looked up in the groups that have scores.

    Such groups are in note order.
    """
    for group in span.doc.spans.values():
        scores = group.attrs.get("scores")
        if not scores or len(scores) != len(group):
            continue
        for i in range(bisect_left(_Starts(group), span.start), len(group)):
            other = group[i]
            if other.start != span.start:
                break
            if (other.end, other.label) == (span.end, span.label):
                return float(scores[i])
    return None


def _get_icd9(doc: Doc) -> list[dict[str, Any]]:
    # DocBin makes tuples of lists.
    records: list[dict[str, Any]] = _restore_lists(doc.user_data.get(ICD9_KEY, []))
    return records


def _set_icd9(doc: Doc, records: list[dict[str, Any]]) -> None:
    doc.user_data[ICD9_KEY] = records


def _restore_lists(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_restore_lists(item) for item in value]
    if isinstance(value, dict):
        return {key: _restore_lists(item) for key, item in value.items()}
    return value


class Layout(NamedTuple):
    """Where a span is, as spacy-layout says it.

    x, y, width, height: From the upper left corner, in the page's units.
    page_no: From 1 on.
    """

    x: float
    y: float
    width: float
    height: float
    page_no: int


def _get_form(doc: Doc, key: str) -> Sequence[Any]:
    """What is known of the tokens of a form, or of its pages."""
    values: Sequence[Any] = doc.user_data.get(FORM_KEY, {}).get(key, ())
    return values


def _get_box(token: Token) -> tuple[float, ...] | None:
    boxes = _get_form(token.doc, "boxes")
    return tuple(boxes[token.i]) if len(boxes) and len(boxes[token.i]) else None


def _get_box_1000(token: Token) -> tuple[int, int, int, int]:
    """A token's box as LayoutLM reads it: 0 to 1000 across and down the page."""
    box, page = _get_box(token), _get_page(token)
    if box is None:
        return 0, 0, 0, 0
    size = _get_form(token.doc, "pages")[page - 1]
    scales = [1000 / (size[key] or 1.0) for key in ("width", "height")] * 2
    x0, y0, x1, y1 = (
        min(max(int(value * scale), 0), 1000)
        for value, scale in zip(box, scales, strict=True)
    )
    return x0, y0, x1, y1


def _get_page(token: Token) -> int:
    numbers = _get_form(token.doc, "numbers")
    return int(numbers[token.i]) if len(numbers) else 0


def _get_confidence(token: Token) -> float | None:
    values = _get_form(token.doc, "confidences")
    if not len(values) or values[token.i] < 0:
        return None
    return float(values[token.i])


def _get_span_page(span: Span) -> int:
    return _get_page(span[0]) if len(span) else 0


def _get_span_box(span: Span) -> tuple[float, ...] | None:
    """The box around what a span has on its first page."""
    page = _get_span_page(span)
    boxes = [_get_box(token) for token in span if _get_page(token) == page]
    known = [box for box in boxes if box is not None]
    if not known:
        return None
    x0, y0, x1, y1 = zip(*known, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def _get_layout(span: Span) -> Layout | None:
    box = _get_span_box(span)
    if box is None:
        return None
    x0, y0, x1, y1 = box
    return Layout(x0, y0, x1 - x0, y1 - y0, _get_span_page(span))


def _get_pages(doc: Doc) -> list[dict[str, Any]]:
    pages: list[dict[str, Any]] = _restore_lists(_get_form(doc, "pages"))
    return pages


def _get_form_fields(doc: Doc) -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = _restore_lists(doc.user_data.get(FIELDS_KEY, []))
    return fields


def _set_form_fields(doc: Doc, fields: list[dict[str, Any]]) -> None:
    doc.user_data[FIELDS_KEY] = fields


def record_error(
    doc: Doc, name: str, error: Exception, *, n_chars: int | None = None
) -> None:
    """Note on a Doc which component failed on it first, and how.

    The error's own message is not kept: it may quote the note. Its type and its
    code, if it has one, are.

    name: The component.
    n_chars: Length of the note, where the Doc could not be made.
    """
    if doc._.clinical_error is not None:
        return
    found = CODE.match(str(error))
    code, kind = found[1] if found else "", type(error).__name__
    message = Errors.C312.format(
        name=name,
        n_chars=len(doc.text) if n_chars is None else n_chars,
        error=f"{kind} [{code}]" if code else kind,
    )
    doc._.clinical_error = {
        "component": name,
        "code": code,
        "type": kind,
        "message": message,
    }


def register_extensions() -> None:
    """Add the package's attributes. Repeating it changes nothing."""
    Token.set_extension("section", getter=_get_token_section, force=True)
    Span.set_extension("section", getter=_get_span_section, force=True)
    Span.set_extension("section_parent", getter=_get_span_section, force=True)
    Span.set_extension("section_title", getter=_get_section_title, force=True)
    Span.set_extension("section_body", getter=_get_section_body, force=True)
    Span.set_extension("score", getter=_get_score, force=True)
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
    Doc.set_extension("clinical_pieces", default=None, force=True)
    Doc.set_extension("clinical_provenance", default=None, force=True)
    Doc.set_extension("clinical_error", default=None, force=True)
    Doc.set_extension("clinical_vector", default=None, force=True)
    Doc.set_extension("icd9", getter=_get_icd9, setter=_set_icd9, force=True)
    Doc.set_extension("icd9_groups", default={}, force=True)


def add_to(doc: Doc, attribute: str, name: str, value: dict[str, Any]) -> None:
    """Record plain data of one component under its name in a Doc attribute.

    attribute: `clinical_pieces` or `clinical_provenance`. The latter also says
        which version of the package wrote it.
    """
    known = doc._.get(attribute) or {}
    if attribute == "clinical_provenance":
        known = {__title__: __version__, **known}
    doc._.set(attribute, {**known, name: value})


register_extensions()
