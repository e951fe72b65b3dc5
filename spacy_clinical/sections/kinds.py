"""Detect the kind of report, where the meaning of titles depends on it."""

import re

# It starts with a fixed character, so that the search is fast.
_TITLE = re.compile(
    r"\n(?:[ \t#*_>-]{0,8}(?:"
    r"(?P<image>technique|comparison|comparisons)"
    r"|(?P<finding>findings?|impression|conclusions?)"
    r"|(?P<tissue>gross description|microscopic(?: description)?|"
    r"specimens?(?: (?:submitted|received|source|type))?)"
    r"|(?P<diagnosis>(?:final |pathologic |anatomic )+diagnos[ie]s)"
    r"|(?P<visit>hpi|history of present illness|chief complaint|physical exam|"
    r"physical examination|past medical history|pmh|medications|hospital course|"
    r"pre-?operative diagnosis|assessment|assessment and plan|plan)"
    r")[ \t*_]{0,4}(?=:|\n|$)"
    r"|[ \t]{0,8}(?P<study>exam|examination|study|procedure)s?[ \t]*:\s*"
    r"(?:cta?|mr[ia]?|xr|x-?rays?|us|ultrasound|pet|mammogra\w+|radiograph\w*)\b)",
    re.IGNORECASE,
)


def find_kinds(flat: str) -> frozenset[str]:
    """Check whether a note is a report of imaging or of pathology, by its titles.

    RETURNS: `imaging_report` or `pathology_report`, or nothing.
    """
    if not _may_be_report(flat):
        return frozenset()
    titles = {match.lastgroup for match in _TITLE.finditer(f"\n{flat}")}
    if "visit" in titles:
        return frozenset()
    kinds = set()
    if "finding" in titles and ("image" in titles or "study" in titles):
        kinds.add("imaging_report")
    elif {"tissue", "diagnosis"} <= titles:
        kinds.add("pathology_report")
    return frozenset(kinds)


def _may_be_report(flat: str) -> bool:
    """Check whether a note has any of the words that every report has."""
    # As one expression, which is far faster than any().
    return (
        "FINDINGS" in flat
        or "Findings" in flat
        or "TECHNIQUE" in flat
        or "Technique" in flat
        or "COMPARISON" in flat
        or "Comparison" in flat
        or "GROSS" in flat
        or "Gross" in flat
        or "SPECIMEN" in flat
        or "Specimen" in flat
    )
