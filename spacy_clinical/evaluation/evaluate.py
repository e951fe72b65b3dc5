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
# What a linker assigns, and the name of its scores by label.
CONCEPT, _LINKS = "span._.concept", "linker_per_type"
THRESHOLDS = numpy.linspace(0.0, 0.95, 39)


class LabelScore(NamedTuple):
    """Scores of one label.

    p, r, f: Precision, recall and F1.
    """

    label: str
    p: float
    r: float
    f: float


class LinkScore(NamedTuple):
    """Scores of the concepts of entities of one label.

    n: Entities that have a concept.
    acc, acc_5: Share of those whose first concept, or one of the first five, is right.
    """

    label: str
    n: int
    acc: float
    acc_5: float


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
    links: Scores of concepts by label, the best first.
    """

    n_docs: int
    scores: dict[str, float]
    by_label: dict[str, list[LabelScore]]
    confusion: Counter[tuple[str, str]]
    curves: list[Curve]
    links: Sequence[LinkScore] = ()


def evaluate(
    nlp: Language, examples: Iterable[Example], *, batch_size: int | None = None
) -> Evaluation:
    """Run a pipeline over labelled Docs, and score it with its components' scorers.

    A `clinical_assertion`, `clinical_linker` or `clinical_relations` in a pipeline that
    finds no entities speaks of the gold ones.

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
        if name.endswith("_per_type") and name != _LINKS and value
    }
    links = _sort_links(results.get(_LINKS) or {})
    curves = [*_draw_entities(examples), *_draw_codes(examples)]
    confusion = confuse(examples)
    return Evaluation(len(examples), scores, by_label, confusion, curves, links)


def _needs_entities(nlp: Language) -> bool:
    """Check whether a pipeline says something of entities, and has no component for these."""
    assigned = [set(nlp.get_pipe_meta(pipe).assigns) for pipe in nlp.pipe_names]
    # A linker writes ids to entities that are there.
    makers = [names for names in assigned if CONCEPT not in names]
    said = {"span._.assertion", CONCEPT, "doc._.relations"}
    speaks = any(said & names for names in assigned)
    return speaks and not any("doc.ents" in names for names in makers)


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
        "linker": any(ent.kb_id_ for doc in golds for ent in doc.ents),
        "relations": any(doc._.relations for doc in golds),
        "sents": any(doc.has_annotation("SENT_START") for doc in golds),
    }
    return {k: v for k, v in scores.items() if is_scored.get(k.split("_")[0], True)}


def _sort_labels(values: dict[str, dict[str, float]]) -> list[LabelScore]:
    rows = [LabelScore(k, v["p"], v["r"], v["f"]) for k, v in values.items()]
    return sorted(rows, key=lambda row: (-row.f, row.label))


def _sort_links(values: dict[str, dict[str, float]]) -> list[LinkScore]:
    rows = [
        LinkScore(label, int(v["n"]), v["acc"], v["acc_5"])
        for label, v in values.items()
    ]
    return sorted(rows, key=lambda row: (-row.acc, row.label))


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
        "links": [row._asdict() for row in evaluation.links],
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
    if evaluation.links:
        lines += ["", "## concepts by label", "", "| label | n | acc@1 | acc@5 |"]
        lines += ["| --- | ---: | ---: | ---: |"]
        lines += [
            f"| {r.label} | {r.n} | {r.acc:.3f} | {r.acc_5:.3f} |"
            for r in evaluation.links
        ]
    return "\n".join(lines) + "\n"
