"""Values and sentences of business forms, put together anew each time."""

import random
from collections.abc import Callable

from synthetic_forms import vocabulary as v
from synthetic_forms.lists import KINDS
from synthetic_forms.makers import make_street
from synthetic_forms.texts import RULES, TEXT

Rng = random.Random


def make_person(rng: Rng) -> str:
    first, last = rng.choice(v.FIRST), rng.choice(v.LAST)
    if rng.random() < 0.15:
        last = rng.choice(v.list_any_words()).capitalize()
    a, b = rng.choice("ABCDEFGHJKLMNPRSTW"), rng.choice("ABCDEFGHJKLMNPRSTW")
    return rng.choice(
        [
            f"{first} {last}",
            f"{first} {last}",
            f"{a}. {b}. {last}",
            f"{a}. {last}",
            f"Mr. {a}. {b}. {last}",
            f"Dr. {first} {last}",
            f"{first} {a}. {last}",
            f"Ms. {last}",
            f"{last}",
            f"{a}{b}{last[0]}",
            f"{first}",
        ]
    )


def make_people(rng: Rng) -> str:
    return rng.choice([", ", "; ", " / "]).join(
        make_person(rng) for _ in range(rng.randint(2, 4))
    )


def make_firm(rng: Rng) -> str:
    names = [rng.choice(v.LAST) for _ in range(3)]
    word = rng.choice(v.list_any_words()).capitalize()
    return rng.choice(
        [
            f"{names[0]} {rng.choice(v.TRADES)}",
            f"{word} {rng.choice(v.TRADES)}",
            f"{names[0]} & {names[1]}",
            f"{names[0]}, {names[1]} & {names[2]}",
            f"{rng.choice(v.TOWNS)} {rng.choice(v.TRADES)}",
            f"{names[0]} {word} {rng.choice(v.TRADES)}",
        ]
    )


def make_day(rng: Rng) -> str:
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1962, 2001)
    names = (
        "January February March April May June July August September October November"
    )
    name = [*names.split(), "December"][month - 1]
    short = year % 100
    return rng.choice(
        [
            f"{name} {day}, {year}",
            f"{name} {day}, {year}",
            f"{month}/{day}/{short:02d}",
            f"{month}/{day}/{short:02d}",
            f"{month}-{day}-{short:02d}",
            f"{name} {year}",
            f"{day} {name} {year}",
            f"{name[:3]}. {day}, {year}",
            f"{month:02d}/{day:02d}/{year}",
            f"{name[:3].upper()} {day} {year}",
            f"{month}/{short:02d}",
            f"{year}",
            f"Week of {month}/{day}",
        ]
    )


def make_tel(rng: Rng) -> str:
    a, b, c = rng.randint(201, 989), rng.randint(200, 989), rng.randint(0, 9999)
    return rng.choice(
        [
            f"({a}) {b}-{c:04d}",
            f"{a}-{b}-{c:04d}",
            f"{a}/{b}-{c:04d}",
            f"{b}-{c:04d}",
            f"1-{a}-{b}-{c:04d}",
            f"Ext. {c % 999}",
            f"{a} {b} {c:04d}",
        ]
    )


def make_code(rng: Rng) -> str:
    n = rng.randint(1, 99_999_999)
    letters = "".join(rng.choice("ABCDEFGHKLMNPRSTX") for _ in range(rng.randint(1, 3)))
    return rng.choice(
        [
            f"{n}",
            f"{n % 10000}",
            f"{letters}-{n % 1000}",
            f"{letters}{n % 10000}",
            f"{n % 99}-{n % 997}",
            f"{n % 100}-{letters}-{n % 91}",
            f"#{n % 10000}",
            f"{n % 9999:04d}-{n % 83:02d}",
            f"No. {n % 500}",
        ]
    )


def make_amount(rng: Rng) -> str:
    n = rng.choice([9, 99, 999, 9999, 99_999, 999_999])
    n = rng.randint(1, n)
    return rng.choice(
        [
            f"${n:,}",
            f"${n:,}.{rng.randint(0, 99):02d}",
            f"$ {n:,}",
            f"{n:,}.00",
            f"${n}M",
        ]
    )


