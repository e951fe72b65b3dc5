import spacy
from spacy.tokens import Span

from spacy_clinical.brat import read_brat
from spacy_clinical.export.brat import format_ann
from spacy_clinical.readers import BratCorpus


def make_doc():
    doc = spacy.blank("en")("A rash on\nthe arm since May \U0001f915 .")
    doc.ents = [Span(doc, 1, 2, label="Sign"), Span(doc, 2, 6, label="Place")]
    return doc


def test_format_ann_is_read_back():
    doc = make_doc()
    [rash, arm] = read_brat(doc.text, format_ann(doc)).spans
    assert (rash.label, rash.fragments) == ("Sign", ((2, 6),))
    assert (arm.label, arm.fragments) == ("Place", ((7, 9), (10, 17)))


def test_format_ann_of_no_entities():
    assert format_ann(spacy.blank("en")("Nothing.")) == ""


def test_format_ann_trains(tmp_path):
    doc = make_doc()
    (tmp_path / "1.txt").write_text(doc.text, encoding="utf8")
    (tmp_path / "1.ann").write_text(format_ann(doc), encoding="utf8")
    [example] = BratCorpus(tmp_path, discontinuous="cover")(spacy.blank("en"))
    ents = [(e.text, e.label_) for e in example.reference.ents]
    assert ents == [(e.text, e.label_) for e in doc.ents]
