from collections.abc import Iterable
from multiprocessing import parent_process
from typing import Any

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Config, Model

from spacy_clinical.pieces.align import Encoded
from spacy_clinical.pipeline.transformer import ClinicalTransformer
from spacy_clinical.types import Floats1d

DEFAULT_CONFIG = """
[model]
@architectures = "spacy-clinical.HFEncoder.v1"
checkpoint = "clinical_longformer"
global_attention = "sections"
"""


@Language.factory(
    "clinical_long_transformer",
    assigns=[
        *("doc._.trf_data", "doc._.clinical_vector", "doc.vector"),
        *("doc._.clinical_pieces", "doc._.clinical_provenance"),
    ],
    default_config={
        "model": Config().from_str(DEFAULT_CONFIG)["model"],
    },
)
class ClinicalLongTransformer(ClinicalTransformer):
    """Share an encoder for long notes, and give each note one vector."""

    def __init__(
        self,
        nlp: Language,
        model: Model[list[Doc], list[Encoded]],
        name: str = "clinical_long_transformer",
        *,
        keep_activations: bool = False,
        vector: bool = True,
    ) -> None:
        """Set up the component.

        model: A `spacy-clinical.HFEncoder.v1` over Clinical-Longformer,
            Clinical-BigBird or another checkpoint.
        keep_activations: See `clinical_transformer`.
        vector: Whether to set `doc._.clinical_vector`, `doc.vector` and
            `doc.similarity` from the mean of the wordpieces' vectors. The first is
            saved and comes back from other processes. The others are hooks, which spaCy
            doesn't save and doesn't send between processes.
        """
        super().__init__(nlp, model, name, keep_activations=keep_activations)
        self.vector = vector

    def set_annotations(self, docs: Iterable[Doc], encoded: list[Encoded]) -> None:
        docs = list(docs)
        super().set_annotations(docs, encoded)
        if not self.vector:
            return
        for doc, e in zip(docs, encoded, strict=True):
            rows = e.X if len(e.X) else numpy.zeros((1, e.X.shape[1]), dtype="float32")
            doc._.clinical_vector = rows.mean(axis=0)
            # Hooks can't leave a worker process: spaCy warns about each lost one.
            if parent_process() is None:
                doc.user_hooks["vector"] = get_vector
                doc.user_hooks["has_vector"] = has_vector
                doc.user_hooks["similarity"] = get_similarity


def get_vector(doc: Doc) -> Floats1d:
    """Get the mean of a Doc's wordpiece vectors (width)."""
    vector: Floats1d = doc._.clinical_vector
    return vector


def has_vector(doc: Doc) -> bool:
    """Check whether a Doc was encoded."""
    return doc._.clinical_vector is not None


def get_similarity(doc: Doc, other: Any) -> float:
    """Get the cosine between a Doc's vector and that of another Doc, span or token."""
    ours, theirs = doc.vector, other.vector
    norms = float(numpy.linalg.norm(ours) * numpy.linalg.norm(theirs))
    return float(numpy.dot(ours, theirs)) / norms if norms else 0.0
