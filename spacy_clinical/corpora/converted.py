"""Reader of annotated texts in several formats, to convert them to .spacy."""

from collections.abc import Iterator
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from spacy_clinical.corpora.find import find_reader


def read_docs(nlp: Language, path: Path, kind: str) -> Iterator[Doc]:
    """Read annotated texts as Docs.

    nlp: The pipeline whose tokenizer to use.
    path: A file or folder.
    kind: "brat" (.txt with .ann), "codiesp", "conll" (a token and its tags on each
        line, blank lines between sentences), "table" (a text and its labels in each
        row), or
        "jsonl": on each line, a "text" with "entities" (lists of start, end and label,
        or records of `annotate`) and "cats".
    RAISES ValueError: C205 to C208, C211 and C212, if a file can't be read.
    """
    for example in find_reader(path, kinds=[kind])(nlp):
        yield example.reference
