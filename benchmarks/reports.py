"""What every benchmark writes, so that one table and one set of plots can show all.

A benchmark measures, keeps what it measured in a dictionary of its own, and says in
`summarize(report)` what of it counts: a list of rows. `write_report` saves both as
JSON, with facts about the machine. run.py reads nothing else:

    machine   what `machine.read_machine` gave, with "load_after"
    summary   the rows
    settings  options that make a difference, if any
    versions  of what was compared: {system: {package: version}}, if not those of machine
    failed    contestants that could not take part: {system: why}
    left_out  the same of those that were not asked to

The unit of a row says where it is shown. Ratios (TIMES) are drawn in speed.svg, shares
(SHARE) in quality.svg, memory (MIB) in memory.svg; all other units only in the tables.
Systems named "spacy_clinical", or "spacy_clinical, ...", are this package.
"""

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from machine import read_load
from peers.tables import format_table

TIMES, SHARE, MIB = "times", "share", "MiB"
OURS = "spacy_clinical"


class Row(NamedTuple):
    """One quantity of one system.

    task: What was done; rows of a task stand together.
    system: Who did it.
    quantity: What was measured: "speed", "F1", "memory".
    unit: "words/s", or one of TIMES, SHARE and MIB.
    min, median, max: Over the rounds, or folds; all the same where there was one.
    baseline: Of a ratio: against whom.
    """

    task: str
    system: str
    quantity: str
    unit: str
    min: float
    median: float
    max: float
    baseline: str = ""


def make_row(
    task: str,
    system: str,
    quantity: str,
    unit: str,
    values: Sequence[float],
    baseline: str = "",
) -> Row:
    """Make a row of some rounds' values.

    task, system, quantity, unit, baseline: See `Row`.
    values: At least one.
    """
    low, middle, high = min(values), statistics.median(values), max(values)
    return Row(task, system, quantity, unit, low, middle, high, baseline)


def compare_speed(
    task: str,
    seconds: Mapping[str, Sequence[float]],
    amounts: Mapping[str, float],
    unit: str,
) -> list[Row]:
    """Make rows of rates, and of ratios of ours to each other one's within each round.

    task: See `Row`.
    seconds: What each system took, round by round.
    amounts: How much each system did in a round.
    unit: Of the rates, such as "words/s".
    """
    rates = {
        system: [amounts[system] / taken for taken in rounds]
        for system, rounds in seconds.items()
    }
    rows = [make_row(task, name, "speed", unit, rates[name]) for name in rates]
    for peer in rates:
        for system in rates:
            if is_ours(system) and not is_ours(peer):
                pairs = zip(rates[system], rates[peer], strict=True)
                ratios = [ours / theirs for ours, theirs in pairs]
                rows.append(make_row(task, system, "speed", TIMES, ratios, peer))
    return rows


def is_ours(system: str) -> bool:
    """Say whether a system is this package.

    system: As in a row.
    """
    return system == OURS or system.startswith(f"{OURS},")


def write_report(path: Path, report: dict[str, Any], rows: Sequence[Row]) -> None:
    """Save what was measured, with the rows that say it in short.

    path: Of a JSON file.
    report: Plain data; its "machine" gets "load_after".
    rows: What `summarize` made of it.
    """
    report = {**report, "summary": [row._asdict() for row in rows]}
    report["machine"] = {**report["machine"], "load_after": read_load()}
    text = json.dumps(report, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf8")


def read_rows(report: Mapping[str, Any]) -> list[Row]:
    """Get the rows of a report back.

    report: As `write_report` saved it.
    """
    return [Row(**row) for row in report["summary"]]


def format_rows(rows: Sequence[Row]) -> str:
    """Write rows as a table in Markdown."""
    cells = [
        [row.system, row.quantity, row.unit, row.baseline]
        + [f"{value:,.2f}" for value in (row.min, row.median, row.max)]
        for row in rows
    ]
    titles = ["", "", "unit", "against", "min", "median", "max"]
    return format_table(titles, cells)
