"""Read what stands behind a value: its unit, a flag, and a reference range."""

import re
from dataclasses import dataclass, replace

from spacy_clinical.relations.measurements.analytes import Analyte
from spacy_clinical.relations.measurements.measurement import Measurement
from spacy_clinical.relations.measurements.numbers import NUMBER, Amount, fold_number
from spacy_clinical.relations.measurements.units import UNIT, read_unit

_UNIT = re.compile(rf"[ \t]{{0,4}}(?P<unit>{UNIT})", re.IGNORECASE)
_FLAG = re.compile(
    r"[ \t]{0,4}(?:(?P<star>\*+)|\((?P<bang>!)\)|\(?(?P<word>HH|LL|H|L|A|N|HIGH|LOW|HI|LO|"
    r"CRITICAL|CRIT|ABNORMAL|ABN|NORMAL|[Hh]igh|[Ll]ow|[Aa]bnormal|[Nn]ormal)\)?"
    r"(?![^\W_]|/\w|[ ]?(?:range|limit|value|[:<>\d])))"
)
FLAGS = {
    "H": "H",
    "HI": "H",
    "HIGH": "H",
    "L": "L",
    "LO": "L",
    "LOW": "L",
    "HH": "HH",
    "LL": "LL",
    "A": "A",
    "ABN": "A",
    "ABNORMAL": "A",
    "CRITICAL": "A",
    "CRIT": "A",
    "N": "N",
    "NORMAL": "N",
    "!": "A",
    "*": "A",
    "**": "A",
}
_LIMITS = (
    rf"(?:(?P<low>{NUMBER})[ ]?(?:-|\u2013|to)[ ]?(?P<high>{NUMBER})"
    rf"|(?P<sign>[<>\u2264\u2265])=?[ ]?(?P<limit>{NUMBER}))(?:[ ]?{UNIT})?"
)
_SAID = r"(?:reference(?: range)?|ref(?:\.| range)?|normal(?: range)?|nl|range)"
_RANGE = re.compile(
    rf"[ \t]{{0,4}}(?:[(\[{{][ ]?(?P<said>{_SAID}:?[ ]?)?{_LIMITS}[ ]?[)\]}}]"
    rf"|,?[ ]?(?P<named>{_SAID}:?[ ]?){_LIMITS.replace('P<', 'P<o')})",
    re.IGNORECASE,
)
# A column of its own, at the end of a line: "5.6 H 3.5-5.0 mmol/L".
_COLUMN_RANGE = re.compile(
    rf"[ \t]{{1,20}}(?:(?P<flag>HH|LL|H|L|A|\*)[ \t]{{1,20}})?"
    rf"(?P<low>{NUMBER})[ ]?[-\u2013][ ]?(?P<high>{NUMBER})"
    rf"(?=[ \t]*(?:{UNIT})?[ \t]*(?:$|\n|[|;,]))",
    re.IGNORECASE,
)
_PLAIN_RANGE = re.compile(rf"[(\[]?[ ]?{_LIMITS}[ ]?[)\]]?", re.IGNORECASE)
# "0.2 in the right eye": no inches.
_IN = re.compile(r"[ \t]+[^\W\d_]")
_MASSES = frozenset(
    {"mg", "g", "ug", "ng", "kg", "mL", "L", "meq", "mmol", "U", "[IU]"}
)
# Of doses; what is measured in a day has volumes, too.
_DAILY = ("mg/d", "g/d", "ug/d", "U/d", "[IU]/d", "meq/d", "mmol/d")
_HOURLY = ("/h", "/kg/min")


@dataclass(frozen=True)
class Tail:
    """The text behind a value, and where it ends (characters)."""

    end: int
    unit: str | None = None
    unit_text: str | None = None
    flag: str | None = None
    low: float | None = None
    high: float | None = None

    def complete(
        self, one: Measurement, value: tuple[int, int], amount: Amount
    ) -> Measurement:
        """Give a measurement a value, with what stands behind it.

        value (characters): Place of the value.
        """
        return replace(
            one,
            value=value,
            amount=amount,
            unit=self.unit,
            unit_text=self.unit_text,
            low=self.low,
            high=self.high,
            flag=self.flag,
        )


