"""Write MACCROBAT, Chia and PHEE as BRAT folders whose attributes `clinical_assertion`
learns: Negated and Uncertain, on the entities that the corpora say something of.

Each gets a folder `train` and a folder `dev`. Of Chia, `dev` are the trials whose number's
MD5 is a multiple of five. The visit notes of ACI-BENCH and MTS-Dialog, which nobody has
annotated, get the entities of the shipped pipeline and what the rules say of them; they go
with our own sentences in the style of hospital notes. Without these, the head learns the
style of case reports, and errs on others.

Run: python scripts/make_assertion_corpora.py path/to/data corpus/assertion
"""

import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import spacy_clinical
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES
from spacy_clinical.pipeline.assertion import ClinicalAssertion

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from assertion import Entity, Note, read_chia, read_maccrobat, read_phee

SENTENCES = Path(__file__).parents[1] / "tests/data/assertion_sentences.txt"
TARGET = re.compile(r"<([A-Z]*)\|([^>]*)>")
LABELS = {"is_negated": "Negated", "is_uncertain": "Uncertain"}


def main(data: str, output: str) -> None:
    """Write all parts of all corpora.

    data: Folder of maccrobat2020, chia and phee.
    output: Folder to write to.
    """
    for name, read in (
        ("maccrobat", read_maccrobat),
        ("chia", read_chia),
        ("phee", read_phee),
    ):
        for part in ("train", "dev"):
            write_notes(Path(output) / name / part, read(Path(data), part))
    write_notes(Path(output) / "visits" / "train", read_visits(Path(data)))
    write_notes(Path(output) / "sentences" / "train", read_sentences(SENTENCES))


def read_visits(data: Path) -> Iterator[Note]:
    """Read visit notes, with what the shipped pipeline and the rules say of them."""
    paths = "aci_bench/train.csv", "mts_dialog/MTS-Dialog-TrainingSet.csv"
    texts = []
    for path, column in zip(paths, ("note", "section_text"), strict=True):
        with (data / path).open(encoding="utf8", newline="") as file:
            texts += [row[column] for row in csv.DictReader(file)]
    nlp = spacy_clinical.load(
        exclude=["clinical_assertion", "clinical_icd9_categorizer"]
    )
    rules = ClinicalAssertion()
    for doc in map(rules, nlp.pipe(texts)):
        entities = [
            Entity(
                ent.start_char,
                ent.end_char,
                ent.label_,
                frozenset(name for name in CONTEXT_ATTRIBUTES if ent._.get(name)),
            )
            for ent in doc.ents
        ]
        if entities:
            yield Note(doc.text, entities)


def read_sentences(path: Path) -> Iterator[Note]:
    """Read our own sentences; the file describes its format."""
    for line in path.read_text("utf8").splitlines():
        if not line or line.startswith("#"):
            continue
        text, entities, end = "", [], 0
        line = line.replace("\\n", "\n")
        for match in TARGET.finditer(line):
            text += line[end : match.start()]
            said = [
                name
                for name, key in (("is_negated", "N"), ("is_uncertain", "U"))
                if key in match[1]
            ]
            place = len(text), len(text) + len(match[2])
            entities.append(Entity(*place, "Finding", frozenset(said)))
            text, end = text + match[2], match.end()
        yield Note(text + line[end:], entities)


def write_notes(folder: Path, notes: Iterator[Note]) -> None:
    """Write notes as BRAT files, numbered."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, note in enumerate(notes):
        (folder / f"{number:04}.txt").write_text(note.text, "utf8")
        (folder / f"{number:04}.ann").write_text(write_brat(note), "utf8")


def write_brat(note: Note) -> str:
    """Write the entities of a note with their attributes."""
    lines = []
    attributes = 0
    for number, (start, end, label, said) in enumerate(note.entities, start=1):
        if not start < end <= len(note.text):
            continue
        pieces = note.text[start:end].split("\n")
        places, place = [], start
        for piece in pieces:
            if piece.strip():
                places.append(f"{place} {place + len(piece)}")
            place += len(piece) + 1
        text = " ".join(piece for piece in pieces if piece.strip())
        lines.append(f"T{number}\t{label} {';'.join(places)}\t{text}")
        for name in sorted(said.intersection(LABELS)):
            attributes += 1
            lines.append(f"A{attributes}\t{LABELS[name]} T{number}")
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    main(*sys.argv[1:])
