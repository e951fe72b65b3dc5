import warnings

import pytest
import spacy
from spacy.tokens import DocBin, Span
from spacy.util import registry

from spacy_clinical.corpora.brat import (
    BratCorpus,
    cut_at_lines,
    flatten_spans,
)
from spacy_clinical.corpora.standoff import (
    BratAttribute,
    BratNormalization,
    BratRelation,
    BratSpan,
    read_brat,
)
from tests.conftest import find_corpus

TEXT = "Severe chest pain.\nNo left or right arm pain.\n"
ANNOTATIONS = """\
T1	Severity 0 6	Severe
T2	Sign_symptom 7 17	chest pain
E1	Sign_symptom:T2 Where:T3
T3	Biological_structure 7 12	chest
T4	Sign_symptom 22 26;36 44	left arm pain
A1	POLARITY T4 NEG
M2	UNCERTAIN E1
R1	MODIFY Arg1:T1 Arg2:E1
*	OVERLAP T2 T3
#1	AnnotatorNotes T1	free text
N1	Reference T1 UMLS:C1	severe
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf8")
    (tmp_path / "a.ann").write_text(ANNOTATIONS, encoding="utf8")
    return tmp_path


def test_read_brat_keeps_everything():
    read = read_brat(TEXT, ANNOTATIONS)
    assert read.spans == [
        BratSpan("T1", "Severity", ((0, 6),)),
        BratSpan("T2", "Sign_symptom", ((7, 17),)),
        BratSpan("T3", "Biological_structure", ((7, 12),)),
        BratSpan("T4", "Sign_symptom", ((22, 26), (36, 44))),
    ]
    arguments = (("Sign_symptom", "T2"), ("Where", "T3"))
    assert read.events == [BratRelation("E1", "Sign_symptom", arguments)]
    assert read.relations == [
        BratRelation("R1", "MODIFY", (("Arg1", "T1"), ("Arg2", "E1"))),
        BratRelation("*", "OVERLAP", (("", "T2"), ("", "T3"))),
    ]
    assert read.attributes == [
        BratAttribute("A1", "POLARITY", "T4", "NEG"),
        BratAttribute("M2", "UNCERTAIN", "E1", ""),
    ]
    assert read.normalizations == [
        BratNormalization("N1", "Reference", "T1", "UMLS:C1", "severe")
    ]


def test_read_brat_takes_windows_line_ends_and_no_text_column():
    read = read_brat(TEXT, "T1\tSeverity 0 6\r\n\r\nT2\tA 14 21\tain. No\r\n")
    assert [span.fragments for span in read.spans] == [((0, 6),), ((14, 21),)]


@pytest.mark.parametrize(
    "line",
    [
        "X1	What 0 6	Severe",
        "T1",
        "T1	Severity	Severe",
        "T1	Severity 0	Severe",
        "T1	Severity a b	Severe",
        "R1	MODIFY Arg1 Arg2",
        "A1	POLARITY",
    ],
)
def test_read_brat_names_the_line_it_cannot_read(line):
    with pytest.raises(ValueError, match=r"\[C206\].*line 2 of 'x\.ann'"):
        read_brat(TEXT, f"\n{line}\n", name="x.ann")


@pytest.mark.parametrize(
    "line",
    [
        "T1	Severity 0 99	Severe",
        "T1	Severity -1 6	Severe",
        "T1	Severity 6 6	",
        "T1	Severity 1 7	Severe",
    ],
)
def test_read_brat_refuses_misplaced_spans_without_quoting(line):
    with pytest.raises(ValueError, match=r"\[C207\].*line 1") as caught:
        read_brat(TEXT, line)
    assert "evere" not in str(caught.value)


def group_of(example):
    group = example.reference.spans["ner"]
    return [(span.id_, span.label_, span.text) for span in group]


def test_corpus_reads_spans_and_entities(nlp, folder):
    (example,) = BratCorpus(folder)(nlp)
    assert group_of(example) == [
        ("T1", "Severity", "Severe"),
        ("T2", "Sign_symptom", "chest pain"),
        ("T3", "Biological_structure", "chest"),
        ("T4", "Sign_symptom", "left"),
        ("T4", "Sign_symptom", "arm pain"),
    ]
    ents = [ent.text for ent in example.reference.ents]
    assert ents == ["Severe", "chest pain", "left", "arm pain"]
    assert example.predicted.text == TEXT
    assert not example.predicted.ents
    assert not example.predicted.spans


def test_corpus_keeps_the_rest_as_data_that_survives(nlp, folder):
    (example,) = BratCorpus(folder)(nlp)
    docs = DocBin(docs=[example.reference]).get_docs(nlp.vocab)
    attrs = next(docs).spans["ner"].attrs
    assert attrs["attributes"][0] == {
        "id": "A1",
        "label": "POLARITY",
        "target": "T4",
        "value": "NEG",
    }
    assert [len(attrs[key]) for key in ("events", "relations")] == [1, 2]


def test_corpus_settings(nlp, folder):
    corpus = BratCorpus(folder, spans_key="gold", flatten=None, discontinuous="cover")
    (example,) = corpus(nlp)
    texts = [span.text for span in example.reference.spans["gold"]]
    assert texts[-1] == "left or right arm pain"
    assert not example.reference.ents


def test_corpus_extends_spans_to_tokens_and_says_so(nlp, tmp_path):
    (tmp_path / "a.txt").write_text("afebrile today \n", encoding="utf8")
    (tmp_path / "a.ann").write_text(
        "T1\tSign_symptom 3 4\tb\nT2\tDate 9 16\ttoday\n", encoding="utf8"
    )
    with pytest.warns(UserWarning, match=r"\[W201\] 1 of 2 spans"):
        (example,) = BratCorpus(tmp_path)(nlp)
    assert [text for _, _, text in group_of(example)] == ["afebrile", "today"]
    assert example.reference.spans["ner"].attrs["n_extended"] == 1


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("longest", ["a b", "c d e f"]), ("first", ["a b", "c d", "e f g"])],
)
def test_flatten_spans(nlp, policy, expected):
    doc = nlp.make_doc("a b c d e f g")
    places = [(2, 4), (0, 1), (0, 2), (2, 3), (2, 6), (4, 7)]
    spans = [doc[start:end] for start, end in places]
    if policy == "first":
        spans.remove(doc[2:6])
    assert [span.text for span in flatten_spans(spans, policy)] == expected


def test_flatten_spans_keeps_the_first_of_equals(nlp):
    doc = nlp.make_doc("a b")
    spans = [doc.char_span(0, 3, label=label) for label in ("X", "Y")]
    assert [span.label_ for span in flatten_spans(spans, "longest")] == ["X"]


def write_many(folder, n):
    for i in range(n):
        sub = folder / f"part{i % 2}"
        sub.mkdir(exist_ok=True)
        (sub / f"{i}.txt").write_text(f"note {i}", encoding="utf8")
        (sub / f"{i}.ann").write_text("", encoding="utf8")


def test_corpus_limit_shuffle_and_augmenter(nlp, tmp_path):
    write_many(tmp_path, 8)

    def read(**settings):
        corpus = BratCorpus(tmp_path, **settings)
        return [example.reference.text for example in corpus(nlp)]

    in_order = [f"note {i}" for i in (0, 2, 4, 6, 1, 3, 5, 7)]
    assert read() == in_order
    assert read(limit=3) == in_order[:3]
    orders = [read(shuffle=True) for _ in range(5)]
    assert all(sorted(order) == sorted(in_order) for order in orders)
    assert any(order != in_order for order in orders)
    twice = read(augmenter=lambda nlp, example: [example, example], limit=1)
    assert twice == ["note 0"] * 2


def test_corpus_passes_over_empty_texts(nlp, tmp_path):
    (tmp_path / "a.txt").write_text("", encoding="utf8")
    (tmp_path / "a.ann").write_text("", encoding="utf8")
    assert list(BratCorpus(tmp_path)(nlp)) == []


def test_offsets_count_both_characters_of_a_windows_line_end(nlp, tmp_path):
    (tmp_path / "a.txt").write_bytes("é a\r\npain".encode())
    (tmp_path / "a.ann").write_bytes(b"T1\tSign_symptom 5 9\tpain\r\n")
    (example,) = BratCorpus(tmp_path)(nlp)
    assert group_of(example) == [("T1", "Sign_symptom", "pain")]


def test_corpus_errors(nlp, tmp_path):
    with pytest.raises(ValueError, match=r"\[C204\]"):
        BratCorpus(None)
    with pytest.raises(ValueError, match=r"\[C205\].*nowhere"):
        list(BratCorpus(tmp_path / "nowhere")(nlp))
    (tmp_path / "a.txt").write_bytes(b"pain \xe9")
    with pytest.raises(ValueError, match=r"\[C208\].*a\.txt.*byte 5"):
        list(BratCorpus(tmp_path)(nlp))
    (tmp_path / "a.txt").write_bytes(b"pain")
    with pytest.raises(ValueError, match=r"\[C205\].*a\.ann"):
        list(BratCorpus(tmp_path)(nlp))


def test_corpus_is_registered(nlp, folder):
    config = {"@readers": "spacy-clinical.BratCorpus.v1", "path": str(folder)}
    resolved = registry.resolve({"corpus": {**config, "limit": 1}})
    assert len(list(resolved["corpus"](nlp))) == 1


def test_all_of_maccrobat_is_read():
    folder = find_corpus("maccrobat2020/train")
    tokenizer = {"@tokenizers": "spacy-clinical.ClinicalTokenizer.v1"}
    nlp = spacy.blank("en", config={"nlp": {"tokenizer": tokenizer}})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        docs = [example.reference for example in BratCorpus(folder)(nlp)]
    groups = [doc.spans["ner"] for doc in docs]
    assert len(docs) == 140
    assert sum(len(group) for group in groups) == 17808
    assert sum(group.attrs["n_extended"] for group in groups) <= 18
    assert len({span.label_ for group in groups for span in group}) == 41


@pytest.mark.parametrize("max_length", [1, 5, 9, 12, 100])
def test_cut_at_lines_keeps_everything_once(max_length):
    nlp = spacy.blank("en")
    doc = nlp.make_doc("No fever .\nA rash today .\nPlan : rest\nand fluids\n")
    doc.ents = [Span(doc, 1, 2, label="Sign"), Span(doc, 10, 13, label="Therapy")]
    parts = list(cut_at_lines(doc, max_length))
    assert "".join(part.text_with_ws for part in parts) == doc.text_with_ws
    assert [e.text for part in parts for e in part.ents] == [e.text for e in doc.ents]
    if max_length >= 9:
        assert all(len(part) <= max_length for part in parts)
    assert len(parts) == {1: 3, 5: 3, 9: 2, 12: 2, 100: 1}[max_length]


SAID = "No fever. Maybe gout. Mother: stroke. No rash. Cough.\n"
SAID_OF = """\
T1	X 3 8	fever
T2	X 16 20	gout
T3	X 30 36	stroke
T4	X 41 45	rash
T5	X 47 52	Cough
E1	X:T1
E2	X:T2
T6	Negation 38 40	No
R1	Has_negation Arg1:T4 Arg2:T6
A1	POLARITY E1 NEG
A2	POLARITY E2 MAYBE_NEG
A3	POLARITY T5 POS
M4	family T3
A5	Uncertain T3 false
"""


def read_said(doc):
    return {
        ent.text: {name for name, holds in ent._.context_attributes.items() if holds}
        for ent in doc.ents
    }


@pytest.fixture
def said_folder(tmp_path):
    (tmp_path / "a.txt").write_text(SAID, encoding="utf8")
    (tmp_path / "a.ann").write_text(SAID_OF, encoding="utf8")
    return tmp_path


WHAT_IS_SAID = {
    "fever": {"is_negated"},
    "gout": {"is_uncertain"},
    "stroke": {"is_family"},
    "No": set(),
    "rash": {"is_negated"},
    "Cough": set(),
}


def test_attributes_of_spans_and_events_and_relations_are_read(said_folder):
    [example] = BratCorpus(said_folder)(spacy.blank("en"))
    assert read_said(example.reference) == WHAT_IS_SAID
    assert not any(read_said(example.predicted).values())
    # They are kept in .spacy files, as `convert` writes them.
    data = DocBin(store_user_data=True, docs=[example.reference]).to_bytes()
    [again] = DocBin().from_bytes(data).get_docs(spacy.blank("en").vocab)
    assert read_said(again) == WHAT_IS_SAID


def test_what_annotations_mean_is_a_setting(said_folder):
    meanings = {
        "Polarity POS": "is_historical",
        "FAMILY": ["is_family", "is_historical"],
    }
    make = registry.get("readers", "spacy-clinical.BratCorpus.v1")
    [example] = make(said_folder, attributes=meanings)(spacy.blank("en"))
    said = read_said(example.reference)
    assert said["stroke"] == {"is_family", "is_historical"}
    assert said["Cough"] == {"is_historical"}
    assert said["fever"] == said["rash"] == set()
    with pytest.raises(ValueError, match=r"\[C860\].*'is_odd'"):
        BratCorpus(said_folder, attributes={"X": "is_odd"})


def test_parts_of_long_texts_keep_what_is_said(tmp_path):
    text = "No fever here.\n" * 9
    places = [(i * 15 + 3, i * 15 + 8) for i in range(9)]
    spans = [f"T{i}\tX {s} {e}\tfever\n" for i, (s, e) in enumerate(places)]
    (tmp_path / "a.txt").write_text(text, encoding="utf8")
    (tmp_path / "a.ann").write_text("".join(spans) + "A1\tNegated T7\n", "utf8")
    examples = list(BratCorpus(tmp_path, max_length=12)(spacy.blank("en")))
    assert len(examples) > 2
    said = [e._.is_negated for eg in examples for e in eg.reference.ents]
    assert [i for i, holds in enumerate(said) if holds] == [7]


def test_polarity_of_maccrobat_is_read():
    folder = find_corpus("maccrobat2020/dev")
    corpus, nlp = BratCorpus(folder), spacy.blank("en")
    docs = [corpus.read_doc(nlp, path) for path in sorted(folder.glob("*.txt"))]
    ents = [ent for doc in docs for ent in doc.ents]
    assert sum(ent._.is_negated for ent in ents) > 50
    assert sum(ent._.is_uncertain for ent in ents) > 5


def test_references_are_ids_of_spans_and_events(nlp, tmp_path):
    lines = "N2\tReference E1 MESH:D002637\nN3\tReference E1 HP:0100749\tpain\n"
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf8")
    (tmp_path / "a.ann").write_text(ANNOTATIONS + lines, encoding="utf8")
    [example] = BratCorpus(tmp_path)(nlp)
    doc = example.reference
    ids = [(ent.text, ent.kb_id_) for ent in doc.ents]
    assert ids[:2] == [("Severe", "UMLS:C1"), ("chest pain", "MESH:D002637")]
    assert doc.ents[1]._.kb_ents == [("MESH:D002637", 1.0), ("HP:0100749", 1.0)]
    assert doc.ents[1]._.concept is None
    for part in cut_at_lines(doc, 4):
        for ent in part.ents:
            assert ent.kb_id_ == dict(ids)[ent.text]
    packed = DocBin(docs=[doc], store_user_data=True).to_bytes()
    [again] = DocBin().from_bytes(packed).get_docs(nlp.vocab)
    assert [ent.kb_id_ for ent in again.ents] == [ent.kb_id_ for ent in doc.ents]


@pytest.mark.parametrize("line", ["N1\tReference T1", "N1", "N1\tReference\tx"])
def test_half_a_reference_is_refused(line):
    with pytest.raises(ValueError, match=r"\[C206\].*line 1"):
        read_brat(TEXT, line)
