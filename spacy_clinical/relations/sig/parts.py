"""Parts of a sig: the values that are read from it, and where they stand.

Places are in characters, half open. What a text doesn't say is None.
"""

from typing import Any, Literal, NamedTuple

Kind = Literal[
    "quantity",
    "bare",
    "level",
    "frequency",
    "moment",
    "route",
    "site",
    "form",
    "duration",
    "infusion",
    "n_times",
    "max_dose",
    "prn",
    "reason",
    "condition",
    "dispense",
    "refills",
    "status",
    "then",
    "former",
    "change_to",
    "split",
    "other_days",
    "except",
]


class Part(NamedTuple):
    """A part of a sig.

    value: Depends on the kind, see below; None for words that only separate others.
    """

    start: int
    end: int
    kind: Kind
    value: Any = None


class Quantity(NamedTuple):
    """An amount.

    low, high: Equal but for a range. None for what has several ingredients.
    unit (UCUM): None if the text has none.
    ingredients: Amount of each, of "5-325 mg".
    per: What it is contained in: (5, "mL") of "10 mg/5 mL".
    """

    low: float | None
    high: float | None
    unit: str | None
    ingredients: tuple[float, ...] = ()
    per: tuple[float, str] | None = None

    @property
    def divisors(self) -> list[str]:
        """Divisors of the unit."""
        return (self.unit or "").split("/")[1:]


class Frequency(NamedTuple):
    """A frequency, as in FHIR's Timing.

    frequency, frequency_max: Times in a period.
    period, period_max, period_unit: UCUM's min, h, d, wk, mo, a.
    """

    frequency: int | None = None
    frequency_max: int | None = None
    period: float | None = None
    period_max: float | None = None
    period_unit: str | None = None


class Moment(NamedTuple):
    """Times of day and days of the week, as in FHIR's Timing.

    when: Codes of EventTiming: HS, AC, MORN.
    days_of_week: mon to sun.
    times_of_day: 08:00:00.
    """

    when: tuple[str, ...] = ()
    days_of_week: tuple[str, ...] = ()
    times_of_day: tuple[str, ...] = ()


class Length(NamedTuple):
    """A length of time.

    low, high: Equal but for a range.
    unit (UCUM): min, h, d, wk, mo, a.
    """

    low: float
    high: float
    unit: str


class Condition(NamedTuple):
    """Between which readings an amount of a sliding scale is given; None for no end."""

    low: float | None
    high: float | None


class Limit(NamedTuple):
    """The most that may be given in a period."""

    quantity: Quantity
    period: float | None
    period_unit: str | None
