"""Dates, times, durations, ages and frequencies: what they say, in ISO 8601."""

from spacy_clinical.relations.dates.normalize import normalize_time
from spacy_clinical.relations.dates.resolve import resolve_dates

__all__ = ["normalize_time", "resolve_dates"]
