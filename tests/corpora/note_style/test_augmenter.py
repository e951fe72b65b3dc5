import inspect
import random
import re
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.training import Example
from spacy.util import fix_random_seed, registry
from thinc.api import Config

from spacy_clinical.corpora.brat import BratCorpus
from spacy_clinical.corpora.codiesp import CodiEspCorpus
from spacy_clinical.corpora.mixed import MixedCorpus
from spacy_clinical.corpora.note_style.augmenter import NoteStyleAugmenter
from spacy_clinical.corpora.note_style.docs import make_doc, make_draft
from spacy_clinical.corpora.note_style.edits import Draft, Place
from spacy_clinical.corpora.table import TableCorpus
from tests.conftest import NOTES
from tests.corpora.note_style.conftest import (
    OPERATIONS,
    make_augmenter,
    make_example,
    write_markup,
)
from tests.test_configs import TINY_WINDOWS

ROOT = Path(__file__).parents[3]
NAME = "spacy-clinical.note_style_augmenter.v1"
MARKUP = (
    "HPI: The patient is a <Age>63-year-old</Age> <Sex>man</Sex> with a history of "
    "<Disease_disorder>hypertension</Disease_disorder> and <Disease_disorder>type 2 "
    "diabetes</Disease_disorder>. He denies <Sign_symptom>chest pain</Sign_symptom>.\n\n"
    "PLAN:\nStart <Medication>furosemide</Medication> <Dosage>25 mg</Dosage> "
    "<Frequency>twice daily</Frequency> <Administration>by mouth</Administration>.\n"
)


def run(nlp, augmenter, seed, n=10):
    fix_random_seed(seed)
    example = make_example(nlp, MARKUP)
    made = [eg for _ in range(n) for eg in augmenter(nlp, example)]
    return [write_markup(eg.reference) for eg in made]


def test_is_registered_and_says_what_it_was_set_to(clinical):
    config = Config().from_str(
        f'[augmenter]\n@augmenters = "{NAME}"\nlevel = 1.0\nlower = 1.0\n'
    )
    assert Config().from_str(config.to_str()) == config
    augmenter = registry.resolve(config)["augmenter"]
    assert isinstance(augmenter, NoteStyleAugmenter)
    texts = [unmark(text) for text in run(clinical, augmenter, 0)]
    assert all(text == text.lower() for text in texts)
    filled = registry.fill(config)
    assert filled["augmenter"]["wrap"] == NoteStyleAugmenter().rates["wrap"]


def unmark(text):
    return re.sub(r"</?\w+>", "", text)


def test_the_same_seed_gives_the_same_texts(clinical):
    augmenter = NoteStyleAugmenter(level=1.0)
    first = run(clinical, augmenter, 1)
    assert run(clinical, augmenter, 1) == first
    assert run(clinical, augmenter, 2) != first
    assert len(set(first)) > 5


def test_level_is_the_share_of_changed_examples(clinical):
    example = make_example(clinical, MARKUP)
    for level, low, high in ((0.0, 0, 0), (0.5, 30, 70), (1.0, 95, 100)):
        augmenter = NoteStyleAugmenter(level=level)
        made = [list(augmenter(clinical, example)) for _ in range(100)]
        assert all(len(one) == 1 for one in made)
        assert low <= sum(one[0] is not example for one in made) <= high


def test_the_original_comes_first_if_it_is_kept(clinical):
    example = make_example(clinical, MARKUP)
    augmenter = make_augmenter(upper=1.0, keep_original=True)
    first, second = augmenter(clinical, example)
    assert first is example
    assert second.reference.text == example.reference.text.upper()
    # What is the same is not given twice.
    assert len(list(make_augmenter(keep_original=True)(clinical, example))) == 1


@pytest.mark.parametrize("note", NOTES)
def test_odd_notes_do_no_harm(clinical, note):
    example = Example(clinical.make_doc(note), clinical.make_doc(note))
    augmenter = NoteStyleAugmenter(level=1.0, bullets=1.0, typos=0.5, telegraphic=1.0)
    for _ in range(5):
        (made,) = augmenter(clinical, example)
        assert made.predicted.text == made.reference.text
        assert bool(made.reference.text.strip()) == bool(note.strip())


def test_lines_stay_unless_an_operation_changes_them(clinical, rewrite):
    rates = dict.fromkeys(OPERATIONS - {"lists", "bullets", "wrap"}, 1.0)
    for _ in range(10):
        assert rewrite(MARKUP, **rates).count("\n") == MARKUP.count("\n")


@pytest.mark.parametrize("setting", sorted({"level", *OPERATIONS}))
@pytest.mark.parametrize("value", [-0.1, 1.5])
def test_what_is_no_probability_is_refused(setting, value):
    with pytest.raises(ValueError, match=rf"\[C866\].*'{setting}'.*not {value}"):
        NoteStyleAugmenter(**{setting: value})


def test_own_abbreviations_replace_the_shipped_ones(rewrite, tmp_path):
    path = tmp_path / "own.tsv"
    path.write_text("XQ\tDisease_disorder\tasthma\texact\n", encoding="utf8")
    written = rewrite(
        "<D>asthma</D>, HTN", abbreviate=1.0, expand=1.0, abbreviations=str(path)
    )
    assert written in ("<D>XQ</D>, HTN", "<D>asthma</D>, HTN")


