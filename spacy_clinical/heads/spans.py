"""Find entities by their own probability.

The most probable sequence of tags isn't always the best set of entities. Here the
probability of each entity, with exactly its borders and type, is summed over all
sequences.

SOURCE: Span posteriors of a linear chain as in Culotta & McCallum 2004, Confidence
Estimation for Information Extraction.
"""

from dataclasses import dataclass

import numpy

from spacy_clinical.heads.crf import infer
from spacy_clinical.heads.labels import LabelScheme
from spacy_clinical.types import Floats2d, Ints1d, SpanPrediction

# Entities aren't followed further once all longer ones are less probable than this.
NEGLIGIBLE = 1e-3


@dataclass(frozen=True)
class TypeTags:
    """Tags of each entity type by role (n_types each).

    names: The entity types.
    single: Tag of a single-token entity.
    first, inside, last: Tags of a longer entity.
    onward: Tag that continues the entity after `last`; n_tags if there is none.
    """

    names: list[str]
    single: Ints1d
    first: Ints1d
    inside: Ints1d
    last: Ints1d
    onward: Ints1d


def list_type_tags(scheme: LabelScheme) -> TypeTags:
    """Get the tags of each entity type by role; n_tags for missing tags."""
    by_tag, none = scheme.ids_by_tag, len(scheme.tags)

    def find(roles: str) -> Ints1d:
        ids = []
        for name in scheme.types:
            tags = [by_tag[f"{r}-{name}"] for r in roles if f"{r}-{name}" in by_tag]
            ids.append(tags[0] if tags else none)
        return numpy.asarray(ids)

    inside, last = find("I"), find("LI")
    return TypeTags(
        scheme.types,
        single=find("UBI"),
        first=find("BI"),
        inside=inside,
        last=last,
        onward=numpy.where(last == inside, inside, none),
    )


def find_spans(
    scores: Floats2d, transitions: Floats2d, scheme: LabelScheme, *, threshold: float
) -> list[SpanPrediction]:
    """Choose the most probable entities that don't overlap.

    scores (n_tokens, n_tags), transitions (n_tags + 1, n_tags + 1): Unnormalized.
    scheme: The tags.
    threshold (0 to 1): Minimum probability of an entity. From 0.5 on, none overlap.
    RETURNS: The entities in the order of the tokens. The score is the probability.
    """
    taken = numpy.zeros(len(scores), dtype=bool)
    chosen = []
    candidates = _score_spans(scores, transitions, scheme, threshold)
    for span in sorted(candidates, key=lambda span: (-span.score, span.start)):
        if not taken[span.start : span.end].any():
            taken[span.start : span.end] = True
            chosen.append(span)
    return sorted(chosen)


def _score_spans(
    scores: Floats2d, transitions: Floats2d, scheme: LabelScheme, threshold: float
) -> list[SpanPrediction]:
    """List all entities that are probable enough, including overlapping ones."""
    tags = list_type_tags(scheme)
    n_tokens, n_tags = scores.shape
    posterior = infer(scores, transitions)
    # A column of zeros stands for tags that don't exist.
    step = numpy.zeros((n_tags + 1, n_tags + 1))
    step[:n_tags, :n_tags] = numpy.exp(transitions[:n_tags, :n_tags])
    forward, backward, arrival = (
        numpy.pad(table, ((0, 0), (0, 1)))
        for table in (posterior.forward, posterior.backward, posterior.arrival)
    )

    def enter(tag: Ints1d) -> Floats2d:
        """Sum over all paths to a tag, except from inside the same entity."""
        weight = forward[:, tag].copy()
        # Only types without a B- tag start and continue with the same tag.
        same = numpy.flatnonzero(tag == tags.inside)
        coming = forward[:-1, tag[same]] * step[tag[same], tag[same]]
        weight[1:, same] -= coming * arrival[1:, tag[same]]
        return weight

    def leave(tag: Ints1d) -> Floats2d:
        """Sum over all paths after a tag, except those that continue the entity."""
        onward = numpy.zeros((n_tokens, len(tag)))
        coming = arrival[1:, tags.onward] * backward[1:, tags.onward]
        onward[:-1] = step[tag, tags.onward] * coming
        return backward[:, tag] - onward

    spans: list[SpanPrediction] = []

    def collect(probabilities: Floats2d, starts: Ints1d, length: int) -> None:
        for row, kind in zip(*numpy.nonzero(probabilities >= threshold), strict=True):
            start, score = int(starts[row]), float(probabilities[row, kind])
            name = tags.names[kind]
            spans.append(SpanPrediction(start, start + length, name, min(1.0, score)))

    starts = numpy.arange(n_tokens)
    collect(enter(tags.single) * leave(tags.single), starts, 1)
    leave_last, onward = leave(tags.last), backward[:, tags.inside]
    at_last, at_inside = arrival[:, tags.last], arrival[:, tags.inside]
    # Weight of the entities that are still open after their first tokens.
    starts, weight, before = starts[:-1], enter(tags.first)[:-1], tags.first
    length = 1
    while len(starts):
        length += 1
        ends = starts + length - 1
        closing = weight * step[before, tags.last] * at_last[ends]
        collect(closing * leave_last[ends], starts, length)
        weight = weight * step[before, tags.inside] * at_inside[ends]
        before = tags.inside
        is_open = (weight * onward[ends] > NEGLIGIBLE).any(axis=1)
        is_open &= ends < n_tokens - 1
        starts, weight = starts[is_open], weight[is_open]
    return spans
