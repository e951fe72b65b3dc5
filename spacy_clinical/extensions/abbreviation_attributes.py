"""The abbreviations of a Doc: `doc.spans["abbreviations"]`, with what each stands for, and
scispaCy's attributes `doc._.abbreviations` and `span._.long_form`, which read it.

The group's attrs hold a list for each of these, in the order of its spans: "long_forms",
"sources", "places" and "readings". `ShortForm` says what they mean. Saved Docs keep them,
also without their user data. `Doc.from_docs` and `span.as_doc` drop the attrs of span
groups, so the same is kept with the user data, which they move along.

scispaCy's AbbreviationDetector sets the same attributes, to spans that it stores. Where a
Doc has no such group, its attributes are what scispaCy has stored. Where it has one, they
are read from it.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from spacy.tokens import Doc, Span

from spacy_clinical.extensions.doc_data import (
    count_chars,
    get_user_data,
    get_whole,
    keep,
    list_keys,
)
from spacy_clinical.extensions.span_groups import (
    find_by_start,
    follow,
    list_spans,
    write_rows,
)

ABBREVIATIONS_KEY = "abbreviations"
# Sources of long forms: the note itself, the inventory; none where they are unknown.
NOTE, INVENTORY, UNKNOWN = "note", "inventory", "unknown"
SOURCES = (NOTE, INVENTORY, UNKNOWN)
_ATTRIBUTE, _LONG_FORM = "abbreviations", "long_form"
_ROW = "spacy_clinical.abbreviation"


class ShortForm(NamedTuple):
    """A short form in a Doc, and what it stands for (characters, half open).

    long_form: In full; "" if nothing says which of several it is.
    label: Type of entity that it names, as the inventory has it; "" if unknown.
    source: One of `SOURCES`.
    place: Where the long form stands in the Doc; None if it doesn't.
    readings: The long forms that it may have, where it is unknown which.
    """

    start: int
    end: int
    long_form: str
    label: str = ""
    source: str = NOTE
    place: tuple[int, int] | None = None
    readings: tuple[str, ...] = ()


def get_place(row: ShortForm) -> tuple[int, int]:
    """Get where a short form is, to sort by."""
    return row.start, row.end


def set_abbreviations(doc: Doc, found: Iterable[ShortForm]) -> None:
    """Write short forms to `doc.spans["abbreviations"]`, in the order of the text.

    Those that start or end inside a token get all of it.
    """
    rows = sorted(found, key=get_place)
    write_rows(doc, ABBREVIATIONS_KEY, rows, _make_attrs)
    _keep_rows(doc, rows)
    # scispaCy may have put its own in their place since.
    register_abbreviation_extensions()


def _keep_rows(doc: Doc, rows: Iterable[ShortForm]) -> None:
    """Keep what short forms stand for under their places; places in it count from there."""
    data = get_user_data(doc)
    for key in list_keys(doc, _ROW.__eq__):
        del data[key]
    for row in rows:
        place = row.place and [row.place[0] - row.start, row.place[1] - row.start]
        values = [row.long_form, row.source, place or [], list(row.readings)]
        span = doc.char_span(row.start, row.end, alignment_mode="expand")
        if span is not None:
            data["._.", _ROW, span.start_char, span.end_char] = values


def _make_attrs(rows: list[ShortForm]) -> dict[str, list[Any]]:
    return {
        "long_forms": [row.long_form for row in rows],
        "sources": [row.source for row in rows],
        "places": [list(row.place or ()) for row in rows],
        "readings": [list(row.readings) for row in rows],
    }


def list_abbreviations(doc: Doc) -> list[ShortForm]:
    """List the short forms of a Doc as they were written; none if it has no group."""
    return [row for _, row in _list_rows(doc)]


def drop_parts(doc: Doc, found: Iterable[ShortForm]) -> list[ShortForm]:
    """Leave out short forms that are only a part of a token's word."""
    return [row for row in found if _is_whole(doc, row)]


