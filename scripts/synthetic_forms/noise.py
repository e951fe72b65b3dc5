"""What goes wrong between paper and words: as scanners and OCR leave it."""

import math
import random
from dataclasses import replace

from synthetic_forms.page import Entity, Page

CONFUSED = {
    "o": "0", "0": "O", "l": "1", "1": "l", "i": "l", "s": "5", "5": "S", "e": "c",
    "m": "rn", "c": "e", "a": "o", "n": "u", "h": "b", "B": "8", "8": "B", "I": "l",
    "S": "5", "Z": "2", "g": "q", "t": "f", "O": "0", "r": "t", ":": ".", ".": ",",
}  # fmt: skip


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


def _misread(text: str, rng: random.Random, rate: float) -> str:
    read = []
    for character in text:
        if rng.random() < rate:
            read.append(rng.choice([CONFUSED.get(character, character), ""]))
        else:
            read.append(character)
    return "".join(read)
