import contextlib
import json
from importlib import import_module
from pathlib import Path

import pytest
import spacy
from spacy.util import load_config, load_model_from_config

from spacy_clinical.concepts.build import build_vocabulary
from tests.tiny import make_document_classifier, make_question_answerer

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / "configs").glob("*.cfg"))
# A tiny checkpoint takes windows of 62 wordpieces.
TEXT = "HPI:\nA 40-year-old man denies fever.\n"
ANN = "T1\tAge 7 18\t40-year-old\nT2\tSex 19 22\tman\nT3\tSign_symptom 30 35\tfever\n"
ANN += "A1\tNegated T3\nR1\tMODIFY Arg1:T1 Arg2:T2\n"
NAMES = "id,name,synonyms\nD1,asthma,bronchial asthma|asthmas\nD2,fever,pyrexia\n"
PUBTATOR = "1|t|Asthma after aspirin\n1|a|A case.\n1\t0\t6\tAsthma\tDisease\tD1\n"

GAD = "index\tsentence\tlabel\n0\t@GENE$ in @DISEASE$\t1\n1\t@GENE$, no @DISEASE$\t0\n"


@pytest.fixture
def corpus(tmp_path):
    """Invented corpora of a text or two, to train a few steps on."""
    for part in ("train", "dev"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "1.txt").write_text(TEXT, encoding="utf8")
        (tmp_path / part / "1.ann").write_text(ANN, encoding="utf8")
        (tmp_path / f"{part}.csv").write_text(CSV, encoding="utf8")
    (tmp_path / "pubtator.txt").write_text(PUBTATOR, encoding="utf8")
    (tmp_path / "pairs.tsv").write_text(GAD, encoding="utf8")
    (tmp_path / "names.csv").write_text(NAMES, encoding="utf8")
    build_vocabulary([tmp_path / "names.csv"], tmp_path / "names")
    write_codiesp(tmp_path / "codiesp")
    write_forms(tmp_path / "forms.jsonl")
    return tmp_path


def write_codiesp(folder):
    """Invent a corpus of five texts."""
    (folder / "text_files_en").mkdir(parents=True)
    for name in "abcde":
        (folder / f"text_files_en/{name}.txt").write_text(TEXT, encoding="utf8")
    rows = "".join(f"{name}\tr50.9\n" for name in "abcde")
    (folder / "trainD.tsv").write_text(rows, encoding="utf8")


def write_forms(path):
    """Invent a form with one field."""
    words = [("question", "pain:", 10), ("answer", "fever", 90)]
    form = [
        {
            "id": i,
            "label": label,
            "words": [{"text": text, "box": [x, 10, x + 40, 20]}],
            "linking": [[0, 1]],
        }
        for i, (label, text, x) in enumerate(words)
    ]
    record = {"name": "x", "width": 200, "height": 100, "form": form}
    path.write_text(json.dumps(record), encoding="utf8")


@pytest.mark.filterwarnings(r"ignore:\[W310\]")
def test_receipts_assembles(tiny_layoutlm, tmp_path):
    overrides = {"paths.checkpoint": str(tiny_layoutlm)}
    config = load_config(ROOT / "configs/receipts.cfg", overrides=overrides)
    nlp = load_model_from_config(config, auto_fill=True, validate=True)
    nlp.initialize()
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    assert again.get_pipe("clinical_form_extractor").is_labelled
    assert again("Total  9.00")._.clinical_error is None


def test_relations_assembles(tmp_path):
    config = load_config(ROOT / "configs/relations.cfg")
    config["paths"]["entities"] = str(ROOT / "spacy_clinical/models/en_clinical_sm")
    load_model_from_config(config, auto_fill=True).to_disk(tmp_path)
    doc = spacy.load(tmp_path)("MEDICATIONS: aspirin 81 mg daily, lisinopril 10 mg.")
    found = {doc[one["head"]["start"]].text for one in doc._.relations}
    assert found == {"aspirin", "lisinopril"}


