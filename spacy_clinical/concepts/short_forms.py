"""Let the inventory of abbreviations have a say in what a token head finds."""

from collections.abc import Sequence

from spacy.tokens import Doc

from spacy_clinical.concepts.abbreviations import load_abbreviations
from spacy_clinical.concepts.readings import read_short_forms
from spacy_clinical.extensions.attributes import SECTION_TITLES_KEY
from spacy_clinical.extensions.span_groups import list_spans
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
    titles = sorted(
        (span.start_char, span.end_char) for span in list_spans(doc, SECTION_TITLES_KEY)
    )
    readings = read_short_forms(
        doc,
        doc.text,
        load_abbreviations(),
        titles=titles,
        labels=frozenset(scheme.types),
    )
    raised = logits
    for reading in readings:
        span = doc.char_span(reading.start, reading.end)
        if span is None:
            continue
        if raised is logits:
            raised = logits.copy()
        label = reading.abbreviation.label
        tokens = [token.i for token in span if not token.is_space]
        raised[tokens[0], _list_columns(scheme, label, "BU")] += weight
        for token in tokens[1:]:
            raised[token, _list_columns(scheme, label, "IL")] += weight
    return raised


def _list_columns(scheme: LabelScheme, label: str, roles: str) -> Sequence[int]:
    """List the columns of a type with some roles; all of bare types."""
    tags = [scheme.tags[i] for i in scheme.tag_ids]
    own = [i for i, tag in enumerate(tags) if tag != OUTSIDE and tag[2:] == label]
    return [i for i in own if tags[i][0] in roles] or own
