"""A page that is written on: words with tight boxes, lines, and what words belong to."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from PIL import ImageFont

FOLDERS = [Path("/usr/share/fonts"), Path("/Library/Fonts"), Path("C:/Windows/Fonts")]
FAMILIES = {
    "sans": ("LiberationSans-{}", "NimbusSans-{}", "DejaVuSans-{}", "NotoSans-{}"),
    "serif": ("LiberationSerif-{}", "NimbusRoman-{}", "C059-{}", "P052-{}"),
    "mono": ("LiberationMono-{}", "NimbusMonoPS-{}", "DejaVuSansMono-{}"),
    "narrow": ("LiberationSansNarrow-{}", "NimbusSansNarrow-{}"),
    "symbols": ("DejaVuSans",),
    "sans (TrueType)": ("LiberationSans-{}",),
    "serif (TrueType)": ("LiberationSerif-{}",),
    "mono (TrueType)": ("LiberationMono-{}",),
    "hand": ("Z003-MediumItalic", "P052-Italic", "LiberationSerif-Italic"),
}
NAMES = {False: ("Regular", "Roman", ""), True: ("Bold", "Bold", "Bold")}
# Glyphs are measured at this size.
MEASURED = 64


@dataclass(frozen=True)
class Font:
    """A typeface at a size (points). path: None for Pillow's own."""

    path: str | None
    size: float

    def measure(self, text: str) -> tuple[float, float, float, float]:
        """Find the box of what a text paints, from its origin on the upper left."""
        box = load_font(self.path, MEASURED).getbbox(text)
        x0, y0, x1, y1 = (value * self.size / MEASURED for value in box)
        return x0, y0, x1, y1

    def get_length(self, text: str) -> float:
        return load_font(self.path, MEASURED).getlength(text) * self.size / MEASURED


@cache
def load_font(path: str | None, size: int) -> Any:
    if path is None:
        return ImageFont.load_default(size=size)
    return ImageFont.truetype(path, size)


@cache
def _list_files() -> dict[str, str]:
    return {
        path.stem: str(path)
        for folder in FOLDERS
        if folder.is_dir()
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in (".ttf", ".otf")
    }


def choose_font(
    rng: random.Random, family: str, size: float, *, bold: bool = False
) -> Font:
    """Choose a font of a family that this machine has; Pillow's own if there is none."""
    name = rng.choice(FAMILIES[family])
    known = _list_files()
    for weight in NAMES[bold]:
        found = known.get(name.format(weight).rstrip("-"))
        if found:
            return Font(found, size)
    return Font(None, size)


@dataclass
class Entity:
    """A part of a form. words: Indices of the page's words; links: other entities."""

    label: str
    words: list[int] = field(default_factory=list)
    links: list[int] = field(default_factory=list)


@dataclass
class PlacedWord:
    """A word on the page.

    x, y (points): Where its text starts, upper left.
    is_turned: Whether it runs upwards, from the lower left of its box.
    """

    text: str
    box: tuple[float, float, float, float]
    x: float
    y: float
    font: Font
    is_turned: bool = False


@dataclass
class Page:
    """A page (points). lines: Strokes as x0, y0, x1, y1."""

    width: float
    height: float
    words: list[PlacedWord] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    lines: list[tuple[float, float, float, float]] = field(default_factory=list)

    def add_entity(self, label: str) -> int:
        self.entities.append(Entity(label))
        return len(self.entities) - 1

    def link(self, question: int, answer: int) -> None:
        self.entities[question].links.append(answer)

    def write(
        self, text: str, x: float, y: float, font: Font, entity: int | None = None
    ) -> float:
        """Write a line of text from x on. RETURNS where it ends."""
        space = font.get_length(" ")
        for word in text.split():
            x0, y0, x1, y1 = font.measure(word)
            box = (x + x0, y + y0, x + x1, y + y1)
            if entity is not None:
                self.entities[entity].words.append(len(self.words))
            self.words.append(PlacedWord(word, box, x, y, font))
            x += font.get_length(word) + space
        return x - space

    def write_lines(
        self,
        lines: Sequence[str],
        x: float,
        y: float,
        font: Font,
        entity: int | None = None,
        *,
        leading: float = 1.25,
    ) -> float:
        """Write lines under each other. RETURNS where the next one would start."""
        for line in lines:
            self.write(line, x, y, font, entity)
            y += leading * font.size
        return y


def wrap(text: str, font: Font, width: float) -> list[str]:
    """Break a text into lines that are no wider (points)."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and font.get_length(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines or [""]
