"""Find names of people: after titles and labels, before degrees, in letters.

A name that was found is then found wherever else it stands in the note.
"""

import re
from collections.abc import Iterable, Iterator

from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.vocabulary import is_medical

SOURCE = "names"
REPEATED = "repeated_names"
_LETTER = r"[^\W\d_]"
_UPPER = r"[A-Z\u00c0-\u00d6\u00d8-\u00de\u0100-\u0178\u0386-\u03ab\u0400-\u042f]"
# A word of a name: "Ann", "O'Neil", "Garcia-Lopez", "McDonald"; in scripts without case, too.
_CAPITAL = rf"(?:(?:{_UPPER}|[\u0531-\uffdc])(?:{_LETTER}|['-](?={_LETTER})){{1,30}})"
_INITIAL = rf"(?:{_UPPER}\.?(?![\w'-]))"
_PARTICLE = (
    r"(?:van|von|der|den|de|del|della|di|da|dos|du|la|le|los|las|el|al|bin|bint|ibn|abu|ben|"
    r"ter|ten|zu|y|e|san|st\.|St\.|af|av|Van|De|La|El|Al)"
)
_SUFFIX = r"(?:,? (?:Jr|Sr|II|III|IV)\b\.?)?"
_SP = r"(?: {1,2}|\n ?)"
_NAME = (
    rf"(?:(?:{_INITIAL} ?){{0,3}}{_CAPITAL}"
    rf"(?:(?: |-| - )(?:{_INITIAL}|(?:{_PARTICLE} ){{0,2}}{_CAPITAL})){{0,4}}{_SUFFIX})"
)
_FIRST = rf"(?:(?:{_PARTICLE} ){{0,2}}{_NAME})"
DEGREE = (
    r"(?:M\.? ?D\.?|D\.?O\.?|R\.?N\.?|N\.?P\.?|P\.?A\.?(?:-C)?|PA-C|Ph\.? ?D\.?|Pharm\.? ?D\.?|D\.?D\.?S\.?|"
    r"D\.?M\.?D\.?|D\.?P\.?M\.?|D\.?P\.?T\.?|P\.?T\.?|O\.?T\.?R?(?:/L)?|L\.?P\.?N\.?|C\.?N\.?A\.?|C\.?R\.?N\.?A\.?|"
    r"APRN|FNP(?:-BC|-C)?|ARNP|CNP|CNM|CNS|DNP|ANP|PNP|AGNP|ACNP|NNP|WHNP|LCSW|LICSW|LMSW|MSW|"
    r"BSN|MSN|M\.?B\.?B\.?S\.?|MBChB|MRCP|FRCP|FRCS|FACS|FACC|FACP|F\.?A\.?C\.?S\.?|MPH|RPh|R\.?D\.?|RDN|"
    r"CCC-SLP|SLP|RRT|CRT|EMT(?:-P)?|MA|CMA|P\.?C\.?|PsyD|LPC|LMFT|OD|AuD|MS|M\.S\.|MHS|III|"
    r"Attending|Resident|Intern|PGY-?\d|MS-?[34])"
)
# "Norris, Chuck K", "OSCAR,JOHNNY".
_REVERSED = rf"(?:(?:{_PARTICLE} ){{0,2}}{_CAPITAL}(?:[ -]{_CAPITAL})?,[ ]?(?!{DEGREE}\b){_CAPITAL}(?: (?:{_INITIAL}|{_CAPITAL}))?)"
_ANY = rf"(?:{_REVERSED}|{_FIRST})"
_LOWER_NAME = r"(?:[a-z][a-z'-]{1,20}(?:,? [a-z][a-z'-]{1,20}){0,3})"
_SURE_DEGREE = (
    r"(?:M\.? ?D\.?|D\.O\.|R\.?N\.?|N\.P\.|PA-C|Ph\.? ?D\.?|Pharm\.? ?D\.?|D\.?D\.?S\.?|D\.?M\.?D\.?|D\.?P\.?M\.?|"
    r"L\.?P\.?N\.?|C\.?R\.?N\.?A\.?|APRN|FNP(?:-BC|-C)?|ARNP|CNM|DNP|LCSW|LICSW|LMSW|MSW|BSN|MSN|"
    r"M\.?B\.?B\.?S\.?|MBChB|RPh|RDN|CCC-SLP|FACS|FACC|FACP|PsyD|DO|NP|PA|PT|DPT)"
)
_PATIENT_TITLE = (
    r"(?:Mr|Mrs|Ms|Miss|Mx|Mister|Missus|Sra?|Srta|Señora?|Herr|Frau|Mme|Mlle|Monsieur|"
    r"Madame|Signora?|Baby (?:Boy|Girl)|Sir|Lady)"
)
_STAFF_TITLE = (
    r"(?:Drs?|Doctor|Doctora?|Prof|Professor|Nurse|Sister|Surgeon|Physician|Attending|Resident|"
    r"Fellow|Intern|Chaplain|Rev|Reverend|Father|Rabbi|Pastor|Captain|Capt|Lt|Sgt|Col|Officer|"
    r"Midwife|Therapist|Pharmacist|Dietitian)"
)
# Titles that are ordinary words need a capital, and no colon.
_STAFF_SURE = r"(?:Drs?|Prof|Professor|Doctor)"
_PATIENT_LABEL = (
    r"(?:patient(?:'?s)?(?: full| legal)? name|name of patient|patient|pt(?:'?s)? name|pt|"
    r"full name|legal name|name|first name|last name|surname|given names?|family name|middle name|"
    r"maiden name|preferred name|aka|a\.k\.a\.|nombre|apellidos?|client|resident name|member name|"
    r"subscriber(?: name)?|insured|policy ?holder|guarantor|re|regarding|subject|mother's name|"
    r"father's name|in re)"
)
_RELATIVE = (
    r"(?:wife|husband|spouse|partner|mother|father|mom|dad|son|daughter|sister|brother|aunt|"
    r"uncle|niece|nephew|cousin|grandson|granddaughter|grandmother|grandfather|fianc[eé]e?|"
    r"girlfriend|boyfriend|friend|neighbor|caregiver|guardian|roommate|caretaker)"
)
_CONTACT_LABEL = (
    r"(?:next of kin|nok|emergency contact(?: name)?|contact person|health ?care proxy|hcp|proxy|"
    r"power of attorney|poa|dpoa|hcpoa|accompanied by|informant|historian|interpreter|"
    r"responsible party|primary contact|care ?giver|legal guardian|parent(?:/guardian)?|witness)"
)
_STAFF_LABEL = (
    r"(?:(?:attending|admitting|referring|ordering|consulting|treating|primary(?: care)?|"
    r"responsible|supervising|discharging|family|emergency|requesting|interpreting|reading|"
    r"covering|dictating|authorizing|performing|discharge|ed|er|on-?call)? ?"
    r"(?:physicians?|provider|doctor|surgeon|md|attending|clinician|practitioner|pcp|gp|"
    r"radiologist|pathologist|cardiologist|oncologist|neurologist|hospitalist|consultant|"
    r"anesthesiologist|anaesthetist|nurse|therapist|resident|fellow|intern)(?: name)?|"
    r"(?:first |1st |second |surgical )?assistants?|scribe|author|transcriptionist|"
    r"(?:electronically |digitally )?(?:signed|dictated|reviewed|transcribed|authored|"
    r"verified|reported|ordered|performed|interpreted|entered|prepared|requested|typed|"
    r"authenticated|completed|recorded|documented|examined|seen|read|administered|"
    r"collected|cosigned|co-signed|attested|written|created|edited|referred|supervised|"
    r"finalized|released|resulted|called in|scribed|discussed with|noted|given|"
    r"assessed|evaluated)(?: and \w{4,14})?(?: electronically)? by|by|cc|copy to|cc'd|dictator|rn|staff|"
    r"signature|signed|surgeons|case manager|social worker|circulating nurse|scrub(?: nurse)?|"
    r"anesthesia|anesthetist|technologist|tech|sonographer|pharmacist|/s/|e-signed by|"
    r"esigned by|esignature|to|from|attn|attention|dear)"
)
# Words that follow such labels and titles, and are no names.
_NOT_NAMES = frozenset(
    [
        "the",
        "a",
        "an",
        "and",
        "or",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "with",
        "without",
        "by",
        "from",
        "as",
        "is",
        "was",
        "are",
        "were",
        "be",
        "been",
        "being",
        "has",
        "have",
        "had",
        "having",
        "will",
        "would",
        "can",
        "could",
        "may",
        "might",
        "should",
        "must",
        "not",
        "no",
        "none",
        "nil",
        "n/a",
        "yes",
        "he",
        "she",
        "it",
        "his",
        "her",
        "their",
        "they",
        "them",
        "you",
        "your",
        "we",
        "our",
        "us",
        "i",
        "my",
        "who",
        "which",
        "what",
        "when",
        "where",
        "why",
        "how",
        "this",
        "that",
        "these",
        "those",
        "there",
        "here",
        "all",
        "any",
        "each",
        "every",
        "both",
        "other",
        "another",
        "some",
        "many",
        "patient",
        "pt",
        "patients",
        "client",
        "name",
        "age",
        "sex",
        "male",
        "female",
        "man",
        "woman",
        "boy",
        "girl",
        "gender",
        "date",
        "time",
        "dob",
        "mrn",
        "ssn",
        "phone",
        "fax",
        "email",
        "address",
        "room",
        "bed",
        "unit",
        "floor",
        "number",
        "id",
        "today",
        "tomorrow",
        "yesterday",
        "denies",
        "reports",
        "states",
        "presents",
        "complains",
        "admitted",
        "discharged",
        "seen",
        "evaluated",
        "recommended",
        "advised",
        "agrees",
        "agreed",
        "notes",
        "noted",
        "says",
        "said",
        "told",
        "asked",
        "called",
        "discussed",
        "reviewed",
        "prescribed",
        "ordered",
        "continued",
        "started",
        "stopped",
        "appointment",
        "appointments",
        "visit",
        "office",
        "note",
        "notes",
        "deceased",
        "alive",
        "living",
        "healthy",
        "well",
        "unknown",
        "unremarkable",
        "noncontributory",
        "died",
        "dead",
        "stable",
        "unable",
        "good",
        "fair",
        "poor",
        "normal",
        "abnormal",
        "same",
        "see",
        "per",
        "pending",
        "above",
        "below",
        "self",
        "none",
        "hospital",
        "clinic",
        "center",
        "department",
        "service",
        "services",
        "team",
        "care",
        "plan",
        "history",
        "exam",
        "physical",
        "admission",
        "discharge",
        "summary",
        "report",
        "consult",
        "consultation",
        "progress",
        "operative",
        "procedure",
        "emergency",
        "medicine",
        "surgery",
        "cardiology",
        "neurology",
        "oncology",
        "radiology",
        "pathology",
        "pediatrics",
        "psychiatry",
        "orthopedics",
        "nursing",
        "pharmacy",
        "laboratory",
        "lab",
        "doctor",
        "dr",
        "nurse",
        "physician",
        "provider",
        "attending",
        "resident",
        "surgeon",
        "family",
        "mother",
        "father",
        "wife",
        "husband",
        "son",
        "daughter",
        "sister",
        "brother",
        "mr",
        "mrs",
        "ms",
        "miss",
        "status",
        "condition",
        "diagnosis",
        "diagnoses",
        "medications",
        "medication",
        "allergies",
        "allergy",
        "chief",
        "complaint",
        "reason",
        "problem",
        "problems",
        "assessment",
        "subjective",
        "objective",
        "instructions",
        "follow",
        "followup",
        "up",
        "left",
        "right",
        "bilateral",
        "electronically",
        "signed",
        "dictated",
        "preferred",
        "primary",
        "secondary",
        "contact",
        "information",
        "details",
        "list",
        "type",
        "code",
        "result",
        "results",
        "if",
        "then",
        "than",
        "so",
        "but",
        "because",
        "while",
        "after",
        "before",
        "during",
        "since",
        "until",
        "also",
        "still",
        "just",
        "only",
        "very",
        "more",
        "most",
        "less",
        "least",
        "new",
        "old",
        "first",
        "last",
        "next",
        "previous",
        "current",
        "former",
        "please",
        "thank",
        "thanks",
        "sincerely",
        "regards",
        "dear",
        "sir",
        "madam",
        "whom",
        "colleague",
        "colleagues",
        "all",
        "everyone",
        "team",
        "who's",
        "there's",
        "it's",
        "he's",
        "she's",
        "let's",
        "pm",
        "am",
        "english",
        "spanish",
        "full",
        "oriented",
        "alert",
        "awake",
        "happened",
        "does",
        "did",
        "do",
        "don't",
        "doesn't",
        "didn't",
        "go",
        "going",
        "come",
        "back",
        "home",
        "work",
        "house",
        "day",
        "night",
        "week",
        "month",
        "year",
        "days",
        "weeks",
        "months",
        "years",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "staff",
        "rn",
        "md",
        "do",
        "np",
        "pa",
        "phd",
        "re",
        "cc",
        "page",
        "pages",
        "end",
        "copy",
        "original",
        "draft",
        "final",
        "preliminary",
        "verbalized",
        "understanding",
        "tolerated",
        "tolerating",
        "ambulating",
        "resting",
        "sleeping",
        "sitting",
        "lying",
        "remains",
        "appears",
        "continues",
        "feels",
        "wants",
        "needs",
        "requests",
        "refuses",
        "refused",
        "consented",
        "white",
        "black",
        "hispanic",
        "asian",
        "caucasian",
        "african",
        "american",
        "married",
        "single",
        "divorced",
        "widowed",
        "retired",
        "unemployed",
        "employed",
        "smoker",
        "nonsmoker",
        "drinker",
        "never",
        "former",
        "positive",
        "negative",
        "over",
        "under",
        "about",
        "around",
        "into",
        "onto",
        "out",
        "off",
        "down",
        "through",
        "between",
        "against",
    ]
)
_WORD = re.compile(rf"{_LETTER}+(?:['-]{_LETTER}+)*")


