"""Cut a note into the stretches of text that belong to its drugs."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from spacy_clinical.relations.attachment import Drug
from spacy_clinical.tokenization.items import LINE_MARK

# How many lines below its own may belong to a drug of a list.
_MAX_LINES = 6
# Columns of a table are parted by these; a row has at least two of them.
COLUMN = re.compile(r" {0,3}\| {0,3}|\t{1,3}| {3,40}")
MIN_COLUMNS = 2
# How far before a drug something is said of it.
_MAX_LEAD = 200
# A line that goes on with a drug of the line above.
_GOES_ON = re.compile(
    r"[ \t]*(?:sig|take|inject|apply|inhale|instill|use|give|place|insert|chew|dissolve|"
    r"disp(?:ense)?|refills?|qty|quantity|route|frequency|freq|dose|dosage|directions?|"
    r"instructions?|duration|form|strength|prn|indication|reason|for|by|with|until|x ?\d|"
    r"last (?:dose|taken|given)|details|comments?)\b",
    re.IGNORECASE,
)
# What parts a drug from what is said of the one before it.
_SEPARATOR = re.compile(
    r"[,;|\n\t]|(?<!\btab)(?<!\bcap)(?<!\binj)(?<!\bsyr)\.\s|\b(?:and|or|plus|then|followed by|with|versus|vs|to|from|on)\b|[+&]",
    re.IGNORECASE,
)
# Not the end of a sentence: "Inj. ceftriaxone".
_FORM_BEFORE = re.compile(r"\b(?:tab|cap|inj|syr)\.\s$", re.IGNORECASE)
_AMOUNT_OF = re.compile(r"\S{1,20}\s?\S{0,12}\sof(?:\s\w{1,12})?\s?$", re.IGNORECASE)


class Region(NamedTuple):
    """A sentence, an item of a list or a row of a table, with drugs (characters, half open).

    drugs: Indices of those in it.
    is_item: Whether it starts with its drug, so that all of it belongs to that.
    is_row: Whether it is a row of a table.
    """

    start: int
    end: int
    drugs: list[int]
    is_item: bool = False
    is_row: bool = False


class Lines:
    """The lines of a note."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def find(self, place: int) -> int:
        """Find the number of the line that a character is in."""
        return bisect_right(self.starts, place) - 1

    def get_end(self, number: int) -> int:
        """Get where a line ends, without its line break (character)."""
        if number + 1 < len(self.starts):
            return self.starts[number + 1] - 1
        return len(self.text)

    def get(self, number: int) -> str:
        """Get the text of a line."""
        return self.text[self.starts[number] : self.get_end(number)]


def find_regions(
    text: str, drugs: Sequence[Drug], sentence_starts: Sequence[int]
) -> list[Region]:
    """Find the regions of drugs.

    drugs: In the order of the text, without rivals.
    sentence_starts (characters): Sorted.
    RETURNS: In the order of the text, without overlaps.
    """
    finder = _Finder(text, drugs, sentence_starts)
    regions: list[Region] = []
    for i in range(len(drugs)):
        region = finder.find(i)
        last = regions[-1] if regions else None
        if last is None or region.start >= last.end:
            regions.append(region)
        elif drugs[i].start < last.end and not region.is_item:
            end = max(last.end, region.end)
            regions[-1] = last._replace(end=end, drugs=[*last.drugs, i])
        else:
            # An item of its own ends the one before it.
            regions[-1] = last._replace(end=region.start)
            regions.append(region)
    return regions


class _Finder:
    def __init__(
        self, text: str, drugs: Sequence[Drug], sentence_starts: Sequence[int]
    ) -> None:
        self.text = text
        self.lines = Lines(text)
        self.sentences = sentence_starts
        self.drugs = drugs
        self.starts = [drug.start for drug in drugs]

    def find(self, i: int) -> Region:
        drug = self.drugs[i]
        number = self.lines.find(drug.start)
        line = self.lines.get(number)
        start = self.lines.starts[number]
        if len(COLUMN.findall(line.strip())) >= MIN_COLUMNS:
            return Region(start, self.lines.get_end(number), [i], is_row=True)
        mark = LINE_MARK.match(line.lstrip())
        body = start + len(line) - len(line.lstrip()) + (mark.end() if mark else 0)
        if drug.start - body <= 1 and (mark or self._starts_sentence(start, body)):
            return Region(start, self._find_item_end(number), [i], is_item=True)
        low, high = self._find_sentence(drug.start)
        form = _FORM_BEFORE.search(self.text, max(low - 6, 0), low)
        low = form.start() if form else low
        if mark:
            high = max(high, self._find_item_end(number))
        return Region(low, max(high, drug.end), [i])

    def _starts_sentence(self, start: int, body: int) -> bool:
        index = bisect_left(self.sentences, start)
        return start == 0 or (
            index < len(self.sentences) and self.sentences[index] <= body
        )

    def _find_sentence(self, place: int) -> tuple[int, int]:
        index = bisect_right(self.sentences, place)
        start = self.sentences[index - 1] if index else 0
        is_last = index >= len(self.sentences)
        return start, len(self.text) if is_last else self.sentences[index]

    def _find_item_end(self, number: int) -> int:
        """Find where an item of a list ends: after the lines that go on with it."""
        first = self._get_indent(number)
        last = min(number + _MAX_LINES, len(self.lines.starts) - 1)
        for n in range(number + 1, last + 1):
            line = self.lines.get(n)
            if not line.strip() or LINE_MARK.match(line.lstrip()):
                return self.lines.get_end(n - 1)
            body = self.lines.starts[n] + self._get_indent(n)
            is_start = self._starts_sentence(self.lines.starts[n], body)
            goes_on = _GOES_ON.match(line) or self._get_indent(n) > first
            if is_start and not goes_on:
                return self.lines.get_end(n - 1)
        return self.lines.get_end(last)

    def _get_indent(self, number: int) -> int:
        line = self.lines.get(number)
        return len(line) - len(line.lstrip())


def split_region(
    text: str, region: Region, drugs: Sequence[Drug]
) -> Iterator[tuple[int, int]]:
    """Say which part of a region belongs to each of its drugs.

    YIELDS (characters): Start and end.
    """
    start = region.start
    for i, drug in zip(region.drugs, region.drugs[1:], strict=False):
        border = _find_border(text, drugs[i].end, drugs[drug].start)
        yield start, border
        start = border
    yield start, region.end


def find_lead(text: str, start: int, drug: Drug) -> int:
    """Find where the words right before a drug start that may be about it (character).

    start (characters): Where its stretch starts.
    """
    low = max(start, drug.start - _MAX_LEAD)
    separators = [match.end() for match in _SEPARATOR.finditer(text, low, drug.start)]
    return separators[-1] if separators else low


def _find_border(text: str, start: int, end: int) -> int:
    """Find where what is said of a drug ends and what leads to the next one starts."""
    if start >= end:
        return end
    low = max(start, end - _MAX_LEAD)
    separators = [match.end() for match in _SEPARATOR.finditer(text, low, end)]
    if separators:
        return separators[-1]
    amount = _AMOUNT_OF.search(text, low, end)
    return amount.start() if amount else end
