"""Names of several concepts at once: "breast and ovarian cancer", "BRCA1/2 tumors"."""

import re

# What stands between the parts. A slash or a comma only where a word begins and ends.
_BETWEEN = re.compile(
    r"\s*(?:,?\s+(?:and/or|and|or|as well as)\s+|(?<=\w)\s*/\s*(?=\w)|,\s+)\s*"
)
_NUMBERED = re.compile(r"(.*\D)\d+$")
MAX_PARTS = 6


def split_composite(name: str) -> list[str]:
    """Split the name of several concepts, and give each part the words that they share.

    "breast and ovarian cancer" is "breast cancer" and "ovarian cancer", "tumors of the
    breast or ovary" is "tumors of the breast" and "tumors of the ovary".

    RETURNS: Names of the parts; none if the name has only one.
    """
    parts = [part.strip() for part in _BETWEEN.split(name)]
    if not 2 <= len(parts) <= MAX_PARTS or not all(parts):
        return []
    first, last = parts[0].split(), parts[-1].split()
    shared_after = last[1:]
    if len(last) > 1 and len(first) == 1:
        full = []
        for part in parts[:-1]:
            if part.isdecimal():
                return []
            full.append(" ".join([part, *shared_after]))
        number = _NUMBERED.match(parts[0])
        end = parts[-1]
        if number and last[0].isdecimal():
            end = f"{number[1]}{end}"
        return [*full, end]
    if len(first) > 1 and len(last) == 1:
        before = " ".join(first[:-1])
        return [parts[0], *(f"{before} {part}" for part in parts[1:])]
    return parts
