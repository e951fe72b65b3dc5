"""clinical_linker learns vectors of names, and is trained and scored by spaCy's commands."""

import json

import pytest
import spacy
from spacy.cli.evaluate import evaluate
from spacy.cli.package import package
from spacy.cli.train import train
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from thinc.api import Adam

from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.corpora.synonyms import SynonymCorpus

CONFIG = "configs/train_linker_encoder.cfg"
SETTING = {"@architectures": "spacy-clinical.ConceptEncoder.v1"}
# Each concept with names of which the last isn't in the vocabulary, nor like the others.
CONCEPTS = [
    ("D:1", "pain in the chest", "chest ache pain", "ache of chest in"),
    ("D:2", "fever of the night", "night fever", "pyrexia at night fever"),
    ("D:3", "heart failure", "failure of heart", "failing heart of failure"),
    ("D:4", "cough in the morning", "morning cough", "coughing of morning"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("linking")
    rows = [
        {"id": key, "name": name, "synonyms": [other], "types": ["disease"]}
        for key, name, other, _ in CONCEPTS
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "names.jsonl").write_text(text, encoding="utf8")
    build_vocabulary([folder / "names.jsonl"], folder / "names")
    texts = []
    for number, (key, *_, name) in enumerate(CONCEPTS):
        texts.append(f"{number}|t|{name}\n{number}|a|Seen today.\n")
        texts.append(f"{number}\t0\t{len(name)}\t{name}\tDisease\t{key}\n\n")
    texts.append("9|t|Zebra\n9|a|Seen.\n9\t0\t5\tZebra\tDisease\t-1\n")
    (folder / "dev.txt").write_text("".join(texts), encoding="utf8")
    return folder


@pytest.fixture
def nlp(folder, tiny_ner):
    nlp = spacy.blank("en")
    model = {**SETTING, "checkpoint": str(tiny_ner)}
    config = {"vocabularies": str(folder / "names"), "model": model, "threshold": 0.0}
    nlp.add_pipe("clinical_linker", config=config)
    return nlp


def list_examples(nlp, folder):
    return list(SynonymCorpus(folder / "names", shuffle=False)(nlp))


def test_the_loss_falls_and_names_of_a_concept_get_nearer(nlp, folder):
    examples = list_examples(nlp, folder)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    model = nlp.get_pipe("clinical_linker").model
    losses = []
    for _ in range(60):
        found = nlp.update(examples, sgd=optimizer, drop=0.0)
        losses.append(found["clinical_linker"])
    assert losses[-1] < 0.5 * losses[0]
    # Of each name, the other one of its concept is the nearest.
    names = [name for _, *two, _ in CONCEPTS for name in two]
    vectors = model.predict(names)
    for number, vector in enumerate(vectors):
        cosines = [
            vector @ other / (vector @ vector * (other @ other)) ** 0.5
            for other in vectors
        ]
        cosines[number] = -1.0
        assert cosines.index(max(cosines)) == number ^ 1


def test_predictions_are_those_of_the_new_weights(nlp, folder):
    examples = list_examples(nlp, folder)
    nlp.initialize(lambda: examples)
    optimizer = Adam(0.05, use_averages=True)

    def link():
        doc = nlp.make_doc("failing hearts")
        doc.ents = [Span(doc, 0, 2, label="Disease")]
        return nlp.get_pipe("clinical_linker")(doc).ents[0]._.kb_ents

    before = link()
    nlp.update(examples, sgd=optimizer)
    after = link()
    assert after != before
    with nlp.use_params(optimizer.averages):
        assert link() != after
    assert link() == after


def test_nothing_to_learn(nlp, heart_vocabulary):
    linker = nlp.get_pipe("clinical_linker")
    doc = nlp.make_doc("Chest pain")
    assert linker.update([Example(nlp.make_doc(doc.text), doc)]) == {
        "clinical_linker": 0.0
    }
    plain = spacy.blank("en")
    pipe = plain.add_pipe(
        "clinical_linker", config={"vocabularies": str(heart_vocabulary)}
    )
    assert not pipe.is_trainable
    plain.initialize()
    assert plain.update([Example(plain.make_doc(doc.text), doc)]) == {}


# spaCy leaves files open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_spacy_trains_and_packages(folder, tiny_ner, tmp_path):
    overrides = {
        "paths.vocabulary": str(folder / "names"),
        "paths.dev": str(folder / "dev.txt"),
        "paths.encoder": str(tiny_ner),
        "components.clinical_linker.threshold": 0.3,
        "training.max_epochs": 0,
        "training.max_steps": 4,
        "training.eval_frequency": 2,
        "training.optimizer.learn_rate": 0.01,
    }
    train(CONFIG, tmp_path / "out", overrides=overrides)
    path = tmp_path / "out" / "model-last"
    trained = spacy.load(path).meta["performance"]
    assert trained["linker_nil_f"] == 1.0
    assert 0 <= trained["linker_acc"] <= trained["linker_acc_5"] <= 1
    package(path, tmp_path, create_sdist=False, create_wheel=False)
    [packed] = tmp_path.glob("*/*/*/config.cfg")
    again = spacy.load(packed.parent)
    doc = again.make_doc("pain in the chest")
    doc.ents = [Span(doc, 0, len(doc), label="Disease")]
    assert again.get_pipe("clinical_linker")(doc).ents[0].kb_id_ == "D:1"


def test_spacy_evaluates_a_pipeline(folder, tmp_path):
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(
        [{"label": "Disease", "pattern": text} for text in ("heart failure", "zebra")]
    )
    nlp.add_pipe("clinical_linker", config={"vocabularies": str(folder / "names")})
    nlp.to_disk(tmp_path / "nlp")
    docs = []
    for text, key in (
        ("heart failure", "D:3"),
        ("heart failure", "D:1"),
        ("zebra", ""),
    ):
        doc = nlp.make_doc(text)
        doc.ents = [Span(doc, 0, len(doc), label="Disease", kb_id=key)]
        docs.append(doc)
    both = Doc.from_docs(docs)
    DocBin(docs=[both]).to_disk(tmp_path / "dev.spacy")
    scores = evaluate(str(tmp_path / "nlp"), tmp_path / "dev.spacy")
    assert scores["linker_acc"] == 0.5
    assert scores["linker_acc_5"] >= 0.5
    assert scores["linker_nil_f"] == 1.0
