"""Reader of labelled pairs of texts: PubMedQA, and tables such as MedNLI's."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from spacy_clinical.corpora.augment import Augmenter, augment
from spacy_clinical.corpora.folds import Folds
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.files.regular import coded_errors, read_regular
from spacy_clinical.notes.read import read_notes
from spacy_clinical.notes.sources import Source, list_sources
from spacy_clinical.types import Note


class Pair(NamedTuple):
    """A text, a statement about it or a question to it, and their label."""

    name: str
    text: str
    statement: str
    label: str


class PairCorpus:
    """Corpus of Examples from labelled pairs of texts."""

    def __init__(
        self,
        path: str | Path | None,
        *,
        text_column: str = "sentence1",
        statement_column: str = "sentence2",
        label_column: str = "gold_label",
        exclude: str | Path | None = None,
        fold: int | None = None,
        n_folds: int = 5,
        held_out: bool = False,
        augmenter: Augmenter | None = None,
        shuffle: bool = False,
        limit: int = 0,
    ) -> None:
        """Set up the corpus; files are read when it is called.

        path: A .json file as PubMedQA has it, by id: QUESTION, CONTEXTS and
            final_decision. Or a table (.jsonl, .csv, .tsv, .parquet) with a pair in each
            row.
        text_column, statement_column, label_column: Columns of a table. The defaults are
            those of MedNLI.
        exclude: A .json file whose keys are ids to leave out: PubMedQA's list of test
            cases. None to leave out none.
        fold: For cross-validation: number of the fold to leave out, starting at 0. None
            for all pairs.
        n_folds: Number of folds.
        held_out: Whether to read only the pairs of the fold, instead of the others.
        augmenter: See spaCy's Corpus.
        shuffle: Whether to change the order in each iteration.
        limit: Maximum number of pairs to read; 0 for all.
        RAISES ValueError: C968, if path is None.
        """
        if path is None:
            raise CodedValueError(Errors.C968)
        self.path = Path(path)
        self.columns = text_column, statement_column, label_column
        self.exclude = None if exclude is None else Path(exclude)
        self.folds = Folds(fold, n_folds, held_out)
        self.augmenter = augmenter
        self.shuffle = shuffle
        self.limit = limit

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the files. Pairs with an empty text or statement are skipped.

        nlp: The pipeline whose tokenizer to use.
        YIELDS: Examples whose predicted Docs have `doc._.hypotheses`, and whose references
            have `doc._.statements`.
        RAISES ValueError: C969, if a file isn't in the format; C302 or C350, for other
            errors.
        """
        yield from augment(nlp, self._read_examples(nlp), self.augmenter)

    def _read_examples(self, nlp: Language) -> Iterator[Example]:
        is_json = self.path.suffix.lower() == ".json"
        pairs = _read_pubmedqa(self.path) if is_json else self._read_table()
        left_out = set() if self.exclude is None else set(_read_json(self.exclude))
        pairs = [pair for pair in pairs if pair.name not in left_out]
        chosen = self.folds.choose(pairs)
        if self.shuffle:
            random.shuffle(chosen)
        for pair in chosen[: self.limit or None]:
            if pair.text.strip() and any(map(str.isalnum, pair.statement)):
                yield make_example(nlp.make_doc(pair.text), pair)

    def _read_table(self) -> list[Pair]:
        text_column, statement_column, label_column = self.columns
        pairs = []
        for source in list_sources([str(self.path)]):
            if not isinstance(source, Source):
                raise CodedValueError(source.message)
            for note in read_notes(source, text_column=text_column):
                if not isinstance(note, Note):
                    raise CodedValueError(note.message)
                values = note.meta.get(statement_column), note.meta.get(label_column)
                if not all(isinstance(value, str) for value in values):
                    raise CodedValueError(Errors.C969.format(name=self.path.name))
                pairs.append(Pair(note.id, note.text, str(values[0]), str(values[1])))
        return pairs


def make_example(doc: Doc, pair: Pair) -> Example:
    """Make an Example of an unannotated Doc and a statement about it."""
    predicted, reference = doc.copy(), doc.copy()
    predicted._.hypotheses = {pair.name: pair.statement}
    reference._.statements = [
        {
            "statement": pair.name,
            "hypothesis": pair.statement,
            "label": pair.label,
        }
    ]
    return Example(predicted, reference)


def _read_pubmedqa(path: Path) -> list[Pair]:
    try:
        return [
            Pair(
                name,
                "\n".join(row["CONTEXTS"]),
                str(row["QUESTION"]),
                str(row["final_decision"]),
            )
            for name, row in _read_json(path).items()
        ]
    # A file in another format may raise any of these.
    except (TypeError, KeyError, AttributeError):
        raise CodedValueError(Errors.C969.format(name=path.name)) from None


def _read_json(path: Path) -> dict[str, Any]:
    with coded_errors(path):
        data = read_regular(path)
        try:
            values = json.loads(data)
        except (ValueError, RecursionError):
            values = None
        if not isinstance(values, dict):
            raise CodedValueError(Errors.C969.format(name=path.name))
    return values
