"""The attributes that the package adds to Doc, Span and Token.

All read from native slots (span groups and their attrs) or plain data, so that
they survive DocBin, to_bytes, pickle, `Doc.copy` and other processes. Spans are never
stored. What else is done with a Doc:

    Doc.from_docs           keeps sections, their titles and bodies, entities with their
                            concepts, forms with boxes and pages (their numbers count
                            within each form), `form_fields`, `form_tables`, `icd9` (with
                            evidence where it is now), relations and their records,
                            answers and statements,
                            provenance and the first error. spaCy drops `doc.cats` and
                            attrs of span groups, and so scores and what abbreviations
                            stand for; `clinical_pieces`,
                            `clinical_vector` and `icd9_groups` hold for one note only.
    span.as_doc             spaCy drops span groups: no sections. With
                            copy_user_data=True boxes and pages, fields, relations,
                            answers and statements that are all inside, provenance and error stay. Codes are of a whole note:
                            a part of it has none.
    doc.retokenize          all follow, by their characters: a merged token has the box
                            around its words, a part of a word the word's box. spaCy's own
                            groups don't: `span_groups.realign_spans` brings them up to
                            date.
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import Any

from spacy.tokens import Doc, Span, Token

from spacy_clinical.about import __title__, __version__
from spacy_clinical.errors import Errors, find_code, get_own_message, name_type
from spacy_clinical.extensions.abbreviation_attributes import (
    register_abbreviation_extensions,
)
from spacy_clinical.extensions.answer_attributes import register_answer_extensions
from spacy_clinical.extensions.assertion_attributes import register_assertion_extensions
from spacy_clinical.extensions.concept_attributes import register_concept_extensions
from spacy_clinical.extensions.doc_data import (
    count_chars,
    find_kept,
    get_user_data,
    get_whole,
    keep,
    read_chars,
    read_text,
    restore_lists,
    sign,
)
from spacy_clinical.extensions.form_attributes import FIELDS_KEY as FIELDS_KEY
from spacy_clinical.extensions.form_attributes import Layout as Layout
from spacy_clinical.extensions.form_attributes import register_form_extensions
from spacy_clinical.extensions.form_attributes import set_form_fields as set_form_fields
from spacy_clinical.extensions.form_data import FORM_KEY as FORM_KEY
from spacy_clinical.extensions.known_identifiers import register_known_identifiers
from spacy_clinical.extensions.note_dates import register_note_dates
from spacy_clinical.extensions.relation_attributes import register_relation_extensions
from spacy_clinical.extensions.span_groups import find_by_start, follow, is_current

SECTIONS_KEY = "sections"
SUBSECTIONS_KEY = "subsections"
SECTION_TITLES_KEY = "section_titles"
NER_KEY = "ner"
ICD9_KEY = "spacy_clinical.icd9"
LAYOUT_KEY = "layout"
FORM_SPANS_KEY = "form"
# Characters between a title and its text, where no place of the text is kept.
BODY = re.compile(r"[ \t]*[*_\])>\"=~#]{0,12}[ \t]*:*\s*")


def section_of(doc: Doc, token_index: int) -> Span | None:
    """Find the section that holds a token; None if the Doc has no sections."""
    sections, index = find_by_start(doc, SECTIONS_KEY, token_index + 1)
    return sections[index - 1] if index else None


def _get_token_section(token: Token) -> str:
    section = section_of(token.doc, token.i)
    return section.label_ if section is not None else ""


def _get_span_section(span: Span) -> str:
    span = follow(span)
    section = section_of(span.doc, span.start) if len(span) else None
    return section.label_ if section is not None else ""


def find_section_title(span: Span) -> tuple[Span | None, int]:
    """Find a section's own title, and where the text under it starts.

    The first title inside a titled section or subsection is its own, and has its
    label; a preamble may hold titles of its parts only.

    span: With the tokens that it has now.
    """
    titles, index = find_by_start(span.doc, SECTION_TITLES_KEY, span.start)
    if index == len(titles):
        return None, span.start
    title = titles[index]
    if title.end > span.end or title.label != span.label:
        return None, span.start
    attrs = span.doc.spans[SECTION_TITLES_KEY].attrs
    places, tokens = attrs.get("body_places", ()), attrs.get("body_starts", ())
    if len(places) == len(titles):
        body = _find_token(span, places[index])
    elif len(tokens) == len(titles) and is_current(title):
        # As earlier versions wrote it, in tokens.
        body = tokens[index]
    else:
        after = span.doc[title.end : span.end].text_with_ws
        mark = BODY.match(after)
        offset = mark.end() if mark else 0
        start = span.doc[title.end].idx if title.end < span.end else 0
        body = span.end if offset >= len(after) else _find_token(span, start + offset)
    return title, min(max(body, title.end), span.end)


def _find_token(span: Span, place: int) -> int:
    """Find the token of a span that a character is in, or its end."""
    if place >= span.end_char:
        return span.end
    tokens = range(span.start, span.end)
    index = bisect_right(tokens, place, key=lambda i: span.doc[i].idx) - 1
    return tokens[max(index, 0)]


def _get_section_title(span: Span) -> Span | None:
    return find_section_title(follow(span))[0]


def _get_section_body(span: Span) -> Span:
    span = follow(span)
    return span.doc[find_section_title(span)[1] : span.end]


def _get_score(span: Span) -> float | None:
    """Get the score of a predicted span, from the first group that has one for it."""
    span = follow(span)
    for key, group in span.doc.spans.items():
        scores = group.attrs.get("scores")
        if not scores or len(scores) != len(group):
            continue
        others, first = find_by_start(span.doc, key, span.start, to_end=True)
        for i in range(first, len(others)):
            other = others[i]
            if other.start != span.start:
                break
            if (other.end, other.label) == (span.end, span.label):
                return float(scores[i])
    return None


def _get_icd9(doc: Doc) -> list[dict[str, Any]]:
    codes = []
    is_whole = get_whole(doc, ICD9_KEY) is not None
    for start, end, value in find_kept(doc, ICD9_KEY):
        # Earlier versions kept the records alone.
        records = value.get("codes", ()) if isinstance(value, dict) else value
        if not is_whole:
            text = read_chars(doc, start, end)
            if not isinstance(value, dict) or sign(text) != value["text"]:
                continue
        # DocBin makes tuples of lists.
        codes += [_move(record, start) for record in restore_lists(records)]
    return codes


def _move(record: dict[str, Any], start: int) -> dict[str, Any]:
    for place in record.get("evidence", ()) if start else ():
        place["start"] += start
        place["end"] += start
    return record


def _set_icd9(doc: Doc, records: list[dict[str, Any]]) -> None:
    keep(doc, ICD9_KEY, {"text": sign(read_text(doc)), "codes": records})


def _get_provenance(doc: Doc) -> dict[str, Any] | None:
    """Get what made a Doc: the entries on which all Docs that it was joined from agree."""
    kept = find_kept(doc, "clinical_provenance")
    parts: list[dict[str, Any]] = [value for *_, value in kept if value]
    if len(parts) < 2:
        return parts[0] if parts else None
    merged = {name: value for part in parts for name, value in part.items()}
    return {
        name: value
        for name, value in merged.items()
        if all(part.get(name, value) == value for part in parts)
    }


def _get_error(doc: Doc) -> dict[str, Any] | None:
    errors = (kept.value for kept in find_kept(doc, "clinical_error"))
    return next((error for error in errors if error is not None), None)


def _get_groups(doc: Doc) -> dict[str, Any]:
    groups: dict[str, Any] | None = get_whole(doc, "icd9_groups")
    return {} if groups is None else groups


def _set(doc: Doc, value: Any, *, name: str) -> None:
    keep(doc, name, value)


def _get(doc: Doc, *, name: str) -> Any:
    return get_whole(doc, name)


def record_error(
    doc: Doc, name: str, error: Exception, *, n_chars: int | None = None
) -> None:
    """Record on a Doc the first component that failed on it, and the error.

    The message is kept of the package's own errors, which quote no note; of others only
    the type, and spaCy's code.

    name: The component.
    n_chars: Length of the note, where the Doc could not be made.
    """
    if doc._.clinical_error is None:
        n_chars = len(read_text(doc)) if n_chars is None else n_chars
        doc._.clinical_error = describe_failure(name, error, n_chars=n_chars)


def describe_failure(name: str, error: Exception, *, n_chars: int) -> dict[str, str]:
    """Describe an error as `record_error` does.

    name: What failed.
    n_chars: Length of the note.
    """
    code, kind = find_code(error), name_type(error)
    message = get_own_message(error) or Errors.C312.format(
        name=name, n_chars=n_chars, error=f"{kind} [{code}]" if code else kind
    )
    return {"component": name, "code": code, "type": kind, "message": str(message)}


def register_extensions() -> None:
    """Add the package's attributes. Repeating it changes nothing."""
    Token.set_extension("section", getter=_get_token_section, force=True)
    Span.set_extension("section", getter=_get_span_section, force=True)
    Span.set_extension("section_parent", getter=_get_span_section, force=True)
    Span.set_extension("section_title", getter=_get_section_title, force=True)
    Span.set_extension("section_body", getter=_get_section_body, force=True)
    Span.set_extension("score", getter=_get_score, force=True)
    register_form_extensions()
    register_assertion_extensions()
    register_abbreviation_extensions()
    register_concept_extensions()
    register_relation_extensions()
    register_answer_extensions()
    register_known_identifiers()
    register_note_dates()
    getters: dict[str, Callable[[Doc], Any]] = {
        "clinical_pieces": partial(_get, name="clinical_pieces"),
        "clinical_vector": partial(_get, name="clinical_vector"),
        "clinical_provenance": _get_provenance,
        "clinical_error": _get_error,
        "icd9_groups": _get_groups,
    }
    for name, getter in getters.items():
        setter = partial(_set, name=name)
        Doc.set_extension(name, getter=getter, setter=setter, force=True)
    Doc.set_extension("icd9", getter=_get_icd9, setter=_set_icd9, force=True)


def add_to(doc: Doc, attribute: str, name: str, value: dict[str, Any]) -> None:
    """Add plain data of a component, under its name, to an attribute of a Doc.

    attribute: `clinical_pieces` or `clinical_provenance`. The latter also gets the
        version of the package.
    """
    # What holds for the whole Doc is the only data of that name; see `keep`.
    key = ("._.", attribute, 0, count_chars(doc))
    kept = get_user_data(doc).get(key)
    entries = kept or doc._.get(attribute) or {}
    made_by = {__title__: __version__} if attribute == "clinical_provenance" else {}
    entries = {**made_by, **entries, name: value}
    if kept is None:
        doc._.set(attribute, entries)
    else:
        get_user_data(doc)[key] = entries


register_extensions()
