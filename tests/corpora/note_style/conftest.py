import re

import pytest
import spacy
from spacy.training import Example
from spacy.util import fix_random_seed

from spacy_clinical.corpora.note_style.augmenter import NoteStyleAugmenter
from tests.conftest import doc_from_markup

OPERATIONS = {
    *(
        "abbreviate",
        "expand",
        "phrases",
        "drugs",
        "doses",
        "run_together",
        "swap",
        "swap_short",
    ),
    *("telegraphic", "lists", "bullets", "wrap", "lower", "upper", "typos"),
}


def make_augmenter(**settings):
    """An augmenter that does nothing but what it is told to."""
    return NoteStyleAugmenter(
        **{"level": 1.0, **dict.fromkeys(OPERATIONS, 0.0), **settings}
    )


def make_example(nlp, markup):
    doc = doc_from_markup(nlp, markup)
    return Example(nlp.make_doc(doc.text), doc)


def write_markup(doc):
    text, parts, end = doc.text, [], 0
    for ent in doc.ents:
        parts += [
            text[end : ent.start_char],
            f"<{ent.label_}>{ent.text}</{ent.label_}>",
        ]
        end = ent.end_char
    return "".join([*parts, text[end:]])


@pytest.fixture(scope="package")
def clinical():
    config = {"@tokenizers": "spacy-clinical.ClinicalTokenizer.v1"}
    return spacy.blank("en", config={"nlp": {"tokenizer": config}})


@pytest.fixture
def rewrite(clinical):
    """Rewrite a text with entities: rewrite("<X>chest pain</X>", abbreviate=1.0)."""

    def run(markup, **settings):
        short = re.sub(r"<(/?)D>", r"<\1Disease_disorder>", markup)
        short = re.sub(r"<(/?)S>", r"<\1Sign_symptom>", short)
        short = re.sub(r"<(/?)M>", r"<\1Medication>", short)
        example = make_example(clinical, short)
        (changed,) = make_augmenter(**settings)(clinical, example)
        assert changed.predicted.text == changed.reference.text
        assert not changed.predicted.ents
        written = write_markup(changed.reference)
        for name in ("Disease_disorder", "Sign_symptom", "Medication"):
            written = written.replace(f"<{name}>", f"<{name[0]}>")
            written = written.replace(f"</{name}>", f"</{name[0]}>")
        return written

    return run


@pytest.fixture
def rewrite_all(rewrite):
    """All that many tries make of a text."""

    def run(markup, **settings):
        found = set()
        for seed in range(25):
            fix_random_seed(seed)
            found.add(rewrite(markup, **settings))
        return found

    return run
