"""Find placeholders of notes that were de-identified before, as what they stand for."""

import re
from collections.abc import Iterator

from spacy_clinical.identifiers.found import Identifier

SOURCE = "placeholders"
# MIMIC's, also over a line break, as the tokenizer has them.
_PLACEHOLDER = re.compile(r"\[\*\*(?P<what>(?:(?!\[\*\*|\*\*\])[\s\S]){0,200})\*\*\]")
# What their words stand for; the first that fits counts.
_MEANINGS = [
    ("AGE", "over_89", r"age over|over 90"),
    ("EMAIL", "email", r"e-?mail"),
    ("OTHERPHI", "url", r"\burl\b"),
    ("PHONE", "phone", r"phone|telephone|fax|pager|contact info"),
    ("ID", "ssn", r"social security"),
    ("ID", "mrn", r"medical record|\bmrn\b|unit number"),
    (
        "ID",
        "id",
        r"number|numeric|identifier|clip|account|licen[sc]e|serial|\bid\b|job",
    ),
    ("HOSP", "hospital", r"hospital|ward|clinic|medical center|\bunit\b|\bfloor\b"),
    ("LOC", "street", r"street|address|apartment"),
    ("LOC", "box", r"p\.?o\.? box"),
    ("LOC", "county", r"county"),
    ("LOC", "country", r"country"),
    ("LOC", "state", r"^state(?!/)"),
    ("LOC", "", r"location|state|zip"),
    ("PATORG", "organization", r"university|college|company|employer|organization"),
    (
        "STAFF",
        "",
        r"dictator|attending|doctor|provider|initials|md number|\bcc\b|signature",
    ),
    ("DATE", "holiday", r"holiday"),
    ("DATE", "weekday", r"day of week"),
    ("DATE", "month", r"month(?!-?/?day)"),
    ("DATE", "year", r"^year|\byear \("),
    ("PATIENT", "name", r"name|initial"),
    ("DATE", "date", r"date|\bday\b|month|year"),
]
_COMPILED = [
    (label, kind, re.compile(pattern, re.IGNORECASE))
    for label, kind, pattern in _MEANINGS
]
_IS_DATE = re.compile(
    r"[\d?]{1,4}[-/][\d?]{1,4}(?:[-/][\d?]{1,4})?|(?:18|19|20|21)\d\d"
)
_IS_TITLED = re.compile(
    r"\b(?:Drs?|Doctor|Prof(?:essor)?|Nurse|Attending|by|Physician|PCP)[.:]{0,2} ?$",
    re.I,
)
_HAS_DEGREE = re.compile(r",? (?:M\.?D|D\.?O|R\.?N|N\.?P|PA)\b")


def find_placeholders(text: str) -> Iterator[Identifier]:
    """Find the placeholders in a text.

    text: The folded text.
    """
    for match in _PLACEHOLDER.finditer(text):
        label, kind = _read(match["what"].strip())
        before = text[max(match.start() - 20, 0) : match.start()]
        is_staff = _IS_TITLED.search(before) or _HAS_DEGREE.match(text, match.end())
        if label == "PATIENT" and is_staff:
            label = "STAFF"
        yield Identifier(*match.span(), label, kind, 1.0, SOURCE)


def _read(what: str) -> tuple[str, str]:
    """Read what a placeholder stands for."""
    if _IS_DATE.match(what):
        return "DATE", "date"
    for label, kind, pattern in _COMPILED:
        if pattern.search(what):
            return label, kind
    return "OTHERPHI", ""
