"""Mentions of a text and relations between them, as plain values."""

from typing import Any, NamedTuple

# From an attribute, the child, to what it belongs to, the head.
MODIFY = "MODIFY"
# Labels of the corpora that this package reads.
LABELS = (
    *(MODIFY, "SUB_PROCEDURE", "IDENTICAL", "CAUSE"),
    *("BEFORE", "AFTER", "OVERLAP"),
)
# Those that only say when.
TIME_LABELS = frozenset({"BEFORE", "AFTER", "OVERLAP"})


class Mention(NamedTuple):
    """An entity in a text (characters, half open)."""

    start: int
    end: int
    label: str


class Relation(NamedTuple):
    """A relation between two mentions.

    score: From 0 to 1.
    """

    label: str
    child: Mention
    head: Mention
    score: float = 1.0


def order(mention: Mention) -> tuple[int, int, str]:
    """Get the key that mentions are sorted by: of those that start at the same place, the
    longer comes first."""
    return mention.start, -mention.end, mention.label


def read_record(record: dict[str, Any]) -> Relation:
    """Read a record of `doc._.relations`.

    RAISES KeyError, TypeError, ValueError: If it isn't one.
    """
    child, head = (
        Mention(int(one["start_char"]), int(one["end_char"]), str(one["label"]))
        for one in (record["child"], record["head"])
    )
    return Relation(str(record["label"]), child, head, float(record.get("score", 1.0)))
