"""Make pages that show forms: their pictures, the labelled parts, fields and tables."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from spacy_clinical.export.html import render

# Names of labels on pages, and their colors (CSS): line and filling.
KINDS = {
    "HEADER": ("Header", "#8250a8", "rgb(130 80 168 / .13)"),
    "QUESTION": ("Question", "#1f6fb2", "rgb(31 111 178 / .13)"),
    "ANSWER": ("Answer", "#1d8348", "rgb(29 131 72 / .15)"),
}
LOW_SCORE = 0.5


class FormRow(NamedTuple):
    """A form in the index.

    page: The link from the index to its page.
    error: What failed, with its code; "" if nothing did.
    """

    source: str
    page: str
    n_pages: int
    n_fields: int
    n_filled: int
    error: str


class PageView(NamedTuple):
    """A page of a form as it is shown.

    facts: The page, as `doc._.pages` describes it.
    image: As data: URL; "" if there is none.
    parts: Those on it, with their places in the record.
    lines: From questions to answers: fields' numbers and two points.
    cells: Of tables, their boxes.
    words: Of pages without a picture.
    """

    facts: Mapping[str, Any]
    image: str
    parts: list[tuple[int, Mapping[str, Any]]]
    lines: list[tuple[float, float, float, float]]
    cells: list[Sequence[float]]
    words: list[tuple[str, Sequence[float]]]


def make_form_row(record: Mapping[str, Any], page: str) -> FormRow:
    """Summarize a record for the index."""
    problems = [p["error"] for p in record["pages"] if p["error"]]
    if record["error"] is not None:
        problems.insert(0, record["error"]["message"])
    fields = record["fields"]
    n_filled = sum(field["value"] != "" for field in fields)
    sizes = len(record["pages"]), len(fields), n_filled
    return FormRow(record["source"], page, *sizes, " ".join(problems))


def render_form(
    record: Mapping[str, Any],
    pictures: Iterable[bytes | None],
    words: Sequence[Sequence[tuple[str, Sequence[float]]]],
    *,
    model: str = "",
    index: str = "",
) -> str:
    """Make the page of a form.

    pictures: Of its pages, as JPEG; None where there is none. At least as many.
    words: Of its pages, with their boxes.
    model: Name and version of what labelled it, for the foot of the page.
    index: The link from the page to the index; "" for none.
    """
    views = [
        _view_page(record, page, picture, page_words)
        for (page, page_words), picture in zip(
            zip(record["pages"], words, strict=True), pictures, strict=False
        )
    ]
    return render(
        "form.html",
        record=record,
        views=views,
        kinds=KINDS,
        fields=[_find_parts(record, field) for field in record["fields"]],
        low_score=LOW_SCORE,
        model=model,
        index=index,
    )


def render_form_index(rows: Sequence[FormRow], *, model: str = "") -> str:
    """Make the page that leads to all forms."""
    return render("forms.html", rows=rows, model=model)


def _view_page(
    record: Mapping[str, Any],
    page: Mapping[str, Any],
    picture: bytes | None,
    words: Sequence[tuple[str, Sequence[float]]],
) -> PageView:
    number = page["number"]
    parts = [
        (i, part)
        for i, part in enumerate(record["parts"])
        if part["page"] == number and part["box"] is not None
    ]
    shown = dict(parts)
    lines = [
        _connect(shown[q]["box"], shown[a]["box"])
        for q, a in record["links"]
        if q in shown and a in shown
    ]
    image = ""
    if picture is not None:
        image = "data:image/jpeg;base64," + base64.b64encode(picture).decode("ascii")
    cells = [
        cell["box"]
        for table in record["tables"]
        for cell in table["cells"]
        if cell["page"] == number and cell["box"] is not None
    ]
    return PageView(page, image, parts, lines, cells, [] if image else list(words))


def _connect(
    question: Sequence[float], answer: Sequence[float]
) -> tuple[float, float, float, float]:
    """Find the shortest way between two boxes: across, or down."""
    qx0, qy0, qx1, qy1 = question
    ax0, ay0, ax1, ay1 = answer
    if qx1 <= ax0:
        return qx1, (qy0 + qy1) / 2, ax0, (ay0 + ay1) / 2
    left, right = max(qx0, ax0), min(qx1, ax1)
    x = (left + right) / 2 if left < right else (qx0 + qx1) / 2
    if qy1 <= ay0:
        return x, qy1, (x if left < right else (ax0 + ax1) / 2), ay0
    return x, qy0, (x if left < right else (ax0 + ax1) / 2), ay1


def _find_parts(
    record: Mapping[str, Any], field: Mapping[str, Any]
) -> tuple[Mapping[str, Any], list[int]]:
    """Find the parts of a form that a field was made of, to show them together."""
    boxes = [field["key_box"], field["value_box"]]
    parts = [
        i
        for i, part in enumerate(record["parts"])
        if part["page"] == field["page"]
        and part["box"] is not None
        and any(box is not None and _is_inside(part["box"], box) for box in boxes)
    ]
    return field, parts


def _is_inside(box: Sequence[float], other: Sequence[float]) -> bool:
    """Check whether two boxes are one, or one inside of the other."""
    x0, y0, x1, y1 = box
    middle = (x0 + x1) / 2, (y0 + y1) / 2
    x, y = (other[0] + other[2]) / 2, (other[1] + other[3]) / 2
    inside = other[0] <= middle[0] <= other[2] and other[1] <= middle[1] <= other[3]
    return inside or (x0 <= x <= x1 and y0 <= y <= y1)
