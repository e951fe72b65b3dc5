"""Correct predicted parts of a form where its layout is unambiguous."""

from collections.abc import Sequence
from itertools import groupby, pairwise

from spacy.tokens import Doc

from spacy_clinical.forms.checkboxes import BOX
from spacy_clinical.forms.labels import ANSWER, QUESTION, Labelled
from spacy_clinical.forms.rules import (
    BY_LINE_ABOVE,
    BY_PLACE,
    BY_TABLE,
    find_lead,
)
from spacy_clinical.forms.segments import Segment, is_leader, trim_leader
from spacy_clinical.forms.tables.aligned import find_aligned, is_question
from spacy_clinical.forms.tables.find import is_table

# An answer stands at most this many heights behind the colon of its question.
BEHIND = 14.0


def mend_parts(
    doc: Doc, parts: Sequence[Labelled], segments: Sequence[Segment]
) -> list[Labelled]:
    """Correct the labels of segments that the layout determines.

    The cells of a table are its answers and its first row has the questions, if the model
    finds most of them so; what begins
    with a checkbox is an answer, and what is before a row of them their question; what
    stands right behind the colon of a question is its answer, unless it ends in a colon
    itself, or has an answer.

    RETURNS: In the Doc's order, without overlap.
    """
    labels = ["" for _ in doc]
    for part in parts:
        labels[part.start : part.end] = [part.label] * (part.end - part.start)
    joined = {i for part in parts for i in range(part.start + 1, part.end)}
    sure: dict[int, Labelled] = {}
    for table in find_aligned(segments):
        if is_table(table, labels):
            for cell in table.head:
                sure[cell.start] = _label(cell, BY_TABLE, QUESTION)
            for cell in (cell for row in table.body for cell in row):
                sure[cell.start] = _label(cell, BY_TABLE)
    for segment in segments:
        if BOX.match(segment.text):
            sure[segment.start] = _label(segment, BY_PLACE)
    for _, row in groupby(segments, key=lambda segment: segment.row):
        lead = find_lead(list(row))
        if lead is not None:
            sure[lead.start] = _label(lead, BY_PLACE, QUESTION)
    for i, (before, segment) in enumerate(pairwise(segments)):
        following = segments[i + 2] if i + 2 < len(segments) else None
        # A part that goes on in the next segment is no answer to the one before.
        if segment.end in joined:
            continue
        if segment.start not in sure and _answers(before, segment, following, labels):
            sure[segment.start] = _label(trim_leader(doc, segment), BY_LINE_ABOVE)
            sure.setdefault(before.start, _label(before, BY_LINE_ABOVE, QUESTION))
    kept = [part for part in parts if part.start < part.end]
    for part in sure.values():
        if any(label != part.label for label in labels[part.start : part.end]):
            kept = [piece for other in kept for piece in _cut(other, part)] + [part]
    return sorted(kept, key=lambda part: part.start)


def _label(segment: Segment, score: float, label: str = ANSWER) -> Labelled:
    return Labelled(segment.start, segment.end, label, score)


def _answers(
    before: Segment, segment: Segment, following: Segment | None, labels: Sequence[str]
) -> bool:
    """Check whether a segment answers the one before it in its row."""
    gap = segment.box[0] - before.box[2]
    if before.row != segment.row or gap > BEHIND * before.height:
        return False
    if not is_question(before.text) or labels[before.start] == ANSWER:
        return False
    if segment.text.rstrip().endswith(":") or is_leader(segment.text):
        return False
    has_answer = (
        following is not None
        and following.row == segment.row
        and labels[following.start] == ANSWER
        and not BOX.match(following.text)
    )
    own = set(labels[segment.start : segment.end])
    # A label without a colon has its own answer behind it.
    return ANSWER in own or not (own == {QUESTION} and has_answer)


def _cut(part: Labelled, other: Labelled) -> list[Labelled]:
    """List the pieces of a part that another one doesn't overlap."""
    if part.end <= other.start or part.start >= other.end:
        return [part]
    pieces = (part.start, other.start), (other.end, part.end)
    return [part._replace(start=s, end=e) for s, e in pieces if s < e]
