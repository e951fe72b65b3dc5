"""Lines of charts that don't identify anyone: values, doses, codes, shorthand.

They are full of capitals and figures, which a model takes for names and numbers if it has
only seen sentences.
"""

import random
import string
from collections.abc import Callable
from functools import cache

from deid_notes.clinical_terms import list_terms
from deid_notes.vocabulary import Part, read_list, take

# What is measured, with the least and the largest usual value, and its digits.
_LABS = {
    **{"Na": (125, 150, 0), "K": (2.5, 6.5, 1), "Cl": (90, 112, 0)},
    **{"HCO3": (14, 32, 0), "CO2": (14, 32, 0), "BUN": (5, 80, 0), "Cr": (0.4, 6, 1)},
    **{"Glu": (50, 400, 0), "Ca": (7, 12, 1), "Mg": (1, 3, 1), "Phos": (1, 6, 1)},
    **{"WBC": (1, 30, 1), "Hgb": (6, 17, 1), "Hct": (20, 50, 0), "Plt": (20, 500, 0)},
    **{"INR": (0.9, 5, 1), "PTT": (20, 90, 0), "AST": (10, 400, 0), "ALT": (8, 400, 0)},
    **{
        "ALP": (30, 400, 0),
        "Tbili": (0.2, 9, 1),
        "Alb": (1.8, 4.8, 1),
        "LDH": (100, 900, 0),
    },
    **{
        "CRP": (0.3, 200, 1),
        "ESR": (2, 120, 0),
        "TSH": (0.1, 12, 2),
        "FT4": (0.4, 3, 1),
    },
    **{
        "A1c": (5, 13, 1),
        "BNP": (20, 3000, 0),
        "Trop": (0.01, 9, 2),
        "CK": (30, 900, 0),
    },
    **{
        "MCV": (70, 110, 0),
        "Ferritin": (5, 900, 0),
        "LDL": (40, 220, 0),
        "HDL": (20, 90, 0),
    },
    **{
        "Lactate": (0.5, 9, 1),
        "pH": (7, 7.6, 2),
        "PSA": (0.1, 40, 1),
        "eGFR": (8, 110, 0),
    },
    **{"potassium": (2.5, 6.5, 1), "sodium": (125, 150, 0), "creatinine": (0.4, 6, 1)},
    **{"hemoglobin": (6, 17, 1), "platelets": (20, 500, 0), "glucose": (50, 400, 0)},
}
_VITALS = {
    **{"HR": (40, 150, 0), "RR": (8, 40, 0), "T": (96, 104, 1), "Temp": (35, 41, 1)},
    **{
        "SpO2": (80, 100, 0),
        "O2 sat": (80, 100, 0),
        "P": (40, 150, 0),
        "R": (8, 40, 0),
    },
    **{"Wt": (40, 160, 1), "BMI": (16, 50, 1), "MAP": (50, 110, 0), "GCS": (3, 15, 0)},
    **{"Pain": (0, 10, 0), "CVP": (2, 18, 0), "FSBG": (40, 500, 0), "UOP": (5, 200, 0)},
    **{"pulse": (40, 150, 0), "weight": (40, 160, 0), "height": (140, 200, 0)},
}
_UNITS = ("mg/dL", "mmol/L", "g/dL", "K/uL", "U/L", "%", "mEq/L", "bpm", "kg", "ng/mL")
_DOSES = ("mg", "mcg", "mL", "units", "g", "mEq", "puffs", "tabs", "mg/kg", "gtt", "%")
_ROUTES = (
    "PO",
    "IV",
    "IM",
    "SC",
    "SL",
    "PR",
    "INH",
    "po",
    "iv",
    "top",
    "PEG",
    "IVP",
    "NG",
)
_TIMES = (
    *("daily", "BID", "TID", "QID", "qHS", "q6h", "q4h prn", "PRN", "qd", "bid", "x7d"),
    *("qAM", "STAT", "once", "weekly", "q12h", "ac", "pc", "with meals", "x 1", "QOD"),
)
_FORMS = (
    "XL",
    "ER",
    "HFA",
    "CR",
    "SR",
    "ODT",
    "DPI",
    "EC",
    "IR",
    "HCT",
    "inhaler",
    "nebs",
)
_TELEGRAPHIC = (
    *(
        "IV ac",
        "IV L ac 20g",
        "Foley to gravity",
        "NPO",
        "cont abx",
        "am labs",
        "f/u cx",
    ),
    *(
        "Sig: 1 tab",
        "Disp: 30",
        "NAD",
        "AAOx3",
        "CTAB",
        "RRR",
        "NTND",
        "PERRLA",
        "MAE x4",
    ),
    *(
        "no c/c/e",
        "2+ DP",
        "HSM neg",
        "JVD +",
        "s1 s2",
        "wnl",
        "PICC RUE",
        "JP x2",
        "NGT LIS",
    ),
    *(
        "OOB to chair",
        "PT/OT",
        "SCDs",
        "DVT ppx",
        "full code",
        "DNR/DNI",
        "tele",
        "I/O",
    ),
    *(
        "CXR clear",
        "EKG NSR",
        "CT neg",
        "UA +",
        "BCx NGTD",
        "TLC R IJ",
        "HOB 30",
        "RA",
        "2L NC",
    ),
    *(
        "K repleted",
        "Mg 2 g given",
        "type and cross",
        "d/c home",
        "d/c foley",
        "ADAT",
        "hep gtt",
    ),
    *(
        "A&O x4",
        "gait steady",
        "bowel sounds x4",
        "skin w/d/i",
        "lung sounds clear",
        "CBC, BMP",
    ),
    *(
        "Allergies: NKDA",
        "Code: full",
        "Diet: cardiac",
        "Activity: ad lib",
        "Access: PIV",
        "Hx",
    ),
    *(
        "HEENT: NCAT",
        "CV: RRR",
        "Resp: CTAB",
        "Abd: soft",
        "Neuro: CN II-XII",
        "GU: deferred",
    ),
    *(
        "C5-6",
        "L4-L5",
        "T12",
        "S1",
        "T2 hyperintensity",
        "C1-2",
        "grade II",
        "type 2",
        "stage IV",
    ),
    *(
        "T2N1M0",
        "G3P2",
        "38w4d",
        "4x5 mm",
        "5/5 strength",
        "2/6 SEM",
        "16 Fr",
        "18 G",
        "7.5 ETT",
    ),
    *(
        "Phase III",
        "class II",
        "Level 1",
        "0.9% NS",
        "D5W",
        "LR at 125",
        "K-dur",
        "K replacement",
    ),
)
_SCORES = (
    *(
        "APGAR",
        "NIHSS",
        "MELD",
        "CHA2DS2-VASc",
        "PHQ-9",
        "GAD-7",
        "MMSE",
        "MoCA",
        "Braden",
    ),
    *(
        "CURB-65",
        "HAS-BLED",
        "ECOG",
        "KPS",
        "ASA",
        "NYHA",
        "Child-Pugh",
        "Gleason",
        "RASS",
    ),
)
_GENES = (
    "BRCA1",
    "EGFR",
    "ALK",
    "KRAS",
    "TP53",
    "JAK2",
    "HER2",
    "BRAF",
    "TAZ",
    "FLT3",
    "MYC",
)
_HEADINGS = (
    *(
        "LABS",
        "Labs:",
        "Vitals",
        "VS:",
        "MEDS",
        "Medications:",
        "Results",
        "Lab Results:",
    ),
    *(
        "CBC",
        "BMP",
        "Chem 7:",
        "ABG",
        "Today's labs",
        "Flowsheet",
        "Intake/Output",
        "O:",
        "A/P",
    ),
)
_JOINTS = (" ", " ", ", ", "  ", "; ", "\n", " | ", "\t", " / ")
_TIES = (" ", " ", ": ", "=", "\t", " - ", " is ", "")
Write = Callable[[random.Random, Part], str]


