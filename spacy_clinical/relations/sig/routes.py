"""Find the route and the site of administration.

Codes are those of SNOMED CT for routes whose concept is known; others have their name only.
"""

import re

from spacy_clinical.relations.sig.patterns import dotted, make_choice, make_rule

# Name of each route, and its code of SNOMED CT or "".
ROUTES = {
    "oral": "26643006",
    "intravenous": "47625008",
    "intramuscular": "78421000",
    "subcutaneous": "34206005",
    "sublingual": "37839007",
    "buccal": "54471007",
    "rectal": "37161004",
    "vaginal": "16857009",
    "topical": "6064005",
    "transdermal": "45890007",
    "inhalation": "447694001",
    "nasal": "46713006",
    "ophthalmic": "54485002",
    "otic": "10547007",
    "intradermal": "372464004",
    "intrathecal": "72607000",
    "epidural": "404820008",
    "intravitreal": "418401004",
    "intraperitoneal": "38239002",
    "intra-articular": "12130007",
    "intraosseous": "417255000",
    "nasogastric": "127492001",
    "gastrostomy": "127490009",
    "intra-arterial": "",
    "intravesical": "",
    "intralesional": "",
    "enteral": "",
    "parenteral": "",
}
_PATTERNS = {
    "oral": rf"{dotted('po')}|(?:by |per |in the )mouth|(?:per )?oral(?:ly)?|per os",
    "intravenous": rf"{dotted('iv')}(?:p|pb| push| bolus| piggyback| drip| infusions?)?|"
    r"ivp|ivpb|intra-?venous(?:ly)?(?: (?:infusions?|bolus|drip))?",
    "intramuscular": rf"(?<!')(?:{dotted('im')})|intra-?muscular(?:ly)?",
    "subcutaneous": r"s\.?c\.?|s\.?q\.?|sub-?q|sub-?cut|sub-?cutaneous(?:ly)?|"
    r"under the skin",
    "sublingual": r"s\.?l\.?|sub-?lingual(?:ly)?|under the tongue",
    "buccal": r"buccal(?:ly)?",
    "rectal": r"p\.?r\.?|per rectum|rectal(?:ly)?",
    "vaginal": r"p\.?v\.?|per vagina|vaginal(?:ly)?",
    "topical": r"topical(?:ly)?|to (?:the )?affected (?:areas?|sites?)|to (?:the )?skin",
    "transdermal": r"td|trans-?dermal(?:ly)?",
    "inhalation": r"inh|inhal(?:ed|ation|e)|nebuli[sz](?:ed|er)|(?:by|via) nebs?|via mdi",
    "nasal": r"(?:intra-?)?nasal(?:ly)?|(?:in(?:to)? |per |in to )?(?:each|both|either) nostrils?|"
    r"per nostril",
    "ophthalmic": r"ophth(?:almic)?(?:ally)?",
    "otic": r"otic",
    "intradermal": r"intra-?dermal(?:ly)?",
    "intrathecal": r"intra-?thecal(?:ly)?",
    "epidural": r"epidural(?:ly)?",
    "intravitreal": r"intra-?vitreal(?:ly)?",
    "intraperitoneal": r"intra-?peritoneal(?:ly)?",
    "intra-articular": r"intra-?articular(?:ly)?",
    "intraosseous": r"intra-?osseous(?:ly)?",
    "nasogastric": r"(?:per |via )?(?:ngt?|ng[- ]tube|nasogastric(?: tube)?)",
    "gastrostomy": r"(?:per |via )?(?:peg(?:[- ]tube)?|g-?tube|gt)",
    "intra-arterial": r"intra-?arterial(?:ly)?",
    "intravesical": r"intra-?vesical(?:ly)?",
    "intralesional": r"intra-?lesional(?:ly)?",
    "enteral": r"enteral(?:ly)?",
    "parenteral": r"parenteral(?:ly)?",
}
_SITES = {
    "both eyes": (r"ou|(?:in(?:to)? |to )?(?:both|each) eyes?", "ophthalmic"),
    "left eye": (r"os|(?:in(?:to)? |to )?(?:the )?left eye", "ophthalmic"),
    "right eye": (r"(?:in(?:to)? |to )?(?:the )?right eye", "ophthalmic"),
    "both ears": (r"au|(?:in(?:to)? |to )?(?:both|each) ears?", "otic"),
    "left ear": (r"(?:in(?:to)? |to )?(?:the )?left ear", "otic"),
    "right ear": (r"(?:in(?:to)? |to )?(?:the )?right ear", "otic"),
}
# "OD" is the right eye for what goes into eyes, else once daily.
EYES = re.compile(r"\b(?:drops?|gtts?|ophth\w*|eyes?|ou|os)\b")


SITE = make_choice("site", {name: pattern for name, (pattern, _) in _SITES.items()})
# The route that a site says.
SITE_ROUTES = {name: route for name, (_, route) in _SITES.items()}
OD_SITE = make_rule("site", dotted("od"), "right eye")
ROUTE = make_choice("route", _PATTERNS)
