"""Read the fields of checkpoints whose labels are names of fields, as those of receipts are."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import groupby

import numpy
from spacy.tokens import Doc, Span

from spacy_clinical.forms.fields import FormField, PlacedField, read_lines
from spacy_clinical.forms.labels import Labelled, join_parts
from spacy_clinical.forms.places import Places
from spacy_clinical.forms.segments import Segment
from spacy_clinical.forms.tables.table import FoundTable, TableCell


def join_words(
    doc: Doc,
    parts: Sequence[Labelled],
    segments: Iterable[Segment],
    *,
    is_single: Callable[[str], bool],
) -> list[Labelled]:
    """Join words with the same label between two gaps of a line, of labels that can't say
    whether a word goes on with a field, as a B-TOTAL without an I-TOTAL can't.

    is_single: Whether a label is such a one.
    """
    owners = numpy.full(len(doc), -1)
    for number, segment in enumerate(segments):
        owners[segment.start : segment.end] = number
    return join_parts(
        doc,
        parts,
        lambda last, part: (
            is_single(part.label) and owners[last.start] == owners[part.start]
        ),
    )


def group_parts(
    parts: Sequence[Labelled], places: Places, leads: Collection[str]
) -> list[int | None]:
    """Group the fields of lines that list something: what was bought, how many, its price.

    Fields are of a group if their names begin with what a lead's name has before its last
    dot. Each lead begins one. A line without a lead goes on with the group above it, unless
    that has all of its fields; before the first lead, with the group below.

    parts: In the Doc's order.
    leads: Names of fields, such as "menu.nm". Case doesn't matter.
    RETURNS: For each part the number of its group; None for parts of none.
    """
    groups: list[int | None] = [None] * len(parts)
    n_groups = 0
    for lead in sorted({lead.lower() for lead in leads}):
        prefix = lead.rpartition(".")[0] + "."
        own = [
            i
            for i, part in enumerate(parts)
            if groups[i] is None and part.label.lower().startswith(prefix)
        ]
        # The labels of the group so far; none before the first.
        known: set[str] | None = None
        for _, line in groupby(own, key=lambda i: places.lines[parts[i].start]):
            for run in _split_line(list(line), parts, lead):
                labels = {parts[i].label.lower() for i in run}
                is_new = known is None or (
                    lead in known if lead in labels else labels <= known
                )
                if is_new or known is None:
                    n_groups += 1
                    known = set()
                known |= labels
                for i in run:
                    groups[i] = n_groups - 1
    return groups


def _split_line(
    line: list[int], parts: Sequence[Labelled], lead: str
) -> Iterator[list[int]]:
    """Cut a line with several leads before each but the first."""
    run: list[int] = []
    has_lead = False
    for i in line:
        is_lead = parts[i].label.lower() == lead
        if is_lead and has_lead:
            yield run
            run = []
        has_lead |= is_lead
        run.append(i)
    if run:
        yield run


def place_labelled(
    spans: Sequence[Span], scores: Sequence[float], groups: Sequence[int | None]
) -> list[PlacedField]:
    """Make a field of each span, with its place in the text."""
    placed = []
    for span, score, group in zip(spans, scores, groups, strict=True):
        field: FormField = {
            "key": span.label_,
            "option": "",
            "value": read_lines(span),
            "page": span._.page,
            "key_box": None,
            "value_box": span._.box,
            "score": round(score, 4),
            "group": group,
        }
        placed.append(PlacedField(field, span.start, span.start_char, span.end_char))
    return placed


def make_group_tables(
    parts: Sequence[Labelled], groups: Sequence[int | None], places: Places
) -> list[FoundTable]:
    """Make a table of the groups whose fields have the same beginning: a row for each."""
    prefixes: dict[str, list[int]] = {}
    for i, group in enumerate(groups):
        if group is not None:
            prefixes.setdefault(parts[i].label.rpartition(".")[0], []).append(i)
    return [_make_table(parts, own, groups, places) for own in prefixes.values()]


def _make_table(
    parts: Sequence[Labelled],
    own: Sequence[int],
    groups: Sequence[int | None],
    places: Places,
) -> FoundTable:
    lefts: dict[str, list[int]] = {}
    for i in own:
        lefts.setdefault(parts[i].label, []).append(places.boxes[parts[i].start, 0])
    # Columns from left to right.
    names = sorted(lefts, key=lambda label: float(numpy.median(lefts[label])))
    rows = {
        group: row for row, group in enumerate(sorted({groups[i] or 0 for i in own}))
    }
    cells: dict[tuple[int, int], list[int]] = {}
    for i in own:
        place = rows[groups[i] or 0], names.index(parts[i].label)
        tokens = range(parts[i].start, parts[i].end)
        cells.setdefault(place, []).extend(t for t in tokens if places.lines[t] >= 0)
    found = [
        TableCell(row, column, 1, 1, tokens, int(places.pages[tokens[0]]))
        for (row, column), tokens in sorted(cells.items())
        if tokens
    ]
    return FoundTable("labels", len(names), found, names=names)
