"""Find the brackets of a text that belong together."""

import re
from collections.abc import Iterator

_CLOSING = {")": "(", "]": "["}
_BRACKET = re.compile(r"[()\[\]]|\n[ \t\r]*\n")


def find_brackets(text: str) -> Iterator[tuple[int, int, int]]:
    """Find pairs of brackets, inner ones first.

    YIELDS: Where they open and close, and where what is before them starts: after an
        opening bracket around them, or a blank line.
    """
    start = 0
    stack: list[tuple[int, str]] = []
    n_open = {"(": 0, "[": 0}
    for match in _BRACKET.finditer(text):
        mark = match[0]
        if mark in n_open:
            stack.append((match.start(), mark))
            n_open[mark] += 1
        elif mark not in _CLOSING:
            start = match.end()
            stack.clear()
            n_open = {"(": 0, "[": 0}
        elif n_open[_CLOSING[mark]]:
            # Brackets of the other kind in it that don't close say nothing.
            while True:
                opening, kind = stack.pop()
                n_open[kind] -= 1
                if kind == _CLOSING[mark]:
                    break
            yield opening, match.start(), stack[-1][0] + 1 if stack else start


def is_balanced(text: str) -> bool:
    """Check whether all brackets in a text close in it."""
    depth = 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if depth < 0:
            return False
    return not depth
