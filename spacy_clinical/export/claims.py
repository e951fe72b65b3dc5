"""Decide what an export may state of a finding, by its section, its line and what a
component for assertion has said of it.

A drug under ALLERGIES is not a medication of the patient, and a disorder under FAMILY
HISTORY is not the patient's. The exports that state facts (FHIR, OMOP) use this, and
leave out what must not be stated. docs/exports.md has the table.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

from spacy_clinical.export.clauses import CLAUSE_END, is_hypothetical, split_clauses
from spacy_clinical.export.relatives import ANYBODY, Relative, find_last_relative
from spacy_clinical.export.stop_lists import Status, StopLists
from spacy_clinical.icd9.findings import Finding, Findings
from spacy_clinical.relations.drug_names import DRUG_LABELS
from spacy_clinical.relations.holders import (
    is_allergen,
    is_denied_allergen,
    is_relatives,
    makes_hypothetical,
)

# "allergy": a substance that the patient doesn't tolerate, or its reaction. "family": of
# a relative. "planned": to be done. "hypothetical": may occur.
Role: TypeAlias = Literal["stated", "allergy", "family", "planned", "hypothetical"]

# Characters searched before and after a finding, on its line.
AROUND = 200
ROLES: dict[str, Role] = {
    "allergies": "allergy",
    "family_history": "family",
    "plan": "planned",
    "follow_up": "planned",
    "goals": "hypothetical",
    "instructions": "hypothetical",
    "discharge_instructions": "hypothetical",
    "patient_education_and_counseling": "hypothetical",
    "additional_testing": "planned",
    "specialist_referrals": "planned",
}
# What makes the rest of its clause hypothetical.
_HYPOTHETICAL = re.compile(
    r"\b(?:if|unless|should (?:you|he|she|they|the|there|symptoms)|return (?:for|if)|"
    r"call (?:for|if)|watch for|monitor for|look out for|r/o|rule(?:d)? out|"
    r"to prevent|prophylaxis (?:for|of|against)|risk (?:of|for)|in case of)\b",
    re.IGNORECASE,
)
_STATUS: dict[Status, re.Pattern[str]] = {
    "not-taken": re.compile(
        r"(?:\b(?:not|never|cannot)|n['\u2019]t)(?: (?:been|to|yet|any longer|\w+ly))* "
        r"(?:tak(?:e|es|en|ing)|took|us(?:e|es|ed|ing)|started|on(?! hold\b))\b|"
        r"\b(?:denies (?:taking|use of)|refuse[sd]|declin(?:es|ed)|non-?complian(?:t|ce))\b",
        re.IGNORECASE,
    ),
    "stopped": re.compile(
        r"(?<!not )(?<!n't )(?<!never )\b(?:stop(?:s|ped)?|discontinue[sd]?|discontinuing|d/c(?:'?e?d)?|dc'd|"
        r"ceased|no longer (?:on|taking|takes)|weaned off|taken off|off of)\b",
        re.IGNORECASE,
    ),
    "on-hold": re.compile(
        r"(?<!not )(?<!not on )\b(?:held|hold(?:ing)?|on hold|withheld|paused)\b",
        re.IGNORECASE,
    ),
    "completed": re.compile(r"\b(?:completed|finished)\b", re.IGNORECASE),
    "intended": re.compile(
        r"\b(?:will (?:start|begin|be started|give|add)|plan(?:s|ned|ning)? (?:to|for|on)|"
        r"consider(?:ing)?(?! (?:stop|discontinu|d/c|hold|wean))|recommend(?:s|ed)?|to (?:start|begin)|start|begin)\b",
        re.IGNORECASE,
    ),
    # Where another drug is taken after all: "not on aspirin, takes lisinopril".
    "unknown": re.compile(
        r"(?:,|\band\b)\s*(?:(?:and|he|she|they|pt|patient|still|now|currently|is|only)\s+)*"
        r"(?:takes|taking|on|continues?)\b",
        re.IGNORECASE,
    ),
}
_COMMA = re.compile(r"\s*[,)]")
_NO_ALLERGY = re.compile(
    r"\b(?:NKDA|NKA|NKFA|no known (?:drug |food |medication |medicine )?allerg(?:y|ies)|"
    r"no (?:drug |food |medication )?allergies|denies (?:any )?(?:drug |known )?allergies|"
    r"allergies:? none|none known)\b",
    re.IGNORECASE,
)
_ONLY_NONE = re.compile(r"\W*(?:none|no|denies|negative|nil)\W*", re.IGNORECASE)
# Fields of an `Assertion`, with the attributes of findings that they are read from, as
# ConText, medspaCy and negspaCy name them.
_ATTRIBUTES = {
    "is_negated": ("is_negated", "negex"),
    "is_uncertain": ("is_uncertain", "is_possible"),
    "is_historical": ("is_historical",),
    "is_hypothetical": ("is_hypothetical",),
    "is_family": ("is_family",),
}
ASSERTED = frozenset(name for names in _ATTRIBUTES.values() for name in names)
FAMILY_HISTORY = "Family_history"
# Cues of what is past and gone.
_RESOLVED = re.compile(r"\b(?:resolved|cured|recovered|healed)\b", re.IGNORECASE)


class Assertion(NamedTuple):
    """The assertion of a finding; fields are False also where nothing has looked.

    is_affirmed: Whether something has looked for negation, and found none.
    is_current: The same of history.
    """

    is_negated: bool
    is_uncertain: bool
    is_historical: bool
    is_hypothetical: bool
    is_family: bool
    is_affirmed: bool
    is_current: bool

    @property
    def is_patients(self) -> bool:
        """Whether the patient may have it."""
        return not (self.is_negated or self.is_family or self.is_hypothetical)


def read_assertion(finding: Mapping[str, Any]) -> Assertion:
    """Read what is said of a finding: its fields, and its attributes in `ASSERTED`."""
    attributes = finding.get("attributes") or {}
    # Without a record of why, false is but the default.
    is_assessed = finding.get("assertion") is not None
    holds: dict[str, bool] = {}
    is_not: dict[str, bool] = {}
    for field, names in _ATTRIBUTES.items():
        own = finding.get(field)
        values = [attributes.get(name) for name in names]
        values += [own] if is_assessed or own is True else []
        holds[field] = any(value is True for value in values)
        is_not[field] = not holds[field] and any(value is False for value in values)
    return Assertion(
        **holds, is_affirmed=is_not["is_negated"], is_current=is_not["is_historical"]
    )


class Claims:
    """Decide what may be stated of the findings of a record.

    record: As `records.make_record` makes it. Without text, only sections count.
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.text: str = record.get("text") or ""
        self._sections = [(row["start"], row["label"]) for row in record["sections"]]
        self._parts = [
            (row["start"], row["end"], ROLES[row["label"]])
            for row in record.get("subsections") or ()
            if row["label"] in ROLES
        ]
        self._findings = Findings(
            Finding(
                ent["start"], ent["end"], ent["label"], read_assertion(ent).is_patients
            )
            for ent in record.get("entities") or ()
        )
        self._starts = [start for start, _ in self._sections]
        self._bodies = [row["body_start"] for row in record["sections"]]
        self._part_starts = [start for start, _, _ in self._parts]
        self._drug_ends = sorted(
            ent["end"]
            for ent in record.get("entities") or ()
            if ent["label"] in DRUG_LABELS
        )

    def find_section_role(self, place: int) -> Role:
        """Find the role of findings in the section or subsection at a character."""
        index = bisect_right(self._part_starts, place) - 1
        if index >= 0 and place < self._parts[index][1]:
            return self._parts[index][2]
        index = bisect_right(self._starts, place) - 1
        return ROLES.get(self._sections[index][1], "stated") if index >= 0 else "stated"

    def find_role(self, start: int) -> Role:
        """Find the role of a finding that starts at a character, by section and clause."""
        role = self.find_section_role(start)
        if role in ("stated", "planned") and _HYPOTHETICAL.search(
            self._find_before(start)
        ):
            return "hypothetical"
        return role

    def find_role_of(self, finding: Mapping[str, Any]) -> Role:
        """Find the role of a finding, by its place and attributes."""
        role = self.find_role(finding["start"])
        assertion = self.read_assertion(finding)
        if assertion.is_family or self.names_relative(finding):
            return "family"
        if finding["label"] in DRUG_LABELS and role in ("stated", "planned"):
            place = finding["start"], finding["end"]
            if is_relatives(self.text, *place):
                return "family"
            if is_allergen(self.text, *place):
                is_denied = is_denied_allergen(self.text, place[0])
                return "hypothetical" if is_denied else "allergy"
        # Under allergies or family history the role stays.
        is_open = role in ("stated", "planned")
        return "hypothetical" if assertion.is_hypothetical and is_open else role

    def read_assertion(self, finding: Mapping[str, Any]) -> Assertion:
        """Read what is said of a finding; drugs that are taken as needed are taken."""
        assertion = read_assertion(finding)
        if not assertion.is_hypothetical or finding["label"] not in DRUG_LABELS:
            return assertion
        cues = [
            (cue["start"], cue["end"]) for cue in _list_cues(finding, "hypothetical")
        ]
        start = finding["start"]
        if cues and not any(makes_hypothetical(self.text, start, cue) for cue in cues):
            return assertion._replace(is_hypothetical=False)
        return assertion

    def find_status_of(self, finding: Mapping[str, Any]) -> Status:
        """Find whether a medication is taken, by its line and what is said of it."""
        assertion = self.read_assertion(finding)
        if assertion.is_negated:
            return "not-taken"
        status = self.find_status(finding["start"], finding["end"])
        if status == "unknown" and assertion.is_hypothetical:
            return "intended"
        # A list of what is past doesn't mean that drugs were stopped, but words do.
        is_over = status == "unknown" and any(_list_cues(finding, "historical"))
        return "stopped" if is_over else status

    def is_resolved(self, finding: Mapping[str, Any]) -> bool:
        """Check whether the words that say that a disorder is past say that it is gone."""
        return any(
            _RESOLVED.search(self.text, cue["start"], cue["end"])
            for cue in _list_cues(finding, "historical")
        )

    def find_status(self, start: int, end: int) -> Status:
        """Find whether a medication is taken; "unknown" if its line doesn't say.

        start, end (characters): Of the medication.
        """
        before, after = self._find_before(start), self._find_after(end)
        # Distances in characters.
        matches: list[tuple[int, Status]] = []
        for status, pattern in _STATUS.items():
            for match in pattern.finditer(before):
                if not self._ends_before(start, before, match.span()):
                    matches.append((len(before) - match.end(), status))
            # "Metformin was stopped", but "metformin; start insulin".
            if status not in ("intended", "unknown") and (
                match_after := pattern.search(after)
            ):
                matches.append((match_after.start(), status))
        nearest = min(matches)[1] if matches else self._lists.find_status(start)
        if nearest != "unknown":
            return nearest
        is_ahead = self.find_role(start) in ("planned", "hypothetical")
        return "intended" if is_ahead else "unknown"

    def _ends_before(self, start: int, before: str, place: tuple[int, int]) -> bool:
        """Check whether words before a medication are said of another one before them:
        "metoprolol - not taking, furosemide".

        start (character): Of the medication.
        before: The words before it in its clause.
        place (characters): Of some of them.
        """
        if not _COMMA.match(before, place[1]):
            return False
        first = start - len(before)
        index = bisect_right(self._drug_ends, first + place[0]) - 1
        return index >= 0 and self._drug_ends[index] > first

    @cached_property
    def _lists(self) -> StopLists:
        titles = zip(self._starts, self._bodies, strict=True)
        starts = [start for start, body in titles if body > start]
        return StopLists(self.text, starts)

    def may_state(self, places: Iterable[Mapping[str, Any]]) -> bool:
        """Check whether a code may be stated: not if all its evidence is denied, another's
        or hypothetical.

        places: The evidence, with start and end (characters). Without any, it may.
        """
        rows = list(places)
        return not rows or any(
            self._has_statement(row["start"], row["end"]) for row in rows
        )

    def _has_statement(self, start: int, end: int) -> bool:
        """Check whether any clause of a text is stated of the patient, or planned."""
        if not self.text:
            role = self.find_section_role(start)
            may_hold = self._findings.may_hold(start, end)
            return role in ("stated", "planned") and may_hold
        has_clauses = False
        for first, clause in self._split(start, end):
            has_clauses = True
            role = self.find_role(first)
            if (
                role in ("stated", "planned")
                and not is_hypothetical(clause, _HYPOTHETICAL)
                and self._findings.may_hold(first, first + len(clause))
            ):
                return True
        return not has_clauses and self.find_role(start) in ("stated", "planned")

    def _split(self, start: int, end: int) -> Iterator[tuple[int, str]]:
        """Split a text into clauses that have letters, without titles of sections."""
        for first, last in split_clauses(self.text, start, end):
            index = bisect_right(self._starts, first) - 1
            if index >= 0:
                first = max(first, min(self._bodies[index], last))
            if any(char.isalpha() for char in self.text[first:last]):
                yield first, self.text[first:last]

    def find_relative(self, finding: Mapping[str, Any]) -> Relative:
        """Find who in the family has a disorder: the last one named from its cue on, or
        else before it on its line. An entity such as "mother had a stroke" says it
        itself."""
        places = [finding["text"]] if self.names_relative(finding) else []
        for cue in _list_cues(finding, "family"):
            start, end = max(cue["start"] - len("maternal "), 0), cue["end"]
            following = self.text[end : finding["start"]]
            is_near = "\n" not in following and len(following) < AROUND
            places.append(self.text[start:end] + (following if is_near else ""))
        places.append(self._find_before(finding["start"], clause=False))
        return next(filter(None, map(find_last_relative, places)), ANYBODY)

    def names_relative(self, finding: Mapping[str, Any]) -> bool:
        """Check whether an entity of family history says whose it is."""
        is_history = finding["label"] == FAMILY_HISTORY
        return is_history and find_last_relative(finding.get("text") or "") is not None

    def has_no_allergies(self, start: int, end: int) -> bool:
        """Check whether a section on allergies says that none are known.

        start, end (characters): Of the text under its title.
        """
        body = self.text[start:end]
        return bool(_NO_ALLERGY.search(body) or _ONLY_NONE.fullmatch(body))

    def _find_before(self, start: int, *, clause: bool = True) -> str:
        """Find the text before a finding on its line, or in its clause."""
        first = max(self.text.rfind("\n", 0, start) + 1, start - AROUND)
        line = self.text[first:start]
        return CLAUSE_END.split(line)[-1] if clause else line

    def _find_after(self, end: int) -> str:
        line = self.text[end : end + AROUND].split("\n")[0]
        return CLAUSE_END.split(line)[0].split(",")[0]


def _list_cues(finding: Mapping[str, Any], category: str) -> list[Mapping[str, Any]]:
    cues = (finding.get("assertion") or {}).get("cues") or ()
    return [cue for cue in cues if cue["category"] == category]
