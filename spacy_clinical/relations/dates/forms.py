"""Join the forms of a time in one pattern, though their groups share names."""

import re
from collections.abc import Sequence
from functools import partial

_GROUP = re.compile(r"\?P<([a-z]+)>|\(\?P=([a-z]+)\)")


def join_forms(forms: Sequence[str]) -> re.Pattern[str]:
    """Compile forms as alternatives; of several that fit, the first counts.

    forms: Patterns, whose groups have names of small letters.
    """
    joined = []
    for i, form in enumerate(forms):
        numbered = _GROUP.sub(partial(_number, i), form)
        joined.append(f"(?:{numbered})")
    return re.compile("|".join(joined))


def _number(i: int, match: re.Match[str]) -> str:
    return f"?P<{match[1]}_{i}>" if match[1] else f"(?P={match[2]}_{i})"


def read_groups(match: re.Match[str]) -> dict[str, str]:
    """List the groups that matched, by the names that their form has for them."""
    return {k.rpartition("_")[0]: v for k, v in match.groupdict().items() if v}


def drop_groups(forms: Sequence[str]) -> str:
    """Write forms as alternatives without groups, as part of another pattern."""
    return "(?:" + _GROUP.sub("?:", "|".join(f"(?:{form})" for form in forms)) + ")"
