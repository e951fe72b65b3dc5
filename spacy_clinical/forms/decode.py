"""Decode a token head's logits into parts of a form, using its layout."""

import itertools
from collections.abc import Sequence

import numpy
from spacy.tokens import Doc

from spacy_clinical.forms.labels import ANSWER, Labelled
from spacy_clinical.forms.segments import Segment, is_leader
from spacy_clinical.heads.decode import softmax
from spacy_clinical.heads.labels import OUTSIDE, LabelScheme
from spacy_clinical.types import Bools1d, Floats2d

# Costs in log-probability: to begin or end a part inside a segment; to go on
# with it in a line that looks like its next one, or elsewhere, as behind a gap; and to
# call words of a segment that ends in a colon an answer. Found on invented forms that
# nothing was trained or is measured on.
CUT = 3.0
NEXT_LINE = -2.0
ELSEWHERE = 4.0
COLON = 3.0
NEVER = 1e4
# The next line of a part starts where the one above does, give or take this many heights,
# with this many heights of white space between.
INDENT = 1.0
SPACING = 0.8
# Least share of a label's probability that its beginning, or its inside, has.
MIN_ROLE = 0.1


def label_segments(
    doc: Doc,
    logits: Floats2d,
    is_seen: Bools1d,
    scheme: LabelScheme,
    segments: Sequence[Segment],
) -> list[Labelled]:
    """Find the parts that the logits of words and the layout make most likely.

    The best sequence of tags, if parts mostly begin and end where segments do.

    logits (n_tokens, n_labels): Unnormalized.
    is_seen (n_tokens): Whether tokens have wordpieces; the others don't count.
    RETURNS: In the Doc's order. The score is the mean probability of the label.
    """
    words = [
        (i, number)
        for number, segment in enumerate(segments)
        for i in range(segment.start, segment.end)
        if is_seen[i] and not is_leader(doc[i].text)
    ]
    if not words:
        return []
    scores = scheme.merge(softmax(logits[[i for i, _ in words]].astype("float64")))
    begin, inside, outside = _sum_roles(scores, scheme)
    by_type = begin + inside
    # Layout says where parts begin, too: a role may be unlikely, not impossible.
    begin, inside = (numpy.maximum(x, MIN_ROLE * by_type) for x in (begin, inside))
    costs = [
        _find_costs(segments[before], segments[number])
        for (_, before), (_, number) in itertools.pairwise(words)
    ]
    ends_in_colon = [segments[number].text.endswith(":") for _, number in words]
    if ANSWER in scheme.types:
        answer = scheme.types.index(ANSWER)
        for scores_of_role in (begin, inside):
            scores_of_role[ends_in_colon, answer] *= numpy.exp(-COLON)
    path = _find_best_path(begin, inside, outside, costs)
    return _read_path(words, path, by_type, scheme.types)


def _find_costs(before: Segment, segment: Segment) -> tuple[float, float]:
    """Find the costs of starting or ending a part between two words, and of going on
    with it."""
    if before is segment:
        return CUT, 0.0
    if before.page != segment.page:
        return 0.0, NEVER
    if before.row == segment.row or before.text.endswith(":"):
        return 0.0, ELSEWHERE
    height = max(before.height, segment.height)
    gap = segment.box[1] - before.box[3]
    is_next = (
        abs(segment.box[0] - before.box[0]) <= INDENT * height
        and -0.5 * height <= gap <= SPACING * height
    )
    return 0.0, NEXT_LINE if is_next else ELSEWHERE


def _sum_roles(
    scores: Floats2d, scheme: LabelScheme
) -> tuple[Floats2d, Floats2d, Floats2d]:
    """Sum the probabilities that a word begins a part or is inside of one, by type, and
    that it is outside: (n_words, n_types), twice, and (n_words, 1)."""

    def add(roles: str, name: str) -> Floats2d:
        tags = [f"{role}-{name}" for role in roles]
        columns = [scheme.ids_by_tag[tag] for tag in tags if tag in scheme.ids_by_tag]
        total: Floats2d = scores[:, columns].sum(axis=1)
        return total

    begin = numpy.stack([add("BU", name) for name in scheme.types], axis=1)
    inside = numpy.stack([add("IL", name) for name in scheme.types], axis=1)
    return begin, inside, scores[:, [scheme.ids_by_tag[OUTSIDE]]]


def _find_best_path(
    begin: Floats2d,
    inside: Floats2d,
    outside: Floats2d,
    costs: Sequence[tuple[float, float]],
) -> list[int]:
    """Find the best states of words: 0 is outside, then "begins" and "inside" by type.

    costs: Between each two words: to change, and to go on.
    """
    n_types = begin.shape[1]
    energies = numpy.log(numpy.concatenate([outside, begin, inside], axis=1) + 1e-9)
    n_states = energies.shape[1]
    goes_on = numpy.zeros((n_states, n_states), dtype=bool)
    for t in range(n_types):
        b, i = 1 + t, 1 + n_types + t
        goes_on[b, i] = goes_on[i, i] = True
    changes = ~goes_on
    changes[0, 0] = False
    # "Inside" follows a word of its own type only.
    barred = numpy.zeros((n_states, n_states))
    barred[:, 1 + n_types :] = numpy.where(goes_on[:, 1 + n_types :], 0.0, NEVER)
    best = energies[0].copy()
    # The first word can't be inside a part.
    best[1 + n_types :] -= NEVER
    back = numpy.zeros(energies.shape, dtype="int64")
    for word, (change, go_on) in enumerate(costs, start=1):
        step = best[:, None] - barred - change * changes - go_on * goes_on
        back[word] = step.argmax(axis=0)
        best = step.max(axis=0) + energies[word]
    path = [int(best.argmax())]
    for word in range(len(costs), 0, -1):
        path.append(int(back[word, path[-1]]))
    return path[::-1]


def _read_path(
    words: Sequence[tuple[int, int]],
    path: Sequence[int],
    by_type: Floats2d,
    types: Sequence[str],
) -> list[Labelled]:
    n_types = len(types)
    runs: list[tuple[int, list[int]]] = []
    for word, state in enumerate(path):
        if not state:
            continue
        if state > n_types and runs:
            runs[-1][1].append(word)
        else:
            runs.append(((state - 1) % n_types, [word]))
    return [
        Labelled(
            words[run[0]][0],
            words[run[-1]][0] + 1,
            types[kind],
            round(float(by_type[run, kind].mean()), 4),
        )
        for kind, run in runs
    ]
