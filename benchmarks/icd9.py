"""Compare the ICD-9 categorizer: its scores with TF-IDF, its speed with transformers.

Scores: five-fold cross-validation on the 500 texts of CodiEsp train. Ours is trained
by configs/train_icd9.cfg. The baseline is TF-IDF of words and pairs of words with one
logistic regression a code (scikit-learn), the best of six settings *on the test folds
themselves*. Both decide by one threshold, tuned on the other folds' held-out texts.
Ours is shown at its default threshold too, and with thresholds for each code that
enough of the other folds' texts have.

Speed: a random checkpoint of CORe's shape and labels (BERT base, 9,237) on notes with
the lengths of MIMIC-III's discharge summaries, joined from real ones. transformers'
text-classification pipeline reads the first 512 pieces of each (at its best batch
size), ours all of it: so rates are by pieces read. They take turns, A B A B.

    pip install scikit-learn
    python benchmarks/icd9.py DATA --encoder all-MiniLM-L6-v2 --output icd9.json

DATA holds codiesp/, aci_bench/ and maccrobat2020/. --png draws precision and recall.
Without scikit-learn: --no-baseline. The encoder in en_clinical_sm's categorizer is
all-MiniLM-L6-v2 too.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
import spacy
import torch
from console import tell
from fold_scores import draw_data, find_threshold, measure
from machine import read_machine
from peers.inputs import count_pieces, make_checkpoint, make_notes, read_texts
from peers.tables import format_spread, format_table
from peers.tfidf_codes import SETTINGS, score_texts
from reports import OURS, SHARE, Row, compare_speed, make_row, write_report
from spacy.language import Language
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config
from transformers import BertConfig, BertForSequenceClassification, pipeline
from transformers.utils import logging

from spacy_clinical.corpora.codiesp import CodiEspCorpus
from spacy_clinical.icd9.tables import list_categories

CONFIG = Path(__file__).parents[1] / "configs/train_icd9.cfg"
N_FOLDS = 5
N_LABELS = 9237
BASELINE = "TF-IDF + logistic regression"


# Scores


def cross_validate(args: argparse.Namespace) -> dict[str, Any]:
    """Score all texts, each by models that have not seen it."""
    folds = []
    baselines = {} if args.no_baseline else SETTINGS
    for fold in range(args.folds):
        start = time.perf_counter()
        nlp = train_fold(args, fold)
        seen, held_out = (
            list(CodiEspCorpus(args.codiesp, fold=fold, held_out=h)(nlp))
            for h in (False, True)
        )
        docs = list(nlp.pipe([eg.reference.text for eg in held_out]))
        codes = sorted({code for eg in seen for code in eg.reference.cats})
        scores = {"ours": numpy.array([[doc.cats[c] for c in codes] for doc in docs])}
        for name, settings in baselines.items():
            scores[name] = score_texts(
                [eg.reference.text for eg in seen],
                make_gold(seen, codes),
                [eg.reference.text for eg in held_out],
                settings,
            )
        gold = [set(eg.reference.cats) for eg in held_out]
        folds.append({"codes": codes, "gold": gold, "scores": scores})
        tell(f"fold {fold}: {time.perf_counter() - start:.0f} s")
    names = folds[0]["scores"]
    results = {name: measure(folds, name) for name in names}
    results["ours, threshold 0.3"] = measure(folds, "ours", threshold=0.3)
    results["ours, a threshold a code"] = measure(folds, "ours", by_code=True)
    tell(f"best threshold: {find_threshold(folds):.3f}")
    return {"results": results, "curves": draw_data(folds, names)}


def train_fold(args: argparse.Namespace, fold: int) -> Language:
    """Train by the config on all folds but one."""
    config = load_config(
        CONFIG,
        overrides={
            "paths.train": str(args.codiesp),
            "paths.encoder": str(args.encoder),
            "paths.fold": fold,
            "training.eval_frequency": 10_000,
            "training.before_to_disk": None,
        },
    )
    nlp = init_nlp(config)
    nlp, _ = train(nlp, None, stdout=open_null(), stderr=open_null())
    return nlp


def open_null() -> Any:
    return Path("/dev/null").open("w", encoding="utf8")


def make_gold(examples: Sequence[Example], codes: Sequence[str]) -> numpy.ndarray:
    return numpy.array([[c in eg.reference.cats for c in codes] for eg in examples])


def draw(report: dict[str, Any], path: Path) -> None:
    """Draw precision against recall."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.2), layout="constrained")
    axes = figure.subplots()
    shown = {"ours": OURS}
    best = find_baseline(report["scores"]["results"])
    if best is not None:
        shown[best] = BASELINE
    for name, label in shown.items():
        recall, precision = zip(*report["scores"]["curves"][name], strict=True)
        axes.plot(recall, precision, label=label, linewidth=2)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1))
    axes.set_title("ICD-9 categories of CodiEsp, cross-validated")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=150)


def find_baseline(results: dict[str, Any]) -> str | None:
    """Find the best of the baselines, if there are any."""
    names = [name for name in results if name in SETTINGS]
    return max(
        names,
        key=lambda name: statistics.mean(results[name]["micro-F1"]),
        default=None,
    )


# Speed


