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

# Longer entities are ignored once all have a smaller probability than this.
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

    def collect(probabilities: Floats2d, length: int) -> None:
        for start, kind in zip(*numpy.nonzero(probabilities >= threshold), strict=True):
            score = min(1.0, float(probabilities[start, kind]))
            end = int(start) + length
            spans.append(SpanPrediction(int(start), end, tags.names[kind], score))

    collect(enter(tags.single) * leave(tags.single), 1)
    leave_last = leave(tags.last)
    # Weight of the open entities that started `length` tokens ago.
    weight = enter(tags.first)
    before = tags.first
    for length in range(2, n_tokens + 1):
        n_starts = n_tokens - length + 1
        weight = weight[:n_starts]
        closing = weight * step[before, tags.last] * arrival[length - 1 :, tags.last]
        collect(closing * leave_last[length - 1 :], length)
        weight = weight * step[before, tags.inside] * arrival[length - 1 :, tags.inside]
        before = tags.inside
        if not (weight * backward[length - 1 :, tags.inside] > NEGLIGIBLE).any():
            break
    return spans
