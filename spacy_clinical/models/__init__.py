"""The pipelines that ship inside the package, one folder each."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.util import SimpleFrozenDict, SimpleFrozenList, is_package

from spacy_clinical.errors import CodedFileNotFoundError, Errors

DEFAULT_MODEL = "en_clinical_sm"
# What ships here needs no more memory for a long note than for its windows.
MAX_CHARS = 20_000_000
_FOLDER = Path(__file__).parent


def list_models() -> list[str]:
    """Name the pipelines that ship inside the package."""
    return sorted(path.parent.name for path in _FOLDER.glob("*/config.cfg"))


def model_path(name: str = DEFAULT_MODEL) -> Path:
    """Find the folder of a shipped pipeline, for `spacy.load` and configs.

    RAISES FileNotFoundError: C311, if none of that name ships.
    """
    if name not in list_models():
        raise CodedFileNotFoundError(_unknown(name))
    return _FOLDER / name


def load(
    name: str | Path = DEFAULT_MODEL,
    *,
    disable: str | Iterable[str] = SimpleFrozenList(),
    exclude: str | Iterable[str] = SimpleFrozenList(),
    config: Mapping[str, Any] = SimpleFrozenDict(),
) -> Language:
    """Load a pipeline, without a network, and let it read long notes.

    `nlp.max_length` is raised to 20 million characters.

    name: A shipped pipeline, the folder of a saved one, or an installed package;
        looked for in this order.
    disable: Components to load but not to run.
    exclude: Components not to load.
    config: Settings to change, nested or with dots, as in `spacy.load`.
    RAISES FileNotFoundError: C311, if there is nothing of that name.
    """
    found: str | Path = name
    if name in list_models():
        found = model_path(str(name))
    elif not Path(name).exists() and not is_package(str(name)):
        raise CodedFileNotFoundError(_unknown(str(name)))
    nlp = spacy.load(found, disable=disable, exclude=exclude, config=dict(config))
    nlp.max_length = max(nlp.max_length, MAX_CHARS)
    return nlp


def get_title(nlp: Language) -> str:
    """Name and version of a pipeline."""
    return "{lang}_{name} {version}".format(**nlp.meta)


def _unknown(name: str) -> str:
    available = ", ".join(list_models()) or "none"
    return Errors.C311.format(name=name, available=available)
