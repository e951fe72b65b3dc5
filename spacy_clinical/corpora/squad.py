"""Reader of questions with answers in SQuAD's format (1.1 and 2.0)."""

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from spacy_clinical.corpora.augment import Augmenter, augment
from spacy_clinical.corpora.folds import Folds
from spacy_clinical.errors import CodedValueError, Errors, Warnings, warn
from spacy_clinical.files.regular import coded_errors, read_regular

ALL = Folds()
_SURROGATE = re.compile("[\ud800-\udfff]")


class Question(NamedTuple):
    """A question to a context.

    name: Its id in the file.
    text: Its words.
    answers (characters): Start and end of each answer in the context; none if there is
        no answer.
    """

    name: str
    text: str
    answers: list[tuple[int, int]]


class Context(NamedTuple):
    """A text with its questions."""

    text: str
    questions: list[Question]


class SquadCorpus:
    """Corpus of Examples from .json files of contexts, questions and answers."""

    def __init__(
        self,
        path: str | Path | None,
        *,
        max_words: int = 0,
        n_without: int = 1,
        max_questions: int = 8,
        fold: int | None = None,
        n_folds: int = 5,
        held_out: bool = False,
        augmenter: Augmenter | None = None,
        shuffle: bool = False,
        limit: int = 0,
    ) -> None:
        """Set up the corpus; files are read when it is called.

        path: A .json file, or a folder of these.
        max_words (tokens): For training, cut a part of at most this length at random
            from longer contexts for each question, with its answer. 0 for whole
            contexts.
        n_without: With `max_words`, number of other parts for each question, which don't
            have its answer.
        max_questions: Maximum number of questions of an Example; 0 for all of a context.
        fold: For cross-validation: number of the fold to leave out, starting at 0. All
            contexts of an article are in the same one. None for all articles.
        n_folds: Number of folds.
        held_out: Whether to read only the articles of the fold, instead of the others.
        augmenter: See spaCy's Corpus.
        shuffle: Whether to change the order in each iteration.
        limit: Maximum number of articles to read; 0 for all.
        RAISES ValueError: C966, if path is None.
        """
        if path is None:
            raise CodedValueError(Errors.C966)
        self.path = Path(path)
        self.max_words = max_words
        self.n_without = n_without
        self.max_questions = max_questions
        self.folds = Folds(fold, n_folds, held_out)
        self.augmenter = augmenter
        self.shuffle = shuffle
        self.limit = limit

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the files.

        Answers that aren't at their offset in the context are left out, and questions
        that have no others; warnings (W901, W902) give their numbers.

        nlp: The pipeline whose tokenizer to use.
        YIELDS: Examples whose predicted Docs have `doc._.questions`, and whose references
            have `doc._.answers`; all gold answers are in `n_best`.
        RAISES ValueError: C967, if a file isn't in the format; C302 or C350, for other
            errors.
        """
        yield from augment(nlp, self._read_examples(nlp), self.augmenter)

    def _read_examples(self, nlp: Language) -> Iterator[Example]:
        contexts = read_squad(self.path, self.folds, limit=self.limit)
        if self.shuffle:
            random.shuffle(contexts)
        for context in contexts:
            doc = nlp.make_doc(context.text)
            if self.max_words and len(doc) > self.max_words:
                for question in context.questions:
                    yield from self._cut(nlp, doc, question)
            elif len(doc):
                n = self.max_questions or max(1, len(context.questions))
                for i in range(0, len(context.questions), n):
                    some = context.questions[i : i + n]
                    yield make_example(doc, some)

    def _cut(self, nlp: Language, doc: Doc, question: Question) -> Iterator[Example]:
        """Cut parts from a long context: with the answer, and without it."""
        n, n_words = len(doc), self.max_words
        places = [doc.char_span(*a, alignment_mode="expand") for a in question.answers]
        spans = [span for span in places if span is not None]
        starts = []
        if spans:
            first = spans[0]
            latest = min(first.start, n - n_words)
            starts.append(
                random.randint(max(0, min(latest, first.end - n_words)), latest)
            )
        for _ in range(self.n_without):
            start = random.randint(0, n - n_words)
            if all(s.end <= start or s.start >= start + n_words for s in spans):
                starts.append(start)
        for start in starts:
            part = doc[start : start + n_words]
            inside = [
                (a - part.start_char, b - part.start_char)
                for a, b in question.answers
                if part.start_char <= a and b <= part.end_char
            ]
            asked = [question._replace(answers=inside)]
            yield make_example(nlp.make_doc(part.text), asked)


def make_example(doc: Doc, questions: Sequence[Question]) -> Example:
    """Make an Example of an unannotated Doc and its questions."""
    text, predicted, reference = doc.text, doc.copy(), doc.copy()
    predicted._.questions = {one.name: one.text for one in questions}
    reference._.answers = [_make_record(text, one) for one in questions]
    return Example(predicted, reference)


def _make_record(text: str, question: Question) -> dict[str, Any]:
    gold = [
        {"text": text[start:end], "start_char": start, "end_char": end}
        for start, end in question.answers
    ]
    nothing = {"text": "", "start_char": None, "end_char": None}
    first = gold[0] if gold else nothing
    asked = {"question": question.name, "asked": question.text}
    return {**asked, **first, "n_best": gold}


def read_squad(path: Path, folds: Folds = ALL, *, limit: int = 0) -> list[Context]:
    """Read the contexts of files in SQuAD's format.

    path: A .json file, or a folder of these.
    folds: Which articles to read.
    limit: Maximum number of articles to read; 0 for all.
    RAISES ValueError: C967, if a file isn't in the format; C302 or C350, for other
        errors.
    """
    paths = sorted(path.glob("*.json")) if path.is_dir() else [path]
    articles = [article for one in paths for article in _read_articles(one)]
    if not articles:
        raise CodedValueError(Errors.C967.format(name=path.name))
    chosen = folds.choose(articles)
    reader = _Reader()
    contexts = [
        reader.read(paragraph)
        for article in chosen[: limit or None]
        for paragraph in article
    ]
    reader.tell(path.name)
    return contexts


def _read_articles(path: Path) -> list[list[dict[str, Any]]]:
    """Read the paragraphs of each article of a file, checked against the format."""
    with coded_errors(path):
        data = read_regular(path)
        try:
            articles = [article["paragraphs"] for article in json.loads(data)["data"]]
            for paragraph in (one for article in articles for one in article):
                _check(paragraph)
        # A file in another format may raise any of these.
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            error = CodedValueError(Errors.C967.format(name=path.name))
            raise error from None
    return articles


def _check(paragraph: dict[str, Any]) -> None:
    """Raise a TypeError for values of the wrong types, and a KeyError for missing ones."""
    texts = [paragraph["context"]]
    for one in paragraph["qas"]:
        texts += [one["question"], *(a["text"] for a in one.get("answers", ()))]
        if not all(isinstance(a["answer_start"], int) for a in one.get("answers", ())):
            raise TypeError
    if not all(isinstance(text, str) for text in texts):
        raise TypeError


def _mend(text: str) -> str:
    """Replace halves of surrogate pairs, which spaCy refuses, by U+FFFD."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


