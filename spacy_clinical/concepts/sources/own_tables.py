"""Read tables and JSON lines of concepts that users write, and scispaCy's JSON lines."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from spacy_clinical.concepts.entry import Entry
from spacy_clinical.concepts.sources.source import (
    Adapter,
    Contents,
    Facts,
    Source,
    make_line_fault,
)
from spacy_clinical.concepts.sources.tables import read_numbered
from spacy_clinical.concepts.systems import make_xref, split_xref
from spacy_clinical.files.json_text import read_json

# By what they hold, the columns and keys that may have it.
COLUMNS = {
    "id": ("id", "concept_id", "code", "identifier"),
    "name": ("name", "canonical_name", "label", "term", "title", "preferred_name"),
    "synonyms": ("synonyms", "aliases", "synonym", "alias"),
    "types": ("types", "type", "semantic_types", "semantic_type"),
    "definition": ("definition", "description"),
    "xrefs": ("xrefs", "xref", "cross_references"),
    "other_ids": ("other_ids", "alt_ids"),
    "source": ("source", "vocabulary"),
    "language": ("language", "lang"),
    "is_obsolete": ("is_obsolete", "obsolete"),
}
# Between several values in a cell.
BAR = "|"
_TRUE = frozenset({"1", "true", "yes", "y"})
_SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}


def read_delimited(source: Source) -> Contents:
    """Read a table with a header: CSV or TSV with the columns id and name, and perhaps
    synonyms, type, definition, xrefs (MESH:D000309), source, language and obsolete.
    Several values in a cell have "|" between them; an id may have several rows.

    RAISES ValueError: C901 to C903, for broken rows and rows without an id.
    """
    separator = _find_separator(source)
    return _read(source, read_numbered(source, source.path, TABLE.kind, (), separator))


def read_json_lines(source: Source) -> Contents:
    """Read lines of JSON objects.

    Their keys are those of the columns of tables, or scispaCy's: concept_id,
    canonical_name, aliases, types, definition.

    RAISES ValueError: C903, for lines that aren't JSON, and objects without an id.
    """
    return _read(source, _parse_lines(source))


def _read(source: Source, rows: Iterator[tuple[int, dict[str, Any]]]) -> Contents:
    name = source.path.name.split(".")[0].lower()
    return Contents(Facts(name), _make_entries(source, rows))


def _make_entries(
    source: Source, rows: Iterator[tuple[int, dict[str, Any]]]
) -> Iterator[Entry]:
    for number, row in rows:
        names = find_names(tuple(row))
        values = {part: row[name] for part, name in names.items()}
        try:
            entry = _make_entry(values)
        except TypeError:
            reason = "a value is neither a text nor a list of texts"
            raise make_line_fault(source.path, number, reason) from None
        if not entry.id:
            raise make_line_fault(source.path, number, "it has no id")
        yield entry


def _make_entry(values: dict[str, Any]) -> Entry:
    """Make the entry of an object.

    RAISES TypeError: If there are objects or lists where texts should be.
    """
    return Entry(
        id=_get_text(values.get("id")),
        name=_get_text(values.get("name")),
        synonyms=_get_list(values.get("synonyms")),
        types=_get_list(values.get("types")),
        definition=_get_text(values.get("definition")),
        xrefs=_get_xrefs(values.get("xrefs")),
        other_ids=_get_list(values.get("other_ids")),
        source=_get_text(values.get("source")),
        language=_get_text(values.get("language")),
        is_obsolete=_get_text(values.get("is_obsolete")).lower() in _TRUE,
    )


@lru_cache
def find_names(header: tuple[str, ...]) -> dict[str, str]:
    """Find the column that holds each part of an entry.

    header: All columns, or the keys of an object.
    """
    found = {
        part: next((name for name in names if name in header), "")
        for part, names in COLUMNS.items()
    }
    return {part: name for part, name in found.items() if name}


def _get_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        raise TypeError
    return str(value).strip()


def _get_list(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else _get_text(value).split(BAR)
    return tuple(text for text in map(_get_text, values) if text)


def _get_xrefs(value: Any) -> tuple[tuple[str, str], ...]:
    """Read {"MESH": ["D000309"]} and "MESH:D000309|UMLS:C0012634"."""
    if isinstance(value, dict):
        pairs = [
            (key, code) for key, codes in value.items() for code in _get_list(codes)
        ]
        return tuple(make_xref(key, code) for key, code in pairs)
    found = map(split_xref, _get_list(value))
    return tuple(xref for xref in found if xref)


# Tables


def _find_separator(source: Source) -> str:
    separator = _SEPARATORS.get(source.suffix)
    if separator is None:
        separator = "\t" if "\t" in next(iter(source.head_lines), "") else ","
    return separator


def _split_header(source: Source) -> list[str]:
    first = next(iter(source.head_lines), "")
    cells = first.lower().split(_find_separator(source))
    return [cell.strip().strip('"').strip() for cell in cells]


def _recognizes_table(source: Source) -> bool:
    if source.head.startswith((b"{", b"[", b"<")):
        return False
    return {"id", "name"} <= set(find_names(tuple(_split_header(source))))


# JSON lines


def _parse_lines(source: Source) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(source.read_lines(source.path), 1):
        if line.strip():
            try:
                values = read_json(line)
            except (ValueError, RecursionError):
                values = None
            if not isinstance(values, dict):
                raise make_line_fault(source.path, number, "it isn't a JSON object")
            yield number, values


def _recognizes_json_lines(source: Source) -> bool:
    if not source.head.startswith(b"{"):
        return False
    try:
        _, first = next(_parse_lines(source))
    # Such as an object in several lines.
    except ValueError:
        return False
    return {"id", "name"} <= set(find_names(tuple(first)))


TABLE = Adapter("CSV or TSV with id and name", _recognizes_table, read_delimited)
JSON_LINES = Adapter("JSON lines", _recognizes_json_lines, read_json_lines)
