"""Turn a token head's logits into entities."""

from typing import Literal

import numpy

from spacy_clinical.heads.crf import constraints, find_best_path, infer
from spacy_clinical.heads.labels import OUTSIDE, LabelScheme
from spacy_clinical.heads.spans import find_spans
from spacy_clinical.types import Bools1d, Floats2d, Ints1d, SpanPrediction

Decoder = Literal["viterbi", "greedy", "posterior"]

# Longer notes are decoded in parts of so many tokens at most.
PART_TOKENS = 4096


def decode(
    logits: Floats2d,
    is_seen: Bools1d,
    scheme: LabelScheme,
    *,
    decoder: Decoder,
    threshold: float = 0.0,
    transitions: Floats2d | None = None,
) -> list[SpanPrediction]:
    """Find the entities that a token head predicts for one Doc.

    logits (n_tokens, n_labels): Unnormalized, columns in the order of the scheme.
    is_seen (n_tokens): Tokens without wordpieces (white space) are passed over:
        they neither begin, end nor divide an entity.
    decoder: "viterbi" takes the most probable sequence of tags that is well formed,
        "greedy" each token's most probable tag; an I- without its B- then opens an
        entity, as in conlleval; "posterior" takes each entity that is probable
        enough by itself (`spans.find_spans`).
    threshold (0 to 1): Entities with a lower score are left out.
    transitions (n_tags + 1, n_tags + 1): Those of a trained random field.
    RETURNS: In note order. The score is the mean probability of the chosen tags,
        or that of the entity ("posterior").
    SOURCE: Ramshaw & Marcus 1995 (BIO), Ratinov & Roth 2009 (BILOU).
    """
    tokens = numpy.flatnonzero(is_seen)
    outside = scheme.column_by_tag[OUTSIDE]
    found: list[SpanPrediction] = []
    for part in cut_outside(logits, tokens, outside):
        for start, end, label, score in _decode_part(
            logits[part].astype("float64"), scheme, decoder, threshold, transitions
        ):
            borders = int(part[start]), int(part[end - 1]) + 1
            found.append(SpanPrediction(*borders, label, score))
    return [entity for entity in found if entity.score >= threshold]


def cut_outside(logits: Floats2d, tokens: Ints1d, outside: int) -> list[Ints1d]:
    """Cut the tokens of a long note to parts, so that memory stays bounded.

    A part ends with the token of its second half that is most surely outside.

    outside: The column of "O".
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
    scheme: LabelScheme,
    decoder: Decoder,
    threshold: float,
    transitions: Floats2d | None,
) -> list[SpanPrediction]:
    energies = logits
    if transitions is None:
        energies = numpy.log(scheme.merge(softmax(logits)) + 1e-30)
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
    """Turn logits into probabilities, by row."""
    scores = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    scores /= scores.sum(axis=1, keepdims=True)
    return scores


def cross_entropy(logits: Floats2d, gold: Ints1d) -> tuple[float, Floats2d]:
    """Find the loss of the tokens whose column is known, and its gradient.

    logits (n_tokens, n_labels).
    gold (n_tokens): The right column; -1 where it is unknown.
    RETURNS: The sum, and the gradient (n_tokens, n_labels).
    """
    known = numpy.flatnonzero(gold >= 0)
    gradient = numpy.zeros_like(logits)
    gradient[known] = softmax(logits[known])
    truth = gradient[known, gold[known]]
    loss = -float(numpy.log(truth + 1e-30).sum())
    gradient[known, gold[known]] -= 1
    return loss, gradient


def read_tags(tags: list[str]) -> list[tuple[int, int, str]]:
    """Group tags of successive tokens to entities, as conlleval does.

    RETURNS: Start, end (half open) and type of each.
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
