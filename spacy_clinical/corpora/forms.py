"""Readers of annotated forms, for training."""

import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from spacy_clinical.corpora.form_gold import GoldForm, make_gold_doc, read_gold
from spacy_clinical.errors import CodedValueError, Errors, name_type
from spacy_clinical.extensions.attributes import FORM_SPANS_KEY
from spacy_clinical.extensions.form_data import find_forms, keep_form
from spacy_clinical.files.regular import coded_errors, open_regular, read_regular
from spacy_clinical.forms.images import FORMATS
from spacy_clinical.forms.quiet import quiet_libraries

ANNOTATIONS, IMAGES = "annotations", "images"


class _Corpus:
    """Base class of corpora of annotated forms."""

    def __init__(
        self,
        path: str | Path,
        *,
        spans_key: str = FORM_SPANS_KEY,
        fields: Literal["linked", "labelled"] = "linked",
        shift: float = 0.0,
        shuffle: bool = False,
        limit: int = 0,
    ) -> None:
        """Set up the corpus; files are read when it is called.

        spans_key: Key of the span group for headers, questions and answers.
        fields: What labels stand for: "linked" (headers, questions and answers) or
            "labelled" (names of fields).
        shift: Augmentation: forms are shrunk and moved at random, by up to this share
            of the page.
        shuffle: Whether to change the order in each iteration. All forms are then kept
            in memory.
        limit: Maximum number of forms to read; 0 for all.
        """
        self.path = Path(path)
        self.spans_key = spans_key
        self.is_labelled = fields == "labelled"
        self.shift = shift
        self.shuffle = shuffle
        self.limit = limit
        self._kept: list[Doc] = []

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the forms.

        YIELDS: One Example for each page. Its predicted Doc has only words and boxes.
        RAISES ValueError: C511 or C512, if a file is missing or broken.
        """
        for doc in self._list_docs(nlp):
            if not len(doc):
                continue
            moved = _move(doc, self.shift) if self.shift else doc
            plain = moved.copy()
            del plain.spans[self.spans_key]
            yield Example(plain, moved)

    def _list_docs(self, nlp: Language) -> Iterable[Doc]:
        docs = (
            make_gold_doc(nlp.vocab, gold, spans_key=self.spans_key)
            for gold in self.read()
        )
        if not self.shuffle:
            return docs
        if not self._kept or self._kept[0].vocab is not nlp.vocab:
            self._kept = list(docs)
        return random.sample(self._kept, len(self._kept))

    def read(self) -> Iterator[GoldForm]:
        """Read the annotations of each page.

        RAISES ValueError: C511 or C512, if a file is missing or broken.
        """
        raise NotImplementedError


class FunsdCorpus(_Corpus):
    """Corpus of Examples from a part of FUNSD, or of a corpus in its format.

    path: A folder with annotations/*.json and images/*.png, such as training_data.
        Without images, the size of a page is the extent of its boxes.
    """

    def read(self) -> Iterator[GoldForm]:
        paths = sorted((self.path / ANNOTATIONS).glob("*.json"))
        if not paths:
            raise CodedValueError(Errors.C512.format(path=self.path))
        for path in paths[: self.limit or None]:
            with coded_errors(path.name):
                data = read_regular(path)
            record = _parse(data, path.name)
            image = self.path / IMAGES / f"{path.stem}.png"
            yield read_gold(
                record,
                name=path.name,
                size=_measure(image),
                is_labelled=self.is_labelled,
            )


class FormCorpus(_Corpus):
    """Corpus of Examples from a table of forms (scripts/make_forms.py).

    path: A .jsonl file with a page in FUNSD's format on each line, and its "name",
        "width" and "height".
    """

    def read(self) -> Iterator[GoldForm]:
        if not self.path.is_file():
            raise CodedValueError(Errors.C512.format(path=self.path))
        with open_regular(self.path) as lines:
            for number, line in enumerate(lines, start=1):
                if self.limit and number > self.limit:
                    break
                name = f"{self.path.name}, line {number}"
                record = _parse(line, name)
                yield read_gold(
                    record,
                    name=str(record.get("name", name)),
                    is_labelled=self.is_labelled,
                )


def _parse(data: bytes, name: str) -> dict[str, Any]:
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise CodedValueError(Errors.C511.format(name=name, reason="not a JSON object"))
    return record


def _measure(path: Path) -> tuple[float, float] | None:
    if not path.is_file():
        return None
    try:
        with (
            quiet_libraries(),
            open_regular(path) as handle,
            Image.open(handle, formats=FORMATS) as image,
        ):
            return float(image.width), float(image.height)
    # Each image format raises its own errors.
    except Exception as error:
        reason = name_type(error)
        raise CodedValueError(
            Errors.C511.format(name=path.name, reason=reason)
        ) from None


def _move(doc: Doc, shift: float) -> Doc:
    """Copy a Doc, with the content of its page shrunk and moved at random."""
    moved = doc.copy()
    [(_, _, form)] = find_forms(doc)
    [page] = form["pages"]
    scales = [1 - random.uniform(0, shift) for _ in range(2)]
    offsets = [
        random.uniform(0, 1 - scale) * page[side]
        for scale, side in zip(scales, ("width", "height"), strict=True)
    ]
    boxes = [
        [value * scales[i % 2] + offsets[i % 2] for i, value in enumerate(box)]
        for box in form["boxes"]
    ]
    keep_form(
        moved,
        source=form["source"],
        pages=form["pages"],
        boxes=boxes,
        confidences=form["confidences"],
        numbers=form["numbers"],
    )
    return moved
