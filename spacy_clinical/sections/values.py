"""Tell values of measures and fields from text."""

import re

from spacy_clinical.sections.titles import SectionTitles

# Values of measures, fields and choices.
_VALUE = re.compile(
    r"[ \t]*(?:[<>~\u2248+-]?[ \t]*\d|\[\*\*|_{3}|(?:normal|negative|positive|none|"
    r"neg|pos|within|elevated|wnl|n/?a|yes|no|nl)\b)",
    re.IGNORECASE,
)
# A rate or the like, but not a flow of oxygen.
_RATE = re.compile(
    r"[ \t]*(?:\(!\)[ \t]*)?[<>~]?\d+(?![\d.]*[ \t]*(?:%|L\b|LPM\b|liters?\b))",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"([A-Za-z][A-Za-z0-9 ]{0,20}?)[ ]+[<>(]?\d")


def has_value(flat: str, position: int) -> bool:
    """Check whether a measure's or field's value follows, and no text."""
    return _VALUE.match(flat, position) is not None


def has_rate(flat: str, position: int) -> bool:
    """Check whether a measured number follows, and no text."""
    return _RATE.match(flat, position) is not None


def starts_with_measure(text: str, titles: SectionTitles) -> bool:
    """Check whether a phrase is a measure with its value ("BP 120/80, HR")."""
    match = _NUMBERED.match(text)
    return match is not None and titles.is_never(match[1])
