"""Estimate the width of the wrapped text of a note from its line breaks."""

from collections.abc import Iterable, Iterator
from itertools import accumulate, groupby, pairwise

# Lengths of lines of wrapped text, in characters: longer lines are
# paragraphs, shorter ones lists.
WRAPPED = range(50, 131)
# The least number of breaks that agree on a width, and their share of a paragraph's.
MIN_BREAKS = 3
MIN_SHARE = 0.7


def find_widths(
    blocks: list[list[str]], goes_on: Iterable[list[bool]], longest: int
) -> Iterator[int]:
    """Estimate at what width each block of lines was wrapped.

    A line that was wrapped could not have held the next word as well. A break where
    a sentence surely goes on thus tells a lowest and a highest width. What most breaks
    agree on is the width, so that a line that is longer than all others is outvoted.
    A block with few breaks has the width of others that it fits in.

    blocks: Lines that follow each other, without blank lines, items or titles between.
    goes_on: For each break of each block, whether a sentence surely goes on over it.
    longest (characters): The longest line of the note.
    YIELDS (characters): One width a block; 0 if nothing says that it is wrapped.
    """
    ranges = [
        list(_read_ranges(block, sure))
        for block, sure in zip(blocks, goes_on, strict=True)
    ]
    common = _find_common([item for block in ranges for item in block])
    if not common and longest >= WRAPPED.stop:
        sizes = (len(line) for block in blocks if _is_prose(block) for line in block)
        longest = max((size for size in sizes if size in WRAPPED), default=0)
    for block, own_ranges in zip(blocks, ranges, strict=True):
        if len(own_ranges) >= MIN_BREAKS:
            width, votes = _stab(own_ranges)
            if votes >= max(MIN_BREAKS, MIN_SHARE * len(own_ranges)):
                yield width
                continue
        if common:
            size = max(map(len, block))
            yield next((width for width in common if width >= size), common[-1])
        else:
            yield longest if _may_be_wrapped(block, longest) else 0


def _is_prose(block: list[str]) -> bool:
    """Check whether a block ends as text does."""
    return block[-1][-1] in ".!?"


def _may_be_wrapped(block: list[str], width: int) -> bool:
    """Check whether most lines of a block are full at a width, stops apart."""
    if width not in WRAPPED or not _is_prose(block):
        return False
    full = [
        len(line) + len(after.split(None, 1)[0]) >= width
        for line, after in pairwise(block)
        if line[-1] not in ".!?"
    ]
    return sum(full) >= MIN_SHARE * len(full)


def _read_ranges(block: list[str], sure: list[bool]) -> Iterator[tuple[int, int]]:
    """Read the widths that each sure break allows, both ends included."""
    for i, is_sure in enumerate(sure):
        if is_sure and len(block[i]) in WRAPPED:
            word = block[i + 1].split(None, 1)[0]
            yield len(block[i]), len(block[i]) + len(word)


def _find_common(ranges: list[tuple[int, int]]) -> list[int]:
    """Find the widths of a note, ascending: the one with most votes, and its rivals."""
    widths: list[int] = []
    left = ranges
    most = 0
    while left:
        width, votes = _stab(left)
        most = most or votes
        if widths and votes < max(MIN_BREAKS, most // 4):
            break
        widths.append(width)
        left = [(low, high) for low, high in left if not low <= width <= high]
    return sorted(widths)


def _stab(ranges: list[tuple[int, int]]) -> tuple[int, int]:
    """Find the width that lies in most ranges, and in how many.

    RETURNS: The least of the widths that do.
    """
    steps = sorted(
        [(low, 1) for low, _ in ranges] + [(high + 1, -1) for _, high in ranges]
    )
    if not steps:
        return 0, 0
    places = [
        (place, sum(step for _, step in group))
        for place, group in groupby(steps, key=lambda step: step[0])
    ]
    counts = list(accumulate(step for _, step in places))
    votes = max(counts)
    return places[counts.index(votes)][0], votes
