"""Find the questions of fillable fields, by the labels printed beside them."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from spacy_clinical.forms.fields import clean_key
from spacy_clinical.forms.pages import Box
from spacy_clinical.forms.segments import Segment

# What it costs, in points of a page of usual size, if a label is above a field or below
# it rather than to its left; for each point between them, and for each that their left
# edges are apart.
ABOVE, BELOW = 12.0, 25.0
DOWN, ASIDE = 2.0, 0.2
# The cost of a label without a colon.
NO_COLON = 8.0
# White space between a field and a label above or below it, in heights of the label.
RISE, DROP = 3.0, 1.0
# A label further to the left than this many of its heights comes after hints and names.
FAR = 16.0
# The score of a question, by where it comes from.
BY_LABEL, BY_FAR_LABEL, BY_HINT, BY_NAME = 0.95, 0.7, 0.8, 0.6
# Numbers in names of fields that XFA has made.
XFA_NUMBER = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class Place:
    """A field of a fillable form.

    kind, name, hint, value: As `spacy_clinical.forms.widgets` has them.
    form, page: Which of the Doc's forms it is in, and on which page of that.
    tokens: Of what is written in it.
    """

    kind: str
    name: str
    hint: str
    value: str
    form: int
    page: int
    box: Box
    tokens: list[int] = field(default_factory=list)


class Text(NamedTuple):
    """Printed words that may be a label.

    box: In the page's units.
    """

    segment: Segment
    box: Box

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


class Question(NamedTuple):
    """The question of a field.

    text: The printed label; None for hints and names.
    """

    key: str
    text: Text | None
    score: float


def ask(
    places: dict[int, Place],
    texts: Sequence[Text],
    all_places: Sequence[Place],
    options: Collection[int],
) -> dict[int, Question]:
    """Find the question of each text field, by a label printed for it alone.

    options: First tokens of texts that stand beside checkboxes.
    """
    inside = [
        t for t in texts if any(_is_inside(t.box, p.box) for p in places.values())
    ]
    free = [t for t in texts if t not in inside]
    costs = []
    for i, place in places.items():
        for number, text in enumerate(free):
            cost = _find_cost(place, text, all_places)
            if cost is not None:
                # "[ ] Other: ____"
                cost += 40.0 * (text.segment.start in options)
                costs.append((cost, i, number))
    questions: dict[int, Question] = {}
    taken: set[int] = set()
    for cost, i, number in sorted(costs):
        if i in questions or number in taken:
            continue
        text = free[number]
        if cost > FAR * text.height and places[i].hint:
            continue
        score = BY_LABEL if cost <= FAR * text.height else BY_FAR_LABEL
        questions[i] = Question(clean_key(text.segment.text), text, score)
        taken.add(number)
    for i, place in sorted(places.items(), key=lambda item: item[1].box[1::-1]):
        if i not in questions:
            questions[i] = _ask_otherwise(place, places, questions)
    return questions


def _ask_otherwise(
    place: Place, places: dict[int, Place], questions: dict[int, Question]
) -> Question:
    """Take the hint, the question of the field above or to the left that goes on here, or
    the field's name."""
    if place.hint:
        return Question(clean_key(place.hint), None, BY_HINT)
    height = place.box[3] - place.box[1]
    for i, other in places.items():
        asked = questions.get(i)
        if asked is None or asked.text is None or other.kind != place.kind:
            continue
        x0, y0, x1, y1 = other.box
        is_column = (
            abs(x0 - place.box[0]) <= 0.5 * height
            and abs(x1 - place.box[2]) <= 0.5 * height
            and -1.0 <= place.box[1] - y1 <= height
        )
        is_row = (
            abs(y0 - place.box[1]) <= 0.3 * height
            and -1.0 <= place.box[0] - x1 <= 1.2 * height
        )
        if is_column or is_row:
            return asked._replace(score=BY_FAR_LABEL)
    return Question(clean_name(place.name), None, BY_NAME)


def clean_name(name: str) -> str:
    """Clean a field's name of the numbers and nameless layers that XFA adds."""
    parts = XFA_NUMBER.sub("", name).split(".")
    return ".".join(part for part in parts if part and not part.startswith("#"))


def _find_cost(place: Place, text: Text, all_places: Sequence[Place]) -> float | None:
    """Find the cost of a printed text as the label of a field; None if it can't be."""
    (x0, y0, x1, y1), (tx0, ty0, tx1, ty1) = place.box, text.box
    height = max(text.height, 1.0)
    extra = 0.0 if text.segment.text.rstrip().endswith((":", "?")) else NO_COLON
    shared = min(y1, ty1) - max(y0, ty0)
    if shared > 0.3 * min(y1 - y0, height) and tx0 < x0:
        gap = (min(tx1, x0), max(ty0, y0), x0, min(ty1, y1))
        if _is_blocked(gap, place, all_places):
            return None
        # Of a high field the first line counts.
        late = max(abs(ty0 - y0) - height, 0.0)
        return max(x0 - tx1, 0.0) + DOWN * late + extra
    if min(x1, tx1) <= max(x0, tx0):
        return None
    middle = (ty0 + ty1) / 2
    aside = ASIDE * abs(tx0 - x0)
    left, right = max(x0, tx0), min(x1, tx1)
    if y0 <= middle <= y1:
        return None
    upper, lower = (ty1, y0) if middle < y0 else (y1, ty0)
    cost, reach = (ABOVE, RISE) if middle < y0 else (BELOW, DROP)
    space = max(lower - upper, 0.0)
    blocked = _is_blocked((left, upper, right, lower), place, all_places)
    if space > reach * height or blocked:
        return None
    return cost + DOWN * space + aside + extra


def _is_blocked(gap: Box, place: Place, all_places: Sequence[Place]) -> bool:
    """Check whether another field stands between a field and a label."""
    x0, y0, x1, y1 = gap
    for other in all_places:
        if other is place:
            continue
        ox0, oy0, ox1, oy1 = other.box
        middle = (ox0 + ox1) / 2, (oy0 + oy1) / 2
        across = x0 <= middle[0] <= x1 and min(oy1, y1) > max(oy0, y0)
        down = y0 <= middle[1] <= y1 and min(ox1, x1) > max(ox0, x0)
        if across or down:
            return True
    return False


def _is_inside(box: Box, other: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return other[0] < x < other[2] and other[1] < y < other[3]
