"""Write the folder of a vocabulary: texts, and tables to find them by."""

from array import array
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from spacy_clinical.concepts.draft import Drafted
from spacy_clinical.concepts.folder import (
    ARRAYS,
    FORMAT,
    MANIFEST,
    TEXTS,
    hash_text,
)
from spacy_clinical.concepts.normalize import make_loose_key, normalize_name
from spacy_clinical.concepts.strings import StringsWriter
from spacy_clinical.files.atomic import open_atomic, replace_atomic
from spacy_clinical.files.digests import find_sha256
from spacy_clinical.files.json_text import write_json
from spacy_clinical.types import Ints1d


class _Keys:
    """Hashes of texts, each with a number."""

    def __init__(self) -> None:
        self._hashes = array("Q")
        self._numbers = array("i")

    def add(self, text: str, number: int) -> None:
        self._hashes.append(hash_text(text))
        self._numbers.append(number)

    def sort(self) -> tuple[Ints1d, Ints1d]:
        """Sort the hashes, and the numbers with them. Equal hashes stay in order."""
        hashes = np.frombuffer(self._hashes, dtype=np.uint64)
        order = np.argsort(hashes, kind="stable")
        return hashes[order], np.frombuffer(self._numbers, dtype=np.int32)[order]


def write_concepts(concepts: Iterable[Drafted], folder: Path) -> tuple[int, int]:
    """Write the texts and arrays of a vocabulary.

    concepts: In the order of their numbers.
    folder: To write to.
    RETURNS: The number of concepts, and that of names.
    """
    first_names, name_concepts = array("i"), array("i")
    type_ends, type_numbers = array("i", [0]), array("i")
    types: dict[str, int] = {}
    ids, keys, loose_keys = _Keys(), _Keys(), _Keys()
    # Ids from before lead to a concept unless it is another's id now.
    others: list[tuple[str, int]] = []
    with ExitStack() as stack:
        texts = {name: _open(stack, folder / f"{name}.bin") for name in TEXTS}
        for number, concept in enumerate(concepts):
            texts["ids"].write(concept.id)
            ids.add(concept.id, number)
            others += [(key, number) for key in concept.other_ids]
            texts["details"].write(_write_details(concept))
            type_numbers.extend(types.setdefault(t, len(types)) for t in concept.types)
            type_ends.append(len(type_numbers))
            first_names.append(len(name_concepts))
            loose: set[str] = set()
            for name in concept.names:
                keys.add(normalize_name(name), len(name_concepts))
                key = make_loose_key(name)
                if key not in loose:
                    loose_keys.add(key, len(name_concepts))
                    loose.add(key)
                texts["names"].write(name)
                name_concepts.append(number)
        for kind in types:
            texts["types"].write(kind)
        for key, number in others:
            ids.add(key, number)
        first_names.append(len(name_concepts))
        ends = {name: writer.ends for name, writer in texts.items()}
    columns = (first_names, name_concepts, type_ends, type_numbers)
    plain = [np.frombuffer(column, dtype=np.int32) for column in columns]
    tables = [part for table in (ids, keys, loose_keys) for part in table.sort()]
    arrays = dict(zip(ARRAYS, (*plain, *tables), strict=True))
    for name, values in {**ends, **arrays}.items():
        with (
            replace_atomic(folder / f"{name}.npy", is_private=False) as path,
            path.open("wb") as handle,
        ):
            np.save(handle, values, allow_pickle=False)
    return len(first_names) - 1, len(name_concepts)


def _open(stack: ExitStack, path: Path) -> StringsWriter:
    made = stack.enter_context(replace_atomic(path, is_private=False))
    return StringsWriter(stack.enter_context(made.open("wb")))


def _write_details(concept: Drafted) -> str:
    """Write as JSON what is only read with the whole record of a concept."""
    xrefs: dict[str, list[str]] = {}
    for system, code in concept.xrefs:
        xrefs.setdefault(system, []).append(code)
    details = {
        "definition": concept.definition,
        "xrefs": xrefs,
        "other_ids": concept.other_ids,
        "is_obsolete": concept.is_obsolete,
    }
    stated = {key: value for key, value in details.items() if value}
    return write_json(stated, ensure_ascii=False, separators=(",", ":"))


def write_manifest(folder: Path, facts: dict[str, Any]) -> None:
    """Write the manifest of a vocabulary, whose other files are written.

    folder: Of the vocabulary.
    facts: What it is, and what it was made of.
    """
    names = sorted(path.name for path in folder.iterdir() if path.name != MANIFEST)
    files = {
        name: {
            "bytes": (folder / name).stat().st_size,
            "sha256": find_sha256(folder / name),
        }
        for name in names
    }
    text = write_json({"format": FORMAT, **facts, "files": files}, indent=1)
    with open_atomic(folder / MANIFEST, is_private=False) as handle:
        handle.write(text + "\n")
