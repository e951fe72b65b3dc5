"""Pages that people can read: a note with what was found in it, and an index.

A page needs no network and no script. All that comes from a note is escaped.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from markupsafe import Markup

from spacy_clinical.about import __version__
from spacy_clinical.export.attributes import show_values
from spacy_clinical.export.pages.blocks import make_blocks
from spacy_clinical.export.pages.palette import GROUP_ORDER, TypeStyle, get_style
from spacy_clinical.export.records import Record

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


class IndexRow(NamedTuple):
    """A note in the index.

    page: Where its page is, seen from the index.
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
        [(code["code"], code["title"]) for code in record["codes"]],
        "" if error is None else error["message"],
    )


def render_note(record: Record, *, model: str = "", index: str = "") -> str:
    """Make the page of a note.

    record: With its text.
    model: Name and version of the pipeline, for the foot of the page.
    index: Where the index is, seen from the page; "" for none.
    """
    types = _count_types(Counter(ent["label"] for ent in record["entities"]))
    return render(
        "note.html",
        record=record,
        blocks=make_blocks(record),
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
    return render(
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
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        name=_get_name,
        number=_show_number,
        said=show_values,
        visible=_make_visible,
    )
    return environment


def render(template: str, **values: Any) -> str:
    """Fill in a template; all values are escaped."""
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
