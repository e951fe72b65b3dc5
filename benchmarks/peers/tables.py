"""The report of encoders.py as Markdown."""

import statistics
from typing import Any


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
    """The best rate at which the machine multiplied, GFLOP/s by precision."""
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
    lines = [
        "| | words/s | pieces/s | x pipeline: min / median / max | of the limit "
        "| entities / 1,000 words | peak MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    n_words, n_pieces = sum(inputs["words"]), sum(inputs["pieces"])
    for name, row in report["rows"].items():
        seconds = statistics.median(row["seconds"])
        ratios = [a / b for a, b in zip(baseline, row["seconds"], strict=True)]
        spread = f"{min(ratios):.2f} / {statistics.median(ratios):.2f} / "
        share = inputs["gflop"] / seconds / limits[row["precision"]]
        cells = [
            name,
            f"{n_words / seconds:,.0f}",
            f"{n_pieces / seconds:,.0f}",
            f"{spread}{max(ratios):.2f}",
            f"{share:.0%} of {row['precision']}",
            f"{1000 * row['entities'] / n_words:.0f}",
            f"{row['peak_mib']:,}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _format_policies(rows: dict[str, Any]) -> str:
    names: dict[str, list[str]] = {}
    for name, row in rows.items():
        versions = ", ".join(f"{k} {v}" for k, v in row["versions"].items())
        names.setdefault(f"{row['policy']}. {versions}.", []).append(name)
    return "\n".join(f"- {'; '.join(who)}: {what}" for what, who in names.items())


def _format_agreement(agreement: dict[str, Any]) -> str:
    if not agreement:
        return ""
    lines = ["| labels agree | words | all | in entities |", "|---|---|---|---|"]
    for name, a in agreement.items():
        cells = f"{a['words']:,} | {a['all']:.2%} | {a['in entities']:.2%}"
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)
