"""Make Docs of records.

    doc.text, tokens          the note's, by the tokenizer of the pipeline that is given
    doc.ents                  entities
    doc.spans["ner"]          entities that have scores, and those that overlap them
    doc.spans["sections"],    with their titles, bodies and LOINC codes, so that
    ["subsections"]           `span._.section_title` and the like work
    doc.sents                 where they were
    doc.spans["phi"]          identifiers
    doc._.icd9, doc.cats      codes; the scores of all others are not in records
    doc._.clinical_...        pieces, provenance, error
    span._.is_negated ...     whether entities hold, and why (span._.assertion); the cues are
                              in doc.spans["assertion_cues"]
    span.kb_id_, span._.concept, span._.kb_ents
                              what entities mean
    doc.spans["abbreviations"]  short forms, so that `doc._.abbreviations` and
                              `span._.long_form` work
    doc._.relations, doc._.medications, doc._.measurements, span._.date
                              what belongs to what, and when
    doc._.answers, doc._.statements
                              what was asked, and what was found
    doc._, span._, token._    attributes that the records have; those that nothing has
                              added so far are added, with the default None
    get_note(doc)             id, source and metadata of the note

A place that starts or ends inside a token is extended to whole ones, which
`count_extended` counts.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup, Token
from spacy.util import filter_spans

from spacy_clinical.assertion.cues import MODEL
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.export.abbreviations import restore_abbreviation
from spacy_clinical.export.answer_records import restore_answers
from spacy_clinical.export.concepts import restore_concept
from spacy_clinical.export.records import get_source_format
from spacy_clinical.export.relation_records import (
    DATE,
    restore_relations,
    shape_date,
)
from spacy_clinical.extensions.abbreviation_attributes import set_abbreviations
from spacy_clinical.extensions.assertion_attributes import (
    CONTEXT_ATTRIBUTES,
    CUES_KEY,
    mark_assertion,
)
from spacy_clinical.extensions.attributes import (
    NER_KEY,
    SECTION_TITLES_KEY,
    SECTIONS_KEY,
    SUBSECTIONS_KEY,
)
from spacy_clinical.extensions.concept_attributes import set_concept
from spacy_clinical.extensions.doc_data import find_kept, keep, read_text
from spacy_clinical.files.json_text import read_json, write_json
from spacy_clinical.identifiers.found import Identifier, set_identifiers
from spacy_clinical.types import Note

NOTE_KEY = "spacy_clinical.note"
EXTENDED_KEY = "spacy_clinical.n_extended"
# Entities with scores, where doc.spans["ner"] has some without.
SCORED_KEY = "ner_scored"
TOKENIZER = "spacy-clinical.ClinicalTokenizer.v1"
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def load_tokenizer() -> Language:
    """Make a pipeline that has nothing but the clinical tokenizer."""
    tokenizer = {"@tokenizers": TOKENIZER}
    return spacy.blank("en", config={"nlp": {"tokenizer": tokenizer}})


def make_docs(
    records: Iterable[Mapping[str, Any]], nlp: Language, *, kind: str = "doc"
) -> Iterator[Doc]:
    """Make the Docs of records, one at a time.

    kind: The format that they are for, to name in errors.
    RAISES ValueError: C325, at a record without text, and C212, at a place outside it.
    """
    for record in records:
        if "text" not in record:
            raise CodedValueError(
                Errors.C325.format(source=record["source"], kind=kind)
            )
        yield make_doc(record, nlp)


def make_doc(record: Mapping[str, Any], nlp: Language) -> Doc:
    """Make a Doc of a record, as the module describes.

    record: As `records.make_record` makes it, with its text.
    nlp: The pipeline that made it, or `load_tokenizer`'s.
    RAISES ValueError: C212, if a place lies outside the text.
    """
    # Tokenizers refuse single surrogates; U+FFFD has the same length.
    text = _HALF_PAIR.sub("\ufffd", record["text"])
    # `nlp.make_doc` refuses long ones.
    doc = nlp.tokenizer(text)
    finder = _Finder(doc, record["source"])
    _set_sentences(doc, finder, record.get("sentences") or [])
    sections, subsections = record["sections"], record.get("subsections") or []
    doc.spans[SECTIONS_KEY] = finder.make_group(SECTIONS_KEY, sections)
    doc.spans[SUBSECTIONS_KEY] = finder.make_group(SUBSECTIONS_KEY, subsections)
    doc.spans[SECTION_TITLES_KEY] = _make_titles(finder, [*sections, *subsections])
    _set_entities(doc, finder, record)
    if record.get("identifiers") is not None:
        set_identifiers(doc, [_read_identifier(row) for row in record["identifiers"]])
    codes = list(record.get("codes") or ())
    if codes:
        doc._.icd9 = codes
        scores = {code["code"]: code["score"] for code in codes}
        doc.cats = {name: s for name, s in scores.items() if s is not None}
    doc._.clinical_pieces = record.get("pieces") or None
    doc._.clinical_provenance = record.get("provenance") or None
    doc._.clinical_error = record.get("error")
    _set_assertions(doc, finder, record)
    _set_concepts(doc, finder, record)
    _set_abbreviations(doc, finder, record)
    _set_relations(doc, finder, record)
    for name, rows in restore_answers(record).items():
        doc._.set(name, rows)
    _set_attributes(doc, finder, record)
    keep(doc, EXTENDED_KEY, len(finder.extended))
    set_note(doc, get_record_note(record))
    return doc


def get_record_note(record: Mapping[str, Any]) -> Note:
    """Get the note of a record; without text, if the record has none."""
    text, meta = record.get("text", ""), record.get("meta") or {}
    source_format = get_source_format(record)
    return Note(record["id"], text, meta, record["source"], source_format)


def set_note(doc: Doc, note: Note) -> None:
    """Keep the id, source and metadata of a note with its Doc."""
    # As JSON: Docs can't be saved with everything that JSON can hold.
    keep(doc, NOTE_KEY, write_json([note.id, note.source, note.meta]))


def get_note(doc: Doc) -> Note | None:
    """Get the note that `set_note` kept; None without one, or of several notes together."""
    kept = find_kept(doc, NOTE_KEY)
    if len(kept) != 1:
        return None
    note_id, source, meta = read_json(kept[0].value)
    return Note(note_id, read_text(doc), meta, source)


def count_extended(doc: Doc) -> int:
    """Count the places that had to be extended to whole tokens."""
    return sum(int(kept.value) for kept in find_kept(doc, EXTENDED_KEY))


class _Finder:
    """Find the tokens of places in a text.

    extended: The places (characters) that start or end inside a token.
    """

    def __init__(self, doc: Doc, source: str) -> None:
        self.doc = doc
        self.source = source
        self.n_chars = len(read_text(doc))
        self.extended: set[tuple[int, int]] = set()
        self.starts = [token.idx for token in doc]
        self.ends = [token.idx + len(token) for token in doc]

    def find(self, start: int, end: int) -> tuple[int, int]:
        """Find the tokens of a place, extended to whole ones if need be."""
        if not (0 <= start < end <= self.n_chars and len(self.doc)):
            message = Errors.C212.format(source=self.source, start=start, end=end)
            raise CodedValueError(message)
        # A space between tokens belongs to neither of them.
        first = min(bisect_right(self.ends, start), len(self.doc) - 1)
        last = max(bisect_left(self.starts, end), first + 1)
        if self.starts[first] < start or self.ends[last - 1] > end:
            self.extended.add((start, end))
        return first, last

    def make_group(self, key: str, rows: Sequence[Mapping[str, Any]]) -> SpanGroup:
        """Make a span group, with scores if all rows have one."""
        spans = []
        for row in rows:
            first, last = self.find(row["start"], row["end"])
            kb_id = row.get("loinc") or row.get("kb_id") or ""
            spans.append(Span(self.doc, first, last, row["label"], kb_id=kb_id))
        scores = [row.get("score") for row in rows]
        attrs: dict[str, Any] = {} if None in scores else {"scores": scores}
        return SpanGroup(self.doc, name=key, spans=spans, attrs=attrs)


def _read_identifier(row: Mapping[str, Any]) -> Identifier:
    score = row.get("score")
    return Identifier(
        row["start"],
        row["end"],
        row["label"],
        row.get("kind") or "",
        1.0 if score is None else score,
        row.get("source") or "",
    )


def _list_findings(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*record["entities"], *(record.get("overlapping") or ())]


def _set_assertions(doc: Doc, finder: _Finder, record: Mapping[str, Any]) -> None:
    """Set whether entities hold; records of earlier versions don't say."""
    cues: dict[tuple[int, int, str], None] = {}
    is_assessed = False
    for row in _list_findings(record):
        kept = row.get("assertion")
        names = [name for name in CONTEXT_ATTRIBUTES if row.get(name) is True]
        if not names and not isinstance(kept, Mapping):
            continue
        span = Span(doc, *finder.find(row["start"], row["end"]), row["label"])
        mark_assertion(span, names)
        if isinstance(kept, Mapping):
            is_assessed = True
            reasons = [dict(cue) for cue in kept.get("cues") or ()]
            span._.assertion = {
                "scores": dict(kept.get("scores") or {}),
                "cues": reasons,
                "section": kept.get("section") or "",
            }
            words = [c for c in reasons if c.get("direction") != MODEL]
            cues |= {(c["start"], c["end"], c["category"]): None for c in words}
    if is_assessed:
        rows = [{"start": s, "end": e, "label": name} for s, e, name in sorted(cues)]
        doc.spans[CUES_KEY] = finder.make_group(CUES_KEY, rows)


