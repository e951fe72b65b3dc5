"""Keep entities from going on over borders, whatever decodes the scores.

A row in between that can only be "O" parts the tokens on both sides, for each decoder and
each scheme of tags: an entity has to end before it, and another may begin after it. Where
"O" comes before or after the border anyway, nothing else changes.
"""

import numpy

from spacy_clinical.heads.crf import IMPOSSIBLE
from spacy_clinical.heads.labels import OUTSIDE, LabelScheme
from spacy_clinical.heads.spans import list_type_tags
from spacy_clinical.types import Bools1d, Floats2d, Ints1d, SpanPrediction

# Least probability of a type whose logarithm is taken.
TINY = 1e-30


def find_starts(borders: Bools1d, tokens: Ints1d) -> Bools1d:
    """Pass borders on to the tokens that are decoded.

    borders (n_tokens): Of the whole Doc.
    tokens: Indices of the tokens that are decoded.
    RETURNS: For each of these, whether there is a border after the one before.
    """
    passed = numpy.cumsum(borders)[tokens]
    is_start: Bools1d = numpy.diff(passed, prepend=0) > 0
    return is_start


def part_at_borders(
    scores: Floats2d, starts: Ints1d, scheme: LabelScheme
) -> tuple[Floats2d, Bools1d]:
    """Insert a row before each token that starts something.

    What says that an entity goes on over a border says that there is one on both sides:
    "inside" counts as "begins" after the border as far as the token before it is of that
    type, and the other way round before the border.

    scores (n_tokens, n_tags): Unnormalized, or log-probabilities.
    starts: Tokens that no entity goes on into; without the first token.
    RETURNS: The scores with the new rows, and which rows are those of tokens.
    """
    tags = list_type_tags(scheme)
    none = len(scheme.tags)
    # Roles that a token can't have at its place, and those that it may have there.
    last = numpy.where(tags.last != tags.inside, tags.last, none)
    single = numpy.where(last < none, tags.single, none)
    before = _rate_types(scores[starts - 1], scheme)
    after = _rate_types(scores[starts], scheme)
    scores = scores.copy()
    _move(scores, starts, tags.inside, tags.first, before)
    _move(scores, starts, last, single, before)
    _move(scores, starts - 1, tags.first, single, after)
    _move(scores, starts - 1, tags.inside, last, after)
    nearby = numpy.union1d(starts - 1, starts)
    scores[nearby] -= numpy.logaddexp.reduce(scores[nearby], axis=1, keepdims=True)
    row = numpy.full(none, IMPOSSIBLE)
    row[scheme.ids_by_tag[OUTSIDE]] = 0.0
    is_token = numpy.ones(len(scores) + len(starts), dtype=bool)
    is_token[starts + numpy.arange(len(starts))] = False
    return numpy.insert(scores, starts, row, axis=0), is_token


def _move(
    scores: Floats2d, rows: Ints1d, tags: Ints1d, others: Ints1d, weights: Floats2d
) -> None:
    """Make tags impossible, and count what they have for others.

    tags, others (n_types): n_tags for tags that don't exist.
    weights (n_rows, n_types): Logarithms of the share of a tag that counts.
    """
    n_tags = scores.shape[1]
    exists = (tags < n_tags) & (others < n_tags) & (tags != others)
    if not exists.any():
        return
    source = numpy.ix_(rows, tags[exists])
    target = numpy.ix_(rows, others[exists])
    moved = scores[source] + weights[:, exists]
    scores[target] = numpy.logaddexp(scores[target], moved)
    scores[source] = IMPOSSIBLE


def _rate_types(scores: Floats2d, scheme: LabelScheme) -> Floats2d:
    """Compute the log-probability of each type by the scores of a token alone.

    scores (n_rows, n_tags): Unnormalized.
    RETURNS (n_rows, n_types): Not less than a small number.
    """
    weights = numpy.exp(scores - scores.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    rates: Floats2d = numpy.log(weights @ scheme.tags_by_type.T + TINY)
    return rates


def drop_rows(spans: list[SpanPrediction], is_token: Bools1d) -> list[SpanPrediction]:
    """Count the tokens of spans without the rows that were inserted.

    RETURNS: The spans, without those that hold such a row.
    """
    index = (numpy.cumsum(is_token) - 1).tolist()
    return [
        SpanPrediction(index[start], index[end - 1] + 1, label, score)
        for start, end, label, score in spans
        if is_token[start:end].all()
    ]
