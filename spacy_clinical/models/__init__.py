"""Shipped pipelines, one folder each, and functions to load them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.util import SimpleFrozenDict, SimpleFrozenList, is_package

from spacy_clinical.errors import CodedFileNotFoundError, Errors

DEFAULT_MODEL = "en_clinical_sm"
# Shipped pipelines read long notes in windows, so memory stays bounded.
MAX_CHARS = 20_000_000
_FOLDER = Path(__file__).parent


def list_models() -> list[str]:
    """List the names of the shipped pipelines."""
    return sorted(path.parent.name for path in _FOLDER.glob("*/config.cfg"))


def model_path(name: str = DEFAULT_MODEL) -> Path:
    """Get the folder of a shipped pipeline, for `spacy.load` and configs.

    RAISES FileNotFoundError: C311, if there is no shipped pipeline with that name.
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
    """Load a pipeline without a network, and raise `nlp.max_length` for long notes.

    `nlp.max_length` is set to at least 20 million characters.

    name: Name of a shipped pipeline, folder of a saved one, or name of an installed
        package, looked up in this order.
    disable: Components to load but not to run.
    exclude: Components not to load.
    config: Settings to change, nested or with dots, as in `spacy.load`.
    RAISES FileNotFoundError: C311, if there is no such pipeline.
    """
    source: str | Path = name
    if name in list_models():
        source = model_path(str(name))
    elif not Path(name).exists() and not is_package(str(name)):
        raise CodedFileNotFoundError(_unknown(str(name)))
    nlp = spacy.load(source, disable=disable, exclude=exclude, config=dict(config))
    nlp.max_length = max(nlp.max_length, MAX_CHARS)
    return nlp


def get_title(nlp: Language) -> str:
    """Get the name and version of a pipeline."""
    return "{lang}_{name} {version}".format(**nlp.meta)


def _unknown(name: str) -> str:
    available = ", ".join(list_models()) or "none"
    return Errors.C311.format(name=name, available=available)
