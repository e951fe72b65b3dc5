"""Write PHEE as BRAT folders with relations, for `configs/train_relations.cfg`: the doses,
routes, frequencies and durations of drugs, with MACCROBAT's labels.

There is a folder `train` and a folder `dev`. Of a treatment with several drugs, PHEE doesn't
say which of them a dose belongs to: sentences with such are left out.

Run: python scripts/make_relation_corpora.py path/to/data corpus/relations
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

DRUG = "Medication"
# Arguments of a treatment by MACCROBAT's types.
ATTRIBUTES = {
    "Dosage": "Dosage",
    "Route": "Administration",
    "Freq": "Frequency",
    "Duration": "Duration",
}
# What else is in the sentence, as MACCROBAT would have it.
OTHERS = {"Disorder": "Disease_disorder"}
EFFECT = "Sign_symptom"


class Place(NamedTuple):
    """A labelled place in a sentence (characters, half open)."""

    start: int
    end: int
    label: str


class Sentence(NamedTuple):
    """A sentence with its entities, and the pairs of an attribute and its drug."""

    text: str
    places: list[Place]
    relations: list[tuple[Place, Place]]


def main(data: str, output: str) -> None:
    """Write both parts.

    data: Folder of phee.
    output: Folder to write to.
    """
    for part in ("train", "dev"):
        folder = Path(output) / part
        folder.mkdir(parents=True, exist_ok=True)
        for number, sentence in enumerate(read_phee(Path(data), part)):
            path = folder / f"{number:05}.txt"
            path.write_text(sentence.text, encoding="utf8", newline="")
            lines = format_brat(sentence)
            path.with_suffix(".ann").write_text(lines, encoding="utf8", newline="")


def read_phee(data: Path, part: str) -> Iterator[Sentence]:
    """Read the sentences of PHEE in which a drug has an attribute.

    data: Folder of phee.
    part: "train" or "dev".
    """
    path = data / "phee" / f"{part}.json"
    for line in path.read_text("utf8").splitlines():
        sentence = read_sentence(json.loads(line))
        if sentence is not None and sentence.relations:
            yield sentence


def read_sentence(row: dict[str, Any]) -> Sentence | None:
    """Read a sentence of PHEE; None if its drugs and their attributes are unclear.

    row: An object of the file.
    """
    places: dict[Place, None] = {}
    relations: dict[tuple[Place, Place], None] = {}
    for event in row["annotations"][0]["events"]:
        places.update(dict.fromkeys(_list_places(event.get("Effect"), EFFECT)))
        treatment = event.get("Treatment", {})
        for name, label in OTHERS.items():
            places.update(dict.fromkeys(_list_places(treatment.get(name), label)))
        drugs = list(_list_places(treatment.get("Drug"), DRUG))
        attributes = [
            place
            for name, label in ATTRIBUTES.items()
            for place in _list_places(treatment.get(name), label)
        ]
        if attributes and len(drugs) != 1:
            return None
        places.update(dict.fromkeys([*drugs, *attributes]))
        relations.update(dict.fromkeys((one, drugs[0]) for one in attributes))
    return Sentence(row["context"], sorted(places), sorted(relations))


def format_brat(sentence: Sentence) -> str:
    """Write the annotations of a sentence in BRAT's standoff format."""
    ids = {place: f"T{i}" for i, place in enumerate(sentence.places, start=1)}
    lines = []
    for place, name in ids.items():
        words = " ".join(sentence.text[place.start : place.end].split())
        lines.append(f"{name}\t{place.label} {place.start} {place.end}\t{words}")
    for i, (child, head) in enumerate(sentence.relations, start=1):
        lines.append(f"R{i}\tMODIFY Arg1:{ids[child]} Arg2:{ids[head]}")
    return "".join(f"{line}\n" for line in lines)


def _list_places(
    argument: dict[str, list[list[Any]]] | None, label: str
) -> Iterator[Place]:
    """List the places of an argument, each with all of its parts."""
    if argument:
        for texts, starts in zip(argument["text"], argument["start"], strict=True):
            if texts:
                ends = [
                    start + len(text) for start, text in zip(starts, texts, strict=True)
                ]
                yield Place(min(starts), max(ends), label)


if __name__ == "__main__":
    main(*sys.argv[1:])
