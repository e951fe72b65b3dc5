"""Rows of pages and of the viewer for what was asked of a note: answers, statements."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from spacy_clinical.export.answer_records import shape_answers


class AnswerRow(NamedTuple):
    """A question with its best answer.

    key: Of its row; the row leads to the place of the answer, and back.
    start, end (characters): Of the answer; None without one.
    asked: The question, or its name in records without text.
    text: "" without an answer, and in records without text.
    sentence: That the answer is in; "" if it isn't known.
    others: Other answers with their scores, the best first.
    """

    key: str
    start: int | None
    end: int | None
    asked: str
    text: str
    score: float | None
    section: str
    sentence: str
    others: list[tuple[str, float | None]]


class StatementRow(NamedTuple):
    """A statement with its label.

    key: Of its row; the row leads to the part of the note that decided, and back.
    start, end (characters): Of that part; None if there is none.
    asked: The statement, or its name in records without text.
    label: "" where there was nothing to read.
    others: Other labels with their scores, the best first.
    """

    key: str
    start: int | None
    end: int | None
    asked: str
    label: str
    score: float | None
    others: list[tuple[str, float | None]]


def list_answer_rows(record: Mapping[str, Any]) -> list[AnswerRow]:
    """List the answers of a record."""
    text = record.get("text")
    rows = []
    shaped = shape_answers(record.get("answers"), "answers", words="fill")
    for number, row in enumerate(shaped, start=1):
        place, others = row["sentence"], row["n_best"][1:]
        sentence = text[place["start"] : place["end"]] if place and text else ""
        rows.append(
            AnswerRow(
                f"A{number}",
                *_get_place(row),
                row["asked"] or row["question"],
                row["text"] or "",
                row["score"] if row["start"] is not None else None,
                row["section"] or "",
                sentence,
                [(one["text"] or "", one["score"]) for one in others],
            )
        )
    return rows


def list_statement_rows(record: Mapping[str, Any]) -> list[StatementRow]:
    """List the statements of a record."""
    rows = []
    shaped = shape_answers(record.get("statements"), "statements", words="fill")
    for number, row in enumerate(shaped, start=1):
        windows = row["windows"]
        rows.append(
            StatementRow(
                f"S{number}",
                *(_get_place(windows[0]) if windows else (None, None)),
                row["hypothesis"] or row["statement"],
                row["label"] or "",
                row["score"] if row["label"] else None,
                [(one["label"] or "", one["score"]) for one in row["scores"][1:]],
            )
        )
    return rows


def _get_place(row: Mapping[str, Any]) -> tuple[int | None, int | None]:
    start, end = row["start"], row["end"]
    return (start, end) if start is not None and end is not None else (None, None)
