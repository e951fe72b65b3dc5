from spacy_clinical.forms.agreement import BEHIND, LEAST_SCORE, agree
from spacy_clinical.forms.labels import Labelled
from spacy_clinical.forms.linking import FormEntity, Link


def make(*items):
    """Parts and entities of labels, scores and places."""
    parts, entities = [], []
    for i, (label, score, x, y) in enumerate(items):
        parts.append(Labelled(i, i + 1, label, score))
        box = (float(x), float(y), float(x + 50), float(y + 10))
        entities.append(FormEntity(label, box, 1, "word", 10.0))
    return parts, entities


def test_what_agrees_stays_as_it_is():
    parts, entities = make(
        ("HEADER", 0.9, 0, 0), ("QUESTION", 0.4, 0, 20), ("ANSWER", 0.4, 60, 20)
    )
    links = [Link(1, 2, 0.8)]
    assert agree(parts, links, entities) == (parts, links)
    assert agree([], [], []) == ([], [])


def test_doubtful_answers_to_nothing_are_dropped():
    doubtful, sure = LEAST_SCORE - 0.01, LEAST_SCORE
    parts, entities = make(
        ("ANSWER", doubtful, 0, 0),
        ("QUESTION", 0.9, 0, 100),
        ("ANSWER", doubtful, 60, 100),
        ("ANSWER", sure, 0, 300),
    )
    kept, links = agree(parts, [Link(1, 2, 0.8)], entities)
    assert kept == parts[1:]
    # Links follow the parts.
    assert links == [Link(0, 1, 0.8)]


def test_a_header_with_an_answer_right_behind_it_is_a_question():
    parts, entities = make(
        ("HEADER", 0.6, 0, 0), ("ANSWER", 0.3, 60, 0), ("HEADER", 0.9, 0, 50)
    )
    [first, answer, last], links = agree(parts, [], entities)
    assert first == parts[0]._replace(label="QUESTION")
    assert (answer, last) == (parts[1], parts[2])
    assert links == [Link(0, 1, 0.7)]


def test_headers_far_from_an_answer_or_over_it_stay():
    far = 50 + 10 * BEHIND + 1
    parts, entities = make(("HEADER", 0.6, 0, 0), ("ANSWER", 0.9, far, 0))
    assert agree(parts, [], entities) == (parts, [])
    parts, entities = make(("HEADER", 0.6, 0, 0), ("ANSWER", 0.9, 0, 15))
    assert agree(parts, [], entities) == (parts, [])


def test_an_answer_with_a_question_leaves_headers_alone():
    parts, entities = make(
        ("QUESTION", 0.9, 0, 0), ("HEADER", 0.6, 60, 0), ("ANSWER", 0.9, 120, 0)
    )
    links = [Link(0, 2, 0.9)]
    assert agree(parts, links, entities) == (parts, links)


def test_the_nearest_header_is_asked_and_may_have_several_answers():
    parts, entities = make(
        ("HEADER", 0.5, 0, 0),
        ("HEADER", 0.5, 60, 0),
        ("ANSWER", 0.9, 120, 0),
        ("ANSWER", 0.9, 130, 2),
    )
    kept, links = agree(parts, [], entities)
    assert [part.label for part in kept] == ["HEADER", "QUESTION", "ANSWER", "ANSWER"]
    assert [link[:2] for link in links] == [(1, 2), (1, 3)]
