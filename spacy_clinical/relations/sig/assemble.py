"""Put the parts of a sig together."""

import re
from collections.abc import Sequence
from typing import Any

from spacy_clinical.relations.sig.amounts import Amount, sort_amounts
from spacy_clinical.relations.sig.folding import fold
from spacy_clinical.relations.sig.frequencies import DAILY
from spacy_clinical.relations.sig.moments import WEEK
from spacy_clinical.relations.sig.parts import Frequency, Moment, Part, Quantity
from spacy_clinical.relations.sig.routes import SITE_ROUTES
from spacy_clinical.relations.sig.sig import Dosage, Found, Place, Sig
from spacy_clinical.relations.sig.units import COUNTED

# Kinds that a way of taking a drug has one of: the first one counts.
_SINGLE = ("duration", "infusion", "n_times", "route", "prn", "max_dose")
_OF_SIG = ("form", "dispense", "refills", "status")
# What is said of a former dose, too.
_OF_FORMER = ("frequency", "moment", "route", "other_days", "prn")
# "100 mcg boluses, total 600 mcg": no dose of its own.
_TOTAL = re.compile(r"\btotal(?: dose)?(?: of|:)? $")
_MAX_TOTAL = 15
# By how much a dose whose unit isn't said may differ from the one before.
_MAX_CHANGE = 10
# Events that are there once a day, by the part of the day.
_DAILY_EVENTS = {
    **dict.fromkeys(("MORN", "WAKE", "ACM", "CM", "PCM"), "MORN"),
    **dict.fromkeys(("NOON", "ACD", "CD", "PCD"), "NOON"),
    "AFT": "AFT",
    **dict.fromkeys(("EVE", "ACV", "CV", "PCV"), "EVE"),
    **dict.fromkeys(("NIGHT", "HS"), "NIGHT"),
}
# Of those, the ones that say no more than that.
_VAGUE_EVENTS = frozenset(_DAILY_EVENTS.values())


def assemble(text: str, parts: Sequence[Part]) -> Sig:
    """Put the parts of a sig together.

    parts: In the order of the text.
    """
    folded = fold(text)
    amounts = sort_amounts(folded, parts)
    builder = _Builder(folded)
    singles: dict[str, Found] = {}
    steps: list[Part | Amount] = sorted(
        [*(p for p in parts if p.kind not in ("quantity", "bare")), *amounts],
        key=lambda step: (step.start, step.end),
    )
    for step in steps:
        if isinstance(step, Amount) and step.role == "strength":
            found = Found(step.quantity, step.start, step.end)
            singles.setdefault("strength", found)
        elif isinstance(step, Part) and step.kind in _OF_SIG:
            singles.setdefault(step.kind, Found(step.value, step.start, step.end))
        else:
            builder.add(step)
    dosages = builder.finish()
    former = tuple(builder.former)
    if not dosages and not {"strength", "form"} & set(singles):
        # "#60" without anything that is dispensed.
        singles.pop("dispense", None)
        singles.pop("refills", None)
    return Sig(dosages, former=former, **singles)


