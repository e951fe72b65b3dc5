"""What goes wrong between paper and words: as scanners and OCR leave it."""

import math
import random
import re
from dataclasses import replace

from synthetic_forms.page import Entity, Page, PlacedWord

CONFUSED = {
    "o": "0", "0": "O", "l": "1", "1": "l", "i": "l", "s": "5", "5": "S", "e": "c",
    "m": "rn", "c": "e", "a": "o", "n": "u", "h": "b", "B": "8", "8": "B", "I": "l",
    "S": "5", "Z": "2", "g": "q", "t": "f", "O": "0", "r": "t", ":": ".", ".": ",",
}  # fmt: skip

# What stands alone where a word is parted from its marks.
MARKS = re.compile(r"[\w.,'$%]+(?<![.,])|[^\w\s]+|[.,]")


def add_noise(page: Page, rng: random.Random, *, strength: float = 1.0) -> Page:
    """Misread, drop, split and shift words of a page; tilt and shrink it.

    strength: 0 for none; 1 for a bad scan.
    """
    angle = math.radians(rng.gauss(0, 0.5) * strength)
    sin, cos = math.sin(angle), math.cos(angle)
    scale = 1 - rng.uniform(0, 0.08) * strength
    dx = rng.uniform(0, 1 - scale) * page.width
    dy = rng.uniform(0, 1 - scale) * page.height
    shaken = rng.uniform(0, 0.06) * strength
    misread = rng.choice([0, 0.02, 0.08]) * strength
    lost = rng.choice([0, 0, 0.02]) * strength
    noisy = Page(page.width, page.height)
    noisy.entities = [Entity(e.label, [], list(e.links)) for e in page.entities]
    owner = {w: i for i, e in enumerate(page.entities) for w in e.words}
    for i, word in enumerate(page.words):
        if rng.random() < lost:
            continue
        x0, y0, x1, y1 = word.box
        height = y1 - y0
        cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
        mx, my = cx - page.width / 2, cy - page.height / 2
        cx = page.width / 2 + scale * (mx * cos - my * sin) + dx / 2
        cy = page.height / 2 + scale * (mx * sin + my * cos) + dy / 2
        half_w, half_h = scale * (x1 - x0) / 2, scale * height / 2
        moved = [cx - half_w, cy - half_h, cx + half_w, cy + half_h]
        moved = [value + rng.gauss(0, shaken * height) for value in moved]
        text = _misread(word.text, rng, misread)
        if not text:
            continue
        box = (
            min(moved[0], moved[2] - 1),
            min(moved[1], moved[3] - 1),
            max(moved[2], moved[0] + 1),
            max(moved[3], moved[1] + 1),
        )
        if i in owner:
            noisy.entities[owner[i]].words.append(len(noisy.words))
        noisy.words.append(replace(word, text=text, box=box))
    return noisy


def annotate_by_hand(page: Page, rng: random.Random) -> Page:
    """Draw the boxes anew as people do who type what they see: loose, a little high or low,
    lines as they were tilted; with marks that stand for words of their own."""
    loose = rng.choice([0, 0.1, 0.25, 0.5])
    drift = rng.uniform(0, 0.08)
    parts = rng.choice([0, 0, 0.15, 0.6])
    is_level = rng.random() < 0.5
    drawn = Page(page.width, page.height, lines=list(page.lines))
    drawn.entities = [Entity(e.label, [], list(e.links)) for e in page.entities]
    owner = {w: i for i, e in enumerate(page.entities) for w in e.words}
    for i, word in enumerate(page.words):
        for piece in _split_marks(word, rng, parts):
            x0, y0, x1, y1 = piece.box
            height = max(y1 - y0, 0.7 * piece.font.size if is_level else 0)
            middle = (y0 + y1) / 2
            pad = height * loose * rng.uniform(0.5, 1)
            shift = rng.gauss(0, drift) * height
            side = min(pad, 1.5)
            box = (
                x0 - side * rng.random(),
                middle - height / 2 - pad / 2 + shift,
                x1 + side * rng.random(),
                middle + height / 2 + pad / 2 + shift,
            )
            if i in owner:
                drawn.entities[owner[i]].words.append(len(drawn.words))
            drawn.words.append(replace(piece, box=box))
    return drawn


def _split_marks(word: PlacedWord, rng: random.Random, rate: float) -> list[PlacedWord]:
    """Part a word from its marks: "No.:" is "No" and ".:", "R&D" is "R", "&" and "D"."""
    texts = MARKS.findall(word.text)
    if len(texts) < 2 or rng.random() >= rate:
        return [word]
    x0, y0, x1, y1 = word.box
    step = (x1 - x0) / len(word.text)
    pieces, at = [], 0
    for text in texts:
        box = (x0 + at * step, y0, x0 + (at + len(text)) * step, y1)
        pieces.append(replace(word, text=text, box=box, x=box[0]))
        at += len(text)
    return pieces


def _misread(text: str, rng: random.Random, rate: float) -> str:
    read = []
    for character in text:
        if rng.random() < rate:
            read.append(rng.choice([CONFUSED.get(character, character), ""]))
        else:
            read.append(character)
    return "".join(read)
