"""Link answers to questions by their places."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from spacy.tokens import Doc

from spacy_clinical.forms.checkboxes import BOX
from spacy_clinical.forms.labels import ANSWER, QUESTION, Labelled
from spacy_clinical.forms.pages import Box
from spacy_clinical.forms.places import Places
from spacy_clinical.forms.segments import find_box


class FormEntity(NamedTuple):
    """A header, question or answer.

    box: In thousandths of the page.
    height: Of its words, in the same.
    """

    label: str
    box: Box
    page: int
    text: str
    height: float


class Link(NamedTuple):
    """A question and one of its answers, by their places in a list.

    score (0 to 1): How sure the linker is.
    """

    question: int
    answer: int
    score: float


def make_entities(
    doc: Doc, parts: Sequence[Labelled], places: Places
) -> list[FormEntity]:
    """Add boxes, pages and texts to the parts of a form, for a linker."""
    entities = []
    for part in parts:
        box, page = find_box(places, part.start, part.end)
        boxes = places.boxes[part.start : part.end]
        height = float((boxes[:, 3] - boxes[:, 1]).max())
        text = doc[part.start : part.end].text
        entities.append(FormEntity(part.label, box, page, text, height))
    return entities


class Linker(Protocol):
    """A function that links questions to answers."""

    def __call__(self, entities: Sequence[FormEntity]) -> list[Link]:
        """Link answers to questions.

        RETURNS: At most one question for each answer, in the order of answers.
        """


# What it costs to look for a question above, below, or by the answer above, rather than
# to the left; for each thousandth down, and for each that the left edges are apart.
ABOVE = 100.0
BELOW = 150.0
ALONG = 60.0
DOWN = 2.0
ASIDE = 0.2
# What it costs to look by the answer before it in its row, and under a label that stands
# right over it, flush left.
CHAIN = 20.0
FLUSH = 40.0
FLUSH_DOWN = 4.0
UNDER = 15.0
# The cost of a question that has an answer beside it.
TAKEN = 100.0
# Two lines are level if they share this part of the lower one's height.
LEVEL = 0.3
# White space between a question and an answer below it, an answer and a question below
# it, two lines, and two cells under the head of a column, in heights of the answer's
# words.
DROP = 14.0
RISE = 1.2
STEP = 2.0
CELL_STEP = 4.0
# And between a question that has an answer beside it and the next line of that, and
# between a label and what stands right under it; and how far their left edges are apart.
SPACING = 1.2
TIGHT = 0.8
INDENT = 2.0
# White space between a mark and what it ticks, in heights of the mark.
MARK_GAP = 2.0
# Boxes to tick are no further under their question.
BOX_DROP = 3.0
# How far what is over each other may be beside each other, in heights.
NEAR = 0.8
# A box, or what people write in one.
MARK = re.compile(
    r"(?!$)[\[({]?[xX_\u2713\u2714\u2612\u2610\u2611\u25a0\u25a1]{0,3}[\])}]?"
)


@dataclass(frozen=True)
class GeometricLinker:
    """Link by places only.

    max_cost: Answers whose cheapest question costs more stay alone.
    """

    max_cost: float

    def __call__(self, entities: Sequence[FormEntity]) -> list[Link]:
        """Link answers to questions.

        RETURNS: At most one question for each answer, in the order of answers.
        """
        by_page: dict[int, list[int]] = {}
        for i, entity in enumerate(entities):
            by_page.setdefault(entity.page, []).append(i)
        links = []
        for places in by_page.values():
            # Pages are linked one by one, so that time grows only linearly with them.
            of_page = [entities[i] for i in places]
            for question, answer, score in _Linking(of_page, self.max_cost).link():
                links.append(Link(places[question], places[answer], score))
        return sorted(links, key=lambda link: link.answer)


def make_geometric_linker(max_cost: float = 700.0) -> Linker:
    """Construct a linker that goes by places only.

    Each answer takes the cheapest question. One to the left in the same row costs the
    gap. One above it costs 100 and twice the gap, if one is over the other; one right
    below it costs 150 and twice the gap; less, if one is close to the other and begins
    where it does. That of the answer before it in its row costs 20 and the gap. Where no
    question stands right before it, that of the answer above it, in the same column,
    costs 60 and twice the gap. Under a question that has an answer beside it only the
    very next line is its own. A mark that stands alone belongs to what is nearest.

    max_cost: Answers whose cheapest question costs more stay alone.
    SOURCE: Left and above alone link FUNSD's own entities with an F1 of 0.936.
    """
    return GeometricLinker(max_cost)


class _Linking:
    """The entities of a page, from the top down, and their links so far."""

    def __init__(self, entities: Sequence[FormEntity], max_cost: float) -> None:
        self.entities = entities
        self.max_cost = max_cost
        self.questions = [i for i, e in enumerate(entities) if e.label == QUESTION]
        answers = [i for i, e in enumerate(entities) if e.label == ANSWER]
        self.answers = _sort_rows(entities, answers)
        self.beside = {i: self._find_beside(i) for i in answers}
        self.flush = {i: self._find_flush(i) for i in answers}
        # Questions that have an answer beside them, and those with one over them.
        self.taken = {
            best[0][1]
            for i, best in self.beside.items()
            if best and best[0] < min(self.flush[i], default=(self.max_cost, -1))
        }
        self.under: set[int] = set()
        self.links: dict[int, Link] = {}

    def link(self) -> list[Link]:
        for i in self.answers:
            costs = [*self.beside[i], *self._find_above(i), *self._find_below(i)]
            chain = self._find_chain(i)
            costs += [*chain, *self.flush[i]]
            if is_mark(self.entities[i].text):
                costs += self._find_ticked(i)
            if not self._is_right_behind(i):
                costs += self._find_along(i, is_in_row=bool(chain))
            candidates = sorted(pair for pair in costs if pair[0] <= self.max_cost)
            if candidates:
                question = candidates[0][1]
                self.links[i] = Link(question, i, self._score(candidates))
                if find_drop(self.entities[i], self.entities[question]) is not None:
                    self.under.add(question)
        return [self.links[i] for i in sorted(self.links)]

    def _score(self, candidates: Sequence[tuple[float, int]]) -> float:
        """Compute the score of the cheapest candidate: low if another costs nearly as
        little."""
        cost, question = candidates[0]
        rival = next((c for c, other in candidates if other != question), self.max_cost)
        return round(min((rival + 20) / (rival + cost + 40), 1.0), 4)

    def _find_beside(self, answer: int) -> list[tuple[float, int]]:
        """Find the costs of questions to the left, least first."""
        entities = self.entities
        gaps = [(find_gap(entities[q], entities[answer]), q) for q in self.questions]
        return sorted((cost, q) for cost, q in gaps if cost is not None)

    def _find_flush(self, answer: int) -> list[tuple[float, int]]:
        """Find labels right over it that begin where it does."""
        below = self.entities[answer]
        costs = [(find_flush(self.entities[q], below), q) for q in self.questions]
        return [(cost, q) for cost, q in costs if cost is not None]

    def _find_chain(self, answer: int) -> list[tuple[float, int]]:
        """Find the question of the answer before it in its row, where that is in the row, too."""
        best: tuple[float, int] | None = None
        for i in self.links:
            gap = find_gap(self.entities[i], self.entities[answer])
            if gap is not None and (best is None or gap < best[0]):
                best = gap, i
        if best is None:
            return []
        question = self.links[best[1]].question
        first = next((q for _, q in self.beside[answer]), None)
        # No other question stands between them.
        return [(CHAIN + best[0], question)] if question == first else []

    def _is_right_behind(self, answer: int) -> bool:
        """Check whether no other answer stands between it and the question to its
        left."""
        if not self.beside[answer]:
            return False
        if BOX.search(self.entities[answer].text):
            return True
        gap, _ = self.beside[answer][0]
        others = (
            find_gap(self.entities[i], self.entities[answer]) for i in self.answers
        )
        return not any(other is not None and other < gap for other in others)

    def _find_above(self, answer: int) -> list[tuple[float, int]]:
        below = self.entities[answer]
        costs = []
        for q in self.questions:
            question = self.entities[q]
            cost = find_drop(question, below)
            if cost is None or q in self.under:
                continue
            gap = below.box[1] - question.box[3]
            is_box = BOX.search(below.text) is not None
            if gap > (BOX_DROP if is_box else DROP) * below.height:
                continue
            if gap > CELL_STEP * below.height and self._is_cut(q, below):
                continue
            if q in self.taken:
                if gap > SPACING * below.height or is_box:
                    continue
                cost += TAKEN
            costs.append((cost, q))
        return costs

    def _is_cut(self, question: int, below: FormEntity) -> bool:
        """Check whether an answer to another question stands between a question and what
        is below it."""
        low = self.entities[question].box[3]
        between = (
            (self.entities[i].box, link.question) for i, link in self.links.items()
        )
        return any(
            other != question
            and low <= box[1] < below.box[1]
            and min(box[2], below.box[2]) > max(box[0], below.box[0])
            for box, other in between
        )

    def _find_ticked(self, mark: int) -> list[tuple[float, int]]:
        """Find what is right behind a mark that stands alone."""
        entities = self.entities
        gaps = [(find_gap(entities[mark], entities[q]), q) for q in self.questions]
        reach = MARK_GAP * entities[mark].height
        return [(gap, q) for gap, q in gaps if gap is not None and gap <= reach]

    def _find_below(self, answer: int) -> list[tuple[float, int]]:
        """Find labels under the lines that answers are written on."""
        above = self.entities[answer]
        costs = []
        for q in self.questions:
            question = self.entities[q]
            gap = question.box[1] - above.box[3]
            if q in self.taken or gap > RISE * above.height:
                continue
            cost = find_drop(above, question)
            if cost is not None:
                costs.append((cost + BELOW - ABOVE, q))
            flush = find_flush(above, question)
            if flush is not None:
                costs.append((flush + UNDER, q))
        return costs

    def _find_along(self, answer: int, *, is_in_row: bool) -> list[tuple[float, int]]:
        """Find the questions of answers above it; only heads of columns, if it is in a row."""
        costs = []
        below = self.entities[answer]
        over = [self.entities[q] for q in self.questions]
        tops = [q.box[1] for q in over if find_drop(q, below) is not None]
        for i, link in self.links.items():
            above = self.entities[i]
            is_cell = find_drop(self.entities[link.question], above) is not None
            if is_in_row and not is_cell:
                continue
            cost = find_step(above, below, CELL_STEP if is_cell else STEP)
            # Another question may stand between them.
            is_cut = any(top > above.box[1] + 0.5 * above.height for top in tops)
            if cost is not None and not is_cut and link.question not in self.under:
                costs.append((cost, link.question))
        return costs


def _sort_rows(entities: Sequence[FormEntity], places: Sequence[int]) -> list[int]:
    """Sort from the top down, and in rows from the left."""
    rows: list[list[int]] = []
    for i in sorted(places, key=lambda i: entities[i].box[1]):
        if rows and _is_level(entities[rows[-1][0]].box, entities[i].box):
            rows[-1].append(i)
        else:
            rows.append([i])
    return [i for row in rows for i in sorted(row, key=lambda i: entities[i].box[0])]


def _is_level(a: Box, b: Box) -> bool:
    shared = min(a[3], b[3]) - max(a[1], b[1])
    return shared > LEVEL * min(a[3] - a[1], b[3] - b[1])


def is_mark(text: str) -> bool:
    """Check whether a text is nothing but a box, a tick or a cross."""
    return MARK.fullmatch(text.replace(" ", "")) is not None


def find_gap(question: FormEntity, answer: FormEntity) -> float | None:
    """Get the cost of a question to the left; None if it isn't in the same row."""
    (qx0, _, qx1, _), ax0 = question.box, answer.box[0]
    is_level = _is_level(question.box, answer.box)
    if question.page != answer.page or not is_level or qx0 >= ax0:
        return None
    return max(ax0 - qx1, 0.0)


