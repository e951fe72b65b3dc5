"""Turn annotated texts of several formats into spaCy's own (.spacy)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training.converters import conll_ner_to_docs
from spacy.util import filter_spans

from spacy_clinical.corpora.brat import BratCorpus
from spacy_clinical.errors import (
    CodedFileNotFoundError,
    CodedValueError,
    Errors,
    name_type,
)
from spacy_clinical.files.regular import open_regular, read_regular

Format = Literal["brat", "conll", "jsonl"]


def find_format(path: Path) -> Format:
    """Tell the format by what is at the path.

    RAISES FileNotFoundError: C301, if there is nothing.
    """
    if not path.exists():
        raise CodedFileNotFoundError(Errors.C301.format(path=path))
    if path.is_dir() or path.suffix == ".txt":
        return "brat"
    return "jsonl" if path.suffix in (".jsonl", ".ndjson") else "conll"


def read_docs(nlp: Language, path: Path, kind: Format) -> Iterator[Doc]:
    """Read annotated texts.

    kind: "brat" (.txt with .ann), "conll" (a token and its tags in a line, blank lines
        between sentences), or "jsonl": in each line a "text" with "entities", as lists
        of start, end and label, or as the records that `annotate` writes; and "cats".
    RAISES ValueError: C205 to C208, C211 and C212, if a file can't be read.
    """
    if kind == "brat":
        for example in BratCorpus(path)(nlp):
            yield example.reference
    elif kind == "conll":
        yield from _read_conll(path)
    else:
        with open_regular(path) as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _read_record(nlp, line, f"{path.name}, line {number}")


def _read_conll(path: Path) -> Iterator[Doc]:
    try:
        text = read_regular(path).decode("utf8")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        docs = list(conll_ner_to_docs(text, no_print=True))
    # Its own errors quote lines.
    except Exception as error:
        kind = name_type(error)
        raise CodedValueError(
            Errors.C211.format(source=path.name, reason=kind)
        ) from None
    yield from docs


def _read_record(nlp: Language, line: bytes, source: str) -> Doc:
    try:
        record: dict[str, Any] = json.loads(line)
        doc = nlp.make_doc(record["text"])
        spans = [_read_entity(item) for item in record.get("entities", ())]
        cats = {str(k): float(v) for k, v in record.get("cats", {}).items()}
    # Whatever the line says instead of what it should.
    except Exception as error:
        reason = name_type(error)
        raise CodedValueError(
            Errors.C211.format(source=source, reason=reason)
        ) from None
    ents = []
    for start, end, label in spans:
        span = None
        if 0 <= start < end <= len(doc.text):
            span = doc.char_span(start, end, label=label, alignment_mode="expand")
        if span is None:
            raise CodedValueError(
                Errors.C212.format(source=source, start=start, end=end)
            )
        ents.append(span)
    doc.ents = filter_spans(ents)
    doc.cats = cats
    return doc


def _read_entity(item: Any) -> tuple[int, int, str]:
    if isinstance(item, dict):
        return int(item["start"]), int(item["end"]), str(item["label"])
    start, end, label = item[:3]
    return int(start), int(end), str(label)
