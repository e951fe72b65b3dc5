"""Clinical words and figures that a model takes for identifiers, and are none.

What a rule has found is never judged by them: "Norris" after "Dr." is a name, whatever
stands after it.
"""

import re
from collections.abc import Iterable, Iterator

import numpy

from spacy_clinical.identifiers.addresses import STATE_CODES
from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.matching import IS_MEASURED
from spacy_clinical.identifiers.name_patterns import CAPITAL
from spacy_clinical.identifiers.replace.repeats import PERSONS
from spacy_clinical.identifiers.replace.words import is_ordinary
from spacy_clinical.identifiers.vocabulary import is_medical, load_short_forms
from spacy_clinical.types import Bools1d

_NUMBER = r"\d{1,5}(?:\.\d{1,3})?"
_CODE = r"[A-Z]{0,2}\d[A-Z0-9]{1,9}(?:\.[A-Z0-9]{1,4})?"
_INSTRUMENT = (
    r"(?:retractor|clamp|scissor|rongeur|elevator|cautery|needle|suture|hook|speculum|cannula|"
    r"trocar|catheter|drain|tube|stent|graft|valve|plate|screw|nail|wire|splint|brace|"
    r"collar|dressing|sheath|balloon|forceps|dilator|curette|knife|blade|stapler|probe|"
    r"prosthesis|pump|stocking|pin|bandage|filter|bag|stain|scale|score|"
    r"incision|procedure|maneuver|position|approach|classification|criteria|"
    r"agar|medium|assay|test|sign|reflex)s?"
)
# Where nothing identifies anybody.
_SHAPES = [
    re.compile(pattern, flags)
    for pattern, flags in (
        # Codes of diseases, procedures and drugs: "CPT 99213, 99214".
        (
            r"\b(?:ICD(?:-?(?:9|10))?(?:-?(?:CM|PCS))?|CPT|HCPCS|DRG|LOINC|SNOMED|NDC)"
            rf"(?: ?codes?)?[ :#]{{0,3}}{_CODE}(?:(?:, ?| and |; ?|/){_CODE}){{0,20}}\b",
            0,
        ),
        # Doses of a drug with two parts, and what is out of a hundred: no day of a month.
        (
            r"(?<![\d/.-])(?:\d{1,4}/(?:3[2-9]|[4-9]\d|\d{3})|(?:1[3-9]|[2-9]\d)/(?:1[3-9]|[2-9]\d)|\d{1,3}\.\d/\d{2,3})(?![\d/-])",
            0,
        ),
        (
            rf"\b[A-Za-z]{{5,20}} {_NUMBER}[/-]{_NUMBER}(?: ?-? ?\d{{1,4}})?"
            r"(?= ?(?:mg|mcg|tabs?|PO|po|[qQ]\d|[qQ][AHPD]|daily|b\.?i\.?d|t\.?i\.?d))",
            0,
        ),
        # Measurements: "BP 88/50", "NS @ 75", "EBL 100".
        (
            r"\b(?:BP|HR|RR|SBP|DBP|MAP|SpO2|O2|sats?|EBL|UOP|EF|GCS|FiO2|PEEP|TV|CVP|FSBG|"
            r"FSBS|BMI|INR|NS|LR|D5W|D10W|IVF|KVO|TKO|rate|pulse|temp|wt|ht)"
            rf"\b[ :=@~<>]{{1,4}}(?:of |is |was |at ){{0,2}}{_NUMBER}(?:[/-]{_NUMBER})?",
            re.IGNORECASE,
        ),
        (rf"@ ?{_NUMBER} ?(?:mL|cc|/hr|units?)", re.IGNORECASE),
        # How often: q6h, BIDx3.
        (
            r"\b(?:q ?\d{1,2} ?-?\d{0,2} ?(?:h(?:rs?|ours?)?|d|min)|q[dhs]|qid|tid|bid|qhs|prn)\b",
            re.IGNORECASE,
        ),
        # "Figs. 3 and 4A, B".
        (
            r"\b(?:fig(?:ure)?s?|tables?|panels?)\b\.? ?\d{1,2}[A-Z]?"
            r"(?:(?:, ?| ?- ?| ?\u2013 ?| (?:and|to) |\W{1,3}and\W{1,3})\d{0,2}[A-Z]?\b){0,6}",
            re.IGNORECASE,
        ),
        # Changes of genes, and organisms: "p.I101NfsX6", "H. pylori".
        (r"\b[cgp]\.(?=[\w*>+-]{0,20}\d)[\w*>+-]{3,30}", 0),
        (r"\b[A-Z]\. ?\n?[a-z]{3,18}(?:ae|us|um|[aei]ns|is|ile|i|a)\b", 0),
        # Makers of drugs and devices: "(Xeloda; Hoffmann-La Roche Inc., Nutley)". With
        # other words, as in "(wife Ann; works at Roche Inc.)", they may be of somebody.
        (
            r"\((?=[^()\n]{0,90}[;\u00ae\u2122])"
            r"(?=[^()\n]{0,90}\b(?:Inc|Corp|Corporation|Ltd|GmbH|LLC|AG|Laboratories)\b)"
            r"(?:(?:[A-Z\d&][^\s();,]{0,30}|and|of|de|ver\.)[;,]?(?: |(?=\)))){1,20}\)",
            0,
        ),
        # "P 76", "T 98.4", "K+ 3.2", "PSA 4.2".
        (
            r"(?<![\w.])(?:T|P|R|K\+?|Na\+?|Cl-?|Mg|Ca|Cr|BUN|Hgb|Hct|WBC|Plt|PSA|TSH|Tmax|Wt|"
            r"Troponin|Lactate)(?: ?[:=]|(?= )) ?\d{1,3}(?:\.\d{1,2})?(?![\w/]|[.-]\d)",
            0,
        ),
        # "PHQ-9 18", "Apgars 8/9", "A&Ox3", "SR 70s", "98.6-72-16-120/80".
        (
            r"\b(?:PHQ|GAD|MMSE|MoCA|AUDIT|CAGE|NIHSS|GCS|Apgars?|ECOG|KPS|MELD|Braden|Morse|"
            r"RASS|CIWA|COWS)(?:-(?:Ar|C|\d{1,2}))?\b(?: scores?)?(?: (?:of|was|is|were))?"
            r"(?:[ :=]{1,2}\d{1,2}(?:/\d{1,2}|(?:,| and) \d{1,2})?\b(?!/))?",
            re.IGNORECASE,
        ),
        (r"\bA{1,2} ?& ?O(?: ?x ?\d)?\b|\bAAOx\d\b", re.IGNORECASE),
        (
            r"\b(?:HR|N?SR|ST|S?BP)(?: in)?(?: the)? \d{2,3}s(?:/\d{2,3}s)?(?!\w)"
            r"|(?<![\d.])\d{2,3}\.\d-\d{2,3}-\d{1,2}-\d{2,3}/\d{2,3}(?!\d)",
            0,
        ),
        # Units: "3240 g", "20g".
        (r"(?<=\d)(?: |(?=[gkmLF]))(?:g|kg|mg|mcg|mL|ml|L|Fr)\b", 0),
        (r"\bdays? \d{1,2}(?:(?:, ?| and | ?& ?)\d{1,2}){1,6}(?![\d/])", re.IGNORECASE),
        (
            r"\b(?:hep(?:atitis)?|vitamin|influenza|strep|child[- ]pugh)\.? [A-EK]\d{0,2}\b",
            re.IGNORECASE,
        ),
        # Methods and signs that are called after somebody, alone.
        (
            r"\b(?:Swan[- ]Ganz|Cockcroft(?:[- ]| and )Gault|Hounsfield|Kaplan[- ]Meier|"
            r"Bonferroni|Mann[- ]Whitney|Wilcoxon|Fridericia|Bazett|Schatzki|Trendelenburg|"
            r"Kussmaul|Cheyne[- ]Stokes|Valsalva|Romberg|Babinski|Kernig|Brudzinski|Lachman|"
            r"McMurray|Spurling|Tinel|Phalen|Rovsing|Chvostek|Trousseau|Virchow|Gleason|"
            r"Fuhrman|Breslow|Bartholin|Zenker|Meckel)\b",
            0,
        ),
        # "Baker cyst", "Rose spots", but not "Ann Baker cyst".
        (
            r"(?:^|[\n(]|[,;:.] |(?<![\w.'-])[a-z][a-z'-]{0,20} )"
            rf"(?P<it>{CAPITAL} (?:cysts?|rings?|spots?|disease|syndrome|palsy|hernias?|"
            r"fractures?|diverticul(?:um|a)|units?|formula|equation|triad|gangrene|lymphoma|"
            r"sarcoma|tumou?rs?)\b)(?!-)",
            0,
        ),
        # Labels and titles, beside what they are of; words that are in no name.
        (
            r"\b(?:DOB|D\.O\.B|MRN|SSN|VIN|NPI|DEA|ZIP|HCP|[Tt]el|TEL|[Ff]ax|FAX|[Pp]hone|PHONE|"
            r"[Ee]xt|Acct|Drs?|DR|Mrs?|MRS?|Ms)\b(?=[ :#.]|$)",
            re.MULTILINE,
        ),
        (
            r"(?<![\w'.@/-])(?:and|or|at|in|to|the|per|how|is|are|was|were|his|its|it|on|for|with|"
            r"by|has|had|have|not|this|that|from|as|sons|daughters|called|said|says|"
            r"thx|thanks|please)(?![\w@/-]|['.]\w)",
            0,
        ),
        (
            r"\bI['\u2019](?:ll|m|ve|d)\b|(?<=\w)['\u2019]s\b|\b(?:Yes|Good (?=[ame]))\b",
            0,
        ),
        # "Weitlaner retractor", "Jackson-Pratt drain".
        (rf"\b(?:{CAPITAL} ){{1,2}}{_INSTRUMENT}\b", 0),
        (rf"\b{_INSTRUMENT}\b", 0),
    )
]
# Names of substances end in the stems of their class (WHO's and USAN's lists).
_DRUG = re.compile(
    r"[a-z]{2,14}(?:mab|nib|pril|olol|statin|azole|cillin|mycin|oxacin|sartan|dipine|tidine|"
    r"setron|triptan|caine|barbital|azepam|zolam|fentanil|fentanyl|rubicin|platin|parin|gliptin|glitazone|"
    r"formin|coxib|profen|dopa|lukast|terol|phylline|thiazide|semide|mustine|taxel|trexate|"
    r"cycline|dronate|oxetine|traline|idone|azine|tamine|cristine|blastine|fibrate|gliflozin|"
    r"glutide|steride|sulfan|bital|peridol|quine|vudine|navir|ciclovir|cyclovir)"
)
_WORD = re.compile(r"[^\W_]+(?:['\u2019/&-][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
_STATES = frozenset(STATE_CODES.split("|"))
_VOWEL = re.compile("[aeiouy]")
_LOWER_WORD = re.compile(r"[a-z]{3}")
# What is called by no fewer digits.
_MIN_DIGITS = {"PHONE": 3, "ID": 2}
_IS_AGED = re.compile(r"[ -]?(?:y|month|mo\b|week|wk|day)", re.IGNORECASE)


def leave_out_clinical(
    found: Iterable[Identifier], text: str, others: Iterable[Identifier] = ()
) -> Iterator[Identifier]:
    """Leave out what is clinical of what a model has found.

    Clinical words go where they stand alone: "rehab" of "Spaulding rehab" is a part of a
    name. Of what is a clinical expression in part, the rest stays.

    text: The text of their places.
    others: What else was found in it.
    """
    rows = sorted(found)
    if not rows:
        return
    clinical = _mark_shapes(text)
    cut = [row for row in (_cut(row, text, clinical) for row in rows) if row]
    words = {row for row in cut if _is_clinical(row, text)}
    is_found = numpy.zeros(len(text) + 1, dtype=bool)
    for row in (*(row for row in cut if row not in words), *others):
        is_found[row.start : row.end] = True
    for row in cut:
        is_word = row in words and not _is_beside(row, text, is_found)
        if not is_word and not _is_amount(row, text):
            yield row


def _is_beside(row: Identifier, text: str, is_found: Bools1d) -> bool:
    """Check whether another identifier stands right before or after one."""
    before = text[max(row.start - 3, 0) : row.start]
    last = row.start - 1 - (len(before) - len(before.rstrip(" ,.-")))
    after = text[row.end : row.end + 3]
    first = row.end + len(after) - len(after.lstrip(" ,.-"))
    return bool((last >= 0 and is_found[last]) or is_found[first])


def _mark_shapes(text: str) -> Bools1d:
    """Mark the characters of clinical expressions."""
    is_clinical = numpy.zeros(len(text) + 1, dtype=bool)
    for shape in _SHAPES:
        # Without what has to stand before it.
        group = "it" if "it" in shape.groupindex else 0
        for match in shape.finditer(text):
            is_clinical[slice(*match.span(group))] = True
    return is_clinical


def _cut(row: Identifier, text: str, clinical: Bools1d) -> Identifier | None:
    """Cut off clinical expressions at the ends; None if there is nothing else."""
    parts = list(_PART.finditer(text, row.start, row.end))
    others = [part for part in parts if not clinical[part.start()]]
    if not others:
        return None
    start = row.start if others[0] is parts[0] else others[0].start()
    end = row.end if others[-1] is parts[-1] else others[-1].end()
    # "St. Mary's".
    if len(parts) > 1 and others[-1] is parts[-2] and parts[-1][0] == "s":
        end = row.end
    return row._replace(start=start, end=end)


def _is_clinical(row: Identifier, text: str) -> bool:
    """Check whether all words are short forms or words of medicine."""
    words = _WORD.finditer(text, row.start, row.end)
    return all(
        _is_clinical_word(word[0])
        # Two letters may be those of a signature.
        or (
            (len(word[0]) > 2 or row.label not in PERSONS)
            and _is_short_form(word[0], text, word.start())
        )
        for word in words
    )


def _is_clinical_word(word: str) -> bool:
    """Check whether a word in small letters is one of medicine, and no name."""
    if _DRUG.fullmatch(word):
        return True
    return word.islower() and is_medical(word) and not is_ordinary(word)


def _is_short_form(word: str, text: str, start: int) -> bool:
    """Check whether a word is a short form as clinicians write it: "CABG", "d/c".

    Of a line in capitals nothing can be said, nor of small letters with a vowel: "ana".
    """
    if len(word) < 2 or word not in load_short_forms() or word.upper() in _STATES:
        return False
    if word.islower():
        return not word.isalpha() or not _VOWEL.search(word)
    first = text.rfind("\n", 0, start) + 1
    around = text[max(first, start - 80) : start + 80].partition("\n")[0]
    return not word.isupper() or _LOWER_WORD.search(around) is not None


def _is_amount(row: Identifier, text: str) -> bool:
    """Check whether a number is an amount, or too short for what it was taken for."""
    written = text[row.start : row.end].strip()
    if not re.fullmatch(r"\d{1,4}(?:\.\d+)?", written):
        return False
    if len(written) < _MIN_DIGITS.get(row.label, 0):
        return True
    is_aged = row.label == "AGE" and _IS_AGED.match(text, row.end)
    return not is_aged and IS_MEASURED.match(text, row.end) is not None
