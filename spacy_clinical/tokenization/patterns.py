"""The patterns by which the tokenizer splits clinical text.

Chosen so that the borders of the 41 entity types of MACCROBAT are token borders,
while decimals, dates, blood pressures, ranges and names stay whole.
"""

import re
from collections.abc import Iterable

from spacy.lang.char_classes import LIST_CURRENCY, LIST_ICONS


def _words(text: str) -> list[str]:
    return text.split()


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


LETTER = r"[^\W\d_]"
OPEN, CLOSE = r"[(\[{]", r"[)\]}]"
# Hyphen, non-breaking hyphen, en dash, em dash.
HYPHEN = r"[-\u2010\u2011\u2013\u2014~]"
MINUS = r"\u2212"
SIGN = r"(?:[<>=≤≥≈±~]+)"
# No word, but not white space for Python either.
INVISIBLE = r"[\u200b\u2060\ufeff]"
DASHES = r"(?:[-=]+>|→|--+|—|…|\.\.+|\*\*+|##+|==+|_+)"
MIMIC_OPEN, MIMIC_CLOSE = r"\[\*\*", r"\*\*\]"

UNITS = _words("""
    mg mcg µg μg ug ng pg kg gm gms gr mL ml dL dl cL cl µL μL uL ul nL fL
    cc mm cm dm km nm µm μm um in ft oz lb lbs mm² cm² m² mm³ cm³ m³ mm2 cm2 m2 mm3 cm3
    IU iu U units mEq meq mmol µmol μmol umol nmol pmol mol mM µM μM nM pM mOsm
    mmHg mmH2O cmH2O kPa Pa psi Hz kHz MHz bpm rpm mV µV mA ms msec sec secs
    min mins hr hrs wk wks mo mos yo y/o yr yrs Gy cGy mGy Sv mSv mCi MBq kBq Bq
    kcal cal kJ kV keV Fr dB ppm ppb mph km/h m/s
""")
SHORT_UNITS = _words("g L l m h d U T M K x F C")
# What is run together with a dose, and with the number of a vital sign or a test.
DOSE_UNITS = ("mg", "mcg", "g", "gm", "units", "mEq", "mL", "ml")
SCHEDULES = _words("bid tid qid qd daily qhs qam qpm qod prn po iv im sc sq")
SCHEDULE = rf"(?:(?:{_any(SCHEDULES)})(?![^\W_])|q\d)"
MEASURED = _words("BP SBP DBP HR RR MAP CVP WBC Hgb Hct INR BUN Plt Cr")
# A number that stands alone: not that of "C3d" and "CYP2D6".
LONE_NUMBER = rf"(?<=\d)(?<!{LETTER}\d)(?<!{LETTER}\d\d)"
UNIT = rf"(?<=\d)(?:{_any(UNITS)})|{LONE_NUMBER}(?:{_any(SHORT_UNITS)})"

PREFIXES = [
    MIMIC_OPEN,
    r"\+/-+",
    DASHES,
    SIGN,
    INVISIBLE,
    r"[xX](?=\d)",
    r"[wW]/(?=[a-z]{2})",
    r"[-*•‣◦]+(?=[^\W\d_(\[])",
    rf"[^\w\s+\-.{MINUS}]",
    r"\+(?!\d)",
    r"\.(?=\d+\.\d)",
    *LIST_CURRENCY,
]

SUFFIXES = [
    MIMIC_CLOSE,
    DASHES,
    SIGN,
    INVISIBLE,
    r"['\u2019][sS]",
    r"°[CFKcfk]?",
    UNIT,
    r"(?<=[A-Z]{2})s",
    # A reference mark, "fibers4", or a dose: "levetiracetam1500".
    r"(?<=[a-z]{4})\d{1,4}",
    r"(?<=\d)\+",
    rf"[^\w\s+{MINUS}]",
]

