"""The attributes of assertion: `span._.is_negated` and the like, `span._.assertion`.

Names and defaults are those of ConText as medspaCy has them, so that it doesn't matter
which of the two is there first, nor whether both are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from spacy.tokens import Doc, Span, SpanGroup

from spacy_clinical.extensions.concept_attributes import CONCEPT_KEY
from spacy_clinical.extensions.doc_data import (
    count_chars,
    find_kept,
    get_user_data,
    keep,
    restore_lists,
)
from spacy_clinical.extensions.span_groups import follow

CUES_KEY = "assertion_cues"
CONTEXT_ATTRIBUTES = (
    "is_negated",
    "is_uncertain",
    "is_historical",
    "is_hypothetical",
    "is_family",
)
_RECORD = "spacy_clinical.assertion"
_KNOWN = "clinical_known_attributes"


def _get_key(span: Span, name: str) -> tuple[str, str, int, int]:
    return ("._.", name, span.start_char, span.end_char)


def _shift(cues: Iterable[Mapping[str, Any]], by: int) -> list[dict[str, Any]]:
    """Shift the places of cues.

    by (characters): How far.
    """
    return [{**c, "start": c["start"] + by, "end": c["end"] + by} for c in cues]


def _get_record(span: Span) -> dict[str, Any] | None:
    span = follow(span)
    kept = get_user_data(span.doc).get(_get_key(span, _RECORD))
    if kept is None:
        return None
    record: dict[str, Any] = restore_lists(kept)
    # Kept from the span on, as the Doc may become a part of another.
    n_chars = count_chars(span.doc)
    cues = _shift(record["cues"], span.start_char)
    record["cues"] = [cue for cue in cues if 0 <= cue["start"] < cue["end"] <= n_chars]
    return record


def _set_record(span: Span, record: Mapping[str, Any] | None) -> None:
    if record is None:
        get_user_data(span.doc).pop(_get_key(span, _RECORD), None)
        return
    cues = _shift(record["cues"], -span.start_char)
    get_user_data(span.doc)[_get_key(span, _RECORD)] = {**record, "cues": cues}


def set_assertion(
    span: Span,
    scores: Mapping[str, float],
    *,
    cues: Sequence[Mapping[str, Any]] = (),
    section: str = "",
    threshold: float = 0.5,
) -> None:
    """Write what is said of a span: its attributes, and the record of why.

    scores (0 to 1): By attribute; those of `CONTEXT_ATTRIBUTES`.
    cues: Each with start and end (characters), category, direction and rule.
    section: The label of the section that says the rest, or "".
    threshold: What a score has to reach to make its attribute true.
    """
    user_data = get_user_data(span.doc)
    for name, score in scores.items():
        if score >= threshold:
            user_data[_get_key(span, name)] = True
        else:
            # As the default, without a place for it.
            user_data.pop(_get_key(span, name), None)
    _set_record(span, {"scores": dict(scores), "cues": list(cues), "section": section})


def mark_assertion(span: Span, names: Iterable[str]) -> None:
    """Make attributes true for a span, without a record of why: as in gold annotations.

    names: Of `CONTEXT_ATTRIBUTES`; others are passed over.
    """
    for name in set(names).intersection(CONTEXT_ATTRIBUTES):
        get_user_data(span.doc)[_get_key(span, name)] = True


def set_known_attributes(doc: Doc, names: Iterable[str]) -> None:
    """Write which attributes the annotations of a Doc say something of.

    names: Of `CONTEXT_ATTRIBUTES`. Where others aren't true, they may be all the same.
    """
    keep(doc, _KNOWN, sorted(names))


def get_known_attributes(doc: Doc) -> set[str]:
    """Get the attributes that the annotations of a Doc say something of: all, unless
    `set_known_attributes` wrote which."""
    kept = find_kept(doc, _KNOWN)
    if not kept:
        return set(CONTEXT_ATTRIBUTES)
    return {name for part in kept for name in part.value}


class Asserted(NamedTuple):
    """An assertion about a place in a Doc (characters, half open).

    attributes: Those that are true for it.
    cues, section: As in `set_assertion`.
    scores (0 to 1): By attribute, where they aren't only 1 for true and 0 for false.
    """

    start: int
    end: int
    attributes: Sequence[str] = ()
    cues: Sequence[Mapping[str, Any]] = ()
    section: str = ""
    scores: Mapping[str, float] = {}


def set_assertions(doc: Doc, found: Sequence[Asserted], names: Sequence[str]) -> None:
    """Write what is said of many places: for each what `set_assertion` writes.

    names: Of the attributes that are written; those that are not true become false.
    """
    user_data = get_user_data(doc)
    old = [
        key
        for key in user_data
        if isinstance(key, tuple) and len(key) == 4 and key[1] in names
    ]
    if old:
        places = {(one.start, one.end) for one in found}
        for key in old:
            if key[2:] in places:
                del user_data[key]
    # Of most places nothing is said: they share one record.
    nothing: dict[str, Any] = {
        "scores": dict.fromkeys(names, 0.0),
        "cues": [],
        "section": "",
    }
    for start, end, attributes, cues, section, scores in found:
        record: dict[str, Any] = nothing
        if attributes or cues or section or scores:
            for name in attributes:
                user_data["._.", name, start, end] = True
            record = {
                "scores": {
                    name: scores.get(name, float(name in attributes)) for name in names
                },
                "cues": _shift(cues, -start),
                "section": section,
            }
        user_data["._.", _RECORD, start, end] = record


def is_span_key(name: str) -> bool:
    """Check whether data under a name belongs to a span, not to a stretch of a Doc."""
    return name in (_RECORD, CONCEPT_KEY) or Span.has_extension(name)


def move_cues(
    value: Any,
    old_start: int,
    new_start: int,
    move: Callable[[int, int], tuple[int, int]],
) -> Any:
    """Move the cues in a record of assertion to where they are in a changed text.

    value: What is kept with a span. Anything else than such a record stays as it is.
    old_start, new_start (characters): Where the span starts.
    move: Finds where a place of the old text is in the new one.
    """
    if not isinstance(value, dict) or "cues" not in value:
        return value
    cues = []
    for cue in value["cues"]:
        start, end = move(cue["start"] + old_start, cue["end"] + old_start)
        cues.append({**cue, "start": start - new_start, "end": end - new_start})
    return {**value, "cues": cues}


def set_cues(doc: Doc, places: Sequence[tuple[int, int, str]]) -> None:
    """Write the cues of a Doc as a span group.

    places (characters): Start, end and label of each, in order. They become all tokens
        that are in them.
    """
    found = (doc.char_span(*place, alignment_mode="expand") for place in places)
    spans = [span for span in found if span is not None]
    doc.spans[CUES_KEY] = SpanGroup(doc, name=CUES_KEY, spans=spans)


def _get_context_attributes(span: Span) -> dict[str, bool]:
    return {name: span._.get(name) for name in CONTEXT_ATTRIBUTES}


def _has_context_attribute(span: Span) -> bool:
    return any(_get_context_attributes(span).values())


def register_assertion_extensions() -> None:
    """Add the attributes of assertion. Repeating it changes nothing.

    What others have added under ConText's names stays.
    """
    for name in CONTEXT_ATTRIBUTES:
        if not Span.has_extension(name):
            Span.set_extension(name, default=False)
    for name, getter in (
        ("context_attributes", _get_context_attributes),
        ("any_context_attributes", _has_context_attribute),
    ):
        if not Span.has_extension(name):
            Span.set_extension(name, getter=getter)
    Span.set_extension("assertion", getter=_get_record, setter=_set_record, force=True)
