"""Vocabularies by name: those that ship, and those in the folders of a store.

The variable SPACY_CLINICAL_VOCABULARIES names one or more folders of vocabularies,
separated as in PATH. Vocabularies that ship are unpacked once, into a folder for
caches (`files/cache.py`).
"""

import os
from configparser import ConfigParser
from functools import cache
from pathlib import Path
from typing import NamedTuple

from spacy_clinical.concepts.build import Watch, build_vocabulary
from spacy_clinical.concepts.folder import FORMAT, MANIFEST
from spacy_clinical.concepts.sources.source import Facts
from spacy_clinical.concepts.vocabulary import Vocabulary
from spacy_clinical.errors import CodedFileNotFoundError, Errors, name_type
from spacy_clinical.files.cache import find_cache, open_or_make
from spacy_clinical.files.regular import show_path

STORE_VARIABLE = "SPACY_CLINICAL_VOCABULARIES"
SHIPPED = Path(__file__).parents[1] / "resources" / "vocabularies"


class Shipped(NamedTuple):
    """A vocabulary that ships: its card, and its entries as compressed JSON lines.

    changes: What was changed of the published one.
    cite: What to cite.
    """

    facts: Facts
    path: Path
    sha256: str
    changes: str
    cite: str


class Known(NamedTuple):
    """A vocabulary that can be opened by its name.

    folder: Where it is, or where it will be unpacked.
    """

    name: str
    version: str
    license: str
    folder: Path
    is_shipped: bool


@cache
def list_shipped() -> dict[str, Shipped]:
    """List the vocabularies that ship, by their names."""
    return {path.stem: _read_card(path) for path in sorted(SHIPPED.glob("*.cfg"))}


def _read_card(path: Path) -> Shipped:
    card = ConfigParser(interpolation=None)
    card.read(path, encoding="utf8")
    values = card["vocabulary"]
    facts = Facts(path.stem, values["version"], values["license"], values["url"])
    data = path.with_suffix(".jsonl.xz")
    return Shipped(facts, data, values["sha256"], values["changes"], values["cite"])


def list_vocabularies() -> list[Known]:
    """List the vocabularies that can be opened by their names."""
    known = {
        name: Known(name, *shipped.facts[1:3], _find_unpacked(name), True)
        for name, shipped in list_shipped().items()
    }
    for store in _list_stores():
        for path in sorted(store.glob(f"*/{MANIFEST}")):
            name = path.parent.name
            if name not in known:
                try:
                    manifest = Vocabulary.open(path.parent).manifest
                # Shown by `spacy-clinical vocabulary verify`.
                except ValueError as error:
                    version, license = name_type(error), "?"
                else:
                    version, license = manifest.version, manifest.license
                known[name] = Known(name, version, license, path.parent, False)
    return list(known.values())


def open_vocabulary(name: str | Path, *, watch: Watch | None = None) -> Vocabulary:
    """Open a vocabulary.

    name: Name of one that ships or of a folder in a store, or a path.
    watch: Shows progress where a shipped one is unpacked: see `build_vocabulary`.
    RAISES FileNotFoundError: C909, if there is none.
    RAISES OSError: C910, if it can't be unpacked.
    RAISES ValueError: C906 to C908, if it is broken; see `Vocabulary.open`.
    """
    if str(name) in list_shipped():
        return _open_shipped(str(name), watch)
    for folder in (Path(name), *(store / name for store in _list_stores())):
        if folder.is_dir():
            return Vocabulary.open(folder)
    available = ", ".join(known.name for known in list_vocabularies())
    raise CodedFileNotFoundError(
        Errors.C909.format(
            name=show_path(name), available=available, variable=STORE_VARIABLE
        )
    )


def _list_stores() -> list[Path]:
    value = os.environ.get(STORE_VARIABLE, "")
    return [Path(part).expanduser() for part in value.split(os.pathsep) if part]


def _find_unpacked(name: str) -> Path:
    shipped = list_shipped()[name]
    folder = f"{name}-{shipped.sha256[:16]}-{FORMAT}"
    return find_cache() / "vocabularies" / folder


def _open_shipped(name: str, watch: Watch | None) -> Vocabulary:
    shipped = list_shipped()[name]

    def make(folder: Path) -> None:
        build_vocabulary([shipped.path], folder, facts=shipped.facts, watch=watch)

    return open_or_make(
        _find_unpacked(name), name, Vocabulary.open, make, message=Errors.C910
    )
