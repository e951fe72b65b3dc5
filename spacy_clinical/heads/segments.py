"""Turn a token head's logits into parts of a form, by a vote of each run of words."""

from collections.abc import Sequence

import numpy
from spacy.tokens import Doc

from spacy_clinical.forms.labelled import Labelled, join_parts
from spacy_clinical.forms.segments import Segment, is_leader
from spacy_clinical.heads.decode import softmax
from spacy_clinical.heads.labels import OUTSIDE, LabelScheme
from spacy_clinical.types import Bools1d, Floats1d, Floats2d


def label_segments(
    doc: Doc,
    logits: Floats2d,
    is_seen: Bools1d,
    scheme: LabelScheme,
    segments: Sequence[Segment],
) -> list[Labelled]:
    """Give each segment the label that its words think likeliest together.

    logits (n_tokens, n_labels): Unnormalized.
    is_seen (n_tokens): Whether tokens have wordpieces; the others don't vote.
    RETURNS: In the Doc's order. A segment goes on with the one before it if its first
        word is likelier inside than at the start of a part.
    """
    names = sorted({tag[2:] if tag != OUTSIDE else OUTSIDE for tag in scheme.tags})
    scores = scheme.merge(softmax(logits.astype("float64")))
    by_name = numpy.stack(
        [_sum_tags(scores, scheme, name, roles="BILU") for name in names], axis=1
    )
    parts = []
    goes_on: set[int] = set()
    for segment in segments:
        tokens = numpy.arange(segment.start, segment.end)
        tokens = tokens[is_seen[tokens]]
        if not len(tokens) or is_leader(segment.text):
            continue
        votes = numpy.log(by_name[tokens] + 1e-9).mean(axis=0)
        best = int(votes.argmax())
        if names[best] == OUTSIDE:
            continue
        score = round(float(by_name[tokens, best].mean()), 4)
        parts.append(Labelled(segment.start, segment.end, names[best], score))
        first = scores[tokens[:1]]
        inside = _sum_tags(first, scheme, names[best], roles="IL")
        if inside[0] > _sum_tags(first, scheme, names[best], roles="BU")[0]:
            goes_on.add(segment.start)
    return join_parts(doc, parts, lambda _, part: part.start in goes_on)


def _sum_tags(
    scores: Floats2d, scheme: LabelScheme, name: str, *, roles: str
) -> Floats1d:
    """Add up the probabilities of a label's tags that have one of some roles."""
    tags = [OUTSIDE] if name == OUTSIDE else [f"{role}-{name}" for role in roles]
    columns = [scheme.ids_by_tag[tag] for tag in tags if tag in scheme.ids_by_tag]
    total: Floats1d = scores[:, columns].sum(axis=1)
    return total