class _Builder:
    """Collect the ways of taking a drug, one after the other."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.dosages: list[Dosage] = []
        self.current: dict[str, Any] = {}
        # What was taken before; and what is set aside while that is read.
        self.former: list[Dosage] = []
        self.aside: dict[str, Any] | None = None
        self.is_changed = self.has_except = False
        self.sequence = 1
        self.end = 0

    def add(self, step: Part | Amount) -> None:
        if self.aside is not None and self._ends_former(step):
            self._end_former()
        if isinstance(step, Amount):
            self._add_amount(step)
        else:
            self._add_part(step)
        self.end = step.end

    def finish(self) -> tuple[Dosage, ...]:
        self._end_former()
        self._close()
        return tuple(_split_frequency(self.dosages))

    def _begin_former(self, found: Found) -> None:
        """Begin what was taken before: "from 20 mg daily to", "(was 20 mg)"."""
        self._end_former()
        self.aside, self.current = self.current, {"dose": found}

    def _ends_former(self, step: Part | Amount) -> bool:
        is_when = isinstance(step, Part) and step.kind in _OF_FORMER
        return not is_when or ")" in self.text[self.end : step.start]

    def _end_former(self) -> None:
        if self.aside is not None:
            self.former.append(_complete_frequency(Dosage(**self.current)))
            self.current, self.aside = self.aside, None

    def _change(self) -> None:
        """Make what was said so far what was taken before: "25 mg daily, increased to"."""
        self._close()
        is_scale = any(dosage.condition for dosage in self.dosages)
        if is_scale or not any(dosage.dose for dosage in self.dosages):
            return
        last = self.dosages[-1]
        self.former += self.dosages
        self.dosages, self.sequence, self.is_changed = [], 1, True
        # The route stays the same.
        if last.route:
            self.current = {"route": last.route, "site": last.site}

    def _add_split(self, steps: Sequence[tuple[Quantity, Moment]], part: Part) -> None:
        """Add what is taken in the morning and what in the evening: "80/40 mg AM/PM"."""
        for quantity, moment in steps:
            if "dose" in self.current:
                self._next(is_later=False)
            self.current["dose"] = Found(quantity, part.start, part.end)
            self.current["moment"] = Found(moment, part.start, part.end)

    def _add_other_days(self, found: Found) -> None:
        """Add the days that aren't those of another dose."""
        taken = {
            day
            for dosage in self.dosages
            if dosage.moment
            for day in dosage.moment.value.days_of_week
        }
        days = tuple(day for day in WEEK if day not in taken)
        if taken and days:
            self._add_moment(found._replace(value=Moment(days_of_week=days)))

    def _leave_out(self) -> None:
        """Take the days of the last dose from those of the one before: "5 mg daily except
        2.5 mg on Monday"."""
        if len(self.dosages) < 2 or not self.has_except:
            return
        before, last = self.dosages[-2:]
        if (
            not last.moment
            or not last.moment.value.days_of_week
            or not before.frequency
        ):
            return
        days = tuple(d for d in WEEK if d not in last.moment.value.days_of_week)
        moment = before.frequency._replace(value=Moment(days_of_week=days))
        often = moment._replace(value=_count_moments(moment.value))
        self.dosages[-2] = before._replace(moment=moment, frequency=often)

    def _add_amount(self, amount: Amount) -> None:
        quantity, often = _split_daily(amount.quantity)
        if self.is_changed and quantity.unit is None and amount.role == "dose":
            # "From 25 mg, increased to 50."
            old = self.former[-1].dose
            if old is None or not _is_like(old.value, quantity):
                return
            quantity = quantity._replace(unit=old.value.unit)
        found = Found(quantity, amount.start, amount.end)
        known = self.current.get(amount.role)
        if amount.role == "dose" and known is not None:
            before = self.text[max(amount.start - _MAX_TOTAL, 0) : amount.start]
            if _TOTAL.search(before):
                return
            if known.value == quantity and not self._has_time():
                return
            self._next(is_later="duration" in self.current)
        self.current.setdefault(amount.role, found)
        if often:
            self.current.setdefault("frequency", found._replace(value=often))

    def _add_part(self, part: Part) -> None:
        found = Found(part.value, part.start, part.end)
        if part.kind == "then":
            if self._has_time() or "dose" in self.current:
                self._next(is_later=True)
        elif part.kind == "former":
            self._begin_former(found)
        elif part.kind == "change_to":
            self._change()
        elif part.kind == "split":
            self._add_split(part.value, part)
        elif part.kind == "other_days":
            self._add_other_days(found)
        elif part.kind == "except":
            self.has_except = True
        elif part.kind == "condition":
            if self.current.get("condition") or "dose" in self.current:
                self._next(is_later=False)
            self.current["condition"] = found
        elif part.kind == "site":
            route = SITE_ROUTES[part.value]
            self.current.setdefault("site", found)
            self.current.setdefault("route", found._replace(value=route))
        elif part.kind == "reason":
            self._add_reason(part)
        elif part.kind == "moment":
            # Without what it says, it is when something was given once.
            if any(part.value):
                self._add_moment(found)
        elif part.kind == "frequency":
            self._add_frequency(found)
        elif part.kind in _SINGLE:
            self.current.setdefault(part.kind, found)

    def _add_reason(self, part: Part) -> None:
        # What "as needed" depends on goes before what the drug is for.
        if part.value or "reason" not in self.current:
            self.current["reason"] = Place(part.start, part.end)

    def _add_frequency(self, found: Found) -> None:
        known = self.current.get("frequency")
        if known is None:
            self.current["frequency"] = found
            return
        old, new = known.value, found.value
        is_limit = new.frequency is None and new.frequency_max is not None
        if is_limit or old == new or old.frequency_max or new.frequency_max:
            return
        if "duration" in self.current:
            # "Twice daily for 7 days, daily for 7 days": another step.
            dose = self.current.get("dose")
            self._next(is_later=True)
            self.current.update({"dose": dose} if dose else {}, frequency=found)

    def _add_moment(self, found: Found) -> None:
        known = self.current.get("moment")
        if known is None:
            self.current["moment"] = found
            return
        is_same = not self.text[known.end : found.start].strip()
        moment = _join_moments(known.value, found.value, is_same=is_same)
        self.current["moment"] = Found(moment, known.start, found.end)

    def _has_time(self) -> bool:
        return any(
            name in self.current
            for name in ("frequency", "moment", "duration", "n_times")
        )

    def _next(self, *, is_later: bool) -> None:
        self._close()
        if is_later and self.dosages:
            self.sequence += 1

    def _close(self) -> None:
        dosage = Dosage(self.sequence, **self.current)
        self.current = {}
        if dosage.is_empty:
            return
        self.dosages.append(self._complete(dosage))
        self._leave_out()

    def _complete(self, dosage: Dosage) -> Dosage:
        """Add what moments say of the frequency, and what a step leaves out as it stays."""
        before = self.dosages[-1] if self.dosages else Dosage()
        if before.route and not dosage.route and dosage.dose:
            dosage = dosage._replace(route=before.route, site=before.site)
        is_step = dosage.sequence > before.sequence and bool(self.dosages)
        if is_step and not dosage.dose and dosage.frequency:
            dosage = dosage._replace(dose=before.dose)
        if is_step and dosage.dose and not (dosage.frequency or dosage.moment):
            dosage = dosage._replace(frequency=before.frequency, moment=before.moment)
        if self.is_changed and dosage.dose and not (dosage.frequency or dosage.moment):
            before = self.former[-1]
            dosage = dosage._replace(frequency=before.frequency, moment=before.moment)
        return _complete_frequency(dosage)


