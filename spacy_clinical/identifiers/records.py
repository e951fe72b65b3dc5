"""Find what is known of a patient from a record, in every spelling.

The record says names, numbers and dates of birth. Names are found in any case and without
their accents, numbers with any separators, both also with one letter or digit mistyped or
misread; dates however they are written.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from spacy_clinical.identifiers.folding import FoldedText
from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.vocabulary import is_medical
from spacy_clinical.types import list_names

SOURCE = "record"
NAMES, IDS, DATES = KINDS = ("names", "ids", "dates")
# Columns of tables of notes, without what isn't a letter: what they say of the patient.
COLUMNS = {
    **dict.fromkeys(
        (
            *(
                "name",
                "names",
                "patientname",
                "patient",
                "fullname",
                "firstname",
                "lastname",
            ),
            *(
                "givenname",
                "familyname",
                "surname",
                "middlename",
                "maidenname",
                "forename",
            ),
            *(
                "patientfirstname",
                "patientlastname",
                "alias",
                "aliases",
                "nextofkin",
                "spouse",
            ),
        ),
        NAMES,
    ),
    **dict.fromkeys(
        (
            *(
                "mrn",
                "mrns",
                "medicalrecordnumber",
                "patientid",
                "ssn",
                "nhsnumber",
                "npi",
            ),
            *(
                "accountnumber",
                "account",
                "encounterid",
                "visitid",
                "hadmid",
                "subjectid",
            ),
            *(
                "phone",
                "phonenumber",
                "mobile",
                "fax",
                "email",
                "insuranceid",
                "memberid",
            ),
            *("policynumber", "licensenumber", "ids", "csn"),
        ),
        IDS,
    ),
    **dict.fromkeys(("dob", "dateofbirth", "birthdate", "birthday", "dates"), DATES),
}
# As scanners misread digits, and letters in numbers.
_MISREAD = str.maketrans("OoQDIl|SsBZzG", "0000111558226")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{0,3}[-.]?[0-9OoIlSBZ|]"
    r"(?:[./-]?[0-9OoIlSBZ|]| [0-9]){3,24}(?![A-Za-z0-9])"
)
_DIGITS = re.compile(r"[0-9OoIlSBZ|]{1,8}(?:(?: ?[./-] ?| )[0-9OoIlSBZ|]{1,4}){0,2}")
_ISO = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")
_OTHER = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_SHORTEST_WITH_EDIT = 5


def list_known(
    record: Mapping[str, Any], columns: Mapping[str, str] = COLUMNS
) -> dict[str, list[str]]:
    """List what a record says of a patient, by "names", "ids" and "dates".

    record: Values by the names of columns, such as the metadata of a note.
    columns: The kind of each column, without what isn't a letter in its name.
    """
    known: dict[str, list[str]] = {}
    for column, value in record.items():
        kind = columns.get(re.sub(r"[^a-z]", "", str(column).lower()))
        values = list_names(value) if isinstance(value, str | list | tuple) else [value]
        written = [str(v).strip() for v in values if isinstance(v, str | int)]
        if kind is not None and any(written):
            known.setdefault(kind, []).extend(filter(None, written))
    return known


def find_known(text: str, known: Mapping[str, Iterable[str]]) -> Iterator[Identifier]:
    """Find what is known of a patient in a text.

    text: Any text.
    known: As `list_known` lists it.
    """
    folded = FoldedText(text)
    finders = ((NAMES, _find_names), (IDS, _find_ids), (DATES, _find_dates))
    for kind, find in finders:
        values = list(known.get(kind) or ())
        for row in find(folded.text, values) if values else ():
            start, end = folded.locate(row.start, row.end)
            yield row._replace(start=start, end=end)


def _find_names(text: str, names: Iterable[str]) -> Iterator[Identifier]:
    words = {
        word
        for name in names
        for word in map(_plain, _WORD.findall(FoldedText(name).text))
        if len(word) > 1
    }
    near = {
        edited
        for word in words
        if len(word) >= _SHORTEST_WITH_EDIT
        for edited in _delete(word)
    }
    full = {w for w in words if len(w) >= _SHORTEST_WITH_EDIT}
    for match in _WORD.finditer(text):
        word = _plain(match[0])
        cut = word.removesuffix("'s")
        is_capital = not match[0].islower()
        if cut in words:
            # "Hope" is a name here, "hope" most likely isn't.
            is_name = is_capital or (not is_medical(cut) and len(cut) > 2)
        else:
            is_name = (
                len(cut) >= _SHORTEST_WITH_EDIT - 1
                and (is_capital or not is_medical(cut))
                and not is_medical(cut)
                and _is_near(cut, full, near)
            )
        if is_name:
            end = match.end() - (len(word) - len(cut))
            yield Identifier(match.start(), end, "PATIENT", "name", 1.0, SOURCE)


def _find_ids(text: str, ids: Iterable[str]) -> Iterator[Identifier]:
    plain = {re.sub(r"[\W_]", "", value).upper() for value in ids}
    exact = {value for value in ids if len(value) > 3}
    for value in exact:
        for match in re.finditer(re.escape(value), text, re.IGNORECASE):
            yield Identifier(*match.span(), *_name_id(value), 1.0, SOURCE)
    numbers = {
        _read_digits(value): value
        for value in plain
        if sum(map(str.isdigit, value)) > 3
    }
    long = {number for number in numbers if len(number) >= _SHORTEST_WITH_EDIT}
    near = {edited for number in long for edited in _delete(number)}
    for match in _NUMBER.finditer(text):
        number = _read_digits(re.sub(r"[\W_]", "", match[0].upper()))
        if number in numbers or (len(number) > 4 and _is_near(number, long, near)):
            yield Identifier(*match.span(), "ID", "", 1.0, SOURCE)


def _name_id(value: str) -> tuple[str, str]:
    return ("EMAIL", "email") if "@" in value else ("ID", "")


def _find_dates(text: str, dates: Iterable[str]) -> Iterator[Identifier]:
    spellings = {spelling for date in dates for spelling in _spell(date)}
    long = {s for s in spellings if len(s) == 8}
    near = {edited for spelling in long for edited in _delete(spelling)}
    for match in _DIGITS.finditer(text):
        written = re.sub(r"[\W_]", "", match[0]).translate(_MISREAD)
        if written in spellings or (len(written) > 6 and _is_near(written, long, near)):
            yield Identifier(*match.span(), "DATE", "birth", 1.0, SOURCE)


def _spell(date: str) -> Iterator[str]:
    """Yield the digits of the spellings of a date; those it has if it can't be read."""
    match, turned = _ISO.match(date), _OTHER.match(date)
    if match:
        year, month, day = match.groups()
    elif turned:
        month, day, year = turned.groups()
    else:
        digits = "".join(filter(str.isdigit, date))
        if len(digits) >= 6:
            yield digits
        return
    for a, b in ((month, day), (day, month)):
        for first in {a.zfill(2), str(int(a))}:
            for second in {b.zfill(2), str(int(b))}:
                yield f"{first}{second}{year}"
                yield f"{first}{second}{year[2:]}"
        yield f"{year}{a.zfill(2)}{b.zfill(2)}"


def _plain(word: str) -> str:
    """Write a word in lower case without accents."""
    decomposed = unicodedata.normalize("NFD", word)
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn").lower()


def _read_digits(number: str) -> str:
    """Read a number as a scanner may have misread it."""
    return number.translate(_MISREAD)


def _delete(word: str) -> Iterator[str]:
    """Yield a word with each of its characters left out."""
    for i in range(len(word)):
        yield word[:i] + word[i + 1 :]


def _is_near(word: str, words: set[str], near: set[str]) -> bool:
    """Check whether a word is one edit from another: one character more, less or other, or
    two neighbors swapped.

    near: Those words with each of their characters left out.
    """
    if word in near or not words.isdisjoint(_delete(word)):
        return True
    if near.isdisjoint(_delete(word)):
        return False
    return any(
        len(word) == len(other) and _differ_in_one(word, other) for other in words
    )


def _differ_in_one(word: str, other: str) -> bool:
    differing = [
        i for i, pair in enumerate(zip(word, other, strict=True)) if len(set(pair)) > 1
    ]
    if len(differing) == 2 and differing[1] == differing[0] + 1:
        i, j = differing
        return word[i] == other[j] and word[j] == other[i]
    return len(differing) == 1
