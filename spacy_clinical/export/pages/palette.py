"""Choose the colors of entity types: one hue for each group, the same on every page."""

import zlib
from typing import NamedTuple


class TypeStyle(NamedTuple):
    """The look of an entity type: dark ink on a light background (CSS colors).

    mark: Of marks on light and on dark paper.
    """

    group: str
    background: str
    ink: str
    border: str
    mark: str


_OTHER = "Other"
# Group: hue in degrees, and its types, from the most to the least common.
_GROUPS = {
    "Findings": (2, "Sign_symptom Disease_disorder Outcome"),
    "Procedures": (210, "Diagnostic_procedure Therapeutic_procedure Clinical_event"),
    "Medications": (138, "Medication Dosage Administration"),
    "Anatomy": (276, "Biological_structure Biological_attribute"),
    "Values": (
        180,
        "Lab_value Quantitative_concept Distance Area Volume Mass Height Weight",
    ),
    "Descriptions": (
        26,
        "Detailed_description Severity Qualitative_concept Shape Color Texture",
    ),
    "Time": (47, "Date Duration Time Frequency"),
    "Person and history": (
        322,
        "Age Sex History Family_history Personal_background Occupation Subject",
    ),
    "Events and places": (
        245,
        "Nonbiological_location Activity Coreference Other_event Other_entity",
    ),
}
_PLACES = {
    label: (group, hue, position / max(labels.count(" "), 1))
    for group, (hue, labels) in _GROUPS.items()
    for position, label in enumerate(labels.split())
}
GROUP_ORDER = (*_GROUPS, _OTHER)


def get_style(label: str) -> TypeStyle:
    """Look up the colors of an entity type; others than MACCROBAT's get a stable hue.

    label: As in `doc.ents`.
    """
    if label in _PLACES:
        group, hue, share = _PLACES[label]
        return _make_style(group, round(hue + 10 * share), round(93 - 9 * share))
    return _make_style(_OTHER, zlib.crc32(label.encode()) % 360, 91)


def _make_style(group: str, hue: int, lightness: int) -> TypeStyle:
    return TypeStyle(
        group,
        background=f"hsl({hue} 82% {lightness}%)",
        ink=f"hsl({hue} 70% 19%)",
        border=f"hsl({hue} 48% {lightness - 26}%)",
        mark=f"hsl({hue} 58% 47%)",
    )
