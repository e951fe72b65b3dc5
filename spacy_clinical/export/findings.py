"""Read what is said of findings: where they are, on which side, how severe, how they go.

It is what belongs to them by relations (MODIFY), as `clinical_relations` writes them.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from spacy_clinical.export.relation_records import shape_rows

MODIFY = "MODIFY"
FINDINGS = frozenset({"Sign_symptom", "Disease_disorder", "Outcome"})
_SITES = frozenset({"Biological_structure", "Nonbiological_location"})
_SEVERITIES = frozenset({"Severity"})
_TIMES = frozenset({"Date", "Time", "Duration", "Age", "Frequency"})
# Types whose words may say which side, how severe and what course.
_DESCRIPTIONS = frozenset(
    {"Detailed_description", "Biological_attribute", "Qualitative_concept", "Severity"}
)
_SIDES = {
    "left": r"left(?:[- ]sided)?|l(?:t\.?)?(?=\s)",
    "right": r"right(?:[- ]sided)?|r(?:t\.?)?(?=\s)",
    "both": r"bilateral(?:ly)?|both(?: sides)?|b/l",
    "one": r"unilateral(?:ly)?",
}
_SIDE = re.compile(
    "|".join(rf"(?P<{name}>\b(?:{words}))(?!\w)" for name, words in _SIDES.items()),
    re.IGNORECASE,
)
_SIDE_NAMES = {"both": "bilateral", "one": "unilateral"}
_COURSE = re.compile(
    r"\b(?:(?:sub)?acute|chronic|acute on chronic|stable|unchanged|(?:re)?current"
    r"|persist(?:ent|ing)|intermittent|constant|continuous|episodic|transient|progressive"
    r"|(?:slowly |rapidly )?(?:worsen(?:ing|ed)|improv(?:ing|ed)|progressing|increas(?:ing|ed)"
    r"|decreas(?:ing|ed)|resolv(?:ing|ed)|recurr(?:ing|ent))|worse|better|sudden|gradual"
    r"|new(?:[- ]onset)?|relapsing|remitting|controlled|uncontrolled)\b",
    re.IGNORECASE,
)
_SEVERITY = re.compile(
    r"\b(?:mild(?:ly)?|moderate(?:ly)?|severe(?:ly)?|minimal(?:ly)?|marked(?:ly)?|massive"
    r"|trace|slight(?:ly)?)\b",
    re.IGNORECASE,
)


class Said(NamedTuple):
    """A mention that belongs to a finding (characters, half open).

    label: Its type.
    """

    start: int
    end: int
    label: str


class Finding(NamedTuple):
    """A finding with what is said of it.

    number: Of the entity in the record.
    sides: "left", "right", "bilateral", "unilateral", also if a site says so.
    others: What says none of these.
    """

    number: int
    sites: list[Said]
    sides: list[str]
    severities: list[Said]
    courses: list[Said]
    times: list[Said]
    others: list[Said]


def list_findings(record: Mapping[str, Any]) -> list[Finding]:
    """List the findings of which a note says more, in its order.

    record: As `records.make_record` makes it, with text.
    """
    text = record.get("text") or ""
    children: dict[tuple[int, int], list[Said]] = {}
    for row in shape_rows(record.get("relations"), "relations"):
        if row["label"] == MODIFY:
            head, child = row["head"], row["child"]
            said = Said(child["start"], child["end"], child["label"] or "")
            children.setdefault((head["start"], head["end"]), []).append(said)
    found = []
    for number, entity in enumerate(record["entities"]):
        own = children.get((entity["start"], entity["end"]))
        if entity["label"] in FINDINGS and own:
            found.append(_describe(number, sorted(own), text))
    return found


def _describe(number: int, children: Iterable[Said], text: str) -> Finding:
    finding = Finding(number, [], [], [], [], [], [])
    for said in children:
        words = text[said.start : said.end]
        is_known = said.label in _SITES | _SEVERITIES | _TIMES
        if said.label in _SITES:
            finding.sites.append(said)
        elif said.label in _TIMES:
            finding.times.append(said)
        if said.label in _SITES | _DESCRIPTIONS:
            sides = find_sides(words)
            finding.sides.extend(side for side in sides if side not in finding.sides)
            is_known |= bool(sides)
        if said.label in _DESCRIPTIONS:
            is_course = _COURSE.search(words) is not None
            is_severe = _SEVERITY.search(words) is not None
            is_severe |= said.label in _SEVERITIES and not is_course
            finding.courses.extend([said] * is_course)
            finding.severities.extend([said] * is_severe)
            is_known |= is_course or is_severe
        if not is_known:
            finding.others.append(said)
    return finding


def find_sides(words: str) -> list[str]:
    """Find the sides that words name, in their order: "L knee" is on the left."""
    names = (match.lastgroup or "" for match in _SIDE.finditer(words))
    return list(dict.fromkeys(_SIDE_NAMES.get(name, name) for name in names))