def _flags(ignore_case: bool) -> re.RegexFlag:
    return re.MULTILINE | (re.IGNORECASE if ignore_case else re.RegexFlag(0))


_TITLED = re.compile(
    rf"(?<![^\W_])(?:(?P<staff>{_STAFF_SURE})|(?P<patient>{_PATIENT_TITLE}))\b(?:\.|(?=\s)){_SP}?"
    rf"(?P<id>{_ANY}(?: (?:and|&) (?:Dr\.? )?{_CAPITAL})?)",
    re.MULTILINE,
)
_TITLED_CAPS = re.compile(
    rf"(?<![^\W_])(?:(?P<staff>DRS?|PROF|DOCTOR)|(?P<patient>MR|MRS|MS|MISS|MX))\b\.? "
    rf"(?P<id>{_ANY})"
)
_TITLED_LOWER = re.compile(
    r"(?<![^\W_])(?:(?P<staff>drs?|prof)|(?P<patient>mr|mrs|ms|miss))\b\.? (?P<id>[a-z][a-z'-]{1,20})(?: (?P<next>[a-z][a-z'-]{1,20}))?"
)
_TITLED_WORD = re.compile(
    rf"(?<![^\W_])(?P<staff>{_STAFF_TITLE}) (?P<id>{_FIRST})", re.MULTILINE
)
_WITH_DEGREE = re.compile(
    rf"(?<![\w.'-])(?P<id>{_REVERSED}|{_NAME})(?:(?P<comma>,)|{_SP}|,{_SP}){_SP}?(?P<degree>{_SURE_DEGREE})(?![\w'-])",
    re.MULTILINE,
)
_LABELLED = re.compile(
    rf"(?:(?<![^\W_])|(?-i:(?<=[a-z])(?=[A-Z])))(?:(?P<staff>{_STAFF_LABEL})|(?P<patient>{_PATIENT_LABEL}|{_CONTACT_LABEL}|{_RELATIVE}(?:'s name| name)?))"
    rf"(?: ?\([^()\n]{{1,20}}\))?(?:(?P<colon> ?[:=]|\.{{2,20}}:?|#)|(?<=by)|(?<=/s/))(?P<gap>\s{{0,12}})"
    rf"(?:(?:Drs?|Mr|Mrs|Ms|Miss|Prof|DR|MR|MRS|MS|dr|mr|mrs|ms)\b\.? ?)?(?P<id>(?-i:{_ANY}))(?P<degree>,? {DEGREE}\b)?",
    re.MULTILINE | re.IGNORECASE,
)
_LABELLED_LOWER = re.compile(
    rf"(?<![^\W_])(?:(?P<staff>(?:attending|pcp|physician|provider|surgeon|dictated by|signed by|seen by|cc))|"
    rf"(?P<patient>patient name|patient|pt name|pt|name|next of kin|nok|emergency contact))"
    rf" ?: {{0,4}}(?:dr\.? |mr\.? |mrs\.? |ms\.? )?(?P<id>{_LOWER_NAME})(?= ?(?:[,;()\n]|$|\d|dob|mrn|age|m\.?d\b))",
    re.MULTILINE,
)
_RELATED = re.compile(
    rf"\b(?P<patient>{_RELATIVE}),? (?:is |named |called |\()?(?P<id>(?-i:{_NAME}))(?=[,.;:()\n ]|'s|$)",
    re.IGNORECASE | re.MULTILINE,
)
_CALLED = re.compile(
    rf"\b(?P<patient>(?:my|his|her|the patient's|whose) name is|named|goes by|known as|i am|i'm|this is|"
    rf"(?:a )?(?:patient|pt),?(?: named)?) (?P<id>(?-i:{_CAPITAL} {_NAME}|{_CAPITAL}(?=[,.'])))",
    re.IGNORECASE | re.MULTILINE,
)
# Under "Sincerely,": the lines of a signature.
_CLOSING = re.compile(
    r"^ {0,20}(?:Yours (?:sincerely|truly|faithfully)|Sincerely(?: yours)?|(?:Best|Kind|Warm)(?:est)? "
    rf"regards|Regards|Respectfully(?: submitted)?|Cordially|With (?:best|kind) regards|Many thanks|"
    rf"Thank you)[,.]?\s{{1,40}}(?P<staff>)(?:Dr\.? )?(?P<id>(?-i:{_ANY}))",
    re.MULTILINE | re.IGNORECASE,
)
_DASHED = re.compile(
    rf"(?:^|\s)(?P<staff>--?|/s/|~) ?(?P<id>{_CAPITAL} (?:{_INITIAL} )?{_CAPITAL})(?:,? {DEGREE})?[ .]*$",
    re.MULTILINE,
)
# RCK/mk: who dictated, and who typed.
_INITIALS = re.compile(
    r"^ {0,20}(?P<staff>)(?P<id>[A-Z]{2,4} ?[/:] ?[a-z]{2,4})(?:[ /]\d{1,9})?[ .]*$",
    re.MULTILINE,
)
_HEADER = re.compile(
    rf"^ {{0,10}}(?P<patient>)(?P<id>{_REVERSED})"
    r"(?= {0,20}(?:\(?(?:DOB|MRN|MR ?#|Age|AGE|SSN|Sex)\b|\(?\d{5,}|\d{1,2}/\d))",
    re.MULTILINE,
)
# "Sophia Brown is a very pleasant 75-year-old".
_INTRODUCED = re.compile(
    rf"(?<![\w'-])(?P<patient>)(?P<id>{_NAME}),? (?:is|was|a|an|\()(?: an?)?(?: [a-z-]{{2,16}},?){{0,4}} ?"
    rf"\d{{1,3}}[ -]?(?:years?|yrs?|y/?\.?o|month|week|day|[MF]\b)",
    re.MULTILINE,
)
# What makes a name that of a disease, a sign or a house.
_EPONYM = re.compile(
    r"(?:'s|s')?[ -](?:disease|syndrome|sign|nodule|node|test|scores?|scale|procedure|criteria|"
    r"classification|reflex|lymphoma|palsy|tumou?r|esophagus|thyroiditis|ulcer|contracture|"
    r"fracture|catheter|maneuver|position|forceps|stain|phenomenon|triad|law|cells?|bodies|"
    r"body|anemia|chorea|hernia|duct|gland|tube|drain|dementia|Disease|Syndrome|Hospital|"
    r"Clinic|University|Institute|Medical|Health|School|method|index|operation|repair|"
    r"approach|incision|rule|grade|point|ring|line|ligament|foramen|sarcoma|protocol|virus)\b"
)


