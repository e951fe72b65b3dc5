"""Find addresses: streets, boxes, postcodes, cities with their states, rooms."""

import re
from collections.abc import Iterator
from functools import partial

from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.matching import (
    GAP,
    IS_MEASURED,
    RuleText,
    apply_rules,
    compile_rule,
    read_after,
    read_before,
)
from spacy_clinical.identifiers.vocabulary import is_medical, load_not_names

SOURCE = "addresses"
STATES = (
    "Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|"
    "Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|"
    "Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|"
    "New Hampshire|New Jersey|New Mexico|New York|North Carolina|North Dakota|Ohio|Oklahoma|"
    "Oregon|Pennsylvania|Rhode Island|South Carolina|South Dakota|Tennessee|Texas|Utah|"
    "Vermont|Virginia|Washington|West Virginia|Wisconsin|Wyoming|Puerto Rico|"
    "District of Columbia"
)
STATE_CODES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|"
    "NJ|NM|NY|NC|ND|OH|OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|DC|PR|ON|QC|BC|AB|SK|MB|"
    "NS|NB|NL"
)
# Codes that are no clinician's degree and no short form of medicine after a comma.
_SURE_CODES = "AK|AZ|CT|DE|FL|GA|IL|IA|KS|KY|MN|MO|NV|NH|NJ|NM|NY|NC|OH|SC|SD|TN|TX|UT|VA|WA|WV|WI|WY|DC"
_SURE_STREET = (
    r"Street|Avenue|Boulevard|Road|Lane|Drive|Terrace|Parkway|Highway|Turnpike|Crescent|"
    r"Expressway|Freeway|Blvd|Pkwy|Hwy|Cres|Ave|Rd"
)
_STREET = (
    rf"{_SURE_STREET}|St|Av|Ln|Dr|Terr?|Court|Ct|Circle|Cir|Place|Pl|Square|Sq|Way|Trail|Trl|"
    r"Plaza|Plz|Pike|Alley|Close|Mews|Grove|Gardens|Row|Walk|Loop|Route|Rte|Crossing|Xing|"
    r"Gate|Parade|Esplanade|Wharf|Ridge|Run|Path|Pass|Point|Pt|Hill|Hollow|View|Vista|Glen|Green|Park|Quay|Broadway"
)
_COMPASS = r"(?:[NSEW]\.?|[NS]\.?[EW]\.?|North|South|East|West|Northeast|Northwest|Southeast|Southwest)"
_WORD = r"(?:[A-Z][\w'.-]{0,24}|\d{1,3}(?:st|nd|rd|th)|de|la|del|of|the|van|von)"
_UNIT = (
    rf"(?:,?{GAP}(?:Apt|Apartment|Suite|Ste|Unit|Floor|Fl|Rm|Room|Bldg|Building|Lot|#)\.?"
    rf"{GAP}?#?[A-Z0-9-]{{1,6}}\b)?"
)
# A number and capitalized words.
_PLACED = (
    r"(?:(?:Unit|Apt|Flat|Level|Studio|Suite)\.? ?\d{1,4}[A-Za-z]?,? ){0,2}(?:#|(?:H\.)?No\.? ?)?\d{1,6}[A-Za-z]?,? "
    r"[A-Z][\w'.-]{1,24}(?: [A-Z][\w'.-]{1,24}){0,3}(?:,? (?:Apt|Suite|Unit|Flat)\.? \d{1,5}[A-Z]?)?"
)
_TOWN = r"[A-Z][A-Za-z'-]{2,20}(?: [A-Z][A-Za-z'-]{2,20}){0,2}"
_STATE = rf"(?P<state>{STATE_CODES}|{STATES})\b"
_ZIP = r"\d{5}(?:-\d{4})?(?![\d-])"
# "From Keene, NH".
_PREPOSITION = r"(?:From|In|At|To|Of|Near|Via|Outside|Around)"
_CITY_WORD = r"(?:(?:St|Ft|Mt|Pt)\.|[A-Z][A-Za-z'-]{1,20})"
_CITY = rf"(?!{_PREPOSITION}\b){_CITY_WORD}(?: {_CITY_WORD}){{0,2}}"


_HAS_SUFFIX = re.compile(r"\b(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Boulevard|Lane|Ln)\b")


def _is_street(match: re.Match[str]) -> bool:
    words = re.findall(r"[A-Za-z]{3,}", match[0])
    if _HAS_SUFFIX.search(match[0]):
        return True
    if words and match.string[match.end() : match.end() + 2] == ", ":
        return True
    # "2 Tablets By Mouth Daily St": a name of a street has a word that is no medicine.
    return not IS_MEASURED.match(f" {match[0].partition(' ')[2]}") and not all(
        map(is_medical, words[:-1] or words)
    )


