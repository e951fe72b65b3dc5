"""Assertions in records: whether findings hold, for whom and when.

An entity in a record has these fields, of `clinical_assertion` or of any component that
sets ConText's attributes:

    is_negated, is_uncertain, is_historical, is_hypothetical, is_family
                 true or false; null where nothing has looked
    assertion    null, or why: scores by attribute; cues (start, end in characters of the
                 note, category, direction, rule), where a model says so, the entity itself
                 with direction and rule "model"; section: the label of the section
                 that says the rest, or ""
"""

from collections.abc import Collection, Mapping
from typing import Any, TypedDict

from spacy.tokens import Span

from spacy_clinical.assertion.cues import CATEGORIES, DIRECTIONS, MODEL
from spacy_clinical.assertion.resource import list_shipped_rules
from spacy_clinical.export.attributes import AttributeReader, Attributes
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES
from spacy_clinical.files.json_text import round_finite
from spacy_clinical.sections.state import OTHER

FIELDS = (*CONTEXT_ATTRIBUTES, "assertion")


class CueRecord(TypedDict, total=False):
    """Words that say something of a finding. rule: As in the list of cues."""

    start: int
    end: int
    category: str
    direction: str
    rule: str


class AssertionRecord(TypedDict):
    """The reasons why a finding holds or doesn't."""

    scores: dict[str, float | None]
    cues: list[CueRecord]
    section: str


def describe_assertion(span: Span) -> dict[str, Any]:
    """Read the fields of a span."""
    kept: AssertionRecord | None = span._.assertion
    # Attributes of others may have getters that raise.
    values = AttributeReader(Attributes(span=CONTEXT_ATTRIBUTES)).read_span(span)
    scores = kept["scores"] if kept else {}
    if kept is None and True not in values.values():
        return dict.fromkeys(FIELDS)
    fields: dict[str, Any] = {
        name: bool(value) if value or kept is None or name in scores else None
        for name, value in values.items()
    }
    if kept is not None:
        rounded = {name: round_finite(score) for name, score in scores.items()}
        kept = {**kept, "scores": rounded}
    return {**fields, "assertion": kept}


def bare_assertion(row: Mapping[str, Any], labels: Collection[str]) -> dict[str, Any]:
    """Copy the fields of an entity without words of the note.

    row: A record of an entity, which may come from anywhere.
    labels: Of sections that may stay.
    """
    bare: dict[str, Any] = {
        name: row[name] if isinstance(row[name], bool) else None
        for name in CONTEXT_ATTRIBUTES
        if name in row
    }
    kept = row.get("assertion")
    if isinstance(kept, Mapping):
        section = kept.get("section") or ""
        bare["assertion"] = {
            "scores": {
                name: score
                for name, score in (kept.get("scores") or {}).items()
                if name in CONTEXT_ATTRIBUTES and _is_share(score)
            },
            "cues": [_bare_cue(cue) for cue in kept.get("cues") or ()],
            "section": section if not section or section in labels else OTHER,
        }
    elif "assertion" in row:
        bare["assertion"] = None
    return bare


def _is_share(score: Any) -> bool:
    return score is None or (isinstance(score, int | float) and 0 <= score <= 1)


def _bare_cue(cue: Mapping[str, Any]) -> dict[str, Any]:
    known: dict[str, Collection[str]] = {
        "category": CATEGORIES,
        "direction": (*DIRECTIONS, MODEL),
        # Cues that users have added may be words of a note.
        "rule": (MODEL,) if cue.get("rule") == MODEL else list_shipped_rules(),
    }
    bare = {name: cue[name] for name in ("start", "end") if type(cue.get(name)) is int}
    return bare | {name: cue[name] for name in known if cue.get(name) in known[name]}
