"""The generator of notes with planted identifiers that the shipped model learns from."""

import random
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.corpora.brat import BratCorpus
from spacy_clinical.identifiers.found import LABELS

pytest.importorskip("faker", reason="names are Faker's")
SCRIPTS = Path(__file__).parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))
from deid_notes import values, vocabulary  # noqa: E402
from deid_notes.clinical_lines import LINES  # noqa: E402
from deid_notes.clinical_terms import list_terms  # noqa: E402
from deid_notes.compose import make_note, make_notes, read_templates  # noqa: E402
from deid_notes.marked import PLACE, Part, fill, join, split  # noqa: E402
from deid_notes.noise import add_noise  # noqa: E402
from deid_notes.slots import Slots  # noqa: E402
from deid_notes.sources import Screen, list_passages, mark  # noqa: E402
from make_deid_notes import write_brat_files  # noqa: E402

PASSAGES = [
    [mark("A 47-year-old man came in March 2011."), mark("He was given aspirin.")],
    [mark("The patient was seen."), mark("He had pain.")],
]
PARTS = ("train", "dev")


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), part=st.sampled_from(PARTS))
def test_spans_are_in_order_and_hold_what_they_say(seed, part):
    note = make_note(PASSAGES, part, random.Random(seed))
    end = 0
    for start, stop, label in note.spans:
        assert label in LABELS
        assert end <= start < stop <= len(note.text)
        words = note.text[start:stop]
        assert words == words.strip()
        assert "\n" not in words
        end = stop


@pytest.mark.parametrize("part", PARTS)
def test_notes_depend_on_their_seed_and_number_alone(part):
    notes = list(make_notes(PASSAGES, part, seed=3, n_notes=12))
    assert list(make_notes(PASSAGES, part, seed=3, n_notes=12)) == notes
    assert list(make_notes(PASSAGES, part, seed=3, n_notes=5)) == notes[:5]
    assert list(make_notes(PASSAGES, part, seed=4, n_notes=12)) != notes
    assert len({note.text for note in notes}) > 9


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_noise_keeps_what_is_labelled_labelled(seed):
    chance = random.Random(seed)
    parts = [Part("Seen by Dr. "), Part("Jane Doe", "STAFF"), Part(" on ")]
    parts += [Part("3/4/2020", "DATE"), Part("\nand gone.")]
    noisy = add_noise(parts, chance)
    assert [part.label for part in noisy] == ["", "STAFF", "", "DATE", ""]
    assert noisy[0].text.lower() == "seen by dr. "
    assert abs(len(noisy[1].text) - len("Jane Doe")) <= 1
    note = join(noisy)
    assert join(split(note)) == note


def test_joined_spans_end_at_line_breaks():
    note = join([Part("to "), Part("1 Oak St\nBoston, MA", "LOC"), Part(".")])
    assert [note.text[s:e] for s, e, _ in note.spans] == ["1 Oak St", "Boston, MA"]


def test_words_of_names_are_in_one_part_only():
    for kind in ("male", "female", "last"):
        train, dev = (
            {
                name
                for names in vocabulary.list_names(kind, part).values()
                for name in names
            }
            for part in PARTS
        )
        assert len(train) > 1000
        assert len(dev) > 300
        assert not train & dev
    for name in ("word_names", "cities", "orgs", "hospitals", "streets", "drugs"):
        train, dev = (
            set(vocabulary.take(vocabulary.read_list(name), part)) for part in PARTS
        )
        assert train
        assert dev
        assert not train & dev


def test_formats_and_templates_are_in_one_part_only():
    for formats in (
        *(values.DATES, values.PARTIAL, values.PHONES, values.IDS),
        *(values.DEVICES, values.HOLIDAYS),
    ):
        assert not set(formats["train"]) & set(formats["dev"])
    train, dev = (read_templates(part) for part in PARTS)
    assert dev.keys() <= train.keys()
    for kind, templates in dev.items():
        assert not set(templates) & set(train[kind])


