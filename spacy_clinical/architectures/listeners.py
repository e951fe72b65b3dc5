"""Connection between an encoder and the spaCy components that listen to it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy
from spacy.tokens import Doc
from spacy_transformers.data_classes import TransformerData, WordpieceBatch
from spacy_transformers.layers import TransformerListener, trfs2arrays
from spacy_transformers.layers.listener import forward as listen
from thinc.api import Model, chain
from thinc.types import Floats2d, Ragged

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.extensions.doc_data import get_user_data
from spacy_clinical.pieces.align import Encoded

# A `spacy-clinical.HFEncoder.v1`.
EncoderModel: TypeAlias = Model[list[Doc], list[Encoded]]


@dataclass
class SharedData(TransformerData):
    """The activations of a Doc, kept until all listeners have read them.

    n_readers: Number of listeners that have not read them yet; None to keep them.
    """

    n_readers: int | None = None


def hand_over(
    encoder: EncoderModel,
    docs: Sequence[Doc],
    encoded: Sequence[Encoded],
    *,
    n_readers: int | None = None,
) -> list[SharedData]:
    """Convert the vectors of Docs to the format that listeners read.

    All wordpieces of a Doc become one sequence: the windows are joined, without special
    tokens. Listeners return zeros for a token without wordpieces.
    """
    tokenizer = encoder.shims[0].loaded.tokenizer
    shared = []
    for doc, e in zip(docs, encoded, strict=True):
        data = SharedData.empty()
        data.n_readers = n_readers
        if len(doc):
            _fill(data, encoder, e, tokenizer.strings(e.pieces.ids))
        shared.append(data)
    return shared


def _fill(
    data: SharedData, encoder: EncoderModel, encoded: Encoded, strings: list[str]
) -> None:
    ops, pieces, X = encoder.ops, encoded.pieces, encoded.X
    # spacy-transformers treats a Doc without vectors like one without tokens.
    rows = X if len(X) else numpy.zeros((1, X.shape[1]), dtype="float32")
    counts = pieces.stop - pieces.first
    first_of_run = numpy.cumsum(counts) - counts
    indices = numpy.repeat(pieces.first - first_of_run, counts)
    indices = indices + numpy.arange(counts.sum())
    data.model_output["last_hidden_state"] = ops.asarray3f(rows[None])
    data.align = Ragged(
        ops.asarray1i(indices.astype("int32")), ops.asarray1i(counts.astype("int32"))
    )
    data.wordpieces = WordpieceBatch(
        strings=[strings],
        input_ids=pieces.ids[None],
        attention_mask=numpy.ones((1, len(pieces)), dtype="float32"),
        lengths=[len(pieces)],
        token_type_ids=None,
    )


def take_back(
    encoder: EncoderModel,
    d_data: Sequence[TransformerData],
    docs: Sequence[Doc],
    encoded: Sequence[Encoded],
) -> list[Floats2d]:
    """Get the gradients of Docs' vectors from a listener's gradients.

    d_data: One for each Doc that has tokens.
    RETURNS (n_pieces, width): One array for each Doc.
    """
    given = iter(d_data)
    gradients = []
    for doc, e in zip(docs, encoded, strict=True):
        d_rows = numpy.zeros_like(e.X)
        if len(doc):
            d_output = next(given).model_output.last_hidden_state[0]
            d_rows[:] = encoder.ops.to_numpy(d_output)[: len(e.X)]
        gradients.append(d_rows)
    return gradients


class ClinicalListener(TransformerListener):
    """A listener that frees a Doc's activations if it is the last one to read them.

    source: Name of the component that it listens to.
    """

    def __init__(self, upstream_name: str, source: str) -> None:
        super().__init__(upstream_name)
        self._func = read
        self.source = source


def read(
    listener: ClinicalListener, docs: list[Doc], is_train: bool
) -> tuple[list[TransformerData], Callable[[Any], Any]]:
    """Read the activations of Docs; the last reader frees them.

    RAISES ValueError: C016, if they are already freed.
    """
    if is_train:
        return listen(listener, docs, is_train)
    for doc in docs:
        was_encoded = listener.source in (doc._.clinical_pieces or {})
        if was_encoded and doc._.trf_data is None and len(doc):
            raise CodedValueError(Errors.C016.format(name=listener.source))
    outputs, backprop = listen(listener, docs, is_train)
    for doc in docs:
        data = doc._.trf_data
        if isinstance(data, SharedData) and data.n_readers is not None:
            data.n_readers -= 1
            if data.n_readers == 0:
                # Removed, not set to None: Doc.from_docs warns about set values.
                get_user_data(doc).pop(("._.", "trf_data", None, None), None)
    return outputs, backprop


def find_listeners(model: Any) -> Iterator[TransformerListener]:
    """Yield the listener layers of a component's model."""
    if isinstance(model, Model):
        for node in model.walk():
            if isinstance(node, TransformerListener):
                yield node


def build_tok2vec_encoder(
    encoder: EncoderModel,
    pooling: Model[Ragged, Floats2d],
    grad_factor: float = 1.0,
) -> Model[list[Doc], list[Floats2d]]:
    """Build an encoder for one component, in place of a listener.

    encoder: A `spacy-clinical.HFEncoder.v1`.
    pooling: Layer that pools the vectors of a token's wordpieces.
    grad_factor: Factor on the encoder's gradient.
    """
    return chain(replace_listener(encoder), trfs2arrays(pooling, grad_factor))


def replace_listener(encoder: EncoderModel) -> Model[list[Doc], list[TransformerData]]:
    """Wrap an encoder so that it can replace a listener."""
    return Model("transformer_data", forward, init=init, layers=[encoder])


def replace_listener_config(
    encoder: dict[str, Any], listener: dict[str, Any]
) -> dict[str, Any]:
    """Make the config of an encoder that replaces a listener."""
    return {
        "@architectures": "spacy-clinical.Tok2VecEncoder.v1",
        "encoder": encoder,
        "pooling": listener["pooling"],
        "grad_factor": listener.get("grad_factor", 1.0),
    }


def init(model: Model[Any, Any], X: Any = None, Y: Any = None) -> None:
    """Load the checkpoint."""
    model.layers[0].initialize()


def forward(
    model: Model[Any, Any], docs: list[Doc], is_train: bool
) -> tuple[list[TransformerData], Callable[[list[TransformerData]], list[Doc]]]:
    """Encode Docs, and convert their vectors to the format of listeners."""
    encoder = model.layers[0]
    encoded, backprop_encoder = encoder(docs, is_train)

    def backprop(d_data: list[TransformerData]) -> list[Doc]:
        backprop_encoder(take_back(encoder, d_data, docs, encoded))
        return docs

    return hand_over(encoder, docs, encoded), backprop
