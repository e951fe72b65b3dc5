"""Invented dates, numbers and addresses, in the formats of each part."""

import random
import string
from datetime import date, timedelta

from deid_notes.vocabulary import Part

MONTHS = tuple(date(2000, month, 1).strftime("%B") for month in range(1, 13))
DAYS = tuple(date(2024, 1, day).strftime("%A") for day in range(1, 8))
SEASONS = ("spring", "summer", "fall", "winter", "autumn")
HOLIDAYS = {
    "train": ("Christmas", "Thanksgiving", "Easter", "New Year's Eve", "Labor Day"),
    "dev": ("Halloween", "Memorial Day", "Fourth of July", "Hanukkah", "Veterans Day"),
}
# In strftime's notation; {d} and {m} are numbers without zeros, {y} is the year, {t} is
# "st", "nd", "rd" or "th".
DATES = {
    "train": (
        *("%m/%d/%Y", "%m/%d/%Y", "%m/%d/%y", "{m}/{d}/{y}", "{m}/{d}/%y"),
        *("%m-%d-%Y", "%m-%d-%y", "%Y-%m-%d", "%B {d}, %Y", "%b {d}, %Y"),
        *("{d} %B %Y", "%d-%b-%Y", "%d %b %Y", "%B {d}{t}, %Y", "%d.%m.%Y"),
        *("{m}/{d}/{y} ", "%d/%m/%Y", "%b. {d}, %Y", "%A, %B {d}, %Y"),
        *("%Y-%m-%dT%H:%M", "{d}{t} %b %Y", "%a %d %B"),
    ),
    "dev": (
        *("%Y/%m/%d", "%d%b%Y", "{m}.{d}.%y", "%d-%b-%y", "{d}{t} of %B %Y"),
        *("%b-%d-%Y", "%B {d} %Y", "%Y%m%d", "{d}-{m}-%Y", "%a {m}/{d}/%y"),
    ),
}
PARTIAL = {
    "train": (
        *("{m}/{d}", "%B {d}", "%b {d}", "%B {d}{t}", "%m/%d", "%B %Y", "%m/%Y"),
        *("%b %Y", "{d} %B", "%B of %Y", "{y}", "{y}", "%B"),
    ),
    "dev": (
        *("{m}-{d}", "the {d}{t} of %B", "%d-%b", "%b '%y", "'%y", "{m}/%y", "%b"),
    ),
}
PHONES = {
    "train": (
        *("(###) ###-####", "###-###-####", "###.###.####", "(###)###-####"),
        *("1-###-###-####", "+1 ### ### ####", "##########", "### ### ####"),
        *("+44 20 #### ####", "0#### ######", "(###) ###-#### x###", "x#-####"),
    ),
    "dev": (
        *("+1(###)###-####", "###/###-####", "1.###.###.####", "+91 ##### #####"),
        *(
            "###-#### ext. ##",
            "+49 ## ########",
            "(###) ### ####",
            "###\N{EN DASH}###\N{EN DASH}####",
        ),
    ),
}
IDS = {
    "train": (
        *("#######", "########", "######", "##########", "###-##-##", "@######"),
        *("@@######", "##-##-##", "#-######", "@#######", "####-####"),
    ),
    "dev": (
        *(
            "### ### ###",
            "@@@-######",
            "#####@",
            "@##-####-#",
            "###_#####",
            "#########",
        ),
    ),
}
DEVICES = {
    "train": ("@@@######@", "SN#######", "@@#####-##", "########@", "##@#####"),
    "dev": ("@#@#@###", "####-@@-###", "S/N@@####"),
}
ZIPS = ("#####", "#####", "#####-####", "@#@ #@#", "@@# #@@", "@## #@@")
PLATES = ("@@@ ####", "#@@@###", "@@@-###", "@@## @@@")
_DOMAINS = {
    "train": ("gmail.com", "yahoo.com", "hotmail.com", "aol.com", "partners.org"),
    "dev": ("outlook.com", "proton.me", "nhs.net", "icloud.com", "comcast.net"),
}


def number(chance: random.Random, pattern: str) -> str:
    """Replace each # of a pattern by a digit, and each @ by a capital letter."""
    return "".join(
        chance.choice(string.digits)
        if c == "#"
        else chance.choice(string.ascii_uppercase)
        if c == "@"
        else c
        for c in pattern
    )


def make_day(chance: random.Random, first: int = 1995, last: int = 2031) -> date:
    """Invent a day.

    first, last: Years.
    """
    return date(first, 1, 1) + timedelta(chance.randint(0, 365 * (last - first)))


def write_day(chance: random.Random, day: date, formats: tuple[str, ...]) -> str:
    """Write a date, or a part of it.

    formats: Choices, such as `DATES`.
    """
    tail = {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    chosen = chance.choice(formats).format(
        d=day.day, m=day.month, y=day.year, t="th" if 10 < day.day < 14 else tail
    )
    return day.strftime(chosen).strip()


def make_email(chance: random.Random, first: str, last: str, part: Part) -> str:
    """Invent an e-mail address of a person."""
    first, last = (
        "".join(c for c in name.lower() if c.isascii() and c.isalpha()) or "mail"
        for name in (first, last)
    )
    user = chance.choice(
        (
            f"{first}.{last}",
            f"{first[0]}{last}",
            f"{first}_{last}{chance.randint(1, 99)}",
            f"{last}{chance.randint(1950, 2005)}",
        )
    )
    return f"{user}@{chance.choice(_DOMAINS[part])}"


def make_url(chance: random.Random, word: str, part: Part) -> str:
    """Invent an address of a page.

    word: Of its domain.
    """
    site = "".join(c for c in word.lower() if c.isascii() and c.isalnum()) or "home"
    styles = {
        "train": (f"www.{site}.com", f"https://{site}.org/patient/{site[:3]}"),
        "dev": (f"http://{site}.net/u?id={chance.randint(100, 9999)}", f"{site}.io"),
    }
    return chance.choice(styles[part])


def make_ip(chance: random.Random) -> str:
    """Invent the address of a computer."""
    return ".".join(str(chance.randint(1, 254)) for _ in range(4))
