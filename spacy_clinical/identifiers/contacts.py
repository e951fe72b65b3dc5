"""Find phone and fax numbers, e-mail addresses, web addresses and addresses of hosts."""

import re
from collections.abc import Iterator

from spacy_clinical.identifiers.check_digits import keep_digits
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

SOURCE = "contacts"
# Of addresses that may hold labels and numbers: "https://a.org/?mrn=4482911".
WEB = "web"
_TOP = (
    r"com|org|net|edu|gov|mil|int|info|io|co|biz|health|care|clinic|hospital|app|dev|me|us|uk|"
    r"ca|au|de|fr|es|it|nl|ch|at|be|ie|in|br|mx|jp|cn|nz|za|se|no|dk|fi|pl|pt|gr|eu|ru|kr"
)
_PHONE_WORD = (
    r"(?:(?:tele)?phones?|tel|telephone|ph|cell(?:ular)?|mobile|mob|fax|facsimile|pager|"
    r"beeper|contact|call(?:ed|back)?|reach(?:ed)?|home|work|office|voice ?mail|text(?:ed)?|"
    r"whatsapp|sms|hotline|direct|line|desk|emergency|ring|dial|number|t|p|f|c|h|w|o|m|cp|hp|wp)"
)
_IS_PHONE = re.compile(
    rf"\b{_PHONE_WORD}\b\.?(?: ?(?:no\.?|number|#|nr\.?|is|at|on|me|us|him|her|them))*"
    rf"(?: ?\([^()\n]{{1,12}}\))?[ :#.-]{{0,4}}$",
    re.IGNORECASE,
)
_IS_RANGE = re.compile(
    r"\b(?:ranges?|between|normal|reference|ref|from|count|level|titers?|dose|NDC|lot)\b[^\n]{0,14}$",
    re.IGNORECASE,
)
_NETWORK = (
    r"(?:twitter|insta(?:gram)?|ig|snap(?:chat)?|skype|facebook|fb|tiktok|telegram|discord|venmo|"
    r"linkedin|wechat|reddit|zoom)"
)
_SEPARATOR = r"(?:[ .\u00b7\u2022-]|- | -|/| - )"
_EXTENSION = r"(?:,? ?(?:x|ext\.?|extension)[ .:]?\d{1,6})?"


def _has_phone_word(match: re.Match[str]) -> bool:
    before = read_before(match, 36)
    return bool(_IS_PHONE.search(before)) and not IS_MEASURED.match(
        read_after(match, 12)
    )


def _is_short_phone(match: re.Match[str]) -> bool:
    """Check that "743-5135" is no range of values."""
    before, after = read_before(match, 36), read_after(match, 14)
    if (
        IS_MEASURED.match(after)
        or _IS_RANGE.search(before)
        or re.match(r" ?[/%]", after)
    ):
        return False
    low, high = match[0].split("-")
    return bool(_IS_PHONE.search(before)) or int(low) >= int(high) or low == "555"


def _is_ten_digits(match: re.Match[str]) -> bool:
    digits = keep_digits(match[0])[-10:]
    return digits[0] in "23456789" and digits[3] in "23456789"


def _is_host(match: re.Match[str]) -> bool:
    parts = match["id"].split(".")
    return all(int(part) < 256 for part in parts)


def _find_kind(text: str, found: Identifier) -> Identifier:
    """Say of a phone number that it is one of a fax or pager, if its label does."""
    if found.kind != "phone":
        return found
    written = text[found.start : found.end]
    if written[0] == "(" and ")" not in written:
        found = found._replace(start=found.start + 1)
    before = text[max(found.start - 24, 0) : found.start]
    near = re.split(r"\d", before)[-1].lower()
    if re.search(r"\b(?:fax|facsimile|f)\b", near):
        return found._replace(kind="fax")
    return found._replace(kind="pager") if re.search(r"pager|beeper", near) else found


