"""Attach values to tests where both are known: "normal" to each of "ECG and CRP"."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import TypeAlias

Place: TypeAlias = tuple[int, int]

# Between a value and the test that it stands before.
_FORWARD = re.compile(
    r"[ -](?:(?:for|of|in|to|expression of|staining for|reaction for|reactivity for|levels? "
    r"of)[ ])?(?:(?:the|a|his|her|both|serum|plasma|blood|total|urine|fasting|mean) )*"
    r"(?:[\w-]+[ ])?"
)
# Between a test and the value behind it: "was", "of", "level of", ":".
_COPULA = re.compile(
    r"(?:\b(?:was|were|is|are|be|been|being|remained|remains|became|"
    r"to|of|at|from|reached|appeared|rose|fell|increased|decreased|dropped)\b|[:=(])"
    r"(?:[ ](?:also|all|both|still|only|about|within|found to be|noted to be|initially|"
    r"again|slightly|mildly|markedly|strongly))*[ ]?$"
)
# Between tests that a value is said of together.
_JOINED = re.compile(
    r"[ ]?(?:\([^()]{0,40}\)[ ]?)?(?:,|/|and|or|as well as|, ?and|, ?or)[ ]?"
    r"(?:(?:the|of|for|serum|his|her|a|an)[ ])*(?:[\w-]+[ ]){0,3}"
)
_ALIAS = re.compile(r"[ ]?\($")
_HAS_DIGIT = re.compile(r"\d")
# Characters between a test and a value: before it, and beside it.
_MAX_GAP = 120
_MAX_LINK = 40


def attach_values(
    text: str,
    tests: Sequence[Place],
    values: Sequence[Place],
    borders: Sequence[int],
) -> list[tuple[int, int]]:
    """Attach values to tests of the same sentence.

    tests, values (characters, half open): Sorted.
    borders (characters): Where sentences start, sorted.
    RETURNS: Pairs of the numbers of a value and of a test; a value may have several.
    """
    return list(_Attacher(text, tests, values, borders).attach())


class _Attacher:
    """Attaches the values of one text."""

    def __init__(
        self,
        text: str,
        tests: Sequence[Place],
        values: Sequence[Place],
        borders: Sequence[int],
    ) -> None:
        self.text, self.tests, self.values = text, tests, values
        self.borders = borders
        self._starts = [start for start, _ in tests]

    def attach(self) -> Iterator[tuple[int, int]]:
        """List the pairs."""
        for number, value in enumerate(self.values):
            for test in self._find(value, number):
                yield number, test

    def _find(self, value: Place, number: int) -> list[int]:
        start, end = value
        sentence = bisect_right(self.borders, start)
        first = self.borders[sentence - 1] if sentence else 0
        last = len(self.text)
        if sentence < len(self.borders):
            last = self.borders[sentence]
        after = bisect_left(self._starts, end)
        before = bisect_left(self._starts, start) - 1
        has_after = after < len(self.tests) and self.tests[after][0] < last
        has_before = before >= 0 and self.tests[before][0] >= first
        is_number = _HAS_DIGIT.search(self.text, start, end) is not None
        is_short = has_after and self.tests[after][0] - end <= _MAX_LINK
        behind = self.text[end : self.tests[after][0]] if is_short else ""
        is_near = has_before and start - self.tests[before][1] <= _MAX_GAP
        gap = self.text[self.tests[before][1] : start] if is_near else ""
        is_said = 0 < len(gap) <= _MAX_LINK and _COPULA.search(gap) is not None
        # "Na 138 K 5.2": nothing stands between the two.
        is_said |= is_number and is_near and gap in ("", " ", "-")
        is_free = not is_said and (not is_number or behind == " ")
        if is_short and is_free and _FORWARD.fullmatch(behind):
            return self._join_after(after, last)
        # A clause doesn't end between the two.
        if is_near and ";" not in gap and ". " not in gap:
            return self._join_before(before, first, is_list=not is_number)
        if is_short and not is_number:
            return self._join_after(after, last)
        return []

    def _join_after(self, test: int, last: int) -> list[int]:
        found = [test]
        while test + 1 < len(self.tests) and self.tests[test + 1][0] < last:
            if not self._are_joined(test, test + 1):
                break
            test += 1
            found.append(test)
        return found

    def _join_before(self, test: int, first: int, *, is_list: bool) -> list[int]:
        # "Body mass index (BMI) of 40": what is in brackets is the same test.
        if test and self.tests[test - 1][0] >= first:
            between = self.text[self.tests[test - 1][1] : self.tests[test][0]]
            if _ALIAS.fullmatch(between):
                test -= 1
        found = [test]
        while is_list and test and self.tests[test - 1][0] >= first:
            if not self._are_joined(test - 1, test):
                break
            test -= 1
            found.append(test)
        return found[::-1]

    def _are_joined(self, one: int, other: int) -> bool:
        start, end = self.tests[one][1], self.tests[other][0]
        if (
            end - start > 60
            or start > end
            or not _JOINED.fullmatch(self.text, start, end)
        ):
            return False
        place = bisect_left(self.values, (start, start))
        return place >= len(self.values) or self.values[place][0] >= end
