"""Table of the encoder architectures that run without padding."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from spacy_clinical.encoders.forward.layers import (
    LayerModules,
    read_bert,
    read_distilbert,
)

# Function from (table, ids, positions, types, boxes) to embeddings (1, n_pieces, width).
Embed = Callable[[Any, Tensor, Tensor, Tensor, Tensor | None], Tensor]


def embed_bert(
    table: Any, ids: Tensor, positions: Tensor, types: Tensor, boxes: Tensor | None
) -> Tensor:
    """Embed pieces by their ids, positions and token types."""
    x: Tensor = table(input_ids=ids, position_ids=positions, token_type_ids=types)
    return x


def embed_layoutlm(
    table: Any, ids: Tensor, positions: Tensor, types: Tensor, boxes: Tensor | None
) -> Tensor:
    """Embed pieces also by their boxes; without boxes, all are [0, 0, 0, 0]."""
    if boxes is None:
        boxes = torch.zeros(*ids.shape, 4, dtype=torch.long, device=ids.device)
    x: Tensor = table(
        input_ids=ids,
        position_ids=positions,
        token_type_ids=types,
        bbox=boxes,
    )
    return x


def embed_distilbert(
    table: Any, ids: Tensor, positions: Tensor, types: Tensor, boxes: Tensor | None
) -> Tensor:
    """Embed pieces by their ids and positions, without token types."""
    x = table.word_embeddings(ids) + table.position_embeddings(positions)
    embedded: Tensor = table.dropout(table.LayerNorm(x))
    return embedded


@dataclass(frozen=True)
class Make:
    """Properties of an encoder architecture.

    layers: Name of the module that contains the layers.
    read_layer: Function that gets the modules of a layer.
    embed: Function that embeds pieces.
    attention: Kind of attention: to all pieces ("full"), to a sliding window ("banded")
        or, in long texts, to blocks ("blocked").
    marks_questions: Whether its model for question answering marks questions by token
        types, also where the tokenizer doesn't.
    """

    layers: str = "encoder"
    read_layer: Callable[[Any], LayerModules] = read_bert
    embed: Embed = embed_bert
    attention: Literal["full", "banded", "blocked"] = "full"
    marks_questions: bool = False


# By model_type. All have learned absolute positions and post-layer normalization.
MAKES = {
    "bert": Make(),
    "big_bird": Make(attention="blocked", marks_questions=True),
    "camembert": Make(),
    "distilbert": Make("transformer", read_distilbert, embed_distilbert),
    "electra": Make(),
    "layoutlm": Make(embed=embed_layoutlm),
    "longformer": Make(attention="banded"),
    "roberta": Make(),
    "xlm-roberta": Make(),
}


def can_pack(model: Any) -> bool:
    """Check whether `PackedEncoder` supports a model."""
    config = model.config
    return (
        config.model_type in MAKES
        and getattr(config, "position_embedding_type", "absolute") == "absolute"
        and not getattr(config, "is_decoder", False)
    )


def has_global_attention(model: Any) -> bool:
    """Check whether a model supports global attention of single pieces."""
    make = MAKES.get(model.config.model_type)
    return make is not None and make.attention == "banded"


def marks_questions(model: Any) -> bool:
    """Check whether a model marks questions by token types of its own."""
    make = MAKES.get(model.config.model_type)
    return make is not None and make.marks_questions


def find_layers(model: Any) -> list[LayerModules]:
    """List the layers of an encoder."""
    make = MAKES[model.config.model_type]
    return [make.read_layer(block) for block in getattr(model, make.layers).layer]
