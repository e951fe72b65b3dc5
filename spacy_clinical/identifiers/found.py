"""The identifiers found in a Doc: `doc.spans["phi"]`, with what is known of each.

The group's attrs hold a list for each of these, in the order of its spans: "scores",
"kinds" and "sources". Spans that other components wrote have none, and are read with
defaults.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from spacy.tokens import Doc, Span

from spacy_clinical.extensions.span_groups import list_spans, write_rows

PHI_KEY = "phi"
# The types of the checkpoints of i2b2 2014 (obi/deid_bert_i2b2).
LABELS = (
    *("PATIENT", "STAFF", "AGE", "DATE", "PHONE", "ID"),
    *("EMAIL", "PATORG", "LOC", "HOSP", "OTHERPHI"),
)
# What identifiers are more exactly, by their label: all that rules say, and that modes,
# presets and surrogates know.
KINDS_BY_LABEL = {
    "PATIENT": ("name",),
    "STAFF": ("name",),
    "AGE": ("age", "over_89"),
    "DATE": (
        *("date", "birth", "month", "year", "season", "weekday", "holiday", "time"),
    ),
    "PHONE": ("phone", "fax", "pager", "extension"),
    "ID": (
        *("mrn", "ssn", "nhs", "npi", "dea", "insurance", "account", "license"),
        *("device", "vehicle", "specimen", "biometric", "username", "id", "number"),
    ),
    "EMAIL": ("email",),
    "PATORG": ("organization",),
    "LOC": (
        *("street", "box", "unit", "city", "county", "state", "country"),
        *("zip", "postcode", "coordinates"),
    ),
    "HOSP": ("hospital", "room"),
    "OTHERPHI": ("url", "ip", "social"),
}
KINDS = tuple(dict.fromkeys(kind for own in KINDS_BY_LABEL.values() for kind in own))


class Identifier(NamedTuple):
    """An identifier: whole tokens.

    start: Its first character.
    end: The character after it.
    label: One of `LABELS`, or what a checkpoint of its own types says.
    kind: One of `KINDS`, which say what it is more exactly; "" if unknown.
    score: How sure it is, 0..1.
    source: "model", "record" (known of the patient), or the name of a rule.
    """

    start: int
    end: int
    label: str
    kind: str = ""
    score: float = 1.0
    source: str = ""


def set_identifiers(doc: Doc, found: Iterable[Identifier]) -> None:
    """Write identifiers to `doc.spans["phi"]`, in the order of the text.

    Identifiers that start or end inside a token get all of it.
    """
    write_rows(doc, PHI_KEY, sorted(found), _make_attrs)


def _make_attrs(rows: list[Identifier]) -> dict[str, list[Any]]:
    return {
        "scores": [row.score for row in rows],
        "kinds": [row.kind for row in rows],
        "sources": [row.source for row in rows],
    }


def list_identifiers(doc: Doc) -> list[Identifier]:
    """List the identifiers of a Doc, in the order of the text; none if it has no group."""
    spans = list_spans(doc, PHI_KEY)
    if not spans:
        return []
    attrs = doc.spans[PHI_KEY].attrs
    columns = [
        _read_column(attrs, name, len(spans), default)
        for name, default in (("kinds", ""), ("scores", 1.0), ("sources", ""))
    ]
    return sorted(map(_join, spans, *columns))


def list_gold(doc: Doc) -> list[Span]:
    """List the identifiers of an annotated Doc: its group, or else `doc.ents`."""
    return list_spans(doc, PHI_KEY) if PHI_KEY in doc.spans else list(doc.ents)


def _read_column(attrs: dict, name: str, length: int, default: object) -> list:  # type: ignore[type-arg]
    values = attrs.get(name)
    return values if values and len(values) == length else [default] * length


def _join(span: Span, kind: str, score: float, source: str) -> Identifier:
    return Identifier(span.start_char, span.end_char, span.label_, kind, score, source)
