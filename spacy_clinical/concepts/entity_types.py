"""Semantic types that the concepts of entities may have."""

from collections.abc import Mapping, Sequence

_DISEASES = (
    *("human disease", "injury", "disease susceptibility", "Phenotypic abnormality"),
    *("Diseases", "Mental Disorders", "Behavior and Behavior Mechanisms"),
)
_PROCEDURES = (
    "Analytical, Diagnostic and Therapeutic Techniques, and Equipment",
    *("Health Care", "Diagnosis", "Therapeutics"),
)
DRUGS = ("Chemicals and Drugs",)
# Semantic types of the vocabularies that ship, by labels of entities. Tests are named
# after what they measure, such as creatinine.
TYPES: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("Disease_disorder", "Sign_symptom", "Disease"), _DISEASES),
    **dict.fromkeys(("SpecificDisease", "DiseaseClass"), _DISEASES),
    **dict.fromkeys(("CompositeMention", "Modifier", "Family_history"), _DISEASES),
    **dict.fromkeys(("Medication", "Chemical"), DRUGS),
    "Therapeutic_procedure": _PROCEDURES,
    "Diagnostic_procedure": (*_PROCEDURES, *DRUGS, "Phenomena and Processes"),
    "Biological_structure": ("Anatomy",),
}
# Labels of MACCROBAT and of Chia whose entities name no concept of a vocabulary.
UNLINKED = frozenset(
    {
        *("Age", "Area", "Color", "Coreference", "Date", "Detailed_description"),
        *("Distance", "Dosage", "Duration", "Frequency", "Height", "Lab_value", "Mass"),
        *("Nonbiological_location", "Occupation", "Quantitative_concept", "Severity"),
        *("Sex", "Shape", "Subject", "Texture", "Time", "Volume", "Weight"),
        *("Activity", "Administration", "Clinical_event", "Outcome"),
        "Personal_background",
        *("Value", "Temporal", "Multiplier", "Reference_point"),
    }
)
# Types of concepts that aren't of people, and those that they have besides.
VETERINARY = ("non-human animal disease", "Animal Diseases")
GENERAL = ("disease", "Diseases")


def list_all(types: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """List the types of all labels."""
    return frozenset(name for names in types.values() for name in names)
