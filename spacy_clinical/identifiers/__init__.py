"""Identifiers of people in a text: what they are, and what takes their place."""

from spacy_clinical.identifiers.replace.deidentify import deidentify
from spacy_clinical.identifiers.replace.keys import load_key

__all__ = ["deidentify", "load_key"]
