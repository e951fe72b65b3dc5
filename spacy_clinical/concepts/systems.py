"""Names of code systems in cross-references, which sources spell in many ways."""

import re

# Spelling in capitals, without punctuation and dates: name in this package.
_NAMES = {
    **dict.fromkeys(("ICD10CM", "ICD10EXP"), "ICD10CM"),
    **dict.fromkeys(("ICD10", "ICD10WHO"), "ICD10"),
    **dict.fromkeys(("ICD9", "ICD9CM"), "ICD9CM"),
    **dict.fromkeys(("ICDO", "ICDO3"), "ICDO"),
    **dict.fromkeys(("SCTID", "SNOMED", "SNOMEDCT", "SNOMEDCTUS", "SCT"), "SNOMEDCT"),
    **dict.fromkeys(("UMLS", "UMLSCUI"), "UMLS"),
    **dict.fromkeys(("OMIM", "MIM"), "OMIM"),
    **dict.fromkeys(("OMIMPS", "MIMPS"), "OMIMPS"),
    **dict.fromkeys(("MESH", "MSH"), "MESH"),
    **dict.fromkeys(("ORPHA", "ORPHANET", "ORDO"), "ORPHA"),
    **dict.fromkeys(("NCI", "NCIT"), "NCIT"),
    **dict.fromkeys(("MEDDRA", "MDR"), "MEDDRA"),
    **dict.fromkeys(("LNC", "LOINC"), "LOINC"),
    **dict.fromkeys(("HP", "HPO"), "HP"),
}
# Editions of SNOMED CT: SNOMEDCT_US_2023_03_01.
_DATE = re.compile(r"(_\d{4}_\d{2}_\d{2})$")
_MARKS = re.compile(r"[\W_]+")
# Prefixes of ids that repeat the name of the system: HP:0000118 in HP.
_PREFIX = re.compile(r"([A-Za-z]+):(?=.)")


def name_system(name: str) -> str:
    """Name a code system as this package does.

    name: As a source spells it: "ICD9", "SNOMEDCT_US_2023_03_01", "UMLS_CUI".
    RETURNS: "ICD9CM", "SNOMEDCT", "UMLS"; other names in capitals.
    """
    name = _DATE.sub("", name.strip())
    return _NAMES.get(_MARKS.sub("", name.upper()), name.upper())


def make_xref(system: str, code: str) -> tuple[str, str]:
    """Make a cross-reference, without a prefix of the code that repeats the system.

    system: As a source spells it.
    code: In that system.
    """
    system = name_system(system)
    prefix = _PREFIX.match(code)
    if prefix and name_system(prefix[1]) == system:
        code = code[prefix.end() :]
    return system, code


def split_xref(text: str) -> tuple[str, str] | None:
    """Make a cross-reference of "MESH:D000309"; None for other texts, such as URLs."""
    system, colon, code = text.strip().partition(":")
    if not colon or not system or not code or code.startswith("//"):
        return None
    return make_xref(system, code.strip())
