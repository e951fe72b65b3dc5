import pytest

from spacy_clinical.corpora.table import TableCorpus

CSV = 'text,label\n"Chest pain.",HPI\n"Aspirin, daily",MEDS;HPI\n"  ",HPI\nRest.,\n'


def test_each_row_has_every_label_of_the_table(nlp, tmp_path):
    path = tmp_path / "notes.csv"
    path.write_text(CSV, encoding="utf8")
    examples = list(TableCorpus(path)(nlp))
    assert [eg.text for eg in examples] == ["Chest pain.", "Aspirin, daily", "Rest."]
    assert [eg.reference.cats for eg in examples] == [
        {"HPI": 1.0, "MEDS": 0.0},
        {"HPI": 1.0, "MEDS": 1.0},
        {"HPI": 0.0, "MEDS": 0.0},
    ]
    assert not any(eg.predicted.cats for eg in examples)
    assert len(list(TableCorpus(path, limit=1)(nlp))) == 1


def test_columns_and_separator_can_be_named(nlp, tmp_path):
    path = tmp_path / "notes.jsonl"
    path.write_text('{"note": "Rest.", "kind": "A|B"}\n', encoding="utf8")
    corpus = TableCorpus(path, text_column="note", label_column="kind", separator="|")
    [example] = corpus(nlp)
    assert example.reference.cats == {"A": 1.0, "B": 1.0}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label_column": "code"}, r"\[C210\] .*notes.csv:1' .*column 'code'"),
        ({"text_column": "note"}, r"\[C307\] .*column 'note'"),
    ],
)
def test_a_missing_column_is_an_error(nlp, tmp_path, options, message):
    path = tmp_path / "notes.csv"
    path.write_text(CSV, encoding="utf8")
    with pytest.raises(ValueError, match=message):
        list(TableCorpus(path, **options)(nlp))


def test_a_path_is_needed():
    with pytest.raises(ValueError, match=r"\[C209\] .*--paths.train"):
        TableCorpus(None)
