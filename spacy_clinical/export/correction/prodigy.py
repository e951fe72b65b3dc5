"""Prodigy's JSON Lines: texts with tokens, spans and relations.

On each line: text, tokens (start, end, id, ws), spans (start, end, token_start, token_end,
label), relations (head, child, label, with the spans of both), meta (id and source of the
note), and sections, which would cover all else. Prodigy makes hashes of inputs itself.
Offsets count code points; a span is made of whole tokens, and `token_end` is its last one.
Labels of identifiers begin with "phi:". A span has more fields, which Prodigy keeps unless
it is drawn anew: `attributes` and `concepts`.

SOURCE: https://prodi.gy/docs/api-interfaces
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from spacy.tokens import Doc

from spacy_clinical.export.correction.annotated import (
    Annotated,
    Holds,
    Link,
    Mark,
    Read,
    Status,
    join_label,
    list_annotations,
    split_label,
)
from spacy_clinical.export.correction.lines import read_lines
from spacy_clinical.export.docs import get_note
from spacy_clinical.export.jsonl import write_records
from spacy_clinical.export.records import make_record
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES
from spacy_clinical.types import Note

KIND = "Prodigy's JSON Lines"
HOLDS = Holds(attributes=True, concepts=True, sections=True, identifiers=True)


def write_lines(docs: Iterable[Doc], path: Path) -> int:
    """Write Docs.

    docs: Their ids are those that `docs.set_note` kept, or their numbers.
    path: In a folder that exists.
    RETURNS: The number of Docs.
    """
    return write_records(_make_rows(docs), path)


def _make_rows(docs: Iterable[Doc]) -> Iterator[dict[str, Any]]:
    for number, doc in enumerate(docs):
        note = get_note(doc) or Note(str(number), doc.text, {}, "")
        yield make_row(list_annotations(make_record(note, doc)), doc)


def make_row(annotated: Annotated, doc: Doc) -> dict[str, Any]:
    """Make the row of a note.

    doc: Whose tokens the annotations are made of.
    """
    starts = {token.idx: token.i for token in doc}
    ends = {token.idx + len(token): token.i for token in doc}
    marks, note = annotated.marks, annotated.note
    spans = {
        i: _make_span(mark, starts, ends)
        for i, mark in enumerate(marks)
        if mark.layer != "sections"
    }
    return {
        "text": note.text,
        "tokens": [
            {
                **{"text": token.text, "start": token.idx},
                **{"end": token.idx + len(token), "id": token.i},
                "ws": bool(token.whitespace_),
            }
            for token in doc
        ],
        "spans": list(spans.values()),
        "relations": [
            {
                "head": spans[link.head]["token_end"],
                "child": spans[link.child]["token_end"],
                "label": link.label,
                "head_span": _get_place(spans[link.head]),
                "child_span": _get_place(spans[link.child]),
            }
            for link in annotated.links
        ],
        "meta": {"id": note.id, "source": note.source},
        "sections": [
            {"start": mark.start, "end": mark.end, "label": mark.label}
            for mark in marks
            if mark.layer == "sections"
        ],
    }


def _make_span(
    mark: Mark, starts: Mapping[int, int], ends: Mapping[int, int]
) -> dict[str, Any]:
    span: dict[str, Any] = {
        **{"start": mark.start, "end": mark.end},
        **{"token_start": starts[mark.start], "token_end": ends[mark.end]},
        "label": join_label(mark),
    }
    if mark.attributes:
        span["attributes"] = list(mark.attributes)
    if mark.concepts:
        span["concepts"] = [list(pair) for pair in mark.concepts]
    return span


def _get_place(span: Mapping[str, Any]) -> dict[str, Any]:
    names = ("start", "end", "token_start", "token_end", "label")
    return {name: span[name] for name in names}


def read_rows(path: Path) -> Iterator[Read]:
    """Read rows as `prodigy db-out` writes them.

    A row is corrected if its answer is "accept", and none if it is another one.

    YIELDS: The notes, or why one can't be read.
    """
    return read_lines(path, _read_row, KIND)


def _read_row(row: Mapping[str, Any], source: str) -> Annotated:
    text = row["text"]
    if not isinstance(text, str):
        raise TypeError
    spans = row.get("spans") or []
    marks = [_read_span(span) for span in spans]
    marks += [
        Mark("sections", int(one["start"]), int(one["end"]), str(one["label"]))
        for one in row.get("sections") or ()
    ]
    places = {mark.place: i for i, mark in reversed(list(enumerate(marks)))}
    links = []
    for relation in row.get("relations") or ():
        child, head = (
            _find(relation, side, places, spans) for side in ("child", "head")
        )
        # Spans may be corrected where relations aren't shown, which then stay behind.
        if child is not None and head is not None:
            links.append(Link(str(relation["label"]), child, head))
    meta = row.get("meta") or {}
    note_id = str(meta.get("id") or source)
    note = Note(note_id, text, {}, str(meta.get("source") or source))
    return Annotated(note, marks, links, _read_answer(row))


def _read_answer(row: Mapping[str, Any]) -> Status:
    if "answer" not in row:
        return "suggested"
    return "corrected" if row["answer"] == "accept" else "rejected"


def _read_span(span: Mapping[str, Any]) -> Mark:
    layer, label = split_label(span["label"])
    true = tuple(n for n in CONTEXT_ATTRIBUTES if n in (span.get("attributes") or ()))
    concepts = tuple((str(k), str(name)) for k, name in span.get("concepts") or ())
    return Mark(layer, int(span["start"]), int(span["end"]), label, true, concepts)


def _find(
    relation: Mapping[str, Any],
    side: str,
    places: Mapping[tuple[int, int, str], int],
    spans: Sequence[Mapping[str, Any]],
) -> int | None:
    """Find the mark of a side, by its span or by the token that stands for it.

    RETURNS: None, if no mark is there, or one with another label.
    """
    span = relation.get(f"{side}_span")
    if span is not None:
        _, label = split_label(span.get("label") or "")
        return places.get((int(span["start"]), int(span["end"]), label))
    token = relation[side]
    return next(
        (
            i
            for i, span in enumerate(spans)
            if span["token_start"] <= token <= span["token_end"]
        ),
        None,
    )
