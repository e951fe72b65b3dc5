"""Scores of found identifiers, by words: what has leaked, and what was taken for nothing.

A word is a run of letters and digits; it is found if any of it is. So it doesn't matter
how a tokenizer cuts texts, nor whether a title or a comma is part of a name.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from peers.tables import format_table

# Start, end and type.
Span = tuple[int, int, str]
WORD = re.compile(r"[^\W_]+")
# What rules can find by its form, and what they can't.
GROUPS = {
    "names": ("PATIENT", "STAFF"),
    "regular": ("DATE", "AGE", "PHONE", "ID", "EMAIL"),
    "places": ("LOC", "HOSP", "PATORG"),
}
COLUMNS = ["leaked words", "recall", "whole", "type right", "precision"]


class Scores:
    """Counts of words over notes.

    names: What each type of a system may stand for, if it has types of its own.
    """

    def __init__(self, names: dict[str, Sequence[str]] | None = None) -> None:
        self.names = names or {}
        self._counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))

    def add(self, text: str, gold: Sequence[Span], found: Sequence[Span]) -> None:
        """Count the words of a note.

        gold: The identifiers of the note.
        found: Those of a system.
        """
        types = _list_types(text, found, self.names)
        is_gold = set()
        for start, end, label in gold:
            words = list_words(text, start, end)
            taken = [types.get(word, set()) for word in words]
            is_gold |= set(words)
            counts = self._counts[label]
            counts["spans"] += 1
            counts["whole"] += all(taken)
            counts["words"] += len(words)
            counts["hit"] += sum(map(bool, taken))
            counts["typed"] += sum(label in own for own in taken)
        for start, end, label in found:
            for name in self.names.get(label, (label,)):
                words = list_words(text, start, end)
                self._counts[name]["taken"] += len(words)
                self._counts[name]["right"] += len(is_gold.intersection(words))
        every = self._counts["all"]
        every["taken"] += len(types)
        every["right"] += len(is_gold.intersection(types))

    def summarize(self) -> dict[str, dict[str, Any]]:
        """Compute shares by type, by group of types, and over all."""
        labels = [label for label in self._counts if label != "all"]
        groups = {label: (label,) for label in sorted(labels)}
        groups |= {
            name: known
            for name, types in GROUPS.items()
            if (known := tuple(label for label in types if label in labels))
        }
        groups["all"] = tuple(labels)
        rows = {name: self._sum(members) for name, members in groups.items()}
        # Words that have several types are one word.
        rows["all"] |= {key: self._counts["all"][key] for key in ("taken", "right")}
        return {name: _divide(row) for name, row in rows.items() if row["words"]}

    def _sum(self, labels: Iterable[str]) -> dict[str, int]:
        keys = ("spans", "whole", "words", "hit", "typed", "taken", "right")
        labels = list(labels)
        return {key: sum(self._counts[x][key] for x in labels) for key in keys}


def list_words(text: str, start: int, end: int) -> list[int]:
    """List where the words start that share a character with a span.

    start, end: Of the span.
    """
    while start > 0 and start < len(text) and WORD.match(text[start - 1 : start + 1]):
        if not (text[start].isalnum() and text[start - 1].isalnum()):
            break
        start -= 1
    return [match.start() for match in WORD.finditer(text, start, end)]


def _list_types(
    text: str, found: Sequence[Span], names: dict[str, Sequence[str]]
) -> dict[int, set[str]]:
    types: dict[int, set[str]] = defaultdict(set)
    for start, end, label in found:
        for word in list_words(text, start, end):
            types[word].update(names.get(label, (label,)))
    return types


def _divide(counts: dict[str, int]) -> dict[str, Any]:
    return {
        **counts,
        "leaked": counts["words"] - counts["hit"],
        "recall": counts["hit"] / max(1, counts["words"]),
        "whole_share": counts["whole"] / max(1, counts["spans"]),
        "typed_recall": counts["typed"] / max(1, counts["words"]),
        "precision": counts["right"] / max(1, counts["taken"]),
    }


def format_scores(scores: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Write the scores of systems as a Markdown table.

    scores: By system, as `Scores.summarize` gives them.
    """
    rows = [
        [
            name,
            system,
            f"{row['spans']}",
            f"{row['leaked']} of {row['words']}",
            *(
                f"{row[key]:.4f}"
                for key in ("recall", "whole_share", "typed_recall", "precision")
            ),
        ]
        for system, types in scores.items()
        for name, row in types.items()
    ]
    order = {name: i for i, name in enumerate(dict.fromkeys(row[0] for row in rows))}
    rows.sort(key=lambda row: order[row[0]])
    return format_table(["identifiers", "system", "n", *COLUMNS], rows, text=2)