def _set_concepts(doc: Doc, finder: _Finder, record: Mapping[str, Any]) -> None:
    """Set what entities mean; records of earlier versions don't say."""
    for row in _list_findings(record):
        linked = restore_concept(row)
        if linked is not None:
            span = Span(doc, *finder.find(row["start"], row["end"]), row["label"])
            set_concept(span, linked.candidates, linked.concept)


def _set_abbreviations(doc: Doc, finder: _Finder, record: Mapping[str, Any]) -> None:
    """Set the short forms; records of earlier versions have none."""
    rows = [restore_abbreviation(row) for row in record.get("abbreviations") or ()]
    for row in rows:
        for place in [(row.start, row.end), row.place]:
            if place is not None:
                finder.find(*place)
    if rows:
        set_abbreviations(doc, rows)


def _set_relations(doc: Doc, finder: _Finder, record: Mapping[str, Any]) -> None:
    """Set what belongs to what, and when; records of earlier versions don't say."""
    for name, rows in restore_relations(record).items():
        doc._.set(name, rows)
    for row in _list_findings(record):
        value = shape_date(row.get(DATE))
        if value is not None:
            span = Span(doc, *finder.find(row["start"], row["end"]), row["label"])
            place = {"start_char": row["start"], "end_char": row["end"]}
            span._.date = {**place, "label": row["label"], **value}


