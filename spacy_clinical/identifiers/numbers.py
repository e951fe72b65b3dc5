"""Find numbers of people, papers and things: by their labels, check digits and forms."""

import re
from collections.abc import Iterator

from spacy_clinical.identifiers.check_digits import (
    is_dea,
    is_dni,
    is_iban,
    is_luhn,
    is_nhs,
    is_npi,
    is_vin,
    keep_digits,
)
from spacy_clinical.identifiers.date_checks import are_day_and_month
from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.matching import (
    IS_MEASURED,
    Check,
    Rule,
    RuleText,
    Start,
    apply_rules,
    compile_rule,
    read_after,
    read_before,
)
from spacy_clinical.identifiers.vocabulary import is_medical, load_not_names

SOURCE = "numbers"
# Of numbers without labels.
FORMS = "number_forms"
_NO = r"(?:no\.?|nos\.?|num(?:ber)?s?\.?|nbr|id\.?|#|code|identifier)"
# Between a label and its number: "MRN: ", "MRN# is ", "MRN (hospital) - ".
_TIE = rf"\b\)?(?: ?{_NO})?\)?[ ]?(?:[:#=.-]{{1,3}}|is|was|of)?\n?[ ]{{0,8}}#?(?:is )?"
# What is run together with a number: "0937884Date".
_NEXT_WORD = r"(?-i:[A-Z][a-z]{2})"
# Capitals before the digits, as of an insurer: "BCX 4471 902", "RN 556123".
_PREFIX = (
    r"(?-i:(?!(?:JAN|FEB|MAR|APR|MAY|JUNE?|JULY?|AUG|SEPT?|OCT|NOV|DEC|AGE|DOB|SEX|BP|HR|AND|OR|"
    r"NOT|NO|IS|WAS|ON|AT|IN|OF|TO|FOR|THE|PAGE|POD|HD|DAY|TYPE|GRADE|STAGE|CPT|ICD|NDC|ROOM|BED) )"
    r"[A-Z]{1,4} )?"
)
_VALUE = (
    r"(?P<id>"
    rf"{_PREFIX}"
    r"(?=[A-Z0-9./-]{0,14}\d[A-Z0-9./-]{0,14}\d)[A-Z0-9]"
    rf"(?:(?!{_NEXT_WORD})[A-Z0-9]|[./-](?=[A-Z0-9])){{2,28}}"
    rf"(?:[ ](?=\d)\d{{2,6}}){{0,3}})(?:(?![A-Z0-9])|(?={_NEXT_WORD}))"
)
# Kinds of numbers by the labels that stand before them.
_LABELS = {
    "mrn": (
        r"(?:e?mrn|m\.r\.n\.?|mr(?= ?(?:#|no\b))|med(?:ical)?\.? rec(?:ord)?s?\.?|mc(?= ?#)|"
        r"health record|record(?= (?:no|num|#|id))|hospital|chart|unit|patient|pt\.?|urn|umrn|uhid|hosp\.?|clinic|"
        r"nhc|historia(?: cl[ií]nica)?|pid|epic|case record)"
    ),
    "ssn": r"(?:ssn|s\.s\.n\.?|soc(?:ial)?\.? sec(?:urity)?\.?|ss(?= ?#)|sin|tax ?payer|ein|itin|"
    r"national insurance|nino|ni(?= (?:no|num|#)))",
    "nhs": r"(?:nhs|chi|h ?& ?c|n\.h\.s\.?)",
    "npi": r"(?:npi|n\.p\.i\.?|national provider)",
    "dea": r"(?:dea)",
    "insurance": (
        r"(?:insurance|policy|member(?:ship)?|subscriber|group|payer|health ?plan|plan|"
        r"medicare|medicaid|medi-?cal|mbi|hicn|hic|beneficiary|claim|auth(?:orization)?|"
        r"pre-?auth(?:orization)?|certificate|coverage|hpid|nhis|ohip|phn)"
    ),
    "account": (
        r"(?:acc(?:oun)?t\.?|har|csn|fin|visit|encounter|enc\.?|invoice|bill(?:ing)?|"
        r"guarantor|bank|routing|sort ?code|bsb|credit card|card|iban|episode|contact serial|receipt|"
        r"transaction)"
    ),
    "license": (
        r"(?:licen[sc]e|lic\.?|driver'?s lic(?:en[sc]e)?|d\.?l\.?(?= ?#)|dln|certification|"
        r"registration|reg\.?|gmc|nmc|passport|visa|state id|military id|dod id|"
        r"national id|dni|nie|nif|curp|cpf|aadhaar|permit|badge|employee|emp\.?|staff|student|"
        r"(?:state )?bar|ahpra|hpcsa|gdc|hcpc)"
    ),
    "device": (
        r"(?:serial|s/n|sn|lot|udi|imei|device|model|implant|pacemaker|generator|icd(?= s/n)|"
        r"lead|pump|asset|part|ref|catalog(?:ue)?|cat\.?|batch|mac(?: address)?)"
    ),
    "vehicle": r"(?:vin|(?:license |licence |number )?plate|vehicle|registration plate|tag)",
    "specimen": (
        r"(?:accession|acc\.?|specimen|sample|case|slide|block|order|req(?:uisition)?|"
        r"study|exam|lab|path(?:ology)?|surgical|report|document|doc|dictation|job|"
        r"confirmation|conf|transcription|reference|rx|prescription|ticket|tracking|"
        r"incident|ref\.?|voucher|donor|unit)"
    ),
    "biometric": r"(?:fingerprint|biometric|retina(?:l scan)?|voice ?print|face ?id)",
    "username": r"(?:user ?name|user ?id|login|logon|userid|user)",
    "id": r"(?:(?:study |trial )?(?:subject|participant|enrollee)|id|i\.d\.|identification|identifier|key|pin)",
}
# Their labels are ordinary words: a sign or "number" has to follow.
_WORDS = (
    r"\b(?:hospital|chart|unit|patient|pt\.?|clinic|hosp\.?|group|plan|claim|card|visit|bill|bank|"
    r"model|device|implant|lead|pump|generator|pacemaker|part|ref|cat|tag|case|block|order|study|exam|lab|"
    r"path|pathology|surgical|report|document|doc|job|reference|key|pin|staff|permit|case|"
    r"sample|slide|auth|fin|har|chi|sin|vehicle|mr|key|acc|reg|user|batch|lot|rx|"
    r"medicare|medicaid|insurance|coverage|certificate|certification|registration|enc|emp|"
    r"conf|confirmation|visa|voucher|donor|subject|participant|enrollee|episode|sn|pid|epic|req|health record|member|"
    r"policy|transaction|incident|ticket|invoice|card|prescription|specimen)\W*$"
)
_NOT_LABELLED = re.compile(_WORDS, re.IGNORECASE)
_HAS_SIGN = re.compile(
    rf"(?:[#:=]|\b{_NO}) ?(?:[:#=.-]{{1,2}}|is|was|of)?\n?[ ]{{0,8}}#?$", re.I
)
# Codes of diseases, procedures, drugs, articles: not of people.
_CODED = re.compile(
    r"\b(?:ICD|ICD-?9|ICD-?10|ICD-?9-?CM|ICD-?10-?CM|CPT|HCPCS|DRG|LOINC|SNOMED(?:[ -]?CT)?|"
    r"SCTID|RxNorm|RXCUI|NDC|UMLS|CUI|MeSH|OMIM|MIM|PMID|PMCID|DOI|ISBN|ISSN|NCT|ORPHA|"
    r"codes?|GenBank|dbSNP|CAS|ATCC|grants?|RefSeq|ClinVar|ChEBI|EC|HGNC|catalog(?:ue)?)"
    r"(?: ?(?:code|id|no\.?|number|#))?[ :.#(-]{0,4}$",
    re.IGNORECASE,
)


