"""Make fields of labelled and linked parts of a form."""

from collections.abc import Sequence
from typing import NamedTuple, TypedDict

from spacy.tokens import Span

from spacy_clinical.extensions.form_data import cover_boxes
from spacy_clinical.forms.checkboxes import BOX, find_checkboxes
from spacy_clinical.forms.labels import ANSWER, QUESTION
from spacy_clinical.forms.linking import Link
from spacy_clinical.forms.pages import Box

# How many questions before and after are searched for the second line of one.
REACH = 20
# The greatest score of a checkbox whose state is unclear.
UNSURE = 0.3


class FormField(TypedDict):
    """A question with its answer.

    key: The question, without its colon; "" for a checkbox that has none.
    option: What a checkbox is for; "" for text.
    value: The answer; whether it is ticked, of a box, and None where that can't be told;
        "" where nothing was written.
    page: Number of the question's page; 0 for text without pages.
    key_box, value_box: In the page's units; None for text without boxes, and for what
        isn't there.
    score (0 to 1): The least of those of its parts and links.
    group: Number of the line of a list that it is of, as of what was bought; None for none.
    """

    key: str
    option: str
    value: str | bool | None
    page: int
    key_box: Box | None
    value_box: Box | None
    score: float
    group: int | None


class PlacedField(NamedTuple):
    """A field, and where in the text it comes from.

    token: That it stands at, by which fields are in order.
    start, end (characters): From its first part to its last, half open.
    """

    field: FormField
    token: int
    start: int
    end: int


def make_fields(
    spans: Sequence[Span], scores: Sequence[float], links: Sequence[Link]
) -> list[FormField]:
    """Make fields of the parts of a form, in the Doc's order.

    spans: Labelled HEADER, QUESTION or ANSWER; links count them.
    """
    return [placed.field for placed in place_fields(spans, scores, links)]


def place_fields(
    spans: Sequence[Span], scores: Sequence[float], links: Sequence[Link]
) -> list[PlacedField]:
    """Make fields as `make_fields` does, with their places in the text."""
    answers: dict[int, list[Link]] = {}
    for link in links:
        answers.setdefault(link.question, []).append(link)
    linked = {link.answer for link in links}
    heads = find_heads(spans, set(answers))
    fields: list[PlacedField] = []
    for i, span in enumerate(spans):
        if i in heads.values():
            continue
        made: list[FormField] = []
        used = [span]
        if span.label_ == QUESTION:
            own = sorted(answers.get(i, ()), key=lambda link: spans[link.answer].start)
            parts = [spans[link.answer] for link in own]
            of_parts = [scores[i], *(scores[link.answer] for link in own)]
            score = min(of_parts + [link.score for link in own])
            first = [spans[heads[i]]] if i in heads else []
            key = clean_key(" ".join(part.text for part in [*first, span]))
            made = _make_question(span, key, parts, round(score, 4))
            used += [*first, *parts]
        elif span.label_ == ANSWER and i not in linked:
            made = _make_boxes(span, None, "", round(scores[i], 4))
        start, end = min(s.start_char for s in used), max(s.end_char for s in used)
        fields += [PlacedField(field, span.start, start, end) for field in made]
    return fields


def find_heads(spans: Sequence[Span], answered: set[int]) -> dict[int, int]:
    """Find the first lines of questions whose second line is labelled as another question.

    answered: Questions that have answers.
    RETURNS: For each such second line the first, which has neither an answer nor an end
        of its own, by their places.
    """
    heads: dict[int, int] = {}
    questions = [i for i, span in enumerate(spans) if span.label_ == QUESTION]
    for number, first in enumerate(questions):
        is_open = first not in answered and not spans[first].text.endswith((":", "?"))
        if not is_open or spans[first]._.box is None:
            continue
        below = [
            i
            for i in questions[max(number - REACH, 0) : number + REACH]
            if i in answered and i not in heads and _is_next(spans[first], spans[i])
        ]
        if len(below) == 1:
            heads[below[0]] = first
    return heads


def _is_next(above: Span, below: Span) -> bool:
    """Check whether one line begins right under another."""
    if above._.page != below._.page or below._.box is None:
        return False
    x0, y0, _, y1 = above._.box
    bx0, by0, _, _ = below._.box
    height = y1 - y0
    return abs(x0 - bx0) <= height and -0.3 * height <= by0 - y1 <= 0.8 * height


def _make_question(
    question: Span, key: str, parts: Sequence[Span], score: float
) -> list[FormField]:
    # OCR makes letters of boxes: beside one that it reads right, there may be others.
    has_boxes = any(BOX.search(part.text) for part in parts)
    boxes: list[FormField] = []
    texts: list[Span] = []
    for part in parts:
        own = _make_boxes(part, question, key, score, is_beside=has_boxes)
        boxes += own
        if not own:
            texts.append(part)
    if boxes and not texts:
        return boxes
    field: FormField = {
        "key": key,
        "option": "",
        "value": "\n".join(read_lines(part) for part in texts),
        "page": question._.page,
        "key_box": question._.box,
        # Of what is on the first answer's page.
        "value_box": cover_boxes(s._.box for s in texts if s._.page == texts[0]._.page),
        "score": score,
        "group": None,
    }
    return [field, *boxes]


def read_lines(span: Span) -> str:
    """Read the text of a span, without white space around its lines."""
    lines = (" ".join(line.split()) for line in span.text.splitlines())
    return "\n".join(line for line in lines if line)


def _make_boxes(
    part: Span,
    question: Span | None,
    key: str,
    score: float,
    *,
    is_beside: bool = False,
) -> list[FormField]:
    lead, boxes = find_checkboxes(part.text, is_beside=is_beside)
    fields: list[FormField] = []
    for box in boxes:
        place = part.doc.char_span(
            part.start_char + box.start,
            part.start_char + box.end,
            alignment_mode="expand",
        )
        fields.append(
            {
                "key": clean_key(lead) if question is None else key,
                "option": " ".join(box.option.split()),
                "value": box.is_ticked,
                "page": part._.page,
                "key_box": None if question is None else question._.box,
                "value_box": part._.box if place is None else place._.box,
                "score": min(score, UNSURE) if box.is_ticked is None else score,
                "group": None,
            }
        )
    return fields


def clean_key(text: str) -> str:
    """Strip the marks that end a question."""
    return " ".join(text.split()).rstrip(" :._\u2026")
