"""Split evidence into clauses, and detect hypothetical ones."""

import re
from collections.abc import Iterator

# What ends a clause.
CLAUSE_END = re.compile(r"[.!?](?=\s|$)|[;\n]|\bbut\b|\bhowever\b", re.IGNORECASE)
# Words before "rule out" and the like that state nothing themselves.
_FILLER = re.compile(
    r"(?:[\W\d_]|\b(?:a/p|plan|assessment|impression|recommendations?|instructions|"
    r"goals?|follow[- ]?up|differential|ddx|we|he|she|they|you|the|patient|pt|will|would|"
    r"should|to|and|also|then|please|is|was|are|be|at|high|low|increased|continue|"
    r"need|needs|want|wants|must|can|may|planned|planning|order(?:ed)?|in order)\b)*",
    re.IGNORECASE,
)
# "CT chest to rule out", but not "CT showed pneumonia, will rule out".
_PURPOSE = re.compile(
    r"\W*(?:plan\W+)?(?:(?:will|please|we|to|also|needs?|urgent|stat|repeat)\s+)*"
    r"(?:order(?:ed)?|obtain(?:ed)?|check(?:ed)?|get|send|sent|admit(?:ted)?|do|perform|"
    r"ct|cta|mri|cxr|x-?ray|chest x-?ray|ultrasound|us|echo|e[kc]g|eeg|labs?|"
    r"(?:blood |urine )?cultures?|troponins?|enzymes|biopsy|work-?up|evaluat(?:e|ed|ion)|"
    r"imaging|scan|d-?dimer|consult)\b"
    r"(?:(?!\b(?:with|for|shows?|showed|showing|has|had|of|due)\b).)*\bto\s*",
    re.IGNORECASE,
)


def split_clauses(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Split a part of a text at the ends of sentences, clauses and lines.

    YIELDS: Where each clause starts and ends (characters of the text), without white
        space around it; empty ones are left out.
    """
    first = start
    borders = [match.span() for match in CLAUSE_END.finditer(text, start, end)]
    for last, following in [*borders, (end, end)]:
        clause = text[first:last]
        begin = first + len(clause) - len(clause.lstrip())
        if clause.strip():
            yield begin, begin + len(clause.strip())
        first = following


def is_hypothetical(clause: str, trigger: re.Pattern[str]) -> bool:
    """Check whether a clause is hypothetical: all of it depends on "if" or "rule out".

    trigger: What makes the rest of a clause hypothetical.
    """
    match = trigger.search(clause)
    if match is None:
        return False
    parts = clause[: match.start()].split(",")
    return all(_FILLER.fullmatch(part) or _PURPOSE.fullmatch(part) for part in parts)
