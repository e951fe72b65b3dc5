"""Measure which entities are found to belong together, beside the nearest head.

    python benchmarks/relations.py --data path/to/data --model out/with_relations \\
        --output relations.json

Four tasks; relations are right if the places of both entities and the label are:

    gold entities  MACCROBAT dev, all annotated entities given
    end to end     MACCROBAT dev, with the entities that the pipeline finds
    PHEE dev       entities given; doses, routes, frequencies and durations of drugs, in
                   sentences that say which drug they belong to
    GAD dev        whether a sentence relates a gene and a disease, with --gad N: a
                   classifier of pairs is trained on N sentences of GAD's train part

"Nearest head" is `clinical_relations` without a model. Speed: pairs of entities that the
component scores in a second, and the processor time of notes with and without it, in turns.
"""

import argparse
import copy
import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import spacy
from console import add_data_option
from machine import read_machine
from peers.tables import format_table
from relation_pairs import list_cells, measure_pairs
from reports import OURS, SHARE, Row, make_row, write_report
from spacy.training import Example

import spacy_clinical
from spacy_clinical.corpora.brat import BratCorpus
from spacy_clinical.evaluation.relation_scorer import score_relations
from spacy_clinical.pipeline.relations import ClinicalRelations

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from make_relation_corpora import DRUG, format_brat, read_phee

NAME, NEAREST = "clinical_relations", "nearest head"
GOLD, FOUND, PHEE = "gold entities", "end to end", "PHEE dev"
# What is scored besides single labels, by which relations count.
SCORES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "MODIFY": lambda one: one["label"] == "MODIFY",
    "attributes of drugs": lambda one: (
        one["label"] == "MODIFY" and one["head"]["label"] == DRUG
    ),
    "all labels": lambda one: True,
    "all but BEFORE, AFTER, OVERLAP": lambda one: (
        one["label"] not in ("BEFORE", "AFTER", "OVERLAP")
    ),
}


def main() -> None:
    args = _parse_args()
    nlp = spacy.load(args.model)
    systems = {NEAREST: ClinicalRelations(nlp)}
    if NAME in nlp.pipe_names:
        systems = {OURS: nlp.get_pipe(NAME), **systems}
    else:
        nlp.add_pipe(NAME)
    report: dict[str, Any] = {
        "machine": read_machine(threads=1),
        "settings": {"rounds": args.rounds},
        "tasks": {},
    }
    notes = args.data / "maccrobat2020" / "dev"
    with TemporaryDirectory() as folder:
        write_phee(args.data, Path(folder))
        corpora = {GOLD: notes, FOUND: notes, PHEE: Path(folder)}
        for task, path in corpora.items():
            if not path.exists() or not any(path.iterdir()):
                continue
            examples = read_examples(nlp, path, args.notes, with_entities=task != FOUND)
            report["tasks"][task] = {
                name: score(component, examples, of_groups=task != FOUND)
                for name, component in systems.items()
            }
    if args.gad:
        report["pairs"] = measure_pairs(args.data, args.gad, args.epochs, OURS)
    texts = [p.read_text("utf8") for p in sorted(notes.glob("*.txt"))][: args.notes]
    report["speed"] = measure_speed(nlp, texts, args.rounds)
    print(format_tables(report))
    if args.output:
        write_report(args.output, report, summarize(report))


def write_phee(data: Path, folder: Path) -> None:
    """Write the sentences of PHEE's dev part as BRAT files."""
    if not (data / "phee" / "dev.json").exists():
        return
    for number, sentence in enumerate(read_phee(data, "dev")):
        path = folder / f"{number:05}.txt"
        path.write_text(sentence.text, encoding="utf8", newline="")
        path.with_suffix(".ann").write_text(format_brat(sentence), encoding="utf8")


def read_examples(
    nlp: Any, path: Path, limit: int | None, *, with_entities: bool
) -> list[Example]:
    """Read notes, and run what the head's own component needs: sentences and the encoder.

    with_entities: Whether the annotated entities are given, all of them as a span group;
        else those of the pipeline are.
    """
    corpus = BratCorpus(
        path, discontinuous="cover", gold_entities=with_entities, limit=limit or 0
    )
    examples = list(corpus(nlp))
    for example in examples:
        kept = example.predicted
        disable = [NAME, *(["clinical_ner"] if with_entities else [])]
        with nlp.select_pipes(disable=[n for n in disable if n in nlp.pipe_names]):
            for _, pipe in nlp.pipeline:
                kept = pipe(kept)
    return examples


def score(
    component: Any, examples: list[Example], *, of_groups: bool
) -> dict[str, dict[str, float]]:
    """Score a component, in total and by label.

    of_groups: Whether it relates the given span groups, and not `doc.ents`.
    """
    component = copy.copy(component)
    component.use_ents = not of_groups
    component.spans_keys = ["ner"] if of_groups else []
    for example in examples:
        component(example.predicted)
    found = {name: _score_some(examples, SCORES[name]) for name in SCORES}
    labels = {one["label"] for eg in examples for one in eg.reference._.relations}
    for label in sorted(labels):
        found[label] = _score_some(examples, lambda one, of=label: one["label"] == of)
    return found


