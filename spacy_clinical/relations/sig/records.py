"""Make plain data of sigs: dictionaries of numbers, codes and places, without any text."""

from typing import TypedDict

from spacy_clinical.relations.sig.parts import Limit, Quantity
from spacy_clinical.relations.sig.sig import Dosage, Found, Sig


class PlaceRecord(TypedDict):
    """A place where a text says something (characters, half open)."""

    start_char: int
    end_char: int


class QuantityRecord(PlaceRecord):
    """An amount; see `parts.Quantity`.

    unit (UCUM): None if the text has none.
    per: Value and unit of what it is contained in, or None.
    """

    low: float | None
    high: float | None
    unit: str | None
    ingredients: list[float]
    per: dict[str, float | str] | None


class FrequencyRecord(PlaceRecord):
    """A frequency and times, with the names and codes of FHIR's Timing.repeat."""

    frequency: int | None
    frequency_max: int | None
    period: float | None
    period_max: float | None
    period_unit: str | None
    when: list[str]
    days_of_week: list[str]
    times_of_day: list[str]


class LengthRecord(PlaceRecord):
    """A length of time; the unit is UCUM's."""

    low: float
    high: float
    unit: str


class NameRecord(PlaceRecord):
    """One of a fixed set of names, such as that of a route."""

    name: str


class CountRecord(PlaceRecord):
    """A number of times."""

    value: int


class LimitRecord(QuantityRecord):
    """The most that may be given in a period."""

    period: float | None
    period_unit: str | None


class ConditionRecord(PlaceRecord):
    """Between which readings the dose of a sliding scale is given."""

    low: float | None
    high: float | None


class DosageRecord(TypedDict):
    """One way of taking a drug; see `sig.Dosage`."""

    sequence: int
    dose: QuantityRecord | None
    amount: QuantityRecord | None
    rate: QuantityRecord | None
    frequency: FrequencyRecord | None
    duration: LengthRecord | None
    infusion: LengthRecord | None
    n_times: CountRecord | None
    route: NameRecord | None
    site: NameRecord | None
    prn: bool
    reason: PlaceRecord | None
    max_dose: LimitRecord | None
    condition: ConditionRecord | None


class SigRecord(TypedDict):
    """The record of a sig; see `sig.Sig`."""

    dosages: list[DosageRecord]
    strength: QuantityRecord | None
    form: NameRecord | None
    dispense: QuantityRecord | None
    refills: CountRecord | None
    status: NameRecord | None
    former: list[DosageRecord]


def describe_sig(sig: Sig, offset: int = 0) -> SigRecord:
    """Make plain data of a sig.

    offset (characters): Where its text starts in the note.
    """
    return _Describer(offset).describe(sig)


class _Describer:
    def __init__(self, offset: int) -> None:
        self.offset = offset

    def describe(self, sig: Sig) -> SigRecord:
        return {
            "dosages": [self._describe_dosage(dosage) for dosage in sig.dosages],
            "strength": self._describe_quantity(sig.strength),
            "form": self._describe_name(sig.form),
            "dispense": self._describe_quantity(sig.dispense),
            "refills": self._describe_count(sig.refills),
            "status": self._describe_name(sig.status),
            "former": [self._describe_dosage(dosage) for dosage in sig.former],
        }

    def _describe_dosage(self, dosage: Dosage) -> DosageRecord:
        reason = dosage.reason
        return {
            "sequence": dosage.sequence,
            "dose": self._describe_quantity(dosage.dose),
            "amount": self._describe_quantity(dosage.amount),
            "rate": self._describe_quantity(dosage.rate),
            "frequency": self._describe_frequency(dosage.frequency, dosage.moment),
            "duration": self._describe_length(dosage.duration),
            "infusion": self._describe_length(dosage.infusion),
            "n_times": self._describe_count(dosage.n_times),
            "route": self._describe_name(dosage.route),
            "site": self._describe_name(dosage.site),
            "prn": dosage.prn is not None,
            "reason": None if reason is None else self._place(reason.start, reason.end),
            "max_dose": self._describe_limit(dosage.max_dose),
            "condition": self._describe_condition(dosage.condition),
        }

    def _place(self, start: int, end: int) -> PlaceRecord:
        return {"start_char": start + self.offset, "end_char": end + self.offset}

    def _describe_quantity(self, found: Found | None) -> QuantityRecord | None:
        if found is None:
            return None
        quantity: Quantity = found.value
        per = quantity.per
        return {
            "low": quantity.low,
            "high": quantity.high,
            "unit": quantity.unit,
            "ingredients": list(quantity.ingredients),
            "per": None if per is None else {"value": per[0], "unit": per[1]},
            **self._place(found.start, found.end),
        }

    def _describe_limit(self, found: Found | None) -> LimitRecord | None:
        if found is None:
            return None
        limit: Limit = found.value
        quantity = self._describe_quantity(found._replace(value=limit.quantity))
        if quantity is None:
            return None
        return {**quantity, "period": limit.period, "period_unit": limit.period_unit}

    def _describe_frequency(
        self, frequency: Found | None, moment: Found | None
    ) -> FrequencyRecord | None:
        found = [one for one in (frequency, moment) if one is not None]
        if not found:
            return None
        often, when = (one.value if one else None for one in (frequency, moment))
        start, end = min(one.start for one in found), max(one.end for one in found)
        return {
            "frequency": often.frequency if often else None,
            "frequency_max": often.frequency_max if often else None,
            "period": often.period if often else None,
            "period_max": often.period_max if often else None,
            "period_unit": often.period_unit if often else None,
            "when": list(when.when) if when else [],
            "days_of_week": list(when.days_of_week) if when else [],
            "times_of_day": list(when.times_of_day) if when else [],
            **self._place(start, end),
        }

    def _describe_length(self, found: Found | None) -> LengthRecord | None:
        if found is None:
            return None
        low, high, unit = found.value
        place = self._place(found.start, found.end)
        return {"low": low, "high": high, "unit": unit, **place}

    def _describe_name(self, found: Found | None) -> NameRecord | None:
        if found is None:
            return None
        return {"name": found.value, **self._place(found.start, found.end)}

    def _describe_count(self, found: Found | None) -> CountRecord | None:
        if found is None:
            return None
        return {"value": found.value, **self._place(found.start, found.end)}

    def _describe_condition(self, found: Found | None) -> ConditionRecord | None:
        if found is None:
            return None
        low, high = found.value
        return {"low": low, "high": high, **self._place(found.start, found.end)}
