import pytest

from spacy_clinical.corpora.note_style import telegraphic


@pytest.fixture(autouse=True)
def drop_all(monkeypatch):
    monkeypatch.setattr(telegraphic, "SHARE", 1.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The patient denies <S>fever</S>.", "Denies <S>fever</S>."),
        ("He has a <S>cough</S>.", "<S>Cough</S>."),
        ("She was admitted.\nShe underwent it.", "Admitted.\nUnderwent it."),
        ("There was no <S>edema</S>.", "No <S>edema</S>."),
        ("The abdomen was soft.", "Abdomen soft."),
        ("A pain in his left arm.", "Pain in left arm."),
        ("HPI: The patient had <S>pain</S>.", "HPI: <S>Pain</S>."),
        ("an MRI of the <S>HTN</S>", "MRI of <S>HTN</S>"),
    ],
)
def test_articles_subjects_and_copulas_go(rewrite, text, expected):
    assert rewrite(text, telegraphic=1.0) == expected


@pytest.mark.parametrize(
    "text",
    [
        "hepatitis A virus, vitamin a level",
        "<D>hepatitis A infection</D>",
        "We told her that this is not it.",
        "theater, an-ion, Athens",
        "We saw patients have it.",
        "Is it so?",
        # Nothing would be left of the entity.
        "<Subject>He</Subject> has it.",
    ],
)
def test_what_looks_like_them_stays(rewrite, text):
    assert rewrite(text, telegraphic=1.0) == text
