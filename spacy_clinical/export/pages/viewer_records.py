"""Rows of the viewer for what belongs to what: medications, measurements, relations, dates."""

from collections.abc import Callable, Mapping
from typing import Any

from spacy_clinical.export.pages.answer_rows import (
    AnswerRow,
    StatementRow,
    list_answer_rows,
    list_statement_rows,
)
from spacy_clinical.export.pages.record_tables import (
    list_finding_rows,
    list_measurements,
    list_medications,
)
from spacy_clinical.export.pages.timeline import Drawing, draw_timeline
from spacy_clinical.export.pages.wording import say_date
from spacy_clinical.export.relation_records import DATE, shape_date, shape_rows

# Items of a date that are written out; the rest is counted.
_MAX_ITEMS = 20
_DOT, _LEFT, _NEAR, _OPENS, _CLOSES = (1 << i for i in range(5))


def make_record_rows(
    record: Mapping[str, Any],
    get_section: Callable[[str], int],
    get_type: Callable[[str], int],
    get_label: Callable[[str], int],
) -> dict[str, Any]:
    """Make the rows of a record's tables, as rows of the viewer in the order of their keys.

    d medications (start, end, name, other names, product, uses, supply, words such as
    "started" and "denied", section) · v measurements (start, end, name, what else is said
    of it, value, unit, range, sign and word of its flag, date, section) · r relations (label, head,
    child, score), ends as (start, end, type) · h of the entities that have some, their numbers
    and what is said of them in words · w the timeline; null without dates · q answers
    (start, end, question, text, score, others, section, sentence), p statements (start,
    end, statement, label, score, others), others as (text or label, score), places -1
    where there are none.

    get_section, get_type, get_label: Number the names of sections, of types of entities and
        of relations.
    """
    has_text = record.get("text") is not None
    entities = record["entities"]
    hints: dict[int, list[str]] = {}
    for number, ent in enumerate(entities):
        if date := shape_date(ent.get(DATE)):
            hints[number] = [f"= {say_date(date)}"]
    for finding in list_finding_rows(record) if has_text else ():
        hints.setdefault(finding.number, []).extend(finding.words)

    def place(side: Mapping[str, Any]) -> tuple[int, int, int]:
        return side["start"], side["end"], get_type(side["label"] or "")

    return {
        "d": [
            (
                *(row.start, row.end, row.name, row.others, row.product, row.uses),
                row.supply,
                row.words,
                get_section(row.section),
            )
            for row in list_medications(record)
        ],
        "v": [
            (
                *(row.start, row.end, row.name, ", ".join(row.words), row.value),
                row.unit,
                *(row.range, row.flag, row.date, get_section(row.section)),
            )
            for row in list_measurements(record)
        ],
        "r": [
            (
                get_label(row["label"]),
                place(row["head"]),
                place(row["child"]),
                row["score"],
            )
            for row in shape_rows(record.get("relations"), "relations")
        ],
        "q": [
            (*_pack_asked(row, row.text), get_section(row.section), row.sentence)
            for row in list_answer_rows(record)
        ],
        "p": [_pack_asked(row, row.label) for row in list_statement_rows(record)],
        "h": list(hints.items()),
        "w": _pack(draw_timeline(record)) if has_text else None,
    }


def _pack_asked(row: AnswerRow | StatementRow, said: str) -> tuple[Any, ...]:
    """Pack what an answer and a statement have in common."""
    start = -1 if row.start is None else row.start
    end = -1 if row.end is None else row.end
    return start, end, row.asked, said, row.score, row.others


def _pack(drawing: Drawing) -> list[Any] | None:
    """Pack a drawing: height, ticks, cuts, rows, number of dates left out."""
    if not drawing.rows and not drawing.n_left_out:
        return None
    rows = []
    for row in drawing.rows:
        bits = (_DOT, row.is_dot), (_LEFT, row.is_left), (_NEAR, row.is_near)
        ways = (_OPENS, row.opens), (_CLOSES, row.closes)
        items = [
            (
                *(item.words, item.said, item.start),
                -1 if item.entity is None else item.entity,
                int(item.is_denied),
            )
            for item in row.items[:_MAX_ITEMS]
        ]
        flags = sum(bit for bit, is_set in (*bits, *ways) if is_set)
        texts = row.color, row.when, row.note, row.title
        places = row.y, row.edge_left, row.edge_right
        rows.append((*places, flags, *texts, items, row.n_shown, row.n_more))
    ticks = [(round(tick.x, 2), tick.words, tick.year) for tick in drawing.ticks]
    cuts = [round(x, 2) for x in drawing.cuts]
    return [drawing.height, ticks, cuts, rows, drawing.n_left_out, drawing.summary]
