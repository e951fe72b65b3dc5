"""Find hospitals, clinics and homes by their names."""

import re
from collections.abc import Iterator

from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.matching import RuleText, apply_rules, compile_rule
from spacy_clinical.identifiers.vocabulary import is_medical, load_not_names

SOURCE = "facilities"
_HOUSE = (
    r"(?:Hospitals?|Infirmary|Hospice|Clinics?|Sanatorium|(?:Medical|Health|Cancer|Trauma|Heart|"
    r"Surgery|Surgical|Rehabilitation|Rehab|Nursing|Care|Dialysis|Eye|Psychiatric|Birth|"
    r"Community Health|Urgent Care|Imaging|Treatment|Living) (?:Centers?|Centre)|"
    r"Medical (?:Group|College|School|Campus)|Health (?:System|Services|Network|Partners)|"
    r"Healthcare|Nursing (?:Home|Facility)|Retirement (?:Home|Community)|"
    r"(?:Assisted|Senior) Living|Manor|Pharmacy|Memorial|Polyclinic|Klinik(?:um)?)"
)
_WORD = r"(?:[A-Z][\w'.-]{1,24}|of|and|&|the|for|de|la)"
_NAME = r"[A-Z][\w'&-]{1,24}(?: (?:(?:of|and|&) )?[A-Z][\w'&-]{1,24}){0,3}"
# The last word of a house, where another goes on.
_JOINED = r"(?:Hospital|Center|Centre|Clinic|Home|System) (?:and|at|for|to|from) "
# Words that each hospital may have in its name.
_GENERIC = frozenset(
    """
    general community university regional children children's childrens women women's county
    city state national memorial teaching local outside district central veterans veteran's va
    our another several private public rural tertiary referral academic nearby same pain
    outpatient inpatient day walk-in free urgent primary specialty hospital clinic center
    """.split()  # noqa: SIM905
)


def _is_named(match: re.Match[str]) -> bool:
    """Check that a house has a name: not "Cardiology Clinic", "The Hospital"."""
    words = re.findall(r"[A-Za-z][\w'.-]+", match["name"])
    return any(
        word[0].isupper()
        and not is_medical(word.removesuffix("'s"))
        and word.lower() not in load_not_names()
        and word.lower() not in _GENERIC
        for word in words
    )


_RULES = [
    compile_rule(
        SOURCE,
        "HOSP",
        "hospital",
        "capital",
        rf"(?<![\w'-])(?P<name>(?:(?!{_JOINED}){_WORD} ){{1,7}}){_HOUSE}\b",
        _is_named,
        ignore_case=False,
    ),
    compile_rule(
        SOURCE,
        "HOSP",
        "hospital",
        "capital",
        r"(?<![\w'-])(?:Hospital|Clinic|University|Cl[ií]nica|Institut[eo]?) (?:of|de|del) (?:the |la |los )?"
        r"(?P<name>[A-Z][\w'-]{2,20}(?: [A-Z][\w'-]{2,20}){0,3})",
        _is_named,
        ignore_case=False,
    ),
    # Where somebody works: "employed at Initech", "works as a nurse at Kestrel Foods".
    compile_rule(
        SOURCE,
        "PATORG",
        "organization",
        "word",
        rf"\b(?:(?:employed|employee|works?|worked|working|job|engineer|teacher|professor|"
        rf"manager|clerk|driver|cashier|machinist|analyst|developer|lawyer|accountant|janitor|"
        rf"mechanic|foreman|librarian)(?: (?:full|part)[- ]time)?(?: as an? (?:[a-z-]{{2,16}} ){{0,3}}"
        rf"[a-z-]{{2,16}})? (?:at|for|by)|employer ?:) (?-i:(?P<id>(?P<name>{_NAME})))",
        _is_named,
    ),
]


def find_facilities(text: RuleText) -> Iterator[Identifier]:
    """Find the hospitals, clinics and homes in a text."""
    return apply_rules(_RULES, text)
