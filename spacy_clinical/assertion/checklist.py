"""Marks and answers of checklists: "Fever: no", "[ ] fever", "+ cough, - fever"."""

from collections.abc import Iterator, Sequence

from spacy_clinical.assertion.matches import Cue, Match

_ANSWERS = frozenset(
    ["no", "none", "denies", "denied", "negative", "neg", "absent", "never", "nil", "n"]
)
_SEPARATORS = frozenset([":", "-", "\u2013", "\u2014", "?", "=", "|", "\u2026"])
_ITEM_ENDS = frozenset([",", ";", ".", ")", "]", "|", "/", "\u2022"])
_BORDERS = frozenset([",", ";", "(", ":", "and", "/", "\u2022", "."])
_YES_NO = frozenset(["yes", "no"])
RULES = ("answer", "mark", "box")
_ANSWER = Cue("answer", "negated", "after", "phrase")
_MARK_AFTER = Cue("mark", "negated", "after", "result")
_MARK_BEFORE = Cue("mark", "negated", "before", "result")
_BOX = Cue("box", "negated", "before")
_AFFIRMED = (Cue("mark", "negated", "end"), Cue("mark", "current", "before", "phrase"))


_SIGNS = frozenset([*"[+", *"\u2610\u25a1\u2611\u2612\u25a0"])
# Without one of these there is neither mark nor answer.
MARKS = _SIGNS | _ANSWERS | {"-"}


def may_have_marks(words: Sequence[str]) -> bool:
    """Check whether words may include marks or answers of a checklist."""
    # Of two sets, the smaller one is gone through.
    known = frozenset(words)
    return (
        not _SIGNS.isdisjoint(known)
        or ("-" in known and "(" in known)
        or not (_ANSWERS.isdisjoint(known) or _SEPARATORS.isdisjoint(known))
        or (not _YES_NO.isdisjoint(known) and _ends_with_answer(words))
    )


def find_marks(words: Sequence[str], first_target: int) -> list[Match]:
    """Find the marks and answers of a checklist, in order.

    words: In lower case.
    first_target: The word that the first target starts with.
    """
    answers = [*_find_bare_answers(words)] or _find_answers(words)
    found = [*answers, *_find_boxes(words)]
    found += _find_signs(words, first_target)
    found.sort(key=lambda match: match.start)
    return found


def merge_matches(matches: Sequence[Match], marks: Sequence[Match]) -> list[Match]:
    """Put marks in place of the cues that have the same words."""
    if not marks:
        return list(matches)
    taken = {i for mark in marks for i in range(mark.start, mark.end)}
    kept = [m for m in matches if taken.isdisjoint(range(m.start, m.end))]
    return sorted([*kept, *marks], key=lambda match: match.start)


def _find_answers(words: Sequence[str]) -> Iterator[Match]:
    n = len(words)
    for i in range(2, n):
        if words[i] not in _ANSWERS or words[i - 1] not in _SEPARATORS:
            continue
        is_last = i + 1 == n or words[i + 1] in _ITEM_ENDS
        # "Fever: no cough: yes", "Fever | no" with "Cough | yes" on the next line.
        if is_last or (i + 2 < n and words[i + 2] in (":", words[i - 1])):
            yield Match(i - 1, i + 1, [_ANSWER])


def _ends_with_answer(words: Sequence[str]) -> bool:
    """Check whether the last word, but for a full stop, is yes or no."""
    last = [word for word in words[-2:] if word != "."][-1:]
    return not _YES_NO.isdisjoint(last)


def _find_bare_answers(words: Sequence[str]) -> Iterator[Match]:
    """Find answers without separators: "Fever no, cough yes", or one on each line."""
    answers = [i for i, word in enumerate(words) if word in _YES_NO]
    is_list = len(answers) > 1 and answers[0] > 0 and _ends_with_answer(words)
    if not is_list or not _SEPARATORS.isdisjoint(words):
        return
    for i in answers:
        yield Match(i, i + 1, [_ANSWER] if words[i] == "no" else _AFFIRMED[:1])


def _find_boxes(words: Sequence[str]) -> Iterator[Match]:
    for i, word in enumerate(words):
        following = words[i + 1 : i + 3]
        if word in ("\u2610", "\u25a1"):
            yield Match(i, i + 1, [_BOX])
        elif word in ("\u2611", "\u2612", "\u25a0"):
            yield Match(i, i + 1, _AFFIRMED)
        elif word == "[" and following[:1] == ["]"]:
            yield Match(i, i + 2, [_BOX])
        elif word == "[" and following in (["x", "]"], ["*", "]"], ["\u2713", "]"]):
            yield Match(i, i + 3, _AFFIRMED)


def _find_signs(words: Sequence[str], first_target: int) -> Iterator[Match]:
    n = len(words)
    in_brackets = [
        i
        for i in range(n - 2)
        if words[i] == "(" and words[i + 1] in ("-", "+") and words[i + 2] == ")"
    ]
    is_before = bool(in_brackets) and in_brackets[0] < first_target
    for i in in_brackets:
        # "(-) for" is a cue of its own.
        if words[i + 3 : i + 4] != ["for"]:
            sign = _MARK_BEFORE if is_before else _MARK_AFTER
            cues = [sign] if words[i + 1] == "-" else _AFFIRMED
            yield Match(i, i + 3, cues)
    signs = [
        i
        for i in range(n - 1)
        if words[i] in ("-", "+")
        and (i == 0 or words[i - 1] in _BORDERS)
        and words[i + 1][0].isalpha()
    ]
    # Without a plus, a hyphen is a bullet or a dash.
    if any(words[i] == "+" for i in signs):
        for i in signs:
            yield Match(i, i + 1, [_MARK_BEFORE] if words[i] == "-" else _AFFIRMED)
