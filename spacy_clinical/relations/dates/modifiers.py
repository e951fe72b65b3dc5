"""Separate a time from the words that modify it: "since", "early", "more than"."""

import re

_LIKE_MORE = (
    r"more than|greater than|longer than|older than|at least|no less than|>=?|≥"
)
_LIKE_LESS = (
    r"less than|fewer than|younger than|at most|no more than|up to|within|<=?|≤"
)
_MODS = {
    "START": r"(?:since|starting|beginning|as of|from)(?! (?:of|the end))",
    "END": r"until|till?|through|thru",
    "EARLY": r"(?:the )?(?:beginning|start|early part) of|early(?: in| on)?",
    "MID": r"(?:the )?(?:middle|mid part) of|mid",
    "LATE": r"(?:near )?(?:the )?(?:end|latter part) of|late(?: in)?",
    "APPROX": (
        r"about|approximately|approx\.?|around|circa|ca\.?|c\.|roughly|nearly|almost|"
        r"sometime in|some time in|some|~|\u223c|\u2248|\u00b1"
    ),
    "MORE_THAN": _LIKE_MORE,
    "LESS_THAN": _LIKE_LESS,
    "BEFORE": r"before|prior to|by",
    "AFTER": r"after|following",
}
# Those that say nothing else.
_PLAIN = (
    r"over(?= (?:the|a|an|last|past|next|1|2)\b)|throughout|during|for|in|on|at|of|the|dated|"
    r"the course of|(?:a |the )?period of|year of|lasting|lasted|persisting|first"
)
_OVER = {"AGE": {"over": "MORE_THAN", "under": "LESS_THAN"}}
_MOD = re.compile(
    "|".join(f"(?P<{name}>{words})(?![^\\W_])" for name, words in _MODS.items())
    # Signs stand before a number without a space.
    + r"|(?P<more>[>≥]=?)|(?P<less>[<≤]=?)|(?P<near>[~\u223c\u2248])"
    + r"|(?P<over>over|under)(?= \d)"
    + rf"|(?P<plain>(?:{_PLAIN})(?![^\W_]))"
)
_SIGNS = {"more": "MORE_THAN", "less": "LESS_THAN", "near": "APPROX"}
_AFTERWARDS = {
    "MORE_THAN": re.compile(r" ?(?:or (?:more|older|longer)|and (?:older|above)|\+)$"),
    "LESS_THAN": re.compile(r" ?(?:or (?:less|fewer|younger)|and younger)$"),
}


def split_modifier(folded: str, kind: str = "") -> tuple[str | None, str]:
    """Split a folded text into what modifies a time and the time.

    kind: "AGE" where "over 50" is no length of time.
    RETURNS: The modifier, as in records, and the rest of the text.
    """
    mod = None
    while match := _MOD.match(folded):
        name = str(match.lastgroup)
        rest = folded[match.end() :].lstrip(" -")
        if not rest:
            break
        if name == "over":
            new = _OVER.get(kind, {}).get(match[0])
        else:
            new = None if name == "plain" else _SIGNS.get(name, name)
        # "Since early 2015" begins there; "early" says more than "since".
        mod = new or mod
        folded = rest
    for name, pattern in _AFTERWARDS.items():
        shorter = pattern.sub("", folded)
        if shorter != folded:
            return name, shorter
    return mod, folded
