"""Texts → windows → one vector for each window."""

import hashlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy
from spacy.tokens import Doc
from thinc.api import Model

from spacy_clinical.architectures.encoder import EncoderModel, get_shim
from spacy_clinical.encoders.shim import EncoderShim
from spacy_clinical.pieces.batches import Input
from spacy_clinical.pieces.text import NoteText, read_note
from spacy_clinical.pieces.windows import Window, plan_part, plan_windows, take_between
from spacy_clinical.types import Floats1d, Floats2d, Ints1d, Ints2d

# How a text is cut: windows as long as may be, one for each sentence, or the first
# window only, which leaves the rest of a long text unread.
Unit = Literal["window", "sentence", "first"]
# How much is kept of texts that an encoder, which learns nothing, has seen in training.
MAX_KNOWN_BYTES = 2**28
# What stands for a window: its first row ([CLS]), the mean of all, or that mean at
# length 1, as sentence-transformers' vectors are.
Summary = Literal["first", "mean", "unit_mean"]


@dataclass(frozen=True)
class ReadText:
    """What a model makes of the windows of a text.

    X (n_windows, width): One row for each window; float32.
    windows: Which wordpieces (or tokens) each of them saw.
    offsets (n_pieces, 2): Where these are in the text (characters, half open).
    """

    X: Floats2d
    windows: list[Window]
    offsets: Ints2d
    note: NoteText

    def find_sources(self, window: int) -> list[tuple[int, int]]:
        """Where in the note a window is (characters, half open)."""
        start, stop, _, _ = self.windows[window]
        return self.note.find_sources(
            int(self.offsets[start, 0]), int(self.offsets[stop - 1, 1])
        )


WindowReader: TypeAlias = Model[list[Doc], list[ReadText]]


@dataclass(frozen=True)
class TextPlan:
    """How texts are cut for an encoder.

    notes, offsets (n_pieces, 2), windows: Of each text.
    inputs: All windows of all texts, without special tokens.
    """

    notes: Sequence[NoteText]
    offsets: list[Ints2d]
    windows: list[list[Window]]
    inputs: list[Input]

    def join(self, rows: Floats2d) -> list[ReadText]:
        """Give each text the rows of its windows; rows (all windows, width)."""
        read, start = [], 0
        for note, offsets, windows in zip(
            self.notes, self.offsets, self.windows, strict=True
        ):
            X = rows[start : start + len(windows)]
            read.append(ReadText(X, windows, offsets, note))
            start += len(windows)
        return read


def plan_texts(shim: EncoderShim, notes: Sequence[NoteText], unit: Unit) -> TextPlan:
    """Cut texts into wordpieces, in one call, and these into windows."""
    size, stride = shim.window
    encodings = shim.loaded.tokenizer.encode([note.text for note in notes])
    offsets, windows, inputs = [], [], []
    for note, encoding in zip(notes, encodings, strict=True):
        ids = numpy.asarray(encoding.ids, dtype="int64")
        places = numpy.asarray(encoding.offsets, dtype="int64").reshape(-1, 2)
        cut = cut_text(note, places, unit=unit, size=size, stride=stride)
        at = _find_global(note, places, shim.global_attention == "sections")
        for window in cut:
            inside = take_between(at, window.start, window.stop)
            inputs.append(Input(ids[window.start : window.stop], inside))
        offsets.append(places)
        windows.append(cut)
    return TextPlan(notes, offsets, windows, inputs)


def cut_text(
    note: NoteText, offsets: Ints2d, *, unit: Unit, size: int, stride: int
) -> list[Window]:
    """Cut a text's wordpieces into windows.

    offsets (n_pieces, 2): Their characters.
    unit: See `Unit`. A sentence that is too long for one window gets several.
    size, stride (pieces): See `windows.plan_windows`.
    """
    n_pieces = len(offsets)
    if unit == "first":
        stop = min(n_pieces, size)
        return [Window(0, stop, 0, stop)] if stop else []
    kinds = [
        _find_pieces(starts, offsets)
        for starts in (note.sections, note.sentences, note.tokens)
        if starts
    ]
    if unit == "window" or not note.sentences:
        return plan_windows(n_pieces, size=size, stride=stride, borders=kinds)
    starts = _find_pieces(sorted({*note.sections, *note.sentences}), offsets)
    borders = sorted({0, n_pieces, *starts})
    places = numpy.asarray(kinds[-1])
    windows: list[Window] = []
    for start, stop in itertools.pairwise(borders):
        inner = take_between(places, start + 1, stop) + 1
        windows += plan_part(start, stop, size=size, stride=stride, borders=[inner])
    return windows