# "Job ID 88123" is no city in Idaho.
_HAVE_IDS = frozenset(
    (
        *(
            "job",
            "patient",
            "member",
            "visit",
            "case",
            "order",
            "group",
            "claim",
            "account",
        ),
        *("user", "subscriber", "encounter", "document", "employee", "device", "study"),
        *("specimen", "sample", "provider", "session", "record", "report", "event"),
    )
)


def _is_id_label(match: re.Match[str]) -> bool:
    last = match["city"].split()[-1].lower()
    return last in _HAVE_IDS and re.search(r"\bID\b", match[0]) is not None


def _is_city(match: re.Match[str]) -> bool:
    return not all(is_medical(word) for word in match["city"].split())


def _is_in(match: re.Match[str]) -> bool:
    """Check that a city and state stand after "in" or a label: "Zhao, MD" doesn't."""
    said = _IS_IN.search(read_before(match, 12))
    is_degree = match[0].endswith((" MD", " PA", " MA", " MS", " OD", " ND"))
    return said is not None and (said["word"] is not None or not is_degree)


def _has_state(match: re.Match[str]) -> bool:
    """Check that something stands before a ZIP code that says so."""
    before = read_before(match, 50)
    return bool(
        re.search(
            rf"(?:\b(?:{STATE_CODES})\b\.?|\b(?:{STATES})|\bzip(?: ?code)?)[ ,:#\n]{{1,4}}$",
            before,
        )
        or re.search(
            r"\bzip(?: ?code)?(?: is)?[ ,:#]{1,4}$|\d [^\n,]{3,40}\b(?:st|ave|rd|blvd|street|avenue|road|lane|drive|dr|ln|ct|court),? $|\bpost(?:al)? ?code(?: is)?[ ,:#]{1,4}$",
            before,
            re.I,
        )
    )


_PROVINCES = frozenset(
    ("AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT")
)
_HAS_STREET = re.compile(
    r"(?:stra(?:ß|ss)e|str\.|weg|platz|gasse|allee|straat|gracht|laan|\b(?:[Rr]ue|[Aa]venue|[Bb]oulevard|"
    r"[Cc]alle|[Vv]ia|[Pp]iazza|[Rr]ua|[Pp]lace|[Qq]uai|address|lives|resides|St|Ave|Rd))\b"
    r"[^\n]{0,40}[,\n] ?$|\b(?:address|lives at|resides at|postcode)[: ]{1,3}$"
)
_IS_IN = re.compile(
    r"(?P<word>\b(?:in|from|of|near|to|at|outside|around|lives|resides|moved|visiting|via) $)|"
    r"[:\n] ?$"
)

