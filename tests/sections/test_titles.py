import pytest

from spacy_clinical.sections.groups import TitleGroup
from spacy_clinical.sections.titles import SectionTitles
from spacy_clinical.sections.vocabulary import load_titles


@pytest.fixture(scope="module")
def titles():
    return load_titles()


@pytest.mark.parametrize(
    ("phrase", "label"),
    [
        ("PAST MEDICAL HISTORY", "past_medical_history"),
        ("past  medical   history", "past_medical_history"),
        ("PASTMEDICAL HISTORY", "past_medical_history"),
        ("P A S T  M E D I C A L  H I S T O R Y", "past_medical_history"),
        ("Past Med Hx", "past_medical_history"),
        ("Pertinent past medical history", "past_medical_history"),
        ("PMH (per wife)", "past_medical_history"),
        ("PMH/PSH/FH", "past_medical_history"),
        ("History of the Present Illness", "history_of_present_illness"),
        ("Assessment & Plan", "assessment_and_plan"),
        ("A/P", "assessment_and_plan"),
        ("A&P", "assessment_and_plan"),
        ("A+P", "assessment_and_plan"),
        ("Allergy", "allergies"),
        ("Medications at the time of discharge", "discharge_medications"),
        ("Patient\u2019s Goals", "goals"),
        ("Follow-Up", "follow_up"),
        ("Brief hospital course", "hospital_course"),
        ("Physical Exam on Admission", "physical_exam"),
        ("HEENT", "head_eyes_ears_nose_throat"),
        ("Heart/Lungs", "respiratory"),
    ],
)
def test_find_knows_spellings(titles, phrase, label):
    group = titles.find(phrase)
    assert group is not None
    assert group.label == label


@pytest.mark.parametrize(
    "phrase",
    ["", "lisinopril", "The plan", "Plan to discharge", "Plan B", "10 mg", "/"],
)
def test_find_leaves_other_phrases(titles, phrase):
    assert titles.find(phrase) is None


@pytest.mark.parametrize(
    "header",
    [
        "FAM/SOCHX",
        "GENHX",
        "PASTMEDICALHX",
        "CC",
        "PASTSURGICAL",
        "ALLERGY",
        "ROS",
        "MEDICATIONS",
        "ASSESSMENT",
        "EXAM",
        "DIAGNOSIS",
        "DISPOSITION",
        "PLAN",
        "EDCOURSE",
        "IMMUNIZATIONS",
        "IMAGING",
        "GYNHX",
        "PROCEDURES",
        "OTHER_HISTORY",
        "LABS",
    ],
)
def test_find_knows_the_headers_of_mts_dialog(titles, header):
    group = titles.find(header)
    assert group is not None
    assert not group.is_part


def test_every_title_in_the_resource_is_found(titles):
    lost = [
        title
        for group in titles.groups
        for title in group.titles
        if titles.find(title) is None
    ]
    assert lost == []


def test_codes_are_well_formed_and_differ(titles):
    codes = [group.loinc for group in titles.groups if group.loinc]
    assert len(codes) == len(set(codes)) == 51
    for code in codes:
        number, check = code.split("-")
        assert int(check) == _check_digit(number)


def _check_digit(number):
    """The check digit that ends a LOINC code (mod 10)."""
    odd = int("".join(reversed(number))[::2][::-1]) * 2
    digits = "".join(reversed(number))[1::2][::-1] + str(odd)
    return -sum(map(int, digits)) % 10


def test_add_wins_over_older_meanings():
    titles = load_titles()
    titles.add(TitleGroup("wound_log", ("Wound care", "Dressing log")))
    assert titles.find("WOUND CARE").label == "wound_log"
    assert titles.find("dressing logs").label == "wound_log"
    assert "wound_log" in titles.labels


def test_a_copy_is_a_table_of_its_own():
    before, other = load_titles(), load_titles()
    group = TitleGroup("wound_log", ("Wound care", "Dressing log"), starts=("Gauze",))
    other.add(group)
    assert other.find("Wound care").label == "wound_log"
    for titles in (before, load_titles()):
        assert titles.digest == before.digest != other.digest
        assert "wound_log" not in titles.labels
        assert not {"gauze", "Gauze"} & titles.opener_starts


def test_exact_titles_win_over_plurals_of_others(titles):
    assert titles.find("Objective").label == "physical_exam"
    assert titles.find("Objectives").label == "goals"


def test_rules_survive_as_plain_data(titles):
    copy = SectionTitles.from_dict(titles.to_dict())
    assert copy.digest == titles.digest
    assert copy.find("PMHx").loinc == "11348-0"


def test_digest_changes_with_the_rules():
    titles = load_titles()
    before = titles.digest
    titles.add(TitleGroup("plan", ("Battle plan",)))
    assert titles.digest != before


def test_add_refuses_labels_that_are_not_snake_case():
    with pytest.raises(ValueError, match=r"\[C101\].*'Past History'"):
        SectionTitles([TitleGroup("Past History", ("x",))])


def test_add_refuses_titles_without_letters():
    with pytest.raises(ValueError, match=r"\[C102\].*number 1 of.*'plan'"):
        SectionTitles([TitleGroup("plan", ("plan", "--"))])
