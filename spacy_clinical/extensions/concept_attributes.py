"""The concepts of spans: scispaCy's `span._.kb_ents`, and `span._.concept`.

Both are plain data that a Doc keeps with the characters of a span. So saved Docs have
them, and parts of other Docs, and Docs that were retokenized.
"""

from collections.abc import Sequence
from typing import Any

from spacy.tokens import Span

from spacy_clinical.extensions.doc_data import get_user_data, restore_lists
from spacy_clinical.extensions.span_groups import follow

_ENTS, _RECORD = "kb_ents", "concept"


def set_concept(
    span: Span, ids: Sequence[tuple[str, float]], record: dict[str, Any] | None
) -> None:
    """Write the concepts that a span may mean, and a record of the best one.

    ids: With their scores, the best first.
    record: Plain data; None if no concept fits.
    """
    _set_ents(span, ids)
    _set_record(span, record)


def _get_key(span: Span, name: str) -> tuple[str, str, int, int]:
    return ("._.", name, span.start_char, span.end_char)


def _get_ents(span: Span) -> list[tuple[str, float]]:
    """The ids of concepts that a span may mean, with their scores, the best first."""
    span = follow(span)
    kept = get_user_data(span.doc).get(_get_key(span, _ENTS), ())
    return [(key, score) for key, score in kept]


def _set_ents(span: Span, ids: Sequence[tuple[str, float]]) -> None:
    _keep(span, _ENTS, [[key, float(score)] for key, score in ids])


def _get_record(span: Span) -> dict[str, Any] | None:
    """The concept of a span; None if it has none."""
    span = follow(span)
    kept = get_user_data(span.doc).get(_get_key(span, _RECORD))
    record: dict[str, Any] | None = restore_lists(kept)
    return record


def _set_record(span: Span, record: dict[str, Any] | None) -> None:
    _keep(span, _RECORD, record)


def _keep(span: Span, name: str, value: Any) -> None:
    if value:
        get_user_data(span.doc)[_get_key(span, name)] = value
    else:
        get_user_data(span.doc).pop(_get_key(span, name), None)


def register_concept_extensions() -> None:
    """Add the attributes of concepts. Repeating it changes nothing."""
    Span.set_extension(_ENTS, getter=_get_ents, setter=_set_ents, force=True)
    Span.set_extension(_RECORD, getter=_get_record, setter=_set_record, force=True)