def _is_value(match: re.Match[str]) -> bool:
    """Check that what follows a label is a number of somebody, and no measurement."""
    value = match["id"]
    label = match.string[match.start() : match.start("id")]
    digits = keep_digits(value)
    after = read_after(match, 14)
    if (
        len(digits) < 2
        or IS_MEASURED.match(after)
        or _CODED.search(read_before(match, 30))
    ):
        return False
    if _is_dated(value) or re.fullmatch(r"(?:19|20)\d\d|\d+\.\d+", value):
        return False
    has_sign = bool(_HAS_SIGN.search(label))
    bare = re.sub(rf"(?:{_NO})?[ :#=.-]*$", "", label, flags=re.IGNORECASE)
    if _NOT_LABELLED.search(bare or label):
        # "Unit No: 123987", but "patient 10", "lead 12", "case 2".
        if _REGISTERED.match(value):
            return False
        is_code = re.match(r"[A-Z]{1,5}[ /-]?\d", value) is not None
        enough = 4 if has_sign or is_code else 6
        return len(digits) >= enough or (has_sign and len(digits) > 2 and "-" in value)
    return len(digits) >= (3 if has_sign else 4)


def _is_dated(value: str) -> bool:
    """Check that numbers may be those of a date: "12-3-99", but not "77-88-99"."""
    date = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-]\d{2,4})?", value)
    return date is not None and are_day_and_month(date[1], date[2])


