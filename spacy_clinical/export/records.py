"""Make plain records of Docs, ready for JSON.

All offsets count characters (Unicode code points) of the note's text, half open,
so that `text[start:end]` is the span, in Python and in any language whose strings
count code points. A record:

    id, source, meta   of the note as it was read
    n_chars            length of its text
    text               the text, unchanged; of a note that wasn't plain text, the text that
                       it was converted to
    sections           they tile the note: label, loinc, title, start, end, body_start,
                       score
    subsections        label, title, start, end, body_start, section, score
    entities           doc.ents: label, text, start, end, score, section; whether they
                       hold (is_negated and the like, assertion), as `assertions` says;
                       what they mean (kb_id, kb_ents, concept), as `concepts` says;
                       when (date), as `relation_records` says
    overlapping        entities that were predicted too, but overlap those above
    codes              doc._.icd9, best first: code, label, title, chapter,
                       chapter_codes, ccs, icd10, score, evidence (section, start, end,
                       score)
    abbreviations      short forms: start, end, text, long_form and more, as
                       `abbreviations` says
    relations, medications, measurements
                       what belongs to what, as `relation_records` says
    n_sentences        0 if nothing set sentences
    sentences          where they start; each ends where the next one starts
    pieces             per component, what its model saw (doc._.clinical_pieces)
    provenance         per component, what made it (doc._.clinical_provenance); under
                       "reader", what form a note had that was converted to plain text
                       (source_format: html, xml, hl7, rtf, docx ...), which all offsets
                       point into
    error              null, or what failed (doc._.clinical_error): component, code,
                       type, message; nothing of the note is in it
    identifiers        doc.spans["phi"], if anything has looked for them: label, kind, text,
                       start, end, score, source (which rule has found it, or "model")
    answers, statements
                       what was asked, if anything was, as `answer_records` says

and, of attributes that are named (see `attributes`), `attributes` of the note and of each
entity, and `tokens`.

`without_text` leaves out what is made of the note's words. Scores that are no numbers
(NaN) are null.
"""

from collections.abc import Collection, Mapping
from typing import Any, TypedDict, cast

from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from spacy_clinical.errors import is_own_message
from spacy_clinical.export.abbreviations import (
    AbbreviationRecord,
    bare_abbreviation,
    describe_abbreviations,
)
from spacy_clinical.export.answer_records import (
    ANSWER_SHAPES,
    bare_answers,
    describe_answers,
)
from spacy_clinical.export.attributes import (
    AttributeReader,
    Named,
    check_attributes,
    parse_attributes,
    without_words,
)
from spacy_clinical.export.bare_facts import (
    bare_pieces,
    bare_provenance,
    list_vocabularies,
)
from spacy_clinical.export.entities import (
    BARE_FIELDS,
    EntityRecord,
    bare_entity,
    make_entity,
)
from spacy_clinical.export.identifiers import IdentifierRecord, describe_identifiers
from spacy_clinical.export.relation_records import (
    SHAPES,
    bare_relations,
    describe_relations,
)
from spacy_clinical.extensions.attributes import NER_KEY, SECTIONS_KEY, SUBSECTIONS_KEY
from spacy_clinical.extensions.span_groups import list_spans
from spacy_clinical.files.json_text import round_finite
from spacy_clinical.identifiers.found import PHI_KEY
from spacy_clinical.sections.labels import list_known_labels
from spacy_clinical.sections.state import OTHER
from spacy_clinical.types import Note, list_names

# The reader of notes, as a key of the provenance.
READER = "reader"
# The columns of records without text, and the fields of their rows.
_PLACE = {"start", "end", "score"}
_SECTION = _PLACE | {"label", "body_start"}
_CODE = {"code", "label", "title", "chapter", "chapter_codes", "ccs", "icd10"}
_EVIDENCE = _PLACE | {"section"}
_ROWS: dict[str, Collection[str]] = {
    "sections": _SECTION | {"loinc"},
    "subsections": _SECTION | {"section"},
    "entities": BARE_FIELDS,
    "overlapping": BARE_FIELDS,
    "codes": _CODE | {"score", "evidence"},
    "identifiers": _PLACE | {"label", "kind", "source"},
    "tokens": {"start", "end", "attributes"},
}
_PLAIN = {"id", "source", "n_chars", "n_sentences", "sentences"}


class SectionRecord(TypedDict, total=False):
    """A section; with `section` (the label of what holds it) a subsection."""

    label: str
    loinc: str
    title: str
    start: int
    end: int
    body_start: int
    section: str
    score: float | None


class TokenRecord(TypedDict):
    """A token, with the attributes that are named."""

    start: int
    end: int
    attributes: dict[str, Any]


