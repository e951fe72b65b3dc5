"""The records of `doc._.medications`: plain data, with places in characters of the note.

Only the names of drugs are text; all else is numbers, codes, fixed names and places.
"""

from spacy_clinical.relations.sig.records import (
    CountRecord,
    DosageRecord,
    FrequencyRecord,
    LengthRecord,
    NameRecord,
    PlaceRecord,
    QuantityRecord,
)


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
    status: "start", "stop", "hold", "continue", "change" or None.
    assertion: Those of `is_negated` and the like that are true.
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
