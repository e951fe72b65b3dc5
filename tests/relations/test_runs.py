import numpy as np
import pytest
import spacy
from spacy.tokens import Span

from spacy_clinical.architectures.relation_input import build_nearest_head
from spacy_clinical.pipeline.relations import ClinicalRelations
from spacy_clinical.relations.decode import Cutoffs, decode_relations
from spacy_clinical.relations.runs import settle_runs
from tests.conftest import load_shipped

NAMES = {"Na", "K", "Cl", "Hgb", "T4"}
NLP = spacy.blank("en")
COMPONENT = ClinicalRelations(NLP, model=build_nearest_head())


def relate(text, *, score=0.9, shift=1):
    """Relate values as a head does that reads a line one step off."""
    words = text.split(" ")
    doc = spacy.tokens.Doc(NLP.vocab, words=words)
    doc.ents = [
        Span(doc, token.i, token.i + 1, label)
        for token in doc
        if (label := find_label(token.text))
    ]
    mentions, given = COMPONENT.read(doc, doc.ents)
    pairs = given.pairs
    scores = np.full(pairs.can_be.shape, 0.1, dtype="float32")
    for row, (first, second) in enumerate(zip(pairs.first, pairs.second, strict=True)):
        for column, (child, head) in enumerate(((first, second), (second, first))):
            if head == child + shift and column < pairs.can_be.shape[1]:
                scores[row, column] = score
    pairs, scores = settle_runs(
        doc.text, given.places, pairs, scores, COMPONENT.inventory
    )
    cutoffs = Cutoffs({"MODIFY": 0.4}, 0.8)
    found = decode_relations(scores, pairs, mentions, ["MODIFY"], cutoffs)
    return [
        tuple(doc.text[slice(*one[:2])] for one in (relation.child, relation.head))
        for relation in found
    ]


def find_label(word):
    if word in NAMES:
        return "Diagnostic_procedure"
    if word in ("aspirin", "iron"):
        return "Medication"
    if word == "mg10":
        return "Dosage"
    return "Lab_value" if word[0].isdigit() or word in ("high", "low") else ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Na 138 K 5.2 Cl 101", "Na 138 K 5.2 Cl 101"),
        ("Labs were Na 138 K 5.2 and more", "Na 138 K 5.2"),
        ("T4 1.2 K 5.2", "T4 1.2 K 5.2"),
        ("Na : 138 , K : 5.2 ; Cl : 101", "Na 138 K 5.2 Cl 101"),
        ("Na 138 K 5.2 Cl", "Na 138 K 5.2"),
        ("aspirin mg10 iron mg10", "aspirin mg10 iron mg10"),
    ],
)
def test_values_of_runs_belong_to_the_names_before_them(text, expected):
    words = expected.split()
    pairs = list(zip(words[1::2], words[::2], strict=False))
    assert relate(text) == pairs


@pytest.mark.parametrize(
    "text",
    [
        # One value is no run; values may come first; words are no numbers.
        "Na 138 K",
        "138 Na 5.2 K 101 Cl",
        "high Na low K",
        "Na high K low Cl",
        # Other words stand between, or the types change.
        "Na is 138 when K is 5.2 and Cl",
        "Na 138 aspirin mg10 Cl",
        "Na K 138 5.2 Cl",
    ],
)
def test_elsewhere_the_head_decides(text):
    with_rule = relate(text)
    values = [w for w in text.split() if find_label(w) in ("Lab_value", "Dosage")]
    for child, head in with_rule:
        words = [w for w in text.split() if find_label(w)]
        assert words.index(head) == words.index(child) + 1
        assert child in values


def test_what_the_head_leaves_out_is_related_too():
    expected = [("138", "Na"), ("5.2", "K"), ("101", "Cl")]
    assert relate("Na 138 K 5.2 Cl 101", score=0.1) == expected


def test_long_runs_stay_linear():
    found = relate("Na 138 " * 2000 + "Na")
    assert len(found) == 2000


def test_lines_of_values_are_related_by_the_shipped_head():
    doc = load_shipped()("Labs: Na 138 K 5.2 Cl 101 BUN 12.")
    found = {
        doc[one["child"]["start"]].text: doc[one["head"]["start"]].text
        for one in doc._.relations
        if one["label"] == "MODIFY"
    }
    assert found == {"138": "Na", "5.2": "K", "101": "Cl", "12": "BUN"}
