"""Write the model card of en_clinical_sm, and the scores in its meta.json.

Each report is the JSON file of a benchmark. A part of the card whose report isn't given
stays as it is.

Run: python scripts/model_card.py --entities training/ner.json \
         --assertion training/assertion.json --codes training/codes.json \\
         --identifiers training/identifiers.json --relations training/relations.json
"""

import argparse
import json
import re
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import srsly
from spacy.language import Language

import spacy_clinical
from spacy_clinical.about import __version__
from spacy_clinical.models import DEFAULT_MODEL

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from entity_overlap import format_scores
from identifier_card import format_identifiers, list_identifier_scores
from relation_card import format_relations, list_relation_scores

TARGET = Path(__file__).parents[1] / "spacy_clinical/models" / DEFAULT_MODEL
META = {
    "name": DEFAULT_MODEL.removeprefix("en_"),
    "version": __version__,
    "description": (
        "Clinical notes: sections, sentences, the 41 entity types of MACCROBAT, whether "
        "they are denied, uncertain, past or a relative's, which belong together, with "
        "records of medications, measurements and dates, ICD-9-CM categories, and, on "
        "demand, identifiers"
    ),
    "author": "The spacy_clinical authors",
    "license": (
        "MIT (code), Apache-2.0 (all-MiniLM-L6-v2), CC BY 4.0 (MACCROBAT2020, CodiEsp, "
        "Chia, ACI-BENCH, MTS-Dialog, MONDO), MIT (PHEE), CC0 (NCBI Disease), public "
        "domain (BC5CDR), terms of NLM (MeSH) and of HPO"
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
            "name": "BC5CDR",
            "url": "https://doi.org/10.1093/database/baw068",
            "author": "Jiao Li and others",
            "license": "public domain",
        },
        {
            "name": "NCBI Disease",
            "url": "https://doi.org/10.1016/j.jbi.2013.12.006",
            "author": "Rezarta Islamaj Doğan, Robert Leaman, Zhiyong Lu",
            "license": "CC0",
        },
        {
            "name": "MONDO",
            "url": "https://mondo.monarchinitiative.org",
            "author": "Monarch Initiative",
            "license": "CC BY 4.0",
        },
        {
            "name": "Human Phenotype Ontology",
            "url": "https://hpo.jax.org",
            "author": "Human Phenotype Ontology Consortium",
            "license": "its own: cite it, and don't alter it",
        },
        {
            "name": "MeSH",
            "url": "https://www.nlm.nih.gov/mesh",
            "author": "National Library of Medicine",
            "license": "terms of NLM: acknowledge it",
        },
        {
            "name": "all-MiniLM-L6-v2",
            "url": "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
            "author": "sentence-transformers",
            "license": "Apache-2.0",
        },
    ],
}
HEAD = """# {name}

{description}.

| | |
| --- | --- |
| version | {version} |
| pipeline | {pipeline} |
| size | {size:.0f} MB; weights in half precision, embeddings in int8, computed with in single |
| licenses | {license} |

A demonstration and a starting point, not a medical device. Don't base care on it.
"""
ENTITIES = """## Entities: how they were made

All-MiniLM-L6-v2 (6 layers, 384 wide) with a linear head and a conditional random field
over tokens, trained in four steps. First by `configs/train_ner.cfg` on the 140 texts of
MACCROBAT2020 train. Then by `configs/train_ner_mixed.cfg` on these texts, as they are and
as the note-style augmenter writes them; on the training parts of BC5CDR, NCBI Disease,
PHEE and Chia, each for the types that it labels; and on invented lines of abbreviations,
and of names from MONDO, the Human Phenotype Ontology and MeSH: 1,600 steps with 1,500
notes of such lines, then 500 at a learning rate of .001 with 3,000 of them and 300 texts of
Chia. Last, 800 steps at .0013 with MACCROBAT's texts once more and with weak labels: those of
all-mpnet-base-v2 (Apache-2.0) trained on MACCROBAT alone, voted on by the vocabularies
(`scripts/make_weak_labels.py`), of 500 texts of CodiEsp, 500 of PubMedQA and visit notes of
ACI-BENCH and MTS-Dialog. `config.cfg` has all of that step. Nothing but train and dev parts had a say in any choice; `benchmarks/ner_tried.md`
lists what was tried.

## Entities: scores by corpus and style

By `benchmarks/ner.py`. MACCROBAT: exact borders and type. BC5CDR, NCBI Disease and PHEE:
recall is the share of their mentions that an entity of a fitting type overlaps, precision
the share of our entities that overlap one of theirs. The typed lines are telegraphic,
written by one of us for this: "dev" was read when settings were chosen, "test" was not.
spaCy's own `ner`, trained on MACCROBAT alone in the same run, is the baseline.

{overlaps}

## Entities: scores by type

Exact borders and type, on the {n_texts} texts of MACCROBAT2020 dev. These chose settings
and the training step, so expect a little less on other case reports.

| type | gold | P | R | F1 |
| --- | ---: | ---: | ---: | ---: |
{rows}

## Entities: limits

Most of what it learned is full sentences of published texts; what it knows of notes is
what the augmenter and the invented lines imitate. Near types are taken for one another,
above all symptoms and diseases. Borders vary at sides and qualifiers ("L hip", "acute
appendicitis"). Abbreviations with several readings often get the wrong one, and words
that name no finding ("SNF", "LMP", "MVC") are sometimes taken for one. Types with few
examples are found poorly or never. Of overlapping entities it knows the longest only.

Scores are probabilities of exactly these borders and this type under the model, to whose
logits `short_forms` adds {short_forms} where the inventory of abbreviations clearly names
something. This and the threshold of {threshold} were chosen on the dev parts above; raise
the threshold for precision, lower it for recall.
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
CODES = """## Codes: how they were made

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

