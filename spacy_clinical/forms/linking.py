"""Which answer belongs to which question."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from spacy_clinical.forms.checkboxes import BOX
from spacy_clinical.forms.labelled import ANSWER, QUESTION
from spacy_clinical.forms.pages import Box


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


class Linker(Protocol):
    """What links questions to answers: by rules, or learned."""

    def __call__(self, entities: Sequence[FormEntity]) -> list[Link]:
        """RETURNS: At most one question for each answer, in the order of answers."""


# What it costs to look for a question above, or by an answer above, rather than to the
# left; for each thousandth down, and for each that the left edges are apart.
ABOVE = 100.0
ALONG = 60.0
DOWN = 2.0
ASIDE = 0.2
# What it costs if the question has an answer beside it.
TAKEN = 100.0
# Two lines are level if they share so much of the lower one's height.
LEVEL = 0.4
# An answer goes on in a line whose left edge is off by so many heights at most, with so
# many heights of white space between.
INDENT = 1.0
SPACING = 1.2


@dataclass(frozen=True)
class GeometricLinker:
    """Link by places only.

    max_cost: Answers whose cheapest question costs more stay alone.
    """

    max_cost: float

    def __call__(self, entities: Sequence[FormEntity]) -> list[Link]:
        """RETURNS: At most one question for each answer, in the order of answers."""
        questions = [i for i, e in enumerate(entities) if e.label == QUESTION]
        answers = [i for i, e in enumerate(entities) if e.label == ANSWER]
        answers.sort(key=lambda i: (entities[i].page, entities[i].box[1]))
        beside = {i: _find_beside(entities, questions, i) for i in answers}
        taken = {best[0][1] for best in beside.values() if best}
        links: dict[int, Link] = {}
        for i in answers:
            costs = [*beside[i], *_find_above(entities, questions, i, taken)]
            for j in links:
                cost = find_step(entities[j], entities[i])
                if cost is not None:
                    costs.append((cost, links[j].question))
            known = sorted(pair for pair in costs if pair[0] <= self.max_cost)
            if known:
                links[i] = Link(known[0][1], i, _score(known, self.max_cost))
        return [links[i] for i in sorted(links)]


def make_geometric_linker(max_cost: float = 700.0) -> Linker:
    """Construct a linker that goes by places only.

    Each answer takes the cheapest question: one to the left in the same row costs the
    gap, one above it costs 100 and twice the gap if one is over the other, and the
    question of an answer whose next line this looks like costs 60 and twice the gap.
    Under a question that has an answer beside it only the very next line is its own.

    max_cost: Answers whose cheapest question costs more stay alone.
    SOURCE: The first two of these rules link FUNSD's own entities with an F1 of 0.936.
    """
    return GeometricLinker(max_cost)


def _score(known: Sequence[tuple[float, int]], max_cost: float) -> float:
    """A rival that is nearly as near makes it doubtful."""
    cost, question = known[0]
    rival = next((c for c, other in known if other != question), max_cost)
    return round(min((rival + 20) / (rival + cost + 40), 1.0), 4)


def _find_beside(
    entities: Sequence[FormEntity], questions: Sequence[int], answer: int
) -> list[tuple[float, int]]:
    """The costs of questions to the left, least first."""
    found = [(find_gap(entities[q], entities[answer]), q) for q in questions]
    return sorted((cost, q) for cost, q in found if cost is not None)


def _find_above(
    entities: Sequence[FormEntity],
    questions: Sequence[int],
    answer: int,
    taken: set[int],
) -> list[tuple[float, int]]:
    found = []
    below = entities[answer]
    for q in questions:
        cost = find_drop(entities[q], below)
        if cost is not None and q in taken:
            is_next = below.box[1] - entities[q].box[3] <= SPACING * below.height
            if not is_next or BOX.search(below.text):
                continue
            cost += TAKEN
        if cost is not None:
            found.append((cost, q))
    return found


def find_gap(question: FormEntity, answer: FormEntity) -> float | None:
    """What a question to the left costs; None if it isn't in the same row."""
    (qx0, qy0, qx1, qy1), (ax0, ay0, _, ay1) = question.box, answer.box
    shared = min(qy1, ay1) - max(qy0, ay0)
    is_level = shared > LEVEL * min(qy1 - qy0, ay1 - ay0)
    if question.page != answer.page or not is_level or qx0 >= ax0:
        return None
    return max(ax0 - qx1, 0.0)


def find_drop(question: FormEntity, answer: FormEntity) -> float | None:
    """What a question above costs; None if it isn't over the answer."""
    (qx0, qy0, qx1, qy1), (ax0, ay0, ax1, _) = question.box, answer.box
    is_over = min(qx1, ax1) > max(qx0, ax0) and qy0 < ay0
    if question.page != answer.page or not is_over:
        return None
    return ABOVE + DOWN * max(ay0 - qy1, 0.0) + ASIDE * abs(ax0 - qx0)


def find_step(above: FormEntity, answer: FormEntity) -> float | None:
    """What it costs to go on with the answer above; None if this isn't its next line."""
    gap = answer.box[1] - above.box[3]
    aside = abs(answer.box[0] - above.box[0])
    is_next = -0.5 * answer.height <= gap <= SPACING * answer.height
    is_under = aside <= INDENT * answer.height and above.box[1] < answer.box[1]
    if above.page != answer.page or not is_next or not is_under:
        return None
    return ALONG + DOWN * max(gap, 0.0)
