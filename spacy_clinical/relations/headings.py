"""Read headings that say what to do with the medications under them."""

import re
from collections.abc import Iterator, Sequence

from spacy_clinical.relations.regions import Lines

_STATUSES = {
    "start": r"start(?:ed)?|begin|new",
    "stop": r"stop(?:ped)?|discontinued?",
    "hold": r"hold|held",
    "continue": r"continued?|unchanged|resume|keep",
    "change": r"changed?|modified|adjusted",
}
_OBJECT = re.compile(
    r"\b(?:medications?|medicines?|meds|prescriptions?|drugs?)\b|\btaking\b",
    re.IGNORECASE,
)
_HEADING = re.compile(r"[^\n]{3,90}")
_HEADS = [
    (status, re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE))
    for status, pattern in _STATUSES.items()
]
# "Held:", "STOP taking:", in a line with the drugs.
_LABEL = re.compile(
    rf"[\W\d_]{{0,8}}(?:{'|'.join(_STATUSES.values())})(?: taking| home)?(?: (?:medications?|meds))?\s?:",
    re.IGNORECASE,
)
_PARTED = re.compile(r"[;:\n]|\.\s")


def find_label_status(text: str, start: int, end: int) -> str | None:
    """Find what the label of a line says of the drugs in it: "Held: A, B".

    start, end (characters): Of the line up to the drug.
    """
    match = _LABEL.match(text, start, end)
    if match is None or _PARTED.search(text, match.end(), end):
        return None
    return next(status for status, head in _HEADS if head.search(match[0]))


def find_heading_statuses(
    lines: Lines, drug_lines: Sequence[int]
) -> Iterator[str | None]:
    """Say what the headings over drugs say of their status.

    drug_lines: The number of the line of each drug, in order.
    YIELDS: One a drug; None where no heading says any.
    """
    known: dict[int, str | None] = {}
    taken = set(drug_lines)
    status: str | None = None
    for number in range(max(taken, default=-1) + 1):
        if number in taken:
            known[number] = status
            continue
        line = lines.get(number).strip(" \t*#-=:")
        if line and _is_heading(lines.get(number)):
            status = _read_heading(line)
    yield from (known[number] for number in drug_lines)


def _is_heading(line: str) -> bool:
    stripped = line.strip()
    if _HEADING.fullmatch(stripped) is None:
        return False
    is_head = stripped[-1] == ":" or stripped.isupper() or stripped[0] == "#"
    return is_head or (
        _OBJECT.search(stripped) is not None and stripped[-1] not in ".,;"
    )


def _read_heading(line: str) -> str | None:
    if _OBJECT.search(line) is None:
        return None
    found = [
        (match.start(), status)
        for status, pattern in _HEADS
        if (match := pattern.search(line))
    ]
    return min(found)[1] if found else None
