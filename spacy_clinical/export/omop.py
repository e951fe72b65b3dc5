"""Write records as rows of OMOP's table NOTE_NLP, one for each entity.

    note_nlp_id                     bigint, the same whenever the same note is exported
    note_id                         the note's id if it is a number (as in the table
                                    NOTE), else a bigint made of its id and source, and
                                    term_modifiers has the id
    section_concept_id              0; term_modifiers has the section's label
    snippet                         up to 250 characters around the term; as in all that
                                    is written as CSV, an apostrophe stands before what
                                    a spreadsheet would take for a formula
    offset                          where the term starts, in characters of the note
    lexical_variant                 the term, up to 250 characters
    note_nlp_source_concept_id      the concept that the entity was linked to, if its
                                    vocabulary was built from OMOP's and is named omop,
                                    or refers to one concept of OMOP's; else 0
    note_nlp_concept_id             the standard concept that OMOP maps that one to, or
                                    that one if no mapping was built in; else 0: "no
                                    matching concept"
    nlp_system                      this package, with its version
    nlp_date, nlp_datetime          when the note was processed
    term_exists                     N for what isn't said of the patient (family history,
                                    what may come), under allergies, or what assertion
                                    (is_negated, negex) says is denied; Y where it says
                                    it isn't and nothing else is in doubt; else empty
    term_temporal                   Past for what assertion says is historical and drugs
                                    that were stopped or completed, Future for what it
                                    says is hypothetical and drugs and procedures of a
                                    plan, Present for what exists and that it says is not
                                    historical; else empty
    term_modifiers                  label=, section=, subject=, conditional=, allergy=,
                                    negation=, certainty=, history=, status= (stopped,
                                    on-hold, not-taken or completed drugs), score=, note=,
                                    and all other attributes by their names

The ids are numbers of 63 bits, so that those of several exports don't meet. Where the
columns are 32 bits wide, as in OHDSI's own scripts, number the rows (`first_id`).

SOURCE: OMOP Common Data Model 5.4, NOTE_NLP.
"""

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from spacy_clinical.about import __title__, __version__
from spacy_clinical.export.claims import (
    ASSERTED,
    Assertion,
    Claims,
    Role,
    read_assertion,
)
from spacy_clinical.export.codings import find_system
from spacy_clinical.export.concepts import list_parts
from spacy_clinical.files.atomic import open_atomic
from spacy_clinical.files.cells import TableWriter, guard_cell
from spacy_clinical.files.json_text import keep_finite, write_json

CONCEPT_IDS = ("note_nlp_concept_id", "note_nlp_source_concept_id")
COLUMNS = (
    *("note_nlp_id", "note_id", "section_concept_id", "snippet", "offset"),
    *("lexical_variant", *CONCEPT_IDS),
    *("nlp_system", "nlp_date", "nlp_datetime"),
    *("term_exists", "term_temporal", "term_modifiers"),
)
# term_exists and modifiers by role.
TERMS: dict[Role, tuple[str, tuple[str, ...]]] = {
    "stated": ("", ()),
    "planned": ("", ()),
    "hypothetical": ("N", ("conditional=true",)),
    "family": ("N", ("subject=family",)),
    "allergy": ("N", ("allergy=true",)),
}
# Entities that lie in the future in a plan. Its disorders are present already.
TO_BE_DONE = frozenset(
    {"Medication", "Diagnostic_procedure", "Therapeutic_procedure", "Dosage"}
)
# Characters on each side of a term in its snippet, and of the columns at most.
AROUND = 60
MAX_TEXT, MAX_MODIFIERS = 250, 2000
# The name of its vocabularies, as a system of codes.
OMOP = "OMOP"
# The column must not be empty.
LEFT_OUT = "[left out]"


def list_rows(record: Mapping[str, Any], *, date: str) -> Iterator[dict[str, Any]]:
    """List the entities of a record as rows; the keys are `COLUMNS`.

    record: As `records.make_record` makes it.
    date: When the note was processed (2026-09-14).
    """
    text = record.get("text") or ""
    note_id = _read_number(record["id"])
    claims = Claims(record)
    for ent in record["entities"]:
        start, end = ent["start"], ent["end"]
        role = claims.find_role_of(ent)
        assertion = read_assertion(ent)
        exists = _find_existence(role, assertion)
        is_ahead = assertion.is_hypothetical or (
            role == "planned" and ent["label"] in TO_BE_DONE
        )
        is_present = exists == "Y" and assertion.is_current
        status = _find_status(claims, ent, role)
        modifiers = [
            f"label={ent['label']}",
            f"section={ent['section']}",
            *TERMS[role][1],
            *_list_modifiers(assertion),
            *([f"status={status}"] if status else []),
        ]
        if keep_finite(ent["score"]) is not None:
            modifiers.append(f"score={ent['score']}")
        if note_id is None:
            modifiers.append(f"note={_clean(record['id'])}")
        variant = _clean(ent.get("text") or "")
        snippet = text[max(start - AROUND, 0) : end + AROUND]
        yield {
            "note_nlp_id": make_number(record, start, end, ent["label"]),
            "note_id": make_number(record) if note_id is None else note_id,
            "section_concept_id": 0,
            "snippet": guard_cell(_clean(snippet))[:MAX_TEXT],
            "offset": str(start),
            "lexical_variant": guard_cell(variant)[:MAX_TEXT] or LEFT_OUT,
            **dict(zip(CONCEPT_IDS, find_concept_ids(ent), strict=True)),
            "nlp_system": f"{__title__} {__version__}",
            "nlp_date": date,
            "nlp_datetime": f"{date} 00:00:00",
            "term_exists": exists,
            "term_temporal": _find_time(
                assertion, status, is_ahead=is_ahead, is_present=is_present
            ),
            "term_modifiers": _join(modifiers, ent.get("attributes") or {}),
        }


