"""Make predicted labels and links agree: an answer answers something, and what is answered
is a question."""

from collections.abc import Sequence

from spacy_clinical.forms.labels import ANSWER, HEADER, QUESTION, Labelled
from spacy_clinical.forms.linking import FormEntity, Link, find_gap

# Answers without a question whose score is less are none.
LEAST_SCORE = 0.7
# An answer to a header stands at most so many heights behind it.
BEHIND = 8.0


def agree(
    parts: Sequence[Labelled], links: Sequence[Link], entities: Sequence[FormEntity]
) -> tuple[list[Labelled], list[Link]]:
    """Correct the labels that contradict the links.

    A header with an answer right behind it, which has no other question, is a question.
    Doubtful answers to nothing are dropped.

    parts: Predicted by a model, in the Doc's order.
    links: By the places of parts.
    entities: Of the same parts.
    RETURNS: The parts that are left, and their links.
    """
    asked = _find_headers(parts, links, entities)
    linked = {link.answer for link in links} | set(asked)
    kept = [
        i
        for i, part in enumerate(parts)
        if part.label != ANSWER or i in linked or part.score >= LEAST_SCORE
    ]
    places = {old: new for new, old in enumerate(kept)}
    headers = {question for question, _ in asked.values()}
    settled = [
        parts[i]._replace(label=QUESTION) if i in headers else parts[i] for i in kept
    ]
    every = [*links, *(Link(q, answer, score) for answer, (q, score) in asked.items())]
    moved = [Link(places[q], places[a], score) for q, a, score in every]
    return settled, sorted(moved, key=lambda link: link.answer)


def _find_headers(
    parts: Sequence[Labelled], links: Sequence[Link], entities: Sequence[FormEntity]
) -> dict[int, tuple[int, float]]:
    """Find the headers right before answers without a question.

    RETURNS: Of each such answer, the header's place, and its score as a question.
    """
    headers = [i for i, part in enumerate(parts) if part.label == HEADER]
    free = {i for i, part in enumerate(parts) if part.label == ANSWER}
    free -= {link.answer for link in links}
    asked: dict[int, tuple[int, float]] = {}
    for answer in sorted(free) if headers else ():
        gaps = [(find_gap(entities[h], entities[answer]), h) for h in headers]
        near = [(gap, h) for gap, h in gaps if gap is not None]
        if near:
            gap, header = min(near)
            if gap <= BEHIND * entities[answer].height:
                asked[answer] = header, round(1 - parts[header].score / 2, 4)
    return asked