class _Reader:
    """Reads paragraphs, and counts what is left out."""

    def __init__(self) -> None:
        self.n_answers = self.n_wrong = self.n_blank = 0

    def read(self, paragraph: dict[str, Any]) -> Context:
        text, questions = _mend(paragraph["context"]), []
        names: set[str] = set()
        for number, one in enumerate(paragraph["qas"]):
            answers = [a for a in one.get("answers", ()) if a["text"].strip()]
            right = self._find(text, answers)
            name = str(one.get("id", number))
            while name in names:
                name += "'"
            names.add(name)
            if not any(map(str.isalnum, one["question"])):
                self.n_blank += 1
            elif right or not answers:
                questions.append(Question(name, _mend(one["question"]), right))
        return Context(text, questions)

    def _find(self, text: str, answers: list[dict[str, Any]]) -> list[tuple[int, int]]:
        """List the places of the answers that are where they are said to be."""
        right = []
        for one in answers:
            start = one["answer_start"]
            end = start + len(one["text"])
            if start >= 0 and text[start:end] == _mend(one["text"]):
                right.append((start, end))
        self.n_answers += len(answers)
        self.n_wrong += len(answers) - len(right)
        return right

    def tell(self, name: str) -> None:
        """Warn of what was left out."""
        if self.n_wrong:
            warn(Warnings.W901.format(n=self.n_wrong, n_all=self.n_answers, name=name))
        if self.n_blank:
            warn(Warnings.W902.format(n=self.n_blank, name=name))


def is_squad(path: Path) -> bool:
    """Check whether a .json file is in SQuAD's format."""
    try:
        return bool(_read_articles(path))
    except CodedValueError:
        return False
