"""Rows of the tables that pages show beside a note: medications, measurements, findings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from spacy_clinical.export.findings import Finding, Said, list_findings
from spacy_clinical.export.pages.assertion import MARKS, Mark, list_marks
from spacy_clinical.export.pages.wording import (
    say_date,
    say_dosage,
    say_need,
    say_quantity,
    say_range,
    say_unit,
    shorten,
    write_day,
)
from spacy_clinical.export.relation_records import DATE, shape_date, shape_rows

# Letters before the numbers of rows, which also are their anchors.
MEDICATION, MEASUREMENT = "M", "V"
FLAGS = {
    "H": ("▲", "high"),
    "HH": ("▲▲", "very high"),
    "L": ("▼", "low"),
    "LL": ("▼▼", "very low"),
    "A": ("!", "abnormal"),
    "N": ("", "normal"),
}
STATUSES = {
    "start": "started",
    "stop": "stopped",
    "hold": "on hold",
    "continue": "continued",
    "change": "changed",
    "planned": "planned",
    "not_taken": "not taken",
    "allergy": "allergy",
}
_MAX_NAME = 80


class MedicationRow(NamedTuple):
    """A medication (characters, half open).

    key: Of its row; the row leads to the place of the drug, and back.
    start, end: Of all of its record.
    place: Of the drug.
    others: Other names.
    product: Strength and form.
    uses: How it is taken, in steps.
    former: How it was taken before, in steps.
    supply: What is dispensed.
    """

    key: str
    start: int
    end: int
    place: tuple[int, int]
    name: str
    others: str
    product: str
    uses: list[str]
    former: list[str]
    supply: str
    status: str
    marks: list[Mark]
    section: str

    @property
    def words(self) -> list[str]:
        """What else is said of it."""
        said = (self.status, *(mark.word for mark in self.marks))
        return [*filter(None, said), *(f"before: {use}" for use in self.former)]


class MeasurementRow(NamedTuple):
    """A measurement (characters, half open).

    key: Of its row; the row leads to its place, and back.
    known_as: The name of what is measured, unless the note has it.
    flag: A sign and a word; ("", "") for none.
    is_computed: Whether the flag was found from the range.
    is_former: Whether it is a value of before.
    """

    key: str
    start: int
    end: int
    name: str
    known_as: str
    value: str
    unit: str
    range: str
    flag: tuple[str, str]
    is_computed: bool
    date: str
    section: str
    is_former: bool
    marks: list[Mark]

    @property
    def words(self) -> list[str]:
        """What else is said of it."""
        said = [self.known_as, "before" if self.is_former else ""]
        return [*filter(None, said), *(mark.word for mark in self.marks)]

    @property
    def place(self) -> tuple[int, int]:
        """Its place in the note."""
        return self.start, self.end


class FindingRow(NamedTuple):
    """A finding, in words.

    number: Of the entity.
    """

    number: int
    name: str
    site: str
    side: str
    severity: str
    course: str
    time: str
    others: str
    marks: list[Mark]

    @property
    def words(self) -> list[str]:
        """What is said of it, each with its name."""
        names = ("site", "side", "severity", "course", "time", "others")
        said = ((name, getattr(self, name)) for name in names)
        return [
            words if name == "others" else f"{name}: {words}"
            for name, words in said
            if words
        ]


def list_medications(record: Mapping[str, Any]) -> list[MedicationRow]:
    """List the medications of a record in the order of the note."""
    text = record.get("text") or ""
    rows = shape_rows(record.get("medications"), "medications", words="fill")
    rows.sort(key=lambda row: (row["start"], row["end"]))
    return [
        _make_medication(f"{MEDICATION}{number}", row, text)
        for number, row in enumerate(rows, start=1)
    ]


def _make_medication(key: str, row: Mapping[str, Any], text: str) -> MedicationRow:
    drug = row["drug"]
    form = (row["form"] or {}).get("name") or ""
    uses, former = (
        [use for dosage in row[part] if (use := say_dosage(dosage, text))]
        for part in ("dosages", "former")
    )
    needs = say_need(row, text)
    refills = (row["refills"] or {}).get("value")
    supply = [
        say_quantity(row["dispense"]),
        "" if refills is None else f"{refills} refill{'' if refills == 1 else 's'}",
    ]
    return MedicationRow(
        key,
        *(row["start"], row["end"]),
        (drug["start"], drug["end"]),
        shorten(drug["text"] or text[drug["start"] : drug["end"]], _MAX_NAME),
        ", ".join(shorten(name["text"], _MAX_NAME) for name in row["other_names"]),
        " ".join(filter(None, (say_quantity(row["strength"]), form))),
        uses or [needs] * bool(needs),
        former,
        ", ".join(filter(None, supply)),
        STATUSES.get(row["status"], ""),
        _list_marks(row),
        row["section"] or "",
    )


def list_measurements(record: Mapping[str, Any]) -> list[MeasurementRow]:
    """List the measurements of a record, as it has them."""
    text = record.get("text") or ""
    rows = shape_rows(record.get("measurements"), "measurements", words="fill")
    return [
        _make_measurement(f"{MEASUREMENT}{number}", row, text)
        for number, row in enumerate(rows, start=1)
    ]


def _make_measurement(key: str, row: Mapping[str, Any], text: str) -> MeasurementRow:
    analyte = row["analyte"]
    written = ""
    if analyte["start"] is not None and analyte["end"] is not None:
        written = shorten(text[analyte["start"] : analyte["end"]], _MAX_NAME)
    known = (analyte["key"] or "").replace("_", " ")
    parts = "/".join(say_range(p["value"], p["value_high"]) for p in row["components"])
    number = say_range(row["value"], row["value_high"]) or parts
    value = number or shorten(row["value_text"])
    unit = shorten(row["unit_text"], 20) or say_unit(row["unit"])
    flag = FLAGS.get(row["flag"], ("", ""))
    return MeasurementRow(
        key,
        *(row["start"], row["end"]),
        written or known,
        "" if known.casefold() in ("", written.casefold()) or not written else known,
        f"{row['comparator'] or ''} {value}".strip(),
        unit,
        _say_limits(row["range_low"], row["range_high"]),
        flag,
        row["flag_source"] == "computed",
        write_day(row[DATE]) if row[DATE] else "",
        row["section"] or "",
        bool(row["former"]),
        _list_marks(row),
    )


def _list_marks(row: Mapping[str, Any]) -> list[Mark]:
    return [mark for name, mark in MARKS.items() if name in row["assertion"]]


def _say_limits(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        sign = "" if low is high else "≤ " if low is None else "≥ "
        return sign + say_range(low, high)
    return say_range(low, high)


def list_finding_rows(record: Mapping[str, Any]) -> list[FindingRow]:
    """List the findings of a record of which the note says more, in words."""
    findings = list_findings(record)
    text = record.get("text") or ""
    entities = record["entities"]
    dates: dict[tuple[int, int], Any] = {}
    if any(finding.times for finding in findings):
        dates = {(e["start"], e["end"]): e.get(DATE) for e in entities}
    return [
        _make_finding(finding, entities[finding.number], text, dates)
        for finding in findings
    ]


def _make_finding(
    finding: Finding,
    entity: Mapping[str, Any],
    text: str,
    dates: Mapping[tuple[int, int], Any],
) -> FindingRow:
    def join(places: Iterable[Said]) -> str:
        words = (shorten(text[place.start : place.end], 40) for place in places)
        return ", ".join(dict.fromkeys(words))

    times = []
    for said in finding.times:
        words, date = (
            shorten(text[said.start : said.end], 40),
            shape_date(dates.get(said[:2])),
        )
        times.append(f"{words} = {say_date(date)}" if date else words)
    return FindingRow(
        finding.number,
        shorten(text[entity["start"] : entity["end"]], _MAX_NAME),
        join(finding.sites),
        ", ".join(finding.sides),
        join(finding.severities),
        join(finding.courses),
        "; ".join(times),
        join(finding.others),
        list_marks(entity),
    )


def group_by_section(rows: Sequence[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Put rows that follow each other in one section together."""
    for section, group in groupby(rows, key=lambda row: row.section):
        yield section, list(group)


def group_measurements(
    rows: Sequence[MeasurementRow],
) -> Iterator[tuple[str, str, list[MeasurementRow]]]:
    """Put measurements that follow each other together, by section and date."""
    for (section, day), group in groupby(rows, key=lambda r: (r.section, r.date)):
        yield section, day, list(group)
