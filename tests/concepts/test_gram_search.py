"""The index of names: against a plain search, and odd vocabularies."""

import numpy as np
import pytest

from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.concepts.gram_index import build_index
from spacy_clinical.concepts.gram_search import FEATURES, GramIndex
from spacy_clinical.concepts.grams import list_grams, list_words
from spacy_clinical.concepts.spelling import Speller
from spacy_clinical.concepts.vocabulary import Vocabulary

NAMES = [
    *("heart failure", "failure of the heart", "cardiac arrest", "breast cancer"),
    *("type 2 diabetes", "type 1 diabetes", "x", "\u5fc3\u4e0d\u5168", "y" * 5000, "+"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("index")
    source = folder / "names.csv"
    rows = "".join(f"T:{i},{name}\n" for i, name in enumerate(NAMES))
    source.write_text("id,name\n" + rows, encoding="utf8")
    build_vocabulary([source], folder / "names")
    (folder / "made").mkdir()
    speller = Speller()
    build_index(Vocabulary.open(folder / "names"), folder / "made", speller)
    return GramIndex(folder / "made"), speller


def column(alike, name):
    return alike.features[:, FEATURES.index(name)]


def test_names_that_are_spelled_alike_share_a_key(made):
    index, speller = made
    assert len(index) == len(NAMES) - 1
    key = index.find_key(speller.spell("heart failures").key)
    assert index.list_names(key).tolist() == [0, 1]
    assert index.find_key("no such key") is None


def test_finds_each_name(made):
    index, speller = made
    alike = index.search([speller.spell(name) for name in NAMES], n_keys=3)
    for number, name in enumerate(NAMES):
        key = index.find_key(speller.spell(name).key)
        [row] = np.flatnonzero((alike.owners == number) & (alike.keys == key))
        assert column(alike, "cosine")[row] == pytest.approx(1.0, abs=1e-4)
        assert column(alike, "same_key")[row] == 1.0


def test_cosines_are_those_of_weighted_sets(made):
    index, speller = made
    names = ["heart failing", "diabetes type 2"]
    alike = index.search([speller.spell(name) for name in names], n_keys=5)
    keys = {index.find_key(speller.spell(name).key): name for name in NAMES}
    texts = [speller.spell(keys[key]).key for key in alike.keys.tolist()]
    all_grams = list_grams(
        [speller.spell(name).key for name in dict.fromkeys(keys.values())]
    )
    counts = np.bincount(all_grams.numbers, minlength=1 << 18)
    squares = (np.log((1 + len(index)) / (1 + counts)) + 1) ** 2
    for owner, text, cosine in zip(
        alike.owners, texts, column(alike, "cosine"), strict=True
    ):
        grams = list_grams([speller.spell(names[owner]).key, text])
        one, other = grams[0], grams[1]
        shared = squares[np.intersect1d(one, other)].sum()
        expected = shared / np.sqrt(squares[one].sum() * squares[other].sum())
        assert cosine == pytest.approx(expected, abs=1e-3)


def test_tells_numbers_apart(made):
    index, speller = made
    alike = index.search([speller.spell("diabetes type II")], n_keys=5)
    one, two = (
        np.flatnonzero(alike.keys == index.find_key(speller.spell(name).key))[0]
        for name in ("type 1 diabetes", "type 2 diabetes")
    )
    assert column(alike, "numbers_of_key")[[one, two]].tolist() == [1.0, 0.0]


def test_a_search_leaves_nothing_behind(made):
    index, speller = made
    spellings = [speller.spell("heart failing")]
    first = index.search(spellings, n_keys=5)
    again = index.search(spellings * 3, n_keys=5)
    assert again.keys.tolist() == first.keys.tolist() * 3


def test_no_names_at_all(made):
    index, _ = made
    alike = index.search([], n_keys=5)
    assert alike.features.shape == (0, len(FEATURES))


def test_lists_grams_and_words():
    grams = list_grams(["ab", "", "a b"])
    assert np.diff(grams.ends).tolist() == [2, 0, 2]
    words = list_words(["ab ab c", ""])
    assert np.diff(words.ends).tolist() == [2, 0]