def _set_attributes(doc: Doc, finder: _Finder, record: Mapping[str, Any]) -> None:
    """Set the attributes of the Doc, of its entities and tokens."""
    _set_values(doc, record.get("attributes"))
    for row in _list_findings(record):
        if row.get("attributes"):
            first, last = finder.find(row["start"], row["end"])
            _set_values(Span(doc, first, last, row["label"]), row["attributes"])
    for row in record.get("tokens") or ():
        first, _ = finder.find(row["start"], row["end"])
        _set_values(doc[first], row["attributes"])


def _set_values(owner: Doc | Span | Token, values: Mapping[str, Any] | None) -> None:
    for name, value in (values or {}).items():
        # Records may come from anywhere.
        if not name.isidentifier():
            continue
        if not owner.has_extension(name):
            owner.set_extension(name, default=None)
        # Attributes with a getter or a method are not set.
        if not any(owner.get_extension(name)[1:]):
            owner._.set(name, value)


def _set_sentences(doc: Doc, finder: _Finder, starts: Sequence[int]) -> None:
    if not starts:
        return
    # The first tokens that don't end before these characters.
    first = {bisect_right(finder.ends, start) for start in starts}
    for token in doc:
        token.is_sent_start = token.i in first


def _make_titles(finder: _Finder, rows: Sequence[Mapping[str, Any]]) -> SpanGroup:
    """Make the spans of titles, with the places where the text under them starts."""
    text = read_text(finder.doc)
    titles = []
    for row in rows:
        title = str(row.get("title") or "")
        start = text.find(title, row["start"], row["body_start"]) if title else -1
        if start >= 0:
            first, last = finder.find(start, start + len(title))
            titles.append((first, last, row["label"], row["body_start"]))
    titles.sort(key=lambda title: title[0])
    spans = [Span(finder.doc, first, last, label) for first, last, label, _ in titles]
    attrs = {"body_places": [body for *_, body in titles]}
    return SpanGroup(finder.doc, name=SECTION_TITLES_KEY, spans=spans, attrs=attrs)


def _set_entities(doc: Doc, finder: _Finder, record: Mapping[str, Any]) -> None:
    entities = list(record["entities"])
    overlapping = list(record.get("overlapping") or ())
    ents: list[Span] = filter_spans(list(finder.make_group("ents", entities)))
    scored = [row for row in entities if row.get("score") is not None]
    # Entities extended to whole tokens may overlap: keep all of them in the group.
    among = scored if len(ents) == len(entities) else entities
    group = finder.make_group(NER_KEY, _sort([*among, *overlapping]))
    if "scores" not in group.attrs and scored:
        doc.spans[SCORED_KEY] = finder.make_group(SCORED_KEY, _sort(scored))
    doc.spans[NER_KEY] = group
    doc.ents = ents


def _sort(rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(rows, key=lambda row: (row["start"], row["end"]))
