"""Find whether something is started, stopped, held, continued or changed."""

import re

from spacy_clinical.relations.sig.parts import Part
from spacy_clinical.relations.sig.patterns import make_choice, make_rule

_VERBS = {
    "start": r"(?:re)?start(?:s|ed|ing)?|initiat(?:e|ed|ing)|commenc(?:e|ed|ing)|beg(?:in|an|un|inning)|"
    r"new(?: (?:medications?|meds?|prescriptions?|rx))|add(?:ed|ing)?|prescribed|introduced|load(?:ed)? with",
    "stop": r"stop(?:s|ped|ping)?|discontinu(?:e|ed|ing|ation)|d/c(?:'?e?d)?|dc'?d|ceased|"
    r"withdrawn|quit|(?:weaned|taken|came|tapered|now) off",
    "hold": r"h[eo]ld(?:ing)?|withheld|suspended|on hold",
    "continue": r"continu(?:e|ed|es|ing)|resum(?:e|ed|es|ing)|maintain(?:ed)?(?: on)?|remain(?:s|ed)? on|"
    r"keep(?: taking)?|unchanged|same dose",
    "change": r"chang(?:e|ed|ing)|switch(?:ed|ing)?|transition(?:ed|ing)|convert(?:ed|ing)|(?:up-?|down-?)?titrat(?:e|ed|ing)|increas(?:e|ed|ing)|"
    r"decreas(?:e|ed|ing)|reduc(?:e|ed|ing)|adjust(?:ed|ing)?|taper(?:ed|ing)?(?! off)|doubled|"
    r"halved|lower(?:ed|ing)|rais(?:ed|ing)|escalated",
}
STATUSES = frozenset(_VERBS)
_NO_STATUS = re.compile(
    r"(?:not|never|didn't|don't|without|no|before|if|until) (?:be )?$"
)
# Parts steps of a taper, or drugs that follow each other.
THEN = make_rule(
    "then",
    r"(?:and )?then(?: (?:stop|off|discontinue|d/c|resume))?|followed by|thereafter|after that|"
    r"and after",
    True,
)
STATUS = make_choice("status", _VERBS)


def is_status(text: str, part: Part) -> bool:
    """Check that nothing before a word of status takes it back: "do not stop"."""
    return not _NO_STATUS.search(text[max(part.start - 12, 0) : part.start])
