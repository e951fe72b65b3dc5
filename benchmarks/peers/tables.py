"""Tables as Markdown, and the report of encoders.py made of them."""

import statistics
from collections.abc import Sequence
from typing import Any


def format_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, text: int = 1
) -> str:
    """Write a table.

    columns: Their titles.
    rows: Their cells.
    text: How many columns, from the left, have words; the others have numbers.
    """
    marks = ["---"] * text + ["---:"] * (len(columns) - text)
    lines = [columns, marks, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def format_ratios(theirs: Sequence[float], ours: Sequence[float]) -> str:
    """Write how much longer they took than we did, round by round.

    theirs (seconds): One value a round.
    ours (seconds): The same.
    """
    ratios = [a / b for a, b in zip(theirs, ours, strict=True)]
    return format_spread(min(ratios), statistics.median(ratios), max(ratios))


def format_spread(low: float, middle: float, high: float) -> str:
    """Write ratios: with two decimals, where one would not tell them apart.

    low, middle, high: Of the rounds.
    """
    decimals = 1 if low >= 2 else 2
    return " / ".join(f"{ratio:.{decimals}f}" for ratio in (low, middle, high))


def format_tables(report: dict[str, Any]) -> str:
    """Write what ran on what, then the speeds, the policies and the agreement."""
    parts = [
        _format_setting(report),
        _format_speeds(report),
        _format_policies(report["rows"]),
        _format_agreement(report["agreement"]),
    ]
    return "\n\n".join(part for part in parts if part)


def find_limits(report: dict[str, Any]) -> dict[str, float]:
    """Find the best rate at which the machine multiplied, GFLOP/s by precision."""
    limits: dict[str, float] = {}
    for kind, rates in report["gflops"].items():
        precision = kind.split()[0]
        limits[precision] = max(limits.get(precision, 0.0), *rates)
    return limits


def _format_setting(report: dict[str, Any]) -> str:
    machine, inputs = report["machine"], report["inputs"]
    words, n_pieces = inputs["words"], sum(inputs["pieces"])
    rates = ", ".join(
        f"{kind} {statistics.median(r):,.0f} (best {max(r):,.0f})"
        for kind, r in report["gflops"].items()
    )
    return (
        f"{machine['processor']}, {machine['threads']} threads of "
        f"{machine['cores']} cores, load before {machine['load_before'][0]:.2f}. "
        f"{len(words)} notes, {sum(words):,} words (median "
        f"{statistics.median(words):,.0f}, longest {max(words):,}), {n_pieces:,} "
        f"pieces, {n_pieces / sum(words):.2f} a word, {inputs['layers']} layers.\n\n"
        f"Matrix products, GFLOP/s: {rates}.\n"
        f"Useful work: {1000 * inputs['gflop'] / n_pieces:.1f} MFLOP a piece "
        "(linear layers, and attention to the pieces of a window)."
    )


def _format_speeds(report: dict[str, Any]) -> str:
    baseline = report["rows"][report["baseline"]]["seconds"]
    inputs, limits = report["inputs"], find_limits(report)
    columns = ["", "words/s", "pieces/s", "x pipeline: min / median / max"]
    columns += ["of the limit", "entities / 1,000 words", "peak MiB"]
    lines = []
    n_words, n_pieces = sum(inputs["words"]), sum(inputs["pieces"])
    for name, row in report["rows"].items():
        seconds = statistics.median(row["seconds"])
        share = inputs["gflop"] / seconds / limits[row["precision"]]
        cells = [
            name,
            f"{n_words / seconds:,.0f}",
            f"{n_pieces / seconds:,.0f}",
            format_ratios(baseline, row["seconds"]),
            f"{share:.0%} of {row['precision']}",
            f"{1000 * row['entities'] / n_words:.0f}",
            f"{row['peak_mib']:,}",
        ]
        lines.append(cells)
    return format_table(columns, lines)


def _format_policies(rows: dict[str, Any]) -> str:
    names: dict[str, list[str]] = {}
    for name, row in rows.items():
        versions = ", ".join(f"{k} {v}" for k, v in row["versions"].items())
        names.setdefault(f"{row['policy']}. {versions}.", []).append(name)
    return "\n".join(f"- {'; '.join(who)}: {what}" for what, who in names.items())


def _format_agreement(agreement: dict[str, Any]) -> str:
    if not agreement:
        return ""
    rows = [
        [name, f"{a['words']:,}", f"{a['all']:.2%}", f"{a['in entities']:.2%}"]
        for name, a in agreement.items()
    ]
    return format_table(["labels agree", "words", "all", "in entities"], rows)
