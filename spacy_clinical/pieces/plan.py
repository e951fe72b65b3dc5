"""Cut texts into wordpieces and windows, and join the windows' outputs again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, TypeAlias

import numpy
from spacy.tokens import Doc

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.extensions.attributes import SECTION_TITLES_KEY
from spacy_clinical.extensions.span_groups import list_spans
from spacy_clinical.forms.places import Places, find_places
from spacy_clinical.forms.segments import find_segments, widen_boxes
from spacy_clinical.pieces.align import Encoded, Pieces, align_pieces
from spacy_clinical.pieces.batches import Input, Partner
from spacy_clinical.pieces.text import OtherText, Text
from spacy_clinical.pieces.windows import Window, plan_part, take_between
from spacy_clinical.types import Floats2d, Ints1d, Ints2d

# Splits texts into wordpieces, with ids and offsets (characters).
Tokenize: TypeAlias = Callable[[Sequence[str]], Sequence[Any]]
Project: TypeAlias = Callable[[Floats2d], Floats2d]
# The box of a wordpiece: that of its token, or of the segment (a run of words) that the
# token is in.
Boxes = Literal["token", "segment"]
# The wordpieces with global attention, besides the first of each window: those of
# section titles ("sections"), of a span group (its key) or of given tokens; none for
# "first".
GlobalAttention = str | list[int]
# The other text of a pair leaves at least one in this many parts of a window.
LEAST_ROOM = 4


@dataclass(frozen=True)
class ReadText:
    """The windows of a text with their vectors.

    X (n_windows, width): One float32 row for each window.
    windows: The wordpieces (or tokens) of each window.
    offsets (n_pieces, 2): Offsets of the pieces in the text (characters, half open).
    text: The text.
    """

    X: Floats2d
    windows: list[Window]
    offsets: Ints2d
    text: Text

    def find_sources(self, window: int) -> list[tuple[int, int]]:
        """Find the offsets of a window in the Doc (characters, half open)."""
        start, stop, _, _ = self.windows[window]
        return self.text.find_sources(
            int(self.offsets[start, 0]), int(self.offsets[stop - 1, 1])
        )


@dataclass(frozen=True)
class Plan:
    """Texts cut into windows for an encoder.

    texts: The texts.
    pieces, windows: Wordpieces and windows of each text.
    inputs: All windows of all texts, without special tokens.
    places: Index of the text, and window, of each input.
    """

    texts: Sequence[Text]
    pieces: list[Pieces]
    windows: list[list[Window]]
    inputs: list[Input]
    places: list[tuple[int, Window]]

    def hide_words(self, rate: float, mask_id: int) -> list[Input]:
        """Mask all wordpieces of a random share of the words, for training.

        RETURNS: The inputs with the mask's id at the masked wordpieces.
        """
        ids = [hide_words(pieces, rate, mask_id) for pieces in self.pieces]
        return [
            given._replace(ids=ids[i][window.start : window.stop])
            for (i, window), given in zip(self.places, self.inputs, strict=True)
        ]

    def stitch(
        self,
        rows: Iterable[tuple[int, Floats2d]],
        *,
        width: int,
        project: Project | None = None,
    ) -> list[Encoded]:
        """Join the kept parts of the windows' outputs.

        rows (window length, nO): The windows' outputs with their indices, in any order.
        width: Width of a row after `project`.
        project: Function to apply to the kept rows of each window.
        RETURNS: X (n_pieces, width), float32.
        """
        stitched = [numpy.zeros((len(p), width), dtype="float32") for p in self.pieces]
        for index, output in rows:
            i, (start, _, keep_start, keep_stop) = self.places[index]
            kept = output[keep_start - start : keep_stop - start]
            stitched[i][keep_start:keep_stop] = (
                kept if project is None else project(kept)
            )
        return [
            Encoded(X, p, windows)
            for X, p, windows in zip(stitched, self.pieces, self.windows, strict=True)
        ]

    def cut_gradients(
        self, d_stitched: Sequence[Floats2d], outputs: Sequence[Floats2d]
    ) -> list[Floats2d]:
        """Split the gradients of texts into gradients of windows.

        d_stitched (n_pieces, width): Gradients of each text's joined output.
        outputs (window length, width): Outputs of the windows.
        """
        d_outputs = []
        for (i, (start, stop, keep_start, keep_stop)), output in zip(
            self.places, outputs, strict=True
        ):
            # Only the kept part of a window was used.
            d_output = output[: stop - start] * 0
            d_output[keep_start - start : keep_stop - start] = d_stitched[i][
                keep_start:keep_stop
            ]
            d_outputs.append(d_output)
        return d_outputs

    def share_out(self, rows: Floats2d) -> list[ReadText]:
        """Split the rows of all windows by text.

        rows (n_windows of all texts, width): One row for each window.
        """
        read, start = [], 0
        for text, pieces, windows in zip(
            self.texts, self.pieces, self.windows, strict=True
        ):
            X = rows[start : start + len(windows)]
            read.append(ReadText(X, windows, pieces.offsets, text))
            start += len(windows)
        return read


def plan_texts(
    texts: Sequence[Text],
    tokenize: Tokenize,
    *,
    size: int,
    stride: int,
    global_attention: GlobalAttention = "sections",
    boxes: Boxes | None = None,
    pair_size: int | None = None,
) -> Plan:
    """Cut texts into wordpieces, and these into windows.

    texts: The texts. They are tokenized in one call.
    tokenize: Function that splits texts into wordpieces.
    size, stride (pieces): See `windows.plan_windows`.
    global_attention: See `GlobalAttention`.
    boxes: See `Boxes`; None for encoders without layout.
    pair_size (pieces): Length of the two texts of a pair in a window; None for `size`.
    RAISES ValueError: C961, if the other text of a pair leaves no room.
    """
    known = _cut_into_pieces(texts, tokenize)
    others = _tokenize_others(texts, tokenize)
    plan = Plan(texts, [], [], [], [])
    for i, text in enumerate(texts):
        pieces = known[id(text.tokens)]
        partner = None if text.other is None else _make_partner(text.other, others)
        lengths = size, stride
        if partner is not None and len(pieces):
            lengths = fit_pair(
                len(pieces),
                len(partner.ids),
                size=pair_size or size,
                overlap=size - stride,
            )
        places = None if boxes is None else find_text_places(text, boxes)
        placed = None if places is None else place_pieces(pieces, places.boxes)
        windows = cut_text(
            text, pieces, size=lengths[0], stride=lengths[1], places=places
        )
        at = find_global_pieces(text, pieces, global_attention)
        plan.pieces.append(pieces)
        plan.windows.append(windows)
        for window in windows:
            start, stop, _, _ = window
            inside = take_between(at, start, stop)
            of_window = None if placed is None else placed[start:stop]
            plan.inputs.append(
                Input(pieces.ids[start:stop], inside, of_window, partner)
            )
            plan.places.append((i, window))
    return plan


def fit_pair(
    n_pieces: int, n_other: int, *, size: int, overlap: int
) -> tuple[int, int]:
    """Find the size and stride of a text's windows if another text is in each of them.

    n_pieces, n_other: Lengths of the two texts.
    size (pieces): Length of the two together.
    overlap (pieces): Of two windows; less where little room is left.
    RAISES ValueError: C961, if the other text leaves less than a quarter of the window.
    """
    room = size - n_other
    if n_pieces <= room:
        return room, room
    if room < max(1, size // LEAST_ROOM):
        most = size - max(1, size // LEAST_ROOM)
        raise CodedValueError(
            Errors.C961.format(n_pieces=n_other, size=size, most=most)
        )
    return room, room - min(overlap, room // 2)


def _cut_into_pieces(texts: Sequence[Text], tokenize: Tokenize) -> dict[int, Pieces]:
    """Tokenize each text once, also if it is in several pairs.

    RETURNS: The pieces by the identity of the text's tokens.
    """
    once = {id(text.tokens): text for text in texts}
    encodings = tokenize([text.text for text in once.values()])
    return {
        key: align_pieces(text.text, text.tokens, encoding.ids, list(encoding.offsets))
        for (key, text), encoding in zip(once.items(), encodings, strict=True)
    }


def _tokenize_others(texts: Sequence[Text], tokenize: Tokenize) -> dict[str, Ints1d]:
    """Tokenize the other texts of pairs."""
    others = list(dict.fromkeys(t.other.text for t in texts if t.other is not None))
    encodings = tokenize(others) if others else ()
    return {
        other: numpy.asarray(encoding.ids, dtype="int64")
        for other, encoding in zip(others, encodings, strict=True)
    }


def _make_partner(other: OtherText, ids: Mapping[str, Ints1d]) -> Partner:
    return Partner(ids[other.text], other.is_first, other.is_question)


def cut_text(
    text: Text,
    pieces: Pieces,
    *,
    size: int,
    stride: int,
    places: Places | None = None,
) -> list[Window]:
    """Cut a text's wordpieces into windows, if possible at sections and sentences.

    A sentence that is too long for one window gets several.

    size, stride (pieces): See `windows.plan_windows`.
    places: Places of the text's tokens on pages. If given, no window crosses pages.
    """
    n_pieces = len(pieces)
    if text.unit == "first":
        stop = min(n_pieces, size)
        return [Window(0, stop, 0, stop)] if stop else []
    tokens = numpy.unique(pieces.first[pieces.first < n_pieces])
    kinds = [
        pieces.find_starts(kind) for kind in (text.sections, text.sentences) if kind
    ]
    parts = numpy.asarray([0])
    if places is not None:
        turns = numpy.flatnonzero(numpy.diff(places.pages, prepend=0))
        parts = numpy.union1d(parts, pieces.first[turns])
        lines = numpy.flatnonzero(numpy.diff(places.lines, prepend=-1))
        kinds = [numpy.unique(pieces.first[lines])]
    if text.unit == "sentence" and text.sentences:
        starts = sorted({*text.sections, *text.sentences})
        parts = numpy.union1d(parts, pieces.find_starts(starts))
        kinds = []
    windows: list[Window] = []
    for start, stop in pairwise([*parts[parts < n_pieces].tolist(), n_pieces]):
        inner = [take_between(kind, start + 1, stop) + 1 for kind in (*kinds, tokens)]
        windows += plan_part(start, stop, size=size, stride=stride, borders=inner)
    return windows


def find_text_places(text: Text, boxes: Boxes) -> Places:
    """Find the places of a text's tokens on their pages.

    boxes: Whether tokens get their own boxes, or those of their segments.
    """
    doc = _get_doc(text)
    places = find_places(doc)
    of_tokens = places.boxes
    if boxes == "segment":
        of_tokens = widen_boxes(places, find_segments(doc, places))
    ids = text.token_ids
    return Places(
        of_tokens[ids],
        places.pages[ids],
        places.lines[ids],
        places.is_bold[ids],
        places.n_columns,
    )


def place_pieces(pieces: Pieces, boxes: Ints2d) -> Ints2d:
    """Find the box of each wordpiece (n_pieces, 4).

    boxes (n_tokens, 4): Boxes of the tokens.
    """
    placed = numpy.zeros((len(pieces), 4), dtype="int64")
    for token in numpy.flatnonzero(pieces.is_seen):
        placed[pieces.first[token] : pieces.stop[token]] = boxes[token]
    return placed


def _get_doc(text: Text) -> Doc:
    assert text.doc is not None
    return text.doc


def find_global_pieces(
    text: Text, pieces: Pieces, global_attention: GlobalAttention
) -> Ints1d:
    """Find the wordpieces with global attention, besides the first of each window.

    RETURNS: Their indices, ascending.
    """
    runs: list[tuple[int, int]] = []
    if isinstance(global_attention, list):
        tokens = global_attention
    else:
        key = global_attention
        if key == "sections":
            key = SECTION_TITLES_KEY
            starts, stops = numpy.asarray(text.titles or [(0, 0)]).T
            first = numpy.searchsorted(pieces.offsets[:, 1], starts, side="right")
            last = numpy.searchsorted(pieces.offsets[:, 0], stops, side="left")
            runs += zip(first.tolist(), last.tolist(), strict=True)
        is_group = key != "first" and text.doc is not None
        spans = list_spans(_get_doc(text), key) if is_group else []
        tokens = [i for span in spans for i in range(span.start, span.end)]
    for i in numpy.flatnonzero(numpy.isin(text.token_ids, tokens)):
        runs.append((int(pieces.first[i]), int(pieces.stop[i])))
    indices = [at for first, stop in runs for at in range(first, stop)]
    return numpy.unique(numpy.asarray(indices, dtype="int64"))


def hide_words(pieces: Pieces, rate: float, mask_id: int) -> Ints1d:
    """Mask all wordpieces of a random share of the tokens.

    RETURNS (n_pieces): The ids.
    """
    ids = pieces.ids.copy()
    for token in numpy.flatnonzero(numpy.random.random(len(pieces.first)) < rate):
        ids[pieces.first[token] : pieces.stop[token]] = mask_id
    return ids
