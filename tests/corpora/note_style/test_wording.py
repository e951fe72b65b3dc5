import pytest


def test_long_forms_become_short_inside_and_outside_of_entities(rewrite_all):
    found = rewrite_all("<D>Hypertension</D> and chest pain.", abbreviate=1.0)
    assert found == {
        "<D>HTN</D> and CP.",
        "<D>htn</D> and CP.",
        "<D>HTN</D> and cp.",
        "<D>htn</D> and cp.",
    }


@pytest.mark.parametrize(
    "text",
    [
        "heart. Failure",
        "pneumonia-like shadows, non-hypertension, hypertension's cause",
        # An entity of the text would be lost, or cut.
        "<S>edema</S> of <D>tumor of the <Biological_structure>lung</Biological_structure>",
        "deep <D>vein thrombosis</D>",
        "chest <S>pain</S>",
        # Single letters only stand for words inside of entities.
        "right away, he left",
    ],
)
def test_what_looks_like_a_long_form_stays(rewrite, text):
    assert rewrite(text, abbreviate=1.0) == text


def test_single_letters_are_used_inside_of_entities(rewrite_all):
    found = rewrite_all("<S>right knee pain</S>", abbreviate=1.0)
    assert {"<S>R knee pain</S>", "<S>Rt knee pain</S>"} & found


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        (
            "HTN, <D>COPD</D>",
            "hypertension, <D>chronic obstructive pulmonary disease</D>",
        ),
        ("<D>PE</D>", "<D>pulmonary embolism</D>"),
        ("<M>MS</M>", "<M>morphine sulfate</M>"),
        # Two readings, and nothing says which one.
        ("PE, <Outcome>PE</Outcome>", "PE, <Outcome>PE</Outcome>"),
        ("it was as or in us", "it was as or in us"),
        ("25 mg po bid", "25 mg po bid"),
    ],
)
def test_short_forms_become_long_where_one_reading_fits(rewrite, text, expanded):
    assert rewrite(text, expand=1.0) == expanded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("complicated by fever", {"c/b fever"}),
        ("with fever without rash", {"w/ fever w/o rash"}),
        ("due to fever", {"2/2 fever", "d/t fever"}),
        ("history of fever", {"h/o fever", "H/O fever", "hx of fever"}),
        ("status post fall", {"s/p fall", "S/P fall"}),
        (
            "after the <Therapeutic_procedure>nephrectomy</Therapeutic_procedure>",
            {"s/p <Therapeutic_procedure>nephrectomy</Therapeutic_procedure>"},
        ),
        ("fever for 3 days", {"fever x 3 days"}),
    ],
)
def test_phrases_are_typed_short(rewrite_all, text, expected):
    assert rewrite_all(text, phrases=1.0) == expected


@pytest.mark.parametrize(
    "text",
    [
        "after the visit",
        "after <D>stroke</D>",
        "for three",
        "forwith",
        "overdue to pay",
    ],
)
def test_what_looks_like_a_phrase_stays(rewrite, text):
    assert rewrite(text, phrases=1.0) == text


def test_ages_are_typed_short(rewrite_all):
    found = rewrite_all("a <Age>63-year-old</Age> man", phrases=1.0)
    assert "a <Age>63yo</Age> man" in found
    assert "a <Age>63 y/o</Age> man" in found
    assert all(text.startswith("a <Age>63") for text in found)


def test_doses_are_typed_short(rewrite_all):
    dose = "<Dosage>25 mg</Dosage> <Frequency>twice daily</Frequency>"
    found = {text.lower() for text in rewrite_all(dose, doses=1.0)}
    assert "<dosage>25</dosage> <frequency>bid</frequency>" in found
    assert "<dosage>25mg</dosage> <frequency>bid</frequency>" in found
    dose = "<Dosage>1 g</Dosage> <Frequency>every 24 hours</Frequency>"
    found = rewrite_all(dose, doses=1.0)
    assert "<Dosage>1g</Dosage> <Frequency>q24</Frequency>" in found
    assert "<Dosage>1 g</Dosage> <Frequency>q24h</Frequency>" in found
    assert rewrite_all("every other day", doses=1.0) <= {"qod", "QOD", "q other day"}
    assert "q4-6h" in rewrite_all("every 4 to 6 hours", doses=1.0)


@pytest.mark.parametrize(
    "text",
    [
        "every patient",
        "25 mg of it",
        "12 mgs",
        "every 2 minutes",
        "<Dosage>5</Dosage> mg",
    ],
)
def test_what_looks_like_a_dose_stays(rewrite, text):
    for _ in range(5):
        assert rewrite(text, doses=1.0) in (text, text.replace("25 mg", "25mg"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10 mg, 5 cm, 72 hours", "10mg, 5cm, 72hours"),
        ("<Dosage>10 mg</Dosage>", "<Dosage>10mg</Dosage>"),
        ("10 mgs, ten mg, 10 days' g", "10 mgs, ten mg, 10days' g"),
        # The unit is outside of the entity.
        ("<Lab_value>10</Lab_value> mg", "<Lab_value>10</Lab_value> mg"),
    ],
)
def test_numbers_and_units_run_together(rewrite, text, expected):
    assert rewrite(text, run_together=1.0) == expected


def test_drugs_get_short_and_brand_names(rewrite_all):
    found = rewrite_all("<M>Furosemide</M> and <D>hypertension</D>", drugs=1.0)
    assert found == {
        "<M>lasix</M> and <D>hypertension</D>",
        "<M>Lasix</M> and <D>hypertension</D>",
    }
