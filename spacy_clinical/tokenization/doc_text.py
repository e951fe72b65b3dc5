"""Get a Doc's text faster than `doc.text` does."""

from collections.abc import Sequence
from typing import Any

import numpy
from numpy.typing import NDArray
from spacy.attrs import ORTH, SPACY
from spacy.tokens import Doc

# So many spellings are kept before the table is emptied.
_MAX_SPELLINGS = 200_000


class DocText:
    """Builds the texts of Docs in a third of the time that `doc.text` takes.

    Tokens are looked up by the id of their spelling, shifted to make room for a bit that
    says whether a space follows.
    """

    def __init__(self) -> None:
        self._spellings: dict[int, str] = {}

    def get(self, doc: Doc) -> str:
        """Get the text of a Doc."""
        return self.read(doc, ())[0]

    def read(self, doc: Doc, attributes: Sequence[int]) -> tuple[str, NDArray[Any]]:
        """Get the text of a Doc, and attributes of its tokens on the way.

        attributes: As `Doc.to_array` takes them.
        RETURNS: The text, and the attributes (n_attributes, n_tokens; unsigned, as
            spaCy has them).
        """
        columns = doc.to_array([ORTH, SPACY, *attributes]).T
        keys: list[int] = (columns[0] << numpy.uint64(1) | columns[1]).tolist()
        try:
            text = "".join(map(self._spellings.__getitem__, keys))
        except KeyError:
            if len(self._spellings) > _MAX_SPELLINGS:
                self._spellings.clear()
            words = (token.text_with_ws for token in doc)
            self._spellings.update(zip(keys, words, strict=True))
            text = doc.text
        return text, columns[2:]
