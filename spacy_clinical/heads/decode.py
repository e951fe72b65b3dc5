"""Decode a token head's logits into entities."""

from typing import Literal

import numpy

from spacy_clinical.heads.borders import drop_rows, find_starts, part_at_borders
from spacy_clinical.heads.crf import constraints, find_best_path, infer
from spacy_clinical.heads.labels import OUTSIDE, LabelScheme
from spacy_clinical.heads.spans import find_spans
from spacy_clinical.types import Bools1d, Bools2d, Floats2d, Ints1d, SpanPrediction

Decoder = Literal["viterbi", "greedy", "posterior"]

# Longer notes are decoded in parts of at most this many tokens.
PART_TOKENS = 4096


def decode(
    logits: Floats2d,
    is_seen: Bools1d,
    scheme: LabelScheme,
    *,
    decoder: Decoder,
    threshold: float = 0.0,
    transitions: Floats2d | None = None,
    borders: Bools1d | None = None,
) -> list[SpanPrediction]:
    """Find the entities that a token head predicts for one Doc.

    logits (n_tokens, n_labels): Unnormalized, columns in the order of the scheme.
    is_seen (n_tokens): Mask of the tokens with wordpieces. The others (white space) are
        skipped: they don't start, end or split an entity.
    scheme: Labels of the columns.
    decoder: "viterbi": the most probable valid sequence of tags. "greedy": the most
        probable tag of each token, where an I- without its B- starts an entity, as in
        conlleval. "posterior": each entity that is probable enough by itself
        (`spans.find_spans`).
    threshold (0 to 1): Minimum score of an entity.
    transitions (n_tags + 1, n_tags + 1): Those of a trained CRF; None without one.
    borders (n_tokens): True for tokens that no entity goes on into. A border at a token
        that isn't seen is one for the next token that is. None for no borders.
    RETURNS: The entities in the note's order. The score is the mean probability of the
        chosen tags, or with "posterior" the probability of the entity.
    SOURCE: Ramshaw & Marcus 1995 (BIO), Ratinov & Roth 2009 (BILOU).
    """
    tokens = numpy.flatnonzero(is_seen)
    outside = scheme.column_by_tag[OUTSIDE]
    is_start = numpy.zeros(len(is_seen), dtype=bool)
    if borders is not None:
        is_start[tokens] = find_starts(borders, tokens)
    entities: list[SpanPrediction] = []
    for part in cut_outside(logits, tokens, outside):
        for start, end, label, score in _decode_part(
            logits[part].astype("float64"),
            numpy.flatnonzero(is_start[part][1:]) + 1,
            scheme,
            decoder,
            threshold,
            transitions,
        ):
            place = int(part[start]), int(part[end - 1]) + 1
            entities.append(SpanPrediction(*place, label, score))
    return [entity for entity in entities if entity.score >= threshold]


def cut_outside(logits: Floats2d, tokens: Ints1d, outside: int) -> list[Ints1d]:
    """Cut the tokens of a long note into parts, to limit memory.

    A part ends at the token in its second half with the highest probability of "O".

    logits (n_tokens, n_labels): Logits of all tokens of the note.
    tokens: Indices of the tokens to cut.
    outside: Column of "O".
    """
    parts = []
    while len(tokens) > PART_TOKENS:
        late = logits[tokens[PART_TOKENS // 2 : PART_TOKENS]]
        cut = PART_TOKENS // 2 + int(softmax(late)[:, outside].argmax()) + 1
        parts.append(tokens[:cut])
        tokens = tokens[cut:]
    return [*parts, tokens] if len(tokens) else parts


def _decode_part(
    logits: Floats2d,
    starts: Ints1d,
    scheme: LabelScheme,
    decoder: Decoder,
    threshold: float,
    transitions: Floats2d | None,
) -> list[SpanPrediction]:
    """Decode a part of a note.

    starts: Tokens that no entity goes on into; without the first one.
    """
    energies = logits
    if transitions is None:
        energies = numpy.log(scheme.merge(softmax(logits)) + 1e-30)
    if not len(starts):
        return _decode_scores(energies, scheme, decoder, threshold, transitions)
    energies, is_token = part_at_borders(energies, starts, scheme)
    found = _decode_scores(energies, scheme, decoder, threshold, transitions)
    return drop_rows(found, is_token)


def _decode_scores(
    energies: Floats2d,
    scheme: LabelScheme,
    decoder: Decoder,
    threshold: float,
    transitions: Floats2d | None,
) -> list[SpanPrediction]:
    if transitions is None:
        transitions = constraints(scheme)
        scores = numpy.exp(energies)
    elif decoder != "posterior":
        scores = infer(energies, transitions).tags
    if decoder == "posterior":
        return find_spans(energies, transitions, scheme, threshold=threshold)
    path = scores.argmax(axis=1)
    if decoder == "viterbi":
        path = find_best_path(energies, transitions)
    chosen = scores[numpy.arange(len(path)), path]
    return [
        SpanPrediction(start, end, label, float(chosen[start:end].mean()))
        for start, end, label in read_tags([scheme.tags[i] for i in path])
    ]


def softmax(logits: Floats2d) -> Floats2d:
    """Turn each row of logits into probabilities."""
    scores = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    scores /= scores.sum(axis=1, keepdims=True)
    return scores


def cross_entropy(
    logits: Floats2d, allowed: Bools2d, weight: float = 1.0
) -> tuple[float, Floats2d]:
    """Compute the cross entropy of the tokens with gold labels, and its gradient.

    logits (n_tokens, n_labels): Unnormalized.
    allowed (n_tokens, n_labels): The columns that may be right: one, or all that the
        annotations leave open, whose probabilities are added up.
    weight: Factor on both.
    RETURNS: The sum of the losses, and the gradient (n_tokens, n_labels).
    """
    labelled = numpy.flatnonzero(~allowed.all(axis=1))
    gradient = numpy.zeros_like(logits)
    scores = softmax(logits[labelled])
    right = scores * allowed[labelled]
    truth = right.sum(axis=1, keepdims=True) + 1e-30
    gradient[labelled] = weight * (scores - right / truth)
    return -weight * float(numpy.log(truth).sum()), gradient


def read_tags(tags: list[str]) -> list[tuple[int, int, str]]:
    """Group the tags of consecutive tokens into entities, as conlleval does.

    RETURNS: Start, end (tokens, half open) and type of each entity.
    """
    spans: list[tuple[int, int, str]] = []
    previous = OUTSIDE
    for i, tag in enumerate(tags):
        if tag != OUTSIDE:
            goes_on = tag[0] in "IL" and previous[0] in "BI" and tag[2:] == previous[2:]
            start = spans.pop()[0] if goes_on else i
            spans.append((start, i + 1, tag[2:]))
        previous = tag
    return spans
