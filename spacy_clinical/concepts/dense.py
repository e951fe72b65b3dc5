"""Compare names by their vectors, as BioSyn and SapBERT do."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np

from spacy_clinical.concepts.grams import list_grams
from spacy_clinical.concepts.normalize import normalize_name
from spacy_clinical.types import Floats1d

# Number of vectors that are kept.
MAX_VECTORS = 20_000
Encode = Callable[[list[str]], Sequence[Floats1d]]


class DenseScorer:
    """Scores names by the dot product of their vectors, and by their characters.

    encode: Finds the vectors of names.
    sparse_weight: Factor on the similarity of characters, which is added. BioSyn's own
        is TF-IDF of its dictionary, from a file that isn't read; here it is the cosine
        of the sets of 3-grams.
    """

    def __init__(self, encode: Encode, sparse_weight: float = 0.0) -> None:
        self.encode = encode
        self.sparse_weight = sparse_weight
        self._vectors: OrderedDict[str, Floats1d] = OrderedDict()

    def score(self, name: str, others: Sequence[str]) -> Floats1d:
        """Score names by how similar they are to one.

        RETURNS (n_others): sparse_weight * sparse + dense, without limits.
        """
        texts = [normalize_name(text) for text in (name, *others)]
        vectors = self._find_vectors(texts)
        dense: Floats1d = np.stack(vectors[1:]) @ vectors[0]
        if not self.sparse_weight:
            return dense
        return dense + self.sparse_weight * compare_grams(texts[0], texts[1:])

    def spread(
        self, name: str, names: Sequence[Sequence[str]], scores: Floats1d
    ) -> Floats1d:
        """Spread scores anew over the concepts that a name may mean.

        names: Of each concept; the most similar one counts.
        scores (n_concepts): Probabilities by other means. What is left for no concept
            stays.
        RETURNS (n_concepts): With the same sum.
        """
        ends = np.cumsum([len(some) for some in names])
        flat = self.score(name, [text for some in names for text in some])
        best = np.array([part.max() for part in np.split(flat, ends[:-1])])
        exps = np.exp(best - best.max())
        spread: Floats1d = exps / exps.sum() * scores.sum()
        return spread

    def _find_vectors(self, texts: Sequence[str]) -> list[Floats1d]:
        missing = [t for t in dict.fromkeys(texts) if t not in self._vectors]
        if missing:
            self._vectors.update(zip(missing, self.encode(missing), strict=True))
        found = []
        for text in texts:
            self._vectors.move_to_end(text)
            found.append(self._vectors[text])
        while len(self._vectors) > MAX_VECTORS:
            self._vectors.popitem(last=False)
        return found


def compare_grams(name: str, others: Sequence[str]) -> Floats1d:
    """Find the cosines of the sets of character 3-grams of names.

    RETURNS (n_others): From 0 to 1.
    """
    grams = list_grams([name, *others])
    own = grams[0]
    shared = [len(np.intersect1d(own, grams[i + 1])) for i in range(len(others))]
    sizes = np.diff(grams.ends)[1:]
    cosines: Floats1d = np.array(shared) / np.sqrt(np.maximum(sizes * len(own), 1))
    return cosines
