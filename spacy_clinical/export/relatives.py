"""Read who in the family is named in a text."""

import re
from typing import NamedTuple

# Who in the family, with HL7's code of the relationship (v3-RoleCode).
RELATIVES: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("mother", "mom", "mum"), ("MTH", "mother")),
    **dict.fromkeys(("father", "dad"), ("FTH", "father")),
    **dict.fromkeys(("brother", "brothers"), ("BRO", "brother")),
    **dict.fromkeys(("sister", "sisters"), ("SIS", "sister")),
    **dict.fromkeys(("sibling", "siblings"), ("SIB", "sibling")),
    **dict.fromkeys(("son", "sons"), ("SON", "natural son")),
    **dict.fromkeys(("daughter", "daughters"), ("DAU", "natural daughter")),
    **dict.fromkeys(("child", "children"), ("CHILD", "child")),
    **dict.fromkeys(("grandmother", "grandma"), ("GRMTH", "grandmother")),
    **dict.fromkeys(("grandfather", "grandpa"), ("GRFTH", "grandfather")),
    **dict.fromkeys(("grandparent", "grandparents"), ("GRPRN", "grandparent")),
    **dict.fromkeys(("aunt", "aunts"), ("AUNT", "aunt")),
    **dict.fromkeys(("uncle", "uncles"), ("UNCLE", "uncle")),
    **dict.fromkeys(("cousin", "cousins"), ("COUSN", "cousin")),
    **dict.fromkeys(("nephew", "nephews"), ("NEPHEW", "nephew")),
    **dict.fromkeys(("niece", "nieces"), ("NIECE", "niece")),
    **dict.fromkeys(("parent", "parents"), ("PRN", "parent")),
    "wife": ("WIFE", "wife"),
    "husband": ("HUSB", "husband"),
    "spouse": ("SPS", "spouse"),
}
_RELATIVE = re.compile(
    rf"(?:\b(maternal|paternal) )?\b({'|'.join(RELATIVES)})\b", re.IGNORECASE
)
# Relatives that HL7 has codes of for both sides of the family.
_SIDED = frozenset({"GRMTH", "GRFTH", "GRPRN", "AUNT", "UNCLE", "COUSN"})


class Relative(NamedTuple):
    """A relative: HL7's code of the relationship, and its name."""

    code: str
    name: str


ANYBODY = Relative("FAMMEMB", "family member")


def find_last_relative(text: str) -> Relative | None:
    """Find the last relative that a text names."""
    names = _RELATIVE.findall(text)
    if not names:
        return None
    # As the pattern compares letters: a long s is an s.
    side, name = (part.casefold() for part in names[-1])
    code, display = RELATIVES[name]
    if side and code in _SIDED:
        return Relative(f"{side[0].upper()}{code}", f"{side} {display}")
    return Relative(code, display)