def find_names(text: str) -> Iterator[Identifier]:
    """Find the names of people in a folded text, with all that is repeated of them."""
    found = list(_find_all(text))
    yield from found
    yield from _repeat(text, found)


def _find_all(text: str) -> Iterator[Identifier]:
    for pattern in (_TITLED, _TITLED_CAPS, _TITLED_WORD, _CLOSING, _DASHED, _INITIALS):
        yield from _find(text, pattern, strict=False)
    for pattern in (
        _WITH_DEGREE,
        _LABELLED,
        _RELATED,
        _CALLED,
        _HEADER,
        _LABELLED_LOWER,
    ):
        yield from _find(text, pattern, strict=True)
    for match in _TITLED_LOWER.finditer(text):
        start, end = match.span("id")
        if not _is_word(match["id"]):
            if (
                match["next"]
                and not _is_word(match["next"])
                and not match["next"].endswith("ed")
            ):
                following = text[match.end("next") : match.end("next") + 1]
                end = (
                    match.end("next") if following in ("", ",", ".", "\n", "'") else end
                )
            yield _make(match, start, end)


def _find(text: str, pattern: re.Pattern[str], *, strict: bool) -> Iterator[Identifier]:
    """Find names by a pattern.

    strict: Whether words of medicine are no names, too: after a label, not after a title.
    """
    for match in pattern.finditer(text):
        start, end = match.span("id")
        place = _trim(text, start, end, strict=strict)
        if place is None:
            continue
        if pattern is _WITH_DEGREE and not _is_signed(text, place, match):
            continue
        if strict and _EPONYM.match(text, place[1]):
            continue
        if pattern is _LABELLED and not _fits_label(text, place, match):
            continue
        yield _make(match, *place)


