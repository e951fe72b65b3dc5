import json
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin, Span, SpanGroup
from spacy.training import Example
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.corpora.find import find_reader
from spacy_clinical.evaluation.evaluate import confuse, evaluate, to_json, to_markdown
from tests.test_configs import write_codiesp

GOLD = [(0, 2, "Symptom"), (4, 5, "Drug"), (6, 7, "Drug")]


def make_doc(nlp, spans):
    doc = nlp.make_doc("chest pain , no fever or aspirin .")
    doc.ents = [Span(doc, start, end, label=label) for start, end, label in spans]
    return doc


@pytest.fixture
def nlp():
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(
        [
            {"label": "Symptom", "pattern": "chest pain"},
            {"label": "Symptom", "pattern": "fever"},
            {"label": "Site", "pattern": "."},
        ]
    )
    return nlp


def test_scores_are_those_of_the_components(nlp):
    found = evaluate(
        nlp, [Example(nlp.make_doc(d.text), d) for d in [make_doc(nlp, GOLD)]]
    )
    assert found.scores["ents_p"] == pytest.approx(1 / 3, abs=1e-5)
    assert found.scores["ents_r"] == pytest.approx(1 / 3, abs=1e-5)
    assert "token_acc" not in found.scores
    by_label = {row.label: row for row in found.by_label["ents"]}
    assert (by_label["Symptom"].p, by_label["Symptom"].r) == (0.5, 1.0)
    assert "| ents_f | 0.333 |" in to_markdown(found, title="x")
    assert json.loads(json.dumps(to_json(found)))["n_docs"] == 1


def test_types_are_confused_missed_and_made_up(nlp):
    gold, found = make_doc(nlp, GOLD), nlp("chest pain , no fever or aspirin .")
    assert confuse([Example(found, gold)]) == {
        ("Symptom", "Symptom"): 1,
        ("Drug", "Symptom"): 1,
        ("Drug", "(missed)"): 1,
        ("(spurious)", "Site"): 1,
    }


def test_thresholds_trade_precision_for_recall(nlp):
    gold = make_doc(nlp, GOLD)
    found = nlp.make_doc(gold.text)
    spans = [Span(found, 0, 2, label="Symptom"), Span(found, 4, 5, label="Symptom")]
    found.spans["ner"] = SpanGroup(found, spans=spans, attrs={"scores": [0.9, 0.4]})
    blank = spacy.blank("en")
    [curve] = evaluate(blank, [Example(found, gold)]).curves
    assert curve.p[0] == 0.5
    assert curve.p[curve.thresholds > 0.5][0] == 1.0
    assert curve.r[0] == pytest.approx(1 / 3)
    assert curve.r[-1] == 0


def test_codes_have_a_curve_too():
    blank = spacy.blank("en")
    gold, found = blank.make_doc("x"), blank.make_doc("x")
    gold.cats, found.cats = {"401": 1.0, "250": 0.0}, {"401": 0.8, "250": 0.3}
    [curve] = evaluate(blank, [Example(found, gold)]).curves
    assert curve.name == "codes"
    assert curve.f.max() == 1.0


def test_what_nobody_annotated_is_not_scored(nlp):
    doc = nlp.make_doc("x")
    found = evaluate(nlp, [Example(doc, nlp.make_doc("x"))])
    assert found.scores == {}
    assert found.by_label == {}


@pytest.fixture
def corpora(tmp_path, nlp):
    brat = tmp_path / "brat"
    brat.mkdir()
    (brat / "1.txt").write_text("chest pain")
    (brat / "1.ann").write_text("T1\tSymptom 0 10\tchest pain\n")
    DocBin(docs=[make_doc(nlp, GOLD)]).to_disk(tmp_path / "docs.spacy")
    (tmp_path / "codes.csv").write_text("text,label\nHypertension.,401\n")
    form = {"form": [], "width": 1, "height": 1}
    (tmp_path / "forms.jsonl").write_text(json.dumps(form))
    (tmp_path / "funsd/annotations").mkdir(parents=True)
    write_codiesp(tmp_path / "codiesp")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("brat", "BratCorpus"),
        ("docs.spacy", "Corpus"),
        ("codes.csv", "TableCorpus"),
        ("forms.jsonl", "FormCorpus"),
        ("funsd", "FunsdCorpus"),
        ("codiesp", "CodiEspCorpus"),
    ],
)
def test_readers_are_found_by_what_is_there(corpora, name, kind):
    assert type(find_reader(corpora / name)).__name__ == kind


def test_nothing_has_no_reader(tmp_path):
    with pytest.raises(FileNotFoundError, match="C301"):
        find_reader(tmp_path / "none")


