import csv

import spacy
from spacy.tokens import Span

from spacy_clinical.corpora.brat import BratCorpus
from spacy_clinical.corpora.standoff import read_brat
from spacy_clinical.export.brat import format_ann, write_brat
from spacy_clinical.export.docs import load_tokenizer, make_docs, set_note
from spacy_clinical.extensions.concept_attributes import set_concept
from spacy_clinical.types import Note
from tests.conftest import load_blank
from tests.export.made import (
    FINDINGS,
    RELATED_TEXT,
    list_records,
    load_assertion,
    load_relations,
    make_assessed,
    make_linked_doc,
)


def make_doc():
    doc = load_blank()("A rash on\nthe arm since May \U0001f915 .")
    doc.ents = [Span(doc, 1, 2, label="Sign"), Span(doc, 2, 6, label="Place")]
    return doc


def test_format_ann_is_read_back():
    doc = make_doc()
    [rash, arm] = read_brat(doc.text, format_ann(doc)).spans
    assert (rash.label, rash.fragments) == ("Sign", ((2, 6),))
    assert (arm.label, arm.fragments) == ("Place", ((7, 9), (10, 17)))


def test_format_ann_of_no_entities():
    assert format_ann(load_blank()("Nothing.")) == ""


def test_format_ann_trains(tmp_path):
    doc = make_doc()
    (tmp_path / "1.txt").write_text(doc.text, encoding="utf8")
    (tmp_path / "1.ann").write_text(format_ann(doc), encoding="utf8")
    [example] = BratCorpus(tmp_path, discontinuous="cover")(spacy.blank("en"))
    ents = [(e.text, e.label_) for e in example.reference.ents]
    assert ents == [(e.text, e.label_) for e in doc.ents]


def test_format_ann_takes_any_text_and_label():
    doc = load_blank()("a\tb \r\n\u2028 c")
    doc.ents = [Span(doc, 0, len(doc), label="Odd label/x")]
    assert format_ann(doc) == "T1\tOdd_label_x 0 1;2 3;8 9\ta b c\n"
    doc = load_blank()("\n\n")
    doc.ents = [Span(doc, 0, 1, label="X")]
    assert format_ann(doc) == ""


def test_a_folder_is_read_back(tmp_path):
    records = list_records()
    docs = list(make_docs(records, load_tokenizer()))
    assert write_brat(docs, tmp_path / "out") == len(docs)
    with (tmp_path / "out" / "names.csv").open(encoding="utf8", newline="") as table:
        rows = list(csv.DictReader(table))
    assert [row["id"] for row in rows] == [record["id"] for record in records]
    assert len({row["name"] for row in rows}) == len(rows)
    corpus = BratCorpus(tmp_path / "out", discontinuous="cover")
    for row, doc in zip(rows, docs, strict=True):
        read = corpus.read_doc(
            load_tokenizer(), tmp_path / "out" / f"{row['name']}.txt"
        )
        assert read.text == doc.text
        ents = [(e.start, e.end, e.label_) for e in read.ents]
        assert ents == [(e.start, e.end, e.label_) for e in doc.ents]
    for path in (tmp_path / "out").iterdir():
        assert path.stat().st_mode & 0o077 == 0
    types = (tmp_path / "out" / "annotation.conf").read_text("utf8").splitlines()
    assert types[0] == "[entities]"
    assert "Sign_symptom" in types


def test_names_are_no_options_and_ids_no_formulas(tmp_path):
    ids = ["-rf", "=1+1", ".x"]
    docs = [make_doc() for _ in ids]
    for doc, note_id in zip(docs, ids, strict=True):
        set_note(doc, Note(note_id, doc.text, {}, "@x"))
    write_brat(docs, tmp_path / "out")
    with (tmp_path / "out" / "names.csv").open(encoding="utf8", newline="") as table:
        rows = list(csv.reader(table))[1:]
    assert rows == [
        ["rf", "'-rf", "'@x"],
        ["1_1", "'=1+1", "'@x"],
        ["x", ".x", "'@x"],
    ]


def test_names_are_safe_and_differ(tmp_path):
    ids = ["../a", "a", "a/b c", "\U0001f915", "", "a", "n" * 300, "a-2", "."]
    docs = [make_doc() for _ in ids]
    for doc, note_id in zip(docs, ids, strict=True):
        set_note(doc, Note(note_id, doc.text, {}, "x"))
    write_brat(docs, tmp_path / "out")
    names = (tmp_path / "out" / "names.csv").read_text("utf8").splitlines()[1:]
    assert [line.split(",")[0] for line in names] == [
        *("a", "a-2", "a_b_c", "note", "note-2", "a-3", "n" * 100, "a-2-2", "note-3")
    ]
    assert len(list(tmp_path.iterdir())) == 1
    write_brat(docs, tmp_path / "again")
    assert (tmp_path / "again" / "names.csv").read_text("utf8").splitlines()[
        1:
    ] == names


