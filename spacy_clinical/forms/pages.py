"""Put words with boxes into reading order."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median, median_low
from typing import Literal, NamedTuple

from spacy_clinical.extensions.form_data import Box

WidgetKind = Literal["text", "choice", "checkbox", "radio", "signature"]


class Widget(NamedTuple):
    """A place to write on, or to tick, of a fillable form.

    name: Of the field, whole ("patient.name"). Places of one name share a value, or are
        the choices of a group.
    hint: What a viewer shows where the pointer rests.
    value: What is written there, lines separated by line breaks; of what is ticked, its
        export value; "" where nothing is.
    box: On the page, in its units.
    size: Of the letters, in the page's units; 0 if they are to fit.
    cells: How many letters a comb has; 0 for none.
    is_tall: Whether text may have several lines.
    """

    kind: WidgetKind
    name: str
    hint: str
    value: str
    box: Box
    size: float = 0.0
    cells: int = 0
    is_tall: bool = False


# The least gap between two columns, in heights of words.
COLUMN_GAP = 1.5
# The least number of lines of a column.
MIN_LINES = 3
# Two columns whose lines are level for a larger share are rows of a table.
MAX_LEVEL = 0.6
# The greatest height of a word, in heights of the words beside it.
MAX_HEIGHT = 1.5
# Words lower than this part of those beside them are dashes; they are level with them if
# words of that other part of their height were.
FLAT, FLAT_AS = 0.35, 0.5
# Two boxes of the same word are copies if they share more than this part of their area.
SAME = 0.6
# Words of the same text over each other that are compared with each, at most.
MAX_SAME = 200
# The least mean number of words a line in columns of running text.
MIN_PROSE = 3.5
# Words that are looked at, in all, to find the order of a page's words: this many, and this
# many times as many as there are.
MAX_WORK, MAX_WORK_PER_WORD = 50_000, 10


class Word(NamedTuple):
    """A word on a page.

    confidence (0 to 1): How sure OCR is of it; None for text that was not recognized but read.
    widget: Number of the field of a fillable form that it is written in; -1 for none.
    is_bold: Whether its font is bold, where this is known.
    """

    text: str
    box: Box
    confidence: float | None = None
    widget: int = -1
    is_bold: bool = False

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]

    @property
    def middle(self) -> float:
        return (self.box[1] + self.box[3]) / 2


@dataclass(frozen=True)
class FormPage:
    """A page as it was read.

    width, height: In the page's units: "pt" (1/72 inch), "px", "inch", or "page" where
        boxes are shares of it.
    words: In any order.
    source: What read it: "text layer", "tesseract", "hocr" ...
    rotation (degrees clockwise): By how much it was turned to be upright.
    error: Why it could not be read, with its code; "" if it could.
    widgets: The fields of a fillable form, as `Widget` has them.
    rulings: Lines that are drawn on it, level or upright: boxes without height or width.
    """

    width: float
    height: float
    unit: str
    words: list[Word] = field(default_factory=list)
    source: str = ""
    rotation: float = 0.0
    error: str = ""
    widgets: Sequence[Widget] = ()
    rulings: Sequence[Box] = ()


def sort_corners(box: Sequence[float]) -> Box:
    """Put the upper left corner of a box first: not all engines do."""
    x0, x1 = sorted((box[0], box[2]))
    y0, y1 = sorted((box[1], box[3]))
    return x0, y0, x1, y1


def clamp(box: Sequence[float], width: float, height: float) -> Box:
    """Order a box's corners, and keep them on the page."""
    x0, y0, x1, y1 = sort_corners(box)
    return (
        min(max(x0, 0.0), width),
        min(max(y0, 0.0), height),
        min(max(x1, 0.0), width),
        min(max(y1, 0.0), height),
    )


def cover(boxes: Iterable[Box]) -> Box:
    """Find the smallest box around others; at least one."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def split_line(line: Word) -> list[Word]:
    """Split a line that an engine gave as one word, in proportion to its characters."""
    text = " ".join(line.text.split())
    x0, y0, x1, y1 = sort_corners(line.box)
    step = (x1 - x0) / max(len(text), 1)
    words, at = [], 0
    for part in text.split():
        place = x0 + at * step, y0, x0 + (at + len(part)) * step, y1
        words.append(line._replace(text=part, box=place))
        at += len(part) + 1
    return words


def drop_copies(words: Sequence[Word]) -> list[Word]:
    """Leave out words that stand at the same place again, as where a page has two
    layers of text. Boxes have their corners sorted."""
    by_text: dict[str, list[int]] = {}
    for i, word in enumerate(words):
        by_text.setdefault(word.text, []).append(i)
    dropped: set[int] = set()
    for places in by_text.values():
        places.sort(key=lambda i: words[i].box[0])
        for number, i in enumerate(places):
            box = words[i].box
            for j in places[number + 1 : number + 1 + MAX_SAME]:
                if words[j].box[0] > box[2]:
                    break
                if _is_same(box, words[j].box):
                    dropped.add(max(i, j))
    return [word for i, word in enumerate(words) if i not in dropped]


def _is_same(box: Box, other: Box) -> bool:
    """Check whether two boxes share most of what they cover."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    if width <= 0 or height <= 0:
        return False
    sizes = ((b[2] - b[0]) * (b[3] - b[1]) for b in (box, other))
    return width * height > SAME * max(sizes)


def find_lines(words: Sequence[Word]) -> list[list[Word]]:
    """Put words in the order in which they are read.

    Columns of running text are read one after the other, rows of tables and of labels
    with their values across the page (a recursive X-Y cut; Nagy & Seth 1984).

    RETURNS: Lines, each from left to right.
    """
    shown = [word for word in words if word.text.strip()]
    return _read_block(shown) if shown else []


