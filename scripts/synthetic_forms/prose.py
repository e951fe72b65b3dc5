"""Labels, values and sentences that are put together anew each time."""

import random
from collections.abc import Callable

from synthetic_forms import vocabulary as v
from synthetic_forms import words as w

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
    names = "January February March April May June July August September October November"
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
        [f"({a}) {b}-{c:04d}", f"{a}-{b}-{c:04d}", f"{a}/{b}-{c:04d}", f"{b}-{c:04d}"]
        + [f"1-{a}-{b}-{c:04d}", f"Ext. {c % 999}", f"{a} {b} {c:04d}"]
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
        [f"${n:,}", f"${n:,}.{rng.randint(0, 99):02d}", f"$ {n:,}", f"{n:,}.00", f"${n}M"]
    )


def make_figure(rng: Rng) -> str:
    n = rng.randint(0, rng.choice([9, 99, 999, 9999]))
    unit = rng.choice(v.UNITS)
    return rng.choice(
        [f"{n}", f"{n}", f"{n / 10:.1f}", f"{n:,}", f"{n}%", f"{n / 100:.2f}", f"{n} {unit}"]
        + [f"{n / 10:.1f} {unit}", f"{n}-{n + rng.randint(1, 50)}", "--", "0", f"+ {n}"]
    )


def make_place(rng: Rng) -> str:
    town, state = rng.choice(v.TOWNS), rng.choice(v.STATES)
    return rng.choice([town, f"{town}, {state}", f"{town}, {state} {rng.randint(10000, 99999)}"])


def make_postal(rng: Rng) -> str:
    return rng.choice(
        [
            f"{w.make_street(rng)}, {make_place(rng)}",
            f"P. O. Box {rng.randint(10, 9999)}, {make_place(rng)}",
            f"{rng.randint(1, 2000)} {rng.choice(v.LAST)} {rng.choice(w.KINDS)} {make_place(rng)}",
        ]
    )


def make_product(rng: Rng) -> str:
    name = rng.choice([rng.choice(v.list_any_words()), rng.choice(v.LAST)]).capitalize()
    return " ".join([name, *rng.sample(v.PRODUCTS, rng.randint(0, 3))])


def make_phrase(rng: Rng) -> str:
    """A few words: a subject, a remark, a thing."""
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
    """A sentence or a few: a long answer, or running text."""
    if rng.random() < 0.25:
        return " ".join(rng.sample([*w.TEXT.split("|"), *w.RULES.split("|")], 2))
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
# How a label is made from a noun, and what answers it.
PATTERNS = [
    ("{Noun}", "phrase"),
    ("{Noun}", "phrase"),
    ("{Noun} {Other}", "phrase"),
    ("{Adj} {Noun}", "phrase"),
    ("{Adj} {Noun} {Other}", "phrase"),
    ("{Noun} Name", "firm"),
    ("Name of {Noun}", "person"),
    ("{Noun} Date", "day"),
    ("Date {Part}", "day"),
    ("Date of {Noun}", "day"),
    ("{Noun} No.", "code"),
    ("{Noun} Number", "code"),
    ("{Noun} #", "code"),
    ("{Noun} Code", "code"),
    ("{Part} By", "person"),
    ("{Part} by", "person"),
    ("{Part} To", "person"),
    ("{Noun} Manager", "person"),
    ("{Noun} Contact", "person"),
    ("{Adj} Cost", "amount"),
    ("{Noun} Cost", "amount"),
    ("Total {Noun}", "amount"),
    ("{Noun} Amount", "amount"),
    ("No. of {Noun}s", "figure"),
    ("Number of {Noun}s", "figure"),
    ("{Noun} Size", "figure"),
    ("% {Noun}", "figure"),
    ("{Noun} Weight", "figure"),
    ("{Noun} Rate", "figure"),
    ("Type of {Noun}", "phrase"),
    ("{Noun} Type", "phrase"),
    ("{Noun} Description", "phrase"),
    ("{Noun} Location", "place"),
    ("{Noun} Address", "postal"),
    ("{Noun}/{Other}", "phrase"),
    ("{Noun} & {Other}", "phrase"),
    ("{Noun}(s)", "product"),
    ("{Noun} ({Other})", "phrase"),
    ("{Any} {Noun}", "phrase"),
    ("{Any}", "figure"),
    ("{Any} {Any2}", "figure"),
    ("{Noun} Comments", "remark"),
    ("Reason for {Noun}", "sentence"),
    ("Description of {Noun}", "sentence"),
    ("Is {noun} {part}?", "phrase"),
    ("Has the {noun} been {part}?", "phrase"),
    ("How many {noun}s?", "figure"),
    ("What {noun} is {part}", "phrase"),
    ("{Noun} to be {Part}", "phrase"),
]
# Labels that real forms often have.
COMMON = [
    ("To|From|Attention|Attn.|cc|CC|Copies To|Recipient|Sender|Contact|Author|Name", "person"),
    ("To|cc|Distribution|Attendees|Participants|Team Members|Copy To", "people"),
    ("Date|Today's Date|Issue Date|Start Date|Completion Date|Due Date|Date Sent", "day"),
    ("Subject|Re|RE|Regarding|Title|Project|Description|Purpose|Topic|Type|Status", "phrase"),
    ("Fax|Fax No.|Fax Number|Telephone|Phone|Phone Number|Tel.|Telecopier No.", "tel"),
    ("Company|Firm|Organization|Agency|Supplier|Vendor|Manufacturer|Account|Client", "firm"),
    ("Brand|Product|Brand(s)|Variety|Item|Style|Model|Packing", "product"),
    ("Region|Division|District|Market|City|State|Location|Area|Territory|City & State", "place"),
    ("Address|Street Address|Mailing Address|Ship To|Bill To|Home Address", "postal"),
    ("No. of Pages|Pages|Number of Pages Including Cover|Quantity|Total|Circulation", "figure"),
    ("Length|Weight|Diameter|Moisture|Nicotine|Tar|Puffs|Circumference|pH|Temp.|Time", "figure"),
    ("Amount|Cost|Price|Total Cost|Net|Rate|Discount|Balance|Current Year|Prior Year", "amount"),
    ("File No.|Case No.|Job No.|P. O. No.|Lot|Ref. No.|Charge No.|Code|Sample No.", "code"),
    ("Comments|Remarks|Notes|Special Instructions|Other Information|Message|Summary", "remark"),
    ("Objective|Background|Conclusion|Recommendation|Results|Action|Reason", "remark"),
    ("Signature|Signed|Approved|Approved By|Authorized By|Manager|Supervisor", "person"),
]
HINTS = ["(Specify)", "(if any)", "(if known)", "(check one)", "(Please Print)", "(optional)"]
HINTS += ["(List)", "(attach copy)", "(Yes/No)", "(000's)", "($)", "(mm)", "(see reverse)"]


