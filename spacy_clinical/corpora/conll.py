"""Reader of CoNLL files: a token and its tags on each line."""

import re
from collections.abc import Iterator
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.converters import conll_ner_to_docs

from spacy_clinical.errors import CodedValueError, Errors, name_type
from spacy_clinical.files.regular import open_regular, read_regular

_TAG = re.compile(rb"O|[BILUSE]-\S+")
# Number of lines to check whether a file is CoNLL.
_N_LINES = 50


class ConllCorpus:
    """Corpus of Examples from a CoNLL file."""

    def __init__(self, path: str | Path) -> None:
        """Set up the corpus; the file is read when it is called.

        path: A file with a token and its tags on each line, the entity tag last, and
            blank lines between sentences.
        """
        self.path = Path(path)

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the file.

        YIELDS: Examples of up to ten sentences.
        RAISES ValueError: C211, if it can't be read.
        """
        try:
            text = read_regular(self.path).decode("utf8")
            text = text.replace("\r\n", "\n").replace("\r", "\n")
            docs = list(conll_ner_to_docs(text, no_print=True))
        # The converter's errors quote lines.
        except Exception as error:
            raise CodedValueError(
                Errors.C211.format(source=self.path.name, reason=name_type(error))
            ) from None
        for doc in docs:
            # Use the pipeline's vocab.
            doc = Doc(nlp.vocab).from_bytes(doc.to_bytes())
            yield Example(nlp.make_doc(doc.text), doc)


def is_conll(path: Path) -> bool:
    """Check whether a file has columns, with entity tags in the last one."""
    has_tags = False
    with open_regular(path) as lines:
        for _ in range(_N_LINES):
            columns = lines.readline(2**16).split()
            if columns and not columns[0].startswith(b"-DOCSTART-"):
                if len(columns) < 2 or not _TAG.fullmatch(columns[-1]):
                    return False
                has_tags = True
    return has_tags