def _is_uncoded(match: re.Match[str]) -> bool:
    """Check that a long number is no code, no measurement and no round number."""
    before, after = read_before(match, 30), read_after(match, 14)
    digits = keep_digits(match["id"])
    if _CODED.search(before) or IS_MEASURED.match(after) or digits.endswith("0000"):
        return False
    return not re.match(r" ?(?:x ?10|\^|/ ?[a-zµ]|\.\d)", after)


# Numbers of trials, genes and articles.
_REGISTERED = re.compile(
    r"(?:rs|NCT|NM|NP|NC|GSE|ENS|PMC|GCA|CHEBI|HGNC|IRCT|UMIN|CTRI)_?-?\d",
    re.IGNORECASE,
)


def _is_specimen(match: re.Match[str]) -> bool:
    is_virus = re.match(r"(?:CoV|COVID|IL|CD|ICD|HLA)-?\d", match[0])
    return not is_virus and not _CODED.search(read_before(match, 30))


def _is_grouped(match: re.Match[str]) -> bool:
    return not _CODED.search(read_before(match, 30)) and not IS_MEASURED.match(
        read_after(match)
    )


def _is_card(match: re.Match[str]) -> bool:
    return is_luhn(keep_digits(match[0]))


def _rule(
    kind: str,
    starts: Start | tuple[Start, ...],
    pattern: str,
    check: Check | None = None,
    *,
    ignore_case: bool = True,
    heads: str = "",
) -> Rule:
    return compile_rule(
        *(SOURCE if heads else FORMS, "ID", kind, starts, pattern, check),
        ignore_case=ignore_case,
        heads=heads,
    )


# "Plate no. KL 07 AB 1234", "car reg AB12 CDE".
_PLATE_LABELS = (
    r"(?:(?:licen[sc]e|number|registration|vehicle|car)? ?plates?|(?:car|vehicle) reg(?:istration)?|"
    r"reg(?:istration)? (?:plate|mark)|licen[sc]e tag|tag(?= ?(?:no\.?|number|#)))"
)
_PLATE = r"(?P<id>(?-i:(?=[A-Z0-9 -]{0,12}\d)[A-Z0-9]{1,7}(?:[ -][A-Z0-9]{1,4}){0,3}))(?![\w-])"
# The last digits of a number: "SSN ending in 6789", "last four of her social: 6789".
_ENDING = (
    r"(?P<tail>(?:ssn|social(?: security)?|account|acct|card|mrn|member|policy|insurance|licen[sc]e|"
    r"passport|phone|cell|id)(?: (?:number|no\.?|#))?(?: that)?,? (?:ending|ends)(?: (?:in|with))?|"
    r"last (?:four|4|three|3|five|5)(?: digits)?(?: (?:of )?(?:(?:his|her|the|my|your|their) )?"
    r"(?:ssn|social(?: security)?|account|acct|card|mrn|id)(?: number)?)?|"
    r"(?:ssn|social(?: security)?|account|acct|card|mrn|id),? last (?:four|4|three|3|five|5)(?: digits)?)"
    r"(?: (?:is|are|was))?[ :#.=-]{1,3}(?P<id>\d{3,5})(?![\w/]|[.,-]\d)"
)
# What somebody is called by on a computer, and in networks.
_USER_LABELS = (
    r"(?:user ?(?:name|id)|screen ?name|log-?in(?: name| id)?|logon|handle|user)"
)
_USER = r"(?P<id>@?[^\W\d_][\w.-]{1,29}(?<![.-]))(?![\w@])"
_IS_USER_LABEL = re.compile(
    r"[:=]|user ?(?:name|id)|screen ?name|\bis\b", re.IGNORECASE
)


def _is_plate(match: re.Match[str]) -> bool:
    value = match["id"]
    return (
        len(value) > 3
        and sum(map(str.isalnum, value)) > 3
        and not _CODED.search(read_before(match))
    )


def _is_user(match: re.Match[str]) -> bool:
    """Check that a word is a name of a user: "login jsmith2", "username: jsmith"."""
    word = match["id"].lstrip("@")
    label = match.string[match.start() : match.start("id")]
    if any(c.isdigit() or c in "_." for c in word) or word != match["id"]:
        return True
    is_ordinary = word.lower() in load_not_names() or is_medical(word)
    return bool(_IS_USER_LABEL.search(label)) and len(word) > 3 and not is_ordinary


