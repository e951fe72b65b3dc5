"""Find the reader for labelled texts and forms: it depends on what is at a path."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

from spacy.language import Language
from spacy.training import Corpus, Example

from spacy_clinical.corpora.brat import BratCorpus
from spacy_clinical.corpora.codiesp import CodiEspCorpus
from spacy_clinical.corpora.forms import ANNOTATIONS, FormCorpus, FunsdCorpus
from spacy_clinical.corpora.table import TableCorpus
from spacy_clinical.errors import CodedFileNotFoundError, Errors
from spacy_clinical.files.regular import open_regular

Reader: TypeAlias = Callable[[Language], Iterable[Example]]


def find_reader(
    path: Path, *, text_column: str = "text", label_column: str = "label"
) -> Reader:
    """Find the reader for labelled texts or forms.

    path: A .spacy file; a folder of BRAT files (.txt with .ann), of CodiEsp or of FUNSD; a
        .jsonl file of forms; or a table with a text and its codes, separated by ";", in
        each row.
    RAISES FileNotFoundError: C301, if there is nothing.
    RAISES OSError: C315, for pipes and devices.
    """
    if not path.exists():
        raise CodedFileNotFoundError(Errors.C301.format(path=path))
    reader: Reader
    if path.suffix == ".spacy":
        if not path.is_dir():
            # spaCy would wait for a pipe.
            open_regular(path).close()
        reader = Corpus(path)
    elif path.is_dir() and any(path.glob("*D.tsv")):
        reader = CodiEspCorpus(path)
    elif (path / ANNOTATIONS).is_dir():
        reader = FunsdCorpus(path)
    elif path.is_dir() and next(path.rglob("*.ann"), None) is not None:
        reader = BratCorpus(path)
    elif path.suffix == ".jsonl" and _has_forms(path):
        reader = FormCorpus(path)
    else:
        reader = TableCorpus(path, text_column=text_column, label_column=label_column)
    return reader


def _has_forms(path: Path) -> bool:
    with open_regular(path) as lines:
        try:
            return "form" in json.loads(next(lines, b""))
        except (ValueError, TypeError, RecursionError):
            return False
