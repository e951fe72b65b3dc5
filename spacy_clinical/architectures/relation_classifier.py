"""Model that classifies pairs of mentions by the sentence around them, in which
placeholders stand for both: BioBERT's recipe, as relation checkpoints are published."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias

import numpy
from spacy.tokens import Doc
from spacy.util import SimpleFrozenDict
from thinc.api import Dropout, Model, chain

from spacy_clinical.architectures.document_classifier import are_close
from spacy_clinical.architectures.document_layers import (
    build_hidden,
    build_label_scores,
)
from spacy_clinical.architectures.encoder import (
    EncoderModel,
    get_shim,
    has_checkpoint,
)
from spacy_clinical.architectures.parity import settle_precision
from spacy_clinical.architectures.relation_input import RelationInput, RelationModel
from spacy_clinical.architectures.window_vectors import begin_vectors, read_vectors
from spacy_clinical.encoders.shim import EncoderShim
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.heads.documents import sigmoid
from spacy_clinical.pieces.align import align_pieces
from spacy_clinical.pieces.batches import Input
from spacy_clinical.pieces.excerpts import choose_pieces
from spacy_clinical.pieces.plan import hide_words
from spacy_clinical.pieces.pool import Summary
from spacy_clinical.relations.classes import NEGATIVE
from spacy_clinical.relations.placeholders import PairText, write_pair
from spacy_clinical.tokenization.sentences import find_sentence_starts
from spacy_clinical.types import Floats2d, Ints1d, Ints2d, list_names

# More characters than this for a wordpiece of a window aren't read.
_CHARS_PER_PIECE = 20
_WORD = re.compile(r"\S+")
# Pairs whose texts are in memory at once.
_MAX_TEXTS = 1024

Backprop: TypeAlias = Callable[[Sequence[Floats2d]], list[RelationInput]]


def build_relation_classifier(
    encoder: EncoderModel,
    pairs: Sequence[Sequence[str]] = (),
    placeholders: Mapping[str, str] = SimpleFrozenDict(),
    labels: Mapping[str, str] = SimpleFrozenDict(),
    negative: str | Sequence[str] = NEGATIVE,
    summary: Summary = "first",
    dropout: float = 0.1,
) -> RelationModel:
    """Build a classifier of pairs of mentions in a sentence, with the published head of a
    checkpoint or a new one.

    encoder: A `spacy-clinical.HFEncoder.v1`.
    pairs: The types of child and head of each kind of pair, as entities or placeholders
        are called. Two of the same type are in the order of the text. Empty for the pairs
        that the training data have.
    placeholders: What stands for entities, by their type, on top of
        `relations.placeholders.PLACEHOLDERS`.
    labels: Labels of relations, by those of the checkpoint. Those that aren't listed keep
        their names.
    negative: Labels of the checkpoint that say that there is no relation. The first is
        that of a new head.
    summary: See `document_classifier.build_document_classifier`.
    dropout: Dropout rate before the head. The rate of the training config overrides it.
    RAISES ValueError: C943, if a setting can't be used.
    SOURCE: Lee et al. 2019, BioBERT: a pre-trained biomedical language representation
        model for biomedical text mining.
    """
    if not has_checkpoint(encoder):
        # Another component's encoder has read other texts.
        _refuse("encoder", encoder.name, "a spacy-clinical.HFEncoder.v1")
    for pair in pairs:
        if isinstance(pair, str) or len(pair) != 2:
            _refuse("pairs", pair, "lists of two types")
    if not negative:
        _refuse("negative", negative, "at least one label")
    hidden, output = build_hidden(), build_label_scores()
    head: Model[Any, Any] = chain(Dropout(dropout), hidden, output)
    model: RelationModel = Model(
        "relation_classifier",
        forward,
        init=init,
        layers=[encoder, head],
        dims={"nO": None},
        refs={"encoder": encoder, "head": head, "hidden": hidden, "output": output},
        attrs={
            "pairs": [list(pair) for pair in pairs],
            "placeholders": dict(placeholders),
            "labels": dict(labels),
            "negative": list_names(negative),
            "summary": summary,
            # Labels of the columns, once there is a head.
            "classes": [],
        },
    )
    return model


def _refuse(setting: str, value: Any, expected: str) -> None:
    raise CodedValueError(
        Errors.C943.format(
            name="model", setting=setting, value=value, expected=expected
        )
    )


def init(model: RelationModel, X: Any = None, Y: Any = None) -> None:
    """Load the checkpoint."""
    model.get_ref("encoder").initialize()


def forward(
    model: RelationModel, given: list[RelationInput], is_train: bool
) -> tuple[list[Floats2d], Backprop]:
    """Compute the logits (n_pairs, n_classes) of each Doc's pairs."""
    shim = get_shim(model.get_ref("encoder"))
    if is_train:
        return _begin_update(model, shim, given)
    settle_precision(shim.runtime, lambda doc: _try_lines(model, doc), agree=are_close)
    rows: list[Floats2d] = []
    texts = write_pairs(shim, given)
    while some := list(islice(texts, _MAX_TEXTS)):
        rows.append(_classify(model, make_inputs(shim, some)))
    return _share_out(model, rows, given), lambda d_logits: given


