"""Make plain records of forms, rows of a table of their fields, and rows of their tables.

A record:

    id, source         of the file
    pages              number, width, height, unit, source, rotation, n_words, error
    parts              headers, questions and answers in the order of reading: label,
                       text, page, box, score
    links              pairs of a question and an answer, by their places in parts
    fields             doc._.form_fields: key, option, value, page, key_box, value_box,
                       score, group
    tables             doc._.form_tables: page, box, source, n_rows, n_columns, n_heads,
                       heads, rows, cells
    provenance         per component, what made it
    error              null, or what failed: component, code, type, message

Boxes are x0, y0, x1, y1 from a page's upper left corner, in its unit.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from spacy.tokens import Doc

from spacy_clinical.extensions.attributes import FORM_SPANS_KEY
from spacy_clinical.extensions.span_groups import list_spans

COLUMNS = (
    *("source", "page", "key", "option", "value", "score"),
    *("key_x0", "key_y0", "key_x1", "key_y1"),
    *("value_x0", "value_y0", "value_x1", "value_y1"),
    "group",
)

CELL_COLUMNS = (
    *("id", "table", "row", "column", "n_rows", "n_columns", "is_head", "head"),
    *("text", "page", "source"),
)
TABLE_COLUMNS = ("file", "source", "page", "found_by", "rows", "columns", "heads")


def make_form_record(
    doc: Doc, *, form_id: str, source: str, spans_key: str = FORM_SPANS_KEY
) -> dict[str, Any]:
    """Make a record of a form, as the module describes."""
    group = list_spans(doc, spans_key)
    attrs = doc.spans[spans_key].attrs if group else {}
    scores = attrs.get("scores", [None] * len(group))
    parts = [
        {
            "label": span.label_,
            "text": span.text,
            "page": span._.page,
            "box": span._.box,
            "score": score,
        }
        for span, score in zip(group, scores, strict=True)
    ]
    return {
        "id": form_id,
        "source": source,
        "pages": doc._.pages,
        "parts": parts,
        "links": [list(pair) for pair in attrs.get("links", ())],
        "fields": doc._.form_fields,
        "tables": doc._.form_tables,
        "provenance": doc._.clinical_provenance,
        "error": doc._.clinical_error,
    }


def list_rows(record: dict[str, Any]) -> Iterator[list[Any]]:
    """List the fields of a form as rows of a table with `COLUMNS`."""
    for field in record["fields"]:
        value = field["value"]
        if not isinstance(value, str):
            # Whether a box is ticked.
            value = {True: "true", False: "false"}.get(value, "unclear")
        # Docs of earlier versions have no groups.
        group = field.get("group")
        boxes = [field[name] or [""] * 4 for name in ("key_box", "value_box")]
        yield [
            record["source"],
            field["page"],
            field["key"],
            field["option"],
            value,
            field["score"],
            *boxes[0],
            *boxes[1],
            "" if group is None else group,
        ]


def describe_table(
    table: dict[str, Any], *, file: str, source: str
) -> tuple[str, str, int, str, int, int, str]:
    """Describe a table in a row with `TABLE_COLUMNS`."""
    heads = " | ".join(table["heads"])
    sizes = len(table["rows"]), table["n_columns"]
    return file, source, table["page"], table["source"], *sizes, heads


def list_table_rows(table: dict[str, Any]) -> Iterator[list[str]]:
    """List the rows of a table of a form: the names of its columns, and its texts."""
    yield list(table["heads"])
    yield from table["rows"]


def list_cells(tables: Any) -> Iterator[dict[str, Any]]:
    """List the cells of the tables of a form as rows with `CELL_COLUMNS`.

    tables: Those of a record; None for none.
    """
    for number, table in enumerate(tables or (), start=1):
        for cell in table["cells"]:
            facts = {name: cell[name] for name in CELL_COLUMNS if name in cell}
            head = table["heads"][cell["column"]]
            yield {"table": number, "source": table["source"], "head": head, **facts}


def name_table_columns(heads: Sequence[str]) -> list[str]:
    """Name the columns of a table, each differently.

    heads: "" for those without one.
    """
    names: list[str] = []
    for number, head in enumerate(heads, start=1):
        first = name = head or f"column {number}"
        count = 1
        while name in names:
            count += 1
            name = f"{first} {count}"
        names.append(name)
    return names
