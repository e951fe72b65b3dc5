"""Put a trained pipeline into the package: weights, scores, data and a model card.

Run: python scripts/ship_model.py training/ner/model-best path/to/maccrobat2020/dev
"""

import argparse
import shutil
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.util import load_config, load_model_from_config

from spacy_clinical.about import __version__
from spacy_clinical.models import DEFAULT_MODEL
from spacy_clinical.readers import BratCorpus

TARGET = Path(__file__).parents[1] / "spacy_clinical/models"
META = {
    "name": DEFAULT_MODEL.removeprefix("en_"),
    "version": __version__,
    "description": (
        "Clinical notes: sections, sentences and the 41 entity types of MACCROBAT"
    ),
    "author": "The spacy_clinical authors",
    "license": "MIT (code), Apache-2.0 (all-MiniLM-L6-v2), CC BY 4.0 (MACCROBAT2020)",
    "sources": [
        {
            "name": "MACCROBAT2020",
            "url": "https://doi.org/10.6084/m9.figshare.9764942",
            "author": "J. Harry Caufield",
            "license": "CC BY 4.0",
        },
        {
            "name": "all-MiniLM-L6-v2",
            "url": "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
            "author": "sentence-transformers",
            "license": "Apache-2.0",
        },
    ],
}
CARD = """# {name}

{description}.

| | |
| --- | --- |
| version | {version} |
| pipeline | {pipeline} |
| size | {size:.0f} MB; weights in half precision (safetensors), computed with in single |
| licenses | {license} |

A demonstration and a starting point, not a medical device. Don't base care on it.

## How it was made

All-MiniLM-L6-v2 (6 layers, 384 wide) with a linear head and a conditional random
field over tokens, trained by `configs/train_ner.cfg` on the 140 texts of MACCROBAT2020
train; `project.yml` has the command. Nothing but MACCROBAT's train and dev parts had a
say in any choice; `benchmarks/ner_tried.md` lists what was tried.

## How good it is

Exact borders and type, on the {n_texts} texts of MACCROBAT2020 dev. These chose
settings and the training step, so expect a little less on other case reports, and
clearly less on other kinds of notes: the corpus has only case reports.

| type | gold | P | R | F1 |
| --- | ---: | ---: | ---: | ---: |
{rows}

## What it misses

It learned from published case reports: full sentences, few abbreviations, no
signatures, no de-identification marks. Types with few examples are found poorly or
never. It does not tell whether a finding is denied: "no fever" yields a
Sign_symptom. Of overlapping entities it knows the longest only. Scores are
probabilities of exactly these borders and this type under the model; the threshold of
{threshold} gives the best F1 on dev; raise it for precision, lower it for recall.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pipeline", type=Path)
    parser.add_argument("dev", type=Path)
    args = parser.parse_args()
    nlp = read_without_words(args.pipeline)
    examples = list(BratCorpus(args.dev)(nlp))
    scores = nlp.evaluate(examples)
    nlp.meta.update(META)
    nlp.meta["performance"] = {
        key: scores[key] for key in ("ents_p", "ents_r", "ents_f", "ents_per_type")
    }
    target = TARGET / DEFAULT_MODEL
    shutil.rmtree(target, ignore_errors=True)
    read_without_words(args.pipeline, meta=nlp.meta).to_disk(target)
    support: dict[str, int] = {}
    for eg in examples:
        for ent in eg.reference.ents:
            support[ent.label_] = support.get(ent.label_, 0) + 1
    card = format_card(nlp, scores, support, len(examples), get_size(target))
    (target / "README.md").write_text(card, encoding="utf8")
    print(f"{target}: {get_size(target):.1f} MB, F1 {scores['ents_f']:.4f}")


def read_without_words(path: Path, meta: dict[str, Any] | None = None) -> Language:
    """Load a pipeline, but not the words that training has left in its vocabulary."""
    config = load_config(path / "config.cfg")
    # Nobody who loads the pipeline has the paths of its training.
    config["paths"] = dict.fromkeys(config["paths"])
    encoder = config["components"]["clinical_ner"]["model"]["encoder"]
    encoder["checkpoint"] = "sentence-transformers/all-MiniLM-L6-v2"
    nlp = load_model_from_config(config, meta=meta or {}, auto_fill=True)
    nlp.tokenizer.from_disk(path / "tokenizer", exclude=["vocab"])
    # The other components have learned nothing: they keep this version's rules.
    ner = nlp.get_pipe("clinical_ner")
    ner.from_disk(path / "clinical_ner", exclude=["vocab"])
    for shim in ner.shims:
        shim.origin["checkpoint"] = f"{DEFAULT_MODEL}-{__version__}"
    return nlp


def get_size(folder: Path) -> float:
    """Size of all files (MB, of 1,000,000 bytes)."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6


def format_card(
    nlp: Language,
    scores: dict[str, Any],
    support: dict[str, int],
    n_texts: int,
    size: float,
) -> str:
    """Write the model card."""
    rows = [("**all**", sum(support.values()), scores, "ents_")]
    for label, n_gold in sorted(support.items(), key=lambda item: -item[1]):
        rows.append((label, n_gold, scores["ents_per_type"].get(label, {}), ""))
    lines = [
        f"| {label} | {n} | "
        + " | ".join(f"{s.get(prefix + key, 0.0):.3f}" for key in "prf")
        + " |"
        for label, n, s, prefix in rows
    ]
    return CARD.format(
        name=DEFAULT_MODEL,
        description=META["description"],
        version=__version__,
        pipeline=", ".join(nlp.pipe_names),
        size=size,
        license=META["license"],
        n_texts=n_texts,
        rows="\n".join(lines),
        threshold=nlp.get_pipe("clinical_ner").threshold,
    )


if __name__ == "__main__":
    main()
