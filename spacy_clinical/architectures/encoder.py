"""Docs → wordpieces → windows → batches → one row for each wordpiece."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy
from spacy.tokens import Doc
from thinc.api import Model

from spacy_clinical.encoders.forward.precision import Precision
from spacy_clinical.encoders.shim import Boxes, EncoderShim, GlobalAttention, Storage
from spacy_clinical.extensions.attributes import SECTION_TITLES_KEY
from spacy_clinical.extensions.span_groups import list_spans
from spacy_clinical.forms.places import Places, find_places
from spacy_clinical.forms.segments import find_segments, widen_boxes
from spacy_clinical.pieces.align import Encoded, Pieces, align_pieces, piece_borders
from spacy_clinical.pieces.batches import Input
from spacy_clinical.pieces.windows import Window, plan_part, plan_windows, take_between
from spacy_clinical.types import Floats2d, Ints1d, Ints2d

EncoderModel: TypeAlias = Model[list[Doc], list[Encoded]]
Project: TypeAlias = Callable[[Floats2d], Floats2d]


def make_encoder(shim: EncoderShim) -> EncoderModel:
    """Wrap an encoder as a Thinc layer."""
    return Model("hf_encoder", forward, init=init, dims={"nO": None}, shims=[shim])


def init(model: EncoderModel, X: Any = None, Y: Any = None) -> None:
    """Read the checkpoint, if that has not been done, and check the settings.

    RAISES ValueError: C001 and C013, for windows that don't do.
    """
    shim = get_shim(model)
    plan_windows(0, size=shim.window[0], stride=shim.window[1])
    if model.has_dim("nO") is None:
        model.set_dim("nO", shim.width)


def get_shim(model: EncoderModel) -> EncoderShim:
    """The encoder inside the layer."""
    shim = model.shims[0]
    assert isinstance(shim, EncoderShim)
    return shim


def forward(
    model: EncoderModel, docs: list[Doc], is_train: bool
) -> tuple[list[Encoded], Callable[[Sequence[Floats2d]], list[Doc]]]:
    """Encode Docs of any length; no wordpiece is dropped."""
    shim = get_shim(model)
    if not is_train:
        return encode(model, docs), lambda d_encoded: docs
    plan = plan_docs(shim, docs)
    inputs = plan.inputs
    if shim.mask_rate:
        mask_id = shim.loaded.tokenizer.mask_id
        hidden = [hide_words(p, shim.mask_rate, mask_id) for p in plan.pieces]
        inputs = [
            Input(hidden[i][window.start : window.stop], input.global_at, input.boxes)
            for (i, window), input in zip(plan.places, inputs, strict=True)
        ]
    outputs, backprop_windows = shim.begin_update(inputs)

    def backprop(d_encoded: Sequence[Floats2d]) -> list[Doc]:
        d_outputs = []
        for (i, (start, stop, keep_start, keep_stop)), output in zip(
            plan.places, outputs, strict=True
        ):
            # Only the kept part of a window was used.
            d_output = output[: stop - start] * 0
            d_output[keep_start - start : keep_stop - start] = d_encoded[i][
                keep_start:keep_stop
            ]
            d_outputs.append(d_output)
        backprop_windows(d_outputs)
        return docs

    return plan.stitch(enumerate(outputs), width=shim.width), backprop


def encode(
    model: EncoderModel,
    docs: list[Doc],
    *,
    project: Project | None = None,
    width: int | None = None,
) -> list[Encoded]:
    """Encode Docs to predict from them.

    project: What to make of the rows (n, nO) of some wordpieces (n, width), as soon
        as they are there, so that those of a long note are never held all at once.
    RETURNS: With one row for each wordpiece.
    """
    shim = get_shim(model)
    plan = plan_docs(shim, docs)
    rows = shim.predict(plan.inputs)
    return plan.stitch(rows, width=width or shim.width, project=project)


@dataclass(frozen=True)
class Plan:
    """How Docs are cut for an encoder.

    pieces, windows: Of each Doc.
    inputs: All windows of all Docs, without special tokens.
    places: The Doc and the window that each of them is.
    """

    pieces: list[Pieces]
    windows: list[list[Window]]
    inputs: list[Input]
    places: list[tuple[int, Window]]

    def stitch(
        self,
        rows: Iterable[tuple[int, Floats2d]],
        *,
        width: int,
        project: Project | None = None,
    ) -> list[Encoded]:
        """Join the kept parts of the windows' outputs.

        rows (window length, nO): The windows' outputs with their indices, in any order.
        width: Of a row after `project`.
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


def plan_docs(shim: EncoderShim, docs: Sequence[Doc]) -> Plan:
    """Cut Docs into wordpieces, in one call, and these into windows."""
    size, stride = shim.window
    encodings = shim.loaded.tokenizer.encode([doc.text for doc in docs])
    pieces = [
        align_pieces(doc, encoding.ids, encoding.offsets)
        for doc, encoding in zip(docs, encodings, strict=True)
    ]
    places = [find_places(doc) if shim.has_boxes else None for doc in docs]
    windows = [
        plan_windows(len(p), size=size, stride=stride, borders=piece_borders(doc, p))
        if of_doc is None
        else plan_pages(of_doc, p, size=size, stride=stride)
        for doc, p, of_doc in zip(docs, pieces, places, strict=True)
    ]
    boxes = [
        place_pieces(doc, p, of_doc, shim.boxes) if of_doc is not None else None
        for doc, p, of_doc in zip(docs, pieces, places, strict=True)
    ]
    global_at = [
        find_global_pieces(doc, p, shim.global_attention)
        for doc, p in zip(docs, pieces, strict=True)
    ]
    cut = [(i, window) for i, of_doc in enumerate(windows) for window in of_doc]
    inputs = []
    for i, (start, stop, _, _) in cut:
        at, known = global_at[i], boxes[i]
        inside = take_between(at, start, stop)
        of_window = None if known is None else known[start:stop]
        inputs.append(Input(pieces[i].ids[start:stop], inside, of_window))
    return Plan(pieces, windows, inputs, cut)


