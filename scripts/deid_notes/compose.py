"""Whole notes: a skeleton, sentences of real notes, and identifiers among them."""

import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from deid_notes.marked import Marked, Part, fill, join, split
from deid_notes.noise import add_noise
from deid_notes.slots import Slots
from deid_notes.vocabulary import Part as CorpusPart

TEMPLATES = Path(__file__).parent / "templates"
# How often a sentence with an identifier comes after one of a note.
_PLANTED = 0.3
_SUBJECT = re.compile(
    r"(?:The patient|Patient|Pt|She|He)(?= (?:is|was|has|had|reports|denies|presented|presents|states|returned|underwent|complained)\b)"
)
# Kinds of texts, and how many of a hundred are so.
KINDS: dict[CorpusPart, dict[str, int]] = {
    "train": {
        **{"note": 36, "query": 26, "line": 8, "free": 6, "clean": 12},
        "chart": 12,
    },
    "dev": {"note": 50, "query": 22, "line": 10, "free": 8, "clean": 10},
}
# How often the lines of a note to train on end as on Windows.
_CRLF = 0.1


def make_notes(
    passages: list[list[Marked]], part: CorpusPart, seed: int, n_notes: int
) -> Iterator[Marked]:
    """Invent notes; each depends only on the seed and its number.

    passages: Sentences to plant into, by text.
    """
    for i in range(n_notes):
        yield make_note(passages, part, random.Random(f"{seed} {part} {i}"))


def make_note(
    passages: list[list[Marked]], part: CorpusPart, chance: random.Random
) -> Marked:
    """Invent a note, a question, or some lines.

    passages: Sentences to plant into, by text.
    """
    kinds = KINDS[part]
    kind = chance.choices(list(kinds), list(kinds.values()))[0]
    slots = Slots(chance, part)
    if kind == "query":
        parts = _fill_one("query", slots)
    elif kind == "line":
        parts = _make_lines(slots)
    elif kind in ("clean", "chart"):
        parts = _fill_one(kind, slots)
    elif kind == "free":
        parts = _make_body(passages, slots, plant=0.0)
    else:
        parts = _make_whole(passages, slots)
    parts = add_noise(parts, chance)
    if part == "train" and chance.random() < _CRLF:
        parts = [Part(p.text.replace("\n", "\r\n"), p.label) for p in parts]
    return join(parts)


def _make_whole(passages: list[list[Marked]], slots: Slots) -> list[Part]:
    parts = []
    for part in _fill_one("note", slots, keep=("body", "sig")):
        if part.label == "body":
            parts += _make_body(passages, slots, plant=_PLANTED)
        elif part.label == "sig":
            parts += _fill_one("signature", slots)
        else:
            parts.append(part)
    return parts


def _make_body(passages: list[list[Marked]], slots: Slots, plant: float) -> list[Part]:
    chance = slots.chance
    sentences = chance.choice(passages)
    first = chance.randrange(max(1, len(sentences) - 3))
    joint = chance.choice((" ", " ", "\n"))
    parts: list[Part] = []
    for sentence in sentences[first : first + chance.randint(2, 8)]:
        pieces = list(split(sentence))
        if plant and chance.random() < 0.35:
            pieces = _name_subject(pieces, slots)
        parts += [*pieces, Part(joint)]
        if chance.random() < plant:
            parts += [*_fill_one("narrative", slots), Part(joint)]
        elif chance.random() < 0.15:
            parts += [*_fill_one("clean", slots), Part(joint)]
    return parts[:-1]


def _name_subject(pieces: list[Part], slots: Slots) -> list[Part]:
    """Say the name of the patient instead of "the patient"."""
    match = _SUBJECT.match(pieces[0].text) if not pieces[0].label else None
    if match is None:
        return pieces
    name = slots.chance.choice(
        ("{Mr} {last}", "{Mr} {last}", "{first}", "{patient}", "Pt {last}", "{last}")
    )
    named = fill(name, slots.get)
    return [*named, Part(pieces[0].text[match.end() :]), *pieces[1:]]


def _make_lines(slots: Slots) -> list[Part]:
    parts: list[Part] = []
    for _ in range(slots.chance.randint(1, 6)):
        kind = slots.chance.choices(("narrative", "signature", "clean"), (6, 2, 2))[0]
        parts += [*_fill_one(kind, slots), Part("\n")]
    return parts[:-1]


def _fill_one(kind: str, slots: Slots, keep: tuple[str, ...] = ()) -> list[Part]:
    template = slots.chance.choice(read_templates(slots.part)[kind])
    return fill(
        template, lambda name: [Part("", name)] if name in keep else slots.get(name)
    )


@cache
def read_templates(part: CorpusPart) -> dict[str, list[str]]:
    """Read the templates of a part, by kind.

    Lines that start with "##" say the kind of those that follow.
    """
    templates: dict[str, list[str]] = {}
    kind = ""
    text = (TEMPLATES / f"{part}.txt").read_text(encoding="utf8")
    for line in text.splitlines():
        if line.startswith("## "):
            kind = line[3:]
            templates[kind] = []
        elif line and not line.startswith("# "):
            templates[kind].append(line)
    return templates