_make = partial(compile_rule, SOURCE, "LOC")
_RULES = [
    _make(
        "street",
        "digit",
        rf"(?<![\d.,/-])\d{{1,6}}[A-Z]?(?:-\d{{1,5}})?{GAP}(?:{_COMPASS}{GAP})?(?:{_WORD}{GAP}){{1,4}}"
        rf"(?:{_STREET})\b\.?(?:{GAP}{_COMPASS}\b)?{_UNIT}",
        _is_street,
        ignore_case=False,
    ),
    _make(
        "street",
        "digit",
        rf"(?<![\d.,/-])\d{{1,6}}[a-z]?{GAP}(?:[a-z]\w{{0,15}}{GAP}){{1,3}}(?:street|avenue|boulevard|"
        rf"road|lane|drive|parkway|highway|terrace|blvd|ave|rd)\b\.?{_UNIT}",
        lambda m: (
            _is_street(m)
            and not re.search(r"\b(?:of|and|by|the|a|to|per|in|with|on|or)\b", m[0])
        ),
    ),
    _make(
        "street",
        "capital",
        rf"(?<=\bon )(?:{_WORD}{GAP}){{1,2}}(?:Street|Avenue|Boulevard|Road|Lane|Parkway|Highway)\b",
        ignore_case=False,
    ),
    _make(
        "street",
        "capital",
        r"\b(?:Calle|Avenida|Avda?\.?|Plaza|Paseo|Rue|Via|Rua|C/|Carrer|Camino)"
        rf"{GAP}(?:(?:de|del|la|las|los|du|des|da|do){GAP}){{0,2}}"
        r"[A-Z][\w'-]{1,20}(?: [A-Z][\w'-]{1,20}){0,2},?(?: n[oº.]{1,2})? ?\d{1,5}\b",
        ignore_case=False,
    ),
    _make(
        "street",
        "capital",
        r"(?<!\w)[A-Z][a-zäöüß-]{2,24}(?:straße|strasse|str\.|weg|platz|gasse|allee) \d{1,4}[a-z]?\b",
        ignore_case=False,
    ),
    # 22 Rue de Rivoli.
    _make(
        "street",
        "digit",
        r"(?<![\d.,/-])\d{1,4}(?: ?(?:bis|ter|[A-D]))?,? (?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Bb]d|[Pp]lace|"
        r"[Qq]uai|[Cc]hemin|[Ii]mpasse|[Aa]ll[ée]e|[Vv]ia|[Pp]iazza|[Cc]alle|[Rr]ua)"
        r" (?:(?:de|du|des|la|le|les|del|della|da|do|l') ?){0,2}[A-Z][\w'-]{1,20}(?:[ -][A-Z][\w'-]{1,20}){0,2}",
        ignore_case=False,
    ),
    _make(
        "street",
        "capital",
        rf"\b(?:Hwy|Highway|County R(?:oad|d)|State R(?:oad|oute)|Rural Route|RR)\.? ?#?\d{{1,4}}[A-Z]?"
        rf"(?: {_COMPASS})?(?:,? (?:Lot|Box) \d{{1,5}})?\b",
        lambda m: m[0][:2] != "RR" or "Box" in m[0],
        ignore_case=False,
    ),
    # Under or after a street: "75004 Paris", "1098 AB Amsterdam".
    _make(
        "postcode",
        "digit",
        r"(?<![\w.,/-])(?P<postcode>(?:[A-Z]{1,2}-)?\d{4,5}(?: [A-Z]{2})?) (?P<city>[^\W\d_a-z][a-zà-ÿ'-]{2,20}(?: [A-Z][a-zà-ÿ'-]{2,20})?)",
        lambda m: bool(_HAS_STREET.search(read_before(m, 60))) and _is_city(m),
        ignore_case=False,
    ),
    # Sydney NSW 2000.
    _make(
        "postcode",
        "capital",
        r"(?<![\w'-])(?P<city>[A-Z][a-z]{2,20}(?: [A-Z][a-z]{2,20})?),? (?P<state>NSW|VIC|QLD|SA|WA|TAS|ACT|NT),? "
        r"(?P<postcode>[0-9]\d{3})(?![\w.,/-]\d|\w)",
        _is_city,
        ignore_case=False,
    ),
    _make("box", "word", r"\b(?:P\.? ?O\.? ?)?Box[ #:]{1,3}\d{1,7}\b"),
    _make(
        "unit",
        "word",
        r"\b(?:Apt|Apartment|Suite|Ste|Flat(?= ?#?\d))\.?(?: ?(?:#|no\.?))?[ :#]{1,2}(?P<id>[A-Z]?\d{1,5}[A-Z]?|[A-Z])\b(?!')",
        lambda m: (
            (bool(re.search(r"\d", m["id"])) or m["id"].isupper())
            and not IS_MEASURED.match(read_after(m, 12))
        ),
    ),
    # San Diego, CA 03245.
    _make(
        "city",
        "capital",
        rf"\b(?P<city>{_CITY}),?{GAP}{_STATE}\.?,?{GAP}(?P<zip>{_ZIP})",
        lambda m: not _is_id_label(m),
        ignore_case=False,
    ),
    _make(
        "city",
        "capital",
        rf"(?<![\w'-])(?P<city>{_CITY}),{GAP}?{_STATE}",
        lambda m: _is_city(m) and _is_in(m),
        ignore_case=False,
    ),
    _make(
        "city",
        "capital",
        rf"(?<![\w'-])(?P<city>{_CITY}),{GAP}?(?P<state>{_SURE_CODES}|{STATES})\b",
        _is_city,
        ignore_case=False,
    ),
    # "lives in Liverpool", "London NW1 6XE".
    _make(
        "city",
        "word",
        r"\b(?:lives?|living|lived|resides?|residing|resident|native|raised|relocated|"
        rf"moved|travel(?:l?ed|l?ing)|flew|returned) (?:in|of|from|to|near|outside) (?-i:(?P<city>{_CITY}))",
        lambda m: (
            _is_city(m) and not load_not_names().issuperset(m["city"].lower().split())
        ),
    ),
    _make(
        "city",
        "capital",
        r"(?<![\w'-])(?P<city>[A-Z][a-z]{2,20}(?:[ -][A-Z][a-z]{2,20})?)"
        r",?[ \n](?=[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}\b)",
        _is_city,
        ignore_case=False,
    ),
    _make(
        "county",
        "capital",
        r"(?<![\w'-])[A-Z][a-z]{2,15}(?: [A-Z][a-z]{2,15})?(?= (?:County|Parish|Township)\b)",
        lambda m: (
            not is_medical(m[0].split()[0]) and m[0] not in ("The", "Our", "This")
        ),
        ignore_case=False,
    ),
    _make("zip", "digit", rf"(?<![\d.,/-]){_ZIP}", _has_state),
    _make("zip", "digit", r"(?<![\w.,/-])\d{5}-\d{4}(?![\w-])"),
    _make("zip", "digit", r"(?<![\w.,/-])\d{5}(?= zip(?: ?code)?\b)"),
    _make(
        "postcode",
        "word",
        r"\b(?:zip|post ?code|postal ?code|pin ?code|eircode|plz|cep)(?: ?code)?(?: is)?[ :#-]{1,3}"
        r"(?P<id>(?=[A-Z]{0,3}\d)[A-Z0-9]{2,5}(?:[ -](?=[A-Z]{0,2}\d)[A-Z0-9]{3,4})?|[A-Z]\d{2}[ -]?[A-Z0-9]{4}|"
        r"[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{6})(?![\w-])",
        lambda m: sum(map(str.isdigit, m["id"])) > 1 or len(m["id"]) > 4,
    ),
    # Canada Post's form without its space, after a province.
    _make(
        "postcode",
        "capital",
        r"(?<=\b[A-Z][A-Z] )[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z]\d[ABCEGHJ-NPRSTV-Z]\d(?![\w-])",
        lambda m: read_before(m, 3).strip() in _PROVINCES,
        ignore_case=False,
    ),
    _make(
        "box",
        "capital",
        r"\b(?:PSC|CMR|Unit) \d{1,5},? Box \d{1,5},? [AFD]PO,? A[AEP] \d{5}\b",
        ignore_case=False,
    ),
    # Whatever stands where somebody lives: "lives at 6 Donald Forges, Lake Hannah".
    _make(
        "street",
        "word",
        r"\b(?:lives? (?:at|in|on)|living (?:at|in)|lived at|resid(?:es?|ing) (?:at|in)|stay(?:s|ing) at|"
        r"address(?: is| to)?:?|moved to|mail (?:it |them )?to|deliver(?:ed|ies)? to|home (?:at|is)|house at) "
        rf"(?P<street>(?-i:{_PLACED}))(?-i:,? (?P<city>{_TOWN}))?"
        r"(?-i:(?:, ?| ?- ?| )(?P<state>[A-Z]{2,3})(?=,? [A-Z0-9]*\d))?(?-i:(?:, ?| ?- ?| )(?P<postcode>\d{4,6}|[A-Z0-9]{2,4} ?\d[A-Z]{2}))?"
        r"(?![\w-])",
        heads="live|living|lived|resid|stay|address|moved|mail|deliver|home|house",
    ),
    # By Royal Mail's and Canada Post's forms; "T1N 2M0" is the stage of a tumor.
    _make(
        "postcode",
        "capital",
        r"(?<![\w-])(?:GIR ?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d[\dABEHMNPRVWXY]?|\d[A-HJKPSTUW])"
        r" ?\d[ABD-HJLNP-UW-Z]{2})(?![\w-])",
        lambda m: " " in m[0] or len(m[0]) > 5,
        ignore_case=False,
    ),
    _make(
        "postcode",
        "capital",
        r"(?<![\w-])[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z][ -]\d[ABCEGHJ-NPRSTV-Z]\d(?![\w-])",
        lambda m: not re.match(r"T\dN", m[0]),
        ignore_case=False,
    ),
    _make(
        "postcode",
        "capital",
        r"(?<![\w-])[AC-FHKNPRTV-Y]\d[\dW] (?=[A-Z]*\d)[0-9AC-FHKNPRTV-Y]{4}(?![\w-])",
        ignore_case=False,
    ),
    _make(
        "coordinates",
        "digit",
        r"(?<![\d.])-?\d{1,3}\.\d{4,8} ?°? ?[NS]?, ?-?\d{1,3}\.\d{4,8}(?: ?°? ?[EW])?(?!\d)",
    ),
    compile_rule(
        SOURCE,
        "HOSP",
        "room",
        "word",
        r"\b(?:Room|Rm|Bed|Ward|Bay)\.?(?: ?(?:#|no\.?|number))?[ :#]{1,2}"
        r"(?P<id>(?=[A-Z-]{0,4}\d)[A-Z0-9]{1,5}(?:-[A-Z0-9]{1,3})?)\b(?! ?(?:hours|days|%|min|L\b|air))",
        lambda m: not IS_MEASURED.match(read_after(m, 12)),
    ),
]


def find_addresses(text: RuleText) -> Iterator[Identifier]:
    """Find the addresses in a folded text."""
    return apply_rules(_RULES, text)
