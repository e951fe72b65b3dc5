"""Encoders: the only subpackage that imports torch and transformers."""

from spacy_clinical.encoders import forks as forks
