"""Identifiers of people in a text: what they are, and what takes their place."""

from spacy_clinical.identifiers.deidentify import deidentify
from spacy_clinical.identifiers.keys import load_key

__all__ = ["deidentify", "load_key"]
