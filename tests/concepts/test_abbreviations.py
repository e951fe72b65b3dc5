import json
from pathlib import Path

import pytest

from spacy_clinical.concepts.abbreviations import (
    DEFAULT_ABBREVIATIONS,
    Abbreviation,
    Abbreviations,
    load_abbreviations,
)

split = str.split
LABELS = Path(__file__).parents[1] / "data" / "biomedical_ner_all_labels.json"
# Words that notes are full of: no short form may be one of them by its small letters.
WORDS = split("""
a about ad add after ago aid aids all am an and any are arm art as ask at ate back bad be
bed bee been but by car case cat clear co come con could day did dim do does done
down dress due each ear eat eye fall far fast feel fen few fish fit flair for free from
gap gas get go goes good had has have he hear help her here hi him his hit hot how i if
ill in is it its just keep known land last late leg less let lie like lip lot low made
make man many map may me mom month most much must my near new next no nor not now of off
ok old on once one only or our out over own pain para part past pea peep pet pip post pots pres
prom put ran rate red rest right run said same sat saw see set she side sit skin so some
soon stay step still stop such sure take tall team ten test than that the them then there
these they thing this those time tips to today told too toward two under until up us
use very was way we week well went were what when where which while who why will with
work would year yes yet you your
""")


@pytest.fixture(scope="module")
def shipped():
    return load_abbreviations()


def test_the_shipped_inventory_has_types_of_entities_that_there_are(shipped):
    labels = {name[2:] for name in json.loads(LABELS.read_text(encoding="utf8"))}
    assert {row.label for row in shipped} <= labels | {"-"}
    assert len(shipped) > 1500
    assert len({row.short for row in shipped}) > 1000


def test_no_short_form_is_a_word_in_small_letters(shipped):
    found = {word: shipped.find_short(word) for word in WORDS}
    assert {word: rows for word, rows in found.items() if rows} == {}


@pytest.mark.parametrize(
    "form",
    split("""HTN HLD DM2 T2DM CAD CHF HFrEF COPD ESRD CKD DVT PE afib AF MI NSTEMI CVA TIA GERD
    BPH OSA UTI PNA OA RA SOB DOE CP N/V HA LOC ASA vanc zosyn HCTZ APAP NTG lasix abx
    NSAID PPI ACEi BB CBC BMP CXR EKG TTE CT MRI LFTs BUN Cr WBC Hgb INR UA CABG PCI TKA
    EGD I&D ORIF RLE LUQ LAD bid tid qhs prn po iv sc w/ c/b s/p h/o 2/2 c/o p/w
    r/o"""),
)
def test_knows_what_clinicians_type(shipped, form):
    assert shipped.find_short(form)


@pytest.mark.parametrize(
    ("form", "labels"),
    [
        ("MS", {"Disease_disorder", "Medication", "Sign_symptom"}),
        ("PE", {"Disease_disorder", "Diagnostic_procedure"}),
        ("RA", {"Disease_disorder", "Nonbiological_location", "Biological_structure"}),
        ("CP", {"Disease_disorder", "Sign_symptom"}),
        ("LAD", {"Sign_symptom", "Biological_structure"}),
        ("PT", {"Diagnostic_procedure", "Therapeutic_procedure"}),
        ("OD", {"Disease_disorder", "Biological_structure"}),
        ("BS", {"Sign_symptom", "Diagnostic_procedure"}),
    ],
)
def test_gives_all_readings(shipped, form, labels):
    assert {row.label for row in shipped.find_short(form)} == labels


def test_case_tells_forms_apart_that_are_words_or_others(shipped):
    assert shipped.find_short("htn") == shipped.find_short("HTN")
    for form in ("it", "or", "as", "us"):
        assert not shipped.find_short(form)
        assert shipped.find_short(form.upper())
    assert [row.long_forms[0] for row in shipped.find_short("pt")] == ["patient"]
    assert "patient" not in shipped.find_short("PT")[0].long_forms
    assert [row.long_forms[0] for row in shipped.find_short("Ca")] == ["calcium"]
    assert [row.long_forms[0] for row in shipped.find_short("CA")] == ["cancer"]


