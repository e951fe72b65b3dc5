"""Rules on short messages and lines of charts, in formats of many countries."""

import pytest

from spacy_clinical.identifiers.rules import find_identifiers
from tests.identifiers.marked import find, read_marked, show
from tests.identifiers.messages import CHARTED, MESSAGES


@pytest.mark.parametrize("marked", MESSAGES.strip().split("\n"))
def test_identifiers_of_short_messages_are_found(marked):
    text, expected = read_marked(marked)
    found = {i for row in find(text) for i in range(row.start, row.end)}
    missed, place = [], 0
    for identifier in expected:
        place = text.index(identifier, place)
        inside = range(place, place + len(identifier))
        if any(text[i].isalnum() and i not in found for i in inside):
            missed.append(identifier)
        place += len(identifier)
    assert missed == []


@pytest.mark.parametrize("text", CHARTED.strip().split("\n"))
def test_nothing_is_found_in_lines_of_charts(text):
    assert show(text, find_identifiers(text)) == []