BASELINE = "TF-IDF + LR"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, script in (
        ("entities", "ner"),
        ("assertion", "assertion"),
        ("codes", "icd9"),
        ("identifiers", "deid"),
        ("relations", "relations"),
    ):
        parser.add_argument(f"--{name}", type=Path, help=f"JSON of {script}.py")
    args = parser.parse_args()
    nlp = spacy_clinical.load(DEFAULT_MODEL)
    path = TARGET / "README.md"
    old = path.read_text(encoding="utf8") if path.exists() else ""
    scores: dict[str, Any] = {}
    parts = [
        HEAD.format(
            name=DEFAULT_MODEL,
            description=META["description"],
            version=__version__,
            pipeline=", ".join(nlp.component_names),
            size=get_size(TARGET),
            license=META["license"],
        )
    ]
    for title, report, format_part, list_scores in (
        ("Entities", args.entities, format_entities, list_entity_scores),
        ("Assertion", args.assertion, format_assertion, list_assertion_scores),
        ("Codes", args.codes, format_codes, list_code_scores),
        (
            "Identifiers",
            args.identifiers,
            format_identifiers,
            list_identifier_scores,
        ),
        ("Relations", args.relations, format_relations, list_relation_scores),
    ):
        if report is None:
            parts.append(get_part(old, title))
            continue
        measured = json.loads(report.read_text(encoding="utf8"))
        parts.append(format_part(nlp, measured))
        scores |= list_scores(measured)
    path.write_text("\n".join(parts), encoding="utf8")
    meta = srsly.read_json(TARGET / "meta.json")
    meta.update(META)
    meta["performance"] = {**meta.get("performance", {}), **scores}
    srsly.write_json(TARGET / "meta.json", meta)


def get_part(card: str, title: str) -> str:
    """Get the sections of a card on one component, "Codes: limits" for "Codes"."""
    sections = re.split(r"^(?=## )", card, flags=re.MULTILINE)
    kept = [section for section in sections if section.startswith(f"## {title}:")]
    return "".join(kept).rstrip("\n") + "\n"


def format_entities(nlp: Language, report: dict[str, Any]) -> str:
    """Write the part of the card on entities.

    report: As benchmarks/ner.py writes it.
    """
    results = report["results"]
    ours = results[DEFAULT_MODEL]
    rows = [("**all**", sum(ours["support"].values()), ours, "ents_")]
    for label, n_gold in sorted(ours["support"].items(), key=lambda item: -item[1]):
        rows.append((label, n_gold, ours["ents_per_type"].get(label, {}), ""))
    lines = [
        f"| {label} | {n} | "
        + " | ".join(f"{s.get(prefix + key, 0.0):.3f}" for key in "prf")
        + " |"
        for label, n, s, prefix in rows
    ]
    return ENTITIES.format(
        overlaps=format_scores(
            {name: list_exact(result) for name, result in results.items()}
        ),
        n_texts=report["n_texts"],
        rows="\n".join(lines),
        threshold=nlp.get_pipe("clinical_ner").threshold,
        short_forms=nlp.get_pipe("clinical_ner").short_forms,
    )


def list_exact(result: dict[str, Any]) -> dict[str, Any]:
    """List the scores of one pipeline by corpus, MACCROBAT first."""
    first = {key: result[f"ents_{key}"] for key in "prf"}
    return {
        "MACCROBAT dev": {"gold": sum(result["support"].values()), **first},
        **result["overlap"],
    }


def list_entity_scores(report: dict[str, Any]) -> dict[str, Any]:
    """List the scores on MACCROBAT dev."""
    keys = ("ents_p", "ents_r", "ents_f", "ents_per_type")
    return {key: report["results"][DEFAULT_MODEL][key] for key in keys}


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


def format_codes(nlp: Language, report: dict[str, Any]) -> str:
    """Write the part of the card on codes.

    report: As benchmarks/icd9.py writes it.
    """
    scores = report["scores"]["results"]
    keys = ("micro-F1", "macro-F1", "micro-AUROC", "macro-AUROC", "P@5")
    baselines = [name for name in scores if name.startswith(BASELINE)]
    best = max(baselines, key=lambda name: statistics.mean(scores[name]["micro-F1"]))
    rows = [
        f"| {label} | "
        + " | ".join(f"{statistics.mean(scores[name][key]):.3f}" for key in keys)
        + " |"
        for label, name in (("**en_clinical_sm**", "ours"), (best, best))
    ]
    pipe = nlp.get_pipe("clinical_icd9_categorizer")
    return CODES.format(
        code_rows="\n".join(rows),
        n_codes=len(pipe.label_data),
        n_unknown=1234 - len(pipe.label_data),
        tuned_f=statistics.mean(scores["ours, a threshold a code"]["micro-F1"]),
        code_threshold=pipe.threshold,
    )


def list_code_scores(report: dict[str, Any]) -> dict[str, float]:
    """List the means of cross-validation."""
    ours = report["scores"]["results"]["ours"]
    return {f"icd9_{key}": statistics.mean(found) for key, found in ours.items()}


def get_size(folder: Path) -> float:
    """Sum the size of all files (MB, of 1,000,000 bytes)."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6


if __name__ == "__main__":
    main()
