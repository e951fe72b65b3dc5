"""Open the index of a vocabulary; it is built where there is none."""

import shutil
from pathlib import Path

from spacy_clinical.concepts.gram_index import FORMAT, build_index
from spacy_clinical.concepts.gram_search import GramIndex
from spacy_clinical.concepts.spelling import Speller
from spacy_clinical.concepts.store import PATIENCE
from spacy_clinical.concepts.vocabulary import Vocabulary
from spacy_clinical.errors import CodedOSError, Errors, name_type
from spacy_clinical.files.atomic import fill_folder
from spacy_clinical.files.cache import CACHE_VARIABLE, find_cache
from spacy_clinical.files.lock import FolderLock


def open_index(vocabulary: Vocabulary, speller: Speller) -> GramIndex:
    """Open the index of a vocabulary, in the folder for caches.

    RAISES OSError: C923, if it can't be built there.
    RAISES ValueError: C907, if the vocabulary is damaged.
    """
    folder = _find_folder(vocabulary, speller)
    try:
        return GramIndex(folder)
    # It isn't built yet, or was damaged.
    except (OSError, ValueError):
        pass
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FolderLock(folder.parent, patience=PATIENCE):
            return _build(vocabulary, folder, speller)
    except OSError as error:
        if isinstance(error, CodedOSError):
            raise
        reason = error.strerror or name_type(error)
        raise CodedOSError(
            Errors.C923.format(
                name=vocabulary.name,
                path=folder.parent,
                reason=reason,
                variable=CACHE_VARIABLE,
            )
        ) from None


def _find_folder(vocabulary: Vocabulary, speller: Speller) -> Path:
    folder = f"{vocabulary.sha256[:24]}-{speller.digest[:8]}-{FORMAT}"
    return find_cache() / "indexes" / folder


def _build(vocabulary: Vocabulary, folder: Path, speller: Speller) -> GramIndex:
    # Another process may have done it.
    try:
        return GramIndex(folder)
    except (OSError, ValueError):
        shutil.rmtree(folder, ignore_errors=True)
    with fill_folder(folder, is_private=False) as made:
        build_index(vocabulary, made, speller)
    return GramIndex(folder)