def test_finds_long_forms_in_any_case_with_or_without_hyphens(shipped):
    for form in ("End-stage renal disease", "end stage renal disease"):
        assert {row.short for row in shipped.find_long(form)} == {"ESRD", "ESKD"}
    assert not shipped.find_long("end of stage")


ROWS = [
    Abbreviation("HTN", "Disease_disorder", ("hypertension",)),
    Abbreviation("pHTN", "Disease_disorder", ("pulmonary hypertension",)),
    Abbreviation("CD", "Disease_disorder", ("Crohn's disease",), True),
    Abbreviation("N/V", "Sign_symptom", ("nausea, vomiting",)),
    Abbreviation("lap chole", "Therapeutic_procedure", ("cholecystectomy",)),
    Abbreviation("b.i.d.", "Frequency", ("twice daily",)),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Pulmonary hypertension, hypertension.", ["pHTN", "HTN"]),
        ("pulmonary\nhypertension", ["pHTN"]),
        ("pulmonary. Hypertension", ["HTN"]),
        ("pulmonary\n\nhypertension", ["HTN"]),
        ("Crohn\u2019s disease; nausea, vomiting", ["CD", "N/V"]),
        ("nausea vomiting hypertensions", []),
        ("", []),
    ],
)
def test_finds_the_longest_long_forms_of_a_text(text, found):
    places = list(Abbreviations(ROWS).find_long_forms(text))
    assert [place.readings[0].short for place in places] == found


def test_finds_short_forms_of_a_text():
    text = "HTN, htn. n/v (CD) s/p lap chole b.i.d. cd HTNs\nlap\nchole"
    found = list(Abbreviations(ROWS).find_short_forms(text))
    texts = [text[place.start : place.end] for place in found]
    assert texts == ["HTN", "htn", "n/v", "CD", "lap chole", "b.i.d"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("HTN\tDisease_disorder", "three to five columns"),
        ("HTN hypertension", "three to five columns"),
        ("HTN\tDisease disorder\thypertension", "type"),
        ("HTN\t\thypertension", "type"),
        ("\tDisease_disorder\thypertension", "empty short"),
        ("HTN, \tDisease_disorder\thypertension", "empty short"),
        ("HTN\tDisease_disorder\thypertension;", "empty long"),
        ("HTN\tDisease_disorder\thypertension\tlower", "case"),
        ("HTN, HTN\tDisease_disorder\thypertension", "twice"),
        ("HTN\tDisease_disorder\tstroke; Stroke", "twice"),
        ("CVA\tDisease_disorder\tstroke", "repeats line 2"),
        ("MS\tMedication\tmorphine\t\t@pain", "names a list of cues"),
        ("@pain", "no cues"),
        ("@pain\t ", "no cues"),
    ],
)
def test_errors_name_the_line(tmp_path, line, reason):
    path = tmp_path / "own.tsv"
    start = "# comment\nCVA\tDisease_disorder\tStroke\n\n"
    path.write_text(f"{start}{line}\n", encoding="utf8")
    with pytest.raises(ValueError, match=rf"\[C864\].*own\.tsv.*line 4 .*{reason}"):
        load_abbreviations(path)


def test_reads_own_files_with_windows_line_ends(tmp_path):
    path = tmp_path / "own.tsv"
    path.write_bytes(b"TLA, tla\tProblem\tthree-letter abbreviation\texact\r\n")
    (first, second) = load_abbreviations(path)
    assert first == Abbreviation("TLA", "Problem", ("three-letter abbreviation",), True)
    assert second.short == "tla"
    with pytest.raises(ValueError, match=r"\[C302\]"):
        load_abbreviations(tmp_path / "missing.tsv")


def test_the_file_is_written_as_it_describes():
    for line in DEFAULT_ABBREVIATIONS.read_text(encoding="utf8").splitlines():
        assert line == line.strip()
        assert "  " not in line or line.startswith("#")
