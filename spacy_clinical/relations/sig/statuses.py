"""Find whether something is started, stopped, held, continued or changed; whether that is
only planned; and what isn't taken at all."""

import re
from collections.abc import Sequence

from spacy_clinical.relations.sig.parts import Part
from spacy_clinical.relations.sig.patterns import make_choice, make_rule

_NOT = (
    r"(?:not|never|cannot|(?:did|does|do|was|were|is|are|has|have|had|wo|would|ca)n't)"
)
_ADVERBS = r"(?: (?:been|be|being|yet|to|ever|currently|actually|\w+ly))*"
_USED = (
    r"(?:gave|given?|tak(?:e|es|en|ing)|took|start(?:ed|ing)?|on(?! hold\b)|us(?:e|es|ed|ing)|"
    r"receiv(?:e|ed|ing)|administer(?:ed)?|fill(?:ed)?|picked up|prescribed|indicated)"
)
_AHEAD = (
    r"(?:will|would|plan(?:s|ned|ning)? (?:to|for|on)|going to|consider(?:s|ed|ing)?|may|might|"
    r"could|recommend(?:s|ed|ing)?|suggest(?:s|ed|ing)?|discuss(?:ed|ing)?|propos(?:e|ed|ing)|"
    r"advis(?:e|ed|ing)|intend(?:s|ed|ing)?|wants?|to be|to)"
)
_BEGIN = (
    r"(?:(?:re)?start|beg[iu]n|initiat|commenc|introduc|add|increas|decreas|reduc|lower|rais|"
    r"doubl|(?:up-?|down-?)?titrat|taper|adjust|chang|switch|transition|convert|resum|try|tri(?:ed|al)|"
    r"giv)(?:e|ed|en|ing|ning)?"
)
_VERBS = {
    "planned": rf"{_AHEAD}(?: (?:be|also|then|need|likely|\w+ly|to|a))* {_BEGIN}|"
    rf"{_BEGIN}(?=[^.;]{{0,40}}\b(?:next (?:week|month|visit)|tomorrow)\b)|"
    r"consider(?:ing)?(?! (?:stop|discontinu|d/c|hold|wean))|plan for",
    "not_taken": rf"{_NOT}{_ADVERBS} {_USED}|(?:hold|held|holding) off(?: on)?|refus(?:es|ed|ing)|declin(?:es|ed|ing)|omitted|"
    r"avoid(?:s|ed|ing)?|non-?complian(?:t|ce) with|non-?adheren(?:t|ce) (?:to|with)|"
    r"denies (?:taking|using|use of|any use of)",
    "start": r"(?:re)?start(?:s|ed|ing)?|initiat(?:e|ed|ing)|commenc(?:e|ed|ing)|beg(?:in|an|un|inning)|"
    r"new(?: (?:medications?|meds?|prescriptions?|rx))|add(?:ed|ing)?|prescribed|introduced|load(?:ed)? with",
    "stop": r"stop(?:s|ped|ping)?|(?:self-?)?discontinu(?:e|es|ed|ing|ation)|d/c(?:'?e?d|ing)?|dc'?d|ceased|"
    r"withdrawn|quit|(?:no|not any) longer (?:on|tak(?:es|ing)|us(?:es|ing)|receiv\w+)|(?:ran|run) out(?: of)?|"
    r"(?:weaned|taken|came|tapered|now|been|is|was) off(?: of)?|off(?: of)?(?= \w)|"
    r"(?:past|prior|previous|failed) (?:\w+ )?(?:trials?|medications?|meds|treatments?) ?:|failed|"
    r"(?:(?:did|could) ?n[o']t|unable to|cannot) tolerate|"
    r"(?:was )?(?:previously|formerly) (?:on|tried|took|taken|taking|treated with|used)",
    "hold": r"hold(?:ing)?(?! (?:(?:\w+ ){0,2}(?:if|when|unless)\b|parameters?|for (?:sbp|dbp|hr|map|bp|rr|systolic|"
    r"heart rate|pulse|loose|sedation|diarrhea)\b))|held|withheld|suspended|paused|on hold",
    "continue": r"continu(?:e|ed|es|ing)|resum(?:e|ed|es|ing)|maintain(?:ed)?(?: on)?|remain(?:s|ed)? on|"
    r"keep(?: taking)?|unchanged|same dose",
    "change": r"chang(?:e|ed|ing)|switch(?:ed|ing)?|transition(?:ed|ing)|convert(?:ed|ing)|"
    r"(?:up-?|down-?)?titrat(?:e|ed|ing)(?! (?:\w+ ){0,2}(?:to|for) (?!\d[\d.,]* ?(?:mc?g|g|units?|ml|meq)\b))|increas(?:e|ed|ing)|"
    r"decreas(?:e|ed|ing)|reduc(?:e|ed|ing)|adjust(?:ed|ing)?|taper(?:ed|ing)(?! off)|"
    r"taper(?= (?:down|by|to|\w+ (?:by|to|down))\b)|doubled|"
    r"halved|lower(?:ed|ing)|rais(?:ed|ing)|escalated",
}
# "allergy" is of what isn't tolerated; no verb near a drug says it.
STATUSES = frozenset({*_VERBS, "allergy"})
_NO_STATUS = re.compile(
    r"(?:not|never|didn't|don't|without|no|before|if|until|consider(?:ing|ed)?|discuss(?:ed|ing)?|"
    r"may|might|could|instead of) (?:be |to )?$"
)
# Separates steps of a taper, or drugs that follow each other.
THEN = make_rule(
    "then",
    r"(?:and )?then(?: (?:stop|off|discontinue|d/c|resume))?|followed by|thereafter|after that|"
    r"and after",
    True,
)
STATUS = make_choice("status", _VERBS)


def is_status(text: str, part: Part) -> bool:
    """Check that nothing before a word of status takes it back: "do not stop"."""
    return not _NO_STATUS.search(text[max(part.start - 15, 0) : part.start])


def choose_status(before: str | None, after: Sequence[str]) -> str | None:
    """Choose what holds of a drug: what is said of it last, unless that is only planned.

    before: What the verb that leads to it says.
    after: What is said behind it, in order.
    """
    done = [status for status in after if status != "planned"]
    last = done[-1] if done else None
    if before is None or before in ("continue", "start"):
        return last or before or (after[-1] if after else None)
    return before