def write_values(chance: random.Random, part: Part) -> str:
    """Write values: "Na 138 K 5.2 Cl 101"."""
    known = _LABS if chance.random() < 0.65 else _VITALS
    names = chance.sample(sorted(known), chance.randint(1, min(9, len(known))))
    joint, tie = chance.choice(_JOINTS), chance.choice(_TIES)
    written = [_write_value(chance, name, *known[name], tie) for name in names]
    if known is _VITALS and chance.random() < 0.6:
        pressure = f"{chance.randint(80, 200)}/{chance.randint(40, 110)}"
        written.insert(0, f"BP{tie or ' '}{pressure}")
    kind = chance.random()
    if kind < 0.15:
        written = [row.upper() for row in written]
    elif kind < 0.25:
        written = [row.lower() for row in written]
    head = f"{chance.choice(_HEADINGS)}{chance.choice((' ', chr(10)))}"
    return (head if chance.random() < 0.3 else "") + joint.join(written)


def _write_value(
    chance: random.Random, name: str, low: float, high: float, digits: int, tie: str
) -> str:
    value = f"{chance.uniform(low, high):.{digits}f}"
    unit = f" {chance.choice(_UNITS)}" if chance.random() < 0.2 else ""
    flag = chance.choice((" H", " L", "*", " (H)")) if chance.random() < 0.12 else ""
    sign = "+" if name in ("Na", "K") and chance.random() < 0.2 else ""
    return f"{name}{sign}{tie or ' '}{value}{unit}{flag}"