@pytest.mark.parametrize("part", PARTS)
def test_places_of_templates_can_be_filled(part):
    slots = Slots(random.Random(0), part)
    for kind, templates in read_templates(part).items():
        for template in templates:
            places = set(PLACE.findall(template)) - {"body", "sig"}
            assert places <= set(slots.names), template
            labels = {p.label for name in places for p in slots.get(name)}
            if kind == "clean":
                assert labels <= {""}, template


def test_every_type_is_planted():
    notes = make_notes(PASSAGES, "train", seed=0, n_notes=300)
    assert {label for note in notes for _, _, label in note.spans} == set(LABELS)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), name=st.sampled_from(sorted(LINES)))
def test_lines_of_charts_depend_on_their_seed_alone(seed, name):
    line = LINES[name](random.Random(seed), "train")
    assert line == line.strip()
    assert line == LINES[name](random.Random(seed), "train")


@pytest.mark.parametrize("kind", ["disease", "eponym", "drug", "short"])
def test_terms_are_in_one_part_only(kind):
    train, dev = (set(list_terms(kind, part)) for part in PARTS)
    assert len(train) > 100
    assert len(dev) > 20
    assert not train & dev


def test_articles_of_dates_are_no_part_of_them():
    slots = Slots(random.Random(0), "dev")
    written = [list(slots.get("partdate")) for _ in range(200)]
    assert any(parts[0].text == "the " for parts in written)
    dates = [part.text for parts in written for part in parts if part.label]
    assert len(dates) == 200
    assert not any(date.startswith("the ") for date in dates)


def test_some_notes_to_train_on_have_lines_as_on_windows():
    notes = list(make_notes(PASSAGES, "train", seed=2, n_notes=200))
    assert 5 < sum("\r\n" in note.text for note in notes) < 60


def test_one_note_has_one_patient():
    slots = Slots(random.Random(5), "train")
    parts = fill("{first} {last} {mrn} {mrn}", slots.get)
    assert parts[1].text == slots.patient.first
    assert parts[5].text == parts[7].text


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("A 47-year-old man, seen on March 3, 2011.", ["47", "March 3, 2011"]),
        ("She is 6-month-old and it is 3/14/2012.", ["6-month", "3/14/2012"]),
        ("Grade 2/6 murmur, 20/40 vision, 2000 mg.", []),
        ("In his 40s, aged 52, since 1999.", ["40s", "52", "1999"]),
        ("He may walk; the march goes on.", []),
    ],
)
def test_ages_and_dates_of_sentences_are_marked(sentence, expected):
    note = mark(sentence)
    assert [note.text[s:e] for s, e, _ in note.spans] == expected


@pytest.mark.parametrize(
    ("sentence", "is_free"),
    [
        ("The patient has Crohn's disease and takes Tylenol.", True),
        ("Martha Collins is a 50-year-old female.", False),
        ("He saw Dr. Miller.", False),
        ("She lives in Norwich.", False),
        ("He was seen at County Hospital.", False),
        ("Symptoms began in 1990 or 1991.", False),
        ("The patient was seen in March 2011.", True),
        ("Martha denies chest pain.", False),
    ],
)
def test_sentences_that_may_name_someone_are_left_out(sentence, is_free):
    screen = Screen(["the patient has pain, symptoms, he, she, and was seen " * 20])
    assert screen.is_free(sentence) is is_free


def test_passages_keep_their_order():
    texts = ["The patient was well. He saw Dr. Miller. The patient was seen."]
    texts.append("the patient he")
    passages = list_passages(texts, Screen([*texts, "the he " * 20]))
    assert [m.text for m in passages[0]] == [
        "The patient was well.",
        "The patient was seen.",
    ]


def test_files_can_be_read_as_a_corpus(tmp_path, nlp):
    notes = list(make_notes(PASSAGES, "dev", seed=1, n_notes=20))
    write_brat_files(tmp_path, iter(notes))
    with pytest.warns(match="W201"):
        examples = list(BratCorpus(tmp_path)(nlp))
    assert [eg.reference.text for eg in examples] == [note.text for note in notes]
    n_spans = sum(len(eg.reference.ents) for eg in examples)
    assert n_spans == sum(len(note.spans) for note in notes)
