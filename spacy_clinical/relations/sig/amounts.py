"""Decide what each amount of a sig is: a dose, a strength, a rate, or the amount in a dose."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from spacy_clinical.relations.sig.parts import Part, Quantity
from spacy_clinical.relations.sig.units import CONTENTS, COUNTED, VOLUMES

Role = Literal["dose", "strength", "rate", "amount"]
# The unit of what is counted, by the drug's form.
_COUNTED_FORMS = {
    code.strip("{}"): code
    for code in COUNTED
    if code.strip("{}")
    in ("tablet", "capsule", "pill", "patch", "suppository", "lozenge")
}
# How many of something are taken at once.
_MAX_COUNT = 10
# "1 g in 50 mL of saline".
_DILUENT = re.compile(r"\b(?:in|with)(?: a)? $")


class Amount(NamedTuple):
    """An amount, and what it is."""

    role: Role
    quantity: Quantity
    start: int
    end: int


def sort_amounts(text: str, parts: Sequence[Part]) -> list[Amount]:
    """Say what each amount is.

    text: Folded.
    parts: Of a sig, in order.
    RETURNS: In the order of the text. Diluents, and numbers that aren't doses, are left out.
    """
    return list(_Sorter(text, parts).sort())


class _Sorter:
    def __init__(self, text: str, parts: Sequence[Part]) -> None:
        self.text = text
        self.parts = parts
        self.form = next((part.value for part in parts if part.kind == "form"), None)
        # "EF 35 %" is no strength.
        self.has_use = any(
            part.kind in ("route", "site", "frequency", "moment", "form")
            or (part.kind == "quantity" and part.value.unit != "%")
            for part in parts
        )
        self.changes = {part.end for part in parts if part.kind == "change_to"}
        self.first_count = next(
            (part.start for part in parts if self._is_count(part)), None
        )
        self.n_masses = sum(
            part.kind == "quantity" and not _is_counted(part.value) for part in parts
        )
        self.has_strength = False

    def sort(self) -> Iterator[Amount]:
        times: Part | None = None
        for i, part in enumerate(self.parts):
            after = self.parts[i + 1] if i + 1 < len(self.parts) else None
            if part.kind == "bare":
                if (
                    after
                    and after.kind == "quantity"
                    and not self._is_counted_by(part, i)
                ):
                    # "2 x 500 mg" without a form, or a number that is none of a dose.
                    times = part if "x" in self.text[part.end : after.start] else None
                    continue
                yield Amount("dose", self._count(part.value), part.start, part.end)
            elif part.kind == "quantity":
                yield from self._sort_quantity(part, i, times)
                times = None

    def _sort_quantity(
        self, part: Part, i: int, times: Part | None
    ) -> Iterator[Amount]:
        quantity: Quantity = part.value
        role = self._find_role(part, i)
        if role is None or (quantity.unit == "%" and not self.has_use):
            return
        start, end = part.start, part.end
        if role == "dose" and quantity.ingredients:
            role = "strength"
        if role == "strength":
            if self.has_strength:
                return
            self.has_strength = True
            yield Amount(role, _as_ingredients(quantity), start, end)
            is_dose = self._is_beside_form(i) and self.n_masses == 1
            is_dose = is_dose and quantity.unit != "%" and not quantity.per
            if is_dose and self.first_count is None and self._is_taken():
                yield Amount("dose", quantity, start, end)
        elif times is not None and times.value.low and quantity.low and quantity.high:
            n = times.value.low
            product = quantity._replace(low=n * quantity.low, high=n * quantity.high)
            yield Amount(role, product, times.start, end)
        else:
            yield Amount(role, quantity, start, end)

    def _find_role(self, part: Part, i: int) -> Role | None:
        quantity: Quantity = part.value
        divisors = quantity.divisors
        if divisors and divisors[-1] in ("min", "h"):
            # "25 mcg/hr patch"
            is_strength = self.form == "patch" and self._is_beside_form(i)
            return "strength" if is_strength else "rate"
        is_weighed = bool({"kg", "m2"} & set(divisors))
        if quantity.per and quantity.per[1] in CONTENTS and not is_weighed:
            return "strength"
        if quantity.unit == "%":
            return "strength"
        before = self.text[max(part.start - 10, 0) : part.start]
        is_inside = before.rstrip().endswith(("(", "="))
        has_amount_before = any(p.kind in ("quantity", "bare") for p in self.parts[:i])
        if is_inside and has_amount_before and (i and self._is_near(i - 1)):
            return "amount"
        if _is_counted(quantity):
            return None if self._is_diluent(part, before) else "dose"
        if self.first_count is None:
            return "strength" if self._is_beside_form(i) else "dose"
        if self.has_strength:
            return "dose"
        is_of_count = (
            bool(i) and self._is_near(i - 1) and self._is_count(self.parts[i - 1])
        )
        if part.start < self.first_count or self._is_beside_form(i) or is_of_count:
            return "strength"
        return "dose"

    def _is_taken(self) -> bool:
        kinds = ("route", "site", "frequency", "moment")
        return any(part.kind in kinds for part in self.parts)

    def _is_count(self, part: Part) -> bool:
        """Check whether a part says how many, or how much of a liquid, is taken."""
        if part.kind == "bare":
            # "Increased to 50" has the unit of the dose before.
            return part.start - 1 not in self.changes
        if part.kind != "quantity" or not _is_counted(part.value):
            return False
        before = self.text[max(part.start - 10, 0) : part.start]
        is_inside = before.rstrip().endswith(("(", "="))
        return not is_inside and not self._is_diluent(part, before)

    def _is_diluent(self, part: Part, before: str) -> bool:
        return part.value.unit in VOLUMES and _DILUENT.search(before) is not None

    def _is_near(self, i: int) -> bool:
        """Check whether nothing but punctuation and "of" parts a part from the one
        after it."""
        gap = self.text[self.parts[i].end : self.parts[i + 1].start]
        return gap.strip(" (=,") in ("", "of")

    def _is_beside_form(self, i: int) -> bool:
        """Check whether the form follows: "25 mg tablet"."""
        if i + 1 >= len(self.parts) or self.parts[i + 1].kind not in ("form", "route"):
            return False
        if self.parts[i + 1].kind == "route":
            # "25 mg oral tablet"
            is_form = i + 2 < len(self.parts) and self.parts[i + 2].kind == "form"
            return is_form and all(
                self.text[self.parts[j].end : self.parts[j + 1].start].strip() == ""
                for j in (i, i + 1)
            )
        return self.text[self.parts[i].end : self.parts[i + 1].start].strip(" -") == ""

    def _is_counted_by(self, part: Part, i: int) -> bool:
        """Check whether a number says how many of what follows are taken: "two 25 mg
        tablets"."""
        is_few = (part.value.high or 0) <= _MAX_COUNT
        if "x" in self.text[part.end : self.parts[i + 1].start]:
            return is_few and self.form is not None
        return is_few and self._is_beside_form(i + 1)

    def _count(self, quantity: Quantity) -> Quantity:
        """Add what is counted, where the form says it."""
        is_few = (quantity.high or 0) <= _MAX_COUNT
        form = str(self.form).rsplit(" ", 1)[-1]
        return quantity._replace(unit=_COUNTED_FORMS.get(form)) if is_few else quantity


def _is_counted(quantity: Quantity) -> bool:
    unit = quantity.unit
    return quantity.per is None and (unit in COUNTED or unit in VOLUMES)


def _as_ingredients(quantity: Quantity) -> Quantity:
    """Read the ends of a range as ingredients: no tablet has 25 to 100 mg."""
    low, high = quantity.low, quantity.high
    if low is None or high is None or low == high:
        return quantity
    return quantity._replace(low=None, high=None, ingredients=(low, high))
