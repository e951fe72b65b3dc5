"""Put the values of fillable fields among the words of a page."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from spacy_clinical.forms.pages import Box, FormPage, Widget, Word, cover

# How fields to tick are written as words.
TICKED = {"checkbox": "\u2612", "radio": "\u25cf"}
EMPTY = {"checkbox": "\u2610", "radio": "\u25cb"}
# Width of a letter, and height of a line, in sizes of the letters.
LETTER_WIDTH, LINE_HEIGHT = 0.5, 1.2
# Where a file states no size: the size of letters, or the part of the field's height.
USUAL_SIZE, FILLED = 12.0, 0.8
MARGIN = 2.0


def add_words(words: Sequence[Word], widgets: Sequence[Widget]) -> list[Word]:
    """Add the values of fields to the words of a page.

    Words of the text layer that say what a field holds are its own; they aren't said
    twice.
    """
    kept = list(words)
    for number, widget in enumerate(widgets):
        inside = [i for i, word in enumerate(kept) if _holds(widget.box, word)]
        inside = [i for i in inside if kept[i].widget < 0]
        told = "".join(kept[i].text for i in inside)
        wanted = "".join(widget.value.split())
        if widget.kind in TICKED:
            # A box that is printed under the field, or its mark.
            drop = {i for i in inside if len(kept[i].text) <= 3}
            mark = (TICKED if widget.value else EMPTY)[widget.kind]
            kept = [word for i, word in enumerate(kept) if i not in drop]
            kept.append(Word(mark, widget.box, None, number))
        elif wanted and sorted(told) == sorted(wanted):
            for i in inside:
                kept[i] = kept[i]._replace(widget=number)
        elif wanted and widget.kind != "signature":
            # What is left of a longer text, or lines to write on.
            drop = {
                i for i in inside if told in wanted or not told.strip("._-|/\u2026")
            }
            kept = [word for i, word in enumerate(kept) if i not in drop]
            kept += [word._replace(widget=number) for word in place_words(widget)]
    return kept


def add_to_scan(scan: FormPage, layer: FormPage, *, scale: float) -> FormPage:
    """Add the values of a page's fields to the words that OCR has read of it.

    layer: The page as its file has it.
    scale (pixels a point): That it was drawn with.
    """
    if not layer.widgets:
        return scan
    angle = math.radians(scan.rotation - layer.rotation)
    cosine, sine = math.cos(angle) * scale, math.sin(angle) * scale

    def move(x: float, y: float) -> Box:
        """Turn a point around the middle of the page."""
        x, y = x - layer.width / 2, y - layer.height / 2
        across = scan.width / 2 + x * cosine - y * sine
        down = scan.height / 2 + x * sine + y * cosine
        return across, down, across, down

    moved = []
    for widget in layer.widgets:
        x0, y0, x1, y1 = widget.box
        box = cover([move(x0, y0), move(x1, y1)])
        moved.append(widget._replace(box=box, size=widget.size * scale))
    return replace(scan, words=add_words(scan.words, moved), widgets=moved)


def place_words(widget: Widget) -> Iterator[Word]:
    """Place the words of a text in its field, as a viewer would."""
    x0, y0, x1, y1 = widget.box
    width, height = max(x1 - x0 - 2 * MARGIN, 1.0), y1 - y0
    lines = [line.split() for line in widget.value.split("\n")]
    size = widget.size or min(USUAL_SIZE, FILLED * height)
    if widget.is_tall:
        lines = [part for line in lines for part in _wrap(line, width, size)]
        size = min(size, height / max(len(lines), 1) / LINE_HEIGHT)
    lines = [line for line in lines if line]
    size = min(size, height / max(len(lines), 1))
    step = min(LINE_HEIGHT * size, height / max(len(lines), 1))
    top = y0 if widget.is_tall else y0 + (height - step * len(lines)) / 2
    for number, line in enumerate(lines):
        n_letters = len(" ".join(line))
        letter = min(LETTER_WIDTH * size, width / n_letters)
        start = x0 + MARGIN
        if widget.cells:
            start, letter = x0, (x1 - x0) / max(widget.cells, n_letters)
        at = 0
        y = top + number * step + (step - size) / 2
        for text in line:
            place = start + at * letter, y, start + (at + len(text)) * letter, y + size
            yield Word(text, place)
            at += len(text) + 1


def _wrap(line: Sequence[str], width: float, size: float) -> Iterator[list[str]]:
    """Wrap a line where a viewer would."""
    most = max(int(width / (LETTER_WIDTH * size)), 1)
    part: list[str] = []
    for text in line:
        if part and len(" ".join([*part, text])) > most:
            yield part
            part = []
        part.append(text)
    yield part


def _holds(box: Box, word: Word) -> bool:
    """Check whether the middle of a word is in a box."""
    x, y = (word.box[0] + word.box[2]) / 2, word.middle
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]
