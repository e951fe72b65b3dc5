"""How templates of forms of clinics write."""

import random
from dataclasses import dataclass

from synthetic_forms.page import Font, choose_font

TICKS = [("[ ]", "[x]"), ("[ ]", "[X]"), ("( )", "(x)"), ("\u2610", "\u2612")]
TICKS += [("\u25a1", "\u25a0"), ("O", "X"), ("__", "_x_")]


@dataclass
class Style:
    """How a template writes."""

    label: Font
    value: Font
    header: Font
    title: Font
    body: Font
    colon: str
    case: str
    leading: float
    gap: float
    has_rules: bool
    leader: str
    fill: float
    ticks: tuple[str, str]
    header_case: str
    numbering: str
    pad: float
    # How values are typed, labels are numbered and stand, and what is scribbled beside.
    value_case: str
    is_numbered: bool
    is_flush_right: bool
    has_strays: bool


def make_style(rng: random.Random) -> Style:
    size = rng.uniform(7.5, 13)
    family = rng.choice(["sans", "sans", "serif", "mono", "narrow"])
    value = rng.choice([family, family, "mono", "hand", "serif", "sans"])
    bold = rng.random() < 0.4
    return Style(
        label=choose_font(rng, family, size, bold=bold),
        value=choose_font(
            rng, value, size * rng.choice([0.95, 1, 1, 1.1, 1.3]), bold=False
        ),
        header=choose_font(
            rng,
            family,
            size * rng.choice([1, 1.1, 1.25, 1.5]),
            bold=rng.random() < 0.8,
        ),
        title=choose_font(
            rng,
            rng.choice([family, "sans", "serif"]),
            size * rng.choice([1.2, 1.5, 1.9, 2.4]),
            bold=rng.random() < 0.8,
        ),
        body=choose_font(rng, family, size * rng.choice([0.8, 0.9, 1])),
        colon=rng.choice([":", ":", ":", ":", "", "", " :", "."]),
        case=rng.choice(["", "", "", "upper", "title"]),
        leading=rng.uniform(1.25, 2.1),
        gap=rng.uniform(0.3, 2.5),
        has_rules=rng.random() < 0.5,
        leader=rng.choice(["", "", "", "_", "_", "."]),
        fill=rng.choice([0.6, 0.8, 0.9, 1.0]),
        ticks=rng.choice(TICKS),
        header_case=rng.choice(["", "", "upper", "upper", "colon"]),
        numbering=rng.choice(["", "", "", "1.", "A.", "I."]),
        pad=rng.uniform(0.3, 2.0),
        value_case=rng.choice(["", "", "", "upper"]),
        is_numbered=rng.random() < 0.12,
        is_flush_right=rng.random() < 0.2,
        has_strays=rng.random() < 0.3,
    )
