"""Write MACCROBAT, Chia and PHEE as BRAT folders whose attributes `clinical_assertion`
learns: Negated and Uncertain, on the entities that the corpora say something of.

Each gets a folder `train` and a folder `dev`. Of Chia, `dev` are the trials whose number's
MD5 is a multiple of five.

Run: python scripts/make_assertion_corpora.py path/to/data corpus/assertion
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from assertion import Note, read_chia, read_maccrobat, read_phee

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
            folder = Path(output) / name / part
            folder.mkdir(parents=True, exist_ok=True)
            for number, note in enumerate(read(Path(data), part)):
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
        for name in sorted(said):
            attributes += 1
            lines.append(f"A{attributes}\t{LABELS[name]} T{number}")
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    main(*sys.argv[1:])
