"""Limits on the size of forms and on the time for reading them."""

import time

from spacy_clinical.errors import CodedValueError, Errors

MAX_PAGES = 500
# Of a file, and of one that is text: JSON, hOCR, ALTO, TSV.
MAX_BYTES = 500_000_000
MAX_TEXT_BYTES = 200_000_000
# Values of a JSON file. An empty list takes two bytes in a file, and 56 in memory.
MAX_VALUES = 20_000_000
# Of a page. Those of the densest forms have some thousands of words.
MAX_WORDS = 20_000
MAX_CHARACTERS = 1_000_000
# Of all pages of a file.
MAX_FORM_WORDS = 1_000_000
# In seconds: for a file, and for all that Tesseract does with one page.
TIMEOUT = 1800.0
PAGE_TIMEOUT = 120.0


class Deadline:
    """A time limit.

    seconds: From now on.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """The seconds left; never 0, which programs take for no limit."""
        return max(self._end - time.monotonic(), 0.001)

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._end

    def describe(self, name: str) -> str:
        """Describe in a coded message that a page is not read."""
        return Errors.C515.format(name=name, timeout=f"{self.seconds:g}")


def check_n_pages(n_pages: int, *, name: str, max_pages: int) -> None:
    """Check the number of pages.

    RAISES ValueError: C505, if there are too many.
    """
    if n_pages > max_pages:
        raise CodedValueError(
            Errors.C505.format(name=name, n_pages="more", max_pages=max_pages)
        )


def check_amount(amount: int, *, name: str, limit: int, what: str) -> None:
    """Check an amount against its limit.

    RAISES ValueError: C514, if it is larger.
    """
    if amount > limit:
        raise CodedValueError(Errors.C514.format(name=name, limit=limit, what=what))
