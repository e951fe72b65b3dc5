"""Exact entity F1 by type on MACCROBAT dev: the shipped pipeline and spaCy's CNN.

Run: python benchmarks/ner.py path/to/maccrobat2020 [--model en_clinical_sm]

The baseline is trained here (ner_cnn.cfg, some minutes) on the same texts with the
same tokenizer; --baseline names one trained before. The gold is what the corpus
reader gives: of overlapping spans the longest.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import spacy
from spacy.cli.train import train
from spacy.language import Language

import spacy_clinical
from spacy_clinical.readers import BratCorpus

CONFIG = Path(__file__).with_name("ner_cnn.cfg")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="folder with train and dev")
    parser.add_argument("--model", default="en_clinical_sm")
    parser.add_argument("--baseline", type=Path, help="trained with ner_cnn.cfg")
    parser.add_argument("--output", type=Path, help="where to write JSON")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        baseline = args.baseline or train_baseline(args.data, Path(folder))
        pipelines = {
            args.model: spacy_clinical.load(args.model),
            "spaCy ner (CNN)": spacy.load(baseline),
        }
        results = {
            name: evaluate(nlp, args.data / "dev") for name, nlp in pipelines.items()
        }
    print(format_table(results))
    if args.output:
        args.output.write_text(json.dumps(results, indent=2), encoding="utf8")


def train_baseline(data: Path, folder: Path) -> Path:
    """Train spaCy's ner on the training texts."""
    paths = {"paths.train": str(data / "train"), "paths.dev": str(data / "dev")}
    train(CONFIG, folder, overrides=paths)
    return folder / "model-best"


def evaluate(nlp: Language, dev: Path) -> dict[str, Any]:
    """Score a pipeline, and time it on the texts (words per second)."""
    examples = list(BratCorpus(dev)(nlp))
    scores = nlp.evaluate(examples)
    texts = [eg.text for eg in examples]
    start = time.perf_counter()
    n_words = sum(len(doc) for doc in nlp.pipe(texts))
    scores["words_per_second"] = n_words / (time.perf_counter() - start)
    support: dict[str, int] = {}
    for eg in examples:
        for ent in eg.reference.ents:
            support[ent.label_] = support.get(ent.label_, 0) + 1
    keys = ("ents_p", "ents_r", "ents_f", "ents_per_type", "words_per_second")
    return {**{key: scores[key] for key in keys}, "support": support}


def format_table(results: dict[str, dict[str, Any]]) -> str:
    """One row for each type, most frequent first."""
    names = list(results)
    support = results[names[0]]["support"]
    lines = [
        f"| type | gold | {' | '.join(names)} |",
        f"| --- | ---: |{' ---: |' * len(names)}",
    ]

    def add(label: str, n_gold: int, values: list[float]) -> None:
        cells = " | ".join(f"{value:.3f}" for value in values)
        lines.append(f"| {label} | {n_gold} | {cells} |")

    total = sum(support.values())
    for label, key in (("**all, F1**", "f"), ("precision", "p"), ("recall", "r")):
        add(label, total, [results[name][f"ents_{key}"] for name in names])
    for label, n_gold in sorted(support.items(), key=lambda item: -item[1]):
        per_type = [results[name]["ents_per_type"].get(label) for name in names]
        add(label, n_gold, [score["f"] if score else 0.0 for score in per_type])
    speeds = " | ".join(f"{results[name]['words_per_second']:,.0f}" for name in names)
    lines.append(f"| words per second | | {speeds} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