INFIXES = [
    rf"{MIMIC_CLOSE}|{MIMIC_OPEN}",
    r"[-=]+>|→|--+|—|…|\.\.+|_{2,}",
    r"[\"“”„«»;|!?]",
    rf"{OPEN}|{CLOSE}",
    INVISIBLE,
    SIGN,
    *LIST_ICONS,
    rf"(?<=[^\W_]){HYPHEN}(?={LETTER})",
    rf"(?<=[)\]}}%'\"]){HYPHEN}(?=\w)",
    rf"(?<=[^\W_])/(?={LETTER})|(?<=[^\W\d_)\]%+])/(?=[^\W_(])",
    rf"(?<=[^\W_)\]%]):(?={LETTER})|(?<=[^\W\d_)\]%]):(?=[\d.+{MINUS}-])",
    rf"(?<=[^\W\d_)\]])\+(?={LETTER})|(?<=\d)\+(?=[a-z]{{3}})",
    rf"(?<=[^\W\d_)\]%'\"+]),(?=\w)|(?<=\d),(?={LETTER})|,(?={OPEN})",
    # A full stop with no space after it: "found.The", "metastases.3", "10/10.The".
    r"(?<=[a-z]{2})\.(?=[A-Za-z])|(?<=[\d%)\]])\.(?=[A-Z][a-z])",
    r"(?<=[A-Z]{2})\.(?=[A-Z][a-z]|\d)|(?<=[a-z]{4})\.(?=\d)",
    rf"(?<!\.\w)\.(?={OPEN})|(?<={CLOSE})\.",
    # Words run together, cut at no character: "2015with", "i.v.tiw", "5mg/kg".
    r"(?<=\d)(?=[a-z]{4})|(?<=[a-z]\.[a-z]\.)(?=[A-Za-z]{2})",
    rf"(?<=\d)(?=(?:{_any(UNITS)})(?![^\W_]))",
    # "78yoF", "y.o.F"; "vanc1g"; "1000mgbid"; "BP120/80"; "CABGx3".
    r"(?<=\d)(?=yo[MFmf]\b)|(?<=\dyo)(?=[MFmf]\b)|(?<=\by\.o\.)(?=[MFmf]\b)",
    rf"(?<=[a-z]{{3}})(?=\d+(?:\.\d+)?(?:{_any(DOSE_UNITS)})(?:{SCHEDULE}|(?![^\W_])))",
    rf"(?<=\d)(?=(?:{_any(DOSE_UNITS)}){SCHEDULE})",
    *(rf"(?<=\d{unit})(?={SCHEDULE})" for unit in DOSE_UNITS),
    *(rf"(?<=\b{name})(?=\d\d|\d\.\d)" for name in MEASURED),
    r"(?<=[A-Z]{3})(?=x\d{1,2}\b)",
]

SHORTHAND = _words("""
    h/o s/p c/o w/o r/o y/o f/u b/l n/v d/c p/w d/t i/o o/p n/v/d r/t a/w t/c w/u s/b
    e/o i/s/o a/p w/ m/r/g r/m/g c/c/e r/r/w
""")

# Whole tokens: dotted abbreviations, "q12h", slashed shorthand. "p.m." is not one:
# it is written without its second full stop as often as with it.
TOKEN_MATCH = (
    rf"(?:(?![aApP]\.[mM]\.$)(?:{LETTER}\.){{2,}}"
    r"|[qQ]\.?\d{1,2}(?:-\d{1,2})?(?:h|hr|hrs|d|wk|min|mo)?"
    rf"|(?i:{_any(SHORTHAND)})|\+/-+|_+)$"
)

# spaCy's takes "normal.on" for an address.
URL_MATCH = (
    r"(?:(?:https?|ftp)://\S+|www\.\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?:[A-Za-z0-9-]+\.)+(?:com|org|net|edu|gov|int|info|io|co|uk|eu)(?:/\S*)?)$"
)

# MIMIC-III's, also over a line break; what is not closed soon is text. Rulers of
# underscores are longer than the tokenizer's longest run.
PLACEHOLDERS = [
    rf"{MIMIC_OPEN}(?:(?!{MIMIC_OPEN}|{MIMIC_CLOSE})[\s\S]){{0,200}}{MIMIC_CLOSE}",
    r"_{100,}",
]
