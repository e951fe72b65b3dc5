"""Detection of corpus formats, for all commands that read labelled texts."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias

from spacy.language import Language
from spacy.training import Corpus, Example

from spacy_clinical.corpora.brat import BratCorpus
from spacy_clinical.corpora.codiesp import CodiEspCorpus
from spacy_clinical.corpora.conll import ConllCorpus, is_conll
from spacy_clinical.corpora.forms import ANNOTATIONS, FormCorpus, FunsdCorpus
from spacy_clinical.corpora.jsonl import EntityCorpus
from spacy_clinical.corpora.pubtator import PubTatorCorpus, is_pubtator
from spacy_clinical.corpora.squad import SquadCorpus, is_squad
from spacy_clinical.corpora.table import TableCorpus
from spacy_clinical.errors import CodedFileNotFoundError, CodedValueError, Errors
from spacy_clinical.files.regular import coded_errors, open_regular, show_path
from spacy_clinical.files.walk import Walk

Reader: TypeAlias = Callable[[Language], Iterable[Example]]


class Kind(NamedTuple):
    """A format of corpora.

    what: Description for messages.
    corpus: Class that reads it.
    reads_folders: Whether the class reads a whole folder, not single files.
    """

    what: str
    corpus: Callable[..., Reader]
    reads_folders: bool = False


KINDS = {
    "spacy": Kind("spaCy's .spacy", Corpus),
    "codiesp": Kind("CodiEsp (a table of codes and text_files_en)", CodiEspCorpus),
    "funsd": Kind("FUNSD (annotations/*.json)", FunsdCorpus),
    "forms": Kind("forms in .jsonl", FormCorpus),
    "brat": Kind("BRAT (.txt with .ann)", BratCorpus, True),
    "pubtator": Kind("PubTator (id|t|title, id|a|abstract, entities)", PubTatorCorpus),
    "conll": Kind("CoNLL (a token and its tags on each line)", ConllCorpus),
    "table": Kind(
        "tables of texts and labels (.csv, .tsv, .parquet)", TableCorpus, True
    ),
    "jsonl": Kind(".jsonl of texts with entities or cats", EntityCorpus),
    "squad": Kind("SQuAD (.json of contexts and questions)", SquadCorpus),
}
# Formats with codes of whole texts.
OF_CODES = ("spacy", "codiesp", "table", "jsonl")
# Formats that can be converted to .spacy. Forms can't: a Doc that spaCy makes of their
# text has no boxes; nor questions, which would be lost in the same way. JSON lines without labels are texts without entities.
CONVERTIBLE = ("brat", "codiesp", "pubtator", "conll", "jsonl", "table")


def find_reader(
    path: Path,
    *,
    text_column: str = "text",
    label_column: str = "label",
    kinds: Sequence[str] = tuple(KINDS),
) -> Reader:
    """Find the reader for labelled texts or forms at a path.

    path: A file, a folder in one format, or a folder of such files and folders.
    text_column, label_column: Columns of tables.
    kinds: Formats to accept, keys of `KINDS`. If several fit, the first is used. If
        only one is given, a file is read in that format.
    RAISES FileNotFoundError: C301, if there is no such path.
    RAISES OSError: C315, if it is a pipe or a device.
    RAISES ValueError: C420, if it has no accepted format, or several.
    """
    if not path.exists():
        raise CodedFileNotFoundError(Errors.C301.format(path=show_path(path)))
    is_folder = path.is_dir()
    if not is_folder:
        open_regular(path).close()
    if len(kinds) == 1 and not is_folder:
        places = {path: set(kinds)}
    else:
        places = _list_places(path, label_column)
    kind = _choose(path, list(places.values()), kinds)
    make: Callable[..., Reader] = KINDS[kind].corpus
    if kind == "table":
        make = partial(make, text_column=text_column, label_column=label_column)
    if KINDS[kind].reads_folders:
        return make(path)
    readers = [make(place) for place in places]
    return readers[0] if len(readers) == 1 else partial(_read_all, readers)


def _read_all(readers: Iterable[Reader], nlp: Language) -> Iterator[Example]:
    for reader in readers:
        yield from reader(nlp)


def _choose(path: Path, possible: Sequence[set[str]], kinds: Sequence[str]) -> str:
    """Choose the format that all files may have."""
    common = set.intersection(*possible) if possible else set()
    for kind in kinds:
        if kind in common:
            return kind
    seen = [name for name in KINDS if any(name in may_be for may_be in possible)]
    listed = "; ".join(KINDS[name].what for name in seen)
    raise CodedValueError(
        Errors.C420.format(
            path=show_path(path),
            found=listed or "nothing in a known format",
            known="; ".join(KINDS[name].what for name in kinds),
        )
    )


def _list_places(path: Path, label_column: str) -> dict[Path, set[str]]:
    """Find the files and folders to read, with the possible formats of each."""
    kind = _find_folder_kind(path)
    if kind:
        return {path: {kind}}
    if not path.is_dir():
        return {path: _find_file_kinds(path, label_column)}
    folders = [inner for inner in sorted(path.iterdir()) if inner.is_dir()]
    kinds = {inner: _find_folder_kind(inner) for inner in folders}
    places = {inner: {kind} for inner, kind in kinds.items() if kind}
    files = list(Walk(path, {inner.resolve() for inner in places}))
    if any(file.suffix == ".ann" for file in files):
        # The folder may also have lists and settings.
        return {path: {"brat"}, **places}
    for file in files:
        # The reader refuses files that aren't regular.
        if file.is_file() or file.suffix.lower() in _SUFFIXES:
            may_be = _find_file_kinds(file, label_column) - {"brat"}
            places |= {file: may_be} if may_be else {}
    if not places and any(file.suffix == ".txt" for file in files):
        return {path: {"brat"}}
    return places


def _find_folder_kind(path: Path) -> str:
    if path.is_dir() and any(path.glob("*D.tsv")):
        return "codiesp"
    return "funsd" if (path / ANNOTATIONS).is_dir() else ""


_TABLES = frozenset({".csv", ".tsv", ".parquet"})
_LINES = frozenset({".jsonl", ".ndjson"})
_CONLL = frozenset({".conll", ".iob", ".bio"})
_SUFFIXES = frozenset({".spacy", ".pubtator", ".json", *_TABLES, *_LINES, *_CONLL})


def _find_file_kinds(path: Path, label_column: str) -> set[str]:
    """Find the possible formats of a file, by its suffix or else by its content."""
    suffix = path.suffix.lower()
    with coded_errors(path):
        if suffix == ".spacy":
            # spaCy would block on a pipe.
            open_regular(path).close()
            return {"spacy"}
        if suffix in _LINES:
            return _find_line_kinds(path, label_column)
        if suffix in _CONLL:
            return {"conll"}
        if suffix == ".json":
            return {"squad"} if is_squad(path) else set()
        if suffix == ".txt" and path.with_suffix(".ann").exists():
            return {"brat"}
        if suffix != ".parquet" and is_pubtator(path):
            return {"pubtator"}
        if suffix != ".parquet" and is_conll(path):
            return {"conll"}
    if suffix == ".txt":
        return {"brat"}
    return {"table"} if suffix in _TABLES else set()


def _find_line_kinds(path: Path, label_column: str) -> set[str]:
    """Find the possible formats of the first record with labels."""
    with open_regular(path) as lines:
        for line in lines:
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if not isinstance(record, dict):
                continue
            if "form" in record:
                return {"forms"}
            kinds = {"jsonl"} if {"entities", "cats"} & set(record) else set()
            if isinstance(record.get(label_column), str):
                kinds.add("table")
            if kinds:
                return kinds
    return {"table", "jsonl"}
