"""What stands at the places of templates, the same for all places of a note."""

import random
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cache

from deid_notes import values
from deid_notes.clinical_lines import LINES
from deid_notes.marked import Part as Piece
from deid_notes.people import (
    CREDENTIALS,
    make_person,
    write_full,
    write_initials,
    write_last_first,
)
from deid_notes.vocabulary import Part, list_names, read_list, take

_STATES = [
    "AL",
    "AK",
    "AZ",
    "AR",
    "CA",
    "CO",
    "CT",
    "DE",
    "FL",
    "GA",
    "HI",
    "ID",
    "IL",
    "IN",
    "IA",
    "KS",
    "KY",
    "LA",
    "ME",
    "MD",
    "MA",
    "MI",
    "MN",
    "MS",
    "MO",
    "MT",
    "NE",
    "NV",
    "NH",
    "NJ",
    "NM",
    "NY",
    "NC",
    "ND",
    "OH",
    "OK",
    "OR",
    "PA",
    "RI",
    "SC",
    "SD",
    "TN",
    "TX",
    "UT",
    "VT",
    "VA",
    "WA",
    "WV",
    "WI",
    "WY",
]
_STATE_NAMES = [
    "California",
    "Texas",
    "Florida",
    "Ohio",
    "Georgia",
    "Michigan",
    "Virginia",
    "Arizona",
    "Maine",
    "Oregon",
    "Massachusetts",
    "Tennessee",
    "Colorado",
    "Kansas",
    "Iowa",
    "Vermont",
    "Nebraska",
    "Maryland",
    "Idaho",
]
_COUNTRIES = [
    "Mexico",
    "Haiti",
    "Guatemala",
    "Vietnam",
    "China",
    "India",
    "Brazil",
    "Cuba",
    "Nigeria",
    "Ghana",
    "Ethiopia",
    "Somalia",
    "Iran",
    "Iraq",
    "Syria",
    "Russia",
    "Ukraine",
    "Poland",
    "Italy",
    "Ireland",
    "Portugal",
    "Germany",
    "France",
    "Spain",
    "Japan",
    "Korea",
    "Philippines",
    "Honduras",
    "Colombia",
    "Peru",
    "Canada",
    "Jamaica",
    "Egypt",
]
_RELATIVES = "wife husband mother father daughter son sister brother aunt niece friend"
Fill = Callable[[], Iterable[Piece]]


