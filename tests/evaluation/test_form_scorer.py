from spacy.tokens import Span, SpanGroup
from spacy.training import Example

from spacy_clinical.evaluation.form_scorer import make_form_scorer
from tests.conftest import load_blank


def make_doc(parts, links):
    doc = load_blank()("Name : Jane Roe Age : 63")
    spans = [Span(doc, start, end, label=label) for start, end, label in parts]
    doc.spans["form"] = SpanGroup(doc, spans=spans, attrs={"links": links})
    return doc


GOLD = [(0, 2, "QUESTION"), (2, 4, "ANSWER"), (4, 6, "QUESTION"), (6, 7, "ANSWER")]


def score(found, links, *, gold=GOLD):
    reference = make_doc(gold, [[0, 1], [2, 3]])
    return make_form_scorer()([Example(make_doc(found, links), reference)])


def test_all_right():
    scores = score(GOLD, [[0, 1], [2, 3]])
    assert (scores["form_f"], scores["form_links_f"]) == (1.0, 1.0)
    assert scores["form_per_type"]["ANSWER"]["r"] == 1.0


def test_borders_and_labels_must_be_exact():
    found = [(0, 2, "QUESTION"), (2, 3, "ANSWER"), (4, 6, "ANSWER"), (6, 7, "ANSWER")]
    scores = score(found, [[0, 1], [2, 3]])
    assert (scores["form_p"], scores["form_r"]) == (0.5, 0.5)
    # The second link's borders are right, whatever its parts are called.
    assert scores["form_links_f"] == 0.5


def test_missing_links_are_missed():
    scores = score(GOLD, [[0, 1]])
    assert (scores["form_links_p"], scores["form_links_r"]) == (1.0, 0.5)
    scores = score([], [])
    assert (scores["form_p"], scores["form_r"], scores["form_links_f"]) == (0, 0, 0)


def test_docs_without_annotations_do_not_count():
    doc = load_blank()("Name : Jane")
    scores = make_form_scorer()([Example(make_doc(GOLD, []), doc)])
    assert scores["form_f"] == 0
    assert scores["form_per_type"] == {}
