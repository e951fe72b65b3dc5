"""Pairs of names from vocabularies."""

import itertools

import pytest
import spacy

from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.corpora.synonyms import SynonymCorpus

TEXT = """\
id,name,synonyms,type
D:1,asthma,Asthma|bronchial asthma|asthma  bronchiale,disease
D:2,fever,pyrexia,disease
D:3,digoxin,Lanoxin,drug
D:4,alone,,disease
D:5,\u5fc3\u4e0d\u5168,\u5fc3\u81d3,disease
"""


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("names")
    (folder / "names.csv").write_text(TEXT, encoding="utf8")
    build_vocabulary([folder / "names.csv"], folder / "made")
    return folder / "made"


def read(vocabulary, **settings):
    corpus = SynonymCorpus(vocabulary, **settings)
    return list(corpus(spacy.blank("en")))


def list_pairs(examples):
    return {
        (
            *sorted(ent.text.lower() for ent in eg.reference.ents),
            eg.reference.ents[0].kb_id_,
        )
        for eg in examples
    }


def test_each_two_names_of_a_concept_are_a_pair(vocabulary):
    examples = read(vocabulary)
    assert list_pairs(examples) == {
        ("asthma", "bronchial asthma", "D:1"),
        ("asthma", "asthma bronchiale", "D:1"),
        ("asthma bronchiale", "bronchial asthma", "D:1"),
        ("fever", "pyrexia", "D:2"),
        ("digoxin", "lanoxin", "D:3"),
        ("\u5fc3\u4e0d\u5168", "\u5fc3\u81d3", "D:5"),
    }
    for eg in examples:
        assert len({ent.kb_id_ for ent in eg.reference.ents}) == 1
        assert not eg.predicted.ents
        assert eg.predicted.text == eg.reference.text


def test_settings(vocabulary):
    assert {key for *_, key in list_pairs(read(vocabulary, types="drug"))} == {"D:3"}
    assert len(read(vocabulary, max_pairs=1)) == 4
    assert {key for *_, key in list_pairs(read(vocabulary, limit=2))} == {"D:1", "D:2"}


def test_order_changes_with_each_iteration_and_is_seeded(vocabulary):
    nlp = spacy.blank("en")
    one, other = SynonymCorpus(vocabulary, seed=3), SynonymCorpus(vocabulary, seed=3)
    orders = [[eg.reference.text for eg in one(nlp)] for _ in range(5)]
    assert orders == [[eg.reference.text for eg in other(nlp)] for _ in range(5)]
    assert any(a != b for a, b in itertools.pairwise(orders))
    plain = SynonymCorpus(vocabulary, shuffle=False)
    assert len({tuple(eg.reference.text for eg in plain(nlp)) for _ in range(3)}) == 1


@pytest.mark.parametrize(
    "settings", [{"max_pairs": 0}, {"limit": -1}, {"types": "no such type"}]
)
def test_refuses_what_gives_no_pairs(vocabulary, settings):
    with pytest.raises(ValueError, match="C927"):
        read(vocabulary, **settings)


def test_needs_a_vocabulary(tmp_path):
    with pytest.raises(ValueError, match=r"C927.*none is given"):
        SynonymCorpus(None)
    with pytest.raises(FileNotFoundError, match="C909"):
        read(tmp_path / "none")
