"""Train `clinical_relations` to classify pairs on GAD's train part, and score it on dev.

BioBERT's authors report F1 82.4 for GAD, on other splits and with an encoder five times as
large; here it is shown that the recipe learns.
"""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import spacy
from spacy.cli.train import train
from spacy.training import Example

from spacy_clinical.corpora.relation_table import RelationTableCorpus

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "configs" / "train_relation_pairs.cfg"
ENCODER = ROOT / "spacy_clinical/models/en_clinical_sm/clinical_ner/encoder"
MAJORITY = "majority of train"


def measure_pairs(data: Path, n_train: int, epochs: int, name: str) -> dict[str, Any]:
    """Train on the first sentences of GAD's train part, and score the last model on dev.

    data: Folder of the corpora.
    n_train: Number of sentences.
    epochs: How often each is read.
    name: Of the trained component in the report.
    """
    parts = {part: data / "gad" / f"{part}.tsv" for part in ("train", "dev")}
    start = time.process_time()
    with TemporaryDirectory() as folder:
        train(
            CONFIG,
            Path(folder),
            overrides={
                **{f"paths.{part}": str(path) for part, path in parts.items()},
                "paths.encoder": str(ENCODER),
                "corpora.train.limit": n_train,
                "training.max_epochs": epochs,
                "training.optimizer.learn_rate.total_steps": n_train * epochs // 32,
                # Dev chooses nothing.
                "training.eval_frequency": n_train * epochs,
            },
        )
        seconds = time.process_time() - start
        nlp = spacy.load(Path(folder) / "model-last")
    blank = spacy.blank("en")
    gold = {
        part: [
            bool(eg.reference._.relations) for eg in RelationTableCorpus(path)(blank)
        ]
        for part, path in parts.items()
    }
    most = Counter(gold["train"][:n_train]).most_common(1)[0][0]
    examples = list(RelationTableCorpus(parts["dev"])(nlp))
    return {
        "train": n_train,
        "epochs": epochs,
        "seconds": seconds,
        "scores": {
            name: score_pairs(gold["dev"], _find(nlp, examples)),
            MAJORITY: score_pairs(gold["dev"], [most] * len(examples)),
        },
    }


def _find(nlp: Any, examples: Sequence[Example]) -> list[bool]:
    docs = nlp.pipe([eg.predicted for eg in examples])
    return [bool(doc._.relations) for doc in docs]


def score_pairs(gold: Sequence[bool], found: Sequence[bool]) -> dict[str, float]:
    """Score which pairs are related.

    RETURNS: Accuracy, precision, recall and F1 of relations, and how many there are.
    """
    n_right = sum(g and f for g, f in zip(gold, found, strict=True))
    p, r = n_right / max(sum(found), 1), n_right / max(sum(gold), 1)
    accuracy = sum(g == f for g, f in zip(gold, found, strict=True)) / len(gold)
    f = 2 * p * r / max(p + r, 1e-9)
    return {"accuracy": accuracy, "p": p, "r": r, "f": f, "gold": sum(gold)}


def list_cells(report: dict[str, Any]) -> list[list[str]]:
    """List the cells of a table of what `measure_pairs` found."""
    return [
        [
            "GAD dev",
            f"association (accuracy {s['accuracy']:.3f})",
            name,
            f"{s['gold']}",
            *(f"{s[key]:.3f}" for key in "prf"),
        ]
        for name, s in report["scores"].items()
    ]
