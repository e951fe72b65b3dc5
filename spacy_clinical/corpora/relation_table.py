"""Reader of tables of sentences with placeholders for two entities, and their relation.

SOURCE: Bravo et al. 2015, Extraction of relations between genes and diseases from text and
large-scale data analysis (GAD); Lee et al. 2019, BioBERT.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import SimpleFrozenDict

from spacy_clinical.corpora.augment import Augmenter, augment
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.files.regular import coded_errors, read_regular
from spacy_clinical.relations.classes import NEGATIVE
from spacy_clinical.types import list_names

_PLACEHOLDER = re.compile(r"@([^\W_][\w/-]*)\$")
_SENTENCE, _LABEL = "sentence", "label"


class _Row(NamedTuple):
    """A sentence, the places of two placeholders in it (characters), and a label."""

    sentence: str
    places: Sequence[tuple[int, int, str]]
    label: str


class RelationTableCorpus:
    """Corpus of Examples from a TSV file of GAD, EU-ADR or the like."""

    def __init__(
        self,
        path: str | Path | None,
        *,
        labels: Mapping[str, str] = SimpleFrozenDict(),
        negative: str | Sequence[str] = NEGATIVE,
        child: str = "",
        limit: int = 0,
        shuffle: bool = False,
        augmenter: Augmenter | None = None,
    ) -> None:
        """Set up the corpus; the file is read when it is called.

        path: A file with a sentence and a label in each row, with tabs between. The first
            row may name the columns "sentence" and "label"; else they are the last two.
        labels: Labels of relations, by those of the file. Those that aren't listed keep
            their names.
        negative: Labels that say that there is no relation.
        child: Type of the entity that is the child, such as "GENE"; if neither or both
            have it, the first in the text is.
        limit: Maximum number of rows to read; 0 for all.
        shuffle: Whether to change the order in each iteration.
        augmenter: See spaCy's Corpus.
        RAISES ValueError: C209, if path is None.
        """
        if path is None:
            raise CodedValueError(Errors.C209)
        self.path = Path(path)
        self.relations = dict(labels)
        self.negative = list_names(negative)
        self.child = child
        self.limit = limit
        self.shuffle = shuffle
        self.augmenter = augmenter

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the file.

        nlp: The pipeline whose tokenizer to use.
        YIELDS: An Example for each row, of one sentence. The placeholders stay in the text
            and are the entities, also of the predicted Doc: "@GENE$" is a GENE.
        RAISES ValueError: C948, if a row can't be read; C302 or C350, for other errors.
        """
        yield from augment(nlp, self._read_examples(nlp), self.augmenter)

    def _read_examples(self, nlp: Language) -> Iterator[Example]:
        rows = list(self._read_rows())[: self.limit or None]
        if self.shuffle:
            random.shuffle(rows)
        for row in rows:
            reference = _make_doc(nlp, row)
            if row.label not in self.negative:
                reference._.relations = [self._make_record(reference, row)]
            yield Example(_make_doc(nlp, row), reference)

    def _read_rows(self) -> Iterator[_Row]:
        with coded_errors(self.path):
            text = read_regular(self.path).decode("utf8")
        lines = text.replace("\r\n", "\n").split("\n")
        columns = [name.strip().lower() for name in lines[0].split("\t")]
        has_head = {_SENTENCE, _LABEL} <= set(columns)
        names = (_SENTENCE, _LABEL)
        at = [columns.index(name) for name in names] if has_head else [-2, -1]
        for number, line in enumerate(lines[has_head:], start=1 + has_head):
            if not line.strip():
                continue
            cells = line.split("\t")
            try:
                sentence, label = (cells[i].strip() for i in at)
            except IndexError:
                sentence = label = ""
            places = [
                (*match.span(), match[1]) for match in _PLACEHOLDER.finditer(sentence)
            ]
            if len(places) != 2 or not label:
                name = self.path.name
                raise CodedValueError(Errors.C948.format(row=number, name=name))
            yield _Row(sentence, places, label)

    def _make_record(self, doc: Doc, row: _Row) -> dict[str, object]:
        first, second = doc.ents
        is_second = second.label_ == self.child != first.label_
        child, head = (second, first) if is_second else (first, second)
        label = self.relations.get(row.label, row.label)
        sides = {"child": _describe(child), "head": _describe(head)}
        return {"label": label, **sides, "score": 1.0}


def _describe(span: Span) -> dict[str, object]:
    return {
        "label": span.label_,
        "start_char": span.start_char,
        "end_char": span.end_char,
    }


def _make_doc(nlp: Language, row: _Row) -> Doc:
    """Make a Doc of one sentence, whose placeholders are entities.

    What stands between them is split into tokens on its own: in "95%@GENE$", the
    placeholder has a token of its own.
    """
    words: list[str] = []
    spaces: list[bool] = []
    numbers: list[int] = []
    start = 0
    for place, end, _ in (*row.places, (len(row.sentence), 0, "")):
        part = row.sentence[start:place]
        if words and part.startswith(" "):
            part, spaces[-1] = part[1:], True
        tokens = list(nlp.tokenizer(part)) if part else []
        words += [token.text for token in tokens]
        spaces += [bool(token.whitespace_) for token in tokens]
        if end:
            numbers.append(len(words))
            words.append(row.sentence[place:end])
            spaces.append(False)
        start = end
    doc = Doc(nlp.vocab, words=words, spaces=spaces)
    for token in doc:
        token.is_sent_start = token.i == 0
    doc.ents = [
        Span(doc, number, number + 1, label)
        for number, (_, _, label) in zip(numbers, row.places, strict=True)
    ]
    return doc
