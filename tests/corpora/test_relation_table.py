import pytest
import spacy

from spacy_clinical.corpora.relation_table import RelationTableCorpus

ROWS = [
    ("The 3'@GENE$ allele (95%@DISEASE$) is rare.", "1"),
    ('@DISEASE$ without "@GENE$"', "0"),
    ("@GENE$@DISEASE$", "1"),
    ("  In  @DISEASE$ ,  @GENE$  ", "1"),
]
HEAD = "index\tsentence\tlabel"


def write(folder, lines, name="train.tsv"):
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf8", newline="")
    return path


@pytest.fixture
def path(tmp_path):
    rows = [f"{i}\t{text}\t{label}" for i, (text, label) in enumerate(ROWS)]
    return write(tmp_path, [HEAD, *rows])


@pytest.fixture
def nlp():
    return spacy.blank("en")


def list_found(examples):
    return [
        [
            (
                one["label"],
                *(
                    eg.reference[one[side]["start"] : one[side]["end"]].text
                    for side in ("child", "head")
                ),
            )
            for one in eg.reference._.relations
        ]
        for eg in examples
    ]


def test_rows_are_sentences_with_two_entities(nlp, path):
    examples = list(RelationTableCorpus(path)(nlp))
    assert [eg.text for eg in examples] == [text.strip() for text, _ in ROWS]
    for eg in examples:
        for doc in (eg.predicted, eg.reference):
            assert {(ent.text, ent.label_) for ent in doc.ents} == {
                ("@GENE$", "GENE"),
                ("@DISEASE$", "DISEASE"),
            }
            assert len(list(doc.sents)) == 1
            assert doc.has_annotation("SENT_START")
        assert eg.predicted._.relations == []


def test_labels_that_are_negative_are_no_relations(nlp, path):
    corpus = RelationTableCorpus(path, labels={"1": "ASSOCIATION"}, child="GENE")
    name, gene, disease = "ASSOCIATION", "@GENE$", "@DISEASE$"
    some = [(name, gene, disease)]
    assert list_found(corpus(nlp)) == [some, [], some, some]
    corpus = RelationTableCorpus(path, negative="1")
    assert list_found(corpus(nlp)) == [[], [("0", disease, gene)], [], []]


def test_files_may_have_no_head(nlp, tmp_path):
    # EU-ADR's train parts, as BioBERT's authors publish them.
    rows = ["@GENE$ in @DISEASE$\tfalse", "", "7\t@DRUG1$ and @DRUG2$\tDDI-effect\r"]
    examples = list(RelationTableCorpus(write(tmp_path, rows))(nlp))
    found = list_found(examples)
    assert found == [[], [("DDI-effect", "@DRUG1$", "@DRUG2$")]]
    assert [ent.label_ for ent in examples[1].reference.ents] == ["DRUG1", "DRUG2"]


def test_columns_are_found_by_name(nlp, tmp_path):
    path = write(tmp_path, ["label\tid\tSentence", "1\tx\t@GENE$ in @DISEASE$"])
    assert list_found(RelationTableCorpus(path)(nlp)) == [
        [("1", "@GENE$", "@DISEASE$")]
    ]


def test_rows_are_limited_and_shuffled(nlp, path):
    corpus = RelationTableCorpus(path, limit=2)
    assert len(list(corpus(nlp))) == 2
    corpus = RelationTableCorpus(path, shuffle=True)
    orders = {tuple(eg.text for eg in corpus(nlp)) for _ in range(30)}
    assert len(orders) > 1
    assert {tuple(sorted(order)) for order in orders} == {
        tuple(sorted(text.strip() for text, _ in ROWS))
    }


@pytest.mark.parametrize(
    "row",
    [
        "0\tOnly @GENE$ here\t1",
        "0\t@GENE$, @GENE$ and @DISEASE$\t1",
        "0\t@GENE$ in @DISEASE$\t",
        "0\t@GENE$ in @DISEASE$",
        "secret @GENE$ in @DISEASE$",
        "\x00",
    ],
)
def test_rows_that_cannot_be_read_are_named(nlp, tmp_path, row):
    path = write(tmp_path, [HEAD, "0\t@GENE$ in @DISEASE$\t1", row])
    with pytest.raises(ValueError, match=r"\[C948\] Row 3 of 'train.tsv'") as raised:
        list(RelationTableCorpus(path)(nlp))
    assert "secret" not in str(raised.value)


def test_files_that_cannot_be_read(nlp, tmp_path):
    with pytest.raises(ValueError, match=r"\[C209\]"):
        RelationTableCorpus(None)
    with pytest.raises(ValueError, match=r"\[C302\]"):
        list(RelationTableCorpus(tmp_path / "none.tsv")(nlp))
    (tmp_path / "x.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"\[C"):
        list(RelationTableCorpus(tmp_path / "x.tsv")(nlp))
    assert list(RelationTableCorpus(write(tmp_path, [""]))(nlp)) == []
