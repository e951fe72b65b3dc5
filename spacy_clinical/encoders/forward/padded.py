"""Run any encoder with transformers' own forward pass, on padded batches."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy
import torch
from torch import Tensor

from spacy_clinical.encoders.forward.packed import join_boxes, join_types
from spacy_clinical.pieces.batches import Input


class PaddedEncoder:
    """An encoder whose architecture `PackedEncoder` doesn't support.

    On a CPU, sequences are predicted one by one, because padding and the number of
    sequences would change the last bits of their rows.

    model: The encoder.
    dtype: Precision of a copy of the model, for prediction. None to train the model.
    pad_id: Id of padding for shorter sequences, which is masked.
    """

    def __init__(self, model: Any, dtype: torch.dtype | None, *, pad_id: int) -> None:
        is_copy = dtype is not None and dtype != torch.float32
        self.model = copy.deepcopy(model).to(dtype).eval() if is_copy else model
        self.pad_id = pad_id
        is_processor = next(self.model.parameters()).device.type == "cpu"
        self.is_alone = dtype is not None and is_processor

    def __call__(self, inputs: Sequence[Input]) -> Tensor:
        """Encode sequences as concatenated rows (n_pieces, width)."""
        if self.is_alone:
            return torch.cat([self._encode([one]) for one in inputs])
        return self._encode(inputs)

    def _encode(self, inputs: Sequence[Input]) -> Tensor:
        lengths = numpy.asarray([len(i.ids) for i in inputs])
        mask = numpy.arange(lengths.max()) < lengths[:, None]
        ids = numpy.full(mask.shape, self.pad_id, dtype="int64")
        ids[mask] = numpy.concatenate([i.ids for i in inputs])
        device = next(self.model.parameters()).device
        seen = torch.from_numpy(mask).to(device)
        more = {}
        boxes, types = join_boxes(inputs), join_types(inputs)
        if boxes is not None:
            padded = torch.zeros((*mask.shape, 4), dtype=torch.long)
            padded[torch.from_numpy(mask)] = boxes
            more["bbox"] = padded.to(device)
        if types is not None:
            padded = torch.zeros(mask.shape, dtype=torch.long)
            padded[torch.from_numpy(mask)] = types
            more["token_type_ids"] = padded.to(device)
        output = self.model(
            input_ids=torch.from_numpy(ids).to(device),
            attention_mask=seen.long(),
            **more,
        )
        rows: Tensor = output.last_hidden_state[seen]
        return rows
