"""Cut a note into the stretches of text that belong to its drugs."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from spacy_clinical.relations.attachment import Drug
from spacy_clinical.relations.drug_tables import DrugTables
from spacy_clinical.tokenization.items import LINE_MARK
from spacy_clinical.tokenization.lines import ends_open

# How many lines below its own may belong to a drug of a list.
_MAX_LINES = 6
# In how many lines around one that starts with a drug another one does, if it is a list.
_MAX_APART = 3
# Columns of a table are separated by these; a row has at least two of them.
COLUMN = re.compile(r" {0,3}\| {0,3}|\t{1,3}| {3,40}")
MIN_COLUMNS = 2
# How far before a drug something is said of it.
_MAX_LEAD = 200
# A line that goes on with a drug of the line above.
_GOES_ON = re.compile(
    r"(?:sig|take|inject|apply|inhale|instill|use|give|place|insert|chew|dissolve|"
    r"disp(?:ense)?|refills?|qty|quantity|route|frequency|freq|dose|dosage|directions?|"
    r"instructions?|duration|form|strength|prn|indication|reason|for|by|with|until|x ?\d|"
    r"last (?:dose|taken|given)|details|comments?)\b",
    re.IGNORECASE,
)
# What separates a drug from what is said of the one before it.
_SEPARATOR = re.compile(
    r"[,;|\n\t]|(?<!\btab)(?<!\bcap)(?<!\binj)(?<!\bsyr)\.\s|"
    r"\b(?:and|or|plus|then|followed by|versus|vs)\b|[+&]",
    re.IGNORECASE,
)
# Where nothing else does.
_PREPOSITION = re.compile(r"\b(?:with|to|from|on)\b", re.IGNORECASE)
# Not the end of a sentence: "Inj. ceftriaxone".
_FORM_BEFORE = re.compile(r"\b(?:tab|cap|inj|syr)\.\s$", re.IGNORECASE)
_AMOUNT_OF = re.compile(r"\S{1,20}\s?\S{0,12}\sof(?:\s\w{1,12})?\s?$", re.IGNORECASE)


_INDENT = re.compile(r"[^\S\n]*")


class Region(NamedTuple):
    """A sentence, an item of a list or a row of a table, with drugs (characters, half
    open).

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
        self._n_columns: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self.starts)

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

    def get_body(self, number: int) -> int:
        """Get where a line starts after its indent (character)."""
        indent = _INDENT.match(self.text, self.starts[number], self.get_end(number))
        return indent.end() if indent else self.starts[number]

    def is_row(self, number: int) -> bool:
        """Check whether a line is a row of a table."""
        if number not in self._n_columns:
            columns = COLUMN.findall(self.get(number).strip())
            self._n_columns[number] = len(columns) + 1
        return self._n_columns[number] > MIN_COLUMNS


def find_list_lines(lines: Lines, drugs: Sequence[Drug]) -> list[int]:
    """Find the lines of lists of drugs without marks, one drug a line.

    drugs: In the order of the text.
    RETURNS (characters): Where they start after their indent, sorted.
    """
    headed: dict[int, int] = {}
    for drug in drugs:
        number = lines.find(drug.start)
        if lines.get_body(number) == drug.start and not _goes_on_from(lines, number):
            headed[number] = drug.start
    numbers = list(headed)
    listed: set[int] = set()
    for number, after in pairwise(numbers):
        between = range(number + 1, after)
        if after - number <= _MAX_APART and all(lines.get(n).strip() for n in between):
            listed |= {number, after}
    return [headed[number] for number in sorted(listed)]


def _goes_on_from(lines: Lines, number: int) -> bool:
    """Check whether a line goes on with a sentence of the line before."""
    before = lines.get(number - 1).strip() if number else ""
    return bool(before) and (before[-1] in ",(/&" or ends_open(before))


def find_regions(
    text: str,
    drugs: Sequence[Drug],
    sentence_starts: Sequence[int],
    tables: DrugTables,
) -> list[Region]:
    """Find the regions of drugs.

    drugs: In the order of the text, without rivals.
    sentence_starts (characters): Sorted.
    tables: Those of the text.
    RETURNS: In the order of the text, without overlaps.
    """
    finder = _Finder(text, drugs, sentence_starts, tables)
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
        self,
        text: str,
        drugs: Sequence[Drug],
        sentence_starts: Sequence[int],
        tables: DrugTables,
    ) -> None:
        self.text = text
        self.lines = Lines(text)
        self.sentences = sentence_starts
        self.drugs = drugs
        self.starts = [drug.start for drug in drugs]
        self.tables = tables

    def find(self, i: int) -> Region:
        drug = self.drugs[i]
        row = self.tables.find(drug.start)
        if row is not None:
            return Region(row.start, max(row.end, drug.end), [i], is_row=True)
        number = self.lines.find(drug.start)
        if self.lines.is_row(number):
            start, end = self.lines.starts[number], self.lines.get_end(number)
            return Region(start, max(end, drug.end), [i], is_row=True)
        body = self.lines.get_body(number)
        mark = LINE_MARK.match(self.text, body)
        is_start = mark is not None or self._starts_sentence(number)
        if mark:
            body = mark.end()
        if is_start and drug.start - body <= 1:
            start, end = self.lines.starts[number], self._find_item_end(number)
            return Region(start, max(end, drug.end), [i], is_item=True)
        low, high = self._find_sentence(drug.start)
        form = _FORM_BEFORE.search(self.text, max(low - 6, 0), low)
        low = form.start() if form else low
        if mark:
            high = max(high, self._find_item_end(number))
        return Region(low, max(high, drug.end), [i])

    def _starts_sentence(self, number: int) -> bool:
        """Check whether a sentence starts where a line does."""
        start = self.lines.starts[number]
        index = bisect_left(self.sentences, start)
        if start == 0 or index == len(self.sentences):
            return start == 0
        return self.sentences[index] <= self.lines.get_body(number)

    def _find_sentence(self, place: int) -> tuple[int, int]:
        index = bisect_right(self.sentences, place)
        start = self.sentences[index - 1] if index else 0
        is_last = index >= len(self.sentences)
        return start, len(self.text) if is_last else self.sentences[index]

    def _find_item_end(self, number: int) -> int:
        """Find where an item of a list ends: after the lines that go on with it."""
        lines = self.lines
        indent = lines.get_body(number) - lines.starts[number]
        last = min(number + _MAX_LINES, len(lines) - 1)
        for n in range(number + 1, last + 1):
            body = lines.get_body(n)
            if body == lines.get_end(n) or LINE_MARK.match(self.text, body):
                return lines.get_end(n - 1)
            goes_on = body - lines.starts[n] > indent or _GOES_ON.match(self.text, body)
            if not goes_on and self._starts_sentence(n):
                return lines.get_end(n - 1)
        return lines.get_end(last)


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
    ends = [low]
    for pattern in (_SEPARATOR, _PREPOSITION):
        ends.extend(m.end() for m in pattern.finditer(text, low, drug.start))
    return max(ends)


def _find_border(text: str, start: int, end: int) -> int:
    """Find where what is said of a drug ends and what leads to the next one starts."""
    if start >= end:
        return end
    low = max(start, end - _MAX_LEAD)
    for pattern in (_SEPARATOR, _PREPOSITION):
        ends = [match.end() for match in pattern.finditer(text, low, end)]
        if ends:
            return ends[-1]
    amount = _AMOUNT_OF.search(text, low, end)
    return amount.start() if amount else end