class Slots:
    """The people, dates and places of a note.

    sex: Of the patient.
    """

    def __init__(self, chance: random.Random, part: Part) -> None:
        self.chance = chance
        self.part = part
        self.patient = make_person(chance, part)
        self.sex = self.patient.sex
        self.staff = [make_person(chance, part) for _ in range(3)]
        self.relative = make_person(chance, part)
        self.day = values.make_day(chance, 2005)
        self.years = chance.randint(0, 104) if chance.random() < 0.3 else 0
        self.years = self.years or chance.randint(18, 95)
        self.hospital = self._make_hospital()
        self.mrn = self._number(values.IDS)
        self._fillers: dict[str, Fill] = {
            **self._list_people(),
            **self._list_times(),
            **self._list_numbers(),
            **self._list_places(),
            **self._list_words(),
        }

    def get(self, name: str) -> Iterable[Piece]:
        """Give what stands at a place.

        name: Such as "patient".
        """
        return self._fillers[name]()

    @property
    def names(self) -> list[str]:
        """Names of places."""
        return list(self._fillers)

    def _list_people(self) -> dict[str, Fill]:
        chance, part = self.chance, self.part
        patient, relative = self.patient, self.relative

        def name(label: str, write: Callable[[], str]) -> Fill:
            return lambda: [Piece(write(), label)]

        def pick() -> str:
            return write_full(chance, chance.choice(self.staff), part)

        return {
            "patient": name("PATIENT", lambda: write_full(chance, patient, part)),
            "first": name("PATIENT", lambda: patient.first),
            "last": name("PATIENT", lambda: patient.last),
            "lastfirst": name(
                "PATIENT", lambda: write_last_first(chance, patient, part)
            ),
            "relative": name("PATIENT", lambda: write_full(chance, relative, part)),
            "relfirst": name("PATIENT", lambda: relative.first),
            "staff": name("STAFF", pick),
            "stafflast": name("STAFF", lambda: chance.choice(self.staff).last),
            "stafffirst": name("STAFF", lambda: chance.choice(self.staff).first),
            "stafflf": name(
                "STAFF",
                lambda: write_last_first(chance, chance.choice(self.staff), part),
            ),
            "initials": name(
                "STAFF", lambda: write_initials(chance, chance.choice(self.staff))
            ),
            "email": name("EMAIL", self._make_email),
        }

    def _list_times(self) -> dict[str, Fill]:
        chance, part = self.chance, self.part

        def near() -> str:
            day = self.day + timedelta(chance.randint(-90, 30))
            return values.write_day(chance, day, values.DATES[part])

        def partial() -> str:
            day = self.day + timedelta(chance.randint(-2000, 60))
            return values.write_day(chance, day, values.PARTIAL[part])

        def birth() -> str:
            day = self.day - timedelta(365 * self.years + chance.randint(0, 364))
            return values.write_day(chance, day, values.DATES[part])

        def weekday() -> str:
            name = chance.choice(values.DAYS)
            return chance.choice((name, name, name[:3], f"{name}s"))

        labelled = {
            "date": near,
            "dob": birth,
            "weekday": weekday,
            "holiday": lambda: chance.choice(values.HOLIDAYS[part]),
            "season": lambda: chance.choice(
                (
                    f"{chance.choice(values.SEASONS)} {chance.randint(1990, 2030)}",
                    chance.choice(values.SEASONS),
                )
            ),
            "year": lambda: str(chance.randint(1955, 2030)),
            "decade": lambda: chance.choice(("1990s", "'80s", "1970's", "2000s")),
        }
        fills: dict[str, Fill] = {
            key: (lambda make=make: [Piece(make(), "DATE")])  # type: ignore[misc]
            for key, make in labelled.items()
        }
        ages = {
            "age": lambda: str(self.years),
            "otherage": lambda: str(chance.randint(1, 95)),
            "agedecade": lambda: (
                f"{chance.randint(2, 9)}0{chance.choice(('s', chr(39) + 's'))}"
            ),
        }
        for key, write in ages.items():
            fills[key] = lambda write=write: [Piece(write(), "AGE")]  # type: ignore[misc]
        # "The 3rd of May" is a date from its number on.
        fills["partdate"] = lambda: _leave_out_article(partial(), "DATE")
        return {**fills, "aged": self._write_age, "time": self._write_time}

    def _list_numbers(self) -> dict[str, Fill]:
        chance, part = self.chance, self.part

        def plain(label: str, make: Callable[[], str]) -> Fill:
            return lambda: [Piece(make(), label)]

        return {
            "phone": plain("PHONE", lambda: self._number(values.PHONES)),
            "pager": plain("PHONE", lambda: values.number(chance, "#####")),
            "mrn": plain("ID", lambda: self.mrn),
            "id": plain("ID", lambda: self._number(values.IDS)),
            "ssn": plain(
                "ID",
                lambda: values.number(
                    chance, chance.choice(("###-##-####", "#########", "### ## ####"))
                ),
            ),
            "device": plain("ID", lambda: self._number(values.DEVICES)),
            "plate": plain(
                "ID", lambda: values.number(chance, chance.choice(values.PLATES))
            ),
            "accession": plain(
                "ID",
                lambda: values.number(
                    chance, chance.choice(("@##-#####", "##@@#####"))
                ),
            ),
            "username": plain(
                "ID",
                lambda: (
                    f"{self.patient.first[0]}{self.patient.last}{chance.randint(1, 99)}".lower().replace(
                        " ", ""
                    )
                ),
            ),
            "url": plain(
                "OTHERPHI", lambda: values.make_url(chance, self.patient.last, part)
            ),
            "ip": plain("OTHERPHI", lambda: values.make_ip(chance)),
        }

    def _list_places(self) -> dict[str, Fill]:
        chance = self.chance

        def place(label: str, make: Callable[[], str]) -> Fill:
            return lambda: [Piece(make(), label)]

        return {
            "hosp": place("HOSP", self._name_hospital),
            "otherhosp": place("HOSP", self._make_hospital),
            "org": place("PATORG", self._make_org),
            "city": place("LOC", self._make_city),
            "state": place("LOC", lambda: chance.choice([*_STATES, *_STATE_NAMES])),
            "country": place("LOC", lambda: chance.choice(_COUNTRIES)),
            "zip": place("LOC", self._make_zip),
            "street": place("LOC", self._make_street),
            "address": place("LOC", lambda: self._make_address(", ")),
            "addresslines": place("LOC", lambda: self._make_address("\n")),
            "citystate": place(
                "LOC", lambda: f"{self._make_city()}, {chance.choice(_STATES)}"
            ),
            "unit": place(
                "HOSP", lambda: values.number(chance, chance.choice(("@@@###", "@#@#")))
            ),
        }

    def _list_words(self) -> dict[str, Fill]:
        chance = self.chance

        def word(name: str) -> Fill:
            return lambda: [Piece(chance.choice(_list_words(name, self.part)))]

        male = self.sex == "male"
        said = {
            "he": "he" if male else "she",
            "He": "He" if male else "She",
            "his": "his" if male else "her",
            "His": "His" if male else "Her",
            "him": "him" if male else "her",
            "Mr": "Mr." if male else chance.choice(("Ms.", "Mrs.", "Miss")),
            "man": "man" if male else "woman",
            "male": "male" if male else "female",
            "M": "M" if male else "F",
        }
        fills: dict[str, Fill] = {
            key: (lambda text=text: [Piece(text)])  # type: ignore[misc]
            for key, text in said.items()
        }
        lines: dict[str, Fill] = {
            key: (lambda write=write: [Piece(write(chance, self.part))])  # type: ignore[misc]
            for key, write in LINES.items()
        }
        return {
            **fills,
            **lines,
            "dx": word("conditions"),
            "drug": word("drugs"),
            "eponym": word("eponyms"),
            "term": word("other_terms"),
            "cred": lambda: [Piece(chance.choice(CREDENTIALS))],
            "kin": lambda: [Piece(chance.choice(_RELATIVES.split()))],
            "n": lambda: [Piece(str(chance.randint(2, 12)))],
        }

    # What stands there

    def _number(self, patterns: dict[str, tuple[str, ...]]) -> str:
        pattern = self.chance.choice(patterns[self.part])
        return values.number(self.chance, pattern)

    def _write_age(self) -> list[Piece]:
        age = self.years
        if age < 3:
            unit = self.chance.choice(("month", "week", "day"))
            text = f"{self.chance.randint(2, 23)}-{unit}"
            return [Piece(text, "AGE"), Piece("-old")]
        seen = ("-year-old", " year old", " y.o.", " y/o", "yo", " yo")
        unseen = ("-yr-old", " yrs old", "y", "-y/o", "YO", " years old")
        tail = self.chance.choice(seen if self.part == "train" else unseen)
        return [Piece(str(age), "AGE"), Piece(tail)]

    def _write_time(self) -> list[Piece]:
        hour, minute = self.chance.randint(0, 23), self.chance.randint(0, 59)
        styles = (
            f"{hour:02}:{minute:02}",
            f"{hour % 12 + 1}:{minute:02} {self.chance.choice(('AM', 'PM', 'am', 'pm'))}",
            f"{hour:02}{minute:02}",
            f"{hour % 12 + 1}:{minute:02}PM",
        )
        return [Piece(self.chance.choice(styles))]

    def _make_email(self) -> str:
        person = self.chance.choice((self.patient, *self.staff))
        return values.make_email(self.chance, person.first, person.last, self.part)

    def _name_hospital(self) -> str:
        return self.hospital if self.chance.random() < 0.7 else self._make_hospital()

    def _make_hospital(self) -> str:
        chance, part = self.chance, self.part
        if chance.random() < 0.35:
            return chance.choice(_list_words("hospitals", part))
        head = chance.choice(read_list("hospital_heads"))
        kind = chance.random()
        if kind < 0.3:
            saint = self._choose_name(chance.choice(("male", "female")))
            name = f"{chance.choice(('St.', 'Saint', 'St'))} {saint}{chance.choice(('', chr(39) + 's'))}"
        elif kind < 0.6:
            name = self._make_city()
        elif kind < 0.8:
            name = self._choose_name("last")
        else:
            name = chance.choice(_list_words("streets", part))
        return f"{name} {head}"

    def _make_org(self) -> str:
        chance = self.chance
        if chance.random() < 0.5:
            return chance.choice(_list_words("orgs", self.part))
        heads = (
            *("Inc", "LLC", "Elementary School", "High School", "University", "& Sons"),
            *("Construction", "Law Firm", "Bakery", "Trucking", "Church", "Bank"),
            *(
                "Insurance",
                "Auto Body",
                "Landscaping",
                "Correctional Facility",
                "Foods",
            ),
        )
        name = self._make_city() if chance.random() < 0.4 else self._choose_name("last")
        return f"{name} {chance.choice(heads)}"

    def _choose_name(self, kind: str) -> str:
        names = list_names(kind, self.part)
        where = "en_US" if self.chance.random() < 0.5 else ""
        return self.chance.choice(names[where or self.chance.choice(sorted(names))])

    def _make_city(self) -> str:
        chance = self.chance
        if chance.random() < 0.75:
            return chance.choice(_list_words("cities", self.part))
        name = self._choose_name("last").split()[0]
        styles = (
            *(f"{name}ville", f"{name}ton", f"{name}burg", f"{name}field"),
            *(f"Lake {name}", f"Port {name}", f"North {name}", f"West {name}"),
            *(f"{name} Falls", f"{name} Heights", f"{name} Beach", f"Fort {name}"),
        )
        return chance.choice(styles)

    def _make_zip(self) -> str:
        return values.number(self.chance, self.chance.choice(values.ZIPS))

    def _make_street(self) -> str:
        chance, part = self.chance, self.part
        name = chance.choice(_list_words("streets", part))
        if chance.random() < 0.35:
            name = self._choose_name("last")
        kind = chance.choice(read_list("street_kinds"))
        house = chance.randint(1, 9999)
        flat = f"{chance.choice(('Apt', 'Apt.', '#', 'Unit', 'Suite'))} {chance.randint(1, 40)}"
        styles = {
            "train": (
                f"{house} {name} {kind}",
                f"{house} {name} {kind}",
                f"{house} {chance.choice('NSEW')} {name} {kind}",
                f"{house} {name} {kind}, {flat}",
                f"P.O. Box {house}",
            ),
            "dev": (
                f"{house} {name} {kind} {flat}",
                f"{house}{chance.choice('ABC')} {name} {kind}",
                f"{house} {chance.choice(('NW', 'SE', 'North'))} {name} {kind}",
                f"PO Box {house}",
            ),
        }
        return chance.choice(styles[part])

    def _make_address(self, joint: str) -> str:
        state = self.chance.choice(_STATES)
        city, code = self._make_city(), self._make_zip()
        return f"{self._make_street()}{joint}{city}, {state} {code}"


def _leave_out_article(text: str, label: str) -> list[Piece]:
    named = text.removeprefix("the ")
    article = text[: len(text) - len(named)]
    return [*([Piece(article)] if article else []), Piece(named, label)]


@cache
def _list_words(name: str, part: Part) -> list[str]:
    return take(read_list(name), part)
