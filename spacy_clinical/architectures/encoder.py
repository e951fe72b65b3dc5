"""Encoder layer: from Docs to one vector for each wordpiece."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, TypeAlias

from spacy.tokens import Doc
from thinc.api import Model

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
        return encode(model, docs), lambda d_encoded: docs
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
) -> list[Encoded]:
    """Encode Docs for prediction.

    project: Function from the vectors of some wordpieces (n, nO) to rows (n, width). It
        is applied window by window, so a long note's vectors are never all in memory.
    width: Width of the projected rows.
    RETURNS: One row for each wordpiece of each Doc.
    """
    shim = get_shim(model)
    plan = plan_for(shim, [read_doc(doc) for doc in docs])
    rows = shim.predict(plan.inputs)
    return plan.stitch(rows, width=width or shim.width, project=project)
