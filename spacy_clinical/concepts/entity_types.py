"""Semantic types that the concepts of entities may have."""

from collections.abc import Mapping, Sequence

_DISEASES = (
    *("disease", "injury", "disease susceptibility", "Phenotypic abnormality"),
    *("Diseases", "Mental Disorders", "Behavior and Behavior Mechanisms"),
)
_PROCEDURES = (
    "Analytical, Diagnostic and Therapeutic Techniques, and Equipment",
    *("Health Care", "Diagnosis", "Therapeutics"),
)
# Semantic types of the vocabularies that ship, by labels of entities.
TYPES: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("Disease_disorder", "Sign_symptom", "Disease"), _DISEASES),
    **dict.fromkeys(("SpecificDisease", "DiseaseClass"), _DISEASES),
    **dict.fromkeys(("CompositeMention", "Modifier"), _DISEASES),
    **dict.fromkeys(("Medication", "Chemical"), ("Chemicals and Drugs",)),
    **dict.fromkeys(("Diagnostic_procedure", "Therapeutic_procedure"), _PROCEDURES),
    "Biological_structure": ("Anatomy",),
}
