"""Texts with nothing in them don't stop training, nor change what is learned."""

import numpy
import pytest
import spacy
from spacy.training import Example
from spacy.util import fix_random_seed

from spacy_clinical.forms.document import make_form_doc

BLANK = ["", " ", "\n\t ", "\u200b", "\x00", "\ufeff", "\u00ad\u200d"]
TEXT = "The patient denies chest pain and fever"
LABELS = {"entities": [(19, 29, "Sign_symptom"), (34, 39, "Sign_symptom")]}
CATS = {"cats": {"401": 1.0, "428": 0.0}}

pytestmark = pytest.mark.filterwarnings(r"ignore:\[W00[12]\]")


def make_ner(checkpoint, **model):
    model["encoder"] = {"checkpoint": str(checkpoint), "precision": "fp32"}
    return "clinical_ner", {"model": model}


def make_categorizer(checkpoint, *, summary="mean", **settings):
    encoder = {"checkpoint": str(checkpoint), "precision": "fp32"}
    model = {"encoder": encoder, "summary": summary}
    settings = {"sections": "all", **settings}
    return "clinical_icd9_categorizer", {"model": model, **settings}


COMPONENTS = {
    "softmax": lambda folder: make_ner(folder),
    "softmax, mean": lambda folder: make_ner(folder, pooling="mean"),
    "crf": lambda folder: make_ner(folder, crf=True),
    "codes": lambda folder: make_categorizer(folder),
    "codes, first": lambda folder: make_categorizer(folder, summary="first"),
    "codes, unit": lambda folder: make_categorizer(folder, summary="unit_mean"),
    "codes, sentences": lambda folder: make_categorizer(folder, windows="sentence"),
    "codes, mean": lambda folder: make_categorizer(folder, pooling="mean"),
    "codes, or": lambda folder: make_categorizer(folder, pooling="noisy_or"),
}


@pytest.fixture(params=COMPONENTS)
def nlp(request, tiny_ner):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    name, config = COMPONENTS[request.param](tiny_ner)
    nlp.add_pipe(name, config=config)
    return nlp


def make_example(nlp, text):
    values = {**LABELS, **CATS} if text == TEXT else {"cats": {"401": 0.0, "428": 0.0}}
    return Example.from_dict(nlp.make_doc(text), values)


def learn(nlp, batches):
    """Train on batches of texts. RETURNS: The losses of each."""
    fix_random_seed(0)
    example = make_example(nlp, TEXT)
    optimizer = nlp.initialize(lambda: [example])
    losses = []
    for texts in batches:
        examples = [make_example(nlp, text) for text in texts]
        losses += nlp.update(examples, sgd=optimizer, drop=0.0).values()
    return losses


@pytest.mark.parametrize("texts", [[""], ["\u200b"], BLANK])
def test_batches_of_blank_texts_teach_nothing_that_is_not_a_number(nlp, texts):
    losses = learn(nlp, [texts, [TEXT], texts])
    assert numpy.isfinite(losses).all()
    assert nlp(TEXT).text == TEXT
    for text in texts:
        assert nlp(text).ents == ()


def test_blank_texts_beside_others_are_learned_with_them(nlp):
    losses = learn(nlp, [[*BLANK, TEXT]] * 3)
    assert numpy.isfinite(losses).all()
    assert losses[-1] < losses[0]


def test_blank_texts_change_no_loss_of_a_token_head(tiny_ner):
    for model in ({}, {"crf": True}):
        losses = []
        for texts in ([TEXT], [*BLANK[:4], TEXT]):
            nlp = spacy.blank("en")
            name, config = make_ner(tiny_ner, **model)
            nlp.add_pipe(name, config=config)
            losses.append(learn(nlp, [texts]))
        assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_forms_without_words_teach_nothing(tiny_layoutlm):
    nlp = spacy.blank("en")
    encoder = {"checkpoint": str(tiny_layoutlm), "precision": "fp32"}
    nlp.add_pipe("clinical_form_extractor", config={"model": {"encoder": encoder}})
    optimizer = nlp.initialize()
    docs = [make_form_doc(nlp.vocab, []), nlp.make_doc(""), nlp.make_doc(" \n")]
    examples = [Example(doc.copy(), doc) for doc in docs]
    losses = nlp.update(examples, sgd=optimizer)
    assert numpy.isfinite(list(losses.values())).all()
