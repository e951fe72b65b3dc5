"""One page to read and compare annotated notes, with nothing loaded from elsewhere.

Notes are data in the page, and what shows them (resources/viewer*) puts them in as
text. Its policy lets a browser run that script only, by its hash.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple

from markupsafe import Markup

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.export.html import render
from spacy_clinical.export.pages.assertion import MARKS
from spacy_clinical.export.pages.palette import GROUP_ORDER, get_style
from spacy_clinical.export.pages.viewer_rows import Tables, compare_rows, make_row
from spacy_clinical.files.json_text import write_json

SCRIPTS = (
    *("data", "search", "text", "list", "records", "answers", "timeline", "panel"),
    *("note", "controls"),
)
# Of 10,000 notes of 3,000 characters, a page has 130 MB and opens in two seconds.
MAX_NOTES = 10_000
# Characters that could end the script element or a line of it.
_UNSAFE = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\x7f\x85\u2028\u2029"}


class Run(NamedTuple):
    """The records of one pipeline.

    name: As the page calls it.
    records: As `records.make_record` makes them, with or without text.
    """

    name: str
    records: Iterable[dict[str, Any]]


class View(NamedTuple):
    """The data of a page, ready for JSON.

    runs: Their names.
    types, sections, codes, makers, concepts, relations: Named in notes by their places in
        these lists; a maker is the provenance of records.
    notes: For each its id, texts, and what each run found in it.
    """

    runs: list[str]
    types: list[tuple[str, str]]
    sections: list[tuple[str, str]]
    codes: list[tuple[str, str, str, str]]
    makers: list[str]
    concepts: list[tuple[str, str, str]]
    relations: list[str]
    notes: list[dict[str, Any]]

    @property
    def n_failed(self) -> int:
        """Notes that failed in a run."""
        return sum(any(row and row["x"] for row in note["runs"]) for note in self.notes)

    @property
    def n_different(self) -> int:
        """Notes that the runs don't agree on, or that not all have."""
        if len(self.runs) < 2:
            return 0
        return sum(
            note["diff"] > 0 or any(row is None or row["x"] for row in note["runs"])
            for note in self.notes
        )


def make_view(
    runs: Sequence[Run],
    *,
    limit: int = 0,
    links: Mapping[str, str] = MappingProxyType({}),
) -> View:
    """Combine the findings of runs in the same notes, which are those with the same id.

    Where a run has an id twice, its second note is matched with the others' second.

    limit: Notes to take, from the first run before the others; 0 for all.
    links: Where concepts are linked to, as `pages.concepts.parse_links` returns it.
    RAISES ValueError: C318, at what isn't the record of a note; C322, at too many notes.
    """
    tables = Tables(links)
    notes: dict[tuple[str, int], dict[str, Any]] = {}
    for place, run in enumerate(runs):
        records = run.records if place or not limit else islice(run.records, limit)
        for number, (key, record) in enumerate(_number(records), start=1):
            if key not in notes:
                if limit and len(notes) >= limit:
                    continue
                if len(notes) >= MAX_NOTES:
                    raise CodedValueError(Errors.C322.format(most=MAX_NOTES))
                notes[key] = {"id": key[0], "texts": [], "runs": [None] * len(runs)}
            try:
                make_row(record, notes[key], place, tables)
            except (
                LookupError,
                TypeError,
                ValueError,
                AttributeError,
                ArithmeticError,
            ):
                source = f"Record {number} of '{run.name}'"
                raise CodedValueError(Errors.C318.format(source=source)) from None
    for note in notes.values():
        note["diff"] = compare_rows(note["runs"])
    types = [(label, get_style(label).group) for label in tables.types]
    return View(
        [run.name for run in runs],
        types,
        list(tables.sections),
        list(tables.codes),
        list(tables.makers),
        list(tables.concepts),
        list(tables.relations),
        list(notes.values()),
    )


def render_view(view: View) -> str:
    """Make the page."""
    sheets = _read("viewer.css") + _read("timeline.css")
    style = sheets + _make_colors([label for label, _ in view.types])
    script = "".join(_read(f"viewer_{name}.js") for name in SCRIPTS)
    content = {**view._asdict(), "groups": GROUP_ORDER, "marks": list(MARKS.values())}
    data = write_json(content, ensure_ascii=False, separators=(",", ":"))
    return render(
        "viewer.html",
        style=Markup(style),
        style_hash=_hash(style),
        script=Markup(script),
        script_hash=_hash(script),
        data=Markup(data.translate(_UNSAFE)),
    )


def _number(
    records: Iterable[dict[str, Any]],
) -> Iterator[tuple[tuple[str, int], dict[str, Any]]]:
    """Number notes that have the same id."""
    seen: dict[str, int] = {}
    for record in records:
        name = str(record["id"])
        seen[name] = seen.get(name, 0) + 1
        yield (name, seen[name]), record


@cache
def _read(name: str) -> str:
    return (files("spacy_clinical") / "resources" / name).read_text("utf8")


def _make_colors(labels: Sequence[str]) -> str:
    styles = [get_style(label) for label in labels]
    return "".join(
        f".k{i} {{ --fill: {s.background}; --text: {s.ink}; --edge: {s.border}; }}\n"
        f".u{i} {{ --under: {s.border}; }}\n"
        for i, s in enumerate(styles)
    )


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode("utf8")).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