def _complete_frequency(dosage: Dosage) -> Dosage:
    """Add what moments say of the frequency."""
    if dosage.moment is None or dosage.frequency is not None:
        return dosage
    frequency = _count_moments(dosage.moment.value)
    if frequency is None:
        return dosage
    return dosage._replace(frequency=dosage.moment._replace(value=frequency))


def _join_moments(old: Moment, new: Moment, *, is_same: bool) -> Moment:
    """Join two moments. What says more of the same time takes the place of what says less:
    "every morning before breakfast".

    is_same: Whether nothing stands between the two: "every evening at bedtime".
    """
    codes = list(old.when)
    for code in new.when:
        part = _DAILY_EVENTS.get(code)
        same = [n for n, known in enumerate(codes) if _DAILY_EVENTS.get(known) == part]
        if part and not same and is_same and {part, *codes} == {"NIGHT", "EVE"}:
            same = [0]
        if same and codes[same[0]] in _VAGUE_EVENTS:
            codes[same[0]] = code
        elif not same or code not in _VAGUE_EVENTS:
            codes.append(code)
    days, times = (
        tuple(dict.fromkeys((*one, *other)))
        for one, other in zip(old[1:], new[1:], strict=True)
    )
    return Moment(tuple(dict.fromkeys(codes)), days, times)


def _split_frequency(dosages: Sequence[Dosage]) -> list[Dosage]:
    """Count each dose by its own moment where the frequency is that of all of them: "twice
    a day (1 in the morning, 1 in the evening)"."""
    counts = [_count_moments(d.moment.value) if d.moment else None for d in dosages]
    first = dosages[0].frequency if dosages else None
    is_step = any(dosage.sequence != 1 for dosage in dosages)
    total = sum(count.frequency or 0 for count in counts if count)
    if first is None or is_step or None in counts or len(dosages) < 2:
        return list(dosages)
    if first.value != DAILY._replace(frequency=total):
        return list(dosages)
    return [
        dosage._replace(frequency=dosage.moment._replace(value=count))
        for dosage, count in zip(dosages, counts, strict=True)
        if dosage.moment
    ]


def _is_like(old: Quantity, new: Quantity) -> bool:
    """Check that an amount may take the place of another."""
    if not old.high or not new.high:
        return False
    return 1 / _MAX_CHANGE <= new.high / old.high <= _MAX_CHANGE


def _split_daily(quantity: Quantity) -> tuple[Quantity, Frequency | None]:
    """Read "1 tablet a day" as a dose and how often; two may be taken at once or not."""
    unit, _, period = (quantity.unit or "").partition("/")
    is_one = quantity.low == quantity.high == 1 and unit in COUNTED
    if not is_one or period not in ("d", "wk"):
        return quantity, None
    return quantity._replace(unit=unit), Frequency(1, period=1, period_unit=period)


def _count_moments(moment: Moment) -> Frequency | None:
    """Say how often what happens at some moments does; None where it depends."""
    n = len(moment.when) + len(moment.times_of_day)
    if not set(moment.when) <= set(_DAILY_EVENTS):
        return None
    if moment.days_of_week:
        n_days = len(moment.days_of_week) * max(n, 1)
        return Frequency(n_days, period=1, period_unit="wk")
    return Frequency(n, period=1, period_unit="d") if n else None
