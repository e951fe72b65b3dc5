import pytest

from spacy_clinical.relations.holders import (
    is_allergen,
    is_denied_allergen,
    is_relatives,
    makes_hypothetical,
)


def place(marked):
    """Read a text with one marked place."""
    start, end = marked.index("["), marked.index("]") - 1
    return marked.replace("[", "").replace("]", ""), start, end


@pytest.mark.parametrize(
    "marked",
    [
        "Mother takes [metformin] 500 mg daily.",
        "His wife takes [amitriptyline].",
        "Her sister was on [methotrexate].",
        "Father's [BP] 150/90",
        "His father's [BP] is 150/90",
        "Mom takes [Zoloft].",
        "Her mother has diabetes and takes [insulin].",
        "Sister had breast cancer, on [tamoxifen].",
        "Father, who takes [warfarin], had a stroke.",
        "Mom and dad take [lisinopril].",
        "Brother with HTN on [lisinopril].",
        "Mother: [metformin], insulin",
        "A grandmother also takes [digoxin].",
        "Family history of [amoxicillin] allergy in mother.",
        "[Methadone] was given to the mother.",
        "Mother's medications include [labetalol].",
    ],
)
def test_what_a_relative_takes_is_theirs(marked):
    assert is_relatives(*place(marked))


@pytest.mark.parametrize(
    "marked",
    [
        "He takes [metformin].",
        "Mom gave [Tylenol] at 1400.",
        "Per mother, he takes [Keppra].",
        "Mother reports he takes [Keppra].",
        "Mother has diabetes, and he takes [metformin].",
        "Mother has diabetes. Takes [metformin].",
        "Mother has diabetes; [metformin] 500 mg",
        "Lives with his wife, on [metformin].",
        "He took his wife's [oxycodone].",
        "She used one of her mother's [Xanax] pills.",
        "Brought in by mom with [Tylenol] given.",
        "His mother died. BP [120]/80",
        "At his mother's house he took [aspirin].",
        "The person with [BP] 150/90",
        "Seasoned patient takes [aspirin].",
    ],
)
def test_what_a_relative_only_tells_or_gives_is_the_patients(marked):
    assert not is_relatives(*place(marked))


@pytest.mark.parametrize(
    "marked",
    [
        "He is allergic to [penicillin].",
        "Allergic to sulfa and [penicillin].",
        "allergies: [trimethoprim] (rash)",
        "She has an allergy to [codeine].",
        "[Penicillin] causes a rash.",
        "[sulfa] drugs cause hives",
        "[PCN] allergy",
        "[Amoxicillin] (hives)",
        "anaphylaxis to [ceftriaxone]",
        "Adverse reaction to [contrast].",
        "[SULFA], WHICH CAUSES HIVES",
        "[Morphine] caused anaphylaxis.",
    ],
)
def test_what_is_not_tolerated_is_an_allergen(marked):
    assert is_allergen(*place(marked))


@pytest.mark.parametrize(
    "marked",
    [
        "Takes [aspirin] for a rash.",
        "[Prednisone] for allergic rhinitis",
        "Allergic to sulfa but takes [aspirin].",
        "MRSA sensitive to [vancomycin]",
        "Allergic reaction treated with [Benadryl].",
        "Given [epinephrine] for anaphylaxis.",
        "[Claritin] for allergies",
        "Allergic to penicillin.\nTakes [aspirin].",
        "[Lasix] caused good diuresis.",
    ],
)
def test_what_is_taken_for_an_allergy_is_none(marked):
    assert not is_allergen(*place(marked))


def test_allergies_that_are_denied():
    text, start, _ = place("He is not allergic to [penicillin].")
    assert is_denied_allergen(text, start)
    text, start, _ = place("No fever. Allergic to [penicillin].")
    assert not is_denied_allergen(text, start)


@pytest.mark.parametrize(
    ("text", "cue", "is_open"),
    [
        ("Tylenol prn, aspirin", "prn", False),
        ("Tylenol as needed, aspirin", "as needed", False),
        ("hold if SBP<100\naspirin", "if", False),
        ("hold if SBP<100, aspirin", "if", False),
        ("if pain persists, aspirin", "if", True),
        ("consider aspirin", "consider", True),
    ],
)
def test_drugs_that_are_taken_as_needed_are_taken(text, cue, is_open):
    start = text.index(cue)
    found = makes_hypothetical(text, text.index("aspirin"), (start, start + len(cue)))
    assert found is is_open