def measure_speed(args: argparse.Namespace) -> dict[str, Any]:
    """Let both read the same notes in turn."""
    logging.set_verbosity_error()
    texts = read_texts(args.data)
    notes = make_notes(texts, args.notes, seed=1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "checkpoint"
        make_checkpoint(folder, texts, notes, ["O", "B-X"], n_layers=1, seed=0)
        make_core(folder, args.layers)
        n_pieces = count_pieces(folder, notes)
        theirs: Any = pipeline(
            "text-classification", model=str(folder), function_to_apply="sigmoid"
        )
        options = {"truncation": True, "max_length": 512, "top_k": None}
        best = min(
            (1, 4, 8),
            key=lambda n: take_time(lambda: theirs(notes[:8], batch_size=n, **options)),
        )
        contestants = {
            "transformers": lambda: theirs(notes, batch_size=best, **options)
        }
        for precision in ("fp32", "bf16"):
            nlp = make_pipeline(folder, precision)
            contestants[precision] = lambda nlp=nlp: list(
                nlp.pipe(notes, batch_size=32)
            )
        read = {"transformers": sum(min(n, 510) for n in n_pieces)}
        for run in contestants.values():
            run()
        seconds: dict[str, list[float]] = {name: [] for name in contestants}
        for _ in range(args.rounds):
            for contestant, run in contestants.items():
                seconds[contestant].append(take_time(run))
        read |= dict.fromkeys(("fp32", "bf16"), sum(n_pieces))
    return {
        "seconds": seconds,
        "pieces": read,
        "words": sum(len(note.split()) for note in notes),
        "batch_size": best,
    }


def make_core(folder: Path, n_layers: int) -> None:
    """Put a random classifier of CORe's shape in place of the tagger."""
    codes = [code for code in list_categories() if not code.startswith("V")]
    labels = [*codes, *(f"word{i}x" for i in range(N_LABELS - len(codes)))]
    config = BertConfig.from_pretrained(folder)
    torch.manual_seed(0)
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=config.vocab_size,
            num_hidden_layers=n_layers,
            id2label=dict(enumerate(labels)),
            label2id={label: i for i, label in enumerate(labels)},
        )
    )
    model.save_pretrained(folder)


def make_pipeline(folder: Path, precision: str) -> Language:
    nlp = spacy.blank("en")
    encoder = {"checkpoint": str(folder), "precision": precision}
    # Of random scores a thousand are above any threshold.
    settings = {"model": {"encoder": encoder}, "sections": "all", "top_k": 20}
    nlp.add_pipe("clinical_icd9_categorizer", config=settings)
    return nlp


def take_time(run: Any) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


# Report


def summarize(report: dict[str, Any]) -> list[Row]:
    """Say in rows what counts of a report: scores, speed, or both.

    report: As `main` makes it.
    """
    rows = []
    if "scores" in report:
        results = report["scores"]["results"]
        systems = {OURS: results["ours"]}
        best = find_baseline(results)
        if best is not None:
            systems[BASELINE] = results[best]
        for key in ("micro-F1", "macro-F1", "micro-AUROC", "macro-AUROC", "P@5"):
            for name, values in systems.items():
                rows.append(make_row("Codes", name, key, SHARE, values[key]))
    if "speed" in report:
        names = {"fp32": f"{OURS}, fp32", "bf16": f"{OURS}, bf16"}
        seconds, pieces = (
            {names.get(k, k): value for k, value in report["speed"][part].items()}
            for part in ("seconds", "pieces")
        )
        rows += compare_speed("Codes, CORe's shape", seconds, pieces, "pieces read/s")
    return rows


def format_tables(report: dict[str, Any]) -> str:
    """Write scores and speeds as Markdown.

    report: As `main` makes it.
    """
    parts = []
    if "scores" in report:
        results = report["scores"]["results"]
        best = find_baseline(results)
        lines = [
            [name]
            + [
                f"{statistics.mean(v):.3f} ± {statistics.stdev(v):.3f}"
                for v in values.values()
            ]
            for name, values in results.items()
            if name not in SETTINGS or name == best
        ]
        parts.append(format_table(["", *results["ours"]], lines))
    if "speed" in report:
        speed, lines = report["speed"], []
        rates = {
            name: [speed["pieces"][name] / s for s in seconds]
            for name, seconds in speed["seconds"].items()
        }
        for name, values in rates.items():
            ratios = [a / b for a, b in zip(values, rates["transformers"], strict=True)]
            spread = format_spread(min(ratios), statistics.median(ratios), max(ratios))
            lines.append([name, f"{statistics.median(values):,.0f}", spread])
        parts.append(
            f"{speed['words']:,} words; transformers' batches of "
            f"{speed['batch_size']}; each round against its own."
        )
        columns = ["", "pieces read/s", "x transformers: min / median / max"]
        parts.append(format_table(columns, lines))
    return "\n\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--encoder", default="sentence-transformers/all-MiniLM-L6-v2")
    parser.add_argument("--only", choices=("scores", "speed"))
    parser.add_argument("--folds", type=int, choices=range(2, N_FOLDS + 1), default=5)
    parser.add_argument("--no-baseline", action="store_true")
    parser.add_argument("--notes", type=int, default=12)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path, help="JSON file to write")
    parser.add_argument("--png", type=Path, help="picture to draw")
    args = parser.parse_args()
    args.codiesp = args.data / "codiesp/train"
    torch.set_num_threads(args.threads)
    names = ("rounds", "folds", "notes", "layers")
    report: dict[str, Any] = {
        "machine": read_machine(threads=args.threads),
        "settings": {name: getattr(args, name) for name in names},
    }
    if args.only != "speed":
        report["scores"] = cross_validate(args)
    if args.only != "scores":
        report["speed"] = measure_speed(args)
    print(format_tables(report))
    if args.output:
        write_report(args.output, report, summarize(report))
    if args.png and "scores" in report:
        draw(report, args.png)


if __name__ == "__main__":
    main()
