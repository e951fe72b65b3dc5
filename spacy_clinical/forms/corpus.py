"""Readers of annotated forms, for training."""

import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from spacy_clinical.errors import Errors
from spacy_clinical.extensions import FORM_KEY, FORM_SPANS_KEY
from spacy_clinical.forms.gold import GoldForm, make_gold_doc, read_gold

ANNOTATIONS, IMAGES = "annotations", "images"


class FunsdCorpus:
    """Iterate over Examples from a part of FUNSD, or of a corpus in its format."""

    def __init__(
        self,
        path: str | Path,
        *,
        spans_key: str = FORM_SPANS_KEY,
        shift: float = 0.0,
        shuffle: bool = False,
        limit: int = 0,
    ) -> None:
        """Set up the corpus; files are read when it is called.

        path: A folder with annotations/*.json and images/*.png, such as
            training_data. Without pictures, pages are as large as their boxes need.
        spans_key: The span group that gets headers, questions and answers.
        shift: Each time a form is read, it is shrunk and moved by up to this share of
            the page.
        shuffle: Whether each iteration has another order.
        limit: Number of forms to read. 0 for all.
        """
        self.path = Path(path)
        self.spans_key = spans_key
        self.shift = shift
        self.shuffle = shuffle
        self.limit = limit

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the forms.

        YIELDS: One Example for each page, its prediction with words and boxes only.
        RAISES ValueError: C511 and C512, if files are missing or broken.
        """
        yield from _make_examples(nlp, self, self.read())

    def read(self) -> Iterator[GoldForm]:
        """Read what is marked on each page.

        RAISES ValueError: C511 and C512, if files are missing or broken.
        """
        paths = sorted((self.path / ANNOTATIONS).glob("*.json"))
        if not paths:
            raise ValueError(Errors.C512.format(path=self.path))
        for path in paths[: self.limit or None]:
            record = _parse(path.read_text(encoding="utf8"), path.name)
            image = self.path / IMAGES / f"{path.stem}.png"
            yield read_gold(record, name=path.name, size=_measure(image))


class FormCorpus:
    """Iterate over Examples from a table of forms (scripts/make_forms.py)."""

    def __init__(
        self,
        path: str | Path,
        *,
        spans_key: str = FORM_SPANS_KEY,
        shift: float = 0.0,
        shuffle: bool = False,
        limit: int = 0,
    ) -> None:
        """Set up the corpus; the file is read when it is called.

        path: A .jsonl file: in each line a page in FUNSD's shape, with "name",
            "width" and "height".
        spans_key, shift, shuffle, limit: As of `FunsdCorpus`.
        """
        self.path = Path(path)
        self.spans_key = spans_key
        self.shift = shift
        self.shuffle = shuffle
        self.limit = limit

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the forms.

        YIELDS: One Example for each page, its prediction with words and boxes only.
        RAISES ValueError: C511 and C512, if the file is missing or broken.
        """
        yield from _make_examples(nlp, self, self.read())

    def read(self) -> Iterator[GoldForm]:
        """Read what is marked on each page.

        RAISES ValueError: C511 and C512, if the file is missing or broken.
        """
        if not self.path.is_file():
            raise ValueError(Errors.C512.format(path=self.path))
        with self.path.open(encoding="utf8") as lines:
            for number, line in enumerate(lines, start=1):
                if self.limit and number > self.limit:
                    break
                name = f"{self.path.name}, line {number}"
                record = _parse(line, name)
                yield read_gold(record, name=str(record.get("name", name)))


def create_funsd_corpus(
    path: str | Path,
    spans_key: str = FORM_SPANS_KEY,
    shift: float = 0.0,
    shuffle: bool = False,
    limit: int = 0,
) -> FunsdCorpus:
    """Construct a reader of FUNSD. See `FunsdCorpus` for the settings."""
    return FunsdCorpus(
        path, spans_key=spans_key, shift=shift, shuffle=shuffle, limit=limit
    )


def create_form_corpus(
    path: str | Path,
    spans_key: str = FORM_SPANS_KEY,
    shift: float = 0.0,
    shuffle: bool = False,
    limit: int = 0,
) -> FormCorpus:
    """Construct a reader of tables of forms. See `FormCorpus` for the settings."""
    return FormCorpus(
        path, spans_key=spans_key, shift=shift, shuffle=shuffle, limit=limit
    )


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise ValueError(Errors.C511.format(name=name, reason="no JSON object"))
    return record


def _measure(path: Path) -> tuple[float, float] | None:
    if not path.is_file():
        return None
    try:
        with Image.open(path) as image:
            return float(image.width), float(image.height)
    except (OSError, ValueError) as error:
        reason = type(error).__name__
        raise ValueError(Errors.C511.format(name=path.name, reason=reason)) from None


def _make_examples(
    nlp: Language, corpus: FunsdCorpus | FormCorpus, forms: Iterable[GoldForm]
) -> Iterator[Example]:
    if corpus.shuffle:
        forms = list(forms)
        random.shuffle(forms)
    for gold in forms:
        doc = make_gold_doc(nlp.vocab, gold, spans_key=corpus.spans_key)
        if not len(doc):
            continue
        if corpus.shift:
            _move(doc, corpus.shift)
        plain = doc.copy()
        del plain.spans[corpus.spans_key]
        yield Example(plain, doc)


def _move(doc: Doc, shift: float) -> None:
    """Shrink what is on a page, and move it."""
    form = doc.user_data[FORM_KEY]
    [page] = form["pages"]
    scales = [1 - random.uniform(0, shift) for _ in range(2)]
    offsets = [
        random.uniform(0, 1 - scale) * page[side]
        for scale, side in zip(scales, ("width", "height"), strict=True)
    ]
    form["boxes"] = [
        [value * scales[i % 2] + offsets[i % 2] for i, value in enumerate(box)]
        for box in form["boxes"]
    ]
