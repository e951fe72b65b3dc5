import pytest

from spacy_clinical.concepts.abbreviations import load_abbreviations
from spacy_clinical.corpora.note_style.swaps import list_short_names


@pytest.fixture
def names(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("# Ours\ngout\n\nfifth disease\n", encoding="utf8")
    return {"Disease_disorder": str(path)}


def test_names_are_swapped_into_entities_of_their_type(rewrite_all, names):
    text = "<D>Asthma</D>: <S>cough</S>. His <D>asthma</D> is mild asthma."
    found = rewrite_all(text, swap=1.0, names=names)
    assert found == {
        f"<D>{new.capitalize()}</D>: <S>cough</S>. His <D>{new}</D> is mild asthma."
        for new in ("gout", "fifth disease")
    }


def test_names_without_a_list_stay(rewrite):
    assert rewrite("<D>asthma</D>", swap=1.0) == "<D>asthma</D>"


def test_short_forms_of_the_type_are_swapped_in(rewrite_all):
    names = list_short_names(load_abbreviations())
    found = rewrite_all(
        "<D>gout</D> and <Occupation>baker</Occupation>", swap_short=1.0
    )
    assert len(found) > 15
    for text in found:
        short, _, rest = text.removeprefix("<D>").partition("</D>")
        assert short in names["Disease_disorder"]
        assert rest == " and <Occupation>baker</Occupation>"


def test_short_forms_come_under_other_names_of_their_type(rewrite_all):
    names = list_short_names(load_abbreviations())
    assert names["Chemical"] == names["Medication"]
    assert {"ASA", "asa", "lasix"} <= set(names["Chemical"])
    # Exact ones only in their case, and no single letters.
    assert "ms" not in names["Chemical"]
    assert "K" not in names["Diagnostic_procedure"]
