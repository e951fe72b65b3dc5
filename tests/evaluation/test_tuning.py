import pytest
import spacy
from spacy.tokens import DocBin
from spacy.training import Example
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.evaluation.tuning import create_tuner, tune_pipeline

NAME = "clinical_icd9_categorizer"
pytestmark = pytest.mark.learns
TEXTS = [("chest pain", {"786": 1.0}), ("fever", {"780": 1.0}), ("no", {"780": 0.0})]


@pytest.fixture
def nlp(tiny_ner):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    encoder = {"checkpoint": str(tiny_ner), "precision": "fp32"}
    nlp.add_pipe(NAME, config={"model": {"encoder": encoder}, "sections": "all"})
    nlp.initialize(lambda: read(nlp))
    return nlp


def read(nlp):
    return [Example.from_dict(nlp.make_doc(t), {"cats": c}) for t, c in TEXTS]


def test_what_is_saved_has_thresholds_and_training_goes_on_without(nlp, tmp_path):
    saved = create_tuner(read, min_positives=1)(nlp)
    assert set(saved.get_pipe(NAME).thresholds) == {"780", "786"}
    assert nlp.get_pipe(NAME).thresholds == {}
    assert saved.get_pipe(NAME).model is nlp.get_pipe(NAME).model
    saved.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    assert loaded.get_pipe(NAME).thresholds == saved.get_pipe(NAME).thresholds
    assert loaded.evaluate(read(loaded))["icd9_micro_r"] == 1.0


def test_the_components_before_it_are_at_work(nlp, monkeypatch):
    seen = []
    pipe = nlp.get_pipe(NAME)
    tune = type(pipe).tune

    def watch(self, examples, **options):
        seen.extend(eg.predicted for eg in examples)
        return tune(self, examples, **options)

    monkeypatch.setattr(type(pipe), "tune", watch)
    tune_pipeline(nlp, read(nlp))
    assert all("sections" in doc.spans for doc in seen)


def test_without_notes_there_is_nothing_to_tune(nlp):
    with pytest.raises(ValueError, match=r"\[C414\]"):
        tune_pipeline(nlp, [])


def test_other_components_can_not_be_tuned(nlp):
    for name in ("clinical_section_splitter", "ner"):
        with pytest.raises(ValueError, match=r"\[C413\]"):
            tune_pipeline(nlp, read(nlp), component=name)


@pytest.fixture
def saved(nlp, tmp_path):
    nlp.to_disk(tmp_path / "pipeline")
    return tmp_path


def run_tune(folder, corpus, *options):
    arguments = ["tune", str(folder / "pipeline"), str(corpus)]
    arguments += ["--output", str(folder / "tuned"), "--min-positives", "1", *options]
    return CliRunner().invoke(app, arguments)


def test_command_tunes_on_a_table(saved):
    table = saved / "notes.csv"
    table.write_text("note,codes\nfever,780\nchest pain,786;780\n", encoding="utf8")
    options = ["--text-column", "note", "--label-column", "codes"]
    result = run_tune(saved, table, *options)
    assert result.exit_code == 0, result.output
    assert "Codes     2 with their own threshold" in result.output
    loaded = spacy.load(saved / "tuned")
    assert set(loaded.get_pipe(NAME).thresholds) == {"780", "786"}
    found = {record["code"] for record in loaded("chest pain")._.icd9}
    assert found == {"780", "786"}


def test_a_tuned_pipeline_keeps_no_words_and_is_its_owners(saved):
    table = saved / "notes.csv"
    # A word that no other test has: blank pipelines share their vocabulary.
    table.write_text("text,label\nQuintabel fever,780\npain,786\n", encoding="utf8")
    assert run_tune(saved, table).exit_code == 0
    files = [path for path in (saved / "tuned").rglob("*") if path.is_file()]
    assert not any(b"Quintabel" in path.read_bytes() for path in files)
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


def test_command_tunes_on_docs_and_on_codiesp(saved, nlp):
    DocBin(docs=[eg.reference for eg in read(nlp)]).to_disk(saved / "dev.spacy")
    assert "Notes     3\n" in run_tune(saved, saved / "dev.spacy").output
    (saved / "text_files_en").mkdir()
    (saved / "text_files_en/a.txt").write_text("fever", encoding="utf8")
    (saved / "devD.tsv").write_text("a\tr50.9\n", encoding="utf8")
    assert "Notes     1\n" in run_tune(saved, saved).output


@pytest.mark.parametrize("name", ["none.csv", "none.spacy", "broken.csv"])
def test_command_says_what_it_can_not_read(saved, name):
    (saved / "broken.csv").write_text("text\nMr. Doe has fever\n", encoding="utf8")
    result = run_tune(saved, saved / name)
    assert result.exit_code == 2
    assert "Doe" not in result.output
    assert not (saved / "tuned").exists()
