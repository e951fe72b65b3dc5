"""Patterns of names of people: after titles and labels, before degrees, in letters."""

import re
from typing import NamedTuple

from spacy_clinical.identifiers.matching import Heads, Start

_LETTER = r"[^\W\d_]"
_UPPER = r"[A-Z\u00c0-\u00d6\u00d8-\u00de\u0100-\u0178\u0386-\u03ab\u0400-\u042f]"
# A word of a name: "Ann", "O'Neil", "Garcia-Lopez", "McDonald"; in scripts without case, too.
CAPITAL = rf"(?:(?:{_UPPER}|[\u0531-\uffdc])(?:{_LETTER}|['-](?={_LETTER})){{1,30}})"
INITIAL = rf"(?:{_UPPER}\.?(?![\w'-]))"
_PARTICLE = (
    r"(?:van|von|der|den|de|del|della|di|da|dos|du|la|le|los|las|el|al|bin|bint|ibn|abu|ben|"
    r"ter|ten|zu|y|e|san|st\.|St\.|af|av|Van|De|La|El|Al)"
)
_SUFFIX = r"(?:,? (?:Jr|Sr|II|III|IV)\b\.?)?"
_SP = r"(?: {1,2}|\n ?)"
_NAME = (
    rf"(?:(?:{INITIAL} ?){{0,3}}{CAPITAL}"
    rf"(?:(?: |-| - )(?:{INITIAL}|(?:{_PARTICLE} ){{0,2}}{CAPITAL})){{0,4}}{_SUFFIX})"
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
_REVERSED = rf"(?:(?:{_PARTICLE} ){{0,2}}{CAPITAL}(?:[ -]{CAPITAL})?,[ ]?(?!{DEGREE}\b){CAPITAL}(?: (?:{INITIAL}|{CAPITAL}))?)"
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
RELATIVE = (
    r"(?:wife|husband|spouse|partner|mother|father|mom|dad|son|daughter|sister|brother|aunt|"
    r"uncle|niece|nephew|cousin|grandson|granddaughter|grandmother|grandfather|fianc[eé]e?|"
    r"girlfriend|boyfriend|friend|neighbor|caregiver|guardian|roommate|caretaker|mum|dtr|"
    r"grandma|grandpa|mutter|vater|tochter|sohn|ehemann|ehefrau|madre|padre|hij[oa]|espos[oa]|"
    r"herman[oa])"
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
    r"anesthesia|anesthetist|technologist|tech|sonographer|pharmacist|e-signed by|"
    r"esigned by|esignature|to|from|attn|attention|dear)"
)
WORD = re.compile(rf"{_LETTER}+(?:['-]{_LETTER}+)*")

_TITLED = re.compile(
    rf"(?<![^\W_])(?:(?P<staff>{_STAFF_SURE})|(?P<patient>{_PATIENT_TITLE}))\b(?:\.|(?=\s)){_SP}?"
    rf"(?P<id>{_ANY}(?: (?:and|&) (?:Dr\.? )?{CAPITAL})?)",
    re.MULTILINE,
)
# Words that are names of a syllable, too: "Dr. Do." ends there.
TITLED_SHORT = re.compile(
    rf"(?<![^\W_])(?P<staff>{_STAFF_SURE})\b\.? (?P<id>(?:Do|An|So|To|No|Ha|He|My|Her|See|Say|May|Will|"
    r"Day|Or|In|On|All|Most|Few|Long))(?=[,.;)\n]|$|'s|,? (?:and|&) Dr)",
    re.MULTILINE,
)
_TITLED_CAPS = re.compile(
    rf"(?<![^\W_])(?:(?P<staff>DRS?|PROF|DOCTOR)|(?P<patient>MR|MRS|MS|MISS|MX))\b\.? "
    rf"(?P<id>{_ANY})"
)
TITLED_LOWER = re.compile(
    r"(?<![^\W_])(?:(?P<staff>drs?|prof)|(?P<patient>mr|mrs|ms|miss))\b\.? (?P<id>[a-z][a-z'-]{1,20})(?: (?P<next>[a-z][a-z'-]{1,20}))?"
)
_TITLED_WORD = re.compile(
    rf"(?<![^\W_])(?P<staff>{_STAFF_TITLE}) (?P<id>{_FIRST})", re.MULTILINE
)
WITH_DEGREE = re.compile(
    rf"(?<![\w.'-])(?P<id>{_REVERSED}|{_NAME})(?:(?P<comma>,)|{_SP}|,{_SP}){_SP}?(?P<degree>{_SURE_DEGREE})(?![\w'-])",
    re.MULTILINE,
)
LABELLED = re.compile(
    rf"(?:(?<![^\W_])|(?-i:(?<=[a-z])(?=[A-Z])))(?:(?P<staff>{_STAFF_LABEL})|(?P<patient>{_PATIENT_LABEL}|{_CONTACT_LABEL}|{RELATIVE}(?:'s name| name)?))"
    rf"(?: ?\([^()\n]{{1,20}}\))?(?:(?P<colon> ?[:=]|\.{{2,20}}:?|#)|(?<=by))(?P<gap>\s{{0,12}})"
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
    rf"\b(?P<patient>{RELATIVE}),? (?:is |named |called |\()?(?P<id>(?-i:{_NAME}))(?=[,.;:()\n ]|'s|$)",
    re.IGNORECASE | re.MULTILINE,
)
_CALLED = re.compile(
    rf"\b(?P<patient>(?:my|his|her|the patient's|whose) name is|named|goes by|known as|i am|i'm|this is|"
    rf"(?:a )?(?:patient|pt),?(?: named)?) (?P<id>(?-i:{CAPITAL} {_NAME}|{CAPITAL}(?=[,.'])))",
    re.IGNORECASE | re.MULTILINE,
)
# "sons Al and Ed".
_RELATED_TWO = re.compile(
    rf"\b(?P<patient>(?:sons|daughters|sisters|brothers|parents|children|kids|twins)),? "
    rf"(?:are |named |called |\()?(?:(?-i:{CAPITAL}),? ){{1,3}}(?:and|&) (?P<id>(?-i:{CAPITAL}))",
    re.IGNORECASE,
)
_RELATED_FIRST = re.compile(
    rf"\b(?P<patient>(?:sons|daughters|sisters|brothers|parents|children|kids|twins)),? "
    rf"(?:are |named |called |\()?(?P<id>(?-i:{CAPITAL}))(?=,? (?:and|&) (?-i:{CAPITAL})|, (?-i:{CAPITAL}))",
    re.IGNORECASE,
)
# "my name is ana, i live ...".
_CALLED_LOWER = re.compile(
    r"\b(?P<patient>(?:my|his|her|patient's) (?:first |last |full )?name is) "
    r"(?P<id>[a-z][a-z'-]{1,20}(?: [a-z][a-z'-]{1,20})?)(?= ?(?:[,.;!()\n]|$|and i\b|i\b|i'?m\b))",
    re.MULTILINE,
)
# Who typed it: "Transcribed by: lkm".
_TYPED = re.compile(
    r"\b(?P<staff>(?:transcribed|typed|dictated|entered|scribed|transcriptionist)(?: by)?) ?[:=] ?"
    r"(?P<id>(?-i:(?!(?:md|rn|np|pa|me|dr|do|pt|the)\b)[a-z]{2,4}))(?![\w.'-])",
    re.IGNORECASE,
)
# "Jane Doe's labs": two words that are none of medicine.
_POSSESSIVE = re.compile(
    rf"(?<![\w.'-])(?P<patient>)(?P<id>{CAPITAL} (?:{INITIAL} )?{_UPPER}[a-z]{{1,20}})(?='s )"
)
# Under "Sincerely,": the lines of a signature.
_CLOSING = re.compile(
    r"^ {0,20}(?:Yours(?: sincerely| truly| faithfully)?|Sincerely(?: yours)?|(?:With )?(?:(?:my|our) )?"
    r"(?:(?:best|kind|warm)(?:est)? )?(?:regards|wishes)|Respectfully(?: submitted)?|Cordially|"
    r"Many thanks|Thanks(?: again)?(?=,|\s*\n)|(?:All the )?Best(?=,|\s*\n)|Cheers|Take care(?=,|\s*\n)|"
    rf"Love(?=,|\s*\n)|Thank you)(?:,?\s{{1,40}}|\. *\n\s{{0,20}})(?P<staff>)(?:Dr\.? )?(?P<id>(?-i:{_ANY}))",
    re.MULTILINE | re.IGNORECASE,
)
# "... is worse. Regards, Ann Lee": at the end of a message of one line.
_CLOSING_INLINE = re.compile(
    rf"(?<=[.!?,] )(?P<patient>(?:(?:best|kind|warm) )?(?:regards|wishes)|thanks(?: again)?|thank you|"
    rf"sincerely|cheers|best),? (?P<id>(?-i:{_NAME}))(?= ?(?:$|[.\n]|[+(]?\d))",
    re.MULTILINE | re.IGNORECASE,
)
# Full names right after labels that nothing else follows.
_FULL_NAME = (
    rf"(?:{_REVERSED}|(?:{INITIAL} ?){{1,3}}{CAPITAL}|{CAPITAL}(?: {INITIAL})? (?:{_PARTICLE} ){{0,2}}"
    rf"{CAPITAL}{_SUFFIX})"
)
_PLAIN = re.compile(
    rf"(?<![^\W_])(?:(?P<staff>case managers?|copied to|copies to|social worker|scrub nurse)|"
    rf"(?P<patient>clients?|next of kin|nok|emergency contact|caller|subscriber|policy ?holder|"
    rf"guarantor|for my patient|patient named?))(?: is)? (?P<id>(?-i:{_FULL_NAME}))",
    re.MULTILINE | re.IGNORECASE,
)
_SIGNED = re.compile(rf"(?P<staff>/s/) {{0,3}}(?:Dr\.? )?(?P<id>{_ANY})")
# "Okonkwo MD, Chidi".
_BEHIND_DEGREE = re.compile(
    rf"(?P<degree>(?:MD|DO|RN|NP|PA|PA-C)), (?P<id>{CAPITAL}(?: {INITIAL})?)(?= ?(?:[(;\n]|$|\d))",
    re.MULTILINE,
)
_DASHED = re.compile(
    rf"(?:^|\s)(?P<staff>--?|/s/|~) ?(?P<id>{CAPITAL} (?:{INITIAL} )?{CAPITAL})(?:,? {DEGREE})?[ .]*$",
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
INTRODUCED = re.compile(
    rf"(?<![\w'-])(?P<patient>)(?P<id>{_NAME}),? (?:is|was|a|an|\()(?: an?)?(?: [a-z-]{{2,16}},?){{0,4}} ?"
    rf"\d{{1,3}}[ -]?(?:years?|yrs?|y/?\.?o|(?:month|week|day)s?[ -]old|[MF]\b)",
    re.MULTILINE,
)
# What makes a name that of a disease, a sign or a house.
EPONYM = re.compile(
    r"(?:'s|s')?[ -](?:disease|syndrome|sign|nodule|node|test|scores?|scale|procedure|criteria|"
    r"classification|reflex|lymphoma|palsy|tumou?r|esophagus|thyroiditis|ulcer|contracture|"
    r"fracture|catheter|maneuver|position|forceps|stain|phenomenon|triad|law|cells?|bodies|"
    r"body|anemia|chorea|hernia|duct|gland|tube|drain|dementia|Disease|Syndrome|Hospital|"
    r"Clinic|University|Institute|Medical|Health|School|method|index|operation|repair|"
    r"approach|incision|rule|grade|point|ring|line|ligament|foramen|sarcoma|protocol|virus)\b"
)


class NamePattern(NamedTuple):
    """A pattern of where names stand.

    pattern: Its group "id" is the name, of staff if there is a group "staff" or "degree".
    starts: Where a match may begin.
    is_strict: Whether words of medicine are no names there: after a label, not a title.
    heads: The words that a match at a word begins with; None for any.
    """

    pattern: re.Pattern[str]
    starts: tuple[Start, ...]
    is_strict: bool
    heads: Heads | None = None


PATTERNS = [
    NamePattern(_TITLED, ("capital",), False),
    NamePattern(_TITLED_CAPS, ("capital",), False),
    NamePattern(_TITLED_WORD, ("capital",), True),
    NamePattern(_CLOSING, ("line",), False),
    NamePattern(_BEHIND_DEGREE, ("capital",), True),
    NamePattern(_DASHED, ("any",), False),
    NamePattern(_INITIALS, ("line",), False),
    NamePattern(WITH_DEGREE, ("capital",), True),
    NamePattern(
        LABELLED,
        ("word",),
        True,
        Heads(_STAFF_LABEL + _PATIENT_LABEL + _CONTACT_LABEL + RELATIVE),
    ),
    NamePattern(_SIGNED, ("any",), False),
    NamePattern(
        _CLOSING_INLINE,
        ("word",),
        True,
        Heads("best kind warm regards wishes thank sincerely cheers"),
    ),
    NamePattern(
        _PLAIN,
        ("word",),
        True,
        Heads(
            "case cop social scrub client next nok emergency caller subscriber policy guarantor for patient"
        ),
    ),
    NamePattern(_RELATED, ("word",), True, Heads(RELATIVE)),
    NamePattern(_CALLED, ("word",), True, Heads(_CALLED.pattern)),
    NamePattern(_CALLED_LOWER, ("word",), False, Heads("my his her patient")),
    NamePattern(
        _TYPED, ("word",), False, Heads("trans typed dictated entered scribed")
    ),
    *(
        NamePattern(pattern, ("word",), False, Heads(_RELATED_TWO.pattern))
        for pattern in (_RELATED_TWO, _RELATED_FIRST)
    ),
    NamePattern(_HEADER, ("line",), True),
    NamePattern(_POSSESSIVE, ("capital",), True),
    NamePattern(INTRODUCED, ("capital",), True),
    NamePattern(_LABELLED_LOWER, ("word",), True, Heads(_LABELLED_LOWER.pattern)),
]
TITLED_HEADS = Heads("(?:drs?|prof|mr|mrs|ms|miss)")
