"""Docs as plain records, ready for JSON.

All offsets count characters (Unicode code points) of the note's text, half open,
so that `text[start:end]` is the span, in Python and in any language whose strings
count code points. A record:

    id, source, meta   of the note as it was read
    n_chars            length of its text
    text               the text, unchanged; left out by `without_text`
    sections           they tile the note: label, loinc, title, start, end, body_start,
                       score
    subsections        label, title, start, end, body_start, section, score
    entities           doc.ents: label, text, start, end, score, section
    overlapping        entities that were predicted too, but overlap those above
    codes              doc._.icd9, best first: code, label, title, chapter,
                       chapter_codes, ccs, icd10, score, evidence (section, start, end,
                       score)
    n_sentences        0 if nothing set sentences
    sentences          where they start; each ends where the next one starts
    pieces             per component, what its model saw (doc._.clinical_pieces)
    provenance         per component, what made it (doc._.clinical_provenance)
    error              null, or what failed (doc._.clinical_error): component, code,
                       type, message; nothing of the note is in it
"""

from collections.abc import Iterable
from typing import Any, TypedDict

from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from spacy_clinical.extensions import NER_KEY, SECTIONS_KEY, SUBSECTIONS_KEY
from spacy_clinical.types import Note


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


class EntityRecord(TypedDict, total=False):
    """An entity; `score` is None where the model gave none."""

    label: str
    text: str
    start: int
    end: int
    score: float | None
    section: str


class ErrorRecord(TypedDict):
    """`code` is "" for an error that has none."""

    component: str
    code: str
    type: str
    message: str


class Record(TypedDict, total=False):
    """What was found in a note, as the module describes."""

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
    n_sentences: int
    sentences: list[int]
    pieces: dict[str, Any]
    provenance: dict[str, Any]
    error: ErrorRecord | None


def make_record(note: Note, doc: Doc) -> Record:
    """Describe what a pipeline found in a note.

    doc: Of the note's text, or empty if it could not be made.
    """
    scores = _get_scores(doc)
    in_ents = {_key(ent) for ent in doc.ents}
    others = [span for span in _get_group(doc, NER_KEY) if _key(span) not in in_ents]
    has_sentences = doc.has_annotation("SENT_START")
    sentences = [sent.start_char for sent in doc.sents] if has_sentences else []
    return {
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
            _make_subsection(span, score)
            for span, score in _list_scored(doc, SUBSECTIONS_KEY)
        ],
        "entities": [_make_entity(ent, scores) for ent in doc.ents],
        "overlapping": [_make_entity(span, scores) for span in others],
        "codes": [_round_scores(code) for code in doc._.icd9],
        "n_sentences": len(sentences),
        "sentences": sentences,
        "pieces": doc._.clinical_pieces or {},
        "provenance": doc._.clinical_provenance or {},
        "error": doc._.clinical_error,
    }


def make_failed(note: Note, error: ErrorRecord) -> Record:
    """Describe a note of which no Doc could be made."""
    doc = Doc(Vocab())
    doc._.clinical_error = error
    return make_record(note, doc)


def without_text(record: Record) -> Record:
    """Copy a record without what quotes the note: text, titles, entities' text."""
    bare = record.copy()
    bare.pop("text", None)
    bare["sections"] = [_drop_title(row) for row in record["sections"]]
    bare["subsections"] = [_drop_title(row) for row in record["subsections"]]
    bare["entities"] = [_drop_text(row) for row in record["entities"]]
    bare["overlapping"] = [_drop_text(row) for row in record["overlapping"]]
    return bare


def _drop_title(row: SectionRecord) -> SectionRecord:
    row = row.copy()
    row.pop("title", None)
    return row


def _drop_text(row: EntityRecord) -> EntityRecord:
    row = row.copy()
    row.pop("text", None)
    return row


def _get_group(doc: Doc, key: str) -> Iterable[Span]:
    spans: Iterable[Span] = doc.spans.get(key, ())
    return spans


def _list_scored(doc: Doc, key: str) -> list[tuple[Span, float | None]]:
    group = doc.spans.get(key, ())
    scores = group.attrs.get("scores") if len(group) else None
    if scores is None or len(scores) != len(group):
        return [(span, None) for span in group]
    rounded = [round(float(score), 4) for score in scores]
    return list(zip(group, rounded, strict=True))


def _key(span: Span) -> tuple[int, int, int]:
    return span.start, span.end, span.label


def _get_scores(doc: Doc) -> dict[tuple[int, int, int], float]:
    """Look up all scores at once: `span._.score` searches for each span."""
    scores: dict[tuple[int, int, int], float] = {}
    for group in doc.spans.values():
        values = group.attrs.get("scores")
        if values is not None and len(values) == len(group):
            for span, score in zip(group, values, strict=True):
                scores.setdefault(_key(span), round(float(score), 4))
    return scores


def _round_scores(code: dict[str, Any]) -> dict[str, Any]:
    evidence = [
        {**place, "score": round(place["score"], 4)} for place in code["evidence"]
    ]
    return {**code, "score": round(code["score"], 4), "evidence": evidence}


def _make_section(span: Span, score: float | None) -> SectionRecord:
    title: Span | None = span._.section_title
    body: Span = span._.section_body
    has_body = body.start < span.end
    return {
        "label": span.label_,
        "loinc": span.kb_id_,
        "title": "" if title is None else title.text,
        "start": span.start_char,
        "end": span.end_char,
        "body_start": span.doc[body.start].idx if has_body else span.end_char,
        "score": score,
    }


def _make_subsection(span: Span, score: float | None) -> SectionRecord:
    record = _make_section(span, score)
    del record["loinc"], record["score"]
    record["section"] = span._.section_parent
    record["score"] = score
    return record


def _make_entity(span: Span, scores: dict[tuple[int, int, int], float]) -> EntityRecord:
    return {
        "label": span.label_,
        "text": span.text,
        "start": span.start_char,
        "end": span.end_char,
        "score": scores.get(_key(span)),
        "section": span._.section,
    }
