"""Let a model read the long forms of what clinicians abbreviate."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache

from spacy.tokens import Doc, Span

from spacy_clinical.assertion.assess import Note, Place, assess
from spacy_clinical.assertion.cues import ATTRIBUTES, CueSet
from spacy_clinical.assertion.resource import load_cues
from spacy_clinical.concepts.abbreviations import load_abbreviations
from spacy_clinical.concepts.readings import Reading, read_short_forms
from spacy_clinical.extensions.attributes import SECTION_TITLES_KEY, SECTIONS_KEY
from spacy_clinical.extensions.doc_data import read_text
from spacy_clinical.extensions.span_groups import list_places, list_spans
from spacy_clinical.icd9.findings import CARRIERS, DENIALS
from spacy_clinical.pieces.rewrite import Rewording, rewrite
from spacy_clinical.pieces.text import Text
from spacy_clinical.tokenization.sentences import find_sentence_starts


def expand_short_forms(text: Text, *, keep_denied: bool = True) -> Text:
    """Write long forms for the short forms in a text that clearly stand for one condition:
    "hypertension" for "HTN". Their places stay those of the short forms in the Doc.

    text: The text of a Doc.
    keep_denied: Whether to leave the short forms of what is denied, hypothetical or of
        the family, by the entities around them or else by the rules of assertion.
    RETURNS: The text, or another that has the same tokens, sections and sentences.
    SOURCE: See `concepts.readings.read_short_forms`.
    """
    if text.doc is None or not text.text:
        return text
    readings = find_expanded(text.doc, keep_denied=keep_denied)
    return rewrite(text, [Rewording(r.start, r.end, r.long_form) for r in readings])


def find_expanded(doc: Doc, *, keep_denied: bool = True) -> list[Reading]:
    """Find the short forms of a Doc for which `expand_short_forms` writes long forms."""
    written = read_text(doc)
    titles = list_places(doc, SECTION_TITLES_KEY)
    readings = read_short_forms(doc, written, load_abbreviations(), titles=titles)
    if keep_denied and readings:
        return _leave_denied(doc, written, readings, titles)
    return readings


@cache
def _load_cues() -> CueSet:
    """Load the shipped cues once: a copy of its own would forget the words of each note."""
    return load_cues()


def _leave_denied(
    doc: Doc,
    written: str,
    readings: Sequence[Reading],
    titles: Sequence[tuple[int, int]],
) -> list[Reading]:
    """Leave out what doesn't hold of the patient."""
    carriers = [r for r in readings if r.abbreviation.label.lower() in CARRIERS]
    at = _read_denied(doc, sorted(reading.start for reading in carriers))
    open_ = [r for r in carriers if at.get(r.start) is None]
    denied = {r.start for r in carriers if at.get(r.start)}
    if open_:
        cues = _load_cues()
        note = Note(
            written,
            find_sentence_starts(doc, written),
            titles,
            [(s.start_char, s.label_) for s in list_spans(doc, SECTIONS_KEY)],
        )
        places = [
            Place(r.start, r.end, cues.find_kind(r.abbreviation.label)) for r in open_
        ]
        for reading, found in zip(open_, assess(note, places, cues), strict=True):
            if any(ATTRIBUTES[category] in DENIALS for category in found.categories):
                denied.add(reading.start)
    return [reading for reading in readings if reading.start not in denied]


def _read_denied(doc: Doc, places: Sequence[int]) -> dict[int, bool | None]:
    """Read by place whether the entity there is said not to hold.

    places (characters): Ascending. Those outside of entities are left out.
    """
    denied: dict[int, bool | None] = {}
    for ent in doc.ents if places else ():
        inside = places[
            bisect_left(places, ent.start_char) : bisect_left(places, ent.end_char)
        ]
        if inside:
            denied.update(dict.fromkeys(inside, _is_denied(ent)))
    return denied


def _is_denied(ent: Span) -> bool | None:
    """Check whether an entity is said not to hold; None if nothing has been said."""
    if any(ent._.get(n) is True for n in DENIALS if Span.has_extension(n)):
        return True
    is_said = Span.has_extension("assertion") and ent._.assertion
    return False if is_said else None
