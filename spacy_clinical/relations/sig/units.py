"""Units of doses, by UCUM code.

What is counted ("{tablet}", "{puff}") is an annotation of UCUM; drops have a code.
SOURCE: ucum.org.
"""

_SPELLINGS = {
    "mg": "mg mgs mgm mgms milligram milligrams milligramme milligrammes",
    "ug": "mcg mcgs ug ugs microgram micrograms microgramme microgrammes",
    "ng": "ng nanogram nanograms",
    "g": "g gm gms gram grams gramme grammes",
    "mL": "ml mls cc ccs milliliter milliliters millilitre millilitres",
    "L": "l liter liters litre litres",
    "[iU]": "iu i.u. ius international_unit international_units",
    "{unit}": "u unit units unit(s)",
    "meq": "meq meqs milliequivalent milliequivalents",
    "mmol": "mmol mmols millimole millimoles",
    "%": "% percent per_cent",
    "mCi": "mci millicurie millicuries",
    "[drp]": "gtt gtts drop drops drop(s)",
    "[tsp_us]": "tsp tsps teaspoon teaspoons teaspoonful teaspoonfuls",
    "[tbs_us]": "tbsp tbsps tablespoon tablespoons tablespoonful tablespoonfuls",
    "[foz_us]": "fl_oz oz ounce ounces",
    "[in_i]": "inch inches",
    "{tablet}": "tab tabs tablet tablets tab(s) tablet(s) tabs(s) tab. tabs.",
    "{capsule}": "cap caps capsule capsules cap(s) capsule(s) cap. caps.",
    "{pill}": "pill pills pill(s)",
    "{puff}": "puff puffs puff(s) inhalation inhalations inhalation(s)",
    "{spray}": "spray sprays spray(s) squirt squirts",
    "{patch}": "patch patches patch(es)",
    "{suppository}": "suppository suppositories supp supps",
    "{application}": "application applications application(s) appl",
    "{packet}": "packet packets packet(s) pkt pkts",
    "{sachet}": "sachet sachets",
    "{lozenge}": "lozenge lozenges",
    "{vial}": "vial vials",
    "{ampule}": "amp amps ampule ampules ampoule ampoules",
    "{nebule}": "neb nebs nebule nebules",
    "{syringe}": "syringe syringes",
    "{scoop}": "scoop scoops",
    "{film}": "film films",
    "{strip}": "strip strips",
}
# What a unit is divided by.
_DIVISORS = {
    "kg": "kg kilogram kilograms kilo kgs",
    "m2": "m2 m^2 sq_m square_meter square_metre",
    "[lb_av]": "lb lbs pound",
    "min": "min mins minute minutes",
    "h": "h hr hrs hour hours",
    "d": "d day days die 24h 24_h 24_hr 24_hrs 24_hours",
    "wk": "wk week weeks",
    "{dose}": "dose doses",
    "mL": "ml mls cc milliliter",
    "dL": "dl deciliter",
    "L": "l liter litre",
    "{actuation}": "actuation act puff puffs inhalation inh spray",
    "{tablet}": "tab tablet",
    "{capsule}": "cap capsule",
}


def _invert(table: dict[str, str]) -> dict[str, str]:
    return {
        name.replace("_", " "): code
        for code, names in table.items()
        for name in names.split()
    }


UNITS = _invert(_SPELLINGS)
DIVISORS = _invert(_DIVISORS)
COUNTED = frozenset(code for code in _SPELLINGS if code.startswith("{")) | {"[drp]"}
COUNTED -= {"{unit}"}
VOLUMES = frozenset({"mL", "L", "[tsp_us]", "[tbs_us]", "[foz_us]"})
TIMES = frozenset({"min", "h", "d", "wk"})
# What a strength is divided by; what only measured levels are.
CONTENTS = frozenset({"mL", "{actuation}", "{tablet}", "{capsule}", "{dose}"})
OF_LEVELS = frozenset({"dL", "L"})
# To compare the ends of a range: "500 mg to 1 g".
_FACTORS = {
    "ng": ("g", 1e-9),
    "ug": ("g", 1e-6),
    "mg": ("g", 1e-3),
    "g": ("g", 1.0),
    "mL": ("L", 1e-3),
    "L": ("L", 1.0),
}


def convert(value: float, unit: str, other: str) -> float | None:
    """Convert a value to another unit; None if the two measure different things."""
    if unit == other:
        return value
    kind, factor = _FACTORS.get(unit, ("", 1.0))
    other_kind, other_factor = _FACTORS.get(other, (None, 1.0))
    if kind != other_kind:
        return None
    return float(f"{value * factor / other_factor:.9g}")
