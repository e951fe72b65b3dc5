"""Find the substances under allergies that aren't tolerated, with their reactions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from spacy_clinical.export.claims import read_assertion
from spacy_clinical.export.clauses import CLAUSE_END

Entity: TypeAlias = Mapping[str, Any]

# Characters searched before and after a substance.
AROUND = 200
_END = re.compile(r"[.!?](?=\s|$)|[;\n]|\bno known\b", re.IGNORECASE)
_BRACKETS = re.compile(r"\([^()]*\)")
_OPEN = re.compile(r"\(([^()]*)$")
# The last of these before a substance decides.
_VERDICT = re.compile(
    r"(?P<bad>(?:\bnot|\bcannot|n['\u2019]t|\bunable to|\bnever|\bpoorly) "
    r"(?:\w+ly )?tolerat(?:e|es|ed|ing)\b|\bintoleran\w*|\ballerg\w*|\breact\w*|"
    r"\bcaus(?:es|ed)\b|\bavoid\w*)|"
    r"(?P<good>\btolerat(?:es|ed|ing)\b"
    r"(?!(?: (?:well|now|before|previously|fine|ok|okay|with ?out|with|no|any|reactions?|"
    r"problems?|issues?))*\s*(?:,|\)|and\b))|\bcan (?:safely )?(?:take|tolerate)\b|"
    r"\bable to (?:take|tolerate)\b)",
    re.IGNORECASE,
)
_TOLERATED = re.compile(
    r"[^,(]*?(?<!not )(?<!n't )(?<!poorly )(?:\btolerat(?:es|ed)|\b(?:with ?out|with no) "
    r"(?:any )?(?:reactions?|problems?|issues?|difficult(?:y|ies)|side effects))"
    r"(?: (?:well|now|before|previously|in the past|fine|ok|okay|it|with ?out|with|no|any|"
    r"reactions?|problems?|issues?|difficulty))*\s*(?:$|[,)])",
    re.IGNORECASE,
)
_NOT_KNOWN = re.compile(r"\bno known\b[^,]*$", re.IGNORECASE)
_ALLERGIES = re.compile(r"\ballerg(?:y|ies)\b", re.IGNORECASE)
# Reactions whatever type a model gives them.
_REACTION = re.compile(
    r"\b(?:(?:skin |severe |mild |facial |throat |tongue |lip |face |gi )*(?:hives|rash(?:es)?|"
    r"urticaria|anaphyla(?:xis|ctic(?: shock| reaction)?)|angio-?edema|itch(?:ing|iness)?|"
    r"pruritus|swelling|edema|nausea|vomiting|n/v|emesis|diarrhea|dyspnea|wheez(?:e|es|ing)|"
    r"shortness of breath|sob|bronchospasm|cough|flushing|dizz(?:y|iness)|syncope|"
    r"headaches?|hypotension|palpitations|blisters?|stevens[- ]johnson(?: syndrome)?|sjs|"
    r"upset(?: stomach)?|stomach (?:upset|pain)|abdominal pain|confusion|hallucinations?|"
    r"myalgias?|muscle (?:aches?|pains?)|bleeding|fever|erythema|redness|welts|"
    r"seizures?|cramps?|throat clos(?:es|ing|ure)))\b",
    re.IGNORECASE,
)
# A reaction follows these, whatever its label is.
_CAUSES = re.compile(r"\W*(?:causes?|caused|\u2192|->)\s*", re.IGNORECASE)
_MARK = re.compile(
    r"\s*(?:\(|[-\u2013\u2014]+\s|:|(?:causes?|caused)\b|\u2192|->)\s*", re.IGNORECASE
)
# Another substance, that no model has found, with a reaction of its own.
_OTHER = re.compile(r",[^,(]*\w\s*(?:\s[-\u2013\u2014]+\s|:|\u2192|->|\()")


def list_allergies(
    text: str, substances: Sequence[Entity], reactions: Sequence[Entity]
) -> Iterator[tuple[Entity, list[str]]]:
    """List the substances that aren't tolerated, each with its reactions.

    text: Of the note.
    substances, reactions: Entities under allergies that the model labelled so, in order.
        A reaction labelled as a substance is recognized by its place and words.
    """
    allergens: list[Entity] = []
    misread: list[Entity] = []
    for ent in substances:
        is_wrong = _is_reaction(text, ent, allergens[-1] if allergens else None)
        (misread if is_wrong else allergens).append(ent)
    others = sorted([*reactions, *misread], key=lambda ent: int(ent["start"]))
    for number, ent in enumerate(allergens):
        if is_tolerated(text, ent) or _NOT_KNOWN.search(_find_before(text, ent)):
            continue
        following = allergens[number + 1 : number + 2]
        limit = following[0]["start"] if following else len(text)
        end = min(limit, ent["end"] + AROUND)
        yield ent, _list_reactions(text, ent["end"], end, others)


def is_tolerated(text: str, ent: Entity) -> bool:
    """Check whether the clause of a substance says that the patient tolerates it."""
    after = CLAUSE_END.split(text[ent["end"] : ent["end"] + AROUND])[0]
    if _TOLERATED.match(after):
        return True
    before = _find_before(text, ent)
    opened = _OPEN.search(before)
    if opened is not None and any(char.isalpha() for char in opened[1]):
        before = opened[1]
    verdicts = list(_VERDICT.finditer(before))
    if not verdicts or verdicts[-1]["good"] is None:
        return False
    # "Tolerates amoxicillin, penicillin - rash": the next in a list may be an allergy.
    is_next = "," in before[verdicts[-1].end() :]
    return not (is_next and _has_reaction(text, ent))


def _has_reaction(text: str, ent: Entity) -> bool:
    mark = _MARK.match(text, ent["end"])
    return mark is not None and _REACTION.match(text, mark.end()) is not None


def _find_before(text: str, ent: Entity) -> str:
    """Find the text before an entity in its clause, without text in brackets."""
    before = text[max(ent["start"] - AROUND, 0) : ent["start"]]
    return _BRACKETS.sub(" ", CLAUSE_END.split(before)[-1])


def _is_reaction(text: str, ent: Entity, substance: Entity | None) -> bool:
    """Check whether a supposed substance is a reaction to the one before it."""
    if _REACTION.fullmatch(" ".join(ent["text"].split())):
        return True
    if substance is None:
        return False
    return _CAUSES.fullmatch(text[substance["end"] : ent["start"]]) is not None


def _list_reactions(
    text: str, start: int, end: int, others: Sequence[Entity]
) -> list[str]:
    """List the reactions in the text between a substance and what ends its sentence."""
    stop = _END.search(text, start, end)
    end = stop.start() if stop else end
    mark = _MARK.match(text, start, end)
    if mark is not None and "(" in mark[0]:
        closing = text.find(")", mark.end(), end)
        inner = _find_spans(text, mark.end(), closing if closing > 0 else end, others)
        if inner:
            return inner
    first = mark.end() if mark else start
    other = _OTHER.search(text, first, end)
    return _find_spans(
        text,
        first,
        other.start() if other else end,
        others,
        with_words=mark is not None,
    )


def _find_spans(
    text: str,
    start: int,
    end: int,
    others: Sequence[Entity],
    *,
    with_words: bool = True,
) -> list[str]:
    """Find reactions between two places: entities, and words that no entity covers."""
    ents = [ent for ent in others if start <= ent["start"] < end]
    spans = [
        (ent["start"], ent["end"], ent["text"])
        for ent in ents
        if not read_assertion(ent).is_negated and not _ALLERGIES.search(ent["text"])
    ]
    if with_words:
        for match in _REACTION.finditer(text, start, end):
            if all(
                match.end() <= e["start"] or e["end"] <= match.start() for e in ents
            ):
                spans.append((match.start(), match.end(), match[0]))
    return [said for _, _, said in sorted(spans)]
