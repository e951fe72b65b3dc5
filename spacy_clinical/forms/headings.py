"""Tell headings from questions and answers by what is around them: all are short, and alone
they look alike to a checkpoint."""

from collections.abc import Iterable, Sequence
from statistics import mean, median

from spacy.tokens import Doc

from spacy_clinical.forms.labels import HEADER, QUESTION, Labelled
from spacy_clinical.forms.linking import Link
from spacy_clinical.forms.places import Places
from spacy_clinical.forms.segments import Segment
from spacy_clinical.forms.tables.aligned import is_name

# Letters of a heading are larger than those of questions by this factor.
LARGER = 1.12
# Questions that a page needs to say how large theirs are.
MIN_QUESTIONS = 3
MAX_WORDS = 10
# Where more of the questions are bold than this, bold says nothing.
MAX_BOLD = 0.5
# How high letters are in sizes of their font: those that go up, and those that go down.
UP, DOWN, LOW = 0.72, 0.21, 0.52
DESCENDERS = frozenset("gjpqy,;()[]{}|/_Q")
LOW_LETTERS = frozenset("acegmnopqrsuvwxyz.,;:-_")


def name_headings(
    doc: Doc,
    parts: Sequence[Labelled],
    links: Iterable[Link],
    places: Places,
    segments: Sequence[Segment],
) -> list[Labelled]:
    """Label questions and answers as headers that are alone in their line, belong to nothing,
    and are written larger than the other questions of their page, or in bold as few of
    them are.

    links: By the places of parts.
    """
    linked = {i for link in links for i in (link.question, link.answer)}
    questions = [part for part in parts if part.label == QUESTION]
    alone = _find_alone(segments)
    sizes: dict[int, list[float]] = {}
    weights: dict[int, list[bool]] = {}
    for part in questions:
        page = int(places.pages[part.start])
        sizes.setdefault(page, []).append(find_size(doc, part, places))
        weights.setdefault(page, []).append(_is_bold(part, places))
    named = []
    for i, part in enumerate(parts):
        page = int(places.pages[part.start])
        of_page = sizes.get(page, [])
        is_heading = (
            part.label != HEADER
            and i not in linked
            and (part.start, part.end) in alone
            and is_name(text := doc[part.start : part.end].text)
            and len(text.split()) <= MAX_WORDS
            and len(of_page) >= MIN_QUESTIONS
            and (
                find_size(doc, part, places) >= LARGER * median(of_page)
                or (
                    part.label == QUESTION
                    and _is_bold(part, places)
                    and mean(weights[page]) <= MAX_BOLD
                )
            )
        )
        named.append(part._replace(label=HEADER) if is_heading else part)
    return named


def find_size(doc: Doc, part: Labelled, places: Places) -> float:
    """Find the size of a part's letters: that of boxes depends on which letters are in
    them."""
    sizes = []
    for i in range(part.start, part.end):
        text = doc[i].text
        if places.lines[i] < 0 or not any(c.isalpha() for c in text):
            continue
        height = float(places.boxes[i, 3] - places.boxes[i, 1])
        up = LOW if set(text) <= LOW_LETTERS else UP
        down = DOWN if DESCENDERS & set(text) else 0.0
        sizes.append(height / (up + down))
    return median(sizes) if sizes else 0.0


def _is_bold(part: Labelled, places: Places) -> bool:
    shown = places.lines[part.start : part.end] >= 0
    return bool(places.is_bold[part.start : part.end][shown].all())


def _find_alone(segments: Sequence[Segment]) -> set[tuple[int, int]]:
    """Find the segments that have a line of their own (tokens)."""
    rows: dict[int, list[Segment]] = {}
    for segment in segments:
        rows.setdefault(segment.row, []).append(segment)
    return {(row[0].start, row[0].end) for row in rows.values() if len(row) == 1}
