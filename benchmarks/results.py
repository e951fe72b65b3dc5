"""The report of all benchmarks together: results.json and results.md."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from peers.tables import format_spread, format_table
from reports import MIB, SHARE, TIMES, Row, read_rows

PLOTS = ("speed", "quality", "memory")
DONE, KEPT, FAILED = "done", "kept from before", "failed"


class Result(NamedTuple):
    """What became of one benchmark.

    name: Of its script.
    status: DONE, KEPT or FAILED.
    seconds: How long it took.
    report: What it wrote; empty if it failed.
    tables: What it printed: its own tables, as Markdown.
    left_out: What it did without, and why.
    reason: Why it failed.
    """

    name: str
    status: str
    seconds: float
    report: dict[str, Any]
    tables: str
    left_out: dict[str, str]
    reason: str = ""

    @property
    def rows(self) -> list[Row]:
        return read_rows(self.report) if self.report else []

    @property
    def is_well(self) -> bool:
        """Whether it, and every contestant that it started, came to an end."""
        return self.status != FAILED and not self.report.get("failed")


def write_json(results: Sequence[Result], size: str, path: Path) -> None:
    """Save the rows of all benchmarks, and what they were measured with.

    size: Of the run.
    """
    keys = ("machine", "settings", "versions", "failed", "summary")
    benchmarks = {
        result.name: {
            "status": result.status,
            "reason": result.reason,
            "seconds": round(result.seconds, 1),
            "left_out": list_left_out(result),
            **{key: result.report[key] for key in keys if key in result.report},
        }
        for result in results
    }
    text = json.dumps({"size": size, "benchmarks": benchmarks}, indent=1)
    path.write_text(text + "\n", encoding="utf8")


def format_markdown(
    results: Sequence[Result], size: str, note: str, plots: Sequence[str]
) -> str:
    """Write what ran on what, the plots, and all tables.

    size: Of the run.
    note: What to know about that size.
    plots: File names of the SVGs.
    """
    parts = [
        "# Benchmarks",
        f"Size of the run: **{size}**. {note}",
        *_format_machines(results),
        format_overview(results),
        *(f"![{Path(name).stem}]({name})" for name in plots),
        "Speeds are medians of the rounds; ratios are ours over the peer's, taken within "
        "each round: min / median / max. Scores of several folds are medians, with the "
        "lowest and the highest.",
    ]
    for result in results:
        parts += _format_result(result)
    return "\n\n".join(parts) + "\n"


def format_overview(results: Sequence[Result]) -> str:
    """Write a table of the benchmarks: how they went, and what was left out."""
    rows = []
    for result in results:
        machine = result.report.get("machine", {})
        loads = [f"{machine[key][0]:.2f}" for key in LOADS if key in machine]
        failed = result.report.get("failed", {})
        gaps = [f"{who}: {why}" for who, why in list_left_out(result).items()]
        gaps += [f"{who} failed: {why}" for who, why in failed.items()]
        status = f"**{result.status}**: {result.reason}" if result.reason else None
        cells = [result.name, status or result.status, "; ".join(gaps) or "-"]
        cells += [machine.get("date", "-"), " / ".join(loads) or "-"]
        rows.append([*map(_escape, cells), f"{result.seconds:,.0f}"])
    columns = ["benchmark", "", "left out", "started", "load before / after", "seconds"]
    return format_table(columns, rows, text=4)


LOADS = ("load_before", "load_after")


def list_left_out(result: Result) -> dict[str, str]:
    """List what a benchmark did without, by what run.py and what the benchmark says."""
    left_out = {**result.left_out, **result.report.get("left_out", {})}
    return dict(sorted(left_out.items()))


def format_task(rows: Sequence[Row]) -> list[str]:
    """Write the tables of one task: what all systems did, and our ratios to peers.

    rows: Of one task.
    """
    values = [row for row in rows if row.unit != TIMES]
    ratios = [row for row in rows if row.unit == TIMES]
    tables = []
    if values:
        columns = list(dict.fromkeys((row.quantity, row.unit) for row in values))
        titles = [quantity + _format_unit(unit) for quantity, unit in columns]
        cells = {(row.system, (row.quantity, row.unit)): row for row in values}
        systems = dict.fromkeys(row.system for row in values)
        lines = [
            [name, *(_format_value(cells.get((name, column))) for column in columns)]
            for name in systems
        ]
        tables.append(format_table(["", *titles], lines))
    if ratios:
        ours = list(dict.fromkeys(row.system for row in ratios))
        found = {(row.system, row.baseline): row for row in ratios}
        peers = dict.fromkeys(row.baseline for row in ratios)
        lines = [
            [
                f"against {peer}",
                *(_format_ratio(found.get((name, peer))) for name in ours),
            ]
            for peer in peers
        ]
        tables.append(format_table(["", *ours], lines))
    return tables


def _format_result(result: Result) -> list[str]:
    parts = [f"## {result.name}"]
    if result.reason:
        parts.append(f"Failed: {_escape(result.reason)}")
    tasks: dict[str, list[Row]] = {}
    for row in result.rows:
        tasks.setdefault(row.task, []).append(row)
    for task, rows in tasks.items():
        parts += [f"**{task}**", *format_task(rows)]
    about = {**result.report.get("settings", {})}
    if about:
        told = ", ".join(f"{k} {v}" for k, v in about.items() if v is not None)
        parts.append(f"Settings: {told}.")
    versions = result.report.get("versions", {})
    if versions:
        lines = [
            f"- {who}: " + ", ".join(f"{name} {v}" for name, v in packages.items())
            for who, packages in versions.items()
        ]
        parts.append("\n".join(lines))
    if result.tables:
        title = f"<details><summary>All that {result.name}.py measured</summary>"
        parts += [title, result.tables.strip(), "</details>"]
    return parts


def _format_machines(results: Sequence[Result]) -> list[str]:
    """Write a line for each machine that benchmarks ran on, of which there mostly is
    one."""
    lines: dict[str, list[str]] = {}
    for result in results:
        if result.report:
            machine = result.report["machine"]
            versions = ", ".join(f"{k} {v}" for k, v in machine["versions"].items())
            line = (
                f"{machine['processor']}; {machine['cores']} cores, "
                f"{machine['ram_gib']} GiB of RAM, {machine['system']}, Python "
                f"{machine['python']}; {versions}."
            )
            lines.setdefault(line, []).append(f"{result.name} {machine['threads']}")
    return [f"{line} Threads: {', '.join(names)}." for line, names in lines.items()]


def _format_unit(unit: str) -> str:
    return "" if unit == SHARE else f", {unit}"


def _format_value(row: Row | None) -> str:
    if row is None:
        return "-"
    if row.unit == SHARE:
        spread = f" ({row.min:.3f} to {row.max:.3f})" if row.min < row.max else ""
        return f"{row.median:.3f}{spread}"
    decimals = 0 if row.median >= 100 or row.unit == MIB else 1
    return f"{row.median:,.{decimals}f}"


def _format_ratio(row: Row | None) -> str:
    return "-" if row is None else format_spread(row.min, row.median, row.max)


def _escape(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
