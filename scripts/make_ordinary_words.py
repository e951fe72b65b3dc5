"""List short words of everyday English, which acronyms in vocabularies may look like.

From the talks and notes of ACI-BENCH and MTS-Dialog (CC BY 4.0), and the questions and
abstracts of PubMedQA (MIT): the words of two to seven letters that several texts have in
small letters, and hardly any in capitals. Those that clinicians type as short forms, such
as "pt", are left out.

Run: python scripts/make_ordinary_words.py path/to/data
"""

import argparse
import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from spacy_clinical.concepts.abbreviations import load_abbreviations
from spacy_clinical.concepts.letter_case import MAX_LETTERS, ORDINARY

TABLES = ("aci_bench/train.csv", "mts_dialog/MTS-Dialog-TrainingSet.csv")
ABSTRACTS = "pubmedqa/ori_pqal.json"
_WORD = re.compile(rf"(?<![\w'.-])[A-Za-z]{{2,{MAX_LETTERS}}}(?![\w'-])")
MIN_TEXTS = 2
# In capitals, a word may be a title or shouted.
MAX_SHOUTED = 0.6
HEAD = """\
# Short words of everyday English: not acronyms where they are in small letters.
# Made by scripts/make_ordinary_words.py of ACI-BENCH and MTS-Dialog (CC BY 4.0) and of
# PubMedQA (MIT).
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    texts = list(read_texts(parser.parse_args().data))
    small, shouted = Counter[str](), Counter[str]()
    for text in texts:
        words = set(_WORD.findall(text))
        small.update(word for word in words if word.islower())
        shouted.update(word.lower() for word in words if word.isupper())
    abbreviations = load_abbreviations()
    kept = sorted(
        word
        for word, count in small.items()
        if count >= MIN_TEXTS
        and shouted[word] <= MAX_SHOUTED * count
        and not abbreviations.find_short(word)
    )
    lines = [HEAD.rstrip()]
    for word in kept:
        if lines[-1].startswith("#") or len(lines[-1]) + len(word) > 86:
            lines.append(word)
        else:
            lines[-1] += f" {word}"
    ORDINARY.write_text("\n".join(lines) + "\n", encoding="utf8")
    print(f"{len(kept)} words of {len(texts)} texts")


def read_texts(data: Path) -> Iterator[str]:
    """Read all texts of the corpora."""
    for name in TABLES:
        with (data / name).open(encoding="utf8", newline="") as file:
            for row in csv.DictReader(file):
                yield from (
                    row[c] for c in ("dialogue", "note", "section_text") if c in row
                )
    with (data / ABSTRACTS).open(encoding="utf8") as file:
        for one in json.load(file).values():
            yield " ".join([one["QUESTION"], *one["CONTEXTS"]])


if __name__ == "__main__":
    main()