class ErrorRecord(TypedDict):
    """`code` is "" for an error that has none."""

    component: str
    code: str
    type: str
    message: str


class Record(TypedDict, total=False):
    """A record of what was found in a note, as the module describes."""

    id: str
    source: str
    meta: dict[str, Any]
    n_chars: int
    text: str
    sections: list[SectionRecord]
    subsections: list[SectionRecord]
    entities: list[EntityRecord]
    overlapping: list[EntityRecord]
    codes: list[dict[str, Any]]
    abbreviations: list[AbbreviationRecord]
    relations: list[dict[str, Any]]
    medications: list[dict[str, Any]]
    measurements: list[dict[str, Any]]
    answers: list[dict[str, Any]]
    statements: list[dict[str, Any]]
    identifiers: list[IdentifierRecord]
    n_sentences: int
    sentences: list[int]
    pieces: dict[str, Any]
    provenance: dict[str, Any]
    error: ErrorRecord | None
    attributes: dict[str, Any]
    tokens: list[TokenRecord]


def make_record(note: Note, doc: Doc, *, attributes: Named = ()) -> Record:
    """Make a record of a note and of what a pipeline found in it.

    doc: Of the note's text, or empty if it could not be made.
    attributes: Attributes of other components to include: "span._.negex",
        "doc._.language".
    RAISES ValueError: C361 and C362, if there are no such attributes.
    """
    named = parse_attributes(attributes)
    check_attributes(named)
    reader = AttributeReader(named)
    scores = _get_scores(doc)
    in_ents = {_key(ent) for ent in doc.ents}
    others = [span for span in list_spans(doc, NER_KEY) if _key(span) not in in_ents]
    has_sentences = doc.has_annotation("SENT_START")
    sentences = [sent.start_char for sent in doc.sents] if has_sentences else []
    record: Record = {
        "id": note.id,
        "source": note.source,
        "meta": note.meta,
        "n_chars": len(note.text),
        "text": note.text,
        "sections": [
            _make_section(span, score)
            for span, score in _list_scored(doc, SECTIONS_KEY)
        ],
        "subsections": [
            _make_section(span, score, is_part=True)
            for span, score in _list_scored(doc, SUBSECTIONS_KEY)
        ],
        "entities": [
            make_entity(ent, scores.get(_key(ent)), reader) for ent in doc.ents
        ],
        "overlapping": [
            make_entity(span, scores.get(_key(span)), reader) for span in others
        ],
        "codes": [_round_scores(code) for code in doc._.icd9],
        "abbreviations": describe_abbreviations(doc, note.text),
        **cast(Record, describe_relations(doc)),
        "n_sentences": len(sentences),
        "sentences": sentences,
        "pieces": doc._.clinical_pieces or {},
        "provenance": _get_provenance(note, doc),
        "error": doc._.clinical_error,
    }
    if PHI_KEY in doc.spans:
        record["identifiers"] = describe_identifiers(doc, note.text)
    record.update(cast(Record, describe_answers(doc)))
    if any(named):
        record["attributes"] = reader.read_doc(doc)
        record["tokens"] = cast(list[TokenRecord], reader.read_tokens(doc))
    if reader.error and record["error"] is None:
        record["error"] = {
            "component": "attributes",
            "code": "C363",
            "type": "TypeError",
            "message": reader.error,
        }
    return record


def _get_provenance(note: Note, doc: Doc) -> dict[str, Any]:
    provenance = doc._.clinical_provenance or {}
    if note.source_format:
        # A copy: the Doc's own stays as its components wrote it.
        return {**provenance, READER: {"source_format": note.source_format}}
    return provenance


def get_source_format(record: Mapping[str, Any]) -> str:
    """Get the format that a note had before it was converted; "" if it wasn't."""
    reader = (record.get("provenance") or {}).get(READER)
    name = reader.get("source_format") if isinstance(reader, Mapping) else None
    return name if isinstance(name, str) else ""


def make_failed(note: Note, error: ErrorRecord) -> Record:
    """Make the record of a note whose Doc could not be made."""
    doc = Doc(Vocab())
    doc._.clinical_error = error
    return make_record(note, doc)


