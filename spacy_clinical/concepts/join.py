"""Join vocabularies by cross-references: one gets the names and codes of others."""

from collections import defaultdict
from collections.abc import Iterator

from spacy_clinical.concepts.entry import Entry
from spacy_clinical.concepts.systems import name_system, split_xref


class Join:
    """Adds entries of other vocabularies to the concepts of a first one.

    Two are the same concept if they have the same code in a system. An own id counts as
    a code, with its prefix as its system; without a prefix, as a code in the system.

    system: Name of the system: "MESH".
    """

    def __init__(self, system: str) -> None:
        self.system = name_system(system)
        self._ids: dict[str, set[str]] = defaultdict(set)

    def note(self, entry: Entry) -> Iterator[Entry]:
        """Note an entry of the first vocabulary.

        YIELDS: The entry.
        """
        for code in self._list_codes(entry):
            self._ids[code].add(entry.id)
        yield entry

    def move(self, entry: Entry) -> Iterator[Entry]:
        """Move an entry of another vocabulary to the concept that it is the same as.

        YIELDS: The entry with that concept's id, and its own as a cross-reference;
            nothing if there is no such concept, or more than one.
        """
        codes = self._list_codes(entry)
        ids = set().union(*(self._ids.get(code, ()) for code in codes))
        if len(ids) == 1:
            own = split_xref(entry.id)
            xrefs = (*entry.xrefs, *([own] if own else ()))
            yield entry._replace(
                id=ids.pop(),
                name="",
                synonyms=(entry.name, *entry.synonyms),
                types=(),
                xrefs=xrefs,
                other_ids=(),
            )

    def _list_codes(self, entry: Entry) -> list[str]:
        codes = [code for system, code in entry.xrefs if system == self.system]
        own = split_xref(entry.id)
        if own is None:
            codes.append(entry.id)
        elif own[0] == self.system:
            codes.append(own[1])
        return codes