def _begin_update(
    model: RelationModel, shim: EncoderShim, given: list[RelationInput]
) -> tuple[list[Floats2d], Backprop]:
    texts = list(write_pairs(shim, given))
    windows = make_inputs(shim, texts, mask_rate=shim.settings.mask_rate)
    vectors, backprop_windows = begin_vectors(shim, windows, model.attrs["summary"])
    logits, backprop_head = model.get_ref("head")(model.ops.asarray2f(vectors), True)

    def backprop(d_logits: Sequence[Floats2d]) -> list[RelationInput]:
        d_rows = model.ops.asarray2f(numpy.concatenate(d_logits))
        backprop_windows(model.ops.to_numpy(backprop_head(d_rows)))
        return given

    return _share_out(model, [model.ops.to_numpy(logits)], given), backprop


def _share_out(
    model: RelationModel, rows: list[Floats2d], given: list[RelationInput]
) -> list[Floats2d]:
    """Split the logits of all pairs by Doc."""
    n_classes = len(model.attrs["classes"])
    joined = numpy.concatenate([numpy.zeros((0, n_classes), "float32"), *rows])
    counts = [len(one.pairs.first) for one in given]
    return numpy.split(joined, numpy.cumsum(counts)[:-1])


def _classify(model: RelationModel, windows: list[Input]) -> Floats2d:
    shim = get_shim(model.get_ref("encoder"))
    vectors = read_vectors(shim, windows, model.attrs["summary"])
    logits = model.get_ref("head").predict(model.ops.asarray2f(vectors))
    classified: Floats2d = model.ops.to_numpy(logits)
    return classified


def _try_lines(model: RelationModel, doc: Doc) -> Floats2d:
    """Classify the lines of a text, to compare precisions."""
    shim = get_shim(model.get_ref("encoder"))
    size, _ = shim.window
    lines = [line for line in doc.text.splitlines() if line.strip()]
    nowhere = numpy.zeros(0, dtype="int64")
    windows = [
        Input(numpy.asarray(encoding.ids[:size], dtype="int64"), nowhere)
        for encoding in shim.loaded.tokenizer.encode(lines)
    ]
    return sigmoid(_classify(model, windows))


def write_pairs(
    shim: EncoderShim, given: Sequence[RelationInput]
) -> Iterator[PairText]:
    """Write the texts of all pairs."""
    reach = _CHARS_PER_PIECE * shim.window[0]
    for doc, places, pairs, types in given:
        if not len(pairs.first):
            continue
        text = doc.text
        borders = [0, *find_sentence_starts(doc, text), len(text)]
        spans = [(int(start), int(end)) for start, end in places]
        for two in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True):
            first, second = (spans[number] for number in two)
            number = bisect_right(borders, first[0], hi=len(borders) - 1)
            yield write_pair(
                text,
                (borders[number - 1], borders[number]),
                (first, second),
                [types[number] for number in two],
                reach=reach,
            )


def make_inputs(
    shim: EncoderShim, texts: Sequence[PairText], *, mask_rate: float = 0.0
) -> list[Input]:
    """Split texts into the wordpieces of one window each.

    mask_rate: Share of the words to mask, besides the placeholders.
    RAISES ValueError: C945, if a window has no room for two placeholders.
    """
    size, _ = shim.window
    nowhere = numpy.zeros(0, dtype="int64")
    inputs = []
    encodings = shim.loaded.tokenizer.encode([one.text for one in texts])
    for one, encoding in zip(texts, encodings, strict=True):
        offsets = numpy.asarray(encoding.offsets, dtype="int64").reshape(-1, 2)
        first, second = (_find_pieces(offsets, *place) for place in one[1:])
        n_needed = sum(stop - start for start, stop in (first, second))
        if n_needed > size:
            raise CodedValueError(
                Errors.C945.format(name=shim.component, size=size, n_pieces=n_needed)
            )
        kept = choose_pieces(len(offsets), first, second, size=size)
        ids = numpy.asarray(encoding.ids, dtype="int64")
        if mask_rate:
            ids = _hide_words(shim, one, ids, offsets, mask_rate)
        inputs.append(Input(ids[kept], nowhere))
    return inputs


def _hide_words(
    shim: EncoderShim, one: PairText, ids: Ints1d, offsets: Ints2d, rate: float
) -> Ints1d:
    """Mask a random share of the words, but not the placeholders."""
    mask_id = shim.loaded.tokenizer.mask_id
    words = [
        word.span()
        for word in _WORD.finditer(one.text)
        if all(word.end() <= start or end <= word.start() for start, end in one[1:])
    ]
    if mask_id is None or not words:
        return ids
    places = [(start, end) for start, end in offsets.tolist()]
    pieces = align_pieces(one.text, numpy.asarray(words), ids.tolist(), places)
    return hide_words(pieces, rate, mask_id)


def _find_pieces(offsets: Ints2d, start: int, end: int) -> tuple[int, int]:
    """Find the wordpieces of a place (characters): first and last, half open."""
    first = int(numpy.searchsorted(offsets[:, 1], start, side="right"))
    stop = int(numpy.searchsorted(offsets[:, 0], end, side="left"))
    return first, max(first, stop)
