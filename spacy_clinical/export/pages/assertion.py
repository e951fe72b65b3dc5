"""Show on pages whether a finding holds, for whom and when, and which words say so.

Each attribute has a word and a sign, and denied findings are struck through, so that
nothing depends on colors.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from spacy_clinical.assertion.cues import MODEL
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES


class Mark(NamedTuple):
    """The way an attribute is shown.

    key: Its class in the page.
    sign: In front of the entity.
    word: Behind the entity, and in lists.
    """

    key: str
    sign: str
    word: str


MARKS = dict(
    zip(
        CONTEXT_ATTRIBUTES,
        (
            Mark("neg", "\u2212", "denied"),
            Mark("unc", "?", "uncertain"),
            Mark("his", "\u21b6", "past"),
            Mark("hyp", "\u25b7", "hypothetical"),
            Mark("fam", "\u2687", "family"),
        ),
        strict=True,
    )
)
# Of entities for which none of the attributes is true.
STATED = Mark("sta", "", "stated")


def list_marks(entity: Mapping[str, Any]) -> list[Mark]:
    """List the marks of an entity's record, in the order of `CONTEXT_ATTRIBUTES`."""
    return [mark for name, mark in MARKS.items() if entity.get(name)]


def is_assessed(entity: Mapping[str, Any]) -> bool:
    """Check whether anything has assessed an entity."""
    return any(entity.get(name) is not None for name in MARKS)


def count_marks(entities: Iterable[Mapping[str, Any]]) -> list[tuple[Mark, int]]:
    """Count the entities with each mark, and those with none; [] if none is assessed."""
    counts = dict.fromkeys((STATED, *MARKS.values()), 0)
    assessed = [entity for entity in entities if is_assessed(entity)]
    for entity in assessed:
        for mark in list_marks(entity) or [STATED]:
            counts[mark] += 1
    return [(mark, n) for mark, n in counts.items() if n]


def list_cues(
    entities: Sequence[Mapping[str, Any]],
) -> tuple[list[tuple[int, int]], list[list[int]]]:
    """List the places of all cues, and for each entity the numbers of its own.

    RETURNS: Places as (start, end) in characters of the note.
    """
    numbers: dict[tuple[int, int], int] = {}
    of_entities = []
    for entity in entities:
        cues = (entity.get("assertion") or {}).get("cues") or ()
        words = [cue for cue in cues if cue.get("direction") != MODEL]
        places = [(int(cue["start"]), int(cue["end"])) for cue in words]
        of_entities.append(
            [numbers.setdefault(place, len(numbers)) for place in places]
        )
    return list(numbers), of_entities