def make_figure(rng: Rng) -> str:
    n = rng.randint(0, rng.choice([9, 99, 999, 9999]))
    unit = rng.choice(v.UNITS)
    return rng.choice(
        [
            f"{n}",
            f"{n}",
            f"{n / 10:.1f}",
            f"{n:,}",
            f"{n}%",
            f"{n / 100:.2f}",
            f"{n} {unit}",
            f"{n / 10:.1f} {unit}",
            f"{n}-{n + rng.randint(1, 50)}",
            "--",
            "0",
            f"+ {n}",
        ]
    )


def make_place(rng: Rng) -> str:
    town, state = rng.choice(v.TOWNS), rng.choice(v.STATES)
    return rng.choice(
        [town, f"{town}, {state}", f"{town}, {state} {rng.randint(10000, 99999)}"]
    )


def make_postal(rng: Rng) -> str:
    return rng.choice(
        [
            f"{make_street(rng)}, {make_place(rng)}",
            f"P. O. Box {rng.randint(10, 9999)}, {make_place(rng)}",
            f"{rng.randint(1, 2000)} {rng.choice(v.LAST)} {rng.choice(KINDS)} {make_place(rng)}",
        ]
    )


def make_product(rng: Rng) -> str:
    name = rng.choice([rng.choice(v.list_any_words()), rng.choice(v.LAST)]).capitalize()
    return " ".join([name, *rng.sample(v.PRODUCTS, rng.randint(0, 3))])


def make_phrase(rng: Rng) -> str:
    """Make a few words: a subject, a remark, a thing."""
    if rng.random() < 0.45:
        return rng.choice(v.PHRASES)
    nouns = [rng.choice(v.NOUNS) for _ in range(3)]
    adjective = rng.choice(v.ADJECTIVES)
    anything = rng.choice(v.list_any_words())
    return rng.choice(
        [
            f"{adjective} {nouns[0]} {nouns[1]}",
            f"{nouns[0]} {nouns[1]} for {nouns[2]}s".capitalize(),
            f"{adjective} {anything} {nouns[0]}",
            f"{make_product(rng)} {nouns[0]} {nouns[1]}",
            f"{anything} {nouns[0]}".capitalize(),
            f"{nouns[0]} of {anything} {nouns[1]}".capitalize(),
            f"{nouns[0]}s and {nouns[1]}s".title(),
            f"{make_product(rng)} - {adjective} {nouns[0]}",
        ]
    )


def make_sentence(rng: Rng) -> str:
    noun, other, third = (rng.choice(v.NOUNS) for _ in range(3))
    if rng.random() < 0.25:
        noun = rng.choice(v.list_any_words())
    if rng.random() < 0.25:
        other = f"{rng.choice(v.list_any_words())} {other}"
    kind = rng.random()
    if kind < 0.45:
        text = f"{rng.choice(v.STARTS)} {noun} {rng.choice(v.VERBS)} the {other}"
    elif kind < 0.75:
        text = f"{rng.choice(v.OPENERS)} {rng.choice(v.ACTIONS)} the {noun} and {other} {third}"
    else:
        text = f"{make_firm(rng)} {rng.choice(v.VERBS)} {rng.choice(v.STARTS).lower()} {noun}"
    if rng.random() < 0.6:
        text += f" {rng.choice(v.TAILS)}"
    return text + rng.choice([".", ".", ".", "."])


def make_remark(rng: Rng) -> str:
    """Make a sentence or a few: a long answer, or running text."""
    if rng.random() < 0.25:
        return " ".join(rng.sample([*TEXT.split("|"), *RULES.split("|")], 2))
    return " ".join(make_sentence(rng) for _ in range(rng.randint(1, 4)))


MAKERS: dict[str, Callable[[Rng], str]] = {
    "person": make_person,
    "people": make_people,
    "firm": make_firm,
    "day": make_day,
    "tel": make_tel,
    "code": make_code,
    "amount": make_amount,
    "figure": make_figure,
    "place": make_place,
    "postal": make_postal,
    "product": make_product,
    "phrase": make_phrase,
    "sentence": make_sentence,
    "remark": make_remark,
}
