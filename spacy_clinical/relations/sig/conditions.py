"""Find when something is taken as needed, what for, and the steps of sliding scales."""

import re
from collections.abc import Iterator

from spacy_clinical.relations.sig.numbers import DIGITS, read_number
from spacy_clinical.relations.sig.parts import Condition, Part
from spacy_clinical.relations.sig.patterns import Rule, dotted, make_rule

PRN = make_rule(
    "prn",
    rf"(?:{dotted('prn')}|(?:only )?(?:as|if|when(?:ever)?) (?:needed|required|necessary|nec))",
    True,
)
_FOR = re.compile(r"(?<!\w)(?:for|to treat|to prevent|indication:?) ")
# After "as needed" the reason may follow as it is.
_AFTER_PRN = re.compile(r"[ :(]{0,3}(?:(?:for|if) )?")
_REASON = re.compile(r"(?:[^\W\d_][\w'>/<%=+-]*)(?: [\w'>/<%=+-]+){0,5}")
_ENDS = re.compile(
    r"(?<!\S)(?:and then|then|take|take[sn]?|may|do|not|max|maximum|disp|dispense|refills?|rf|"
    r"qty|quantity|sig|was|were|is|are|has|had|who|which|that|with|until|but|she|he|they|we|"
    r"will|would|can|could|should|this|these|it|continue|"
    r"and(?= (?:his|her|their|the|my|is|was) )|x|in|at|on|by|as|from|since|due|because|started|given|during|when|while|after|before)"
    r"(?!\S)"
)
_NO_REASON = re.compile(
    r"(?:a|an|the|her|his|their|your|some|another|next|first|second|third|last|past|same|"
    r"meds|medications?|further|follow|follow-up|review|now|"
    r"several|many|few|more|at|up|total|example|about|approximately|days?|weeks?|months?|"
    r"years?|hours?|minutes?|doses?|long|life|lifelong|ever|discharge|both|each|all|him|me|"
    r"you|it|this|that|these|patients?|\w+ (?:days?|weeks?|months?|years?|hours?|minutes?|doses?))"
    r"(?![\w-])"
)
_ARTICLE = re.compile(
    r"(?:a|an|the|her|his|their|your|any|known|presumed|suspected|possible) "
)


def find_reasons(text: str, prns: list[Part]) -> Iterator[Part]:
    """Find what something is taken for.

    text: Folded.
    prns: Where it says that something is taken as needed.
    YIELDS: The value says whether it is what "as needed" depends on.
    """
    done = 0
    starts = [(part.end, True) for part in prns]
    starts += [(match.end(), False) for match in _FOR.finditer(text)]
    for start, is_prn in sorted(starts):
        if start < done:
            continue
        if is_prn:
            gap = _AFTER_PRN.match(text, start)
            start = gap.end() if gap else start
        place = _read_reason(text, start)
        if place is not None:
            done = place[1]
            yield Part(*place, "reason", is_prn)


def _read_reason(text: str, start: int) -> tuple[int, int] | None:
    """Read the words of a reason up to what can't be part of one (characters)."""
    article = _ARTICLE.match(text, start)
    start = article.end() if article else start
    match = _REASON.match(text, start)
    if match is None or _NO_REASON.match(text, start):
        return None
    end = match.end()
    stop = _ENDS.search(text, start, end)
    if stop:
        end = stop.start()
    words = text[start:end].rstrip(" -/")
    if words.endswith((" or", " and")):
        words = words.rsplit(" ", 1)[0]
    return (start, start + len(words)) if len(words) > 1 else None


def _read_condition(match: re.Match[str]) -> Condition | None:
    groups = match.groupdict()
    low, high = (
        read_number(groups[name]) if groups.get(name) else None
        for name in ("low", "high")
    )
    if groups.get("above"):
        low = read_number(groups["above"])
    if groups.get("below"):
        high = read_number(groups["below"])
    if low is not None and high is not None and low >= high:
        return None
    return Condition(low, high)


_READING = (
    r"(?:(?:if )?(?:bs|bg|fs|fsbs|glucose|fingerstick|blood (?:sugar|glucose)) ?:? ?)?"
)
_AMOUNT = rf"(?= ?(?:mg/dl)? ?[:=,-]? ?(?:give |inject |then )?(?:{DIGITS}) ?(?:units?|u)(?!\w))"
CONDITIONS: list[Rule] = [
    make_rule(
        "condition",
        rf"{_READING}(?:(?P<low>\d{{2,3}}) ?(?:-|to) ?(?P<high>\d{{2,3}})){_AMOUNT}",
        _read_condition,
    ),
    Rule(
        "condition",
        re.compile(
            rf"{_READING}(?:(?:>=?|over|above|greater than) ?(?P<above>\d{{2,3}})"
            rf"|(?:<=?|under|below|less than) ?(?P<below>\d{{2,3}})){_AMOUNT}"
        ),
        _read_condition,
    ),
]
