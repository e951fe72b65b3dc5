"""Find the form of a drug."""

from spacy_clinical.relations.sig.patterns import make_choice

_RELEASE = (
    r"(?:extended|sustained|delayed|immediate|controlled|modified|prolonged)[- ]release|"
    r"(?:enteric|film)[- ]coated|disintegrating|chewable|effervescent|dispersible|"
    r"er|xr|sr|dr|ec|odt|la|cr|ir"
)
_FORMS = {
    "tablet": r"(?:tablets?|tabs?|tablet\(s\)|tab\(s\)|caplets?)",
    "capsule": r"(?:capsules?|caps?|capsule\(s\)|cap\(s\)|softgels?)",
    "pill": r"pills?",
    "solution": r"(?:solution|soln|sol)",
    "suspension": r"(?:suspension|susp)",
    "syrup": r"syrup",
    "elixir": r"elixir",
    "cream": r"(?:cream|crm)",
    "ointment": r"(?:ointment|oint|ung)",
    "gel": r"gel",
    "lotion": r"lotion",
    "paste": r"paste",
    "foam": r"foam",
    "shampoo": r"shampoo",
    "patch": r"(?:patch(?:es)?|patch \d\d? ?(?:hr?|hour))",
    "inhaler": r"(?:inhaler|hfa(?: inhaler)?|mdi|dpi|inhaler hfa|aerosol)",
    "spray": r"sprays?",
    "drops": r"drops?",
    "suppository": r"(?:suppository|suppositories|supp)",
    "enema": r"enema",
    "powder": r"powder",
    "granules": r"granules",
    "lozenge": r"(?:lozenges?|troches?)",
    "injection": r"(?:injections?|inj)",
    "infusion": r"(?:infusions?|drip)",
    "pen": r"(?:kwikpen|flexpen|solostar|pen(?:[- ]injector)?)",
    "nebulizer solution": r"(?:nebuli[sz]er (?:solution|soln)|nebs?|nebules?|for nebuli[sz]ation)",
    "film": r"films?",
    "ring": r"vaginal ring",
}
FORMS = frozenset(_FORMS)
FORM = make_choice(
    "form",
    _FORMS,
    before=rf"(?:(?:{_RELEASE}) ){{0,2}}",
    after=rf"(?!\w)(?:,? ?\(?(?:{_RELEASE}|oral)\)?(?!\w)(?: \d\d ?h(?:rs?|ours?)?(?!\w))?){{0,2}}",
)
