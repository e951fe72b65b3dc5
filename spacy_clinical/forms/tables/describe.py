"""Describe tables in plain data, for `doc._.form_tables`."""

from collections.abc import Sequence
from typing import Any, TypedDict

from spacy.tokens import Doc

from spacy_clinical.extensions.form_data import cover_boxes, find_forms, find_words
from spacy_clinical.forms.pages import Box
from spacy_clinical.forms.tables.cells import list_runs
from spacy_clinical.forms.tables.table import FoundTable, Source, TableCell


class FormCell(TypedDict):
    """A cell.

    row, column: From 0 on; heads are rows too.
    n_rows, n_columns: How many it takes.
    is_head: Whether it is in the head of the table.
    text: Its lines, joined by spaces; "" if it is empty.
    page: That it is on; 0 for text without pages.
    box: As it is ruled, or around its words, in the page's units; None if there is neither.
    offsets (characters): Start and end of each run of its words in the Doc's text.
    """

    row: int
    column: int
    n_rows: int
    n_columns: int
    is_head: bool
    text: str
    page: int
    box: Box | None
    offsets: list[list[int]]


class FormTable(TypedDict):
    """A table of a form.

    page: Its first; 0 for text without pages.
    box: Around what it has on that page; None for text without boxes.
    source: "rulings" (lines that are drawn), "alignment" (words under each other) or
        "labels" (those of a checkpoint).
    n_rows, n_columns: With its heads.
    n_heads: Rows at its top that are heads.
    heads: The names of its columns; "" for none.
    rows: The texts of the other rows, one for each column. What reaches over several is
        in each of them.
    cells: From the upper left on. Those of tables that aren't ruled only where there is
        text.
    """

    page: int
    box: Box | None
    source: Source
    n_rows: int
    n_columns: int
    n_heads: int
    heads: list[str]
    rows: list[list[str]]
    cells: list[FormCell]


def describe_tables(doc: Doc, tables: Sequence[FoundTable]) -> list[FormTable]:
    """Describe the tables of a Doc."""
    forms = find_forms(doc)
    return [_describe(doc, table, forms) for table in tables]


def _describe(doc: Doc, table: FoundTable, forms: Any) -> FormTable:
    cells = [_describe_cell(doc, cell, table.n_heads, forms) for cell in table.cells]
    page = cells[0]["page"]
    rows = [[""] * table.n_columns for _ in range(table.n_rows)]
    for cell in cells:
        for row in range(cell["row"], cell["row"] + cell["n_rows"]):
            for column in range(cell["column"], cell["column"] + cell["n_columns"]):
                rows[row][column] = cell["text"]
    heads = table.names or [
        " ".join(dict.fromkeys(_read(doc, cell) for cell in table.list_heads(column)))
        for column in range(table.n_columns)
    ]
    return {
        "page": page,
        "box": cover_boxes(cell["box"] for cell in cells if cell["page"] == page),
        "source": table.source,
        "n_rows": table.n_rows,
        "n_columns": table.n_columns,
        "n_heads": table.n_heads,
        "heads": heads,
        "rows": rows[table.n_heads :],
        "cells": cells,
    }


def _describe_cell(doc: Doc, cell: TableCell, n_heads: int, forms: Any) -> FormCell:
    words = [word for i in cell.tokens for word in find_words(doc[i], forms)]
    box = cell.box or cover_boxes(word.box for word in words)
    offsets = []
    for start, end in list_runs(doc, cell):
        run = doc[start:end]
        offsets.append([run.start_char, run.end_char])
    return {
        "row": cell.row,
        "column": cell.column,
        "n_rows": cell.n_rows,
        "n_columns": cell.n_columns,
        "is_head": cell.row < n_heads,
        "text": _read(doc, cell),
        "page": cell.page if forms else 0,
        "box": box,
        "offsets": offsets,
    }


def _read(doc: Doc, cell: TableCell) -> str:
    text = ""
    for place, i in enumerate(cell.tokens):
        is_last = place + 1 == len(cell.tokens) or cell.tokens[place + 1] != i + 1
        text += doc[i].text + (" " if is_last else doc[i].whitespace_)
    return " ".join(text.split())
