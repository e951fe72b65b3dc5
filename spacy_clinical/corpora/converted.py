"""Read annotated texts of several formats as Docs, to write them as .spacy."""

from collections.abc import Iterator
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from spacy_clinical.corpora.find import find_reader


def read_docs(nlp: Language, path: Path, kind: str) -> Iterator[Doc]:
    """Read annotated texts.

    kind: "brat" (.txt with .ann), "codiesp", "conll" (a token and its tags in a line,
        blank lines between sentences), "table" (a text and its labels in a row), or
        "jsonl": in each line a "text" with "entities", as lists of start, end and label,
        or as the records that `annotate` writes; and "cats".
    RAISES ValueError: C205 to C208, C211 and C212, if a file can't be read.
    """
    for example in find_reader(path, kinds=[kind])(nlp):
        yield example.reference
