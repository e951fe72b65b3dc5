import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Corpus, Example

from spacy_clinical.corpora.partial import PartialCorpus
from spacy_clinical.extensions.partial_labels import get_partial_labels
from tests.conftest import doc_from_markup

LABELS = {"Chemical": "Medication", "Disease": ["Disease_disorder", "Sign_symptom"]}
TEXT = "<Chemical>Aspirin</Chemical> for <Disease>chest pain</Disease> in <Place>Rome</Place>"


@pytest.fixture
def nlp():
    return spacy.blank("en")


def read_one(nlp):
    doc = doc_from_markup(nlp, TEXT)
    yield Example(nlp.make_doc(doc.text), doc)


def test_labels_are_those_of_the_model(nlp):
    [example] = PartialCorpus(read_one, labels=LABELS, weight=0.5)(nlp)
    assert [(e.text, e.label_) for e in example.reference.ents] == [
        ("Aspirin", "Medication"),
        ("chest pain", "Disease_disorder"),
    ]
    # Nothing is said of what the corpus calls a place.
    assert example.get_aligned_ner()[-1] is None
    partial = get_partial_labels(example.reference)
    assert partial.types == {
        "Medication": ("Medication",),
        "Disease_disorder": ("Disease_disorder", "Sign_symptom"),
    }
    assert partial.known == {"Medication", "Disease_disorder", "Sign_symptom"}
    assert (partial.borders, partial.weight) == ("exact", 0.5)
    [example] = PartialCorpus(read_one, labels=LABELS, known=[], borders="last")(nlp)
    partial = get_partial_labels(example.reference)
    assert (partial.borders, partial.known, partial.weight) == ("last", frozenset(), 1)


def test_what_was_unknown_stays_unknown(nlp):
    def read(nlp):
        doc = nlp.make_doc("aspirin and more")
        doc.set_ents([], missing=[doc[1:3]], default="outside")
        yield Example(nlp.make_doc(doc.text), doc)

    [example] = PartialCorpus(read, labels=LABELS)(nlp)
    assert example.get_aligned_ner() == ["O", None, None]


def test_survives_saving(nlp):
    [example] = PartialCorpus(read_one, labels=LABELS)(nlp)
    doc = Doc(nlp.vocab).from_bytes(example.reference.to_bytes())
    assert get_partial_labels(doc) == get_partial_labels(example.reference)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"labels": {"A": []}}, "C870"),
        ({"labels": {"A": ["X"], "B": ["X", "Y"]}}, "C871"),
        ({"labels": {"A": ["X"]}, "weight": 0}, "C872"),
        ({"labels": {"A": ["X"]}, "weight": float("nan")}, "C872"),
    ],
)
def test_settings_that_cant_be_used_are_refused(settings, code):
    with pytest.raises(ValueError, match=code):
        PartialCorpus(Corpus("x"), **settings)


def test_works_in_a_config(nlp, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("1|t|Aspirin\n1|a|helps.\n1\t0\t7\tAspirin\tChemical\tD1\n")
    config = {
        "train": {
            "@readers": "spacy-clinical.PartialCorpus.v1",
            "corpus": {
                "@readers": "spacy-clinical.PubTatorCorpus.v1",
                "path": str(path),
            },
            "labels": LABELS,
        }
    }
    [example] = spacy.util.registry.resolve(config)["train"](nlp)
    assert [e.label_ for e in example.reference.ents] == ["Medication"]
