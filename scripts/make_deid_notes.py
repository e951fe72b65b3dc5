"""Write notes with planted identifiers, to train a de-identifier on and to measure it.

Identifiers are invented with Faker's names and lists of our own, and stand where notes
have them: in headers, signatures, letters, questions, and among the sentences of openly
licensed notes (MACCROBAT, CodiEsp, ACI-BENCH, MTS-Dialog). Names, places, formats and
templates of the dev part are not in the train part. See scripts/deid_notes.

Run: pip install faker
     python scripts/make_deid_notes.py path/to/corpora corpus/deid --train 12000 --dev 1200
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from deid_notes.compose import make_notes
from deid_notes.marked import Marked
from deid_notes.sources import Screen, list_passages, read_texts
from deid_notes.vocabulary import Part


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="folder with the corpora")
    parser.add_argument("output", type=Path, help="folder to write to")
    parser.add_argument("--train", type=int, default=12_000, help="notes to train on")
    parser.add_argument("--dev", type=int, default=1_200, help="notes to measure with")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    parts: tuple[tuple[Part, int], ...] = (("train", args.train), ("dev", args.dev))
    for part, n_notes in parts:
        notes = make_part(args.data, part, n_notes, args.seed)
        write_brat_files(args.output / part, notes)


def make_part(data: Path, part: Part, n_notes: int, seed: int) -> Iterator[Marked]:
    """Invent the notes of a part.

    data: Folder with the corpora.
    """
    texts = list(read_texts(data, part))
    passages = list_passages(texts, Screen(texts))
    return make_notes(passages, part, seed, n_notes)


def write_brat_files(folder: Path, notes: Iterator[Marked]) -> None:
    """Write notes as BRAT files, numbered.

    folder: Where to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, note in enumerate(notes):
        (folder / f"{number:05}.txt").write_text(note.text, encoding="utf8")
        lines = [
            f"T{i}\t{label} {start} {end}\t{note.text[start:end]}\n"
            for i, (start, end, label) in enumerate(note.spans, start=1)
        ]
        (folder / f"{number:05}.ann").write_text("".join(lines), encoding="utf8")


if __name__ == "__main__":
    main()
