"""Identifiers of people in a text: what they are, and what takes their place."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spacy_clinical.identifiers.replace.deidentify import deidentify
    from spacy_clinical.identifiers.replace.keys import load_key

__all__ = ["deidentify", "load_key"]

_HOMES = {"deidentify": "deidentify", "load_key": "keys"}


def __getattr__(name: str) -> Any:
    """Import what replaces identifiers when it is asked for: all who write records import
    this package, and spacy.blank does."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.replace.{_HOMES[name]}"), name)
