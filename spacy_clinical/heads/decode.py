"""Turn a token head's logits into entities."""

from dataclasses import dataclass
from typing import Literal

import numpy

from spacy_clinical.heads.labels import OUTSIDE, LabelScheme
from spacy_clinical.types import (
    Bools1d,
    EntityPrediction,
    Floats1d,
    Floats2d,
    Ints1d,
    Ints2d,
)

Decoder = Literal["viterbi", "greedy"]


def decode(
    logits: Floats2d, is_seen: Bools1d, scheme: LabelScheme, *, decoder: Decoder
) -> list[EntityPrediction]:
    """Find the entities that a token head predicts for one Doc.

    logits (n_tokens, n_labels): Unnormalised, columns in the order of the scheme.
    is_seen (n_tokens, bool): Tokens without wordpieces (white space) are passed
        over: they neither begin, end nor divide an entity.
    decoder: "viterbi" takes the most probable sequence of tags that is well formed,
        "greedy" each token's most probable tag; an I- without its B- then opens an
        entity, as in conlleval.
    RETURNS: In note order. The score is the mean probability of the chosen tags.
    SOURCE: Ramshaw & Marcus 1995 (BIO), Ratinov & Roth 2009 (BILOU).
    """
    tokens = numpy.flatnonzero(is_seen)
    if not len(tokens):
        return []
    scores = scheme.merge(softmax(logits[tokens]))
    path = scores.argmax(axis=1)
    if decoder == "viterbi":
        rules = tag_rules(scheme)
        if not is_well_formed(path, rules):
            path = find_best_path(numpy.log(scores + 1e-30), rules)
    chosen = scores[numpy.arange(len(path)), path]
    return [
        EntityPrediction(
            int(tokens[start]),
            int(tokens[end - 1]) + 1,
            label,
            float(chosen[start:end].mean()),
        )
        for start, end, label in read_tags([scheme.tags[i] for i in path])
    ]


def softmax(logits: Floats2d) -> Floats2d:
    """Turn logits into probabilities, by row."""
    scores = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    scores /= scores.sum(axis=1, keepdims=True)
    return scores


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


@dataclass(frozen=True)
class TagRules:
    """Which tag may follow which.

    starts, ends (n_tags, bool): Tags that may begin and end an entity, or be
        outside of any.
    inside_after (n_tags, 2): The tags of the same entity that each may follow,
        padded with n_tags.
    """

    starts: Bools1d
    ends: Bools1d
    inside_after: Ints2d


def tag_rules(scheme: LabelScheme) -> TagRules:
    """Derive the rules of a well-formed sequence from the tags that exist."""
    known = scheme.ids_by_tag
    n_tags = len(scheme.tags)
    starts = numpy.zeros(n_tags, dtype=bool)
    ends = numpy.zeros(n_tags, dtype=bool)
    inside_after = numpy.full((n_tags, 2), n_tags)
    for tag, i in known.items():
        role, name = tag[0], tag[2:]
        # A type without a B-, as in an inventory of bare types, begins with I-.
        starts[i] = role in "OBU" or f"B-{name}" not in known
        ends[i] = role in "OLU" or f"L-{name}" not in known
        if role in "IL":
            for column, before in enumerate("BI"):
                inside_after[i, column] = known.get(f"{before}-{name}", n_tags)
    return TagRules(starts, ends, inside_after)


def is_well_formed(path: Ints1d, rules: TagRules) -> bool:
    """Check a sequence of tags against the rules."""
    begins = numpy.concatenate(([True], rules.ends[path[:-1]])) & rules.starts[path]
    follows = numpy.zeros(len(path), dtype=bool)
    follows[1:] = (rules.inside_after[path[1:]] == path[:-1, None]).any(axis=1)
    return bool((begins | follows).all() and rules.ends[path[-1]])


def find_best_path(log_scores: Floats2d, rules: TagRules) -> Ints1d:
    """Find the most probable well-formed sequence of tags.

    A tag may only follow the two tags in `inside_after` or, if it may begin an
    entity, any tag that may end one. So each step costs n_tags, not n_tags².

    log_scores (n_tokens, n_tags). RETURNS (n_tokens): The tag of each token.
    SOURCE: Viterbi 1967.
    """
    n_tokens, n_tags = log_scores.shape
    impossible = -1e9
    closed = numpy.where(rules.ends, 0.0, impossible)
    opened = numpy.where(rules.starts, 0.0, impossible)
    rows = numpy.arange(n_tags)
    best: Floats1d = numpy.full(n_tags + 1, impossible)
    best[:n_tags] = log_scores[0] + opened
    came_from = numpy.zeros((n_tokens, n_tags), dtype="int64")
    for t in range(1, n_tokens):
        after_end = best[:n_tags] + closed
        last = int(after_end.argmax())
        inside = best[rules.inside_after]
        column = inside.argmax(axis=1)
        stay = inside[rows, column]
        begin = after_end[last] + opened
        came_from[t] = numpy.where(stay > begin, rules.inside_after[rows, column], last)
        best[:n_tags] = numpy.maximum(stay, begin) + log_scores[t]
    path = numpy.zeros(n_tokens, dtype="int64")
    path[-1] = (best[:n_tags] + closed).argmax()
    for t in range(n_tokens - 1, 0, -1):
        path[t - 1] = came_from[t, path[t]]
    return path
