"""Join the parts of ruled tables that continue on the next page."""

from collections.abc import Sequence

from spacy.tokens import Doc

from spacy_clinical.forms.tables.table import FoundTable

# How far columns may be apart on two pages, as a part of the table's width.
SHIFT = 0.012


def join_pages(doc: Doc, tables: Sequence[FoundTable]) -> list[FoundTable]:
    """Join tables with the same columns on successive pages, of which nothing but the
    next one follows on the first page. A head that is repeated is left out.

    tables: In the order of pages, without heads.
    """
    joined: list[FoundTable] = []
    for table in tables:
        last = joined[-1] if joined else None
        if last is None or not _goes_on(doc, last, table):
            joined.append(table)
            continue
        skipped = int(_list_texts(doc, last, 0) == _list_texts(doc, table, 0))
        first = last.n_rows - skipped
        rest = [cell for cell in table.cells if cell.row >= skipped]
        cells = last.cells + [cell._replace(row=cell.row + first) for cell in rest]
        joined[-1] = FoundTable(last.source, last.n_columns, cells)
    return joined


def _goes_on(doc: Doc, last: FoundTable, table: FoundTable) -> bool:
    edges, others = _list_edges(last), _list_edges(table)
    is_next = table.page == last.last_page + 1 and last.n_columns == table.n_columns
    if not is_next or len(edges) != len(others):
        return False
    reach = SHIFT * (edges[-1] - edges[0]) if edges else 0.0
    if any(abs(a - b) > reach for a, b in zip(edges, others, strict=True)):
        return False
    head = _list_texts(doc, table, 0)
    # Another head is that of another table.
    has_values = any(c.isdigit() for text in head for c in text)
    return has_values or head == _list_texts(doc, last, 0)


def _list_edges(table: FoundTable) -> list[float]:
    boxes = [cell.box for cell in table.cells if cell.box is not None]
    places = sorted(x for box in boxes for x in (box[0], box[2]))
    edges: list[float] = []
    for place in places:
        if not edges or place - edges[-1] > SHIFT * (places[-1] - places[0]):
            edges.append(place)
    return edges


def _list_texts(doc: Doc, table: FoundTable, row: int) -> list[str]:
    return [" ".join(doc[i].text for i in cell.tokens) for cell in table.list_row(row)]