def _make(match: re.Match[str], start: int, end: int) -> Identifier:
    groups = match.groupdict()
    is_staff = groups.get("staff") is not None
    is_staff = is_staff or groups.get("degree") is not None
    return Identifier(
        start, end, "STAFF" if is_staff else "PATIENT", "name", 1.0, SOURCE
    )


def _trim(text: str, start: int, end: int, *, strict: bool) -> tuple[int, int] | None:
    """Cut off a name what doesn't belong to it; None if nothing is left.

    strict: Whether a name may not be of words of medicine only.
    """
    words = [
        (start + m.start(), start + m.end(), m[0])
        for m in _WORD.finditer(text[start:end])
    ]
    kept: list[tuple[int, int, str]] = []
    for word in words:
        is_stop = _is_stop(word[2])
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
            if word[2].lower() in _SERVICES:
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


_SERVICES = frozenset(
    [
        "cardiology",
        "neurology",
        "oncology",
        "surgery",
        "radiology",
        "medicine",
        "orthopedics",
        "psychiatry",
        "urology",
        "nephrology",
        "gastroenterology",
        "pulmonary",
        "dermatology",
        "pediatrics",
        "clinic",
        "consult",
    ]
)


def _is_stop(word: str) -> bool:
    return word.lower() in _NOT_NAMES


