"""Write Chia and PHEE as BRAT folders with all their entities, for `configs/train_ner_mixed.cfg`.

Each gets a folder `train` and a folder `dev`. Of Chia, `dev` are the trials whose number's
MD5 is a multiple of five. BC5CDR and NCBI Disease are read as they are
(`spacy-clinical.PubTatorCorpus.v1`).

Run: python scripts/make_ner_corpora.py path/to/data corpus/ner
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from make_assertion_corpora import write_notes

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from assertion import Entity, Note, read_chia

CHIA = (
    *("Condition", "Drug", "Procedure", "Measurement", "Observation", "Device"),
    *("Value", "Temporal", "Person"),
)
# Arguments of PHEE's treatments and subjects, and the effect itself.
PHEE = (
    *("Drug", "Dosage", "Route", "Freq", "Duration", "Disorder"),
    *("Age", "Gender", "Race"),
)


def main(data: str, output: str) -> None:
    """Write all parts of both corpora.

    data: Folder of chia and phee.
    output: Folder to write to.
    """
    for part in ("train", "dev"):
        chia = read_chia(Path(data), part, CHIA)
        write_notes(Path(output) / "chia" / part, chia)
        phee = read_events(Path(data) / "phee" / f"{part}.json")
        write_notes(Path(output) / "phee" / part, phee)


def read_events(path: Path) -> Iterator[Note]:
    """Read the sentences of PHEE, with all that they say of drug events.

    path: A file with a JSON object on each line.
    """
    for line in path.read_text("utf8").splitlines():
        row = json.loads(line)
        places: dict[tuple[int, int], str] = {}
        for event in row["annotations"][0]["events"]:
            places |= dict.fromkeys(_list_places(event.get("Effect")), "Effect")
            for part in (event.get("Treatment", {}), event.get("Subject", {})):
                for name in PHEE:
                    places |= dict.fromkeys(_list_places(part.get(name)), name)
        found = [Entity(*place, name, frozenset()) for place, name in places.items()]
        yield Note(row["context"], sorted(found))


def _list_places(
    argument: dict[str, list[list[str]]] | None,
) -> Iterator[tuple[int, int]]:
    """List where an argument is in the text (characters)."""
    if argument:
        for texts, starts in zip(argument["text"], argument["start"], strict=True):
            for text, start in zip(texts, starts, strict=True):
                yield int(start), int(start) + len(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
