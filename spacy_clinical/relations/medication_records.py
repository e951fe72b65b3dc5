"""The records of `doc._.medications`: plain data, with places in characters of the note.

Only the names of drugs are text; all else is numbers, codes, fixed names and places.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from spacy.tokens import Span

from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES
from spacy_clinical.relations.holders import (
    is_allergen,
    is_relatives,
    makes_hypothetical,
)
from spacy_clinical.relations.sig.assemble import assemble
from spacy_clinical.relations.sig.parts import Part
from spacy_clinical.relations.sig.records import (
    CountRecord,
    DosageRecord,
    FrequencyRecord,
    LengthRecord,
    NameRecord,
    PlaceRecord,
    QuantityRecord,
    SigRecord,
    describe_sig,
)

ALLERGIES = "allergies"
_OVER_FOR = re.compile(
    r"\b(?:h[eo]ld|holding|stopped|off|refused|declined|discontinued|d/c'?d) for (?:the |a )?$",
    re.I,
)
_OVER = frozenset({"stop", "hold", "not_taken"})
# Characters before a part that may say what it is.
_CONTEXT = 40


class DrugRecord(PlaceRecord, total=False):
    """A drug as the note names it.

    text: Missing in records without text.
    """

    text: str
    label: str
    kb_id: str


class MedicationRecord(PlaceRecord):
    """A drug, and what a note says of how it is taken.

    Its place covers all that is said. dose, rate, route, frequency, duration, prn and
    reason are those of the first of `dosages` that has any.

    other_names: Such as a brand in brackets.
    status: "start", "stop", "hold", "continue", "change"; "planned" of what may come,
        "not_taken" of what is declined or not given, "allergy" of what isn't tolerated;
        or None.
    assertion: Those of `is_negated` and the like that are true; `is_family` of what a
        relative takes.
    former: What was taken before, of "increased from 25 mg to 50 mg".
    section: Label of the section that it is in, or "".
    """

    drug: DrugRecord
    other_names: list[DrugRecord]
    dose: QuantityRecord | None
    rate: QuantityRecord | None
    strength: QuantityRecord | None
    form: NameRecord | None
    route: NameRecord | None
    frequency: FrequencyRecord | None
    duration: LengthRecord | None
    prn: bool
    reason: PlaceRecord | None
    dispense: QuantityRecord | None
    refills: CountRecord | None
    status: str | None
    assertion: list[str]
    section: str
    dosages: list[DosageRecord]
    former: list[DosageRecord]


def make_medication(
    text: str,
    span: Span,
    other_names: Iterable[Span],
    parts: Sequence[Part],
    status: str | None,
) -> MedicationRecord:
    """Make the record of a drug.

    text: Of the note.
    parts: What is said of the drug, in the order of the text.
    """
    names = list(other_names)
    if status in _OVER and not any(part.kind == "quantity" for part in parts):
        # "Off aspirin for 7 days" is no course of it.
        parts = [part for part in parts if part.kind != "duration"]
    parts = [part for part in parts if not _is_why_over(text, part)]
    sig = _describe_parts(text, parts)
    dosages = sig["dosages"]
    firsts: dict[str, Any] = {
        name: next((d[name] for d in dosages if d[name]), None)
        for name in ("dose", "rate", "route", "frequency", "duration", "reason")
    }
    starts = [span.start_char, *(part.start for part in parts)]
    ends = [span.end_char, *(n.end_char for n in names), *(part.end for part in parts)]
    section = _get_section(span)
    assertion = _list_assertion(text, span)
    place = span.start_char, span.end_char
    if section == ALLERGIES or is_allergen(text, *place):
        status = "allergy"
    if "is_family" not in assertion and is_relatives(text, *place):
        assertion.append("is_family")
    return {
        "drug": _describe_drug(span),
        "other_names": [_describe_drug(name) for name in names],
        "dose": firsts["dose"],
        "rate": firsts["rate"],
        "strength": sig["strength"],
        "form": sig["form"],
        "route": firsts["route"],
        "frequency": firsts["frequency"],
        "duration": firsts["duration"],
        "prn": any(dosage["prn"] for dosage in dosages),
        "reason": firsts["reason"],
        "dispense": sig["dispense"],
        "refills": sig["refills"],
        "status": status,
        "assertion": assertion,
        "section": section,
        "dosages": dosages,
        "former": sig["former"],
        "start_char": min(starts),
        "end_char": max(ends),
    }


def _is_why_over(text: str, part: Part) -> bool:
    """Check whether a reason is why a drug is held or was stopped: "held for
    procedure"."""
    before = text[max(part.start - _CONTEXT, 0) : part.start]
    return part.kind == "reason" and _OVER_FOR.search(before) is not None


def _describe_parts(text: str, parts: Sequence[Part]) -> SigRecord:
    """Put parts together, with the little of the text that says what they are."""
    if not parts:
        return describe_sig(assemble("", []))
    start = max(parts[0].start - _CONTEXT, 0)
    end = max(part.end for part in parts)
    moved = [
        part._replace(start=part.start - start, end=part.end - start) for part in parts
    ]
    return describe_sig(assemble(text[start:end], moved), start)


def _describe_drug(span: Span) -> DrugRecord:
    return {
        "text": span.text,
        "label": span.label_,
        "kb_id": span.kb_id_,
        "start_char": span.start_char,
        "end_char": span.end_char,
    }


def _list_assertion(text: str, span: Span) -> list[str]:
    return [
        name
        for name in CONTEXT_ATTRIBUTES
        if Span.has_extension(name)
        and span._.get(name) is True
        and not (name == "is_hypothetical" and _is_taken(text, span))
    ]


def _is_taken(text: str, span: Span) -> bool:
    """Check whether all that makes a drug hypothetical is said of how it is taken."""
    record = span._.assertion if Span.has_extension("assertion") else None
    cues = [
        (cue["start"], cue["end"])
        for cue in (record or {}).get("cues", ())
        if cue["category"] == "hypothetical"
    ]
    start = span.start_char
    return bool(cues) and not any(makes_hypothetical(text, start, cue) for cue in cues)


def _get_section(span: Span) -> str:
    return str(span._.section or "") if Span.has_extension("section") else ""


def bare_medication(record: MedicationRecord) -> MedicationRecord:
    """Copy a record without the text of the note."""
    bare = record.copy()
    bare["drug"] = _bare_drug(record["drug"])
    bare["other_names"] = [_bare_drug(name) for name in record["other_names"]]
    return bare


def _bare_drug(drug: DrugRecord) -> DrugRecord:
    bare = drug.copy()
    bare.pop("text", None)
    return bare
