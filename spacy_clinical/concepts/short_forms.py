"""Let the inventory of abbreviations have a say in what a token head finds."""

from spacy.tokens import Doc

from spacy_clinical.concepts.abbreviations import load_abbreviations
from spacy_clinical.concepts.readings import read_short_forms
from spacy_clinical.extensions.attributes import SECTION_TITLES_KEY
from spacy_clinical.extensions.doc_data import read_text
from spacy_clinical.extensions.span_groups import list_places
from spacy_clinical.heads.labels import OUTSIDE, LabelScheme
from spacy_clinical.types import Floats2d


def add_short_forms(
    doc: Doc, logits: Floats2d, scheme: LabelScheme, weight: float
) -> Floats2d:
    """Raise the scores of the entities that short forms in a Doc clearly name.

    What the head is sure of stays; where it wavers, "HTN" becomes a disease.

    logits (n_tokens, n_labels): Unnormalized, columns in the order of the scheme.
    weight: What to add to the logits; 2 makes an entity some seven times as probable.
    RETURNS (n_tokens, n_labels): Other logits, or the same if there are no short forms.
    SOURCE: See `concepts.readings.read_short_forms`. Types that the scheme doesn't have
        are left out.
    """
    readings = read_short_forms(
        doc,
        read_text(doc),
        load_abbreviations(),
        titles=list_places(doc, SECTION_TITLES_KEY),
        labels=frozenset(scheme.types),
    )
    if not readings:
        return logits
    columns = _group_columns(scheme)
    raised = logits
    for reading in readings:
        span = doc.char_span(reading.start, reading.end)
        if span is None:
            continue
        if raised is logits:
            raised = logits.copy()
        first, later = columns[reading.abbreviation.label]
        tokens = [token.i for token in span if not token.is_space]
        raised[tokens[0], first] += weight
        for token in tokens[1:]:
            raised[token, later] += weight
    return raised


def _group_columns(scheme: LabelScheme) -> dict[str, tuple[list[int], list[int]]]:
    """List the columns that start an entity, and that go on with it, by its type."""
    columns: dict[str, tuple[list[int], list[int]]] = {}
    for column, tag_id in enumerate(scheme.tag_ids):
        role, _, name = scheme.tags[tag_id].partition("-")
        if role != OUTSIDE:
            first, later = columns.setdefault(name, ([], []))
            (first if role in "BU" else later).append(column)
    # Bare types have one role only.
    return {name: (one or two, two or one) for name, (one, two) in columns.items()}
