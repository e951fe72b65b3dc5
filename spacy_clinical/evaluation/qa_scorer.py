import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from spacy.training import Example

ARTICLES = re.compile(r"\b(a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)


class Row(NamedTuple):
    """The scores of a question.

    name: Its name.
    has_answer: Whether it has a gold answer.
    em, f (0 to 1): Exact match, and F1 of its words.
    """

    name: str
    has_answer: bool
    em: float
    f: float


def make_qa_scorer() -> Callable[..., dict[str, Any]]:
    """Construct the scorer of `clinical_qa`."""
    return score_answers


def score_answers(examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
    """Score answers as SQuAD's official script does, each question by itself.

    A question that wasn't asked counts 0. Of several gold answers, the best match counts.

    RETURNS: qa_em and qa_f, the means of exact match and F1 (0 to 1) over questions;
        qa_has_answer_em and _f of those that have an answer, and qa_no_answer_em and _f
        of the others; qa_per_question, both by the names that several Docs have.
    SOURCE: Rajpurkar et al. 2018, Know What You Don't Know; evaluate-v2.0.py, which for
        questions with answers gives the same as evaluate-v1.1.py.
    """
    rows: list[Row] = []
    for eg in examples:
        found = {one["question"]: one["text"] for one in eg.predicted._.answers}
        for one in eg.reference._.answers:
            gold, text = list_gold(one), found.get(one["question"])
            scores = (0.0, 0.0) if text is None else score_text(text, gold)
            rows.append(Row(one["question"], gold != [""], *scores))
    by_name: dict[str, list[Row]] = {}
    for row in rows:
        by_name.setdefault(row.name, []).append(row)
    return {
        **_average("qa", rows),
        **_average("qa_has_answer", [row for row in rows if row.has_answer]),
        **_average("qa_no_answer", [row for row in rows if not row.has_answer]),
        "qa_per_question": {
            name: {**_average("", some), "n": len(some)}
            for name, some in by_name.items()
            if len(some) > 1
        },
    }


def _average(prefix: str, rows: Sequence[Row]) -> dict[str, float | None]:
    sums = {"em": sum(row.em for row in rows), "f": sum(row.f for row in rows)}
    return {
        f"{prefix}_{name}".lstrip("_"): total / len(rows) if rows else None
        for name, total in sums.items()
    }


def list_gold(record: dict[str, Any]) -> list[str]:
    """List the gold answers of a record that have words; [""] if there is none."""
    texts = [one["text"] for one in record.get("n_best", ())] or [record["text"]]
    return [text for text in texts if normalize_answer(text)] or [""]


def score_text(text: str, gold: Sequence[str]) -> tuple[float, float]:
    """Compute exact match and F1 of an answer; the best over gold answers."""
    em = max(float(normalize_answer(text) == normalize_answer(one)) for one in gold)
    return em, max(find_f(text, one) for one in gold)


def normalize_answer(text: str) -> str:
    """Lower-case a text, without punctuation, articles and double spaces."""
    return " ".join(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())


def find_f(text: str, gold: str) -> float:
    """Compute the F1 of the words of an answer; 0 or 1 if one of the two has none."""
    words, gold_words = (normalize_answer(one).split() for one in (text, gold))
    if not words or not gold_words:
        return float(words == gold_words)
    n_same = sum((Counter(words) & Counter(gold_words)).values())
    if not n_same:
        return 0.0
    precision, recall = n_same / len(words), n_same / len(gold_words)
    return 2 * precision * recall / (precision + recall)
