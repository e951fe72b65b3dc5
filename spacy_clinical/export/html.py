"""Make pages to read: a note with its findings, and an index of notes.

A page needs no network and no script. All that comes from a note is escaped.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import jinja2
from markupsafe import Markup

from spacy_clinical.about import __version__
from spacy_clinical.export.attributes import show_values
from spacy_clinical.export.concepts import find_icd10
from spacy_clinical.export.pages.answer_rows import (
    AnswerRow,
    StatementRow,
    list_answer_rows,
    list_statement_rows,
)
from spacy_clinical.export.pages.assertion import (
    count_marks,
    is_assessed,
    list_cues,
    list_marks,
)
from spacy_clinical.export.pages.blocks import RecordPlace, make_blocks
from spacy_clinical.export.pages.concepts import show_concepts
from spacy_clinical.export.pages.palette import GROUP_ORDER, TypeStyle, get_style
from spacy_clinical.export.pages.record_tables import (
    FindingRow,
    MeasurementRow,
    MedicationRow,
    group_by_section,
    group_measurements,
    list_finding_rows,
    list_measurements,
    list_medications,
)
from spacy_clinical.export.pages.relation_groups import group_relations
from spacy_clinical.export.pages.timeline import draw_timeline
from spacy_clinical.export.pages.wording import make_visible, say_date
from spacy_clinical.export.records import Record
from spacy_clinical.export.relation_records import DATE, shape_date

_LOW_SCORE = 0.5
# Without a script, a browser looks through the whole page for each cue that lights up when
# its entity is pointed at. In pages with more, none does.
_MAX_LIT = 300


class EntityType(NamedTuple):
    """A type of entity on a page: its CSS class, name and number."""

    key: str
    label: str
    name: str
    style: TypeStyle
    n_found: int


class IndexRow(NamedTuple):
    """A note in the index.

    page: The link from the index to its page.
    types: Its types of entities with their numbers.
    codes: Its codes with their titles, best first.
    error: What failed, with its code; "" if nothing did.
    """

    note_id: str
    source: str
    page: str
    n_chars: int
    n_sections: int
    types: Mapping[str, int]
    codes: Sequence[tuple[str, str]]
    error: str

    @property
    def n_entities(self) -> int:
        return sum(self.types.values())


def make_index_row(record: Record, page: str) -> IndexRow:
    """Summarize a record for the index.

    page: The link from the index to the note's page.
    """
    error = record["error"]
    return IndexRow(
        record["id"],
        record["source"],
        page,
        record["n_chars"],
        len(record["sections"]),
        Counter(ent["label"] for ent in record["entities"]),
        [(code["code"], code["title"]) for code in record["codes"]],
        "" if error is None else error["message"],
    )


def render_note(
    record: Record,
    *,
    model: str = "",
    index: str = "",
    links: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Make the page of a note.

    record: With its text.
    model: Name and version of the pipeline, for the foot of the page.
    index: The link from the page to the index; "" for none.
    links: Where concepts are linked to, as `pages.concepts.parse_links` returns it.
    """
    medications, measurements = list_medications(record), list_measurements(record)
    answers, statements = list_answer_rows(record), list_statement_rows(record)
    asked: list[AnswerRow | StatementRow] = [*answers, *statements]
    findings = list_finding_rows(record)
    cues = list_cues(record["entities"])[1]
    lit = {number for numbers in cues for number in numbers}
    return render(
        "note.html",
        record=record,
        blocks=make_blocks(
            record, _list_places(record, medications, measurements, asked)
        ),
        answers=answers,
        statements=statements,
        medications=medications,
        measurements=measurements,
        findings=findings,
        relations=group_relations(record),
        hints=_list_hints(record, findings),
        drawing=draw_timeline(record),
        types=_count_types(Counter(ent["label"] for ent in record["entities"])),
        marks=count_marks(record["entities"]),
        cues=cues,
        lit=sorted(lit) if len(lit) <= _MAX_LIT else [],
        model=model,
        index=index,
        links=links,
        icd10=find_icd10(record),
        low_score=_LOW_SCORE,
    )


def render_timeline(record: Mapping[str, Any], *, anchor: str = "timeline") -> Markup:
    """Make the timeline of a note as SVG, which a page can hold; "" without dates.

    record: With its text. Its links lead to anchors of `render_note`'s page.
    anchor: Start of the ids in it.
    """
    drawing = draw_timeline(record)
    if not drawing.rows:
        return Markup()
    return Markup(render("timeline.html", drawing=drawing, anchor=anchor))


def _list_places(
    record: Mapping[str, Any],
    medications: Sequence[MedicationRow],
    measurements: Sequence[MeasurementRow],
    asked: Sequence[AnswerRow | StatementRow],
) -> list[RecordPlace]:
    """List where the rows of tables are in the note."""
    places = [RecordPlace(r.key, r.start, r.end, r.place[1]) for r in medications]
    places += [RecordPlace(r.key, r.start, r.end, r.end) for r in measurements]
    places += [
        RecordPlace(r.key, r.start, r.end, r.end)
        for r in asked
        if r.start is not None and r.end is not None
    ]
    length = len(record["text"])
    return [
        place
        for place in places
        if 0 <= place.start < place.end <= length and 0 < place.link <= length
    ]


def _list_hints(
    record: Mapping[str, Any], findings: Sequence[FindingRow]
) -> list[list[str]]:
    """List for each entity what the mouse over it tells: its date, what is said of it."""
    dates = [shape_date(ent.get(DATE)) for ent in record["entities"]]
    hints = [[f"= {say_date(date)}"] if date else [] for date in dates]
    for row in findings:
        hints[row.number] += row.words
    return hints


def render_index(
    rows: Sequence[IndexRow], *, unread: Sequence[str] = (), model: str = ""
) -> str:
    """Make the page that leads to all notes.

    unread: Coded messages about files and rows that could not be read.
    model: Name and version of the pipeline, for the foot of the page.
    """
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row.types)
    return render(
        "index.html",
        rows=rows,
        unread=unread,
        types=_count_types(total),
        n_most=max(total.values(), default=0),
        model=model,
    )


@cache
def _get_environment() -> jinja2.Environment:
    package = Path(__file__).parents[1]
    folders = [package / "export" / "pages", package / "resources"]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        name=_get_name,
        number=_show_number,
        said=show_values,
        visible=make_visible,
        marks=list_marks,
        is_assessed=is_assessed,
        concepts=show_concepts,
        by_section=group_by_section,
        by_section_and_date=group_measurements,
    )
    return environment


def render(template: str, *, types: Sequence[EntityType] = (), **values: Any) -> str:
    """Fill in a template; all values are escaped.

    types: The types of entities on the page.
    """
    page = _get_environment().get_template(template)
    shared = {"groups": GROUP_ORDER, "version": __version__, "types": types}
    by_label = {kind.label: kind for kind in types}
    return page.render(types_by_label=by_label, **shared, **values)


def _get_name(label: str) -> str:
    """Get the name of a label for readers."""
    words = label.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _show_number(number: int, one: str, many: str) -> Markup:
    return Markup("<b>{:,}</b> {}").format(number, one if number == 1 else many)


def _count_types(counts: Mapping[str, int]) -> list[EntityType]:
    """Sort types by group, the most frequent first."""
    types = [
        EntityType("", label, _get_name(label), get_style(label), count)
        for label, count in counts.items()
    ]
    types.sort(key=lambda t: (GROUP_ORDER.index(t.style.group), -t.n_found, t.label))
    return [kind._replace(key=f"k{i}") for i, kind in enumerate(types)]
