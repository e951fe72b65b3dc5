"""A measurement, as it is put together and as records have it."""

from dataclasses import dataclass, field, replace
from typing import Any

from spacy_clinical.relations.measurements.analytes import Analyte
from spacy_clinical.relations.measurements.numbers import Amount


@dataclass(frozen=True)
class Part:
    """A component of a measurement: the systolic pressure, a side of a lesion."""

    key: str
    loinc: str
    value: float
    value_high: float | None = None


@dataclass(frozen=True)
class Measurement:
    """A value of an analyte (offsets in characters, half open).

    start, end: Of all of it.
    name: Where the name of the analyte is; None if nothing names it.
    value: Where the value is.
    amount: None if the value isn't a number.
    unit, unit_text: In UCUM, and as written.
    low, high: The written reference range.
    flag: H, HH, L, LL, A (abnormal) or N (normal).
    is_computed: Whether the flag is found from the range.
    date: ISO 8601.
    is_former: Whether it was measured before another one that is said with it.
    is_family: Whether it is a relative's.
    """

    start: int
    end: int
    analyte: Analyte | None
    name: tuple[int, int] | None
    value: tuple[int, int]
    amount: Amount | None = None
    unit: str | None = None
    unit_text: str | None = None
    low: float | None = None
    high: float | None = None
    flag: str | None = None
    is_computed: bool = False
    date: str | None = None
    is_former: bool = False
    is_family: bool = False
    parts: tuple[Part, ...] = field(default=())

    def compute_flag(self) -> "Measurement":
        """Add the flag that the written range says, unless one is written."""
        amount = self.amount
        if self.flag or amount is None or amount.high is not None or amount.comparator:
            return self
        if self.low is None and self.high is None:
            return self
        flag = "N"
        if self.low is not None and amount.low < self.low:
            flag = "L"
        elif self.high is not None and amount.low > self.high:
            flag = "H"
        return replace(self, flag=flag, is_computed=True)

    def as_record(self, text: str, section: str = "") -> dict[str, Any]:
        """Make plain data of it.

        text: Of the note.
        section: The label of the section that it is in.
        """
        amount, analyte = self.amount, self.analyte
        start, end = self.value
        is_usual = analyte and (self.unit is None or self.unit in analyte.units)
        return {
            "start_char": self.start,
            "end_char": self.end,
            "analyte": {
                "key": analyte.key if analyte else None,
                "loinc": (analyte.loinc or None) if analyte and is_usual else None,
                "start_char": self.name[0] if self.name else None,
                "end_char": self.name[1] if self.name else None,
            },
            "value": amount.low if amount else None,
            "value_high": amount.high if amount else None,
            "comparator": (amount.comparator or None) if amount else None,
            "value_text": text[start:end],
            "unit": self.unit,
            "unit_text": self.unit_text,
            "range_low": self.low,
            "range_high": self.high,
            "flag": self.flag,
            "flag_source": ("computed" if self.is_computed else "written")
            if self.flag
            else None,
            "date": self.date,
            "former": self.is_former,
            "assertion": ["is_family"] if self.is_family else [],
            "components": [
                {
                    "key": part.key,
                    "loinc": part.loinc or None,
                    "value": part.value,
                    "value_high": part.value_high,
                }
                for part in self.parts
            ],
            "section": section,
        }