def find_drop(question: FormEntity, answer: FormEntity) -> float | None:
    """Get the cost of a question above; None if it isn't over the answer."""
    (qx0, _, qx1, qy1), (ax0, ay0, ax1, ay1) = question.box, answer.box
    apart = max(max(qx0, ax0) - min(qx1, ax1), 0.0)
    is_over = apart < NEAR * answer.height and qy1 < (ay0 + ay1) / 2
    if question.page != answer.page or not is_over:
        return None
    cost = ABOVE + DOWN * max(ay0 - qy1, 0.0) + ASIDE * abs(ax0 - qx0)
    return cost + DOWN * apart


def find_flush(above: FormEntity, below: FormEntity) -> float | None:
    """Get the cost of what is right over or under another, and begins where it does."""
    height = below.height
    gap, aside = below.box[1] - above.box[3], abs(below.box[0] - above.box[0])
    is_tight = -0.5 * height <= gap <= TIGHT * height and above.box[1] < below.box[1]
    if above.page != below.page or not is_tight or aside > INDENT * height:
        return None
    return FLUSH + FLUSH_DOWN * max(gap, 0.0) + ASIDE * aside


def find_step(above: FormEntity, answer: FormEntity, reach: float) -> float | None:
    """Get the cost of the question of the answer above; None if they are no column.

    reach: White space between them at most, in heights of the answer's words.
    """
    (x0, y0, x1, y1), (ax0, ay0, ax1, _) = above.box, answer.box
    gap = ay0 - y1
    is_next = -0.5 * answer.height <= gap <= reach * answer.height and y0 < ay0
    is_under = min(x1, ax1) > max(x0, ax0)
    if above.page != answer.page or not is_next or not is_under:
        return None
    return ALONG + DOWN * max(gap, 0.0) + ASIDE * abs(ax0 - x0)
