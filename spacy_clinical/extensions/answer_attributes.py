"""Questions to a Doc, and what is found: `doc._.questions` and `doc._.answers`,
`doc._.hypotheses` and `doc._.statements`."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from spacy.tokens import Doc

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.extensions.doc_data import get_whole, keep
from spacy_clinical.extensions.placed_records import register_records

ANSWERS, STATEMENTS = "answers", "statements"
QUESTIONS, HYPOTHESES = "questions", "hypotheses"


def _get_asked(doc: Doc, *, name: str) -> dict[str, str]:
    return dict(get_whole(doc, f"clinical_{name}") or {})


def _set_asked(doc: Doc, asked: Any, *, name: str) -> None:
    if asked is not None and not isinstance(asked, Mapping):
        kind = type(asked).__name__
        raise CodedValueError(Errors.C976.format(name=name, type=kind))
    keep(doc, f"clinical_{name}", dict(asked) if asked else None)


def register_answer_extensions() -> None:
    """Add the attributes. Repeating it changes nothing."""
    register_records(ANSWERS)
    register_records(STATEMENTS)
    for name in (QUESTIONS, HYPOTHESES):
        getter, setter = partial(_get_asked, name=name), partial(_set_asked, name=name)
        Doc.set_extension(name, getter=getter, setter=setter, force=True)
