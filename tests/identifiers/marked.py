"""Notes with their identifiers in double brackets: "seen [[03/04/21]]"."""

import re

from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.merging import merge_identifiers
from spacy_clinical.identifiers.rules import find_identifiers
from spacy_clinical.identifiers.settings import DEFAULT, RuleSettings


def read_marked(marked: str) -> tuple[str, list[str]]:
    """Read a text, and the identifiers that are marked in it."""
    return re.sub(r"\[\[|\]\]", "", marked), re.findall(
        r"\[\[(.*?)\]\](?!\])", marked, re.S
    )


def find(text: str, settings: RuleSettings = DEFAULT) -> list[Identifier]:
    """Find what rules find, without overlaps."""
    return merge_identifiers(find_identifiers(text, settings), text)


def show(text: str, rows: list[Identifier]) -> list[str]:
    """List the words of identifiers."""
    return [text[row.start : row.end] for row in rows]
