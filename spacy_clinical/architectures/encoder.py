"""Encoder layer: from Docs to one vector for each wordpiece."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, TypeAlias

import numpy
from spacy.tokens import Doc
from thinc.api import Model

from spacy_clinical.architectures.shared_encoder import SharedEncoder
from spacy_clinical.encoders.settings import EncoderSettings
from spacy_clinical.encoders.shim import EncoderShim
from spacy_clinical.pieces.align import Encoded
from spacy_clinical.pieces.batches import Input
from spacy_clinical.pieces.plan import Plan, Project, plan_texts
from spacy_clinical.pieces.text import Text, read_doc
from spacy_clinical.pieces.windows import plan_windows
from spacy_clinical.types import Floats2d

EncoderModel: TypeAlias = Model[list[Doc], list[Encoded]]


def build_hf_encoder(checkpoint: str, **settings: Any) -> EncoderModel:
    """Build an encoder from a transformers checkpoint, which is loaded on first use.

    The other settings are those of `EncoderSettings`.

    checkpoint: Name of a card, hub id ("owner/name") or path of a local folder.
    """
    shim = EncoderShim(checkpoint, EncoderSettings(**settings))
    return Model("hf_encoder", forward, init=init, dims={"nO": None}, shims=[shim])


# spaCy validates and fills configs from this signature.
build_hf_encoder.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [
        inspect.Parameter(
            "checkpoint", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=str
        ),
        *(
            inspect.Parameter(
                setting.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=setting.default,
                annotation=setting.type,
            )
            for setting in fields(EncoderSettings)
        ),
    ],
    return_annotation=EncoderModel,
)


def init(model: EncoderModel, X: Any = None, Y: Any = None) -> None:
    """Load the checkpoint if it isn't loaded, and check the settings.

    RAISES ValueError: C001 or C013, if the window size or stride can't be used; C031,
        if a setting has no effect on the checkpoint.
    """
    shim = get_shim(model)
    plan_windows(0, size=shim.window[0], stride=shim.window[1])
    if model.has_dim("nO") is None:
        model.set_dim("nO", shim.width)


def get_shim(model: EncoderModel) -> EncoderShim:
    """Get the encoder inside the layer."""
    shim = model.shims[0]
    assert isinstance(shim, EncoderShim)
    return shim


def has_checkpoint(encoder: Model[Any, Any]) -> bool:
    """Check whether an encoder runs a checkpoint, or is a layer over tokens."""
    return encoder.name == "hf_encoder"


def plan_for(shim: EncoderShim, texts: Sequence[Text]) -> Plan:
    """Cut texts into windows with an encoder's settings."""
    size, stride = shim.window
    return plan_texts(
        texts,
        shim.loaded.tokenizer.encode,
        size=size,
        stride=stride,
        global_attention=shim.settings.global_attention,
        boxes=shim.settings.boxes if shim.has_boxes else None,
        pair_size=min(size, shim.loaded.max_pieces - shim.n_pair_specials),
    )


def hide_for_training(shim: EncoderShim, plan: Plan) -> list[Input]:
    """Get the windows for training, with some words masked if a mask rate is set."""
    mask_id = shim.loaded.tokenizer.mask_id
    if mask_id is None or not shim.settings.mask_rate:
        return plan.inputs
    return plan.hide_words(shim.settings.mask_rate, mask_id)


def forward(
    model: EncoderModel, docs: list[Doc], is_train: bool
) -> tuple[list[Encoded], Callable[[Sequence[Floats2d]], list[Doc]]]:
    """Encode Docs of any length without dropping wordpieces."""
    shim = get_shim(model)
    if not is_train:
        return encode(model, docs, hand_on=True), lambda d_encoded: docs
    plan = plan_for(shim, [read_doc(doc) for doc in docs])
    outputs, backprop_windows = shim.begin_update(hide_for_training(shim, plan))

    def backprop(d_encoded: Sequence[Floats2d]) -> list[Doc]:
        backprop_windows(plan.cut_gradients(d_encoded, outputs))
        return docs

    return plan.stitch(enumerate(outputs), width=shim.width), backprop


def encode(
    model: EncoderModel,
    docs: list[Doc],
    *,
    project: Project | None = None,
    width: int | None = None,
    hand_on: bool = False,
) -> list[Encoded]:
    """Encode Docs for prediction.

    project: Function from the vectors of some wordpieces (n, nO) to rows (n, width). It
        is applied window by window, so a long note's vectors are never all in memory.
    width: Width of the projected rows.
    hand_on: Whether the readers of the encoder get their rows as well; see
        `shared_encoder.RowReader`.
    RETURNS: One row for each wordpiece of each Doc.
    """
    shim = get_shim(model)
    plan = plan_for(shim, [read_doc(doc) for doc in docs])
    rows = shim.predict(plan.inputs)
    width = width or shim.width
    readers = shim.readers if hand_on else []
    if not readers:
        return plan.stitch(rows, width=width, project=project)

    def project_all(kept: Floats2d) -> Floats2d:
        own = kept if project is None else project(kept)
        return numpy.concatenate([own, *(r.project(kept) for r in readers)], axis=1)

    widths = [width, *(reader.width for reader in readers)]
    encoded = plan.stitch(rows, width=sum(widths), project=project_all)
    own, *others = zip(*(_split(one, widths) for one in encoded), strict=True)
    for reader, parts in zip(readers, others, strict=True):
        for doc, part in zip(docs, parts, strict=True):
            reader.put(doc, part)
    return list(own)


def encode_again(encoder: SharedEncoder, doc: Doc) -> Encoded:
    """Compute the projected rows of a Doc whose component has not run."""
    assert encoder.source is not None
    [encoded] = encode(
        encoder.source, [doc], project=encoder.project, width=encoder.width
    )
    return encoded


def _split(encoded: Encoded, widths: Sequence[int]) -> list[Encoded]:
    """Split rows into those of each reader."""
    parts = numpy.split(encoded.X, numpy.cumsum(widths)[:-1], axis=1)
    return [replace(encoded, X=numpy.ascontiguousarray(part)) for part in parts]
