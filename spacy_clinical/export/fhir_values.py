"""Make the values of FHIR's resources: ids, references, dates, texts."""

import datetime
import re
import uuid
from collections.abc import Mapping
from html import escape
from typing import Any, TypeAlias
from urllib.parse import quote

from spacy_clinical.files.json_text import keep_finite, write_json

Resource: TypeAlias = dict[str, Any]

SPACE = uuid.UUID("6f0d7c1e-58a1-5e0b-9a53-6d4f4c0f6f54")
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
EMPTY_REASON = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
XHTML = "http://www.w3.org/1999/xhtml"
SCORE = "urn:spacy-clinical:score"
ATTRIBUTE = "urn:spacy-clinical:attribute:"
SNOMED = "http://snomed.info/sct"
ROLE_CODES = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
ALLERGY_STATUS = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
ALLERGY_CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
NO_KNOWN_ALLERGY = {
    "coding": [{"system": SNOMED, "code": "716186003", "display": "No known allergy"}],
    "text": "No known allergies",
}
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_REFERENCE = re.compile(r"(https?://\S+/)?[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}")
_TIME = r"T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-](0\d|1[0-4]):[0-5]\d)"
_DATE = re.compile(rf"(\d{{4}})(?:-(\d\d)(?:-(\d\d)(?:{_TIME})?)?)?")
# What XML, and so FHIR's narrative, can't hold.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def make_uuid(*parts: str) -> str:
    """Make a UUID that is the same for the same parts."""
    # As JSON: ASCII, and no two lists of parts look alike.
    return str(uuid.uuid5(SPACE, write_json(parts)))


def make_subject(patient: str | None) -> Resource:
    """Refer to a patient.

    patient: A reference such as "Patient/123", or an id; one that can't be part of a
        reference is given as an identifier. None: unknown.
    """
    if patient is not None and _REFERENCE.fullmatch(patient):
        return {"reference": patient}
    if patient is not None and _ID.fullmatch(patient):
        return {"reference": f"Patient/{patient}"}
    value = clean(patient or "")
    if value:
        return {"type": "Patient", "identifier": {"value": value}}
    return {"extension": [{"url": ABSENT, "valueCode": "unknown"}], "type": "Patient"}


def make_extensions(
    score: float | None, attributes: Mapping[str, Any] | None
) -> Resource:
    """Make the extensions for a score and for attributes that components have set.

    attributes: Booleans, numbers and texts; others are left out.
    """
    extensions: list[Resource] = []
    if keep_finite(score) is not None:
        extensions.append({"url": SCORE, "valueDecimal": score})
    for name, value in (attributes or {}).items():
        typed = _type_value(value)
        if typed:
            extensions.append({"url": f"{ATTRIBUTE}{quote(name)}", **typed})
    return {"extension": extensions} if extensions else {}


def _type_value(value: Any) -> Resource:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, int) and abs(value) < 2**31:
        return {"valueInteger": value}
    if isinstance(value, int | float) and keep_finite(value) is not None:
        return {"valueDecimal": value}
    text = clean(value) if isinstance(value, str) else ""
    return {"valueString": text} if text else {}


def make_status(name: str, system: str, code: str) -> Resource:
    """Make an element that holds one code, such as verificationStatus."""
    return {name: {"coding": [{"system": system, "code": code}]}}


def make_narrative(text: str) -> Resource:
    """Write a text unchanged as a narrative (XHTML)."""
    lines = escape(_NOT_XML.sub("", text).strip())
    div = f'<div xmlns="{XHTML}"><pre>{lines or "No text."}</pre></div>'
    return {"status": "generated", "div": div}


def is_date(text: str) -> bool:
    """Check whether FHIR takes a text as a date, with or without a time."""
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    year, month, day = (int(match[i] or 1) for i in (1, 2, 3))
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True


def clean(text: str) -> str:
    """Remove control characters and surplus white space, which FHIR's strings exclude."""
    return " ".join(_NOT_XML.sub("", text).split())
