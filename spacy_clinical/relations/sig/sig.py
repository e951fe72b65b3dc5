"""Sigs: what a prescription says of how a drug is taken.

Places are in characters, half open. What a text doesn't say is None.
"""

from typing import Any, NamedTuple


class Place(NamedTuple):
    """A stretch of a text (characters, half open)."""

    start: int
    end: int


class Found(NamedTuple):
    """A value, and where the text says it (characters, half open)."""

    value: Any
    start: int
    end: int


class Dosage(NamedTuple):
    """One way of taking a drug: a step of a taper, or the dose of an evening.

    sequence: Steps have rising numbers; what is done at the same time has the same one.
    dose: A Quantity; of what is counted ("2 tablets"), or of the drug itself.
    amount: A Quantity: how much of the drug is in a dose that is counted.
    rate: A Quantity per minute or hour.
    frequency: A Frequency.
    moment: A Moment.
    duration: A Length: of the course.
    infusion: A Length: of each dose.
    n_times: How many times in all.
    route: A name in `routes.ROUTES`.
    site: Such as "left eye".
    prn: Whether it is taken as needed only.
    reason: What for.
    max_dose: A Limit.
    condition: A Condition: the step of a sliding scale.
    """

    sequence: int = 1
    dose: Found | None = None
    amount: Found | None = None
    rate: Found | None = None
    frequency: Found | None = None
    moment: Found | None = None
    duration: Found | None = None
    infusion: Found | None = None
    n_times: Found | None = None
    route: Found | None = None
    site: Found | None = None
    prn: Found | None = None
    reason: Place | None = None
    max_dose: Found | None = None
    condition: Found | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        return not any(value is not None for value in self[1:])


class Sig(NamedTuple):
    """A sig: what a text says of how a drug is taken.

    strength: A Quantity: of the drug in a tablet, or in an amount of a liquid.
    form: Such as "tablet".
    dispense: A Quantity.
    refills: How many.
    status: One of `statuses.STATUSES`.
    former: What was taken before: "increased from 25 mg".
    """

    dosages: tuple[Dosage, ...] = ()
    strength: Found | None = None
    form: Found | None = None
    dispense: Found | None = None
    refills: Found | None = None
    status: Found | None = None
    former: tuple[Dosage, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        return not any(self)

    @property
    def first(self) -> Dosage:
        """The first way of taking the drug, empty if there is none."""
        return self.dosages[0] if self.dosages else Dosage()
