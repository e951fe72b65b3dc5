"""Exact entity F1 by type on MACCROBAT dev: the shipped pipeline and spaCy's CNN.

    python benchmarks/ner.py path/to/maccrobat2020 --output ner.json

Both are scored by overlap too, on BC5CDR, NCBI Disease and PHEE dev, as far as they are
beside that folder, and on lines as clinicians type them (entity_overlap.py).

The baseline is trained here (ner_cnn.cfg, some minutes) on the same texts with the
same tokenizer; --baseline names one trained before. The gold is what the corpus
reader gives: of overlapping spans the longest. For speed both read the texts of dev
in turn, A B A B.
"""

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import spacy
import torch
from entity_overlap import format_scores, score
from machine import read_machine
from peers.tables import format_table
from reports import OURS, SHARE, Row, compare_speed, make_row, write_report
from spacy.cli.train import train
from spacy.language import Language

import spacy_clinical
from spacy_clinical.corpora.brat import BratCorpus

CONFIG = Path(__file__).with_name("ner_cnn.cfg")
BASELINE = "spaCy ner (CNN)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="folder with train and dev")
    parser.add_argument("--model", default="en_clinical_sm")
    parser.add_argument("--baseline", type=Path, help="trained with ner_cnn.cfg")
    parser.add_argument("--alone", action="store_true", help="without the baseline")
    parser.add_argument("--max-steps", type=int, help="of the baseline's training")
    parser.add_argument("--lines", nargs="*", default=["dev"], help="dev, test")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path, help="JSON file to write")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    machine = read_machine(threads=args.threads)
    pipelines = {args.model: spacy_clinical.load(args.model)}
    if not args.alone:
        with tempfile.TemporaryDirectory() as folder:
            baseline = args.baseline
            if baseline is None:
                baseline = train_baseline(args.data, Path(folder), args.max_steps)
            pipelines[BASELINE] = spacy.load(baseline)
    report = compare(pipelines, args.data / "dev", args.rounds)
    for name, nlp in pipelines.items():
        report["results"][name]["overlap"] = score(nlp, args.data.parent, args.lines)
    report["machine"] = machine
    report["settings"] = {"rounds": args.rounds, "max_steps": args.max_steps}
    print(format_tables(report["results"]))
    overlaps = {name: r["overlap"] for name, r in report["results"].items()}
    print("\n" + format_scores(overlaps))
    if args.output:
        write_report(args.output, report, summarize(report))


def train_baseline(data: Path, folder: Path, max_steps: int | None) -> Path:
    """Train spaCy's ner on the training texts."""
    overrides: dict[str, Any] = {
        "paths.train": str(data / "train"),
        "paths.dev": str(data / "dev"),
    }
    if max_steps:
        overrides["training.max_steps"] = max_steps
    # Standard output is for the tables.
    with contextlib.redirect_stdout(sys.stderr):
        train(CONFIG, folder, overrides=overrides)
    return folder / "model-best"


def compare(pipelines: dict[str, Language], dev: Path, n_rounds: int) -> dict[str, Any]:
    """Score all pipelines, then let them take turns."""
    results = {name: evaluate(nlp, dev) for name, nlp in pipelines.items()}
    texts = [eg.text for eg in BratCorpus(dev)(spacy.blank("en"))]
    for _ in range(n_rounds):
        for name, nlp in pipelines.items():
            start = time.perf_counter()
            n_words = sum(len(doc) for doc in nlp.pipe(texts))
            seconds = time.perf_counter() - start
            results[name].setdefault("seconds", []).append(seconds)
            results[name]["words"] = n_words
    return {"results": results, "n_texts": len(texts)}


def evaluate(nlp: Language, dev: Path) -> dict[str, Any]:
    """Score a pipeline."""
    examples = list(BratCorpus(dev)(nlp))
    scores = nlp.evaluate(examples)
    support: dict[str, int] = {}
    for eg in examples:
        for ent in eg.reference.ents:
            support[ent.label_] = support.get(ent.label_, 0) + 1
    keys = ("ents_p", "ents_r", "ents_f", "ents_per_type")
    return {**{key: scores[key] for key in keys}, "support": support}


def summarize(report: dict[str, Any]) -> list[Row]:
    """Say in rows what counts of a report.

    report: As `compare` makes it.
    """
    systems = {
        name if name == BASELINE else OURS: result
        for name, result in report["results"].items()
    }
    rows = [
        make_row("Entities", name, quantity, SHARE, [result[f"ents_{key}"]])
        for quantity, key in (("F1", "f"), ("precision", "p"), ("recall", "r"))
        for name, result in systems.items()
    ]
    for name, result in systems.items():
        for task, found in result.get("overlap", {}).items():
            for quantity, key in (("F1", "f"), ("precision", "p"), ("recall", "r")):
                # Where a corpus doesn't label all, precision can't be told.
                if found[key] is not None:
                    task_name = f"Entities, {task}"
                    rows.append(
                        make_row(task_name, name, quantity, SHARE, [found[key]])
                    )
    seconds = {name: result["seconds"] for name, result in systems.items()}
    words = {name: result["words"] for name, result in systems.items()}
    return rows + compare_speed("Entities", seconds, words, "words/s")


def format_tables(results: dict[str, dict[str, Any]]) -> str:
    """Write scores and speeds as Markdown, a row for each type, most frequent first.

    results: Of each pipeline.
    """
    names = list(results)
    support = results[names[0]]["support"]
    lines: list[list[str]] = []

    def add(label: str, n_gold: int, values: list[float]) -> None:
        lines.append([label, f"{n_gold}", *(f"{value:.3f}" for value in values)])

    total = sum(support.values())
    for label, key in (("**all, F1**", "f"), ("precision", "p"), ("recall", "r")):
        add(label, total, [results[name][f"ents_{key}"] for name in names])
    for label, n_gold in sorted(support.items(), key=lambda item: -item[1]):
        per_type = [results[name]["ents_per_type"].get(label) for name in names]
        add(label, n_gold, [score["f"] if score else 0.0 for score in per_type])
    speeds = [
        results[name]["words"] / statistics.median(results[name]["seconds"])
        for name in names
    ]
    lines.append(["words per second", "", *(f"{speed:,.0f}" for speed in speeds)])
    return format_table(["type", "gold", *names], lines)


if __name__ == "__main__":
    main()
