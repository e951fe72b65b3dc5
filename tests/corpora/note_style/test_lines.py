from spacy.training import Example

from spacy_clinical.concepts.abbreviations import load_abbreviations
from spacy_clinical.corpora.note_style.lines import list_labels
from spacy_clinical.corpora.note_style.swaps import list_short_names
from tests.conftest import doc_from_markup
from tests.corpora.note_style.conftest import make_augmenter, make_example


def test_labels_of_other_corpora_count_as_the_same_types():
    assert list_labels({"Disease", "Severity"}) == {
        "Disease_disorder": "Disease",
        "Severity": "Severity",
    }


def make_many(nlp, example, n=40, **settings):
    augmenter = make_augmenter(lines=1.0, **settings)
    return [made for _ in range(n) for made in augmenter(nlp, example)]


def test_lines_of_short_forms_have_labels_that_the_corpus_has(clinical):
    names = list_short_names(load_abbreviations())
    example = make_example(clinical, "Has <Disease>gout</Disease>.\nOK.")
    for made in make_many(clinical, example):
        doc = made.reference
        assert "Has gout.\nOK." in doc.text
        assert doc.text != "Has gout.\nOK."
        assert made.predicted.text == doc.text
        assert not made.predicted.ents
        assert {ent.label_ for ent in doc.ents} == {"Disease"}
        new = [ent.text for ent in doc.ents if ent.text != "gout"]
        assert len(new) == len(doc.ents) - 1 > 0
        assert set(new) <= set(names["Disease"])
        # What is between them is no entity, and the lines of the text stay its own.
        assert doc.text.startswith("Has gout.\nOK.\n") or doc.text.endswith(
            "\nHas gout.\nOK."
        )


def test_lines_follow_the_labels_of_several_types(clinical):
    markup = (
        "<Medication>iron</Medication> for <Disease_disorder>gout</Disease_disorder>"
    )
    labels, starts = set(), set()
    for made in make_many(clinical, make_example(clinical, markup)):
        labels.update(ent.label_ for ent in made.reference.ents)
        starts.add(made.reference.text.split()[0])
    assert labels == {"Medication", "Disease_disorder"}
    assert len(starts) > 5


def test_names_are_in_lines_too(clinical, tmp_path):
    (tmp_path / "names.txt").write_text("fifth disease\n", encoding="utf8")
    names = {"Disease_disorder": str(tmp_path / "names.txt")}
    example = make_example(clinical, "<Disease_disorder>gout</Disease_disorder>")
    made = make_many(clinical, example, names=names)
    assert any("fifth disease" in [e.text for e in eg.reference.ents] for eg in made)


def test_groups_that_have_all_entities_get_the_new_ones(clinical):
    doc = doc_from_markup(clinical, "Has <Sign_symptom>fever</Sign_symptom>.")
    doc.spans["ner"] = list(doc.ents)
    doc.spans["other"] = [doc[0:1]]
    for made in make_many(clinical, Example(clinical.make_doc(doc.text), doc), n=5):
        new = made.reference
        assert sorted(e.text for e in new.spans["ner"]) == sorted(
            e.text for e in new.ents
        )
        assert len(new.spans["ner"]) > 1
        assert [span.text for span in new.spans["other"]] == ["Has"]


def test_texts_without_entities_or_with_categories_get_none(clinical):
    plain = clinical.make_doc("Has gout.")
    coded = doc_from_markup(clinical, "Has <Disease>gout</Disease>.")
    coded.cats = {"274": 1.0}
    augmenter = make_augmenter(lines=1.0, swap_short=1.0)
    list(augmenter(clinical, make_example(clinical, "<Disease>gout</Disease>")))
    for doc in (plain, coded):
        example = Example(clinical.make_doc(doc.text), doc)
        assert list(augmenter(clinical, example)) == [example]
