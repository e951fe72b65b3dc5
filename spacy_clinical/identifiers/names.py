"""Find names of people, by what stands before or after them.

A name that was found is then found wherever else it stands in the note.
"""

import re
from collections.abc import Iterable, Iterator

from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.matching import RuleText
from spacy_clinical.identifiers.name_patterns import (
    CAPITAL,
    EPONYM,
    INITIAL,
    INTRODUCED,
    LABELLED,
    PATTERNS,
    RELATIVE,
    TITLED_HEADS,
    TITLED_LOWER,
    TITLED_SHORT,
    WITH_DEGREE,
    WORD,
)
from spacy_clinical.identifiers.vocabulary import SERVICES, is_medical, load_not_names

SOURCE = "names"
REPEATED = "repeated_names"
# Labels that other things follow as often: a full name has to.
_WEAK_LABELS = frozenset(
    (
        "by",
        "to",
        "from",
        "re",
        "name",
        "subject",
        "tech",
        "staff",
        "regarding",
        "signed",
        "md",
    )
)
# First and last names among the words that are none.
_NAMES_TOO = frozenset(
    (
        "may",
        "april",
        "june",
        "august",
        "will",
        "white",
        "black",
        "day",
        "young",
        "an",
        "long",
    )
)
_SUFFIXES = frozenset(("JR", "SR", "II", "III", "IV"))
# Labels that findings follow, too: "Patient: Stable".
_STATED_LABELS = frozenset(
    ("patient", "pt", "historian", "informant", "interpreter", "client")
)
# Characters of a line that is wrapped, and the word that begins the next.
_FULL_LINE = 50
_WRAPPED = re.compile(rf"\n ?({CAPITAL})(?=[ ,.;:)]|$)", re.MULTILINE)
_HAS_PHONE = re.compile(r",? ?\(?[+\d]\d[\d ()/.-]{6}")
# A first name, before a name that was found again.
_BEFORE = re.compile(rf"(?<![\w'-])({CAPITAL}) (?:{INITIAL} )?$")


def find_names(text: RuleText) -> Iterator[Identifier]:
    """Find the names of people in a text, with all that is repeated of them."""
    found = list(_find_all(text))
    yield from found
    yield from _repeat(text.text, found)


def _find_all(text: RuleText) -> Iterator[Identifier]:
    for pattern, starts, is_strict, heads in PATTERNS:
        for match in text.find(pattern, starts, heads):
            place = _trim(text.text, *match.span("id"), strict=is_strict)
            if place is not None and _is_name(match, place, is_strict=is_strict):
                yield _make(match, place[0], _go_on(text.text, place[1]))
    for match in text.find(TITLED_SHORT, ("capital",)):
        yield _make(match, *match.span("id"))
    for match in text.find(TITLED_LOWER, ("word",), TITLED_HEADS):
        start, end = match.span("id")
        if _is_word(match["id"]):
            continue
        after = match["next"]
        if after and not _is_word(after) and not after.endswith("ed"):
            following = text.text[match.end("next") : match.end("next") + 1]
            end = match.end("next") if following in ("", *",.\n'") else end
        yield _make(match, start, end)


def _go_on(text: str, end: int) -> int:
    """Let a name go on in the next line, if its own was full and the note is wrapped."""
    wrapped = _WRAPPED.match(text, end)
    start = text.rfind("\n", 0, end) + 1
    if wrapped is None or end - start < _FULL_LINE or _is_word(wrapped[1]):
        return end
    return wrapped.end(1)


def _is_name(match: re.Match[str], place: tuple[int, int], *, is_strict: bool) -> bool:
    text = match.string
    if is_strict and EPONYM.match(text, place[1]):
        return False
    if max(map(len, WORD.findall(text[slice(*place)]))) < 3 and is_strict:
        # "mother (Ig G)".
        return match.re is LABELLED or match.re is WITH_DEGREE
    if match.re is INTRODUCED:
        word, *others = WORD.findall(text[slice(*place)])
        return bool(others) or not (word.isupper() or _is_word(word))
    if match.re is WITH_DEGREE:
        return _is_signed(text, place, match)
    return match.re is not LABELLED or _fits_label(text, place, match)


def _make(match: re.Match[str], start: int, end: int) -> Identifier:
    groups = match.groupdict()
    is_staff = groups.get("staff") is not None
    is_staff = is_staff or groups.get("degree") is not None
    return Identifier(
        start, end, "STAFF" if is_staff else "PATIENT", "name", 1.0, SOURCE
    )


