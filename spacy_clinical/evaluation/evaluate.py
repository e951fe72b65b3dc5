"""Score a pipeline on labelled texts or forms, with a confusion of types."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy
from spacy.language import Language
from spacy.scorer import Scorer
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import filter_spans

from spacy_clinical.evaluation.assertion_scorer import score_assertions
from spacy_clinical.extensions.attributes import FORM_SPANS_KEY, NER_KEY, SECTIONS_KEY
from spacy_clinical.types import Floats1d

# In the confusion of types: gold entities without a prediction, and the reverse.
MISSED, SPURIOUS = "(missed)", "(spurious)"
THRESHOLDS = numpy.linspace(0.0, 0.95, 39)


class LabelScore(NamedTuple):
    """Scores of one label.

    p, r, f: Precision, recall and F1.
    """

    label: str
    p: float
    r: float
    f: float


class Curve(NamedTuple):
    """Precision, recall and F1 at thresholds; each (n_thresholds)."""

    name: str
    thresholds: Floats1d
    p: Floats1d
    r: Floats1d
    f: Floats1d


class Evaluation(NamedTuple):
    """Results of an evaluation.

    n_docs: Number of Docs.
    scores: Single numbers, by the names that the components' scorers give them.
    by_label: Scores by label, best first, for each kind of annotation.
    confusion: Number of entities by gold and predicted type.
    curves: Curves of annotations that have scores.
    """

    n_docs: int
    scores: dict[str, float]
    by_label: dict[str, list[LabelScore]]
    confusion: Counter[tuple[str, str]]
    curves: list[Curve]


def evaluate(
    nlp: Language, examples: Iterable[Example], *, batch_size: int | None = None
) -> Evaluation:
    """Run a pipeline over labelled Docs, and score it with its components' scorers.

    A `clinical_assertion` or a `clinical_relations` in a pipeline that finds no entities
    speaks of the gold ones.

    batch_size (Docs): Size of a batch; None for the pipeline's own.
    """
    examples = list(examples)
    if _needs_entities(nlp):
        for example in examples:
            gold = example.get_aligned_spans_y2x(example.reference.ents)
            example.predicted.ents = filter_spans(gold)
    docs = nlp.pipe((eg.predicted for eg in examples), batch_size=batch_size)
    for example, doc in zip(examples, docs, strict=True):
        example.predicted = doc
    scored = Scorer(nlp=nlp).score(examples)
    if any(_has_assertion(eg.predicted) for eg in examples):
        # Also of components that have no scorer, such as medspaCy's.
        scored |= score_assertions(examples)
    results = _leave_out(scored, examples)
    scores = {
        name: round(float(value), 6)
        for name, value in results.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    by_label = {
        name.removesuffix("_per_type"): _sort_labels(value)
        for name, value in results.items()
        if name.endswith("_per_type") and value
    }
    curves = [*_draw_entities(examples), *_draw_codes(examples)]
    return Evaluation(len(examples), scores, by_label, confuse(examples), curves)


def _needs_entities(nlp: Language) -> bool:
    """Check whether a pipeline says something of entities, and has no component for these."""
    assigned = {
        name for pipe in nlp.pipe_names for name in nlp.get_pipe_meta(pipe).assigns
    }
    says_something = {"span._.assertion", "doc._.relations"} & assigned
    return bool(says_something) and "doc.ents" not in assigned


def _has_assertion(doc: Doc) -> bool:
    return any(ent._.any_context_attributes for ent in doc.ents)


def _leave_out(scores: dict[str, Any], examples: Sequence[Example]) -> dict[str, Any]:
    """Remove the scores of tokens, and of annotations that no reference has."""
    golds = [eg.reference for eg in examples]
    is_scored = {
        "token": False,
        "ents": any(len(doc.ents) for doc in golds),
        "cats": any(doc.cats for doc in golds),
        "icd9": any(doc.cats for doc in golds),
        "sections": any(SECTIONS_KEY in doc.spans for doc in golds),
        "form": any(FORM_SPANS_KEY in doc.spans for doc in golds),
        "assertion": any(map(_has_assertion, golds)),
        "relations": any(doc._.relations for doc in golds),
        "sents": any(doc.has_annotation("SENT_START") for doc in golds),
    }
    return {k: v for k, v in scores.items() if is_scored.get(k.split("_")[0], True)}


def _sort_labels(values: dict[str, dict[str, float]]) -> list[LabelScore]:
    rows = [LabelScore(k, v["p"], v["r"], v["f"]) for k, v in values.items()]
    return sorted(rows, key=lambda row: (-row.f, row.label))


def confuse(examples: Iterable[Example]) -> Counter[tuple[str, str]]:
    """Count pairs of gold and predicted types, by overlapping entities.

    RETURNS: Number of each pair of a gold and a predicted type. Entities without a
        counterpart are paired with "(missed)" or "(spurious)".
    """
    pairs: Counter[tuple[str, str]] = Counter()
    for example in examples:
        gold = [(e.start_char, e.end_char, e.label_) for e in example.reference.ents]
        guesses = [(e.start_char, e.end_char, e.label_) for e in example.predicted.ents]
        seen = set()
        for start, end, label in gold:
            over = [g for g in guesses if g[0] < end and start < g[1]]
            seen.update(over)
            best = max(
                over, key=lambda f: min(f[1], end) - max(f[0], start), default=None
            )
            pairs[label, best[2] if best else MISSED] += 1
        for entity in guesses:
            if entity not in seen:
                pairs[SPURIOUS, entity[2]] += 1
    return pairs


def _draw_entities(examples: Sequence[Example]) -> Iterator[Curve]:
    scored: list[tuple[float, bool]] = []
    n_gold = 0
    for example in examples:
        gold = {(e.start_char, e.end_char, e.label_) for e in example.reference.ents}
        n_gold += len(gold)
        scored += [
            (score, key in gold) for key, score in _list_entities(example.predicted)
        ]
    if scored and n_gold:
        yield _draw("entities", scored, n_gold)


def _list_entities(doc: Doc) -> Iterator[tuple[tuple[int, int, str], float]]:
    group = doc.spans.get(NER_KEY, ())
    scores = group.attrs.get("scores", ()) if len(group) else ()
    for span, score in zip(group, scores, strict=False):
        yield (span.start_char, span.end_char, span.label_), float(score)


def _draw_codes(examples: Sequence[Example]) -> Iterator[Curve]:
    labelled = [eg for eg in examples if eg.reference.cats and eg.predicted.cats]
    scored = [
        (score, eg.reference.cats.get(code, 0.0) > 0.5)
        for eg in labelled
        for code, score in eg.predicted.cats.items()
    ]
    n_gold = sum(v > 0.5 for eg in labelled for v in eg.reference.cats.values())
    if scored and n_gold:
        yield _draw("codes", scored, n_gold)


def _draw(name: str, scored: Sequence[tuple[float, bool]], n_gold: int) -> Curve:
    values = numpy.asarray([score for score, _ in scored])
    right = numpy.asarray([is_right for _, is_right in scored])
    kept = values[None, :] >= THRESHOLDS[:, None]
    n_found, n_right = kept.sum(axis=1), (kept & right[None, :]).sum(axis=1)
    p = n_right / numpy.maximum(n_found, 1)
    r = n_right / n_gold
    f = 2 * p * r / numpy.maximum(p + r, 1e-9)
    return Curve(name, THRESHOLDS, p, r, f)


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Convert an evaluation to plain data."""
    return {
        "n_docs": evaluation.n_docs,
        "scores": evaluation.scores,
        "by_label": {
            kind: [row._asdict() for row in rows]
            for kind, rows in evaluation.by_label.items()
        },
        "confusion": [
            {"gold": gold, "found": found, "n": n}
            for (gold, found), n in sorted(evaluation.confusion.items())
        ],
        "curves": [
            {
                "name": curve.name,
                **{
                    key: numpy.round(getattr(curve, key), 4).tolist()
                    for key in ("thresholds", "p", "r", "f")
                },
            }
            for curve in evaluation.curves
        ],
    }


def to_markdown(evaluation: Evaluation, *, title: str) -> str:
    """Format an evaluation as Markdown tables."""
    lines = [f"# {title}", "", f"{evaluation.n_docs} documents.", ""]
    lines += ["| score | |", "| --- | ---: |"]
    lines += [f"| {name} | {value:.3f} |" for name, value in evaluation.scores.items()]
    for kind, rows in evaluation.by_label.items():
        lines += ["", f"## {kind} by label", "", "| label | P | R | F1 |"]
        lines += ["| --- | ---: | ---: | ---: |"]
        lines += [f"| {r.label} | {r.p:.3f} | {r.r:.3f} | {r.f:.3f} |" for r in rows]
    return "\n".join(lines) + "\n"
