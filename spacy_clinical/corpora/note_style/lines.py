"""Lines as notes have them, made of names: "PMH: HTN, DM2, CAD s/p CABG"."""

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from spacy_clinical.corpora.note_style.edits import Draft, Edit, Place
from spacy_clinical.corpora.note_style.swaps import SAME_TYPES

MAX_ITEMS = 7


class LineKind(NamedTuple):
    """A kind of line: what it has, and how it starts.

    type: Type of its items.
    starts: What is before them.
    follow: Words and a type that may come after an item.
    """

    type: str
    starts: tuple[str, ...]
    follow: tuple[tuple[str, str], ...] = ()


_DISEASE, _SYMPTOM, _DRUG = "Disease_disorder", "Sign_symptom", "Medication"
_TEST, _PROCEDURE = "Diagnostic_procedure", "Therapeutic_procedure"
# Separated by "|".
_STARTS = {
    _DISEASE: "PMH: |PMHx: |PMH - |Past Medical History: |Problems: |Hx |h/o |Pt w/ h/o "
    "|PMH sig for |PMH of |A/P: |Impression: |Dx: ",
    _SYMPTOM: "CC: |c/o |Pt c/o |p/w |Here for |HPI: p/w |ROS: +|Sx: |Adm w/ |presents w/ ",
    _DRUG: "Meds: |MEDS: |Home meds: |Medications: |Started on |Cont |Current meds: "
    "|tx w/ |on |Rx: |Plan: cont ",
    _TEST: "Labs: |Check |Studies: |Plan: |Will get |Ordered |F/u ",
    _PROCEDURE: "PSH: |PSHx: |s/p |Past Surgical History: |Surgeries: ",
}
_FOLLOW: dict[str, tuple[tuple[str, str], ...]] = {
    _DISEASE: (
        ("s/p", _PROCEDURE),
        ("on", _DRUG),
        ("c/b", _DISEASE),
        ("2/2", _DISEASE),
    ),
    _SYMPTOM: (("2/2", _DISEASE), ("c/f", _DISEASE), ("and", _SYMPTOM)),
    _DRUG: (("for", _DISEASE), ("and", _DRUG)),
    _TEST: (("and", _TEST), ("for", _SYMPTOM)),
    _PROCEDURE: (("for", _DISEASE), ("and", _PROCEDURE)),
}
KINDS = [
    LineKind(type_, tuple(starts.split("|")), _FOLLOW[type_])
    for type_, starts in _STARTS.items()
]


def list_labels(seen: Collection[str]) -> dict[str, str]:
    """Find the labels that a corpus has for the types of lines.

    seen: Labels of the corpus.
    RETURNS: Labels by type.
    """
    known = {label: label for label in seen if label not in SAME_TYPES}
    return known | {SAME_TYPES[label]: label for label in seen if label in SAME_TYPES}


def add_line(
    draft: Draft,
    pools: Sequence[Mapping[str, Sequence[str]]],
    labels: Mapping[str, str],
) -> None:
    """Put a new line with entities before or behind a text, in place.

    pools: Names by label; which one a name is from is chosen for each.
    labels: Labels of entities by type. A line only has types that have one.
    """
    kinds = [kind for kind in KINDS if kind.type in labels]
    if not kinds:
        return
    text, places = "", []
    for piece, label in _make_pieces(random.choice(kinds), pools, labels):
        if label:
            start = len(text)
            places.append(Place(start, start + len(piece), label))
        text += piece
    if not places:
        return
    if random.random() < 0.5:
        text, shift, at = f"{text}\n", 0, 0
    else:
        gap = "" if draft.text.endswith("\n") else "\n"
        text, shift, at = gap + text, len(draft.text) + len(gap), len(draft.text)
    if draft.apply([Edit(at, at, text)]):
        draft.add(p._replace(start=p.start + shift, end=p.end + shift) for p in places)


def _make_pieces(
    kind: LineKind,
    pools: Sequence[Mapping[str, Sequence[str]]],
    labels: Mapping[str, str],
) -> Iterator[tuple[str, str]]:
    """Make the pieces of a line, each with its label; "" for words between entities."""
    comma = random.choice((", ", ", ", ", ", "; ", " / ", "\n- ", "\n"))
    start = random.choice(kind.starts)
    if "\n" in comma:
        start = start.rstrip(" +") + comma
    yield start, ""
    n_items = random.randint(1, MAX_ITEMS)
    for i in range(n_items):
        if i:
            yield comma, ""
        yield _choose(kind.type, pools, labels), labels[kind.type]
        follow = [(words, name) for words, name in kind.follow if name in labels]
        if follow and random.random() < 0.15:
            words, name = random.choice(follow)
            yield f" {words} ", ""
            yield _choose(name, pools, labels), labels[name]
    yield random.choice(("", "", ".")), ""


def _choose(
    name: str, pools: Sequence[Mapping[str, Sequence[str]]], labels: Mapping[str, str]
) -> str:
    label = labels[name]
    fitting = [pool[key] for pool in pools for key in (label, name) if key in pool]
    return random.choice(random.choice(fitting))