_RULES = [
    compile_rule(
        WEB,
        "EMAIL",
        "email",
        "any",
        r"(?<![\w.+-])[\w.+'%-]{1,64}(?:@|\\@| ?[\[(]at[\])] ?)(?:[\w-]{1,63}(?:\.|\n\.| ?[\[(]dot[\])] ?)){1,5}"
        r"[a-z]{2,24}(?![\w-])",
    ),
    compile_rule(
        WEB,
        "EMAIL",
        "email",
        "any",
        rf"(?<![\w.+-])(?:[\w+-]{{1,40}} (?:dot|DOT|underscore|dash) ){{0,3}}[\w.+-]{{2,64}} (?:at|AT) "
        rf"(?:[\w-]{{2,63}} (?:dot|DOT) ){{1,4}}(?:{_TOP})\b",
    ),
    # "maria . lopez @ gmail . com".
    compile_rule(
        WEB,
        "EMAIL",
        "email",
        "any",
        rf"(?<![\w.+-])[\w+-]{{1,64}}(?: ?[._] ?[\w+-]{{1,64}}){{0,3}} ?@ ?[\w-]{{2,63}}(?: ?\. ?[\w-]{{2,63}}){{0,3}} ?\. ?(?:{_TOP})\b",
    ),
    # "maria.lopez@hospital", of a network of its own.
    compile_rule(
        WEB,
        "EMAIL",
        "email",
        "any",
        r"(?<![\w.+-])(?=[\w+-]*[._\d])[A-Za-z][\w.+-]{2,63}@[A-Za-z][\w-]{2,62}(?![\w@.-]*\d|\.\w)",
    ),
    compile_rule(
        WEB,
        "OTHERPHI",
        "url",
        "word",
        r"\b(?:(?:https?|ftps?|sftp|file)://|www\.)[^\s<>\"'()\[\]{}]{2,300}"
        r"(?<![.,;:!?])",
    ),
    compile_rule(
        WEB,
        "OTHERPHI",
        "url",
        ("letter", "digit"),
        rf"(?<![\w.@/-])(?:[a-z0-9](?:[a-z0-9-]{{0,62}})\.){{1,4}}(?:{_TOP})(?:/[^\s<>\"'()]{{0,200}})?"
        r"(?<![.,;:!?])(?![\w@-]|\.\w)",
        lambda m: _is_web(m),
    ),
    compile_rule(
        SOURCE,
        "OTHERPHI",
        "social",
        "any",
        r"(?<![\w@./])@[A-Za-z][\w.]{2,29}(?<!\.)(?![\w@])",
        lambda m: not re.match(r"@ ?(?:bedside|home|rest|night)", m[0], re.I),
    ),
    compile_rule(
        SOURCE,
        "OTHERPHI",
        "social",
        "word",
        rf"\b{_NETWORK}(?: (?:handle|account|name|user ?name|id|profile|page))?(?:(?: is|:| -|=)? |[:=])"
        r"(?P<id>@?[a-z][\w.-]{2,29}(?<![.-]))(?![\w@/]|\.\w)",
        lambda m: any(c.isdigit() or c in "_.@" for c in m["id"]),
        heads=_NETWORK,
    ),
    compile_rule(
        SOURCE,
        "OTHERPHI",
        "ip",
        "digit",
        r"(?<![\d.])(?P<id>(?:\d{1,3}\.){3}\d{1,3})(?:[:/]\d{1,5})?(?![\d.]\d|\d)",
        _is_host,
    ),
    compile_rule(
        SOURCE,
        "OTHERPHI",
        "ip",
        ("letter", "digit"),
        r"(?<![\w:])(?:[0-9a-f]{1,4}:){1,7}(?::?[0-9a-f]{1,4}){1,7}(?![\w:])",
        lambda m: m[0].count(":") >= 4 and ("::" in m[0] or m[0].count(":") == 7),
    ),
    # (634)743-5135, 1-800-273-8255 x12, +1 619 911 6190.
    compile_rule(
        SOURCE,
        "PHONE",
        "phone",
        ("digit", "sign"),
        rf"(?<![\w.,(-])(?:\+?1{_SEPARATOR}?)?\(?\d{{3}}\)?{_SEPARATOR}?{GAP}?\d{{3}}{_SEPARATOR}{GAP}?\d{{4}}"
        rf"{_EXTENSION}(?!\d|[.,-]\d)|(?<=\()\d{{3}}\) ?\d{{3}}[ .-]?\d{{4}}(?!\d)",
        lambda m: not IS_MEASURED.match(read_after(m, 12)),
    ),
    compile_rule(
        SOURCE,
        "PHONE",
        "phone",
        "sign",
        rf"(?<!\w)\((?:\d{{3,5}})\) ?\d{{3,4}}{_SEPARATOR}?\d{{3,4}}{_EXTENSION}(?!\d)",
    ),
    compile_rule(
        SOURCE,
        "PHONE",
        "phone",
        "sign",
        r"(?<!\w)\(?\+\d{1,3}[ .()/-]{0,2}(?:\d[ .()/-]{0,2}){5,13}\d(?!\d)",
    ),
    compile_rule(
        SOURCE,
        "PHONE",
        "phone",
        "digit",
        r"(?<![\w.,/-])0\d{2,4}[ -]\d{3,4}[ -]?\d{3,4}(?![\d/]|[.,-]\d)",
    ),
    # 01 23 45 67 89; 098765 43210; 0011 44 20 7946 0958.
    compile_rule(
        SOURCE,
        "PHONE",
        "phone",
        ("digit", "sign"),
        r"(?<![\w.,/-])(?:0\d(?:[ .-]\d{2}){4}|0\d{4,5}[ -]\d{5,6}|0[01]{1,2}[ -]\d{1,3}(?:[ -]\d{1,5}){2,5}"
        r"|\(0\d{1,4}\)[ .]{0,2}\d{3,4}[ .-]?\d{3,4})(?![\d/]|[.,-]\d)",
        lambda m: len(keep_digits(m[0])) > 8,
    ),
    # Groups of a national number, which only its label tells: "tel 912 34 56 78".
    compile_rule(
        SOURCE,
        "PHONE",
        "phone",
        "digit",
        r"(?<![\w.,/-])\d{1,4}(?:[ .-]\d{2,4}){1,4}(?![\w/]|[.,-]\d)",
        lambda m: 7 <= len(keep_digits(m[0])) <= 13 and _has_phone_word(m),
    ),
    # "555 0177 is my work phone".
    compile_rule(
        SOURCE,
        "PHONE",
        "phone",
        "digit",
        r"(?<![\w.,/-])\d{3,4}[ -]\d{3,5}(?= (?:is|was) (?:my|his|her|their|the|our)(?: [a-z]{2,8})? ?(?:phone|cell|number|mobile|home|work|office|fax)\b)",
    ),
    # Letters for digits, as scanners and thumbs have them: "617-555-O142".
    compile_rule(
        SOURCE,
        "PHONE",
        "phone",
        "digit",
        r"(?<![\w.,/-])\d{3}[ .-](?=[\dOoIl]{3}[ .-])[\dOoIl]{3}[ .-](?=[OoIl]*\d)[\dOoIl]{4}(?!\w|[.,-]\d)",
    ),
    compile_rule(
        SOURCE,
        "PHONE",
        "phone",
        "digit",
        r"(?<![\w.,/-])1?\d{10}(?![\w/]|[.,-]\d)",
        lambda m: _is_ten_digits(m) and _has_phone_word(m),
    ),
    compile_rule(
        SOURCE,
        "PHONE",
        "phone",
        "digit",
        rf"(?<![\w.,/-])\d{{3}}-\d{{4}}{_EXTENSION}(?![\w/]|[.,-]\d)",
        lambda m: "x" in m[0].lower() or _is_short_phone(m),
    ),
    compile_rule(
        SOURCE,
        "PHONE",
        "phone",
        "word",
        r"\b(?:(?:tele)?phones?|tel|ph|cell(?:ular)?|mobile|fax|facsimile|pager|beeper)\b\.?"
        r"(?: ?\([^()\n]{1,12}\))?(?: ?(?:no\.?|number|#|nr\.?|is|at))*[ :#.-]{0,5}"
        r"(?P<id>\+?\(?\d(?:[ ()./-]{0,2}\d){4,14})(?!\d|[.,]\d)",
        lambda m: not IS_MEASURED.match(read_after(m, 12)),
    ),
    compile_rule(
        SOURCE,
        "PHONE",
        "extension",
        "word",
        # The end of a number that stands before it: "Fax -35".
        r"\b(?:fax|ext|durchwahl|dw|klappe)[.:]{0,2} -(?P<id>\d{2,4})(?![\w/]|[.,-]\d)",
    ),
    compile_rule(
        SOURCE,
        "PHONE",
        "extension",
        "word",
        r"\b(?:ext(?:ensio)?n?\.?|x|(?-i:p)|pgr|pager|beeper|bleep|vm|desk)(?: (?:no\.?|number|is))?[ .:#]{0,3}"
        r"(?P<id>\d-\d{4}|\d{4,6})(?![\w/]|[.,-]\d)",
        lambda m: (
            not IS_MEASURED.match(read_after(m, 12))
            and not re.search(r"\d ?$", read_before(m, 3))
        ),
    ),
]


def _is_web(match: re.Match[str]) -> bool:
    """Check that "clinic.org" is an address, and "pain.no" or "normal.in" isn't."""
    host = re.split(r"[/]", match[0])[0].lower()
    top = host.rpartition(".")[2]
    is_sure = top in (
        "com",
        "org",
        "net",
        "edu",
        "gov",
        "mil",
        "info",
        "io",
        "biz",
        "health",
        "app",
        "uk",
        "eu",
    )
    return (is_sure or "/" in match[0] or host.count(".") > 2) and not host.isdigit()


def find_contacts(text: RuleText) -> Iterator[Identifier]:
    """Find what reaches people or hosts in a folded text."""
    for found in apply_rules(_RULES, text):
        yield _find_kind(text.text, found)