def make_label(rng: Rng) -> tuple[str, str]:
    """A label, and the name of what makes an answer to it."""
    kind = rng.random()
    if kind < 0.4:
        labels, maker = rng.choice(COMMON)
        text = rng.choice(labels.split("|"))
    elif kind < 0.5:
        text = rng.choice(rng.choice(w.FIELDS).labels)
        maker = rng.choice(["phrase", "figure", "code", "day"])
    else:
        pattern, maker = rng.choice(PATTERNS)
        noun, other = rng.choice(v.NOUNS), rng.choice(v.NOUNS)
        part, any_words = rng.choice(v.PARTICIPLES), v.list_any_words()
        text = pattern.format(
            Noun=noun.title(),
            noun=noun,
            Other=other.title(),
            Adj=rng.choice(v.ADJECTIVES),
            Part=part,
            part=part.lower(),
            Any=rng.choice(any_words).title(),
            Any2=rng.choice(any_words).title(),
        )
    if rng.random() < 0.05:
        text, maker = _make_long_label(rng), rng.choice(["phrase", "figure", "remark"])
    if rng.random() < 0.06:
        text += " " + rng.choice(HINTS)
    # Answers don't always fit their questions.
    if rng.random() < 0.12:
        maker = rng.choice(list(MAKERS))
    return text, maker


def _make_long_label(rng: Rng) -> str:
    noun, other = rng.choice(v.NOUNS), rng.choice(v.NOUNS)
    part, action = rng.choice(v.PARTICIPLES).lower(), rng.choice(v.ACTIONS)
    return rng.choice(
        [
            f"Has the {noun} {rng.choice(v.VERBS).split(' ', 1)[1]} the {other}?",
            f"If yes, please {action} the {noun} and {other}",
            f"{action.title()} all {noun}s which have {other}s {rng.choice(v.TAILS)}",
            f"How many {noun}s were {part} {rng.choice(v.TAILS)}?",
            f"Explain why the {noun} was not {part}",
            f"Name and address of the {noun} to be {part}",
            f"{noun}s {part} and {other} {noun} (attach {rng.choice(v.NOUNS)})".capitalize(),
            f"What is the {rng.choice(v.ADJECTIVES).lower()} {noun} of this {other}?",
        ]
    )


def make_title(rng: Rng) -> str:
    kind = rng.random()
    if kind < 0.4:
        return rng.choice(v.TITLES)
    if kind < 0.5:
        return rng.choice(w.TITLES.split("|")).strip()
    words = [rng.choice(v.NOUNS) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.3:
        words.insert(0, rng.choice(v.list_any_words()))
    return " ".join([*words, rng.choice(v.TITLE_WORDS)]).upper()


def make_heading(rng: Rng) -> str:
    kind = rng.random()
    if kind < 0.45:
        return rng.choice(v.HEADINGS)
    if kind < 0.6:
        return rng.choice(w.SECTIONS.split("|")).strip()
    words = [rng.choice(v.NOUNS) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.4:
        words.insert(0, rng.choice(v.ADJECTIVES))
    if rng.random() < 0.2:
        words.append(rng.choice(v.list_any_words()))
    return " ".join(words).title()
