"""Encoder of names: from strings to one vector for each, as SapBERT and BioSyn have it."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy
from thinc.api import Model

from spacy_clinical.checkpoints import get_checkpoint
from spacy_clinical.checkpoints.hub import find_folder
from spacy_clinical.concepts.normalize import normalize_name
from spacy_clinical.encoders.settings import EncoderSettings
from spacy_clinical.encoders.shim import EncoderShim
from spacy_clinical.encoders.sparse_weight import read_sparse_weight
from spacy_clinical.pieces.batches import Input
from spacy_clinical.types import Floats1d

ConceptEncoder: TypeAlias = Model[list[str], list[Floats1d]]
# As the authors of SapBERT and BioSyn have it, with special tokens.
MAX_PIECES = 25


def build_concept_encoder(
    checkpoint: str,
    max_pieces: int = MAX_PIECES,
    sparse_weight: float | None = None,
    batch_pieces: int | None = None,
) -> ConceptEncoder:
    """Build an encoder of names from a transformers checkpoint, which is loaded on first
    use.

    Names are lower-cased, with blanks for punctuation. Their vectors are the rows of the
    first piece, [CLS], and are compared by their dot products.

    checkpoint: Name of a card, hub id ("owner/name") or path of a local folder.
    max_pieces (pieces): Maximum length of a name, with special tokens; the rest of it is
        cut off.
    sparse_weight: Factor on the similarity of characters, which is added to the dot
        product. None for that of the checkpoint's sparse_weight.pt, which is read when the
        model is initialized or first used; 0 if it has none.
    batch_pieces (pieces): Size of the largest batch. None to choose it for the device.
    SOURCE: Sung et al. 2020, Biomedical Entity Representations with Synonym
        Marginalization; Liu et al. 2021, Self-Alignment Pretraining for Biomedical Entity
        Representations.
    """
    shim = EncoderShim(checkpoint, EncoderSettings(batch_pieces=batch_pieces))
    return Model(
        "concept_encoder",
        forward,
        init=init,
        dims={"nO": None},
        attrs={"max_pieces": max_pieces, "sparse_weight": sparse_weight},
        shims=[shim],
    )


def init(model: ConceptEncoder, X: Any = None, Y: Any = None) -> None:
    """Load the checkpoint if it isn't loaded, and read the weight of characters."""
    shim = get_shim(model)
    if model.attrs["sparse_weight"] is None:
        folder, _ = find_folder(get_checkpoint(shim.name))
        model.attrs["sparse_weight"] = read_sparse_weight(folder)
    if model.has_dim("nO") is None:
        model.set_dim("nO", shim.width)


def get_shim(model: ConceptEncoder) -> EncoderShim:
    """Get the encoder inside the layer."""
    shim = model.shims[0]
    assert isinstance(shim, EncoderShim)
    return shim


def forward(
    model: ConceptEncoder, names: Sequence[str], is_train: bool
) -> tuple[list[Floats1d], Callable[[Sequence[Floats1d]], list[str]]]:
    """Encode names.

    RETURNS (n_names, width): The row of [CLS] of each name, and the callback.
    """
    shim = get_shim(model)
    inputs = _make_inputs(shim, names, model.attrs["max_pieces"])
    if not is_train:
        rows: list[Floats1d] = [numpy.zeros(0)] * len(inputs)
        for number, output in shim.predict_framed(inputs):
            rows[number] = numpy.array(output[0])
        return rows, lambda d_rows: list(names)
    outputs, backprop_framed = shim.begin_update_framed(inputs)

    def backprop(d_rows: Sequence[Floats1d]) -> list[str]:
        d_outputs = []
        for output, d_row in zip(outputs, d_rows, strict=True):
            d_output = numpy.zeros_like(output)
            d_output[0] = d_row
            d_outputs.append(d_output)
        backprop_framed(d_outputs)
        return list(names)

    return [output[0] for output in outputs], backprop


def _make_inputs(
    shim: EncoderShim, names: Sequence[str], max_pieces: int
) -> list[Input]:
    before, after = shim.loaded.tokenizer.specials
    limit = min(max_pieces, shim.max_pieces) - len(before) - len(after)
    nowhere = numpy.zeros(0, dtype="int64")
    encodings = shim.loaded.tokenizer.encode(list(map(normalize_name, names)))
    return [
        Input(numpy.asarray(encoding.ids[:limit], dtype="int64"), nowhere)
        for encoding in encodings
    ]