@pytest.mark.filterwarnings(r"ignore:\[W00[12]\]")
def test_relation_pairs_assembles(tiny_ner, tmp_path):
    labels = ["LABEL_0", "LABEL_1"]
    checkpoint = make_document_classifier(tmp_path / "pairs", "bert", labels)
    overrides = {
        "paths.checkpoint": str(checkpoint),
        "paths.entities": str(tiny_ner),
        "components.clinical_relations.model.encoder.size": 62,
    }
    config = load_config(ROOT / "configs/relation_pairs.cfg", overrides=overrides)
    nlp = load_model_from_config(config, auto_fill=True, validate=True)
    nlp.initialize()
    nlp.to_disk(tmp_path / "pipeline")
    component = spacy.load(tmp_path / "pipeline").get_pipe("clinical_relations")
    assert component.labels == ("ASSOCIATION",)
    [pair] = component.inventory.pairs
    assert pair == ("ASSOCIATION", "@GENE$", "@DISEASE$")


def test_forms_assembles(tiny_layoutlm, tmp_path):
    overrides = {"paths.checkpoint": str(tiny_layoutlm)}
    config = load_config(ROOT / "configs/forms.cfg", overrides=overrides)
    nlp = load_model_from_config(config, auto_fill=True, validate=True)
    nlp.initialize()
    nlp.to_disk(tmp_path / "pipeline")
    doc = spacy.load(tmp_path / "pipeline")(TEXT)
    assert doc._.clinical_pieces["clinical_form_extractor"]["not_seen"] == 0


@pytest.mark.filterwarnings(r"ignore:\[W002\]")
def test_deidentify_assembles(tiny_ner, tmp_path):
    overrides = {"paths.checkpoint": str(tiny_ner)}
    config = load_config(ROOT / "configs/deidentify.cfg", overrides=overrides)
    nlp = load_model_from_config(config, auto_fill=True, validate=True)
    nlp.initialize()
    nlp.to_disk(tmp_path)
    doc = spacy.load(tmp_path)("MRN: 4481239")
    assert "4481239" in [span.text for span in doc.spans["phi"]]


def test_qa_assembles(tiny_ner, tmp_path):
    checkpoint = make_question_answerer(tmp_path / "checkpoint", "bert")
    encoder = "components.clinical_qa.model.encoder"
    overrides = {
        "paths.checkpoint": str(checkpoint),
        f"{encoder}.size": 50,
        f"{encoder}.stride": 40,
    }
    config = load_config(ROOT / "configs/qa.cfg", overrides=overrides)
    nlp = load_model_from_config(config, auto_fill=True, validate=True)
    nlp.initialize()
    nlp.to_disk(tmp_path / "pipeline")
    answers = spacy.load(tmp_path / "pipeline")(TEXT)._.answers
    assert [one["question"] for one in answers] == ["smoking", "complaint"]
    assert all(one["section"] for one in answers)


def test_pairs_assembles(tmp_path):
    labels = ["contradiction", "entailment", "neutral"]
    checkpoint = make_document_classifier(tmp_path / "checkpoint", "bert", labels)
    overrides = {"paths.checkpoint": str(checkpoint)}
    config = load_config(ROOT / "configs/pairs.cfg", overrides=overrides)
    nlp = load_model_from_config(config, auto_fill=True, validate=True)
    nlp.initialize()
    nlp.to_disk(tmp_path / "pipeline")
    statements = spacy.load(tmp_path / "pipeline")(TEXT)._.statements
    assert [one["statement"] for one in statements] == ["diabetes", "smoking"]
    assert {one["label"] for one in statements} <= set(labels)


def test_long_notes_assembles(tiny_ner, tmp_path):
    overrides = {"paths.checkpoint": str(tiny_ner)}
    config = load_config(ROOT / "configs/long_notes.cfg", overrides=overrides)
    nlp = load_model_from_config(config, auto_fill=True, validate=True)
    nlp.initialize()
    nlp.to_disk(tmp_path / "pipeline")
    doc = spacy.load(tmp_path / "pipeline")(TEXT)
    assert doc._.clinical_pieces["clinical_long_transformer"]["not_seen"] == 0
    assert doc.vector.any()


