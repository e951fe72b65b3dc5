"""Names of diseases and drugs, and short forms, of the vocabularies that the package ships."""

import json
import lzma
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

from deid_notes.vocabulary import Part, take

Kind = Literal["disease", "eponym", "drug", "short"]
RESOURCES = Path(__file__).parents[2] / "spacy_clinical" / "resources"
_SHORT_FORMS = "clinical_abbreviations.tsv"
# "Jarcho-Levin syndrome", "Meckel's diverticulum": the first word is a name.
_EPONYM = re.compile(
    r"(?:[A-Z][a-zà-ü]{3,14}(?:'s)?[ -]){1,3}(?:syndrome|disease|sign|tumou?r|anemia|"
    r"lymphoma|sarcoma|ataxia|palsy|dystrophy|malformation|dysplasia|fever|anomaly)"
)
_DISEASE = re.compile(r"[A-Za-z][A-Za-z'-]{3,20}(?: [A-Za-z'-]{2,20}){0,4}")
_DRUG = re.compile(r"[a-zA-Z]{5,14}(?:[ -][a-z]{4,12})?")
_DRUG_TYPE = "Heterocyclic Compounds"
_N_TERMS = 6000


@cache
def list_terms(kind: Kind, part: Part) -> list[str]:
    """List the terms of a part.

    kind: "disease", "eponym" (a disease named after a person), "drug" or "short".
    """
    return take(_read_terms(kind), part)


@cache
def _read_terms(kind: Kind) -> list[str]:
    if kind == "short":
        return sorted(_read_short_forms())
    if kind == "drug":
        names = _read_names("mesh")
        return sorted(
            {n for n, types in names if _DRUG_TYPE in types and _DRUG.fullmatch(n)}
        )
    names = _read_names("mondo")
    pattern = _EPONYM if kind == "eponym" else _DISEASE
    found = sorted({name for name, _ in names if pattern.fullmatch(name)})
    # Of every stretch of the alphabet some.
    return found[:: max(1, len(found) // _N_TERMS)]


def _read_names(vocabulary: str) -> Iterator[tuple[str, str]]:
    """Yield the names of a vocabulary, with the types of what they name."""
    path = RESOURCES / "vocabularies" / f"{vocabulary}.jsonl.xz"
    with lzma.open(path, "rt", encoding="utf8") as file:
        for line in file:
            entry: dict[str, Any] = json.loads(line)
            types = ", ".join(entry.get("types", ()))
            for name in (entry["name"], *entry.get("synonyms", ())):
                yield name, types


def _read_short_forms() -> Iterator[str]:
    text = (RESOURCES / _SHORT_FORMS).read_text(encoding="utf8")
    for line in text.splitlines():
        if line and line[0] not in "#@":
            yield from line.split("\t")[0].split(", ")
