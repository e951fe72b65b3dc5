"""Labels, titles and headings of business forms, put together anew each time."""

from synthetic_forms import vocabulary as v
from synthetic_forms.fields import FIELDS
from synthetic_forms.prose import MAKERS, Rng
from synthetic_forms.texts import SECTIONS, TITLES

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
    (
        "To|From|Attention|Attn.|cc|CC|Copies To|Recipient|Sender|Contact|Author|Name",
        "person",
    ),
    ("To|cc|Distribution|Attendees|Participants|Team Members|Copy To", "people"),
    (
        "Date|Today's Date|Issue Date|Start Date|Completion Date|Due Date|Date Sent",
        "day",
    ),
    (
        "Subject|Re|RE|Regarding|Title|Project|Description|Purpose|Topic|Type|Status",
        "phrase",
    ),
    ("Fax|Fax No.|Fax Number|Telephone|Phone|Phone Number|Tel.|Telecopier No.", "tel"),
    (
        "Company|Firm|Organization|Agency|Supplier|Vendor|Manufacturer|Account|Client",
        "firm",
    ),
    ("Brand|Product|Brand(s)|Variety|Item|Style|Model|Packing", "product"),
    (
        "Region|Division|District|Market|City|State|Location|Area|Territory|City & State",
        "place",
    ),
    ("Address|Street Address|Mailing Address|Ship To|Bill To|Home Address", "postal"),
    (
        "No. of Pages|Pages|Number of Pages Including Cover|Quantity|Total|Circulation",
        "figure",
    ),
    (
        "Length|Weight|Diameter|Moisture|Nicotine|Tar|Puffs|Circumference|pH|Temp.|Time",
        "figure",
    ),
    (
        "Amount|Cost|Price|Total Cost|Net|Rate|Discount|Balance|Current Year|Prior Year",
        "amount",
    ),
    (
        "File No.|Case No.|Job No.|P. O. No.|Lot|Ref. No.|Charge No.|Code|Sample No.",
        "code",
    ),
    (
        "Comments|Remarks|Notes|Special Instructions|Other Information|Message|Summary",
        "remark",
    ),
    ("Objective|Background|Conclusion|Recommendation|Results|Action|Reason", "remark"),
    (
        "Signature|Signed|Approved|Approved By|Authorized By|Manager|Supervisor",
        "person",
    ),
]
HINTS = [
    "(Specify)",
    "(if any)",
    "(if known)",
    "(check one)",
    "(Please Print)",
    "(optional)",
]
HINTS += [
    "(List)",
    "(attach copy)",
    "(Yes/No)",
    "(000's)",
    "($)",
    "(mm)",
    "(see reverse)",
]


def make_label(rng: Rng) -> tuple[str, str]:
    """Make a label, and name what makes an answer to it."""
    kind = rng.random()
    if kind < 0.4:
        labels, maker = rng.choice(COMMON)
        text = rng.choice(labels.split("|"))
    elif kind < 0.5:
        text = rng.choice(rng.choice(FIELDS).labels)
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
        return rng.choice(TITLES.split("|")).strip()
    words = [rng.choice(v.NOUNS) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.3:
        words.insert(0, rng.choice(v.list_any_words()))
    return " ".join([*words, rng.choice(v.TITLE_WORDS)]).upper()


def make_heading(rng: Rng) -> str:
    kind = rng.random()
    if kind < 0.45:
        return rng.choice(v.HEADINGS)
    if kind < 0.6:
        return rng.choice(SECTIONS.split("|")).strip()
    words = [rng.choice(v.NOUNS) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.4:
        words.insert(0, rng.choice(v.ADJECTIVES))
    if rng.random() < 0.2:
        words.append(rng.choice(v.list_any_words()))
    return " ".join(words).title()
