import pytest
import spacy
from spacy.tokens import Span
from spacy.training import Example

from spacy_clinical.evaluation.linker_scorer import is_right, list_gold, score_links
from spacy_clinical.extensions.concept_attributes import set_concept


def make_example(rows):
    """Make an example of entities: gold id, and the ids that were found."""
    nlp = spacy.blank("en")
    text = " ".join("x" * len(rows))
    gold, found = nlp.make_doc(text), nlp.make_doc(text)
    gold.ents = [
        Span(gold, i, i + 1, label="D", kb_id=key) for i, (key, _) in enumerate(rows)
    ]
    spans = []
    for i, (_, ids) in enumerate(rows):
        best = ids[0] if ids else ""
        span = Span(found, i, i + 1, label="D", kb_id=best)
        set_concept(span, [(key, 0.5) for key in ids], {"id": best} if best else None)
        spans.append(span)
    found.ents = spans
    return Example(found, gold)


def test_scores_links():
    scores = score_links(
        [
            make_example(
                [
                    ("D1", ["D1", "D2"]),
                    ("MESH:D2", ["D1", "D2"]),
                    ("D3|D4", ["D4"]),
                    ("D5", []),
                    ("-1", []),
                    ("-1", ["D1"]),
                ]
            )
        ]
    )
    assert scores["linker_acc"] == 2 / 4
    assert scores["linker_acc_5"] == 3 / 4
    assert (scores["linker_nil_p"], scores["linker_nil_r"]) == (1 / 2, 1 / 2)
    assert scores["linker_per_type"]["D"] == {"acc": 0.5, "acc_5": 0.75, "n": 4}


def test_needs_all_of_a_composite():
    assert is_right("D1+D2", {"D1", "D2"})
    assert not is_right("D1+D2", {"D1"})
    assert is_right("D1|D2", {"D2"})
    assert list_gold("MESH:D1|OMIM:2") == ["D1", "OMIM:2"]


def test_references_without_ids_are_not_scored():
    scores = score_links([make_example([("", ["D1"])])])
    assert scores["linker_acc"] is None
    assert scores["linker_nil_f"] is None


@pytest.mark.parametrize("examples", [[], [make_example([])]])
def test_nothing_to_score(examples):
    assert score_links(examples)["linker_acc"] is None