def write_table(chance: random.Random, part: Part) -> str:
    """Write a table of values: names, values, units and ranges in columns."""
    gap = chance.choice(("\t", "  ", " | ", "    ", ","))
    names = chance.sample(sorted(_LABS), chance.randint(3, 8))
    rows = (
        [gap.join(("Test", "Result", "Units", "Range"))]
        if chance.random() < 0.6
        else []
    )
    for name in names:
        low, high, digits = _LABS[name]
        value = f"{chance.uniform(low, high):.{digits}f}"
        usual = f"{low:.{digits}f}-{high:.{digits}f}"
        rows.append(gap.join((name, value, chance.choice(_UNITS), usual)))
    return "\n".join(rows)


def write_medication(chance: random.Random, part: Part) -> str:
    """Write an order of a drug: "ASA 300mg PO daily"."""
    drug = _name_drug(chance, part)
    if chance.random() < 0.2:
        drug += f" {chance.choice(_FORMS)}"
    dose = chance.choice(
        (5, 10, 20, 25, 40, 50, 75, 81, 100, 250, 300, 500, 875, 1000, 2.5)
    )
    amount = f"{dose}{chance.choice(('', ' '))}{chance.choice(_DOSES)}"
    if chance.random() < 0.1:
        amount = f"{dose}/{chance.choice((125, 325, 160, 12.5, 40))}"
    tail = [chance.choice(_ROUTES), chance.choice(_TIMES)]
    if chance.random() < 0.2:
        tail.append(
            chance.choice(("#30", "disp #20", "2 refills", "Sig: 1 tab po", "prn pain"))
        )
    return " ".join((drug, amount, *tail[: chance.randint(0, 3)]))


def _name_drug(chance: random.Random, part: Part) -> str:
    kind = chance.random()
    if kind < 0.2:
        return chance.choice(
            ("ASA", "HCTZ", "MOM", "APAP", "KCl", "NTG", "PCN", "MTX", "INH", "TMP-SMX")
        )
    if kind < 0.5:
        name = chance.choice(list_terms("drug", part))
        return name.capitalize() if chance.random() < 0.6 else name.lower()
    return chance.choice(_take_list("drugs", part))


def write_shorthand(chance: random.Random, part: Part) -> str:
    """Write telegraphic remarks: "IV ac, Foley to gravity, NPO"."""
    said = chance.sample(_TELEGRAPHIC, chance.randint(1, 6))
    shorts = [
        chance.choice(list_terms("short", part)) for _ in range(chance.randint(0, 4))
    ]
    rows = said + shorts
    chance.shuffle(rows)
    return chance.choice((", ", ". ", "; ", " ", "\n", " / ")).join(rows)


def write_codes(chance: random.Random, part: Part) -> str:
    """Write codes of diseases and procedures, genes and scores."""
    letter = chance.choice(string.ascii_uppercase)
    icd = f"{letter}{chance.randint(0, 99):02}.{chance.randint(0, 99)}"
    scores = chance.sample(_SCORES, 2)
    genes = chance.sample(_GENES, 2)
    return chance.choice(
        (
            f"ICD-10 {icd}, {letter}{chance.randint(10, 99)}.{chance.randint(0, 9)}",
            f"{chance.choice(list_terms('disease', part))} ({icd})",
            f"CPT {chance.randint(10000, 99999)}, {chance.randint(90000, 99499)}",
            f"{scores[0]} {chance.randint(0, 30)}, {scores[1]} {chance.randint(0, 9)}",
            f"{genes[0]} positive, {genes[1]} wild type, {genes[0]} {letter}{chance.randint(10, 900)}{chance.choice('AEGKRV')}",
            f"NCT0{chance.randint(1000000, 9999999)}, PMID {chance.randint(10000000, 39999999)}",
        )
    )


def write_disease(chance: random.Random, part: Part) -> str:
    """Write the name of a disease, every second one after a person."""
    kind = "eponym" if chance.random() < 0.5 else "disease"
    return chance.choice(list_terms(kind, part))


def write_drug(chance: random.Random, part: Part) -> str:
    """Write the name of a drug or chemical."""
    return _name_drug(chance, part)


# What stands at the places of templates that are named so.
LINES: dict[str, Write] = {
    "values": write_values,
    "table": write_table,
    "medline": write_medication,
    "shorthand": write_shorthand,
    "codes": write_codes,
    "disease": write_disease,
    "chem": write_drug,
}


@cache
def _take_list(name: str, part: Part) -> list[str]:
    return take(read_list(name), part)
