"""Contrastive loss over vectors of names: those of one concept attract each other."""

from collections.abc import Sequence

import numpy as np

from spacy_clinical.types import Bools2d, Floats1d, Floats2d

# As the authors of SapBERT have them: weights of similar and of other pairs, the cosine
# that divides the two, and how much more similar than another pair one has to be.
ALPHA, BETA, BASE, MARGIN = 1.0, 60.0, 0.5, 0.2


def find_contrast(
    vectors: Sequence[Floats1d], concepts: Sequence[str]
) -> tuple[float, Floats2d]:
    """Find the multi-similarity loss of some names, by the cosines of their vectors.

    Only hard pairs count: two names of one concept that are hardly more similar than
    one of them is to a name of another concept, and such pairs of names of two concepts.

    vectors (n_names): Of the names.
    concepts (n_names): Their concepts.
    RETURNS (n_names, width): The loss, and the gradient of each vector.
    SOURCE: Wang et al. 2019, Multi-Similarity Loss; Liu et al. 2021, Self-Alignment
        Pretraining for Biomedical Entity Representations.
    """
    stacked = np.stack(vectors).astype(np.float64)
    norms = np.maximum(np.linalg.norm(stacked, axis=1, keepdims=True), 1e-9)
    units = stacked / norms
    cosines = units @ units.T
    numbers = np.unique(np.asarray(concepts), return_inverse=True)[1]
    is_same = numbers[:, None] == numbers
    attracted, repelled = _mine(cosines, is_same)
    pull = np.where(attracted, np.exp(ALPHA * (BASE - cosines)), 0.0)
    push = np.where(repelled, np.exp(BETA * (cosines - BASE)), 0.0)
    pulls, pushes = 1 + pull.sum(1, keepdims=True), 1 + push.sum(1, keepdims=True)
    n = len(stacked)
    loss = float((np.log(pulls) / ALPHA + np.log(pushes) / BETA).sum() / n)
    d_cosines = (push / pushes - pull / pulls) / n
    d_units = (d_cosines + d_cosines.T) @ units
    along = (d_units * units).sum(1, keepdims=True)
    d_vectors: Floats2d = ((d_units - along * units) / norms).astype(np.float32)
    return loss, d_vectors


def _mine(cosines: Floats2d, is_same: Bools2d) -> tuple[Bools2d, Bools2d]:
    """Find the hard pairs: those of some triplet of a name, one of the same concept and
    one of another, where the latter is not clearly less similar.

    RETURNS (n_names, n_names): Pairs of one concept, and pairs of two.
    """
    others = ~is_same
    is_pair = is_same & ~np.eye(len(cosines), dtype=bool)
    nearest = np.where(others, cosines, -np.inf).max(1, initial=-np.inf, keepdims=True)
    farthest = np.where(is_pair, cosines, np.inf).min(1, initial=np.inf, keepdims=True)
    attracted: Bools2d = is_pair & (cosines < nearest + MARGIN)
    repelled: Bools2d = others & (cosines > farthest - MARGIN)
    return attracted, repelled
