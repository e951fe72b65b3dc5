"""Change the lines of a note: bullets, lists of findings, wrapped lines."""

import random
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from spacy_clinical.corpora.note_style.edits import Draft, Edit, Place
from spacy_clinical.corpora.note_style.swaps import list_same
from spacy_clinical.tokenization.abbreviations import ABBREVIATIONS, NUMBERED, TITLES

_KEEP_STOP = ABBREVIATIONS | NUMBERED | TITLES
_STOP = re.compile(r"(\S*)[.!?][ \t]+(?=[A-Z0-9(])")
_LINE = re.compile(r"[^\n]+")
_TITLE = re.compile(r"[A-Z][A-Za-z /&-]{1,40}:(?:[ \t]+|$)")
_ITEM = re.compile(r"[ \t]*(?:[-*\u2022+]|\d{1,2}[.)])[ \t]")
# Columns at which lines are wrapped.
MIN_COLUMN, MAX_COLUMN = 40, 100

# Words that a list without them would turn into something else.
_CUE = re.compile(
    r"\b(?:no|not|non|never|without|den(?:y|ies|ied)|negative|absent|absence|free|ruled?"
    r"|possible|possibly|probable|probably|may|might|suspected|suspicion|risk|if|unless"
    r"|mother|father|brother|sister|family|maternal|paternal|parents?|son|daughter|aunt"
    r"|uncle|nor|neither|unlikely|resolved|prevent\w*|exclud\w*|rather|versus|vs)\b|n't",
    re.IGNORECASE,
)
# Words between a finding and what describes it.
_BOUND = re.compile(r"[\s-]*(?:(?:of|in|at|on|to) )?(?:(?:the|both|his|her) )?")


class ListKind(NamedTuple):
    """A kind of list: what it has, and what it is called.

    heads: Labels of its items.
    parts: Labels of what describes them.
    """

    heads: frozenset[str]
    parts: frozenset[str]
    titles: tuple[str, ...]


