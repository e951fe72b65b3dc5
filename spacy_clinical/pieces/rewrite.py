"""Put other words into the text that a model reads of a Doc."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy

from spacy_clinical.pieces.text import Text
from spacy_clinical.types import Ints1d


class Rewording(NamedTuple):
    """Words to read instead of a part of a Doc (characters, half open)."""

    start: int
    end: int
    words: str


def rewrite(text: Text, rewordings: Iterable[Rewording]) -> Text:
    """Let a model read other words, whose places are those of the words in the Doc.

    Tokens, sections and sentences stay the same; a token that is part of what is reworded
    has the place of all the new words.

    rewordings: By their starts, without overlap. Those are left out that are not in the
        text as a whole, or in which a sentence or a section starts.
    """
    writer = _Writer(text)
    for rewording in rewordings:
        writer.add(rewording)
    return writer.build()


class _Writer:
    """Writes a text anew, piece by piece.

    old, new (characters): Where the pieces start in the old and in the new text.
    """

    def __init__(self, text: Text) -> None:
        self.text = text
        self.borders = sorted({*text.sections, *text.sentences})
        self.stops = [*text.starts, len(text.text)][1:]
        runs = zip(text.sources, text.starts, self.stops, strict=True)
        self.runs = sorted(run for run in runs if run[0] >= 0)
        self.found: list[tuple[int, int, str]] = []

    def add(self, rewording: Rewording) -> None:
        """Take a rewording whose place is in the text."""
        i = bisect_left(self.runs, (rewording.start + 1,)) - 1
        if i < 0 or rewording.start >= rewording.end:
            return
        source, start, stop = self.runs[i]
        first = start + rewording.start - source
        last = start + rewording.end - source
        border = bisect_left(self.borders, first + 1)
        is_cut = border < len(self.borders) and self.borders[border] < last
        if last <= stop and not is_cut:
            self.found.append((first, last, rewording.words))

    def build(self) -> Text:
        if not self.found:
            return self.text
        text = self.text
        # A piece: its place in the old text, its words, and whether they are new.
        pieces: list[tuple[int, int, str, bool]] = []
        cuts = iter([*sorted(self.found), (len(text.text), len(text.text), "")])
        first, last, words = next(cuts)
        for start, stop in zip(text.starts, self.stops, strict=True):
            at = start
            while first < stop:
                pieces.append((at, first, text.text[at:first], False))
                pieces.append((first, last, words, True))
                at = last
                first, last, words = next(cuts)
            pieces.append((at, stop, text.text[at:stop], False))
        return self._join([piece for piece in pieces if piece[0] < piece[1]])

    def _join(self, pieces: list[tuple[int, int, str, bool]]) -> Text:
        text = self.text
        old = numpy.asarray([start for start, *_ in pieces])
        lengths = numpy.asarray([len(words) for _, _, words, _ in pieces])
        new = numpy.cumsum(lengths) - lengths
        is_new = numpy.asarray([piece[3] for piece in pieces])
        runs = numpy.searchsorted(text.starts, old, side="right") - 1
        sources = [
            -1
            if text.sources[run] < 0
            else text.sources[run] + start - text.starts[run]
            for run, start in zip(runs.tolist(), old.tolist(), strict=True)
        ]
        ends = {
            i: sources[i] + stop - start
            for i, (start, stop, _, reworded) in enumerate(pieces)
            if reworded
        }

        def place(characters: Ints1d, *, are_ends: bool = False) -> Ints1d:
            side: Literal["left", "right"] = "left" if are_ends else "right"
            at = numpy.searchsorted(old, characters, side=side) - 1
            at = numpy.maximum(at, 0)
            inside = numpy.where(
                is_new[at], lengths[at] * are_ends, characters - old[at]
            )
            placed: Ints1d = new[at] + inside
            return placed

        def place_all(characters: Iterable[int]) -> list[int]:
            placed: list[int] = place(numpy.asarray(characters, dtype="int64")).tolist()
            return placed

        titles = numpy.asarray(text.titles, dtype="int64").reshape(-1, 2)
        moved = place(titles[:, 0]), place(titles[:, 1], are_ends=True)
        return replace(
            text,
            text="".join(words for _, _, words, _ in pieces),
            starts=new.tolist(),
            sources=sources,
            ends=ends,
            sections=place_all(text.sections),
            sentences=place_all(text.sentences),
            titles=list(zip(*(side.tolist() for side in moved), strict=True)),
            tokens=numpy.stack(
                [place(text.tokens[:, 0]), place(text.tokens[:, 1], are_ends=True)],
                axis=1,
            ),
        )