def plan_pages(
    places: Places, pieces: Pieces, *, size: int, stride: int
) -> list[Window]:
    """Cut each page by itself: what an encoder sees at once is on one page."""
    pages = numpy.unique(places.pages, return_index=True)[1]
    starts = numpy.unique(pieces.first[pages]) if len(pages) else pages
    lines = numpy.flatnonzero(numpy.diff(places.lines, prepend=-1))
    borders = [numpy.unique(pieces.first[lines]), numpy.unique(pieces.first)]
    windows: list[Window] = []
    for start, stop in itertools.pairwise([*starts.tolist(), len(pieces)]):
        inner = [take_between(b, start + 1, stop) + 1 for b in borders]
        windows += plan_part(start, stop, size=size, stride=stride, borders=inner)
    return windows


def place_pieces(doc: Doc, pieces: Pieces, places: Places, whose: Boxes) -> Ints2d:
    """Say where on its page each wordpiece is: (n_pieces, 4).

    whose: Give it the box of its token, or of the segment that the token is in.
    """
    boxes = places.boxes
    if whose == "segment":
        boxes = widen_boxes(places, find_segments(doc, places))
    placed = numpy.zeros((len(pieces), 4), dtype="int64")
    for token in numpy.flatnonzero(pieces.is_seen):
        placed[pieces.first[token] : pieces.stop[token]] = boxes[token]
    return placed


def find_global_pieces(
    doc: Doc, pieces: Pieces, global_attention: GlobalAttention
) -> Ints1d:
    """Find the wordpieces that attend to all others, besides a window's first.

    global_attention: "first" (no more), "sections" (those of section titles), the key
        of a span group of the Doc, or indices of tokens.
    RETURNS: Their indices, ascending.
    """
    if isinstance(global_attention, str):
        key = SECTION_TITLES_KEY if global_attention == "sections" else global_attention
        spans = list_spans(doc, key) if global_attention != "first" else []
        tokens = [i for span in spans for i in range(span.start, span.end)]
    else:
        tokens = [i for i in global_attention if i < len(doc)]
    found = [range(pieces.first[i], pieces.stop[i]) for i in tokens]
    return numpy.unique([at for run in found for at in run]).astype("int64")


def hide_words(pieces: Pieces, rate: float, mask_id: int | None) -> Ints1d:
    """Replace all wordpieces of a random share of the tokens.

    RETURNS (n_pieces): The ids; unchanged where the checkpoint has no mask.
    """
    ids = pieces.ids.copy()
    if mask_id is not None:
        for token in numpy.flatnonzero(numpy.random.random(len(pieces.first)) < rate):
            ids[pieces.first[token] : pieces.stop[token]] = mask_id
    return ids


def build_hf_encoder(
    checkpoint: str,
    size: int | None = None,
    stride: int | None = None,
    batch_pieces: int | None = None,
    precision: Precision = "auto",
    global_attention: GlobalAttention = "sections",
    learn_rate_scale: float = 1.0,
    mask_rate: float = 0.0,
    mixed_precision: bool = False,
    storage: Storage = "float32",
    boxes: Boxes = "token",
    frozen: Sequence[str] = (),
) -> EncoderModel:
    """Build an encoder from a transformers checkpoint. It is read on first use.

    checkpoint: Name of a card, hub id ("owner/name") or path of a local folder.
    size (pieces): Length of a window without special tokens. None: as long as the
        checkpoint takes.
    stride (pieces): Largest distance between the starts of two windows. None:
        seven eighths of the size.
    batch_pieces (pieces): Largest batch. None: what suits the device.
    precision: Of predictions: "fp32", "bf16" (bfloat16), or "auto": bfloat16 where
        the device is faster so and a head's labels were found to agree.
    global_attention: Pieces that attend to the whole window, besides its first, in
        encoders with a sliding window (Longformer): "sections" (those of section
        titles, where a Doc has sections), "first" (no more), the key of a span group,
        or indices of tokens.
    learn_rate_scale: Factor on the optimizer's rate, for an encoder that should
        learn more slowly than a new head.
    mask_rate: Share of the words that training hides from the encoder, so that it
        reads their context.
    mixed_precision: Whether training multiplies in bfloat16, which is faster where
        the processor has instructions for it. Prediction does not.
    storage: Precision of the weights on disk.
    boxes: Where on its page a wordpiece is said to be, in encoders that know places
        (LayoutLM): where its "token" is, or the "segment" of a line that it is in.
    frozen: Parameters that training leaves as they are: parts of their names, such as
        "word_embeddings".
    """
    return make_encoder(
        EncoderShim(
            checkpoint,
            size=size,
            stride=stride,
            batch_pieces=batch_pieces,
            precision=precision,
            global_attention=global_attention,
            learn_rate_scale=learn_rate_scale,
            mask_rate=mask_rate,
            mixed_precision=mixed_precision,
            storage=storage,
            boxes=boxes,
            frozen=frozen,
        )
    )