def _is_whole(doc: Doc, row: ShortForm) -> bool:
    """Check whether the tokens of a short form have no other letters and digits."""
    span = doc.char_span(row.start, row.end, alignment_mode="expand")
    if span is None or (span.start_char, span.end_char) == (row.start, row.end):
        return span is not None
    before = span.text[: row.start - span.start_char]
    after = span.text[row.end - span.start_char :]
    return not any(map(str.isalnum, before + after))


def _list_rows(doc: Doc) -> list[tuple[Span, ShortForm]]:
    spans = list_spans(doc, ABBREVIATIONS_KEY)
    return [(span, _read_row(span, i)) for i, span in enumerate(spans)]


def _read_row(span: Span, index: int) -> ShortForm:
    """Read what is known of a span of the group; groups of others may know nothing."""
    group = span.doc.spans[ABBREVIATIONS_KEY]
    names = ("long_forms", "sources", "places", "readings")
    columns = [group.attrs.get(name) or () for name in names]
    if any(len(column) != len(group) for column in columns):
        return _read_kept(span)
    long_form, source, place, readings = (column[index] for column in columns)
    return ShortForm(
        span.start_char,
        span.end_char,
        long_form,
        span.label_,
        source,
        (place[0], place[1]) if place else None,
        tuple(readings),
    )


def _read_kept(span: Span) -> ShortForm:
    """Read what is kept of a span in user data, where the attrs of its group are gone."""
    start, end, label = span.start_char, span.end_char, span.label_
    kept = get_user_data(span.doc).get(("._.", _ROW, start, end))
    if kept is None:
        return ShortForm(start, end, "", label, UNKNOWN)
    long_form, source, place, readings = kept
    moved = (place[0] + start, place[1] + start) if place else None
    if moved and not 0 <= moved[0] < moved[1] <= count_chars(span.doc):
        moved = None
    return ShortForm(start, end, long_form, label, source, moved, tuple(readings))


# Attributes


def _get_abbreviations(doc: Doc) -> list[Span]:
    """Get the short forms whose long forms are known."""
    if ABBREVIATIONS_KEY in doc.spans:
        return [span for span, row in _list_rows(doc) if row.long_form]
    stored: list[Span] | None = get_whole(doc, _ATTRIBUTE)
    return _Stored(doc) if stored is None else stored


def _set_abbreviations(doc: Doc, value: Any) -> None:
    keep(doc, _ATTRIBUTE, value)


class _Stored(list[Any]):
    """An empty list that a Doc stores when something is appended, as scispaCy does."""

    def __init__(self, doc: Doc) -> None:
        super().__init__()
        self._doc = doc

    def append(self, item: Any) -> None:
        super().append(item)
        keep(self._doc, _ATTRIBUTE, list(self))


def _get_long_form(span: Span) -> Any:
    """Get the long form of a short form: a span of the Doc where it stands there, and
    else of a Doc of its own; None if it is unknown."""
    doc = span.doc
    if ABBREVIATIONS_KEY in doc.spans:
        now = follow(span)
        others, first = find_by_start(doc, ABBREVIATIONS_KEY, now.start, to_end=True)
        for i in range(first, len(others)):
            other = others[i]
            if other.start != now.start:
                break
            row = _read_row(other, i)
            if other.end == now.end and row.long_form:
                return _make_long_form(doc, row)
    return get_user_data(doc).get(_get_key(span))


def _set_long_form(span: Span, value: Any) -> None:
    get_user_data(span.doc)[_get_key(span)] = value


def _get_key(span: Span) -> tuple[str, str, int, int]:
    return ("._.", _LONG_FORM, span.start_char, span.end_char)


def _make_long_form(doc: Doc, row: ShortForm) -> Span:
    if row.place is not None:
        found: Span | None = doc.char_span(*row.place, alignment_mode="expand")
        if found is not None:
            return found
    return Doc(doc.vocab, words=row.long_form.split())[:]


def register_abbreviation_extensions() -> None:
    """Add scispaCy's attributes. Repeating it changes nothing; what scispaCy has stored
    can still be read, and it can store more."""
    Doc.set_extension(
        _ATTRIBUTE, getter=_get_abbreviations, setter=_set_abbreviations, force=True
    )
    Span.set_extension(
        _LONG_FORM, getter=_get_long_form, setter=_set_long_form, force=True
    )
