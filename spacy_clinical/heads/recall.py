"""Decode a token head's logits so that nothing it has seen gets lost.

A token is of a type if its head says so at all, and neighbors of one type are one span,
whatever their tags are: B-LOC U-LOC, or B I B, is one place. So no sequence of tags that
isn't valid leaves a token out.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy

from spacy_clinical.heads.decode import softmax
from spacy_clinical.heads.labels import OUTSIDE, LabelScheme
from spacy_clinical.types import Bools1d, Floats1d, Floats2d, SpanPrediction

RecallDecoder = Literal["argmax", "threshold_max", "threshold_sum"]


class ChosenTags(NamedTuple):
    """The tags that were chosen for tokens.

    tags: "O", or the tag of a column.
    scores (n_tokens, 0 to 1): The probability of the type, of all its tags together.
    """

    tags: list[str]
    scores: Floats1d


class Neighbors(NamedTuple):
    """A lower threshold, for tokens beside those that were found: "Hand" of "Aida Hand".

    threshold (0 to 1): At most that of other tokens.
    is_mark (n_tokens): Which tokens are punctuation alone; names go on behind them.
    is_start (n_tokens): Which begin a line, where nothing goes on; None for none.
    """

    threshold: float
    is_mark: Bools1d
    is_start: Bools1d | None

    def find(self, is_found: Bools1d, scores: Floats1d) -> Bools1d:
        """Find the tokens that reach the threshold in an unbroken row with a found one.

        is_found (n_tokens): Which tokens were found.
        scores (n_tokens, 0 to 1): What thresholds are compared with.
        """
        is_near = (scores >= self.threshold) | is_found
        is_open = is_near | self.is_mark
        begins = ~is_open | ~numpy.concatenate(([False], is_open[:-1]))
        if self.is_start is not None:
            begins |= self.is_start
        runs = numpy.cumsum(begins)
        found: Bools1d = is_near & numpy.isin(runs, runs[is_found])
        return found


def choose_tags(
    logits: Floats2d,
    scheme: LabelScheme,
    *,
    decoder: RecallDecoder,
    threshold: float = 0.0,
    neighbors: Neighbors | None = None,
) -> ChosenTags:
    """Choose a tag for each token.

    logits (n_tokens, n_labels): Unnormalized, columns in the order of the scheme.
    scheme: Labels of the columns.
    decoder: "argmax": the most probable tag. "threshold_max": the most probable tag but
        "O", if its probability is at least the threshold. "threshold_sum": the same tag,
        if the probabilities of all tags but "O" together are.
    threshold (0 to 1): Of the last two.
    neighbors: Which threshold holds beside what was found; None for the same one.
    SOURCE: Kailas et al. 2021, Robust DeID (ehr_deidentification).
    """
    probabilities = softmax(logits.astype("float64"))
    is_outside = numpy.asarray([scheme.tags[i] == OUTSIDE for i in scheme.tag_ids])
    others = numpy.where(is_outside, -1.0, probabilities)
    best = others.argmax(axis=1)
    rows = numpy.arange(len(logits))
    if decoder == "argmax":
        is_found = best == probabilities.argmax(axis=1)
    else:
        sums = probabilities[:, ~is_outside].sum(axis=1)
        judged = others[rows, best] if decoder == "threshold_max" else sums
        is_found = judged >= threshold
        if neighbors is not None:
            is_found |= neighbors.find(is_found, judged)
    tags = [scheme.tags[scheme.tag_ids[column]] for column in best]
    types = numpy.asarray([tag[2:] for tag in scheme.tags])[scheme.tag_ids]
    scores = (probabilities * (types == types[best][:, None])).sum(axis=1)
    chosen = [
        tag if found else OUTSIDE for tag, found in zip(tags, is_found, strict=True)
    ]
    return ChosenTags(chosen, numpy.where(is_found, scores, 1.0 - scores))


def join_types(
    tags: Sequence[str],
    is_mark: Sequence[bool] | Bools1d,
    is_start: Sequence[bool] | Bools1d | None = None,
) -> list[tuple[int, int, str]]:
    """Join neighboring tokens of one type, with the marks between them.

    tags: Of the tokens that the head has seen.
    is_mark: Which of them are punctuation alone.
    is_start: Which begin a line: a span goes on there only if the tag says that it does.
        None for none.
    RETURNS: Start, end (tokens, half open) and type of each span.
    SOURCE: The "super_strict" spans of ehr_deidentification.
    """
    spans: list[tuple[int, int, str]] = []
    # Where the last span may go on: at its end, or after the marks that follow it.
    open_until = -1
    for i, tag in enumerate(tags):
        begins = is_start is not None and bool(is_start[i])
        if tag == OUTSIDE:
            if open_until == i and is_mark[i] and not begins:
                open_until = i + 1
            continue
        name = tag[2:]
        goes_on = open_until == i and spans[-1][2] == name
        if goes_on and not (begins and tag[0] in "BU"):
            spans[-1] = (spans[-1][0], i + 1, name)
        else:
            spans.append((i, i + 1, name))
        open_until = i + 1
    return spans


def decode_types(
    logits: Floats2d,
    is_seen: Bools1d,
    scheme: LabelScheme,
    *,
    decoder: RecallDecoder,
    threshold: float = 0.0,
    neighbor_threshold: float | None = None,
    is_mark: Bools1d,
    is_start: Bools1d | None = None,
) -> list[SpanPrediction]:
    """Find the spans of one type in a Doc: see `choose_tags` and `join_types`.

    logits (n_tokens, n_labels): Unnormalized, columns in the order of the scheme.
    is_seen (n_tokens): Mask of the tokens with wordpieces. The others (white space) are
        skipped: they don't start, end or split a span.
    scheme: Labels of the columns.
    decoder, threshold: As for `choose_tags`.
    neighbor_threshold (0 to 1): Of tokens beside those that were found; None for the same.
    is_mark (n_tokens): Which tokens are punctuation alone.
    is_start (n_tokens): Which begin a line; None for none.
    RETURNS: The spans in the note's order, with the mean score of their tokens.
    """
    tokens = numpy.flatnonzero(is_seen)
    if not len(tokens):
        return []
    starts = None if is_start is None else is_start[tokens]
    neighbors = None
    if neighbor_threshold is not None:
        neighbors = Neighbors(neighbor_threshold, is_mark[tokens], starts)
    chosen = choose_tags(
        logits[tokens],
        scheme,
        decoder=decoder,
        threshold=threshold,
        neighbors=neighbors,
    )
    found = []
    for start, end, label in join_types(chosen.tags, is_mark[tokens], starts):
        is_tagged = numpy.asarray([tag != OUTSIDE for tag in chosen.tags[start:end]])
        score = float(chosen.scores[start:end][is_tagged].mean())
        place = int(tokens[start]), int(tokens[end - 1]) + 1
        found.append(SpanPrediction(*place, label, score))
    return found
