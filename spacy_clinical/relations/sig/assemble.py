"""Put the parts of a sig together."""

from collections.abc import Sequence
from typing import Any

from spacy_clinical.relations.sig.amounts import Amount, sort_amounts
from spacy_clinical.relations.sig.folding import fold
from spacy_clinical.relations.sig.parts import Frequency, Moment, Part, Quantity
from spacy_clinical.relations.sig.routes import SITE_ROUTES
from spacy_clinical.relations.sig.sig import Dosage, Found, Place, Sig
from spacy_clinical.relations.sig.units import COUNTED

# Kinds that a way of taking a drug has one of: the first one counts.
_SINGLE = ("duration", "infusion", "n_times", "route", "prn", "max_dose")
_OF_SIG = ("form", "dispense", "refills", "status")
# Of an event that is there once a day.
_DAILY_EVENTS = frozenset(
    [
        "MORN",
        "AFT",
        "EVE",
        "NIGHT",
        "HS",
        "NOON",
        "WAKE",
        "ACM",
        "ACD",
        "ACV",
        "PCM",
        "PCD",
        "PCV",
        "CM",
        "CD",
        "CV",
    ]
)


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
    if not dosages and not {"strength", "form"} & set(singles):
        # "#60" without anything that is dispensed.
        singles.pop("dispense", None)
        singles.pop("refills", None)
    return Sig(dosages, **singles)


class _Builder:
    """Collect the ways of taking a drug, one after the other."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.dosages: list[Dosage] = []
        self.current: dict[str, Any] = {}
        self.sequence = 1
        self.end = 0

    def add(self, step: Part | Amount) -> None:
        if isinstance(step, Amount):
            self._add_amount(step)
        else:
            self._add_part(step)
        self.end = step.end

    def finish(self) -> tuple[Dosage, ...]:
        self._close()
        return tuple(self.dosages)

    def _add_amount(self, amount: Amount) -> None:
        quantity, often = _split_daily(amount.quantity)
        found = Found(quantity, amount.start, amount.end)
        known = self.current.get(amount.role)
        if amount.role == "dose" and known is not None:
            if known.value == amount.quantity and not self._has_time():
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
        joined = Moment(
            *(
                tuple(dict.fromkeys((*old, *new)))
                for old, new in zip(known.value, found.value, strict=True)
            )
        )
        self.current["moment"] = Found(joined, known.start, found.end)

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
        if dosage.moment is None or dosage.frequency is not None:
            return dosage
        frequency = _count_moments(dosage.moment.value)
        if frequency is None:
            return dosage
        return dosage._replace(frequency=dosage.moment._replace(value=frequency))


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
    if not set(moment.when) <= _DAILY_EVENTS:
        return None
    if moment.days_of_week:
        n_days = len(moment.days_of_week) * max(n, 1)
        return Frequency(n_days, period=1, period_unit="wk")
    return Frequency(n, period=1, period_unit="d") if n else None