def run(*arguments):
    result = CliRunner().invoke(app, ["evaluate", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_the_command_writes_tables_and_plots(nlp, corpora):
    nlp.to_disk(corpora / "model")
    out = corpora / "out"
    result = run(corpora / "model", corpora / "docs.spacy", "--output", out)
    assert result.exit_code == 0, result.output
    assert "ents_f" in result.output
    names = {path.name for path in out.iterdir()}
    assert names == {"scores.json", "scores.md", "by_label_ents.svg", "confusion.svg"}
    assert json.loads((out / "scores.json").read_text("utf8"))["scores"]["ents_f"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in out.iterdir())
    first = (out / "confusion.svg").read_bytes()
    assert first.startswith(b"<?xml")
    assert (
        run(corpora / "model", corpora / "docs.spacy", "--output", out).exit_code == 0
    )
    assert (out / "confusion.svg").read_bytes() == first
    assert all(path.stat().st_mode & 0o077 == 0 for path in out.iterdir())
    # Plots of other scores go.
    run(corpora / "model", corpora / "docs.spacy", "--output", out, "--no-plots")
    assert {path.name for path in out.iterdir()} == {"scores.json", "scores.md"}


def test_without_matplotlib_there_are_tables(nlp, corpora, monkeypatch):
    from spacy_clinical.commands import evaluate as command

    nlp.to_disk(corpora / "model")
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    result = run(corpora / "model", corpora / "brat", "--output", corpora / "out")
    assert result.exit_code == 0
    assert "W304" in result.output
    assert (corpora / "out/scores.md").is_file()


def test_wrong_use(nlp, corpora):
    nlp.to_disk(corpora / "model")
    assert run("no_such", corpora / "brat", "--output", corpora / "o").exit_code == 2
    result = run(corpora / "model", Path("none"), "--output", corpora / "o")
    assert result.exit_code == 2
    assert "C301" in result.output


SAID = '{"text": "no fever, cough", "entities": [%s]}\n'
ENTITY = '{"start": 3, "end": 8, "label": "X"%s}'


def evaluate_said(tmp_path, gold, *, by):
    path = tmp_path / "gold.jsonl"
    path.write_text(SAID % gold)
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "X", "pattern": "fever"}])
    nlp.add_pipe(by)
    return evaluate(nlp, find_reader(path)(nlp))


@spacy.Language.component("all_are_denied")
def deny_all(doc):
    for ent in doc.ents:
        ent._.is_negated = True
    return doc


@pytest.mark.parametrize("by", ["clinical_assertion", "all_are_denied"])
def test_what_is_said_of_entities_is_scored_by_attribute(tmp_path, by):
    gold = ENTITY % ', "is_negated": true'
    found = evaluate_said(tmp_path, gold, by=by)
    [row] = found.by_label["assertion"]
    assert (row.label, row.p, row.r, row.f) == ("is_negated", 1.0, 1.0, 1.0)
    assert found.scores["assertion_is_negated_f"] == 1.0
    assert "## assertion by label" in to_markdown(found, title="x")


def test_assertion_is_not_scored_where_the_gold_says_nothing(tmp_path):
    found = evaluate_said(tmp_path, ENTITY % "", by="clinical_assertion")
    assert "assertion" not in found.by_label
    assert not any(name.startswith("assertion") for name in found.scores)


def test_assertion_without_entities_is_scored_on_the_gold_ones():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_assertion")
    gold = make_doc(nlp, GOLD)
    gold.ents[1]._.is_negated = gold.ents[2]._.is_negated = True
    found = evaluate(nlp, [Example(nlp.make_doc(gold.text), gold)])
    assert found.scores["assertion_is_negated_f"] == 1.0
    # A pipeline that looks for entities gets none.
    ruler = nlp.add_pipe("entity_ruler", first=True)
    ruler.add_patterns([{"label": "Symptom", "pattern": "nothing"}])
    found = evaluate(nlp, [Example(nlp.make_doc(gold.text), gold)])
    assert found.scores["assertion_is_negated_f"] == 0.0


@pytest.fixture
def linking(heart_vocabulary):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_linker", config={"vocabularies": [str(heart_vocabulary)]})
    return nlp


def write_linked(nlp, path, *, ids=("T:1", "T:3", "T:2")):
    """Two entities whose right concepts the linker can find, one whose it can't."""
    doc = nlp.make_doc("cardiac failure, breast cancer, zyxxoplugh.")
    places = [(0, 2, "Disease"), (3, 5, "Disease"), (6, 7, "Symptom")]
    doc.ents = [
        Span(doc, start, end, label, kb_id=key)
        for (start, end, label), key in zip(places, ids, strict=True)
    ]
    DocBin(docs=[doc], store_user_data=True).to_disk(path)


def test_concepts_are_scored_by_label(linking, tmp_path):
    write_linked(linking, tmp_path / "x.spacy")
    # No component finds entities: the linker speaks of the gold ones.
    found = evaluate(linking, find_reader(tmp_path / "x.spacy")(linking))
    assert found.scores["linker_acc"] == pytest.approx(2 / 3, abs=1e-5)
    assert found.scores["linker_acc_5"] >= found.scores["linker_acc"]
    assert [(row.label, row.n, row.acc) for row in found.links] == [
        ("Disease", 2, 1.0),
        ("Symptom", 1, 0.0),
    ]
    assert "linker" not in found.by_label
    written = to_markdown(found, title="x")
    assert "| label | n | acc@1 | acc@5 |" in written
    assert "| Disease | 2 | 1.000 | 1.000 |" in written
    assert to_json(found)["links"][0]["acc"] == 1.0


def test_references_without_concepts_give_no_scores_of_them(linking, tmp_path):
    write_linked(linking, tmp_path / "x.spacy", ids=("", "", ""))
    found = evaluate(linking, find_reader(tmp_path / "x.spacy")(linking))
    assert not any(name.startswith("linker") for name in found.scores)
    assert found.links == []
    assert "concepts" not in to_markdown(found, title="x")


def test_evaluate_prints_how_well_concepts_were_found(linking, tmp_path):
    write_linked(linking, tmp_path / "x.spacy", ids=("T:1", "T:3", "NIL"))
    linking.to_disk(tmp_path / "nlp")
    args = ["evaluate", str(tmp_path / "nlp"), str(tmp_path / "x.spacy")]
    result = CliRunner().invoke(app, [*args, "--output", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    for name in ("linker_acc ", "linker_acc_5", "linker_nil_f"):
        assert name in result.output
    assert "concepts by label" in (tmp_path / "out" / "scores.md").read_text("utf8")
