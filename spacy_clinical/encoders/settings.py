"""Settings of an encoder."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from spacy_clinical.encoders.forward.precision import Precision
from spacy_clinical.types import list_names

Storage = Literal["float32", "float16", "int8_embeddings"]


@dataclass(frozen=True)
class EncoderSettings:
    """Settings of an encoder, the arguments of `spacy-clinical.HFEncoder.v1`.

    size (pieces): Length of a window without special tokens. None for the maximum of
        the checkpoint.
    stride (pieces): Maximum distance between the starts of two windows. None for 7/8 of
        the size.
    batch_pieces (pieces): Size of the largest batch. None to choose it for the device.
    precision: Precision of predictions: "fp32", "bf16" (bfloat16), or "auto" for
        bfloat16 if the device is faster with it and a head's labels agree.
    global_attention: Pieces with global attention, besides the first of a window, in
        encoders with a sliding window (Longformer): "sections" (the titles of
        sections), "first" (no others), the key of a span group, or token indices.
    learn_rate_scale: Factor on the optimizer's learning rate, for an encoder that
        should learn more slowly than a new head. 0 to freeze the encoder.
    mask_rate: Share of the words that training masks, so that the encoder must use
        their context.
    mixed_precision: Whether training multiplies in bfloat16, which is faster if the
        processor has instructions for it. It doesn't affect prediction.
    storage: Precision of the weights on disk. They are always loaded as float32. With
        "int8_embeddings", the table of wordpieces is in int8 with a scale for each
        64 columns of a row, and the rest in float16; transformers can't read it.
    boxes: Box of a wordpiece, in encoders with layout (LayoutLM): that of its "token",
        or that of the "segment" of a line that the token is in.
    frozen: Parameters that aren't trained: parts of their names, such as
        "word_embeddings".
    """

    size: int | None = None
    stride: int | None = None
    batch_pieces: int | None = None
    precision: Precision = "auto"
    global_attention: str | list[int] = "sections"
    learn_rate_scale: float = 1.0
    mask_rate: float = 0.0
    mixed_precision: bool = False
    storage: Storage = "float32"
    boxes: Literal["token", "segment"] = "token"
    frozen: str | Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "frozen", tuple(list_names(self.frozen)))