def _find_pieces(characters: Sequence[int], offsets: Ints2d) -> list[int]:
    """The wordpieces that places in a text come before; those past the end are left."""
    found = numpy.searchsorted(offsets[:, 1], characters, side="right")
    return numpy.unique(found[found < len(offsets)]).tolist()


def _find_global(note: NoteText, offsets: Ints2d, has_titles: bool) -> Ints1d:
    found: list[int] = []
    for start, end in note.titles if has_titles else ():
        first = int(numpy.searchsorted(offsets[:, 1], start, side="right"))
        stop = int(numpy.searchsorted(offsets[:, 0], end, side="left"))
        found += range(first, stop)
    return numpy.asarray(sorted(found), dtype="int64")


def read_texts(
    model: EncoderModel, notes: Sequence[NoteText], *, unit: Unit, summary: Summary
) -> list[ReadText]:
    """Represent each window of texts by a vector."""
    shim = get_shim(model)
    plan = plan_texts(shim, notes, unit)
    vectors = numpy.zeros((len(plan.inputs), shim.width), dtype="float32")
    for i, rows in shim.predict_framed(plan.inputs):
        vectors[i] = summarize(rows, summary)
    return plan.join(vectors)


def summarize(rows: Floats2d, summary: Summary) -> Floats1d:
    """Make one row (width) of those of a window (window length, width)."""
    if summary == "first":
        row: Floats1d = rows[0]
        return row
    row = rows.mean(axis=0)
    return row if summary == "mean" else row / _find_length(row)


def _find_length(row: Floats1d) -> float:
    return max(float(numpy.linalg.norm(row)), 1e-9)


def backprop_summary(d_row: Floats1d, rows: Floats2d, summary: Summary) -> Floats2d:
    """Give each row of a window its part of the gradient."""
    d_rows = numpy.zeros_like(rows)
    if summary == "first":
        d_rows[0] = d_row
        return d_rows
    if summary == "unit_mean":
        mean = rows.mean(axis=0)
        length = _find_length(mean)
        unit = mean / length
        d_row = (d_row - (d_row @ unit) * unit) / length
    d_rows[:] = d_row / len(rows)
    return d_rows


def _read_once(
    model: EncoderModel, notes: Sequence[NoteText], *, unit: Unit, summary: Summary
) -> list[ReadText]:
    """Represent the windows of texts that will come again: epochs are many."""
    known = get_shim(model).known_texts
    keys = [_get_key(note, unit, summary) for note in notes]
    new = [i for i, key in enumerate(keys) if key not in known]
    read = read_texts(model, [notes[i] for i in new], unit=unit, summary=summary)
    found = {keys[i]: text for i, text in zip(new, read, strict=True)}
    if sum(text.X.nbytes for text in known.values()) < MAX_KNOWN_BYTES:
        known.update(found)
    return [known[key] if key in known else found[key] for key in keys]


def _get_key(note: NoteText, unit: Unit, summary: Summary) -> str:
    parts = (note.text, note.sections, note.sentences, note.sources, unit, summary)
    return hashlib.sha256(repr(parts).encode("utf8", "surrogatepass")).hexdigest()


def begin_update(
    model: EncoderModel, notes: Sequence[NoteText], *, unit: Unit, summary: Summary
) -> tuple[list[ReadText], Callable[[Sequence[Floats2d]], None]]:
    """The same, to learn from it; the callback takes the rows' gradients, by text.

    An encoder that learns nothing (learn_rate_scale = 0) is not trained, and sees each
    text once only.
    """
    shim = get_shim(model)
    if not shim.learn_rate_scale:
        read = _read_once(model, notes, unit=unit, summary=summary)
        return read, lambda d_vectors: None
    plan = plan_texts(shim, notes, unit)
    outputs, backprop_rows = shim.begin_update_framed(plan.inputs)
    vectors = numpy.zeros((len(outputs), shim.width), dtype="float32")
    for i, rows in enumerate(outputs):
        vectors[i] = summarize(rows, summary)

    def backprop(d_vectors: Sequence[Floats2d]) -> None:
        d_rows = [row for of_text in d_vectors for row in of_text]
        backprop_rows(
            [
                backprop_summary(d_row, rows, summary)
                for d_row, rows in zip(d_rows, outputs, strict=True)
            ]
        )

    return plan.join(vectors), backprop


