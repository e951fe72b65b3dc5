"""Find all that rules can find in a text.

The patterns of all rules are compiled when this is imported, a fifth of a second: import it
where a text is read.
"""

from collections.abc import Iterator

from spacy_clinical.identifiers.addresses import find_addresses
from spacy_clinical.identifiers.ages import find_ages
from spacy_clinical.identifiers.contacts import find_contacts
from spacy_clinical.identifiers.dates import find_dates
from spacy_clinical.identifiers.facilities import find_facilities
from spacy_clinical.identifiers.folding import FoldedText
from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.matching import RuleText
from spacy_clinical.identifiers.names import find_names
from spacy_clinical.identifiers.numbers import find_numbers
from spacy_clinical.identifiers.placeholders import find_placeholders
from spacy_clinical.identifiers.settings import DEFAULT, RuleSettings
from spacy_clinical.identifiers.spoken import find_spoken
from spacy_clinical.identifiers.times import find_times


def find_identifiers(text: str, settings: RuleSettings = DEFAULT) -> list[Identifier]:
    """Find what rules say are identifiers, with overlaps; see `merging`.

    text: Any text.
    RETURNS: Their places are those of the text, in no order.
    """
    folded = FoldedText(text)
    return [
        row._replace(start=start, end=end)
        for row in _find(RuleText(folded.text), settings)
        for start, end in [folded.locate(row.start, row.end)]
    ]


def _find(text: RuleText, settings: RuleSettings) -> Iterator[Identifier]:
    yield from find_placeholders(text.text)
    yield from find_contacts(text)
    yield from find_numbers(text)
    yield from find_spoken(text)
    dates = list(find_dates(text, holidays=settings.holidays))
    yield from dates
    if settings.times:
        yield from find_times(text, dates)
    yield from find_ages(text, only_over_89=settings.only_over_89)
    yield from find_addresses(text)
    yield from find_facilities(text)
    yield from find_names(text)
