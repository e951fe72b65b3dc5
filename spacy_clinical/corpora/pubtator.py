"""Reader of PubTator files: titles and abstracts with entities and their concepts."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import filter_spans

from spacy_clinical.corpora.augment import Augmenter, augment
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.files.regular import coded_errors, open_regular

_TEXT = re.compile(r"([^|\t]+)\|([ta])\|(.*)")
# Blank lines before the first text.
_N_LINES = 20


class PubTatorCorpus:
    """Corpus of Examples from a PubTator file, such as BC5CDR's and NCBI Disease's."""

    def __init__(
        self,
        path: str | Path | None,
        *,
        gold_entities: bool = False,
        augmenter: Augmenter | None = None,
    ) -> None:
        """Set up the corpus; the file is read when it is called.

        path: A file with "id|t|title" and "id|a|abstract" for each text, then a line for
            each entity: id, start, end, its words, type, and perhaps a concept. Lines of
            relations are left out.
        gold_entities: Whether the predicted Docs have the entities too, without their
            concepts: for components that say something of entities, when none before
            them finds any.
        augmenter: See spaCy's Corpus.
        RAISES ValueError: C873, if path is None.
        """
        if path is None:
            raise CodedValueError(Errors.C873)
        self.path = Path(path)
        self.gold_entities = gold_entities
        self.augmenter = augmenter

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the file.

        nlp: The pipeline whose tokenizer to use.
        YIELDS: An Example for each text: the title, a space, the abstract. Of entities
            that overlap, the longest are kept. Their `kb_id_` is the concept.
        RAISES ValueError: C874, if a line can't be read; C302 or C350, for other errors.
        """
        examples = map(partial(self._make_example, nlp), self._read_docs(nlp))
        yield from augment(nlp, examples, self.augmenter)

    def _make_example(self, nlp: Language, doc: Doc) -> Example:
        predicted = nlp.make_doc(doc.text)
        if self.gold_entities:
            predicted.ents = [
                Span(predicted, ent.start, ent.end, label=ent.label) for ent in doc.ents
            ]
        return Example(predicted, doc)

    def _read_docs(self, nlp: Language) -> Iterator[Doc]:
        texts: dict[str, str] = {}
        rows: list[tuple[int, list[str]]] = []
        with coded_errors(self.path), open_regular(self.path) as lines:
            for number, line in enumerate(lines, start=1):
                row = self._decode(line, number)
                text = _TEXT.fullmatch(row)
                if text is not None:
                    if text[2] == "t":
                        yield from self._make_doc(nlp, texts, rows)
                        texts, rows = {}, []
                    texts[text[2]] = text[3]
                elif row.strip():
                    rows.append((number, row.split("\t")))
            yield from self._make_doc(nlp, texts, rows)

    def _decode(self, line: bytes, number: int) -> str:
        try:
            return line.decode("utf-8-sig" if number == 1 else "utf8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise self._make_error(number) from None

    def _make_doc(
        self, nlp: Language, texts: dict[str, str], rows: list[tuple[int, list[str]]]
    ) -> Iterator[Doc]:
        if not texts:
            for number, _ in rows:
                raise self._make_error(number)
            return
        # Offsets count one character between the two.
        doc = nlp.make_doc(" ".join(texts[part] for part in "ta" if part in texts))
        spans = []
        for number, row in rows:
            if len(row) >= 5:
                spans.append(self._make_span(doc, row, number))
            elif len(row) < 3:
                raise self._make_error(number)
        doc.ents = filter_spans(spans)
        if len(doc):
            yield doc

    def _make_span(self, doc: Doc, row: list[str], number: int) -> Span:
        _, start, end, words, label, *concept = row
        span = None
        if start.isdecimal() and end.isdecimal() and label:
            place = int(start), int(end)
            if place[0] < place[1] and doc.text[slice(*place)].split() == words.split():
                span = doc.char_span(
                    *place,
                    label=label,
                    kb_id=concept[0].strip() if concept else "",
                    alignment_mode="expand",
                )
        if span is None:
            raise self._make_error(number)
        return span

    def _make_error(self, number: int) -> ValueError:
        return CodedValueError(Errors.C874.format(name=self.path.name, line=number))


def is_pubtator(path: Path) -> bool:
    """Check whether a file begins as PubTator files do."""
    with open_regular(path) as lines:
        for _ in range(_N_LINES):
            line = lines.readline(2**16)
            if line.strip():
                return re.match(rb"(?:\xef\xbb\xbf)?[^|\t\s]+\|t\|", line) is not None
    return False
