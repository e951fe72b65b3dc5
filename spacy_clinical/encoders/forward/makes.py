"""The encoder architectures that are run without padding: one row for each."""

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

# Embeds pieces by (table, ids, positions, boxes): (1, n_pieces, width).
Embed = Callable[[Any, Tensor, Tensor, Tensor | None], Tensor]


def embed_bert(
    table: Any, ids: Tensor, positions: Tensor, boxes: Tensor | None
) -> Tensor:
    """Embed pieces by their words, positions and (first) token type."""
    x: Tensor = table(
        input_ids=ids, position_ids=positions, token_type_ids=torch.zeros_like(ids)
    )
    return x


def embed_layoutlm(
    table: Any, ids: Tensor, positions: Tensor, boxes: Tensor | None
) -> Tensor:
    """Embed pieces also by their boxes; without boxes all are at the corner."""
    if boxes is None:
        boxes = torch.zeros(*ids.shape, 4, dtype=torch.long, device=ids.device)
    x: Tensor = table(
        input_ids=ids,
        position_ids=positions,
        token_type_ids=torch.zeros_like(ids),
        bbox=boxes,
    )
    return x


def embed_distilbert(
    table: Any, ids: Tensor, positions: Tensor, boxes: Tensor | None
) -> Tensor:
    """Embed pieces by their words and positions; there are no token types."""
    x = table.word_embeddings(ids) + table.position_embeddings(positions)
    embedded: Tensor = table.dropout(table.LayerNorm(x))
    return embedded


@dataclass(frozen=True)
class Make:
    """How encoders of one architecture differ from the others.

    layers: The name of the part that holds the layers, and how one of them is read.
    attention: Of each piece to all others ("full"), to its neighbors in a sliding window
        ("banded"), or, in long texts, to blocks ("blocked").
    """

    layers: str = "encoder"
    read_layer: Callable[[Any], LayerModules] = read_bert
    embed: Embed = embed_bert
    attention: Literal["full", "banded", "blocked"] = "full"


# By model_type. All have learned absolute positions, and layers that normalize after
# each half.
MAKES = {
    "bert": Make(),
    "big_bird": Make(attention="blocked"),
    "camembert": Make(),
    "distilbert": Make("transformer", read_distilbert, embed_distilbert),
    "electra": Make(),
    "layoutlm": Make(embed=embed_layoutlm),
    "longformer": Make(attention="banded"),
    "roberta": Make(),
    "xlm-roberta": Make(),
}


def can_pack(model: Any) -> bool:
    """Check whether `PackedEncoder` computes what the model computes."""
    config = model.config
    return (
        config.model_type in MAKES
        and getattr(config, "position_embedding_type", "absolute") == "absolute"
        and not getattr(config, "is_decoder", False)
    )


def has_global_attention(model: Any) -> bool:
    """Check whether single pieces can be given attention to the whole window."""
    make = MAKES.get(model.config.model_type)
    return make is not None and make.attention == "banded"


def find_layers(model: Any) -> list[LayerModules]:
    """Find the layers of an encoder."""
    make = MAKES[model.config.model_type]
    return [make.read_layer(block) for block in getattr(model, make.layers).layer]
