import spacy
from spacy.tokens import DocBin
from spacy.training import Corpus

from spacy_clinical.export.docbin import write_docbin, write_docbins
from spacy_clinical.export.docs import get_note, load_tokenizer, make_docs
from spacy_clinical.export.records import make_record
from tests.export.made import list_records


def test_docs_are_read_back(tmp_path):
    nlp = load_tokenizer()
    path = tmp_path / "x.spacy"
    records = list_records()
    assert write_docbin(make_docs(records, nlp), path) == len(records)
    found = list(DocBin().from_disk(path).get_docs(spacy.blank("en").vocab))
    again = [make_record(get_note(doc), doc) for doc in found]
    assert again == records
    assert path.stat().st_mode & 0o077 == 0


def test_folders_are_a_corpus_for_training(tmp_path):
    nlp = load_tokenizer()
    records = [record for record in list_records() if record["entities"]]
    n_docs = write_docbins(make_docs(records, nlp), tmp_path / "c", size=10)
    assert n_docs == len(records)
    names = sorted(path.name for path in (tmp_path / "c").iterdir())
    assert names[0] == "part-000000.spacy"
    assert len(names) == -(-n_docs // 10)
    examples = list(Corpus(tmp_path / "c")(nlp))
    assert len(examples) == n_docs
    assert [len(eg.reference.ents) for eg in examples] == [
        len(record["entities"]) for record in records
    ]


def test_no_docs_make_an_empty_folder(tmp_path):
    assert write_docbins([], tmp_path / "c") == 0
    assert list((tmp_path / "c").iterdir()) == []


def test_full_files_are_followed_by_none(tmp_path):
    docs = make_docs(list_records()[:4], load_tokenizer())
    write_docbins(docs, tmp_path / "c", size=2)
    assert len(list((tmp_path / "c").iterdir())) == 2
