"""A pipeline of each factory, which tests share."""

from collections.abc import Iterator
from importlib.metadata import entry_points

import pytest
import spacy
from spacy.language import Language
from spacy.util import raise_error

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
    return {}


@pytest.fixture(scope="session")
def made_pipelines(tiny_ner, tiny_core, heart_vocabulary) -> dict[str, Language]:
    made = {}
    for factory in FACTORIES:
        nlp = spacy.blank("en")
        checkpoint = tiny_core if "icd9" in factory else tiny_ner
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
