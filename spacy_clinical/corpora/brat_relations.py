"""Relations of BRAT files as records of `doc._.relations`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from spacy.tokens import Span

from spacy_clinical.corpora.standoff import BratAnnotations


def list_relations(
    annotations: BratAnnotations,
    spans: Mapping[str, Span],
    labels: Sequence[str] | None,
    *,
    equivalences: bool,
) -> list[dict[str, Any]]:
    """List the relations of a file as records. Arguments that are events become their
    triggers; relations with other arguments are left out.

    spans: By the ids of the file.
    labels: Of the relations to list; None for all.
    equivalences: Whether a member of an equivalence is related to the one before it in
        the text.
    """
    triggers = {event.id: event.arguments[0][1] for event in annotations.events}

    def find(target: str) -> Span | None:
        return spans.get(triggers.get(target, target))

    found: dict[tuple[str, Span, Span], None] = {}
    for relation in annotations.relations:
        if labels is not None and relation.label not in labels:
            continue
        members = [find(target) for _, target in relation.arguments]
        some = [span for span in members if span is not None]
        if not relation.arguments[:1] or not relation.arguments[0][0]:
            pairs = _chain(some) if equivalences else []
        else:
            pairs = [(some[0], some[1])] if len(some) == len(members) == 2 else []
        found.update(
            dict.fromkeys(
                (relation.label, child, head) for child, head in pairs if child != head
            )
        )
    return [
        {
            "label": label,
            "head": _describe(head),
            "child": _describe(child),
            "score": 1.0,
        }
        for label, child, head in found
    ]


def _chain(spans: Iterable[Span]) -> Iterator[tuple[Span, Span]]:
    ordered = sorted(spans, key=lambda span: (span.start_char, span.end_char))
    return pairwise(ordered)


def _describe(span: Span) -> dict[str, Any]:
    return {
        "label": span.label_,
        "start_char": span.start_char,
        "end_char": span.end_char,
    }
