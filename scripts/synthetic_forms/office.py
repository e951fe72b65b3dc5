"""Forms as offices, laboratories and shops of the last century had them: memos, fax sheets,
letters, requests, reports and orders, typed for the most part."""

from collections.abc import Callable

from synthetic_forms import office_fields as fields
from synthetic_forms import office_options as options
from synthetic_forms import office_tables as tables
from synthetic_forms import office_text as texts
from synthetic_forms.page import Page
from synthetic_forms.sheet import Sheet

# Blocks of a form, at most.
MOST = 20
Block = Callable[[Sheet, float, float], None]


def _write_fax_head(sheet: Sheet, left: float, right: float) -> None:
    fields.write_memo(sheet, left, right, fax=True)


# What each kind of form begins with, and what follows, with weights.
KINDS: dict[str, tuple[float, tuple[Block, ...], dict[Block, float]]] = {
    "memo": (
        2,
        (fields.write_memo,),
        {texts.write_text: 4, texts.write_items: 1, tables.write_table: 1, fields.write_long: 1,
         texts.write_heading: 1, fields.write_run: 0.5},
    ),
    "fax": (
        2,
        (_write_fax_head,),
        {texts.write_text: 3, fields.write_long: 1, options.write_options: 1,
         tables.write_table: 0.7, fields.write_fields: 1, tables.write_names: 0.5},
    ),
    "letter": (
        0.5,
        (texts.write_letter,),
        {fields.write_fields: 1, fields.write_signatures: 1, tables.write_rows: 0.5},
    ),
    "request": (
        3,
        (fields.write_fields,),
        {fields.write_fields: 4, fields.write_long: 3, options.write_options: 2,
         fields.write_signatures: 2, texts.write_heading: 2, texts.write_text: 1,
         fields.write_run: 1, options.write_checklist: 0.7, tables.write_names: 0.7},
    ),
    "cells": (
        1.5,
        (fields.write_cells,),
        {fields.write_cells: 4, options.write_options: 1, texts.write_heading: 1.5,
         tables.write_table: 1.5, fields.write_signatures: 1, texts.write_text: 1},
    ),
    "laboratory": (
        2,
        (fields.write_fields, tables.write_rows),
        {tables.write_rows: 3, tables.write_table: 2, fields.write_fields: 1,
         texts.write_heading: 1, fields.write_long: 1, fields.write_signatures: 0.7,
         tables.write_groups: 1},
    ),
    "market": (
        2,
        (fields.write_memo,),
        {fields.write_long: 3, tables.write_table: 2, texts.write_heading: 3,
         options.write_options: 1, fields.write_fields: 1, tables.write_rows: 1,
         tables.write_names: 1},
    ),
    "order": (
        1.5,
        (tables.write_groups, tables.write_table),
        {tables.write_table: 2, fields.write_fields: 2, tables.write_rows: 1,
         texts.write_text: 1, fields.write_signatures: 1, fields.write_run: 1,
         tables.write_groups: 1},
    ),
    "survey": (
        1,
        (fields.write_run,),
        {options.write_options: 4, fields.write_long: 2, options.write_checklist: 2,
         texts.write_heading: 1, fields.write_fields: 1, texts.write_text: 1},
    ),
    "any": (
        2,
        (),
        dict.fromkeys((fields.write_memo, fields.write_fields, fields.write_cells, fields.write_long, options.write_options, options.write_checklist, fields.write_run, fields.write_signatures, tables.write_table, tables.write_rows, tables.write_groups, tables.write_names, texts.write_text, texts.write_items, texts.write_heading), 1),
    ),
}  # fmt: skip


def make_office_form(template: int, form: int) -> Page:
    """Make a form.

    template, form: Seeds of what the template decides, and of what is filled in.
    """
    sheet = Sheet(template, form)
    rng = sheet.shape
    names = list(KINDS)
    kind = rng.choices(names, [KINDS[name][0] for name in names])[0]
    _, first, weights = KINDS[kind]
    if rng.random() < 0.5:
        texts.write_letterhead(sheet)
    if rng.random() < 0.8:
        sheet.write_title()
    blocks = list(first) + rng.choices(list(weights), list(weights.values()), k=MOST)
    full = sheet.top + rng.choice([0.3, 0.6, 0.8, 1, 1, 1]) * (sheet.bottom - sheet.top)
    has_headings = rng.random() < 0.4
    for block in blocks:
        if sheet.is_full or sheet.y > full:
            break
        if has_headings and block is not texts.write_heading and rng.random() < 0.3:
            texts.write_heading(sheet, sheet.left, sheet.right)
        if rng.random() < 0.07 and block is not fields.write_cells:
            _write_side_by_side(
                sheet, block, rng.choices(list(weights), list(weights.values()))[0]
            )
        else:
            block(sheet, sheet.left, sheet.right)
    texts.write_marks(sheet)
    return sheet.page


def _write_side_by_side(sheet: Sheet, first: Block, second: Block) -> None:
    """Two blocks beside each other."""
    middle = (sheet.left + sheet.right) / 2
    top = sheet.y
    first(sheet, sheet.left, middle - 12)
    low, sheet.y = sheet.y, top
    second(sheet, middle + 12, sheet.right)
    sheet.y = max(low, sheet.y)
