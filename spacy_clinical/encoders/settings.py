"""How an encoder reads, computes, learns and is saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from spacy_clinical.encoders.forward.precision import Precision
from spacy_clinical.types import list_names

Storage = Literal["float32", "float16"]


@dataclass(frozen=True)
class EncoderSettings:
    """The settings of an encoder, as `spacy-clinical.HFEncoder.v1` has them.

    size (pieces): Length of a window without special tokens. None: as long as the
        checkpoint takes.
    stride (pieces): Largest distance between the starts of two windows. None: seven
        eighths of the size.
    batch_pieces (pieces): Largest batch. None: what suits the device.
    precision: Of predictions: "fp32", "bf16" (bfloat16), or "auto": bfloat16 where the
        device is faster so and a head's labels were found to agree.
    global_attention: Pieces that attend to the whole window, besides its first, in
        encoders with a sliding window (Longformer): "sections" (those of section
        titles, where a Doc has sections), "first" (no more), the key of a span group,
        or indices of tokens.
    learn_rate_scale: Factor on the optimizer's rate, for an encoder that should learn
        more slowly than a new head. 0: it learns nothing.
    mask_rate: Share of the words that training hides from the encoder, so that it reads
        their context.
    mixed_precision: Whether training multiplies in bfloat16, which is faster where the
        processor has instructions for it. Prediction does not.
    storage: Precision of the weights on disk. They are computed with in float32.
    boxes: Where on its page a wordpiece is said to be, in encoders that know places
        (LayoutLM): where its "token" is, or the "segment" of a line that it is in.
    frozen: Parameters that training leaves as they are: parts of their names, such as
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
