"""Choose which notes to correct first: those that teach a model most.

A note is rated by up to three measures, each a number that is the higher, the more there
is to correct:

    unsure         entities whose score is near the threshold, per 1,000 words
    novel          kinds of words and labels that have not been seen, per 1,000 words
    disagreement   1 - F1 of the entities that two pipelines find

Notes are ordered by the mean of their ranks in each. The table has counts and labels of
measures, and nothing of a note but its id and source.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from spacy_clinical.export.correction.annotated import Annotated, Mark

COLUMNS = (
    *("rank", "id", "source", "priority", "n_words", "n_entities", "unsure", "novel"),
    *("disagreement", "reasons"),
)
# How far a score may be from the threshold and still count as near.
MARGIN = 0.2
_WORD = re.compile(r"[^\W\d_]+")


class Seen:
    """The words and labels of notes, with the number of notes that have each."""

    def __init__(self, notes: Iterable[Annotated] = ()) -> None:
        self.words: Counter[str] = Counter()
        self.labels: Counter[str] = Counter()
        for one in notes:
            self.add(one)

    def add(self, one: Annotated) -> None:
        """Count the words and labels of a note."""
        self.words.update(_list_words(one.note.text))
        self.labels.update({mark.label for mark in _list_entities(one)})


class Measures(NamedTuple):
    """Measures of what there is to correct in a note.

    n_unsure: Entities whose score is near the threshold.
    n_new_words, n_new_labels: Kinds that have not been seen.
    disagreement (0..1): None without a second pipeline.
    """

    id: str
    source: str
    n_words: int
    n_entities: int
    n_unsure: int
    n_new_words: int
    n_new_labels: int
    disagreement: float | None = None

    @property
    def unsure(self) -> float:
        """Entities near the threshold, per 1,000 words."""
        return 1000 * self.n_unsure / max(self.n_words, 1)

    @property
    def novel(self) -> float:
        """Kinds of words and labels that have not been seen, per 1,000 words."""
        return 1000 * (self.n_new_words + self.n_new_labels) / max(self.n_words, 1)


def measure_note(
    one: Annotated,
    seen: Seen,
    *,
    threshold: float,
    least: int = 1,
    other: Sequence[Mark] | None = None,
) -> Measures:
    """Measure what there is to correct in a note.

    seen: In notes that were corrected before, or in all notes, this one too.
    threshold (0..1): Of the scores of entities.
    least (notes): Words and labels that fewer notes have are new: 1 if `seen` is of other
        notes, 2 if it is of all.
    other: The entities that another pipeline finds.
    """
    ents = _list_entities(one)
    near = [
        mark
        for mark in ents
        if mark.score is not None and abs(mark.score - threshold) <= MARGIN
    ]
    words = _list_words(one.note.text)
    labels = {mark.label for mark in ents}
    return Measures(
        one.note.id,
        one.note.source,
        len(_WORD.findall(one.note.text)),
        len(ents),
        len(near),
        sum(seen.words[word] < least for word in words),
        sum(seen.labels[label] < least for label in labels),
        None if other is None else _measure_disagreement(ents, other),
    )


def _list_words(text: str) -> set[str]:
    return {match.lower() for match in _WORD.findall(text)}


def _list_entities(one: Annotated) -> list[Mark]:
    return [mark for mark in one.marks if mark.layer == "entities"]


def _measure_disagreement(first: Sequence[Mark], second: Sequence[Mark]) -> float:
    places = [Counter(mark.place for mark in side) for side in (first, second)]
    n = len(first) + len(second)
    return 1 - 2 * sum((places[0] & places[1]).values()) / n if n else 0.0


def rank_notes(notes: Sequence[Measures]) -> list[tuple[float, Measures]]:
    """Order notes, those to correct first in front, each with its priority (0..1).

    Notes that are the same in all measures stay in their order.
    """
    columns = [
        [note.unsure for note in notes],
        [note.novel for note in notes],
        [note.disagreement or 0.0 for note in notes],
    ]
    # What is the same for all notes says nothing.
    used = [_rank(values) for values in columns if len(set(values)) > 1]
    rated = [
        (sum(ranks[i] for ranks in used) / max(len(used), 1), note)
        for i, note in enumerate(notes)
    ]
    return sorted(rated, key=lambda row: -row[0])


def _rank(values: Sequence[float]) -> list[float]:
    """Rank values from 0 for the lowest to 1 for the highest; equal ones are level."""
    levels = {value: i for i, value in enumerate(sorted(set(values)))}
    return [levels[value] / (len(levels) - 1) for value in values]


def make_rows(
    ranked: Iterable[tuple[float, Measures]],
) -> Iterable[Mapping[str, str | int | float | None]]:
    """Make the rows of the table, by `COLUMNS`."""
    for rank, (priority, note) in enumerate(ranked, start=1):
        disagreement = note.disagreement
        yield {
            **{"rank": rank, "id": note.id, "source": note.source},
            "priority": round(priority, 3),
            **{"n_words": note.n_words, "n_entities": note.n_entities},
            **{"unsure": round(note.unsure, 1), "novel": round(note.novel, 1)},
            "disagreement": None if disagreement is None else round(disagreement, 3),
            "reasons": "; ".join(_list_reasons(note)),
        }


def _list_reasons(note: Measures) -> Iterable[str]:
    if note.n_unsure:
        yield f"{note.n_unsure} of {note.n_entities} entities near the threshold"
    if note.n_new_words:
        yield _count(note.n_new_words, "new word")
    if note.n_new_labels:
        yield _count(note.n_new_labels, "new label")
    if note.disagreement:
        yield f"the pipelines differ in {100 * note.disagreement:.0f} % of entities"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