_DESCRIPTIONS = frozenset(
    {"Biological_structure", "Detailed_description", "Severity", "Lab_value", "Date"}
)
LISTS = (
    ListKind(
        list_same("Disease_disorder"),
        _DESCRIPTIONS,
        (
            "PMH",
            "PMHx",
            "Past Medical History",
            "Problems",
            "PROBLEM LIST",
            "Dx",
            "Hx",
            "A/P",
        ),
    ),
    ListKind(
        list_same("Sign_symptom"),
        _DESCRIPTIONS,
        ("CC", "Sx", "Symptoms", "ROS", "ROS positive for", "HPI", "Exam", "PE"),
    ),
    ListKind(
        list_same("Medication"),
        frozenset({"Dosage", "Frequency", "Administration"}),
        (
            "Meds",
            "MEDS",
            "Medications",
            "Home meds",
            "MEDICATIONS",
            "Rx",
            "Current meds",
        ),
    ),
    ListKind(
        list_same("Therapeutic_procedure"),
        _DESCRIPTIONS,
        ("PSH", "PSHx", "Past Surgical History", "Procedures", "PROCEDURES"),
    ),
)


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Find the sentences of each line (characters, half open)."""
    found = []
    for line in _LINE.finditer(text):
        start = line.start()
        for stop in _STOP.finditer(text, line.start(), line.end()):
            is_stop = f"{stop[1]}." not in _KEEP_STOP and len(stop[1]) != 1
            if is_stop or not stop[1]:
                found.append((start, stop.end() - len(stop[0]) + len(stop[0].rstrip())))
                start = stop.end()
        found.append((start, line.end()))
    return [(a, b) for a, b in found if text[a:b].strip()]


def make_bullets(draft: Draft) -> Iterator[Edit]:
    """Find where the sentences of a paragraph become items of a list, "- x" or "1. x".

    Lines that are items already, and lines of one sentence, stay as they are, unless
    the text has no other.
    """
    text, sentences = draft.text, split_sentences(draft.text)
    by_line: dict[int, list[tuple[int, int]]] = {}
    for start, end in sentences:
        by_line.setdefault(text.rfind("\n", 0, start), []).append((start, end))
    mark = random.choice(("- ", "- ", "* ", "\u2022 ", "{}. ", "{}) "))
    for items in by_line.values():
        first = items[0][0]
        if _ITEM.match(text, first) or (len(items) == 1 and len(by_line) > 1):
            continue
        title = _TITLE.match(text, first, items[0][1])
        number, place, previous = 1, title.end() if title else first, 0
        for start, end in [(place, items[0][1]), *items[1:]]:
            if start >= end:
                continue
            number, sign = number + 1, mark.format(number)
            if start > first:
                # What separates it from the sentence before is removed.
                previous = len(text[:start].rstrip())
                sign = f"\n{sign}"
            else:
                previous = start
            yield Edit(previous, start, sign)
            if text[end - 1] == "." and text[end - 2 : end - 1] != ".":
                yield Edit(end - 1, end, "")


def make_lists(draft: Draft, rate: float) -> Iterator[Edit]:
    """Find sentences whose entities become a list after a title: "PMH: HTN, CAD".

    Only sentences with two or more findings of a kind, without others, and of which
    nothing is denied or the like.

    rate (0 to 1): Probability for each such sentence.
    """
    text, entities = draft.text, draft.entities
    for start, end in split_sentences(text):
        inside = [p for p in entities if start <= p.start and p.end <= end]
        kind = _find_kind(inside)
        if kind is None or random.random() >= rate:
            continue
        pieces = [text[start : inside[0].start], text[inside[-1].end : end]]
        pieces += [text[a.end : b.start] for a, b in pairwise(inside)]
        if any(_CUE.search(piece) for piece in pieces):
            continue
        yield from _make_list(text, start, end, inside, kind)


def _find_kind(places: list[Place]) -> ListKind | None:
    labels = [place.label for place in places]
    if any(p.is_asserted for p in places) or any(
        a.end > b.start for a, b in pairwise(places)
    ):
        return None
    for kind in LISTS:
        n_heads = sum(label in kind.heads for label in labels)
        if n_heads > 1 and set(labels) <= kind.heads | kind.parts:
            return kind
    return None


def _make_list(
    text: str, start: int, end: int, places: list[Place], kind: ListKind
) -> Iterator[Edit]:
    comma = random.choice((", ", ", ", "; ", "\n- ", "\n"))
    title = random.choice(kind.titles) + ":"
    title += comma if "\n" in comma else " "
    # The list has a line of its own.
    before = len(text[:start].rstrip(" \t"))
    if before and text[before - 1] != "\n":
        title = f"\n{title}"
    yield Edit(before, places[0].start, title)
    for one, other in pairwise(places):
        gap = text[one.end : other.start]
        is_bound = bool(_BOUND.fullmatch(gap)) and not (
            one.label in kind.heads and other.label in kind.heads
        )
        if not is_bound:
            yield Edit(one.end, other.start, comma)
    after = end + len(text[end:]) - len(text[end:].lstrip(" \t"))
    is_last = after == len(text) or text[after] == "\n"
    yield Edit(places[-1].end, after, "" if is_last else "\n")


def wrap_lines(draft: Draft) -> Iterator[Edit]:
    """Find where long lines are wrapped, at a column for the whole text."""
    text, column = draft.text, random.randint(MIN_COLUMN, MAX_COLUMN)
    for line in _LINE.finditer(text):
        start, end = line.span()
        while end - start > column:
            space = text.rfind(" ", start + 1, start + column + 1)
            if space < 0:
                space = text.find(" ", start + column, end)
            if (
                space < 0
                or not text[start:space].strip()
                or not text[space:end].strip()
            ):
                break
            yield Edit(space, space + 1, "\n")
            start = space + 1