def _score_some(
    examples: Iterable[Example], counts: Callable[[dict[str, Any]], bool]
) -> dict[str, float]:
    """Score the relations that count."""
    pairs = []
    for example in examples:
        docs = example.predicted.copy(), example.reference.copy()
        for doc in docs:
            doc._.relations = filter(counts, doc._.relations)
        pairs.append(Example(*docs))
    scores = score_relations(pairs)
    n_gold = sum(len(eg.reference._.relations) for eg in pairs)
    found = {key: scores[f"relations_{key}"] or 0.0 for key in "prf"}
    return {**found, "gold": n_gold, "reversed": scores["relations_reversed"] or 0}


def measure_speed(nlp: Any, texts: list[str], n_rounds: int) -> dict[str, Any]:
    """Take the time of notes with and without the component, in turns, and of the
    component alone."""
    component = nlp.get_pipe(NAME)
    docs = list(nlp.pipe(texts))
    n_pairs = sum(
        len(component.read(doc, component.list_targets(doc))[1].pairs.first)
        for doc in docs
    )
    seconds: dict[str, list[float]] = {"with": [], "without": [], "alone": []}
    # The first round warms up.
    for number in range(n_rounds + 1):
        turn = {}
        with nlp.select_pipes(disable=NAME):
            turn["without"], fresh = _time(lambda: [nlp(text) for text in texts])
        turn["alone"], _ = _time(lambda new=fresh: [component(doc) for doc in new])
        turn["with"], _ = _time(lambda: [nlp(text) for text in texts])
        for name, taken in turn.items() if number else ():
            seconds[name].append(taken)
    return {"notes": len(texts), "pairs": n_pairs, "seconds": seconds}


def _time(work: Any) -> tuple[float, Any]:
    gc.disable()
    start = time.process_time()
    result = work()
    seconds = time.process_time() - start
    gc.enable()
    return seconds, result


def summarize(report: dict[str, Any]) -> list[Row]:
    """Say in short what was measured.

    report: As `main` makes it.
    """
    rows = []
    for task, systems in report["tasks"].items():
        for name, scores in systems.items():
            rows += [
                make_row(f"Relations, {task}", name, f"F1 of {what}", SHARE, [s["f"]])
                for what, s in scores.items()
                if what in SCORES
            ]
    for name, s in report.get("pairs", {}).get("scores", {}).items():
        rows += [
            make_row("Relations, GAD dev", name, what, SHARE, [s[key]])
            for what, key in (("F1", "f"), ("accuracy", "accuracy"))
        ]
    speed = report["speed"]
    rates = [speed["pairs"] / taken for taken in speed["seconds"]["alone"]]
    return [*rows, make_row("Relations, speed", OURS, "speed", "pairs/s", rates)]


def format_tables(report: dict[str, Any]) -> str:
    """Write scores and times as Markdown.

    report: As `main` makes it.
    """
    cells = [
        [task, what, name, f"{s['gold']}", *(f"{s[key]:.3f}" for key in "prf")]
        for task, systems in report["tasks"].items()
        for name, scores in systems.items()
        for what, s in scores.items()
    ]
    if "pairs" in report:
        cells += list_cells(report["pairs"])
    columns = ["task", "relations", "system", "gold", "P", "R", "F1"]
    speed = report["speed"]
    shares = [
        w / o - 1
        for w, o in zip(
            speed["seconds"]["with"], speed["seconds"]["without"], strict=True
        )
    ]
    per_note = {
        name: 1000 * statistics.median(values) / speed["notes"]
        for name, values in speed["seconds"].items()
    }
    alone = statistics.median(speed["seconds"]["alone"])
    lines = [
        f"CPU ms a note: {per_note['without']:.1f} without, {per_note['with']:.1f} with "
        f"the component (min / median / max of the difference: {min(shares):.1%} / "
        f"{statistics.median(shares):.1%} / {max(shares):.1%}).",
        f"{speed['pairs'] / alone:,.0f} pairs a second, by the component alone, with the "
        "rows of the encoder handed over.",
    ]
    if "pairs" in report:
        pairs = report["pairs"]
        lines.append(
            f"GAD: {pairs['train']:,} sentences, {pairs['epochs']} epochs, "
            f"{pairs['seconds']:.0f} s of processor time."
        )
    return "\n\n".join([format_table(columns, cells, text=3), *lines])


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure relations.")
    add_data_option(parser)
    parser.add_argument(
        "--model",
        default=spacy_clinical.model_path(),
        help="Pipeline with clinical_ner and clinical_relations; the shipped one by "
        "default",
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--notes", type=int, help="Of each corpus; all by default")
    parser.add_argument(
        "--gad", type=int, default=0, help="Sentences of GAD to train on; 0 for none"
    )
    parser.add_argument("--epochs", type=int, default=3, help="Of GAD")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