def split_at_bars(text):
    return text.split("|")


WORDS = split_at_bars(
    "The|patient|has|hypertension|chest pain|type 2 diabetes mellitus|with|after|He|was|"
    "25 mg|twice daily|every 24 hours|63-year-old|of|the|left|arm|denies|HTN|a|CABG|,|.|"
    "\n|\n\n|- |PMH:|caf\u00e9|\u1e9e\u0130|  |history of|due to|10 g|and|shortness of breath"
)
LABELS = ["Disease_disorder", "Medication", "Therapeutic_procedure", "X"]


@st.composite
def texts_with_places(draw):
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=25))
    text = " ".join(words)
    borders = st.integers(0, len(text))
    places = {}
    for pair in draw(st.lists(st.tuples(borders, borders), max_size=6)):
        start, end = sorted(pair)
        if text[start:end].strip():
            places[start, end] = Place(start, end, draw(st.sampled_from(LABELS)))
    return text, list(places.values())


@settings(max_examples=150, deadline=None)
@given(
    texts_with_places(),
    st.sets(st.sampled_from(sorted(OPERATIONS))),
    st.integers(0, 99),
)
def test_places_are_never_lost_whatever_is_done(made, operations, seed):
    text, places = made
    random.seed(seed)
    augmenter = make_augmenter(**dict.fromkeys(operations, 1.0))
    draft = Draft(text, places)
    augmenter.rewrite(draft)
    assert len(draft.places) == len(places)
    for place in places:
        start, end = draft.map_place(place.start, place.end)
        assert Place(start, end, place.label) in draft.places
        assert draft.text[start:end].strip()
    if not draft.is_changed:
        assert draft.text == text


@settings(max_examples=60, deadline=None)
@given(
    texts_with_places(),
    st.sets(st.sampled_from(sorted(OPERATIONS))),
    st.integers(0, 99),
)
def test_entities_are_what_the_edits_make_of_them(made, operations, seed):
    nlp = spacy.blank("en")
    text, places = made
    doc = nlp.make_doc(text)
    spans = [doc.char_span(*p[:2], p.label, alignment_mode="expand") for p in places]
    doc.ents = spacy.util.filter_spans(spans)
    random.seed(seed)
    draft = make_draft([doc])
    make_augmenter(**dict.fromkeys(operations, 1.0)).rewrite(draft)
    new = make_doc(nlp, doc, draft)
    assert new.text == draft.text
    for ent, made in zip(doc.ents, new.ents, strict=True):
        start, end = draft.map_place(ent.start_char, ent.end_char)
        assert (made.label_, made.text) == (ent.label_, draft.text[start:end].strip())


def write_corpora(folder):
    (folder / "brat").mkdir()
    (folder / "brat/1.txt").write_text("He has hypertension.", encoding="utf8")
    ann = "T1\tDisease_disorder 7 19\thypertension\n"
    (folder / "brat/1.ann").write_text(ann, encoding="utf8")
    (folder / "table.csv").write_text(
        "text,label\nHypertension.,401\n", encoding="utf8"
    )
    (folder / "codiesp/text_files_en").mkdir(parents=True)
    (folder / "codiesp/text_files_en/1.txt").write_text(
        "Hypertension.", encoding="utf8"
    )
    (folder / "codiesp/trainD.tsv").write_text("1\ti10\n", encoding="utf8")


def test_all_readers_of_texts_take_augmenters(clinical, tmp_path):
    write_corpora(tmp_path)
    upper = make_augmenter(upper=1.0)
    for corpus in (
        BratCorpus(tmp_path / "brat", augmenter=upper),
        TableCorpus(tmp_path / "table.csv", augmenter=upper),
        CodiEspCorpus(tmp_path / "codiesp", augmenter=upper),
        MixedCorpus(BratCorpus(tmp_path / "brat"), augmenter=upper),
        MixedCorpus(BratCorpus(tmp_path / "brat"), augmenter=upper, shuffle=True),
    ):
        (example,) = corpus(clinical)
        assert "HYPERTENSION." in example.reference.text
        assert example.reference.cats == (
            {} if example.reference.ents else {"401": 1.0}
        )


@pytest.mark.filterwarnings(r"ignore:\[W002\]")
def test_pipelines_train_with_it(tiny_ner, tmp_path):
    from spacy.cli.train import train

    write_corpora(tmp_path)
    (tmp_path / "names.txt").write_text("gout\n", encoding="utf8")
    block = f"""
    [corpora.train.augmenter]
    @augmenters = "{NAME}"
    level = 1.0
    keep_original = true

    [corpora.train.augmenter.names]
    Disease_disorder = "{tmp_path / "names.txt"}"
    """
    config = (ROOT / "configs/train_ner.cfg").read_text(encoding="utf8")
    (tmp_path / "train.cfg").write_text(
        config + inspect.cleandoc(block), encoding="utf8"
    )
    brat = str(tmp_path / "brat")
    few = {"training.max_steps": 3, "training.eval_frequency": 3}
    paths = {"paths.train": brat, "paths.dev": brat, "paths.encoder": str(tiny_ner)}
    train(
        tmp_path / "train.cfg",
        tmp_path / "out",
        overrides={**TINY_WINDOWS, **few, **paths},
    )
    nlp = spacy.load(tmp_path / "out/model-last")
    assert "Disease_disorder" in nlp.pipe_labels["clinical_ner"]