def has_checkpoint(encoder: Model[Any, Any]) -> bool:
    """Whether an encoder is a checkpoint, not a layer over tokens."""
    return encoder.name == "hf_encoder"


def init_reader(model: WindowReader, X: Any = None, Y: Any = None) -> None:
    """Initialize the encoder."""
    [encoder] = model.layers
    if has_checkpoint(encoder):
        encoder.initialize()
    else:
        encoder.initialize(X=X)


def choose_text(model: WindowReader, doc: Doc) -> NoteText:
    """What the model reads of a Doc."""
    attrs = model.attrs
    return read_note(doc, attrs["sections"], exclude=attrs["exclude_sections"])


def forward_reader(
    model: WindowReader, docs: list[Doc], is_train: bool
) -> tuple[list[ReadText], Callable[[Sequence[Floats2d]], Any]]:
    """Represent each window of what is read of each Doc by a vector."""
    attrs, [encoder] = model.attrs, model.layers
    notes = [choose_text(model, doc) for doc in docs]
    if not has_checkpoint(encoder):
        return _read_tokens(model, docs, notes, is_train)
    choices = {"unit": attrs["unit"], "summary": attrs["summary"]}
    if is_train:
        return begin_update(encoder, notes, **choices)
    return read_texts(encoder, notes, **choices), lambda d_read: docs


def _read_tokens(
    model: WindowReader, docs: list[Doc], notes: Sequence[NoteText], is_train: bool
) -> tuple[list[ReadText], Callable[[Sequence[Floats2d]], Any]]:
    """Make windows of the rows of tokens."""
    attrs, [encoder] = model.attrs, model.layers
    rows, backprop_rows = encoder(docs, is_train)
    read, members = [], []
    for doc, note, of_doc in zip(docs, notes, rows, strict=True):
        X = model.ops.to_numpy(of_doc)
        offsets, tokens = _find_tokens(doc, note)
        size = attrs["size"]
        windows = cut_text(
            note, offsets, unit=attrs["unit"], size=size, stride=size - size // 8
        )
        inside = [tokens[window.start : window.stop] for window in windows]
        vectors = [summarize(X[of_window], attrs["summary"]) for of_window in inside]
        stacked = numpy.asarray(vectors, dtype="float32").reshape(-1, X.shape[1])
        read.append(ReadText(stacked, windows, offsets, note))
        members.append(inside)

    def backprop(d_vectors: Sequence[Floats2d]) -> Any:
        gradients = []
        for of_doc, windows, given in zip(rows, members, d_vectors, strict=True):
            X = model.ops.to_numpy(of_doc)
            d_rows = numpy.zeros(X.shape, dtype="float32")
            for of_window, d_vector in zip(windows, given, strict=True):
                d_rows[of_window] += backprop_summary(
                    d_vector, X[of_window], attrs["summary"]
                )
            gradients.append(model.ops.asarray2f(d_rows))
        return backprop_rows(gradients)

    return read, backprop


def _find_tokens(doc: Doc, note: NoteText) -> tuple[Ints2d, Ints1d]:
    """The tokens of a Doc that a text quotes: where they are in the text, and which."""
    starts = {token.idx: token.i for token in doc if not token.is_space}
    offsets, tokens = [], []
    for place in note.tokens:
        for source, _ in note.find_sources(place, place + 1):
            if source in starts:
                token = starts[source]
                offsets.append((place, place + len(doc[token])))
                tokens.append(token)
    return (
        numpy.asarray(offsets, dtype="int64").reshape(-1, 2),
        numpy.asarray(tokens, dtype="int64"),
    )
