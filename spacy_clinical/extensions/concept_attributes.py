"""The concepts of entities: `span._.concept`, and scispaCy's `span._.kb_ents`.

Both are kept for a place and a label in the Doc's user data, so entities of several types
at one place have concepts of their own. A span without a label has those of any span at its
place. The best id is also in spaCy's own `span.kb_id_`.

A concept is a plain record:

    id, name           in the vocabulary; id is also `kb_id_`
    vocabulary         its short name: "mesh"
    version            its version: "2025"; "" if unknown
    types              semantic types, as the vocabulary names them
    xrefs              codes in other systems: {"ICD10CM": ["I10"], "UMLS": ["C0020538"]}
    score              0 to 1; None if unknown
    how                what has found it: "exact", "normalized" ...; "" if unknown
    parts              records of all its concepts, if it has several: "breast and ovarian
                       cancer"; else missing

scispaCy's EntityLinker stores `kb_ents` under the same name. What it has stored is read
where this package has written nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from spacy.tokens import Doc, Span, SpanGroup

from spacy_clinical.extensions.doc_data import get_user_data, restore_lists
from spacy_clinical.extensions.span_groups import follow, list_spans

CONCEPT_KEY = "spacy_clinical.concept"
_CONCEPT, _CANDIDATES = "concept", "kb_ents"
Candidates = Sequence[tuple[str, float]]
_Key = tuple[str, str, int, int]


class Linked(NamedTuple):
    """The concepts that an entity was linked to (characters, half open).

    candidates: Ids with scores, best first.
    concept: The best one's record; None if no candidate is good enough.
    """

    start: int
    end: int
    label: str
    candidates: Candidates = ()
    concept: Mapping[str, Any] | None = None

    @property
    def kb_id(self) -> str:
        """Id of the concept; "" without one."""
        return "" if self.concept is None else str(self.concept["id"])


def set_concept(
    span: Span, candidates: Candidates, concept: Mapping[str, Any] | None
) -> None:
    """Write `span._.concept` and `span._.kb_ents` of a span.

    candidates, concept: See `Linked`.
    """
    now = follow(span)
    place = now.start_char, now.end_char, now.label_
    _write(now.doc, Linked(*place, candidates, concept))


def set_concepts(doc: Doc, found: Iterable[Linked]) -> None:
    """Write concepts: `kb_id_` of entities and of spans in groups, `span._.concept` and
    `span._.kb_ents`.

    found: At the places of spans that the Doc has. Spans at other places, or with other
        labels, stay as they are.
    """
    ids = {}
    for row in found:
        ids[row.start, row.end, row.label] = row.kb_id
        _write(doc, row)
    # Once for all: each change of `doc.ents` reads all of them.
    ents = _set_ids(doc.ents, ids)
    if ents:
        doc.set_ents(ents, default="unmodified")
    for key, group in list(doc.spans.items()):
        spans = list_spans(doc, key)
        if _set_ids(spans, ids):
            attrs = dict(group.attrs)
            doc.spans[key] = SpanGroup(doc, name=group.name, attrs=attrs, spans=spans)
    # scispaCy may have put its own in their place since.
    register_concept_extensions()


def list_concepts(doc: Doc) -> list[Linked]:
    """List what `set_concepts` has written, in the order of the text."""
    rows = []
    for key, value in get_user_data(doc).items():
        if _is_key(key):
            for label, kept in value.items():
                row = _read(key[2], key[3], label, kept)
                rows.append(row._replace(concept=restore_lists(row.concept)))
    return sorted(rows, key=lambda row: row[:3])


def _write(doc: Doc, row: Linked) -> None:
    user_data = get_user_data(doc)
    key = _make_key(CONCEPT_KEY, row.start, row.end)
    concept = None if row.concept is None else dict(row.concept)
    kept = {
        _CANDIDATES: [[name, float(score)] for name, score in row.candidates],
        _CONCEPT: concept,
    }
    # A copy, as copies of a Doc may share the old one.
    by_label = {**user_data.get(key, {}), row.label: kept}
    if concept is None and not kept[_CANDIDATES]:
        del by_label[row.label]
    if by_label:
        user_data[key] = by_label
    else:
        user_data.pop(key, None)


def _read(start: int, end: int, label: str, kept: Mapping[str, Any]) -> Linked:
    candidates = tuple((name, float(score)) for name, score in kept[_CANDIDATES])
    return Linked(start, end, label, candidates, kept[_CONCEPT])


def _set_ids(
    spans: Iterable[Span], ids: Mapping[tuple[int, int, str], str]
) -> list[Span]:
    """Set the ids of those spans that have one. RETURNS: These."""
    changed = []
    for span in spans:
        kb_id = ids.get((span.start_char, span.end_char, span.label_))
        if kb_id is not None:
            span.kb_id_ = kb_id
            changed.append(span)
    return changed


def _is_key(key: Any) -> bool:
    return isinstance(key, tuple) and len(key) == 4 and key[1] == CONCEPT_KEY


def _make_key(name: str, start: int, end: int) -> _Key:
    return ("._.", name, start, end)


def get_linked(span: Span) -> Linked | None:
    """Get what a span was linked to, also by scispaCy; None if it wasn't.

    RETURNS: With a concept to be read, not to be changed.
    """
    span = follow(span)
    user_data = get_user_data(span.doc)
    start, end = span.start_char, span.end_char
    by_label = user_data.get(_make_key(CONCEPT_KEY, start, end)) or {}
    label = span.label_ or next(iter(by_label), "")
    kept = by_label.get(label)
    if kept is not None:
        return _read(start, end, label, kept)
    stored = user_data.get(_make_key(_CANDIDATES, start, end))
    if not stored:
        return None
    pairs = [one for one in stored if isinstance(one, list | tuple) and len(one) == 2]
    return Linked(start, end, label, tuple((one[0], one[1]) for one in pairs))


def _update(span: Span, name: str, value: Any) -> None:
    """Change one of the two attributes of a span."""
    now = follow(span)
    old = get_linked(now) or Linked(now.start_char, now.end_char, now.label_)
    _write(now.doc, old._replace(**{name: value}))


def _get_concept(span: Span) -> Any:
    row = get_linked(span)
    return None if row is None else restore_lists(row.concept)


def _set_concept(span: Span, concept: Mapping[str, Any] | None) -> None:
    _update(span, "concept", concept)


def _get_candidates(span: Span) -> Any:
    row = get_linked(span)
    return [] if row is None else list(row.candidates)


def _set_candidates(span: Span, candidates: Candidates) -> None:
    _update(span, "candidates", candidates)


def register_concept_extensions() -> None:
    """Add the attributes. Repeating it changes nothing; what scispaCy has stored can
    still be read."""
    Span.set_extension(_CONCEPT, getter=_get_concept, setter=_set_concept, force=True)
    Span.set_extension(
        _CANDIDATES, getter=_get_candidates, setter=_set_candidates, force=True
    )
