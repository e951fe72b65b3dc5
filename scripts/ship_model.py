"""Put trained pipelines into the package as one: weights, scores, and a model card.

Run: python scripts/ship_model.py training/ner/model-best path/to/maccrobat2020/dev \
         training/icd9/model-last training/icd9/scores.json \
         training/assertion/model-best training/assertion/scores.json
"""

import argparse
import json
import shutil
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.util import load_config, load_model_from_config
from store_encoders import set_storage

from spacy_clinical.about import __version__
from spacy_clinical.corpora.brat import BratCorpus
from spacy_clinical.models import DEFAULT_MODEL

STORAGE = "int8_embeddings"
TARGET = Path(__file__).parents[1] / "spacy_clinical/models"
META = {
    "name": DEFAULT_MODEL.removeprefix("en_"),
    "version": __version__,
    "description": (
        "Clinical notes: sections, sentences, the 41 entity types of MACCROBAT, whether "
        "they are denied, uncertain, past or a relative's, and ICD-9-CM categories"
    ),
    "author": "The spacy_clinical authors",
    "license": (
        "MIT (code), Apache-2.0 (all-MiniLM-L6-v2), CC BY 4.0 (MACCROBAT2020, CodiEsp, "
        "Chia, ACI-BENCH, MTS-Dialog), MIT (PHEE)"
    ),
    "sources": [
        {
            "name": "MACCROBAT2020",
            "url": "https://doi.org/10.6084/m9.figshare.9764942",
            "author": "J. Harry Caufield",
            "license": "CC BY 4.0",
        },
        {
            "name": "CodiEsp",
            "url": "https://doi.org/10.5281/zenodo.3837305",
            "author": "Antonio Miranda-Escalada, Aitor Gonzalez-Agirre, Martin Krallinger",
            "license": "CC BY 4.0",
        },
        {
            "name": "ACI-BENCH",
            "url": "https://github.com/wyim/aci-bench",
            "author": "Wen-wai Yim and others",
            "license": "CC BY 4.0",
        },
        {
            "name": "MTS-Dialog",
            "url": "https://github.com/abachaa/MTS-Dialog",
            "author": "Asma Ben Abacha and others",
            "license": "CC BY 4.0",
        },
        {
            "name": "Chia",
            "url": "https://doi.org/10.6084/m9.figshare.11855817",
            "author": "Fabrício Kury and others",
            "license": "CC BY 4.0",
        },
        {
            "name": "PHEE",
            "url": "https://github.com/ZhaoyueSun/PHEE",
            "author": "Zhaoyue Sun and others",
            "license": "MIT",
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
| size | {size:.0f} MB; weights in half precision, embeddings in int8, computed with in single |
| licenses | {license} |

A demonstration and a starting point, not a medical device. Don't base care on it.

## Entities: how they were made

All-MiniLM-L6-v2 (6 layers, 384 wide) with a linear head and a conditional random
field over tokens, trained by `configs/train_ner.cfg` on the 140 texts of MACCROBAT2020
train; `project.yml` has the command. Nothing but MACCROBAT's train and dev parts had a
say in any choice; `benchmarks/ner_tried.md` lists what was tried.

## Entities: scores

Exact borders and type, on the {n_texts} texts of MACCROBAT2020 dev. These chose
settings and the training step, so expect a little less on other case reports, and
clearly less on other kinds of notes: the corpus has only case reports.

| type | gold | P | R | F1 |
| --- | ---: | ---: | ---: | ---: |
{rows}

## Entities: limits

It learned from published case reports: full sentences, few abbreviations, no
signatures, no de-identification marks. Types with few examples are found poorly or
never. Of overlapping entities it knows the longest only. Scores are
probabilities of exactly these borders and this type under the model; the threshold of
{threshold} gives the best F1 on dev; raise it for precision, lower it for recall.

{assertion}
## Codes: how they were made

{n_codes} ICD-9-CM categories, those of the 500 clinical cases of CodiEsp train (English by
machine translation, ICD-10-CM codes by experts, mapped by CMS's equivalence maps). A
linear layer over the vectors of single sentences by all-MiniLM-L6-v2, which stays as
it is; a note's score is that of its best sentence. It starts from the vectors of the
titles of the codes, and was trained by `configs/train_icd9.cfg`; `project.yml` has the
commands. It has an encoder of its own: on that of the entities, which has learned
other things, F1 fell from 0.50 to 0.34 in a prototype.

## Codes: scores

Five-fold cross-validation on the 500 texts, means of the folds, by
`benchmarks/icd9.py`; the baseline is TF-IDF with one logistic regression a code, at the
best of six settings. Both decide by one threshold that was tuned on other texts. Macro
F1 is over the codes that occur.

| | micro-F1 | macro-F1 | micro-AUROC | macro-AUROC | P@5 |
| --- | ---: | ---: | ---: | ---: | ---: |
{code_rows}

The threshold of {code_threshold} is the best on these texts. One for each code that ten
texts have did worse (micro-F1 {tuned_f:.3f}).

## Codes: abbreviations

The model reads the long forms of abbreviations that clearly stand for one condition
(`expand_abbreviations`), as the texts that it learned from abbreviate little. It was
trained, and scored above, without.

## Codes: limits

A demonstration, not for billing. 500 texts are few: three fifths of the codes have fewer
than five, and {n_unknown} of the 1,234 categories are not known at all. The texts are
case reports: there is no sign of what is denied ("no fever" suggests fever), of what
was long ago, or of whom; only family history and review of systems are left out. Codes follow
the habits of those who coded CodiEsp, symptoms among them, not those of a hospital.
"""
ASSERTION_CARD = """## Assertion: how it was made

The rules of `clinical_assertion` decide together with a head of {n_weights} weights that
reads the vectors of the entity recognizer's encoder around an entity. It was trained by
`configs/train_assertion.cfg` on MACCROBAT2020 train, PHEE train and four fifths of Chia,
and on the training parts of ACI-BENCH and MTS-Dialog with what the rules say of them, so
that it doesn't take the style of case reports for that of all notes. It knows negation and
uncertainty; on all else, the rules decide alone.

What the rules say is dropped where the head gives it less than
{reject_below}, unless the cue stands beside the finding; what they don't say
is added where it gives it at least {accept_above}. These thresholds were chosen on the dev parts below.

## Assertion: scores

F1 of the annotated entities that the attribute is true for, in parts that the head wasn't
trained on, by `benchmarks/assertion.py`. They chose the thresholds, and the errors of
uncertainty in MACCROBAT dev were read when cues were added, so expect a little less
elsewhere.

| corpus | attribute | entities | {systems} |
| --- | --- | ---: | {bars} |
{rows}

## Assertion: limits

Nothing was annotated for historical, hypothetical and family findings, so these are
rules that were only checked on sentences of our own. "Resolved" counts as negated. The
head gives no cue for what it adds. Eligibility criteria ("except", "other than") and
what a whole paragraph makes clear are often missed.
"""
BASELINE = "TF-IDF + LR"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pipeline", type=Path)
    parser.add_argument("dev", type=Path)
    parser.add_argument("codes", type=Path, help="pipeline with a categorizer")
    parser.add_argument("code_scores", type=Path, help="JSON of benchmarks/icd9.py")
    parser.add_argument("assertion", type=Path, help="pipeline with a trained head")
    parser.add_argument(
        "assertion_scores", type=Path, help="JSON of benchmarks/assertion.py"
    )
    args = parser.parse_args()
    nlp = read_without_words(args.pipeline)
    examples = list(BratCorpus(args.dev)(nlp))
    scores = nlp.evaluate(examples)
    nlp.meta.update(META)
    nlp.meta["performance"] = {
        key: scores[key] for key in ("ents_p", "ents_r", "ents_f", "ents_per_type")
    }
    results = json.loads(args.code_scores.read_text(encoding="utf8"))
    code_scores = results["scores"]["results"]
    ours = {f"icd9_{k}": statistics.mean(v) for k, v in code_scores["ours"].items()}
    nlp.meta["performance"] |= ours
    assertion = json.loads(args.assertion_scores.read_text(encoding="utf8"))
    nlp.meta["performance"] |= list_assertion_scores(assertion)
    target = TARGET / DEFAULT_MODEL
    shipped = read_without_words(args.pipeline, meta=nlp.meta)
    add_assertion(shipped, args.assertion)
    add_codes(shipped, args.codes)
    shutil.rmtree(target, ignore_errors=True)
    shipped.to_disk(target)
    support: dict[str, int] = {}
    for eg in examples:
        for ent in eg.reference.ents:
            support[ent.label_] = support.get(ent.label_, 0) + 1
    card = format_card(
        shipped,
        scores,
        support,
        len(examples),
        get_size(target),
        code_scores,
        format_assertion(shipped, assertion),
    )
    (target / "README.md").write_text(card, encoding="utf8")
    print(f"{target}: {get_size(target):.1f} MB, F1 {scores['ents_f']:.4f}")


def read_without_words(path: Path, meta: dict[str, Any] | None = None) -> Language:
    """Load a pipeline, but not the words that training has left in its vocabulary."""
    config = load_config(path / "config.cfg")
    # Nobody who loads the pipeline has the paths of its training.
    config["paths"] = dict.fromkeys(config["paths"])
    encoder = config["components"]["clinical_ner"]["model"]["encoder"]
    encoder["checkpoint"] = "sentence-transformers/all-MiniLM-L6-v2"
    set_storage(config, STORAGE)
    nlp = load_model_from_config(config, meta=meta or {}, auto_fill=True)
    nlp.tokenizer.from_disk(path / "tokenizer", exclude=["vocab"])
    # The other components have learned nothing: they keep this version's rules.
    ner = nlp.get_pipe("clinical_ner")
    ner.from_disk(path / "clinical_ner", exclude=["vocab"])
    for shim in ner.shims:
        shim.origin["checkpoint"] = f"{DEFAULT_MODEL}-{__version__}"
        # The scores are those of the weights that ship.
        shim.from_bytes(shim.to_bytes())
    return nlp


def add_assertion(nlp: Language, path: Path) -> None:
    """Add the assertion of another pipeline, on the encoder of the entity recognizer."""
    name = "clinical_assertion"
    source = load_model_from_config(load_config(path / "config.cfg"), auto_fill=True)
    trained = source.get_pipe(name)
    trained.from_disk(path / name, exclude=["vocab", "rules"])
    config = {k: v for k, v in source.get_pipe_config(name).items() if k != "factory"}
    config["model"]["encoder"] = {
        "@architectures": "spacy-clinical.SharedEncoder.v1",
        "component": "clinical_ner",
    }
    # Also of the entities that overlap longer ones.
    config["spans_keys"] = ["ner"]
    pipe = nlp.add_pipe(name, after="clinical_ner", config=config)
    pipe.take_head(trained)


def format_assertion(nlp: Language, report: dict[str, Any]) -> str:
    """Write the part of the card on assertion.

    report: As benchmarks/assertion.py writes it.
    """
    pipe = nlp.get_pipe("clinical_assertion")
    weights = [
        layer.get_param(name).size
        for layer in pipe.model.walk()
        for name in layer.param_names
    ]
    measured = report["corpora"].items()
    systems = list(
        dict.fromkeys(s for _, m in measured for a in m["scores"].values() for s in a)
    )
    rows = [
        f"| {corpus} | {attribute} | {next(iter(found.values()))['gold']} | "
        + " | ".join(f"{found[s]['f']:.3f}" if s in found else "" for s in systems)
        + " |"
        for corpus, one in measured
        for attribute, found in one["scores"].items()
    ]
    return ASSERTION_CARD.format(
        n_weights=f"{sum(weights):,}",
        reject_below=format_thresholds(pipe.reject_below, pipe.labels),
        accept_above=format_thresholds(pipe.accept_above, pipe.labels),
        systems=" | ".join(systems),
        bars=" | ".join(["---:"] * len(systems)),
        rows="\n".join(rows),
    )


def list_assertion_scores(report: dict[str, Any]) -> dict[str, float]:
    """List the F1 of rules and head together on MACCROBAT dev."""
    [scores] = [
        measured["scores"]
        for corpus, measured in report["corpora"].items()
        if corpus == "MACCROBAT dev"
    ]
    return {
        f"assertion_{name}_f": found["spacy_clinical"]["f"]
        for name, found in scores.items()
    }


def format_thresholds(thresholds: dict[str, float], names: Sequence[str]) -> str:
    """Write the thresholds of attributes."""
    return " or ".join(f"{thresholds[name]} ({name})" for name in names)


def add_codes(nlp: Language, path: Path) -> None:
    """Add the categorizer of another pipeline, and forget where it was trained."""
    name = "clinical_icd9_categorizer"
    source = load_model_from_config(load_config(path / "config.cfg"), auto_fill=True)
    config = {k: v for k, v in source.get_pipe_config(name).items() if k != "factory"}
    encoder = config["model"]["encoder"]
    encoder["checkpoint"] = "sentence-transformers/all-MiniLM-L6-v2"
    encoder["storage"] = STORAGE
    # It learned from case reports, which abbreviate little.
    config["expand_abbreviations"] = True
    pipe = nlp.add_pipe(name, config=config)
    pipe.from_disk(path / name, exclude=["vocab"])
    for shim in pipe.shims:
        shim.origin["checkpoint"] = f"{DEFAULT_MODEL}-{__version__}"


def get_size(folder: Path) -> float:
    """Size of all files (MB, of 1,000,000 bytes)."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6


def format_card(
    nlp: Language,
    scores: dict[str, Any],
    support: dict[str, int],
    n_texts: int,
    size: float,
    code_scores: dict[str, Any],
    assertion: str,
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
    keys = ("micro-F1", "macro-F1", "micro-AUROC", "macro-AUROC", "P@5")
    baselines = [n for n in code_scores if n.startswith(BASELINE)]
    best = max(baselines, key=lambda n: statistics.mean(code_scores[n]["micro-F1"]))
    code_rows = [
        f"| {label} | "
        + " | ".join(f"{statistics.mean(code_scores[n][key]):.3f}" for key in keys)
        + " |"
        for label, n in (("**en_clinical_sm**", "ours"), (best, best))
    ]
    pipe = nlp.get_pipe("clinical_icd9_categorizer")
    return CARD.format(
        assertion=assertion,
        code_rows="\n".join(code_rows),
        n_codes=len(pipe.label_data),
        n_unknown=1234 - len(pipe.label_data),
        tuned_f=statistics.mean(code_scores["ours, a threshold a code"]["micro-F1"]),
        code_threshold=pipe.threshold,
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
