"""What makes values of forms of clinics."""

import random
from collections.abc import Callable

from synthetic_forms.lists import (
    ALLERGENS,
    COMPANIES,
    DISEASES,
    DRUGS,
    FIRST,
    FREQUENCIES,
    KINDS,
    LABS,
    LAST,
    STATES,
    STREETS,
    SYMPTOMS,
    TOWNS,
    TRADES,
    UNITS,
)
from synthetic_forms.texts import TEXT
from synthetic_forms.vocabulary import split


def pick(choices: str | list[str]) -> Callable[[random.Random], str]:
    """Make a maker that takes one of some texts, which may be parted by bars."""
    texts = split(choices) if isinstance(choices, str) else choices
    return lambda rng: rng.choice(texts)


def make_name(rng: random.Random) -> str:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    initial = rng.choice("ABCDEFGHJKLMRSTW")
    return rng.choice(
        [
            f"{first} {last}",
            f"{last}, {first}",
            f"{first} {initial}. {last}",
            f"{first[0]}. {last}",
            f"{initial}. {first[0]}. {last}",
            f"{last.upper()}, {first.upper()}",
        ]
    )


def make_doctor(rng: random.Random) -> str:
    name = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    return rng.choice([f"Dr. {name}", f"{name}, MD", f"Dr {name.split()[1]}", name])


def make_last(rng: random.Random) -> str:
    return rng.choice(LAST)


def make_first(rng: random.Random) -> str:
    return rng.choice(FIRST)


def make_date(rng: random.Random) -> str:
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1935, 2024)
    name = (
        "January February March April May June July August September October November"
    )
    months = [*name.split(), "December"]
    return rng.choice(
        [
            f"{month:02d}/{day:02d}/{year}",
            f"{month}/{day}/{year % 100:02d}",
            f"{day:02d}.{month:02d}.{year}",
            f"{year}-{month:02d}-{day:02d}",
            f"{months[month - 1]} {day}, {year}",
            f"{day} {months[month - 1][:3]} {year}",
            f"{month:02d}-{day:02d}-{year % 100:02d}",
        ]
    )


def make_phone(rng: random.Random) -> str:
    a, b, c = rng.randint(200, 989), rng.randint(200, 989), rng.randint(0, 9999)
    return rng.choice([f"({a}) {b}-{c:04d}", f"{a}-{b}-{c:04d}", f"{a} {b} {c:04d}"])


def make_id(rng: random.Random) -> str:
    n = rng.randint(1000, 99_999_999)
    return rng.choice(
        [
            f"{n}",
            f"{rng.choice('ABCMPRX')}{n}",
            f"{n % 1000:03d}-{n % 97:02d}-{n % 9999}",
        ]
    )


def make_number(rng: random.Random) -> str:
    n = rng.randint(1, 999)
    return rng.choice([f"{n}", f"{n / 10:.1f}", f"{n},{rng.randint(0, 999):03d}"])


def make_money(rng: random.Random) -> str:
    return f"${rng.randint(1, 9999):,}.{rng.randint(0, 99):02d}"


def make_street(rng: random.Random) -> str:
    return f"{rng.randint(1, 2400)} {rng.choice(STREETS)} {rng.choice(KINDS)}"


def make_town(rng: random.Random) -> str:
    code = rng.randint(10000, 99999)
    return rng.choice(
        [rng.choice(TOWNS), f"{rng.choice(TOWNS)}, {rng.choice(STATES)} {code}"]
    )


def make_address(rng: random.Random) -> str:
    return f"{make_street(rng)}, {rng.choice(TOWNS)}, {rng.choice(STATES)}"


def make_drug(rng: random.Random) -> str:
    return (
        f"{rng.choice(DRUGS)} {rng.choice([5, 10, 20, 25, 40, 81, 100, 250, 500])} mg"
    )


def make_drugs(rng: random.Random) -> str:
    return ", ".join(
        f"{make_drug(rng)} {pick(FREQUENCIES)(rng)}" for _ in range(rng.randint(1, 4))
    )


def make_conditions(rng: random.Random) -> str:
    return ", ".join(rng.sample(DISEASES, rng.randint(1, 3)))


def make_complaint(rng: random.Random) -> str:
    return rng.choice(SYMPTOMS) + rng.choice(
        [" for two days", " since Monday", " on exertion", "", " x 3 weeks"]
    )


def make_allergies(rng: random.Random) -> str:
    return ", ".join(rng.sample(ALLERGENS, rng.randint(1, 2)))


def make_company(rng: random.Random) -> str:
    return f"{pick(COMPANIES)(rng)} {pick(TRADES)(rng)}"


def make_vital(rng: random.Random) -> str:
    return rng.choice(
        [
            f"{rng.randint(95, 180)}/{rng.randint(55, 105)}",
            f"{rng.randint(50, 120)} bpm",
            f"{rng.randint(45, 110)} kg",
            f"{rng.randint(150, 195)} cm",
            f"{rng.randint(96, 104)}.{rng.randint(0, 9)} F",
            f"{rng.randint(88, 100)} %",
        ]
    )


def make_text(rng: random.Random) -> str:
    return " ".join(rng.sample(TEXT.split("|"), rng.randint(1, 3)))


def make_range(rng: random.Random) -> str:
    low = rng.randint(1, 90)
    return f"{low}-{low + rng.randint(5, 60)}"


def make_unit(rng: random.Random) -> str:
    return rng.choice(UNITS)


def make_lab(rng: random.Random) -> str:
    return rng.choice(LABS)