def find_concept_ids(ent: Mapping[str, Any]) -> tuple[int, int]:
    """Find OMOP's ids of the concept of an entity: standard and source; 0 for none.

    ent: Its record. What names several concepts has no id, as a row has place for one.
    """
    parts = list_parts(ent)
    if len(parts) != 1:
        return 0, 0
    [concept] = parts
    system, code = find_system(concept)
    mapped = (concept.get("xrefs") or {}).get(OMOP, ())
    target = _read_number(mapped[0]) or 0 if len(mapped) == 1 else 0
    if system != OMOP:
        return target, target
    source = _read_number(code) or 0
    return (target if mapped else source), source


def write_rows(
    records: Iterable[Mapping[str, Any]],
    path: Path,
    *,
    date: str,
    first_id: int | None = None,
) -> int:
    """Write the rows of records as CSV; the file appears when all are written.

    path: In a folder that exists.
    date: When the notes were processed (2026-09-14).
    first_id: Number the rows from here on, for columns of 32 bits. None: by `make_number`.
    RETURNS: The number of records.
    """
    n_records = 0
    numbers = itertools.count(first_id or 0)
    with open_atomic(path) as handle:
        table = TableWriter(handle, COLUMNS)
        for record in records:
            for row in list_rows(record, date=date):
                if first_id is not None:
                    row["note_nlp_id"] = next(numbers)
                table.write(row.values())
            n_records += 1
    return n_records


def make_number(record: Mapping[str, Any], *parts: object) -> int:
    """Make a number of 63 bits, the same for the same part of the same note."""
    names = write_json([record["source"], record["id"], *map(str, parts)])
    digest = hashlib.sha256(names.encode("ascii")).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _find_existence(role: Role, assertion: Assertion) -> str:
    if assertion.is_negated or TERMS[role][0]:
        return "N"
    is_sure = assertion.is_affirmed and not assertion.is_uncertain
    return "Y" if is_sure and role == "stated" else ""


def _find_status(claims: Claims, ent: Mapping[str, Any], role: Role) -> str:
    """Find the status of a drug by its line or the title of its list; "" if unknown."""
    if ent["label"] != "Medication" or role in ("allergy", "family"):
        return ""
    status = claims.find_status(ent["start"], ent["end"])
    return "" if status in ("unknown", "intended") else status


def _find_time(
    assertion: Assertion, status: str, *, is_ahead: bool, is_present: bool
) -> str:
    if assertion.is_historical or status in ("stopped", "completed"):
        return "Past"
    if is_ahead:
        return "Future"
    return "Present" if is_present else ""


def _list_modifiers(assertion: Assertion) -> list[str]:
    """List the assertion of a finding as OMOP's modifiers."""
    modifiers = {
        "negation=true": assertion.is_negated,
        "certainty=uncertain": assertion.is_uncertain,
        "history=true": assertion.is_historical,
    }
    return [modifier for modifier, holds in modifiers.items() if holds]


def _join(modifiers: list[str], attributes: Mapping[str, Any]) -> str:
    """Join modifiers, and as many of the attributes that aren't about assertion and have
    a value as fit into the column."""
    text = ",".join(modifiers)[:MAX_MODIFIERS]
    for name, value in attributes.items():
        if name in ASSERTED or value in (None, "", [], {}):
            continue
        written = value if isinstance(value, str) else write_json(value)
        # Commas separate modifiers.
        modifier = f"{name}={_clean(written.replace(',', ' '))}"
        if len(text) + 1 + len(modifier) <= MAX_MODIFIERS:
            text = f"{text},{modifier}"
    return text


def _read_number(note_id: str) -> int | None:
    """Read the id of a note as a number of at most 63 bits; None if it isn't one."""
    if not (note_id.isascii() and note_id.isdigit() and len(note_id) < 20):
        return None
    number = int(note_id)
    return number if number < 2**63 else None


def _clean(text: str) -> str:
    """Remove control characters, which databases don't accept, and surplus white space."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
