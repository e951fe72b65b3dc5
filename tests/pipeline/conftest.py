"""A pipeline of each factory, which tests share."""

from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.util import raise_error

from tests.tiny import make_document_classifier, make_question_answerer

FACTORIES = sorted(
    entry.name
    for entry in entry_points(group="spacy_factories")
    if entry.value.startswith("spacy_clinical.")
)


def settings(factory: str, checkpoint, vocabulary) -> dict:
    if factory == "clinical_linker":
        return {"vocabularies": [str(vocabulary)]}
    if factory == "clinical_ner":
        return {"model": {"encoder": {"checkpoint": str(checkpoint)}}}
    if factory == "clinical_deidentifier":
        encoder = {
            "@architectures": "spacy-clinical.HFEncoder.v1",
            "checkpoint": str(checkpoint),
        }
        model = {"@architectures": "spacy-clinical.TokenClassifier.v1"}
        return {"model": {**model, "encoder": encoder}}
    if factory in ("clinical_transformer", "clinical_long_transformer"):
        return {"model": {"checkpoint": str(checkpoint)}}
    if factory == "clinical_icd9_categorizer":
        encoder = {"checkpoint": str(checkpoint)}
        return {"model": {"encoder": encoder}, "threshold": 0.0}
    if factory == "clinical_qa":
        encoder = {"checkpoint": str(checkpoint), "size": 40, "stride": 30}
        questions = {"pain": "no chest pain?", "fever": "fever of the patient"}
        return {"model": {"encoder": encoder}, "questions": questions}
    if factory == "clinical_pair_classifier":
        hypotheses = {"pain": "The patient denies pain.", "fever": "no fever"}
        encoder = {"checkpoint": str(checkpoint)}
        return {"model": {"encoder": encoder}, "hypotheses": hypotheses}
    return {}


@pytest.fixture(scope="session")
def tiny_squad(tmp_path_factory) -> Path:
    """A tiny checkpoint for question answering."""
    folder = tmp_path_factory.mktemp("tiny_squad")
    return make_question_answerer(folder, "bert", sharpness=40.0)


@pytest.fixture(scope="session")
def tiny_nli(tmp_path_factory) -> Path:
    """A tiny pair classifier, with labels in the order of MedNLI's authors."""
    folder = tmp_path_factory.mktemp("tiny_nli")
    labels = ["contradiction", "entailment", "neutral"]
    return make_document_classifier(
        folder, "bert", labels, sharpness=1.0, initializer_range=0.3
    )


@pytest.fixture(scope="session")
def made_pipelines(
    tiny_ner, tiny_core, tiny_squad, tiny_nli, heart_vocabulary
) -> dict[str, Language]:
    checkpoints = {
        "clinical_icd9_categorizer": tiny_core,
        "clinical_qa": tiny_squad,
        "clinical_pair_classifier": tiny_nli,
    }
    made = {}
    for factory in FACTORIES:
        nlp = spacy.blank("en")
        checkpoint = checkpoints.get(factory, tiny_ner)
        nlp.add_pipe(factory, config=settings(factory, checkpoint, heart_vocabulary))
        nlp.initialize()
        made[factory] = nlp
    return made


@pytest.fixture
def pipelines(made_pipelines) -> Iterator[dict[str, Language]]:
    """By factory; a test may set error handlers, and change nothing else."""
    yield made_pipelines
    for nlp in made_pipelines.values():
        nlp.set_error_handler(raise_error)
