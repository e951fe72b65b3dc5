"""Reader of JSON lines: texts with entities or labels of the whole text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import filter_spans

from spacy_clinical.errors import CodedValueError, Errors, name_type
from spacy_clinical.extensions.assertion_attributes import (
    CONTEXT_ATTRIBUTES,
    mark_assertion,
)
from spacy_clinical.files.regular import open_regular


class EntityCorpus:
    """Corpus of Examples from a .jsonl file of texts with entities or labels."""

    def __init__(self, path: str | Path) -> None:
        """Set up the corpus; the file is read when it is called.

        path: A file with, on each line, a "text", its "entities" (lists of start, end
            and label, or records of `annotate`, with is_negated and the like) and
            "cats" (scores by label).
        """
        self.path = Path(path)

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the file.

        RAISES ValueError: C211 and C212, if a line can't be read.
        """
        with open_regular(self.path) as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    doc = _read_record(nlp, line, f"{self.path.name}, line {number}")
                    yield Example(nlp.make_doc(doc.text), doc)


def _read_record(nlp: Language, line: bytes, source: str) -> Doc:
    try:
        record: dict[str, Any] = json.loads(line)
        doc = nlp.make_doc(record["text"])
        spans = [_read_entity(item) for item in record.get("entities", ())]
        cats = {str(k): float(v) for k, v in record.get("cats", {}).items()}
    # A wrong format may raise anything.
    except Exception as error:
        reason = name_type(error)
        raise CodedValueError(
            Errors.C211.format(source=source, reason=reason)
        ) from None
    ents = []
    for start, end, label, said in spans:
        span = None
        if 0 <= start < end <= len(doc.text):
            span = doc.char_span(start, end, label=label, alignment_mode="expand")
        if span is None:
            raise CodedValueError(
                Errors.C212.format(source=source, start=start, end=end)
            )
        mark_assertion(span, said)
        ents.append(span)
    doc.ents = filter_spans(ents)
    doc.cats = cats
    return doc


def _read_entity(item: Any) -> tuple[int, int, str, list[str]]:
    if isinstance(item, dict):
        said = [name for name in CONTEXT_ATTRIBUTES if item.get(name) is True]
        return int(item["start"]), int(item["end"]), str(item["label"]), said
    start, end, label = item[:3]
    return int(start), int(end), str(label), []