def read_limits(text: str) -> tuple[float | None, float | None]:
    """Read a reference range: "12.0-16.0", "<5.7", with or without brackets and a unit.

    RETURNS: Its ends; None for one that it doesn't have.
    """
    match = _PLAIN_RANGE.fullmatch(text.strip())
    return _read_limits(match, "") if match else (None, None)


def _read_limits(
    match: re.Match[str], prefix: str
) -> tuple[float | None, float | None]:
    if match[f"{prefix}low"]:
        low, high = (fold_number(match[f"{prefix}{end}"]) for end in ("low", "high"))
        is_range = low is not None and high is not None and low <= high
        return (low, high) if is_range else (None, None)
    limit = fold_number(match[f"{prefix}limit"])
    return (None, limit) if match[f"{prefix}sign"] in "<\u2264" else (limit, None)


def read_flag(text: str) -> str | None:
    """Read a flag: "H", "(LOW)", "*"; None if the text is none."""
    return FLAGS.get(text.strip().strip("()").upper())


def read_tail(text: str, place: int, analyte: Analyte | None) -> Tail | None:
    """Read unit, flag and range behind a value, in any order.

    place (characters): Where the value ends.
    RETURNS: None if the unit says that it was a dose.
    """
    tail = Tail(place)
    for _ in range(3):
        match = _UNIT.match(text, tail.end) if tail.unit is None else None
        code = read_unit(match["unit"]) if match else None
        is_lab = analyte is not None and analyte.kind == "lab"
        if code and is_lab and code.endswith(_DAILY):
            return None
        if code and analyte and code.endswith(_HOURLY) and code not in analyte.units:
            return None
        is_word = code == "[in_i]" and analyte is None and _is_in(text, match)
        if match and code and not is_word and _fits(code, analyte):
            tail = replace(tail, end=match.end(), unit=code, unit_text=match["unit"])
            continue
        # "3.1 L" is low, "20 mEq" a dose.
        if match and is_lab and code in _MASSES and match["unit"] not in FLAGS:
            return None
        match = _RANGE.match(text, tail.end)
        is_open = tail.low is None and tail.high is None
        # Of vital signs, what stands in brackets is what they were, or in other units.
        if (
            match
            and is_open
            and (match["named"] or match["said"] or not _is_vital(analyte))
        ):
            low, high = _read_limits(match, "o" if match["named"] else "")
            tail = replace(tail, end=match.end(), low=low, high=high)
            continue
        match = _COLUMN_RANGE.match(text, tail.end) if is_lab and is_open else None
        if match and (limits := _read_column(match)):
            word = match["flag"]
            tail = replace(tail, end=match.end(), low=limits[0], high=limits[1])
            if word and tail.flag is None:
                tail = replace(tail, flag=FLAGS[word.upper()])
            continue
        match = _FLAG.match(text, tail.end) if tail.flag is None else None
        if match:
            word = match["star"] or match["bang"] or match["word"]
            tail = replace(tail, end=match.end(), flag=FLAGS[word.upper()])
            continue
        break
    return tail


def _read_column(match: re.Match[str]) -> tuple[float, float] | None:
    """Read the ends of a range in a column of its own; None if it is none."""
    low, high = fold_number(match["low"]), fold_number(match["high"])
    if low is None or high is None or low >= high:
        return None
    return low, high


def _is_in(text: str, match: re.Match[str] | None) -> bool:
    """Check whether a unit is the word "in"."""
    is_short = match is not None and match["unit"].lower() == "in"
    return is_short and match is not None and bool(_IN.match(text, match.end()))


def _is_vital(analyte: Analyte | None) -> bool:
    return analyte is not None and analyte.kind == "vital"


def _fits(code: str, analyte: Analyte | None) -> bool:
    """Check that a unit is one of what is measured, and no other word."""
    return "/" in code or analyte is None or code in analyte.units
