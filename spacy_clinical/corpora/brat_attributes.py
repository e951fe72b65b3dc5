"""What BRAT's attributes say of findings: whether they hold, for whom and when; and what
its normalizations say that they mean.

They hang on spans, as this package writes them (A1 Negated T1), or on events, whose
triggers are meant (A1 POLARITY E1 NEG); or relations say it (R1 Has_negation Arg1:T1 ...).
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from spacy_clinical.corpora.standoff import BratAnnotations
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES
from spacy_clinical.types import list_names

# By what an annotation says, the attributes that it makes true.
Meanings: TypeAlias = Mapping[str, str | Sequence[str]]

# What this package writes, by attribute.
WRITTEN = {name: name.removeprefix("is_").title() for name in CONTEXT_ATTRIBUTES}
# A label, or a label and a value. Also as MACCROBAT, Chia, PHEE and n2c2 have them.
MEANINGS: Meanings = {
    **{label: name for name, label in WRITTEN.items()},
    **dict.fromkeys(
        ("Negation", "Has_negation", "POLARITY NEG", "Assertion absent"), "is_negated"
    ),
    **dict.fromkeys(
        (
            *("Uncertainty", "Speculation", "Speculated", "POLARITY UNCERTAIN"),
            *("POLARITY MAYBE_POS", "POLARITY MAYBE_NEG", "Assertion possible"),
        ),
        "is_uncertain",
    ),
    **dict.fromkeys(
        ("Conditional", "Assertion hypothetical", "Assertion conditional"),
        "is_hypothetical",
    ),
    "Assertion associated_with_someone_else": "is_family",
}
# The resource of ids that no vocabulary is known of: as it is written, and not read.
UNKNOWN_RESOURCE = "KB"
_FALSE = frozenset({"false", "no", "none", "0"})


def read_meanings(meanings: Meanings) -> dict[str, list[str]]:
    """Read what annotations mean; case makes no difference.

    RAISES ValueError: C860, at an attribute that there isn't.
    """
    read = {" ".join(k.lower().split()): list_names(v) for k, v in meanings.items()}
    for key, names in read.items():
        for name in names:
            if name not in CONTEXT_ATTRIBUTES:
                known = ", ".join(CONTEXT_ATTRIBUTES)
                raise CodedValueError(
                    Errors.C860.format(key=key, name=name, known=known)
                )
    return read


def find_attributes(
    annotations: BratAnnotations, meanings: Mapping[str, Sequence[str]]
) -> dict[str, set[str]]:
    """Find the attributes that are true, by the ids of spans.

    meanings: As `read_meanings` reads them.
    """
    triggers = _list_triggers(annotations)
    said = [(a.target, a.label, a.value) for a in annotations.attributes]
    # The first argument is what is spoken of.
    said += [
        (relation.arguments[0][1], relation.label, "")
        for relation in annotations.relations
        if relation.arguments[:1] and relation.arguments[0][0]
    ]
    found: dict[str, set[str]] = {}
    for target, label, value in said:
        names = meanings.get(f"{label} {value}".strip().lower(), ())
        if not names and value.lower() not in _FALSE:
            names = meanings.get(label.lower(), ())
        found.setdefault(triggers.get(target, target), set()).update(names)
    return found


def find_references(annotations: BratAnnotations) -> dict[str, list[str]]:
    """Find the references that normalize spans, by their ids, in the order of the file."""
    triggers = _list_triggers(annotations)
    found: dict[str, list[str]] = {}
    for one in annotations.normalizations:
        key = one.reference.removeprefix(f"{UNKNOWN_RESOURCE}:")
        found.setdefault(triggers.get(one.target, one.target), []).append(key)
    return found


def _list_triggers(annotations: BratAnnotations) -> dict[str, str]:
    """List the spans that stand for events."""
    return {event.id: event.arguments[0][1] for event in annotations.events}
