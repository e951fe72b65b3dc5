"""Check whether what is found in a part of a note may be the patient's, so that it
carries codes."""

from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

from spacy.tokens import Doc, Span

# What makes a finding one that carries no code: denied (ConText's name, and negspaCy's),
# somebody else's, or only to come.
DENIALS = ("is_negated", "negex", "is_family", "is_hypothetical")
# Labels of what codes stand for, in lower case. Where there are none of them, all findings
# count: "65-year-old man without fever" has but one finding, of the labels of en_clinical_sm.
CARRIERS = frozenset(
    [
        "condition",
        "diagnosis",
        "disease",
        "disease_disorder",
        "disorder",
        "finding",
        "medication",
        "problem",
        "sign_symptom",
        "symptom",
        "therapeutic_procedure",
    ]
)


class Finding(NamedTuple):
    """A finding (characters, half open).

    may_hold: Whether the patient may have it, or have had it.
    """

    start: int
    end: int
    label: str
    may_hold: bool


class Findings:
    """The findings of a note."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.rows = sorted(findings)
        self.starts = [row.start for row in self.rows]
        self.has_denied = not all(row.may_hold for row in self.rows)

    def may_hold(self, start: int, end: int) -> bool:
        """Check whether a part of the note may say something of the patient: unless all
        that is found in it doesn't hold."""
        if not self.has_denied:
            return True
        first, last = bisect_left(self.starts, start), bisect_left(self.starts, end)
        inside = self.rows[first:last]
        carriers = [row for row in inside if row.label.lower() in CARRIERS] or inside
        return not carriers or any(row.may_hold for row in carriers)


def read_findings(doc: Doc) -> Findings:
    """Read the entities of a Doc, and what components for assertion have said of them."""
    names = [name for name in DENIALS if Span.has_extension(name)]
    return Findings(
        Finding(
            ent.start_char,
            ent.end_char,
            ent.label_,
            not any(ent._.get(name) is True for name in names),
        )
        for ent in doc.ents
    )