def without_text(record: Record, *, keep_meta: str | Collection[str] = ()) -> Record:
    """Copy a record without anything that is made of the note's words.

    The copy has no text, no titles, no texts of entities, and an empty `meta`, as any column
    of a table may hold words of the note. Labels of sections that no vocabulary names
    are made of titles, so they become `other`, wherever they stand. Ids and sources are
    the user's keys, and stay. Of attributes only truth values do, and scores; of pieces
    and provenance only what this package's components write.

    keep_meta: Keys of the metadata to keep, such as that of the patient's id.
    """
    provenance = bare_provenance(record.get("provenance"))
    labels = list_known_labels(provenance)
    vocabularies = list_vocabularies(provenance)
    bare: dict[str, Any] = {}
    for name, value in record.items():
        if name in _PLAIN:
            bare[name] = value
        elif name in _ROWS:
            rows = cast(list[dict[str, Any]], value)
            bare[name] = [_bare_row(row, _ROWS[name], labels) for row in rows]
            if _ROWS[name] is BARE_FIELDS:
                for row, kept in zip(rows, bare[name], strict=True):
                    kept.update(bare_entity(row, labels, vocabularies))
        elif name == "abbreviations":
            forms = cast(list[dict[str, Any]], value)
            bare["abbreviations"] = [bare_abbreviation(row) for row in forms]
        elif name in SHAPES:
            kb_ids = {row.get("kb_id") or "" for row in bare.get("entities") or ()}
            bare[name] = bare_relations(value, name, labels, kb_ids)
        elif name in ANSWER_SHAPES:
            bare[name] = bare_answers(value, name, labels)
        elif name == "pieces":
            bare["pieces"] = bare_pieces(value, provenance)
        elif name == "provenance":
            bare["provenance"] = provenance
        elif name == "meta":
            bare["meta"] = {
                k: record["meta"][k]
                for k in list_names(keep_meta)
                if k in record["meta"]
            }
        elif name == "attributes":
            bare["attributes"] = without_words(record["attributes"])
        elif name == "error":
            bare["error"] = _bare_error(record["error"])
    return cast(Record, bare)


def _bare_row(
    row: dict[str, Any], names: Collection[str], labels: Collection[str]
) -> dict[str, Any]:
    """Copy some fields of a finding.

    names: Of the fields.
    labels: Of sections that may stay.
    """
    bare = {name: value for name, value in row.items() if name in names}
    # Labels of entities and codes come from models, not from the note.
    for name in ("section", "label") if "body_start" in names else ("section",):
        if bare.get(name) and bare[name] not in labels:
            bare[name] = OTHER
            if name == "label" and "loinc" in bare:
                bare["loinc"] = ""
    if "attributes" in bare:
        bare["attributes"] = without_words(bare["attributes"] or {})
    if "evidence" in bare:
        places = bare["evidence"]
        bare["evidence"] = [_bare_row(place, _EVIDENCE, labels) for place in places]
    return bare


def _bare_error(error: ErrorRecord | None) -> ErrorRecord | None:
    """Remove a message that is not from the catalog, as it may quote the note."""
    if error is None or is_own_message(error["message"]):
        return error
    # Records that others have made may lack the rest.
    return {**error, "message": error.get("type") or "error"}


def _list_scored(doc: Doc, key: str) -> list[tuple[Span, float | None]]:
    group = list_spans(doc, key)
    scores = doc.spans[key].attrs.get("scores") if group else None
    if scores is None or len(scores) != len(group):
        return [(span, None) for span in group]
    return list(zip(group, map(round_finite, scores), strict=True))


def _key(span: Span) -> tuple[int, int, int]:
    return span.start, span.end, span.label


def _get_scores(doc: Doc) -> dict[tuple[int, int, int], float | None]:
    """Look up all scores at once: `span._.score` searches for each span."""
    scores: dict[tuple[int, int, int], float | None] = {}
    for key, group in doc.spans.items():
        values = group.attrs.get("scores")
        if values is not None and len(values) == len(group):
            for span, score in zip(list_spans(doc, key), values, strict=True):
                scores.setdefault(_key(span), round_finite(score))
    return scores


def _round_scores(code: dict[str, Any]) -> dict[str, Any]:
    evidence = [
        {**place, "score": round_finite(place["score"])} for place in code["evidence"]
    ]
    return {**code, "score": round_finite(code["score"]), "evidence": evidence}


def _make_section(
    span: Span, score: float | None, *, is_part: bool = False
) -> SectionRecord:
    title: Span | None = span._.section_title
    body: Span = span._.section_body
    has_body = body.start < span.end
    loinc: SectionRecord = {} if is_part else {"loinc": span.kb_id_}
    holder: SectionRecord = {"section": span._.section_parent} if is_part else {}
    return {
        "label": span.label_,
        **loinc,
        "title": "" if title is None else title.text,
        "start": span.start_char,
        "end": span.end_char,
        "body_start": span.doc[body.start].idx if has_body else span.end_char,
        **holder,
        "score": score,
    }
