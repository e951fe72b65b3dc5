import pytest

from spacy_clinical.concepts.abbreviations import (
    Abbreviation,
    Abbreviations,
    load_abbreviations,
)
from spacy_clinical.concepts.contexts import Context

ROWS = [
    Abbreviation("MS", "Disease_disorder", ("multiple sclerosis",), cues=("flare",)),
    Abbreviation(
        "MS", "Disease_disorder", ("mitral stenosis",), cues=("valve", "echo", "murmur")
    ),
    Abbreviation("MS", "Medication", ("morphine sulfate",), cues=("mg", "ms")),
]
OWN = Abbreviations(ROWS)


def choose(text, rows=ROWS, sections=()):
    context = Context(text, OWN, sections)
    chosen = context.choose(text.index("MS"), rows)
    return chosen and chosen.long_forms[0]


@pytest.mark.parametrize(
    ("text", "long_form"),
    [
        ("MS", None),
        ("the MS was noted", None),
        ("MS flare", "multiple sclerosis"),
        ("MS of the valve", "mitral stenosis"),
        # Three cues elsewhere are enough, two are not; and neither is a contradiction.
        ("Echo was done for a murmur. A valve leaks. Has MS.", "mitral stenosis"),
        ("Echo was done. A valve was seen. Has MS.", None),
        ("flare of MS at the valve", None),
        # A cue near by wins over one that is not.
        ("MS flare. Echo tomorrow.", "multiple sclerosis"),
        # A clause goes on in the next line, not after a full stop or a blank line.
        ("MS with a\nflare", "multiple sclerosis"),
        ("MS. Flare", None),
        ("MS\n\nflare", None),
        # The long form is in the note.
        ("Mitral stenosis in 2001. Now MS again.", "mitral stenosis"),
        # A form is no cue for itself.
        ("MS, MS, MS", None),
    ],
)
def test_words_around_a_form_decide(text, long_form):
    assert choose(text) == long_form


def test_sections_decide():
    text = "Meds\nMS"
    assert choose(text, sections=[(0, "medications")]) == "morphine sulfate"
    assert choose(text, sections=[(0, "other")]) is None
    assert choose(text, sections=[(0, "past_medical_history")]) is None
    assert choose(text, ROWS[1:], [(0, "past_medical_history")]) == "mitral stenosis"


def test_the_usual_reading_gives_way_to_clear_words_only():
    usual = [ROWS[0]._replace(is_usual=True), *ROWS[1:]]
    assert choose("MS", usual) == "multiple sclerosis"
    assert choose("Echo: valve with MS", usual) == "mitral stenosis"
    assert choose("Seen by echo. Severe valve. MS", usual) == "multiple sclerosis"


def test_one_reading_needs_no_words():
    assert choose("MS", ROWS[:1]) == "multiple sclerosis"
    assert choose("MS", []) is None


@pytest.mark.parametrize(
    ("text", "form", "long_form"),
    [
        ("Cardiology consult. Echo: severe MS, LA enlarged.", "MS", "mitral stenosis"),
        ("Neurology: MS on interferon.", "MS", "multiple sclerosis"),
        ("O2 sat 95% RA", "RA", "room air"),
        ("RA on methotrexate", "RA", "rheumatoid arthritis"),
        ("r/o PE, CTA neg, start heparin", "PE", "pulmonary embolism"),
        ("INR 2, PT 14", "PT", "prothrombin time"),
        ("PT and OT for gait", "PT", "physical therapy"),
        ("stent to the LAD", "LAD", "left anterior descending artery"),
        ("LAD in the neck", "LAD", "lymphadenopathy"),
        ("CTX and azithromycin IV", "CTX", "ceftriaxone"),
        ("Takes MS and rests.", "MS", None),
    ],
)
def test_shipped_cues(text, form, long_form):
    shipped = load_abbreviations()
    context = Context(text, shipped)
    chosen = context.choose(text.index(form), shipped.find_short(form))
    assert (chosen and chosen.long_forms[0]) == long_form


def test_every_form_with_several_readings_has_cues_or_a_usual_one():
    shipped = load_abbreviations()
    for form in {row.short for row in shipped}:
        rows = [row for row in shipped if row.short == form]
        if len({(row.label, row.long_forms) for row in rows}) > 1:
            assert all(row.cues for row in rows), form