def test_what_holds_is_written_and_read_back(tmp_path):
    docs = list(make_docs([make_assessed()], load_tokenizer()))
    write_brat(docs, tmp_path / "out")
    lines = (tmp_path / "out" / "n1.ann").read_text("utf8").splitlines()
    assert lines[6:] == [
        "A1\tNegated T2",
        "A2\tUncertain T3",
        "A3\tFamily T4",
        "A4\tHistorical T5",
        "A5\tHypothetical T6",
    ]
    types = (tmp_path / "out" / "annotation.conf").read_text("utf8").splitlines()
    assert "Negated\tArg:<ENTITY>" in types[types.index("[attributes]") :]
    [example] = BratCorpus(tmp_path / "out")(load_assertion())
    found = {
        ent.text: {k for k, v in ent._.context_attributes.items() if v}
        for ent in example.reference.ents
    }
    assert found == FINDINGS


def test_concepts_are_written_and_read_back(tmp_path):
    doc = make_linked_doc()
    lines = format_ann(doc).splitlines()
    assert [line for line in lines if line[0] == "N"] == [
        "N1\tReference T1 MONDO:0005249\tpneumonia",
        "N2\tReference T3 MONDO:0007254\tbreast cancer",
        "N3\tReference T3 MONDO:0008170\tovarian cancer",
        "N4\tReference T4 RXNORM:1191\tAspirin",
    ]
    write_brat([doc], tmp_path / "out")
    corpus = BratCorpus(tmp_path / "out", discontinuous="cover")
    [example] = corpus(spacy.blank("en"))
    for spans in (example.reference.ents, example.reference.spans["ner"]):
        assert [(span.text, span.kb_id_) for span in spans] == [
            ("pneumonia", "MONDO:0005249"),
            ("fever", ""),
            ("breast and ovarian cancer", "MONDO:0007254"),
            ("aspirin", "RXNORM:1191"),
        ]
    assert example.reference.ents[2]._.kb_ents == [
        ("MONDO:0007254", 1.0),
        ("MONDO:0008170", 1.0),
    ]
    # Nothing of it is there to be copied by a pipeline.
    assert not example.predicted.ents


def test_ids_without_a_vocabulary_are_read_back_as_they_were(tmp_path):
    doc = make_doc()
    ents = list(doc.ents)
    ents[0].kb_id_ = "D003110|D000230"
    doc.ents = ents
    line = "N1\tReference T1 KB:D003110|D000230\tD003110|D000230"
    assert line in format_ann(doc).splitlines()
    write_brat([doc], tmp_path / "out")
    [example] = BratCorpus(tmp_path / "out", discontinuous="cover")(load_blank())
    assert [ent.kb_id_ for ent in example.reference.ents] == ["D003110|D000230", ""]


def test_no_name_and_no_id_breaks_a_line():
    doc = make_doc()
    concept = {"id": "a b\n\x00\u2028c", "name": "x\r\ny\tz", "vocabulary": "o k\n:"}
    set_concept(doc.ents[0], [], concept)
    [line] = [row for row in format_ann(doc).splitlines() if row[0] == "N"]
    assert line == "N1\tReference T1 O_K_:a_b_c\tx y z"
    [one] = read_brat(doc.text, format_ann(doc)).normalizations
    assert one.reference == "O_K_:a_b_c"
    set_concept(doc.ents[0], [], {"id": "C1", "name": ""})
    [one] = read_brat(doc.text, format_ann(doc)).normalizations
    assert (one.reference, one.name) == ("KB:C1", "C1")


def list_pairs(doc):
    return {
        (
            row["label"],
            *(row[side][name] for side in ("head", "child") for name in PLACE),
        )
        for row in doc._.relations
    }


PLACE = ("label", "start_char", "end_char")


def test_relations_are_written_and_read_back(tmp_path):
    doc = load_relations()(RELATED_TEXT)
    assert doc._.relations
    write_brat([doc], tmp_path / "out")
    conf = (tmp_path / "out" / "annotation.conf").read_text("utf8")
    assert "[relations]\nMODIFY\tArg1:<ENTITY>, Arg2:<ENTITY>\n" in conf
    [example] = BratCorpus(tmp_path / "out", discontinuous="cover")(load_relations())
    assert list_pairs(example.reference) == list_pairs(doc)


def test_relations_of_other_spans_are_left_out_and_no_label_breaks_a_line():
    doc = load_relations()("left knee pain")
    sides = [
        {"label": ent.label_, "start_char": ent.start_char, "end_char": ent.end_char}
        for ent in doc.ents
    ]
    other = {**sides[0], "end_char": 1}
    doc._.relations = [
        {"label": "a\nT9\tb", "head": sides[1], "child": sides[0], "score": 1.0},
        {"label": "MODIFY", "head": sides[1], "child": other, "score": 1.0},
    ]
    lines = format_ann(doc).splitlines()
    assert [line for line in lines if line[0] == "R"] == ["R1\ta_T9_b Arg1:T1 Arg2:T2"]
    [relation] = read_brat(doc.text, format_ann(doc)).relations
    assert relation.label == "a_T9_b"
