"""Pages that people can read: a note with what was found in it, and an index.

A page needs no network and no script. All that comes from a note is escaped.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from markupsafe import Markup

from spacy_clinical.about import __version__
from spacy_clinical.export.palette import GROUP_ORDER, TypeStyle, get_style
from spacy_clinical.export.records import EntityRecord, Record, SectionRecord

# NUL and its like would be dropped or replaced by a browser: show their pictures.
_CONTROL_PICTURES = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"},
    0x7F: 0x2421,
}
_LOW_SCORE = 0.5


class EntityType(NamedTuple):
    """A type of entity on a page: its CSS class, name and number."""

    key: str
    label: str
    name: str
    style: TypeStyle
    n_found: int


class Run(NamedTuple):
    """A stretch of text that is shown in one way.

    entity: Index of the entity it belongs to, None for plain text.
    is_first, is_last: Whether the entity starts or ends here.
    """

    text: str
    is_title: bool
    entity: int | None
    is_first: bool
    is_last: bool


class Part(NamedTuple):
    """A subsection, or the text between subsections (None)."""

    subsection: SectionRecord | None
    runs: list[Run]


class Block(NamedTuple):
    """A section, or text outside all sections (None).

    anchor: Its place on the page, for links.
    """

    anchor: str
    section: SectionRecord | None
    n_entities: int
    parts: list[Part]


class IndexRow(NamedTuple):
    """A note in the index.

    page: Where its page is, seen from the index.
    types: Its types of entities with their numbers.
    error: What failed, with its code; "" if nothing did.
    """

    note_id: str
    source: str
    page: str
    n_chars: int
    n_sections: int
    types: Mapping[str, int]
    error: str

    @property
    def n_entities(self) -> int:
        return sum(self.types.values())


def make_index_row(record: Record, page: str) -> IndexRow:
    """Sum up a record for the index.

    page: Where the note's page is, seen from the index.
    """
    error = record["error"]
    return IndexRow(
        record["id"],
        record["source"],
        page,
        record["n_chars"],
        len(record["sections"]),
        Counter(ent["label"] for ent in record["entities"]),
        "" if error is None else error["message"],
    )


def render_note(record: Record, *, model: str = "", index: str = "") -> str:
    """Make the page of a note.

    record: With its text.
    model: Name and version of the pipeline, for the foot of the page.
    index: Where the index is, seen from the page; "" for none.
    """
    types = _count_types(Counter(ent["label"] for ent in record["entities"]))
    return _render(
        "note.html",
        record=record,
        blocks=_make_blocks(record),
        types=types,
        types_by_label={kind.label: kind for kind in types},
        model=model,
        index=index,
        low_score=_LOW_SCORE,
    )


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
    types = _count_types(total)
    return _render(
        "index.html",
        rows=rows,
        unread=unread,
        types=types,
        types_by_label={kind.label: kind for kind in types},
        n_most=max(total.values(), default=0),
        model=model,
    )


@cache
def _get_environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        name=_get_name, number=_show_number, visible=_make_visible
    )
    return environment


def _render(template: str, **values: Any) -> str:
    page = _get_environment().get_template(template)
    return page.render(groups=GROUP_ORDER, version=__version__, **values)


def _get_name(label: str) -> str:
    """A label as a person would write it."""
    words = label.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _show_number(number: int, one: str, many: str) -> Markup:
    return Markup("<b>{:,}</b> {}").format(number, one if number == 1 else many)


def _make_visible(text: str) -> str:
    return text.translate(_CONTROL_PICTURES)


def _count_types(counts: Mapping[str, int]) -> list[EntityType]:
    """Sort types by group, the most frequent first."""
    types = [
        EntityType("", label, _get_name(label), get_style(label), count)
        for label, count in counts.items()
    ]
    types.sort(key=lambda t: (GROUP_ORDER.index(t.style.group), -t.n_found, t.label))
    return [kind._replace(key=f"k{i}") for i, kind in enumerate(types)]


def _make_blocks(record: Record) -> list[Block]:
    """Cut a note's text into sections, subsections and runs, with nothing left out."""
    text, sections = record["text"], record["sections"]
    subsections, entities = record["subsections"], record["entities"]
    titled = [row for row in (*sections, *subsections) if row["title"]]
    titles = [(row["start"], row["body_start"]) for row in titled]
    spans = [
        [(row["start"], row["end"]) for row in sections],
        [(row["start"], row["end"]) for row in subsections],
        titles,
        [(row["start"], row["end"]) for row in entities],
    ]
    cuts = sorted(
        {0, len(text), *(i for group in spans for span in group for i in span)}
    )
    covers = [_find_innermost(cuts, group) for group in spans]
    pieces = list(zip(cuts, cuts[1:], *covers, strict=False))
    blocks: list[Block] = []
    for section, in_section in groupby(pieces, key=lambda piece: piece[2]):
        parts = []
        for subsection, in_part in groupby(in_section, key=lambda piece: piece[3]):
            runs = [_make_run(text, piece, entities) for piece in in_part]
            part = subsections[subsection] if subsection is not None else None
            parts.append(Part(part, list(_trim(runs))))
        n_entities = sum(run.is_first for part in parts for run in part.runs)
        row = sections[section] if section is not None else None
        anchor = f"s{len(blocks)}"
        blocks.append(
            Block(anchor, row, n_entities, [part for part in parts if part.runs])
        )
    return blocks


def _find_innermost(
    cuts: Sequence[int], spans: Sequence[tuple[int, int]]
) -> list[int | None]:
    """Find for each stretch between two cuts the span over it that starts last."""
    waiting = sorted(range(len(spans)), key=lambda i: spans[i], reverse=True)
    found: list[int | None] = []
    over: list[int] = []
    for cut in cuts[:-1]:
        while waiting and spans[waiting[-1]][0] <= cut:
            over.append(waiting.pop())
        over = [i for i in over if spans[i][1] > cut]
        found.append(over[-1] if over else None)
    return found


def _make_run(text: str, piece: Sequence[Any], entities: Sequence[EntityRecord]) -> Run:
    start, end, _, _, title, entity = piece
    return Run(
        text[start:end],
        title is not None,
        entity,
        entity is not None and entities[entity]["start"] == start,
        entity is not None and entities[entity]["end"] == end,
    )


def _trim(runs: Sequence[Run]) -> Iterator[Run]:
    """Drop the blank lines around a part, which its frame stands for."""
    shown = [i for i, run in enumerate(runs) if run.text.strip()]
    for i in range(shown[0], shown[-1] + 1) if shown else ():
        text = runs[i].text
        text = text.lstrip("\r\n") if i == shown[0] else text
        yield runs[i]._replace(text=text.rstrip() if i == shown[-1] else text)
