"""Reader of labelled texts in tables, to train document classifiers."""

from collections.abc import Iterator
from pathlib import Path

from spacy.language import Language
from spacy.training import Example

from spacy_clinical.corpora.augment import Augmenter, augment
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.notes.read import read_notes
from spacy_clinical.notes.sources import Source, list_sources
from spacy_clinical.types import Note


class TableCorpus:
    """Corpus of Examples from the rows of CSV, TSV, Parquet or JSON lines files."""

    def __init__(
        self,
        path: str | Path | None,
        *,
        text_column: str = "text",
        label_column: str = "label",
        separator: str = ";",
        limit: int = 0,
        augmenter: Augmenter | None = None,
    ) -> None:
        """Set up the corpus; files are read when it is called.

        path: A file, or a folder of files, where plain texts are skipped.
        text_column: Column or key of the texts.
        label_column: Column or key of their labels.
        separator: Separator between several labels of a text.
        limit: Maximum number of texts to read; 0 for all.
        augmenter: See spaCy's Corpus.
        RAISES ValueError: C209, if path is None.
        """
        if path is None:
            raise CodedValueError(Errors.C209)
        self.path = Path(path)
        self.text_column = text_column
        self.label_column = label_column
        self.separator = separator
        self.limit = limit
        self.augmenter = augmenter

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the files. Empty texts are skipped, as in spaCy's Corpus.

        nlp: The pipeline whose tokenizer to use.
        YIELDS: One Example for each row. Its `cats` has every label of the table.
        RAISES ValueError: C210, if a row has no label, or the error of a row that can't
            be read.
        """
        yield from augment(nlp, self._read_examples(nlp), self.augmenter)

    def _read_examples(self, nlp: Language) -> Iterator[Example]:
        rows = [(note.text, self._read_labels(note)) for note in self._read_notes()]
        all_labels = sorted({label for _, labels in rows for label in labels})
        for text, labels in rows[: self.limit or None]:
            if text.strip():
                cats = {label: float(label in labels) for label in all_labels}
                yield Example.from_dict(nlp.make_doc(text), {"cats": cats})

    def _read_notes(self) -> Iterator[Note]:
        sources = list_sources([str(self.path)])
        are_texts = [isinstance(s, Source) and s.kind == "text" for s in sources]
        for source, is_text in zip(sources, are_texts, strict=True):
            if is_text and not all(are_texts):
                continue
            if not isinstance(source, Source):
                raise CodedValueError(source.message)
            for note in read_notes(source, text_column=self.text_column):
                if not isinstance(note, Note):
                    raise CodedValueError(note.message)
                yield note

    def _read_labels(self, note: Note) -> set[str]:
        value = note.meta.get(self.label_column)
        if not isinstance(value, str):
            raise CodedValueError(
                Errors.C210.format(source=note.source, column=self.label_column)
            )
        parts = value.split(self.separator)
        return {label.strip() for label in parts if label.strip()}