def _is_word(word: str) -> bool:
    return _is_stop(word) or is_medical(word) or word.endswith(("ing", "ly", "tion"))


def _is_signed(text: str, place: tuple[int, int], match: re.Match[str]) -> bool:
    """Check that a degree stands after a name: "Roger Kelly MD", "Smith, MD"."""
    words = _WORD.findall(text[slice(*place)])
    if place[1] != match.end("id") and not re.fullmatch(
        r"[., ]*", text[place[1] : match.end("id")]
    ):
        return False
    degree = match["degree"].replace(".", "").replace(" ", "")
    if degree in ("DO", "NP", "PA", "PT", "RN", "PhD"):
        return (len(words) > 1 and match.group("comma") is not None) or len(words) > 2
    return len(words) > 1 or match["comma"] is not None


def _fits_label(text: str, place: tuple[int, int], match: re.Match[str]) -> bool:
    """Check that a name belongs to a label before it, and the label to a name."""
    label = (match["staff"] or match["patient"]).lower()
    name = text[slice(*place)]
    words = _WORD.findall(name)
    is_full = len([w for w in words if len(w) > 1]) > 1
    if "\n" in match["gap"] and not (is_full and match["gap"].count("\n") < 3):
        return False
    if match["colon"] is None:
        # "Seen by Ann Lee", "signed by Roger", but "by Doppler".
        return label != "by" and (is_full or "sign" in label or "dictat" in label)
    if label in (
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
    ):
        return is_full or label == "name"
    is_relative = re.fullmatch(_RELATIVE, label) is not None
    if is_relative or label in (
        "patient",
        "pt",
        "historian",
        "informant",
        "interpreter",
        "client",
    ):
        # "Mother: Breast Cancer", "Patient: Stable".
        return (is_full and not any(is_medical(w) and len(w) > 3 for w in words)) or (
            label in ("patient", "pt") and not any(map(is_medical, words))
        )
    return True


def _repeat(text: str, found: Iterable[Identifier]) -> Iterator[Identifier]:
    """Find names again that were found, by each of their words, with the words before."""
    labels: dict[str, str] = {}
    for row in found:
        for word in _WORD.findall(text[row.start : row.end]):
            is_usual = len(word) < 3 or _is_word(word)
            if not is_usual and (word[0].isupper() or not word.isascii()):
                labels.setdefault(word.lower(), row.label)
    if not labels:
        return
    for match in _WORD.finditer(text):
        plain = match[0].lower().removesuffix("'s")
        label = labels.get(plain)
        if label is None or (match[0].islower() and match[0].isascii()):
            continue
        start, end = match.start(), match.start() + len(plain)
        if _EPONYM.match(text, end):
            continue
        before = _BEFORE.search(text, max(start - 24, 0), start)
        if before and not _is_word(before[1]):
            start = before.start(1)
        yield Identifier(start, end, label, "name", 1.0, REPEATED)


# A first name, before a name that was found again.
_BEFORE = re.compile(rf"(?<![\w'-])({_CAPITAL}) (?:{_INITIAL} )?$")
