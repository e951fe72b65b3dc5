"""Say which drugs each attribute belongs to, by what stands between."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence

from spacy.tokens import Span

from spacy_clinical.relations.attachment import Attribute, Drug, Role, attach
from spacy_clinical.relations.sig.parts import Part

# Labels of MACCROBAT, then those of n2c2.
ATTRIBUTE_LABELS: Mapping[str, Role] = {
    "Dosage": "dose",
    "Administration": "route",
    "Frequency": "frequency",
    "Duration": "duration",
    "Strength": "strength",
    "Form": "form",
    "Route": "route",
    "Reason": "reason",
}
# What a dose or a frequency may belong to instead of a drug.
RIVAL_LABELS = frozenset(
    {"Therapeutic_procedure", "Diagnostic_procedure", "Clinical_event"}
)
Place = tuple[int, int]


class Owners:
    """The drugs that attributes belong to.

    owners: The numbers of the drugs, by the place of an attribute (characters, half open).
    """

    def __init__(self, owners: Mapping[Place, set[int]]) -> None:
        self.owners = owners
        self._places = sorted(owners)

    def find(self, part: Part) -> set[int] | None:
        """Find the drugs of the attribute that a part is in; None if it is in none."""
        index = bisect_right(self._places, (part.start, part.end)) - 1
        for place in self._places[max(index, 0) : index + 2]:
            if place[0] < part.end and part.start < place[1]:
                return self.owners[place]
        return None


def guess_owners(
    text: str, ents: Iterable[Span], drugs: Sequence[Drug], borders: Sequence[int]
) -> Owners:
    """Say by the text whose attributes are; what is no drug's belongs to none. Nothing is said
    of those in sentences without drugs, such as the later lines of an item.

    drugs: In the order of the text.
    borders (characters): Sorted; nothing is attached over them.
    """
    attributes: list[Attribute] = []
    rivals: list[Drug] = []
    for ent in ents:
        role = ATTRIBUTE_LABELS.get(ent.label_)
        if role is not None:
            attributes.append(Attribute(ent.start_char, ent.end_char, role))
        elif ent.label_ in RIVAL_LABELS:
            rivals.append(Drug(ent.start_char, ent.end_char, is_rival=True))
    heads = sorted([*drugs, *rivals])
    numbers = {drug: i for i, drug in enumerate(drugs)}
    starts = [head.start for head in heads]
    owners: dict[Place, set[int]] = {
        (one.start, one.end): set()
        for one in attributes
        if _has_heads(one, starts, borders)
    }
    for i, head in attach(text, heads, attributes, borders):
        place = attributes[i].start, attributes[i].end
        owners[place].add(numbers[heads[head]])
    return Owners(owners)


def _has_heads(
    attribute: Attribute, starts: Sequence[int], borders: Sequence[int]
) -> bool:
    """Check whether the sentence of an attribute has a drug, or what else it may belong
    to.

    starts (characters): Of those, sorted.
    """
    first = bisect_right(borders, attribute.start)
    low = borders[first - 1] if first else 0
    index = bisect_left(starts, low)
    is_last = first == len(borders)
    return index < len(starts) and (is_last or starts[index] < borders[first])
