"""Labels of the parts of a form: headers, questions and answers."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from spacy.tokens import Doc

HEADER, QUESTION, ANSWER = "HEADER", "QUESTION", "ANSWER"
# SOURCE: FUNSD (Jaume et al. 2019), whose fourth label, "other", is left out here.
FORM_LABELS = (HEADER, QUESTION, ANSWER)


class Labelled(NamedTuple):
    """A part of a form.

    start, end (tokens): Half open.
    label: "HEADER", "QUESTION" or "ANSWER".
    score (0 to 1): How sure the rules or the model are.
    """

    start: int
    end: int
    label: str
    score: float


def join_parts(
    doc: Doc, parts: Sequence[Labelled], goes_on: Callable[[Labelled, Labelled], bool]
) -> list[Labelled]:
    """Join parts of several lines.

    parts: In the Doc's order.
    goes_on: Whether a part goes on in the next one, which has the same label and
        follows right after it in the Doc.
    """
    joined: list[Labelled] = []
    last: Labelled | None = None
    for part in parts:
        if (
            last is not None
            and last.label == part.label
            and all(token.is_space for token in doc[last.end : part.start])
            and goes_on(last, part)
        ):
            before = joined.pop()
            score = min(before.score, part.score)
            joined.append(Labelled(before.start, part.end, part.label, score))
        else:
            joined.append(part)
        last = part
    return joined
