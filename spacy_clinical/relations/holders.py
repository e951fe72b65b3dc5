"""Say of a drug or a value whether it is a relative's, of a drug whether it isn't
tolerated, or only may be taken."""

import re

_KIN = (
    r"(?:(?:grand|step|half-?|foster )?(?:mother|father|mom|mum|dad|brother|sister|son|daughter|"
    r"parent|child)|grand(?:ma|pa)|children|sibling|aunt|uncle|cousin|niece|nephew|wife|husband|"
    r"spouse|partner|boyfriend|girlfriend|roommate|twin)s?"
)
_NAMED = rf"(?<!\w){_KIN}(?!\w)(?!'s? (?:report|request|house|home|side|history))"
_TAKES = (
    r"(?:tak(?:es?|ing|en)|took|on|us(?:es?|ed|ing)|inject(?:s|ed)?|with|ha[sd]|have|had been|"
    r"receiv(?:es|ed)|treated with|prescribed|start(?:s|ed)|stopped|requires?d?|died)"
)
# A relative who takes or has something, up to the end of the clause.
_SUBJECT = re.compile(
    rf"(?P<lead>\b(?:by|with|per|from|to|for|via)(?: (?:his|her|their|the|my))? )?{_NAMED}(?: and (?:the |his |her )?{_KIN})?"
    rf"(?:(?:,? who| also| both| each| currently| previously| is| was| are| were| has been| "
    rf"\([^()]{{0,30}}\))*,?\s{{1,2}}{_TAKES}\b|'s?\s|\s?[:\u2013-]\s)",
    re.IGNORECASE,
)
# Who is spoken of from here on is the patient, or takes what belongs to a relative.
_PATIENT = re.compile(
    r"\b(?:he|she|they|i|we|you|patient|pt|infant|baby|himself|herself)\b",
    re.IGNORECASE,
)
_OTHERS_DRUG = re.compile(
    r"\b(?:t(?:ook|akes?|aken|aking)|us(?:es?|ed|ing)|borrow\w*|ingest\w*|swallow\w*|got into|ate|"
    r"stole|overdos\w*|some|one|two|pills?|tablets?|bottle)\b[^.;]{0,25}$",
    re.IGNORECASE,
)
_IN_KIN = re.compile(
    rf"[\s,]{{0,2}}(?:\w+ ){{0,2}}(?:in|(?:given|administered|prescribed) to) (?:his |her |the |their "
    rf"|patient's |pt's )?(?:maternal |paternal )?{_NAMED}(?!'s? (?:house|home))",
    re.IGNORECASE,
)
_HAS_KIN = re.compile(_KIN, re.IGNORECASE)
_END = re.compile(r"[;!?\n]|\.(?=\s)|\b(?:but|however|whereas)\b", re.IGNORECASE)
_LIST = r"[^.;:\n()]{0,80}"
_ALLERGIC = re.compile(
    rf"(?:\ballerg(?:ic|y|ies)(?: reactions?)? (?:to|of|from)|\ballerg(?:y|ies)\s?:|"
    rf"\b(?:intoleran(?:t|ces?) (?:to|of)|hypersensitiv(?:e|ity) to|anaphyla\w+ (?:to|from|with)|"
    rf"(?:adverse |allergic |bad )?reactions? to))(?P<list>{_LIST})$",
    re.IGNORECASE,
)
# No list of allergens any more.
_NO_LIST = re.compile(
    r"\b(?:but|takes?|taking|took|is|was|were|on|tolerat\w*|start\w*|given|received|treated|except|"
    r"with|for|so|therefore|he|she|they)\b",
    re.IGNORECASE,
)
_REACTION = (
    r"(?:rash(?:es)?|hives|urticaria|anaphyla\w+|angio-?edema|itch\w*|pruritus|swelling|swell|"
    r"welts|throat clos\w+|allergic reactions?|reactions?)"
)
_CAUSES = re.compile(
    r",?(?: (?:which|that|drugs?|products?|antibiotics?|medications?|derivatives?))* (?:"
    rf"(?:causes?|gives?|makes?|produces?|caused|gave)(?: \w+){{0,4}} ?{_REACTION}|"
    r"causes? (?:\w+ ){0,2}(?:nausea|vomiting|upset|headaches?|dizziness|hallucinations?|"
    r"confusion|cough))\b"
    r"|(?: (?!for\b|with\b|to\b|and\b|or\b|in\b|treats?\b|helps?\b)\w+)? "
    r"(?:allerg(?:y|ies)|hypersensitivity)\b"
    rf"|\s?\((?:[^()]{{0,20}} )?{_REACTION}\)",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:no|not|denies|denied|never|without|negative for|isn't)\b[^.;\n]{0,40}$",
    re.IGNORECASE,
)
# Drugs that are taken as needed are taken; and what they are held at isn't said of others.
_AS_NEEDED = re.compile(r"p\.?r\.?n\.?|(?:as|if|when) needed", re.IGNORECASE)
_HOLDS = re.compile(r"\b(?:hold|stop|call|reduce)\s$", re.IGNORECASE)
_AROUND = 200


def makes_hypothetical(text: str, start: int, cue: tuple[int, int]) -> bool:
    """Check whether a cue makes a drug one that may be taken, not one that is.

    start (character): Of the drug.
    cue (characters): Where it is.
    """
    if _AS_NEEDED.fullmatch(text, *cue):
        return False
    if _HOLDS.search(text, max(cue[0] - 8, 0), cue[0]):
        return False
    return "\n" not in text[cue[1] : start]


def is_relatives(text: str, start: int, end: int) -> bool:
    """Check whether a clause says that something is a relative's.

    start, end (characters): Of the drug or the test.
    """
    before = _END.split(text[max(start - _AROUND, 0) : start])[-1]
    if _HAS_KIN.search(before):
        found = list(_SUBJECT.finditer(before))
        if (
            found
            and not found[-1]["lead"]
            and not _PATIENT.search(before, found[-1].end())
        ):
            is_owned = found[-1][0].rstrip().endswith(("'s", "'"))
            is_taken = is_owned and _OTHERS_DRUG.search(before, 0, found[-1].start())
            return not is_taken
    after = text[end : end + 60]
    return _HAS_KIN.search(after) is not None and _IN_KIN.match(after) is not None


def is_allergen(text: str, start: int, end: int) -> bool:
    """Check whether a clause says that something isn't tolerated.

    start, end (characters): Of the drug.
    """
    before = _END.split(text[max(start - _AROUND, 0) : start])[-1]
    match = _ALLERGIC.search(before)
    if match and not _NO_LIST.search(match["list"]):
        return True
    return _CAUSES.match(text, end) is not None


def is_denied_allergen(text: str, start: int) -> bool:
    """Check whether the clause before an allergen denies that it is one.

    start (character): Of the drug.
    """
    before = _END.split(text[max(start - _AROUND, 0) : start])[-1]
    return _DENIED.search(before) is not None
