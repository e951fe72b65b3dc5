"""Records of answers."""

from collections.abc import Sequence
from typing import Any

from spacy.tokens import Doc

from spacy_clinical.extensions.attributes import section_of
from spacy_clinical.questions.places import Place


def make_answer(
    doc: Doc,
    name: str,
    question: str,
    places: Sequence[Place],
    *,
    null_score: float | None,
) -> dict[str, Any]:
    """Make the record of an answer; tokens of its places are found when it is read.

    name: Name of the question.
    question: Its words.
    places: The best answers; none for a question without an answer.
    null_score (0 to 1): The probability that there is no answer; None where the
        checkpoint doesn't say.
    RETURNS: Plain data. Without an answer, its text is "", and it has no places.
    """
    n_best = [_describe(doc, place) for place in places]
    nothing = {"text": "", "start_char": None, "end_char": None, "score": 0.0}
    record = {
        "question": name,
        "asked": question,
        **(n_best[0] if n_best else nothing),
        "null_score": null_score,
        "section": "",
        "sentence": None,
        "n_best": n_best,
    }
    if places:
        start = places[0].start
        section = section_of(doc, start)
        record["section"] = section.label_ if section is not None else ""
        if doc.has_annotation("SENT_START"):
            sentence = doc[start : places[0].end].sent
            record["sentence"] = {
                "start_char": sentence.start_char,
                "end_char": sentence.end_char,
            }
    return record


def _describe(doc: Doc, place: Place) -> dict[str, Any]:
    span = doc[place.start : place.end]
    return {
        "text": span.text,
        "start_char": span.start_char,
        "end_char": span.end_char,
        "score": place.score,
    }
