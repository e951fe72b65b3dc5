"""Find all parts of a sig."""

import re
from collections.abc import Iterable, Iterator

from spacy_clinical.relations.sig.conditions import CONDITIONS, PRN, find_reasons
from spacy_clinical.relations.sig.durations import DURATIONS
from spacy_clinical.relations.sig.folding import fold
from spacy_clinical.relations.sig.forms import FORM
from spacy_clinical.relations.sig.frequencies import DAILY, FREQUENCIES
from spacy_clinical.relations.sig.limits import LIMITS
from spacy_clinical.relations.sig.moments import MOMENTS
from spacy_clinical.relations.sig.parts import Moment, Part
from spacy_clinical.relations.sig.patterns import Rule, make_rule
from spacy_clinical.relations.sig.quantities import CHANGES_TO, find_quantities
from spacy_clinical.relations.sig.routes import EYES, OD_SITE, ROUTE, SITE
from spacy_clinical.relations.sig.statuses import STATUS, THEN, is_status
from spacy_clinical.relations.sig.supplies import SUPPLIES

# What looks as if it were part of a sig: dates, blood pressures, sizes, phone numbers.
_LOOKALIKES = re.compile(
    r"(?<![\w.])(?:\d{1,4}[/-]\d{1,2}[/-]\d{2,4}(?!\d)|\d{2,3}/\d{2,3}(?= ?mm ?hg)"
    r"|(?:bp|blood pressure) ?:? ?\d{2,3}/\d{2,3}|\(?\d{3}\)?[ -]\d{3}-\d{4}"
    r"|\d+(?:\.\d+)?(?: ?x ?\d+(?:\.\d+)?){1,2} ?(?:cm|mm)|\d{1,3}[- ]year[- ]old)(?!\w)"
)
_OD_DAILY = make_rule("frequency", r"o\.?d\.?", DAILY)
# After an amount. Letters in the United Kingdom: each night, each morning.
_AFTER_AMOUNT = re.compile(
    r"(?<=[a-zA-Z\d] )(?:ON|OM|om|[aA]\.?[mM]\.?|[pP]\.?[mM]\.?)(?!\w| of\b| dose)"
)
_MOMENTS_OF_DAYS = {
    "on": Moment(("NIGHT",)),
    "om": Moment(("MORN",)),
    "am": Moment(("MORN",)),
    "pm": Moment(("EVE",)),
}


def find_parts(text: str) -> list[Part]:
    """Find the parts of a sig; none overlaps another.

    RETURNS: In the order of the text.
    """
    folded = fold(text)
    places = _Places(len(text))
    places.block(match.span() for match in _LOOKALIKES.finditer(folded))
    od = OD_SITE if EYES.search(folded) else _OD_DAILY
    for rules in (LIMITS, SUPPLIES, CONDITIONS, DURATIONS):
        places.add(_run(rules, folded))
    places.add(_run(CHANGES_TO, folded))
    places.add(find_quantities(folded))
    places.add(_find_after_amounts(text, places.parts))
    places.add(_run([*FREQUENCIES, *MOMENTS, SITE, od, ROUTE], folded))
    places.add(_run([FORM, PRN, THEN], folded))
    prns = [part for part in places.parts if part.kind == "prn"]
    places.add(find_reasons(folded, prns))
    places.add(part for part in STATUS.find(folded) if is_status(folded, part))
    return sorted(part for part in places.parts if part.kind != "level")


class _Places:
    """The parts found so far: the first one that is found at a place has it."""

    def __init__(self, n_chars: int) -> None:
        self.parts: list[Part] = []
        self._taken = bytearray(n_chars)

    def block(self, places: Iterable[tuple[int, int]]) -> None:
        for start, end in places:
            self._taken[start:end] = b"\x01" * (end - start)

    def add(self, parts: Iterable[Part]) -> None:
        for part in parts:
            start, end = part.start, part.end
            if not any(self._taken[start:end]):
                self.block([(start, end)])
                self.parts.append(part)


def _run(rules: Iterable[Rule], folded: str) -> Iterator[Part]:
    for rule in rules:
        yield from rule.find(folded)


def _find_after_amounts(text: str, parts: list[Part]) -> Iterator[Part]:
    """Find "ON", "OM", "AM" and "PM" after an amount; "ON" not where all is in capitals."""
    ends = {part.end for part in parts if part.kind in ("quantity", "former")}
    is_upper = text.isupper()
    for match in _AFTER_AMOUNT.finditer(text):
        word = match[0].lower().replace(".", "")
        if match.start() - 1 in ends and not (is_upper and word == "on"):
            yield Part(*match.span(), "moment", _MOMENTS_OF_DAYS[word])
