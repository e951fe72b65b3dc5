"""Decide which drug a dose, a route, a frequency or a duration belongs to.

What stands between the two counts: words, punctuation, and other drugs. A name in brackets
after a drug ("metoprolol (Lopressor)") is another name of it.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Literal, NamedTuple

Role = Literal["dose", "strength", "form", "route", "frequency", "duration", "reason"]
# Characters between an attribute and its drug, drugs on either side that are looked at.
MAX_GAP = 300
_N_DRUGS = 4
_MAX_COST = {"duration": 7.0}
_WORD = re.compile(r"[^\W_]+")
_ALIAS = re.compile(
    r"\s{0,3}[(\[]\s?(?:also |brand name |e\.g\.,? |i\.e\.,? |[a-z]{3,12} )?"
)
# "(PROVENTIL HFA)"
_CLOSES = re.compile(r".?(?: (?:HFA|XR|XL|ER|SR|CR|DR|LA|EC|ODT))?[)\],;]", re.DOTALL)
_AND = re.compile(r"(?:,? ?(?:and/or|and|or|plus|&) ?|, ?)", re.IGNORECASE)
_OF = re.compile(
    r"[\s-]{0,3}(?:\w{1,12}[\s-]){0,2}of(?: (?:a|an|the|oral|intravenous|iv))?\s"
    r"|(?:\s\w{1,12}){0,2}\s(?:of|after|course of)(?:\s\w{1,12}){0,2}\s"
    r"(?:therapy|treatment|use|administration|dosing)\s(?:with|of)(?: the)?\s",
    re.IGNORECASE,
)
_COSTS = {",": 2.0, ";": 12.0, ":": 4.0, "(": 1.0, ")": 3.0}
_AND_COST = 4.0
_DRUG_COST = 3.0
# Between a drug and the end of its sig: "1 g IV" before "q12h".
_SIG = re.compile(r"\s[\d.,/-]*\d\s?[^\W\d_]{1,12}(?:\s[^\W\d_]{1,12}){0,2}\s")
_SIG_COST = 1.0
# Between a drug and a later step of its sig: "5 mg Monday and Friday," before "2.5 mg".
_SIG_LINES = (
    "mg mcg ug g gm ml units unit u meq iu tab tabs tablet tablets cap caps capsule capsules",
    "po oral iv im sc sq subcutaneous by mouth daily bid tid qid qd qhs hs qam qpm am pm once",
    "twice times time a day days d week weeks wk x for then and on the in at each every other",
    "all morning evening night bedtime noon monday tuesday wednesday thursday friday saturday",
    "sunday mon tue tues wed thu thurs fri sat sun m w f t th s sa su mwf tts see nightly weekly",
    "instructions sig take except one two three taper tapering p o i v q h b",
)
_SIG_WORDS = frozenset(word for line in _SIG_LINES for word in line.split())
_EVERY = re.compile(r"q\d+\w{0,4}")
_LINE_COST = 3.0
# "1 L NS and 2 g of A": the first amount is of what is named behind it.
_AMOUNT_AFTER = re.compile(r"(?P<named>.*)(?:\band|\bplus|\bwith|[,&+]) ?\d", re.DOTALL)
_BOTH = re.compile(r"\b(?:both|each|all)\b", re.IGNORECASE)


class Attribute(NamedTuple):
    """An attribute of a drug (characters, half open)."""

    start: int
    end: int
    role: Role


class Drug(NamedTuple):
    """A drug, or what else an attribute may belong to (characters, half open).

    is_rival: Whether it is no drug: a procedure, a test.
    """

    start: int
    end: int
    is_rival: bool = False


def find_aliases(text: str, drugs: Sequence[Drug]) -> dict[int, int]:
    """Find the drugs that are other names of the drug before them.

    drugs: In the order of the text.
    RETURNS: By index, the index of the drug that they are a name of.
    """
    aliases: dict[int, int] = {}
    for i in range(1, len(drugs)):
        before, drug = drugs[i - 1], drugs[i]
        gap = text[before.end : drug.start]
        is_inside = text[drug.start : drug.start + 1] in "(["
        opens = is_inside and not gap.strip()
        if before.is_rival or drug.is_rival or len(gap) > 20:
            continue
        if (opens or _ALIAS.fullmatch(gap)) and _CLOSES.match(text, drug.end - 1):
            aliases[i] = aliases.get(i - 1, i - 1)
    return aliases


def attach(
    text: str,
    drugs: Sequence[Drug],
    attributes: Sequence[Attribute],
    borders: Sequence[int] = (),
) -> list[tuple[int, int]]:
    """Attach attributes to drugs.

    drugs: In the order of the text.
    borders (characters): Sorted; where sentences and the items of lists start. Nothing is
        attached over them.
    RETURNS: Pairs of an attribute's and a drug's index. What belongs to no drug is left out;
        what belongs to several has several.
    """
    attacher = _Attacher(text, drugs, borders)
    return [
        (i, drug)
        for i, attribute in enumerate(attributes)
        for drug in attacher.find(attribute)
    ]


def _is_sig(gap: str, words: Sequence[str]) -> bool:
    """Check whether a gap has an amount and nothing else than words of sigs."""
    if ";" in gap or "\n\n" in gap or not any(word[0].isdigit() for word in words):
        return False
    return all(
        word[0].isdigit() or word in _SIG_WORDS or _EVERY.fullmatch(word)
        for word in words
    )


def _names_another(gap: str) -> bool:
    """Check whether what is between an amount and a drug names something else, and its
    amount."""
    match = _AMOUNT_AFTER.match(gap)
    words = _WORD.findall(match["named"].lower()) if match else []
    return any(word not in _SIG_WORDS and not word[0].isdigit() for word in words)


class _Attacher:
    def __init__(
        self, text: str, drugs: Sequence[Drug], borders: Sequence[int]
    ) -> None:
        self.text = text
        self.drugs = drugs
        self.borders = borders
        self.starts = [drug.start for drug in drugs]
        self.aliases = find_aliases(text, drugs)

    def find(self, attribute: Attribute) -> list[int]:
        """Find the drugs of an attribute."""
        costs = {
            i: cost
            for i in self._list_near(attribute)
            if (cost := self._get_cost(attribute, i)) is not None
        }
        if not costs:
            return []
        best = min(costs, key=lambda i: (costs[i], i))
        limit = _MAX_COST.get(attribute.role)
        if self.drugs[best].is_rival or (limit is not None and costs[best] > limit):
            return []
        best = self.aliases.get(best, best)
        return [best, *self._list_others(attribute, best)]

    def _list_near(self, attribute: Attribute) -> list[int]:
        """List the drugs before and after in the same sentence or item."""
        first = bisect_right(self.borders, attribute.start)
        low = self.borders[first - 1] if first else 0
        high = self.borders[first] if first < len(self.borders) else len(self.text)
        i = bisect_left(self.starts, attribute.start)
        near = range(max(i - _N_DRUGS, 0), min(i + _N_DRUGS, len(self.drugs)))
        return [n for n in near if low <= self.starts[n] < high]

    def _get_cost(self, attribute: Attribute, i: int) -> float | None:
        drug = self.drugs[i]
        if drug.start < attribute.end and attribute.start < drug.end:
            return 0.0
        is_after = attribute.end <= drug.start
        start = attribute.end if is_after else drug.end
        end = drug.start if is_after else attribute.start
        if end - start > MAX_GAP:
            return None
        gap = self.text[start:end]
        if is_after and _OF.fullmatch(gap):
            return 0.0
        if is_after and attribute.role == "dose" and _names_another(gap):
            return None
        cost = sum(_COSTS.get(char, 0.0) for char in gap)
        words = [word.lower() for word in _WORD.findall(gap)]
        n_drugs = self._count_between(start, end)
        if (
            not is_after
            and not n_drugs
            and (_SIG.fullmatch(gap) or _is_sig(gap, words))
        ):
            return _SIG_COST
        cost += len(words) + _DRUG_COST * n_drugs
        cost += _AND_COST * sum(word in ("and", "or", "then", "plus") for word in words)
        if is_after:
            # The next item of a list starts on a line of its own.
            cost += _LINE_COST * gap.count("\n")
            # Most attributes follow their drug.
            cost += 0.5 if attribute.role == "route" or not words else 1.5
            cost += 8.0 * gap.count(")")
            # "After 5 months, ..." is about what happened.
            cost += 2.0 * len(words) if attribute.role == "duration" else 0.0
        return cost

    def _count_between(self, start: int, end: int) -> int:
        low, high = bisect_left(self.starts, start), bisect_left(self.starts, end)
        return sum(1 for i in range(low, high) if i not in self.aliases)

    def _list_others(self, attribute: Attribute, best: int) -> list[int]:
        """List the drugs that share an attribute: "intravenous A and B"."""
        drug = self.drugs[best]
        others: list[int] = []
        if attribute.end <= drug.start and attribute.role in ("route", "dose"):
            if attribute.role == "dose" and self._has_digit(attribute):
                return []
            i = best
            while i + 1 < len(self.drugs) and self._is_joined(i, i + 1):
                i += 1
                others.append(i)
            has_and = others and not self._is_comma(i - 1, i)
            return others if has_and else []
        gap = self.text[drug.end : attribute.start]
        if attribute.start >= drug.end and (
            _BOTH.search(gap) or _BOTH.match(self.text, attribute.start)
        ):
            near = self._list_near(attribute)
            return [i for i in near if i < best and i not in self.aliases]
        return others

    def _has_digit(self, attribute: Attribute) -> bool:
        text = self.text[attribute.start : attribute.end]
        return any(char.isdigit() for char in text)

    def _is_joined(self, i: int, j: int) -> bool:
        """Check whether only "and" or a comma stands between two drugs."""
        gap = self.text[self.drugs[i].end : self.drugs[j].start]
        return not self.drugs[j].is_rival and _AND.fullmatch(gap.strip(" ")) is not None

    def _is_comma(self, i: int, j: int) -> bool:
        return self.text[self.drugs[i].end : self.drugs[j].start].strip() == ","
