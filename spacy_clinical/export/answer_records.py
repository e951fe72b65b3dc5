"""Answers to questions, and statements about a note, in records.

Of `clinical_qa` and `clinical_pair_classifier`; records of notes that nothing was asked of
have neither:

    answers            question (its name), asked (its words), text, start, end (null
                       without an answer), score, null_score, section, sentence (start,
                       end), n_best (text, start, end, score), the best first
    statements         statement (its name), hypothesis (its words), label, score, scores
                       (label, score), the best first, windows (start, end, score): those
                       that decided

All places are in characters of the note, half open. Without text, words of questions and
answers are left out; names stay.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from spacy.tokens import Doc

from spacy_clinical.export.places import to_doc, to_record
from spacy_clinical.export.shapes import (
    INTEGER,
    NAME,
    NUMBER,
    PLACE,
    WORDS,
    Field,
    shape_value,
)
from spacy_clinical.sections.state import OTHER

_BEST = {"text": WORDS, **PLACE, "score": NUMBER}
_ANSWER = {
    **{"question": Field(str, is_needed=True), "asked": WORDS, "text": WORDS},
    **{"start": INTEGER, "end": INTEGER, "score": NUMBER, "null_score": NUMBER},
    **{"section": NAME, "sentence": PLACE, "n_best": [_BEST]},
}
_STATEMENT = {
    **{"statement": Field(str, is_needed=True), "hypothesis": WORDS, "label": NAME},
    **{"score": NUMBER, "scores": [{"label": NAME, "score": NUMBER}]},
    "windows": [{**PLACE, "score": NUMBER}],
}
# By the attribute of Docs, and the column of records.
ANSWER_SHAPES: Mapping[str, Mapping[str, Any]] = {
    "answers": _ANSWER,
    "statements": _STATEMENT,
}


def describe_answers(doc: Doc) -> dict[str, list[dict[str, Any]]]:
    """Make the rows of a Doc's answers and statements, if there are some."""
    found = {name: to_record(doc._.get(name)) for name in ANSWER_SHAPES}
    for row in found["statements"]:
        scores = [{"label": label, "score": s} for label, s in row["scores"].items()]
        row["scores"] = sorted(scores, key=lambda one: -one["score"])
    return {
        name: shape_answers(rows, name, words="fill")
        for name, rows in found.items()
        if rows
    }


def shape_answers(rows: Any, name: str, **settings: Any) -> list[dict[str, Any]]:
    """Copy the known fields of rows; what is no such row is left out.

    rows: Of a record, which may come from anywhere.
    name: Of the column.
    settings: See `shape_value`.
    """
    shaped: list[dict[str, Any]] = shape_value(rows, [ANSWER_SHAPES[name]], **settings)
    return shaped


def bare_answers(rows: Any, name: str, labels: Collection[str]) -> list[dict[str, Any]]:
    """Copy rows without words of the note, and of what was asked.

    name: Of the column.
    labels: Of sections that may stay.
    """
    bare = shape_answers(rows, name, words="drop")
    for row in bare:
        if row.get("section") and row["section"] not in labels:
            row["section"] = OTHER
    return bare


def restore_answers(record: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Make what a Doc keeps of the rows of a record, by attribute."""
    restored = {
        name: to_doc(shape_answers(record[name], name, words="fill"))
        for name in ANSWER_SHAPES
        if record.get(name)
    }
    for row in restored.get("statements", ()):
        row["scores"] = {one["label"]: one["score"] for one in row["scores"]}
    return restored


ANSWER_COLUMNS = (
    *("id", "question", "asked", "text", "score", "null_score", "section"),
    *("sentence", "start", "end", "n_best"),
)
STATEMENT_COLUMNS = (
    *("id", "statement", "hypothesis", "label", "score", "scores", "windows"),
)


def list_answer_rows(
    record: Mapping[str, Any], rows: str, write: Callable[[Any], Any]
) -> list[dict[str, Any]]:
    """List the rows of a table; their keys are its columns.

    rows: "answers" or "statements".
    write: Writes lists as cells.
    """
    text, listed = record.get("text"), []
    for row in record.get(rows) or ():
        made = {**row}
        if rows == "answers":
            place = row.get("sentence")
            made["n_best"] = write(row["n_best"])
            made["sentence"] = None
            if place and text is not None:
                made["sentence"] = text[place["start"] : place["end"]]
        else:
            made |= {name: write(row[name]) for name in ("scores", "windows")}
        listed.append(made)
    return listed
