"""Write Docs as .spacy files (DocBin), for `spacy train`, `evaluate` and `debug data`.

A DocBin is made in memory. So a folder gets a file for each 1,000 Docs, and memory does
not grow with the corpus; spaCy reads such a folder as one corpus. Everything of a Doc is
kept: entities, span groups with scores, sentences, categories, and `user_data`.
"""

import itertools
from collections.abc import Iterable
from pathlib import Path

from spacy.tokens import Doc, DocBin

from spacy_clinical.files.atomic import fill_folder, replace_atomic

SIZE = 1000


def write_docbin(docs: Iterable[Doc], path: Path) -> int:
    """Write Docs to one file; all of them are in memory until then.

    path: In a folder that exists.
    RETURNS: The number of Docs.
    """
    docbin = DocBin(store_user_data=True, docs=docs)
    with replace_atomic(path) as part:
        docbin.to_disk(part)
    return len(docbin)


def write_docbins(docs: Iterable[Doc], folder: Path, *, size: int = SIZE) -> int:
    """Write Docs to files in a new folder, which appears when all are written.

    size: Docs in a file.
    RETURNS: The number of Docs.
    RAISES FileExistsError: C326, if the folder has files.
    """
    n_docs = 0
    iterator = iter(docs)
    with fill_folder(folder) as part:
        for number, first in enumerate(iterator):
            some = itertools.chain([first], itertools.islice(iterator, size - 1))
            n_docs += write_docbin(some, part / f"part-{number:06}.spacy")
    return n_docs