def _trim(text: str, start: int, end: int, *, strict: bool) -> tuple[int, int] | None:
    """Cut what doesn't belong to it off a name; None if nothing is left.

    strict: Whether a name may not be of words of medicine only.
    """
    words = [
        (start + m.start(), start + m.end(), m[0])
        for m in WORD.finditer(text[start:end])
    ]
    kept: list[tuple[int, int, str]] = []
    for word, after in zip(words, [*words[1:], None], strict=True):
        is_stop = _is_stop(word[2])
        if word[2].lower() in _NAMES_TOO and after is not None:
            # "Hope May Brown".
            is_stop = _is_stop(after[2]) or is_medical(after[2])
        if is_stop and kept:
            break
        if is_stop:
            return None
        # "Dr. Lee Cardiology".
        if (
            kept
            and len(word[2]) > 3
            and is_medical(word[2])
            and text[word[0] - 1] == " "
        ):
            if word[2][1:].islower() and not re.search(r"[a-z]", text[start : word[0]]):
                break
            if word[2].lower() in SERVICES:
                break
        # "Ulysses Ogrady MC #0937884".
        is_short = word[2].isupper() and 1 < len(word[2]) < 4
        if is_short and kept and not kept[-1][2].isupper() and word[2] not in _SUFFIXES:
            break
        kept.append(word)
    if not kept or (len(kept) == 1 and len(kept[0][2]) < 2):
        return None
    if strict and all(is_medical(w) or len(w) == 1 for *_, w in kept):
        return None
    last = kept[-1][1] - 2 * kept[-1][2].lower().endswith("'s")
    if text[last : last + 1] == "." and len(kept[-1][2]) == 1:
        last += 1
    return kept[0][0], last


def _is_stop(word: str) -> bool:
    return len(word) > 1 and word.lower() in load_not_names()


def _is_word(word: str) -> bool:
    return _is_stop(word) or is_medical(word) or word.endswith(("ing", "ly", "tion"))


def _is_signed(text: str, place: tuple[int, int], match: re.Match[str]) -> bool:
    """Check that a degree stands after a name: "Roger Kelly MD", "Smith, MD"."""
    words = WORD.findall(text[slice(*place)])
    if place[1] != match.end("id") and not re.fullmatch(
        r"[., ]*", text[place[1] : match.end("id")]
    ):
        return False
    degree = match["degree"].replace(".", "").replace(" ", "")
    if degree == "RN" and len(words) == 1:
        # "Keisha RN".
        return True
    if degree in ("DO", "NP", "PA", "PT", "RN", "PhD"):
        return (len(words) > 1 and match.group("comma") is not None) or len(words) > 2
    return len(words) > 1 or match["comma"] is not None


def _fits_label(text: str, place: tuple[int, int], match: re.Match[str]) -> bool:
    """Check that a name belongs to a label before it, and the label to a name."""
    label = (match["staff"] or match["patient"]).lower()
    name = text[slice(*place)]
    words = WORD.findall(name)
    is_full = len([w for w in words if len(w) > 1]) > 1
    if "\n" in match["gap"] and not (is_full and match["gap"].count("\n") < 3):
        return False
    if match["colon"] is None:
        # "Seen by Ann Lee", "signed by Roger", but "by Doppler".
        return label != "by" and (is_full or "sign" in label or "dictat" in label)
    if label in _WEAK_LABELS:
        return is_full or label == "name"
    is_relative = re.fullmatch(RELATIVE, label) is not None
    if is_relative and _HAS_PHONE.match(text, place[1]):
        # "Daughter: Ute, 0761 5550123".
        return not any(map(is_medical, words))
    if is_relative or label in _STATED_LABELS:
        # "Mother: Breast Cancer", "Patient: Stable".
        return (is_full and not any(is_medical(w) and len(w) > 3 for w in words)) or (
            label in ("patient", "pt") and not any(map(is_medical, words))
        )
    return True


def _repeat(text: str, found: Iterable[Identifier]) -> Iterator[Identifier]:
    """Find names again that were found, by each of their words, with the words before."""
    labels: dict[str, str] = {}
    for row in found:
        for word in WORD.findall(text[row.start : row.end]):
            is_usual = len(word) < 3 or _is_word(word)
            if not is_usual and (word[0].isupper() or not word.isascii()):
                labels.setdefault(word.lower(), row.label)
    if not labels:
        return
    for match in WORD.finditer(text):
        plain = match[0].lower().removesuffix("'s")
        label = labels.get(plain)
        if label is None or (match[0].islower() and match[0].isascii()):
            continue
        start = match.start()
        end = match.end() - 2 * match[0].lower().endswith("'s")
        if EPONYM.match(text, end):
            continue
        before = _BEFORE.search(text, max(start - 24, 0), start)
        if before and not _is_word(before[1]):
            start = before.start(1)
        yield Identifier(start, end, label, "name", 1.0, REPEATED)
