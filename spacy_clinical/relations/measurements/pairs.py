"""Check that a value that a relation or a rule gives to a test is one."""

import re

from spacy_clinical.relations.measurements.analytes import Analyte
from spacy_clinical.relations.measurements.attach import Place

# Words that a model takes for tests.
_NO_TEST = frozenset(
    word
    for words in (
        "was were is down up pre post from to now today",
        "value values level lab labs result results s on at",
        "hd pod rfl refill refills disp qty lmp",
    )
    for word in words.split()
)
# Nothing was measured, or the result is not there yet.
_NO_VALUE = re.compile(
    r"\W*(?:pending|hemoly[sz]ed|haemoly[sz]ed|not ?done|cancel\w*|clotted|qns|insufficient|"
    r"unable.*|refused|not available|unavailable|n/?a|tnp|sent|drawn|ordered|to follow|"
    r"see (?:note|below|comment)|awaited|outstanding|not (?:sent|drawn|obtained|checked))\W*",
    re.IGNORECASE,
)
_DOSE = re.compile(
    r"\d ?(?:gm?|mg|mcg|meq|units?)\b(?!/).*\b(?:iv|po|im|sc|sulfate|given|tabs?|kcl)\b",
    re.I,
)
# How much oxygen is given is no saturation.
_FLOW = re.compile(
    r"(?:\d{1,2}(?:\.\d)?(?: ?- ?\d{1,2})?|one|two|three|four|five|six|ten|fifteen) ?-?"
    r"(?:L(?:NC)?|lpm|lit(?:er|re)s?)\b",
    re.I,
)
# Nor an amount of a day what is in blood.
_DAILY = re.compile(
    r"\d ?(?:mc|m|u|\u00b5|\u03bc)?g ?/ ?(?:d|day|24 ?h(?:rs?|ours)?)\b", re.I
)
_CHANGE = re.compile(
    r"\b(?:down|up|lost|gained|by|loss of|gain of|decrease of|increase of) $", re.I
)
_CLOCK = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d")
_IS_CLOCK = re.compile(r"(?:^|[\n@]|\bat)[ \t]*$")
_VALUE_FOLLOWS = re.compile(r"[ \t]*[=:-]?[ \t]*\d")
# Another name between a test and a value: "pH 7.12, ketones 5.6".
_OTHER = re.compile(
    r"\d[^.;\n]*[,;] *(?:[^\W\d_][\w-]* +){0,2}(?P<last>[^\W\d_][\w-]+) +$"
)
_LINKS = frozenset(
    word
    for words in (
        "was is of at to and with a an the approximately",
        "about now today then from currently later on only",
        "remained remains rose fell increased decreased improved",
    )
    for word in words.split()
)
_BEFORE = 20


def is_pair(text: str, test: Place, value: Place, analyte: Analyte | None) -> bool:
    """Check that a value is one, and may be that of a test.

    test, value (characters, half open): Their places.
    analyte: That the test names; None if it isn't known.
    """
    name, written = text[slice(*test)].strip(" \t\n:").lower(), text[slice(*value)]
    if name in _NO_TEST or not any(map(str.isalpha, name)):
        return False
    if _NO_VALUE.fullmatch(written) or _DOSE.search(written):
        return False
    if analyte and _is_of_another(written, analyte):
        return False
    before = text[max(value[0] - _BEFORE, 0) : value[0]]
    if _CHANGE.search(before):
        return False
    if _CLOCK.fullmatch(written.strip()):
        is_clock = written.strip()[0] == "0" or _IS_CLOCK.search(before)
        if is_clock or _VALUE_FOLLOWS.match(text, value[1]):
            return False
    other = _OTHER.search(text, test[1], value[0]) if analyte else None
    return other is None or other["last"].lower() in _LINKS


def _is_of_another(written: str, analyte: Analyte) -> bool:
    """Check whether the unit of a value says that something else was measured."""
    if analyte.key == "oxygen_saturation":
        return _FLOW.match(written.strip()) is not None
    is_daily = any(unit.endswith(("/d", "/(24.h)")) for unit in analyte.units)
    is_lab = analyte.kind == "lab" and not is_daily
    return is_lab and _DAILY.search(written) is not None


def mend_pair(text: str, test: Place, value: Place) -> tuple[Place, Place]:
    """Give a value the digit that a model took for a part of the test: "HER2 1+"."""
    start = value[0]
    while text[value[0]] == "+" and start > test[0] and text[start - 1].isdigit():
        start -= 1
    if start == value[0]:
        return test, value
    end = max(test[0] + len(text[test[0] : start].rstrip()), test[0] + 1)
    return (test[0], min(test[1], end)), (start, value[1])