NEIGHBORS = {
    "notes_scispacy": ("scispacy.abbreviation", "abbreviation_detector"),
    "notes_medspacy": ("medspacy", "medspacy_context"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NEIGHBORS)
def test_neighbors_assemble(name, tiny_ner, tmp_path):
    module, component = NEIGHBORS[name]
    try:
        import_module(module)
    except ImportError:
        is_there = False
    else:
        is_there = True
    overrides = {"paths.checkpoint": str(tiny_ner)}
    config = load_config(ROOT / f"configs/{name}.cfg", overrides=overrides)
    if not is_there:
        # The rest of it is checked without the neighbor's component.
        assert config["components"].pop(component)["factory"] == component
        assert config["nlp"]["pipeline"] == [*OURS, component]
        config["nlp"]["pipeline"] = [*OURS]
    nlp = load_model_from_config(config, auto_fill=True, validate=True)
    nlp.initialize()
    nlp.to_disk(tmp_path)
    assert spacy.load(tmp_path)(TEXT).spans["sections"]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_configs_explain_themselves(path):
    lines = path.read_text(encoding="utf8").splitlines()
    head = [line for line in lines[:8] if line.startswith("#")]
    assert any(line.startswith("# Run: spacy ") for line in head)
    # That of mixed corpora has blocks for each of six.
    assert len(lines) < (260 if "mixed" in path.name else 150)


@pytest.mark.filterwarnings(r"ignore:\[W002\]")
def test_notes_assembles(tiny_ner, tmp_path):
    overrides = {"paths.checkpoint": str(tiny_ner)}
    config = load_config(ROOT / "configs/notes.cfg", overrides=overrides)
    nlp = load_model_from_config(config, auto_fill=True, validate=True)
    nlp.initialize()
    nlp.to_disk(tmp_path)
    doc = spacy.load(tmp_path)(TEXT)
    assert [s.label_ for s in doc.spans["sections"]] == ["history_of_present_illness"]
    assert doc.ents


@pytest.mark.filterwarnings(r"ignore:\[W001\]")
def test_icd9_assembles(tiny_core, tmp_path):
    thresholds = tmp_path / "thresholds.json"
    thresholds.write_text('{"401": 0.0}', encoding="utf8")
    overrides = {
        "paths.checkpoint": str(tiny_core),
        "paths.thresholds": str(thresholds),
    }
    config = load_config(ROOT / "configs/icd9.cfg", overrides=overrides)
    nlp = load_model_from_config(config, auto_fill=True, validate=True)
    nlp.initialize()
    nlp.to_disk(tmp_path / "pipeline")
    thresholds.unlink()
    doc = spacy.load(tmp_path / "pipeline")(TEXT)
    assert "401" in {record["code"] for record in doc._.icd9}
    assert "390-459" in doc._.icd9_groups["chapter"]


CSV = "section_text,section_header\nNo fever.,ROS\nAspirin daily.,MEDS\n"
BRAT = {"paths.train": "train", "paths.dev": "dev"}
MIXED = {
    **{f"paths.{name}": "train" for name in ("train", "phee", "chia", "lines")},
    **{f"paths.{name}": "pubtator.txt" for name in ("bc5cdr", "ncbi")},
    "paths.dev": "dev",
    "paths.start": str(ROOT / "spacy_clinical/models/en_clinical_sm"),
}
TABLE = {"paths.train": "train.csv", "paths.dev": "dev.csv"}
OURS = ["clinical_section_splitter", "clinical_sentencizer", "clinical_ner"]
LINKER = {"paths.vocabulary": "names", "paths.dev": "pubtator.txt"}
FORMS = {"paths.train": "forms.jsonl", "paths.dev": "forms.jsonl"}
# A tiny checkpoint takes windows of 62 wordpieces.
TINY_WINDOWS = {
    "components.clinical_ner.model.encoder.size": 62,
    "components.clinical_ner.model.encoder.stride": 50,
}
TINY_ASSERTION = {
    "components.clinical_assertion.model.encoder.size": 62,
    "components.clinical_assertion.model.encoder.stride": 50,
}
TINY_RELATIONS = {
    "components.clinical_relations.model.encoder.size": 62,
    "components.clinical_relations.model.encoder.stride": 50,
}
TINY_PAIRS = {"components.clinical_relations.model.encoder.size": 62}
TINY_QA = {
    "components.clinical_qa.model.encoder.size": 50,
    "components.clinical_qa.model.encoder.stride": 40,
}
ASSETS = ROOT / "assets"
QUESTIONS = {
    f"paths.{n}": str(ASSETS / f"questions/{n}.json") for n in ("train", "dev")
}
PAIRS = {"paths.train": str(ASSETS / "pairs/train.jsonl")}
# Each training config with its data, and what is measured.
TRAINING = {
    "train_assertion": ({**BRAT, **TINY_ASSERTION}, "assertion_f"),
    "train_relations": ({**BRAT, **TINY_RELATIONS}, "relations_f"),
    "train_relation_pairs": (
        {"paths.train": "pairs.tsv", "paths.dev": "pairs.tsv", **TINY_PAIRS},
        "relations_f",
    ),
    "train_qa": ({**QUESTIONS, **TINY_QA}, "qa_f"),
    "train_pairs": (PAIRS, "pairs_acc"),
    "train_deid": (BRAT, "phi_f"),
    "train_ner": ({**BRAT, **TINY_WINDOWS}, "ents_f"),
    "train_ner_mixed": (MIXED, "ents_f"),
    "train_ner_listener": (BRAT, "ents_f"),
    "train_spancat": (BRAT, "spans_sc_f"),
    "train_textcat": (TABLE, "cats_micro_f"),
    "train_icd9": ({"paths.train": "codiesp"}, "icd9_micro_f"),
    "train_forms": (FORMS, "form_f"),
    "train_linker_encoder": (LINKER, "linker_acc"),
    "train_receipts": (FORMS, "form_f"),
}
# Those of LayoutLM.
BOXED = ("train_forms", "train_receipts")


def test_every_training_config_is_tested():
    assert {p.stem for p in CONFIGS if p.stem.startswith("train_")} == set(TRAINING)


@pytest.mark.parametrize("name", TRAINING)
def test_spacy_can_fill_and_check_training_configs(
    name, tiny_ner, corpus, capsys, monkeypatch
):
    from spacy.cli.debug_config import debug_config
    from spacy.cli.init_config import fill_config

    # Paths in configs are relative to the project.
    monkeypatch.chdir(ROOT)
    config, filled = ROOT / f"configs/{name}.cfg", corpus / "filled.cfg"
    fill_config(filled, config)
    values, _ = TRAINING[name]
    overrides = {**values, "paths.encoder": str(tiny_ner)}
    for path in (config, filled):
        debug_config(path, overrides=overrides)
        assert "Config is valid" in capsys.readouterr().out


@pytest.mark.filterwarnings(r"ignore:\[W002\]")
@pytest.mark.parametrize("name", TRAINING)
def test_spacy_can_look_at_their_data(name, tiny_ner, tiny_layoutlm, corpus, capsys):
    from spacy.cli.debug_data import debug_data

    values, _ = TRAINING[name]
    data = {k: str(corpus / v) for k, v in values.items() if k.startswith("paths.")}
    encoder = str(tiny_layoutlm if name in BOXED else tiny_ner)
    # It ends with 1 for most here: a corpus of two texts is too small.
    with contextlib.suppress(SystemExit):
        debug_data(
            ROOT / f"configs/{name}.cfg",
            config_overrides={**values, **data, "paths.encoder": encoder},
            silent=False,
        )
    printed = capsys.readouterr().out
    assert "Pipeline can be initialized with data" in printed
    assert "Corpus is loadable" in printed


@pytest.mark.filterwarnings(r"ignore:\[W002\]")
@pytest.mark.parametrize("name", TRAINING)
def test_training_configs_train(name, tiny_ner, tiny_layoutlm, corpus):
    from spacy.cli.train import train

    values, measure = TRAINING[name]
    data = {k: str(corpus / v) for k, v in values.items() if k.startswith("paths.")}
    train(
        ROOT / f"configs/{name}.cfg",
        corpus / "out",
        overrides={
            **values,
            **data,
            "paths.encoder": str(tiny_layoutlm if name in BOXED else tiny_ner),
            "training.max_steps": 2,
            "training.eval_frequency": 2,
        },
    )
    nlp = spacy.load(corpus / "out/model-last")
    assert nlp.meta["performance"][measure] is not None
    assert nlp(TEXT)._.clinical_error is None
