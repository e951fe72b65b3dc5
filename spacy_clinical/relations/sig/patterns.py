"""Compile the patterns of parts, and run them over a folded text."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from spacy_clinical.relations.sig.parts import Kind, Part

# Where a word may start, and where it ends.
START = r"(?<![\w.])"
END = r"(?!\w)"


class Rule(NamedTuple):
    """A pattern, and what it says.

    read: Makes the value of a match; None for what is no part after all.
    """

    kind: Kind
    pattern: re.Pattern[str]
    read: Callable[[re.Match[str]], Any]

    def find(self, text: str) -> Iterator[Part]:
        """Find the parts in a folded text. Their place is the group "id", if there is one."""
        name = "id" if "id" in self.pattern.groupindex else 0
        for match in self.pattern.finditer(text):
            value = self.read(match)
            if value is not None:
                yield Part(*match.span(name), self.kind, value)


def make_rule(
    kind: Kind, pattern: str, read: Callable[[re.Match[str]], Any] | Any
) -> Rule:
    """Make a rule.

    pattern: Of words; nothing of a word may stand around them.
    read: Makes the value, or is the value itself.
    """
    function = read if callable(read) else lambda match: read
    return Rule(kind, re.compile(f"{START}(?:{pattern}){END}"), function)


def make_choice(
    kind: Kind, patterns: Mapping[str, str], *, before: str = "", after: str = ""
) -> Rule:
    """Make a rule for several values, which reads a text once.

    patterns: By value, without groups that capture.
    before, after: Patterns of what stands around all of them.
    """
    values = {f"g{i}": value for i, value in enumerate(patterns)}
    choices = [f"(?P<g{i}>{pattern})" for i, pattern in enumerate(patterns.values())]
    pattern = f"{before}(?:{'|'.join(choices)}){after}"
    return make_rule(kind, pattern, lambda match: values[match.lastgroup or ""])


def join(words: Iterable[str]) -> str:
    """Make a pattern that matches one of some words, the longest first."""
    ordered = sorted(words, key=len, reverse=True)
    return f"(?:{'|'.join(map(re.escape, ordered))})"


def dotted(word: str) -> str:
    """Make a pattern of an abbreviation with or without full stops: "bid", "b. i.d."."""
    plain, stopped = " ?".join(word), r"\. ?".join(word)
    return rf"(?:{stopped}\.?|{plain})"
