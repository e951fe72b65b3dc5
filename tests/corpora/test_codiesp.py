import pytest

from spacy_clinical.corpora.codiesp import CodiEspCorpus
from spacy_clinical.icd9.tables import list_categories
from tests.conftest import find_corpus, load_blank


@pytest.fixture
def folder(tmp_path):
    """An invented corpus of five texts."""
    (tmp_path / "text_files_en").mkdir()
    for name in "abcde":
        text = f"Case {name}: a man with hypertension."
        (tmp_path / f"text_files_en/{name}.txt").write_text(text, encoding="utf8")
    rows = ["a\ti10", "a\ta41.9", "b\tI10", "c\ty95", "d\te11.9"]
    (tmp_path / "trainD.tsv").write_text("\n".join(rows) + "\n", encoding="utf8")
    return tmp_path


def read(folder, **settings):
    return list(CodiEspCorpus(folder, **settings)(load_blank()))


def test_codes_are_mapped_to_categories(folder):
    found = [(eg.text[:6], eg.reference.cats) for eg in read(folder)]
    assert found == [
        ("Case a", {"038": 1.0, "401": 1.0, "995": 1.0}),
        ("Case b", {"401": 1.0}),
        # Mapped to nothing; and not in the table.
        ("Case c", {}),
        ("Case d", {"250": 1.0}),
        ("Case e", {}),
    ]
    assert all(not eg.predicted.cats for eg in read(folder))


def test_folds_part_the_texts(folder):
    everything = {eg.text for eg in read(folder)}
    held_out = []
    for fold in range(5):
        [left] = read(folder, fold=fold, held_out=True)
        held_out.append(left.text)
        assert {eg.text for eg in read(folder, fold=fold)} == everything - {left.text}
    assert set(held_out) == everything


def test_limit_and_shuffle(folder):
    assert len(read(folder, limit=2)) == 2
    orders = {tuple(eg.text for eg in read(folder, shuffle=True)) for _ in range(20)}
    assert len(orders) > 1


def test_a_path_is_needed():
    with pytest.raises(ValueError, match=r"\[C410\]"):
        CodiEspCorpus(None)


def test_missing_files(tmp_path):
    with pytest.raises(ValueError, match=r"\[C411\]"):
        read(tmp_path)


@pytest.mark.parametrize("row", ["a", "a\t", "z\ti10", "a i10"])
def test_broken_rows(folder, row):
    with (folder / "trainD.tsv").open("a", encoding="utf8") as file:
        file.write(row + "\n")
    with pytest.raises(ValueError, match=r"\[C412\] Row 6 of 'trainD.tsv'"):
        read(folder)


def test_the_corpus_itself():
    examples = read(find_corpus("codiesp/train"))
    assert len(examples) == 500
    categories = set(list_categories())
    codes = [code for eg in examples for code in eg.reference.cats]
    assert set(codes) <= categories
    assert len(codes) > 4500
    assert sum(not eg.reference.cats for eg in examples) == 0
