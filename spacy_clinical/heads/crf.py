"""A linear-chain conditional random field (CRF) over the tags of a Doc's tokens.

Without learned transitions, it only excludes invalid sequences of tags.

SOURCE: Lafferty, McCallum & Pereira 2001; Rabiner 1989 for the scaled recursions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy

from spacy_clinical.heads.labels import OUTSIDE, LabelScheme
from spacy_clinical.types import Bools1d, Bools2d, Floats1d, Floats2d, Ints1d

IMPOSSIBLE = -1e4


def constraints(scheme: LabelScheme) -> Floats2d:
    """Build transition scores that exclude invalid sequences of tags.

    RETURNS (n_tags + 1, n_tags + 1): 0 if the column's tag may follow the row's tag,
        otherwise a large negative number. The last row is the start of a Doc, the last
        column its end.
    """
    ids = scheme.ids_by_tag
    n_tags = len(scheme.tags)
    allowed = numpy.zeros((n_tags + 1, n_tags + 1), dtype=bool)
    for tag, i in ids.items():
        role, name = tag[0], tag[2:]
        # A type without a B- tag, as among bare types, starts with I-.
        begins = tag == OUTSIDE or role in "BU" or f"B-{name}" not in ids
        allowed[:, i] |= _ends(scheme) & begins
        if tag != OUTSIDE and role in "IL":
            for before in "BI":
                if f"{before}-{name}" in ids:
                    allowed[ids[f"{before}-{name}"], i] = True
    allowed[:, n_tags] = _ends(scheme)
    return numpy.where(allowed, 0.0, IMPOSSIBLE)


def _ends(scheme: LabelScheme) -> Bools1d:
    """Mark the tags, and the start of a Doc (last), after which no entity is open."""
    return numpy.asarray(
        [
            tag == OUTSIDE or tag[0] in "LU" or f"L-{tag[2:]}" not in scheme.ids_by_tag
            for tag in scheme.tags
        ]
        + [True]
    )


def find_best_path(scores: Floats2d, transitions: Floats2d) -> Ints1d:
    """Find the sequence of tags with the highest sum of scores.

    scores (n_tokens, n_tags): Unnormalized scores or log-probabilities.
    transitions (n_tags + 1, n_tags + 1): Those of `constraints`, plus learned ones.
    RETURNS (n_tokens): The tag of each token.
    SOURCE: Viterbi 1967.
    """
    n_tokens, n_tags = scores.shape
    if not n_tokens:
        return numpy.zeros(0, dtype="int64")
    rows = numpy.arange(n_tags)
    # Transposed, so that the maximum is over contiguous memory.
    before = numpy.ascontiguousarray(transitions[:n_tags, :n_tags].T)
    best: Floats1d = scores[0] + transitions[n_tags, :n_tags]
    came_from = numpy.zeros((n_tokens, n_tags), dtype="int64")
    for t in range(1, n_tokens):
        candidates = before + best
        came_from[t] = candidates.argmax(axis=1)
        best = candidates[rows, came_from[t]] + scores[t]
    path = numpy.zeros(n_tokens, dtype="int64")
    path[-1] = (best + transitions[:n_tags, n_tags]).argmax()
    for t in range(n_tokens - 1, 0, -1):
        path[t - 1] = came_from[t, path[t]]
    return path


@dataclass(frozen=True)
class Posterior:
    """Marginal probabilities of the CRF for one sequence.

    tags (n_tokens, n_tags): Probability of each tag of each token.
    pairs (n_tags + 1, n_tags + 1): Expected number of each transition.
    log_z: Log partition function: the logarithm of the sum over all sequences.
    forward, backward (n_tokens, n_tags): Scaled recursions over the tags up to a token
        and after it. Their product is `tags`.
    arrival (n_tokens, n_tags): Scaled factor of a token's own tag.
    """

    tags: Floats2d
    pairs: Floats2d
    log_z: float
    forward: Floats2d
    backward: Floats2d
    arrival: Floats2d


def infer(scores: Floats2d, transitions: Floats2d) -> Posterior:
    """Compute the marginal probabilities over all sequences of tags.

    scores (n_tokens, n_tags), transitions (n_tags + 1, n_tags + 1): Unnormalized.
    RETURNS: The probabilities. Without tokens, there is one sequence: from start to
        end.
    """
    n_tokens, n_tags = scores.shape
    if not n_tokens:
        return _infer_nothing(transitions)
    step = numpy.exp(transitions[:n_tags, :n_tags])
    begin = numpy.exp(transitions[n_tags, :n_tags])
    end = numpy.exp(transitions[:n_tags, n_tags])
    highest = scores.max(axis=1, keepdims=True)
    local = numpy.exp(scores - highest)
    forward, backward, scale, at_end = _sum_over_paths(local, step, begin, end)
    tags = forward * backward
    arrival = local / scale[:, None]
    pairs = numpy.zeros_like(transitions)
    arriving = arrival[1:] * backward[1:]
    pairs[:n_tags, :n_tags] = step * (forward[:-1].T @ arriving)
    pairs[n_tags, :n_tags] = tags[0]
    pairs[:n_tags, n_tags] = tags[-1]
    log_z = float(numpy.log(scale).sum() + highest.sum() + numpy.log(at_end))
    return Posterior(tags, pairs, log_z, forward, backward, arrival)


def _sum_over_paths(
    local: Floats2d, step: Floats2d, begin: Floats1d, end: Floats1d
) -> tuple[Floats2d, Floats2d, Floats1d, float]:
    """Sum over the tags up to each token, and over those after it.

    A token that can only have one tag, such as a border, is the last one of its part:
    what comes before it says nothing of what comes after it. Steps over all parts at once
    take a fraction of the time of steps over all tokens.

    local (n_tokens, n_tags): Factors of the tags; 0 for impossible ones.
    step (n_tags, n_tags), begin, end (n_tags): Factors of the transitions.
    RETURNS: The sums (n_tokens, n_tags), rescaled at each token to avoid underflow in
        long notes; the scales (n_tokens); and the sum over the end.
    """
    order, counts = _order_by_place(numpy.count_nonzero(local, axis=1) == 1)
    rows = numpy.argsort(order)
    # The only tag of the token before a part. There is none before the first one.
    firsts = order[: counts[0]]
    came = step[local[firsts - 1].argmax(axis=1)]
    came[firsts == 0] = begin
    local = local[order]
    forward, scale = numpy.empty_like(local), numpy.empty(len(local))
    starts = numpy.cumsum([0, *counts]).tolist()
    for start, stop in pairwise(starts):
        reached = came[: stop - start] * local[start:stop]
        total = reached.sum(axis=1)
        reached /= total[:, None]
        forward[start:stop], scale[start:stop] = reached, total
        came = reached @ step
    last = rows[-1]
    at_end = float(forward[last] @ end)
    backward = numpy.ones_like(local)
    backward[last] = end / at_end
    onward = step.T.copy()
    for before, (start, stop) in zip(
        starts[-3::-1], reversed([*pairwise(starts)][1:]), strict=True
    ):
        coming = (local[start:stop] * backward[start:stop]) @ onward
        coming /= scale[start:stop, None]
        backward[before : before + stop - start] = coming
    return forward[rows], backward[rows], scale[rows], at_end


def _order_by_place(is_last: Bools1d) -> tuple[Ints1d, list[int]]:
    """Order tokens by their place in their part, those of longer parts first.

    is_last (n_tokens): Mask of the tokens with which a part ends.
    RETURNS: The indices of the tokens, and the number of tokens at each place.
    """
    ends = numpy.union1d(numpy.flatnonzero(is_last) + 1, [len(is_last)])
    lengths = numpy.diff(ends, prepend=0)
    places = numpy.arange(len(is_last)) - numpy.repeat(ends - lengths, lengths)
    ranks = numpy.repeat(numpy.argsort(numpy.argsort(-lengths, kind="stable")), lengths)
    return numpy.lexsort((ranks, places)), numpy.bincount(places).tolist()


def _infer_nothing(transitions: Floats2d) -> Posterior:
    n_tags = len(transitions) - 1
    pairs = numpy.zeros_like(transitions)
    pairs[n_tags, n_tags] = 1
    none = numpy.zeros((0, n_tags))
    return Posterior(none, pairs, float(transitions[n_tags, n_tags]), none, none, none)


def get_loss(
    scores: Sequence[Floats2d],
    allowed: Sequence[Bools2d],
    transitions: Floats2d,
    weights: Sequence[float] | None = None,
) -> tuple[float, list[Floats2d], Floats2d]:
    """Compute the negative log-likelihood of the sequences of tags that agree with the
    gold annotations, and its gradients.

    scores (n_tokens, n_tags): One array for each sequence.
    allowed (n_tokens, n_tags): The tags that may be right: one, or all that the
        annotations leave open.
    transitions (n_tags + 1, n_tags + 1): As for `find_best_path`.
    weights: Of the sequences; None for 1 each.
    RETURNS: The sum of the losses, the gradients of the scores, and the gradient of
        the transitions.
    SOURCE: Bellare & McCallum 2007; Tsuboi et al. 2008 for partial annotations.
    """
    loss = 0.0
    d_scores: list[Floats2d] = []
    d_transitions: Floats2d = numpy.zeros_like(transitions)
    if weights is None:
        weights = [1.0] * len(scores)
    for rows, is_open, weight in zip(scores, allowed, weights, strict=True):
        free = infer(rows, transitions)
        held = infer(numpy.where(is_open, rows, rows + IMPOSSIBLE), transitions)
        loss += weight * (free.log_z - held.log_z)
        d_scores.append(weight * (free.tags - held.tags))
        d_transitions += weight * (free.pairs - held.pairs)
    return loss, d_scores, d_transitions
