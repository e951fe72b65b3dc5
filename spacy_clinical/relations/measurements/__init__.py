"""Measurements: which value belongs to which analyte, with its unit, range and date."""

from spacy_clinical.relations.measurements.assemble import assemble_measurements

__all__ = ["assemble_measurements"]