def level_boxes(line: Sequence[Word]) -> list[Word]:
    """Cut boxes that are much higher than those beside them, as OCR makes them of specks
    and rules."""
    guessed = [word for word in line if word.confidence is not None]
    if len(guessed) < 2:
        return list(line)
    usual = median_low([word.height for word in guessed])
    fair = [word for word in guessed if word.height <= MAX_HEIGHT * usual]
    top = median(word.box[1] for word in fair)
    bottom = median(word.box[3] for word in fair)
    levelled = []
    for word in line:
        x0, y0, x1, y1 = word.box
        if word.confidence is not None and word.height > MAX_HEIGHT * usual:
            cut = max(y0, top), min(y1, bottom)
            if cut[0] < cut[1]:
                y0, y1 = cut
        levelled.append(word._replace(box=(x0, y0, x1, y1)))
    return levelled


def _read_block(words: Sequence[Word]) -> list[list[Word]]:
    """Cut a block into parts, these into parts, and so on, and read them in order.

    Not by recursion, which has a limit. Words may be cut apart so often that it takes
    ever longer: blocks that are left after a number of cuts are read line by line.
    """
    read: list[list[Word]] = []
    waiting = [words]
    work = MAX_WORK + MAX_WORK_PER_WORD * len(words)
    while waiting:
        block = waiting.pop()
        lines = _group_lines(block)
        work -= len(block)
        if len(lines) < MIN_LINES or work < 0:
            read += lines
            continue
        height = median(word.height for word in block) or 1.0
        parts = _cut_columns(block, height) or _cut_rows(lines, height)
        if parts:
            waiting += reversed(parts)
        else:
            read += lines
    return read


def _group_lines(words: Sequence[Word]) -> list[list[Word]]:
    """Group words that stand beside each other, from top to bottom."""
    lines: list[list[Word]] = []
    # Of each line: the sum of its words' middles, and their heights in order.
    middles: list[float] = []
    heights: list[list[float]] = []
    for word in sorted(words, key=lambda word: word.middle):
        for i in range(len(lines) - 1, max(len(lines) - 5, -1), -1):
            middle = middles[i] / len(lines[i])
            height = _find_least_height(median_of_sorted(heights[i]), word.height)
            if abs(word.middle - middle) <= 0.5 * max(height, 1e-9):
                lines[i].append(word)
                middles[i] += word.middle
                insort(heights[i], word.height)
                break
        else:
            lines.append([word])
            middles.append(word.middle)
            heights.append([word.height])
    return [sorted(line, key=lambda word: word.box[0]) for line in lines]


def _find_least_height(height: float, other: float) -> float:
    """Find the lesser height of two; that of a dash counts as a part of the other."""
    low, high = sorted((height, other))
    return low if low > FLAT * high else FLAT_AS * high


def median_of_sorted(values: Sequence[float]) -> float:
    """Find the median of values that are in order, without going through them."""
    middle = len(values) // 2
    if len(values) % 2:
        return values[middle]
    return (values[middle - 1] + values[middle]) / 2


def _cut_rows(lines: Sequence[list[Word]], height: float) -> list[list[Word]]:
    """Cut at the widest white space across the page.

    RETURNS: Two parts; none where no space is much wider than that between lines.
    """
    bottoms, gaps = lines[0][0].box[3], []
    for i, line in enumerate(lines):
        top = min(word.box[1] for word in line)
        if i:
            gaps.append((top - bottoms, i))
        bottoms = max(bottoms, *(word.box[3] for word in line))
    widest, at = max(gaps)
    usual = median(gap for gap, _ in gaps)
    if widest <= max(1.2 * height, 1.6 * usual):
        return []
    return [
        [word for line in part for word in line] for part in (lines[:at], lines[at:])
    ]


def _cut_columns(words: Sequence[Word], height: float) -> list[list[Word]]:
    """Cut at the widest white space from top to bottom, if columns are beside it.

    RETURNS: Two parts, or none.
    """
    edge, best = -1.0, (0.0, 0.0)
    for word in sorted(words, key=lambda word: word.box[0]):
        if edge >= 0 and word.box[0] - edge > best[0]:
            best = (word.box[0] - edge, word.box[0])
        edge = max(edge, word.box[2])
    gap, at = best
    if gap < COLUMN_GAP * height:
        return []
    left = [word for word in words if word.box[0] < at]
    right = [word for word in words if word.box[0] >= at]
    are_columns = _are_columns(_group_lines(left), _group_lines(right))
    return [left, right] if are_columns else []


def _are_columns(left: Sequence[list[Word]], right: Sequence[list[Word]]) -> bool:
    """Check whether two blocks are columns of text, not cells of the same rows."""
    if min(len(left), len(right)) < MIN_LINES:
        return False
    few, many = sorted((left, right), key=len)
    n_words = [sum(map(len, lines)) / len(lines) for lines in (left, right)]
    if min(n_words) >= MIN_PROSE:
        return True
    middles = sorted(_get_middle(line) for line in many)
    level = 0
    for line in few:
        height = median(word.height for word in line)
        middle = _get_middle(line)
        i = bisect_left(middles, middle)
        nearest = middles[max(i - 1, 0) : i + 1]
        level += any(abs(middle - other) <= 0.35 * height for other in nearest)
    return level / len(few) < MAX_LEVEL


def _get_middle(line: Sequence[Word]) -> float:
    return sum(word.middle for word in line) / len(line)