_LABELLED = [
    _rule(
        "vehicle",
        "word",
        rf"\b{_PLATE_LABELS}{_TIE}{_PLATE}",
        _is_plate,
        heads=_PLATE_LABELS,
    ),
    _rule(
        "number",
        "word",
        rf"\b{_ENDING}",
        heads=_ENDING.partition("(?: that)")[0] + "last",
    ),
    _rule(
        "username",
        "word",
        rf"\b{_USER_LABELS}{_TIE}{_USER}",
        _is_user,
        heads=_USER_LABELS,
    ),
]
_LABELLED += [
    _rule(
        kind, "word", rf"(?<![^\W_])(?:{labels}){_TIE}{_VALUE}", _is_value, heads=labels
    )
    for kind, labels in _LABELS.items()
]
_FORMS = [
    _rule("ssn", "digit", r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"),
    _rule(
        "ssn",
        ("digit", "letter"),
        r"(?<![\w-])(?:\d{3} \d{2} \d{4}|X{3}-?X{2}-?\d{4})(?![\w-])",
    ),
    _rule(
        "nhs",
        "digit",
        r"(?<![\w-])\d{3}[ -]?\d{3}[ -]?\d{4}(?![\w-])",
        lambda m: is_nhs(keep_digits(m[0])) and not re.match(r"\d{3}-\d{3}-", m[0]),
    ),
    _rule("npi", "digit", r"(?<![\w-])[12]\d{9}(?![\w-])", lambda m: is_npi(m[0])),
    _rule(
        "dea",
        "code",
        r"(?<!\w)[A-Z][A-Z9]\d{7}(?!\w)",
        lambda m: is_dea(m[0]),
        ignore_case=False,
    ),
    _rule(
        "vehicle",
        ("digit", "letter"),
        r"(?<!\w)[A-HJ-NPR-Z0-9]{17}(?!\w)",
        lambda m: is_vin(m[0]),
    ),
    _rule(
        "insurance",
        "digit",
        r"(?<!\w)[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]"
        r"[AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]{2}\d\d(?!\w)",
    ),
    _rule("account", "digit", r"(?<![\w-])(?:\d{4}[ -]?){3}\d{1,4}(?![\w-])", _is_card),
    _rule(
        "account",
        "code",
        r"(?<!\w)[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)",
        lambda m: is_iban(m[0]),
        ignore_case=False,
    ),
    _rule(
        "insurance",
        "code",
        r"(?<!\w)[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D](?!\w)",
        ignore_case=False,
    ),
    _rule(
        "license",
        ("digit", "letter"),
        r"(?<!\w)(?:\d{8}|[XYZ]\d{7})-?[A-Z](?!\w)",
        lambda m: is_dni(m[0]),
    ),
    _rule(
        "device",
        ("digit", "letter"),
        r"(?<![\w:-])(?:[0-9A-F]{2}[:-]){5}[0-9A-F]{2}(?![\w:-])",
    ),
    _rule("device", "digit", r"(?<=\()01\)\d{14}(?:\(\d\d\)[A-Z0-9]{1,20}){0,4}"),
    _rule(
        "id",
        ("digit", "letter"),
        r"(?<![\w])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?!\w)",
    ),
    # No measurement has as many digits.
    _rule(
        "number",
        "digit",
        r"(?<![\d.,$*])(?<!\d[-/])(?<![^\W\d_])(?P<id>\d{7,20})(?!\d|[.,]\d)",
        _is_uncoded,
    ),
    _rule(
        "number",
        "code",
        r"(?<![\w.-])(?P<id>[A-Z]{1,4}-?\d{6,12}[A-Z]{0,2})(?![\w-])",
        lambda m: _is_uncoded(m) and not _REGISTERED.match(m["id"]),
    ),
    # S21-12345: a specimen; 12-345-678: a record.
    _rule(
        "specimen",
        "code",
        r"(?<![\w.-])[A-Z]{1,4}[-:]?\d{2,4}-\d{3,7}(?![\w-])",
        _is_specimen,
        ignore_case=False,
    ),
    _rule(
        "number",
        "digit",
        r"(?<![\w./,-])\d{2,3}-\d{2,3}-\d{2,3}(?:-\d{1,4})?(?![\w-]|[./]\d)",
        lambda m: len(keep_digits(m[0])) >= 7 and _is_grouped(m),
    ),
]


def find_numbers(text: RuleText) -> Iterator[Identifier]:
    """Find the numbers of people, papers and things in a folded text."""
    return apply_rules([*_LABELLED, *_FORMS], text)
