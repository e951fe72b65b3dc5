"""Open the index of a vocabulary; it is built where there is none."""

from pathlib import Path

from spacy_clinical.concepts.gram_index import FORMAT, build_index
from spacy_clinical.concepts.gram_search import GramIndex
from spacy_clinical.concepts.spelling import Speller
from spacy_clinical.concepts.vocabulary import Vocabulary
from spacy_clinical.errors import Errors
from spacy_clinical.files.atomic import fill_folder
from spacy_clinical.files.cache import find_cache, open_or_make


def open_index(vocabulary: Vocabulary, speller: Speller) -> GramIndex:
    """Open the index of a vocabulary, in the folder for caches.

    RAISES OSError: C923, if it can't be built there.
    RAISES ValueError: C907, if the vocabulary is damaged.
    """

    def make(folder: Path) -> None:
        with fill_folder(folder, is_private=False) as made:
            build_index(vocabulary, made, speller)

    name = f"{vocabulary.sha256[:24]}-{speller.digest[:8]}-{FORMAT}"
    folder = find_cache() / "indexes" / name
    return open_or_make(folder, vocabulary.name, GramIndex, make, message=Errors.C923)
