import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.assertion.assess import Note, Place, assess, lower
from spacy_clinical.assertion.cues import ATTRIBUTES
from spacy_clinical.assertion.resource import load_cues
from spacy_clinical.tokenization.sentences import split_sentences

CUES = load_cues()
LETTERS = {
    "negated": "N",
    "uncertain": "U",
    "historical": "H",
    "hypothetical": "Y",
    "family": "F",
}
DATA = Path(__file__).parents[1] / "data" / "assertion_sentences.txt"
SENTENCES = [
    line
    for line in DATA.read_text(encoding="utf8").splitlines()
    if line and not line.startswith("#")
]


def read_markup(markup):
    """Read "no <N|fever>": the text, and the targets with what is true of them."""
    text, places, said, done = "", [], [], 0
    markup = markup.replace("\\n", "\n")
    for match in re.finditer(r"<(\w*)\|([^>]*)>", markup):
        text += markup[done : match.start()]
        places.append(Place(len(text), len(text) + len(match[2])))
        said.append(set(match[1]))
        text += match[2]
        done = match.end()
    return text + markup[done:], places, said


def find(markup, *, sentences=True, kind="condition", **known):
    text, places, _ = read_markup(markup)
    places = [place._replace(kind=kind) for place in places]
    starts = split_sentences(text) if sentences else [0]
    found = assess(Note(text, starts, **known), places, CUES)
    return [{LETTERS[c] for c in one.categories} for one in found]


@pytest.mark.parametrize("markup", SENTENCES)
def test_says_of_each_target_what_is_true(markup):
    assert find(markup) == read_markup(markup)[2]


@pytest.mark.parametrize("markup", SENTENCES)
def test_capitals_make_no_difference(markup):
    shouted = re.sub(
        r"<(\w*)\|([^>]*)>|(\\n)|([^<\\]+)",
        lambda m: f"<{m[1]}|{m[2].upper()}>" if m[2] else m[3] or m[4].upper(),
        markup,
    )
    # Where capitals could be the start of a sentence, sentences differ.
    assert find(shouted, sentences="\\n" in markup) == find(
        markup, sentences="\\n" in markup
    )


def test_reasons_say_where_the_cue_is():
    text = "He denies any fever."
    start = text.index("fever")
    [found] = assess(Note(text, [0]), [Place(start, start + 5)], CUES)
    reason = found.reasons["negated"]
    assert text[reason.start : reason.end] == "denies any"
    assert (reason.category, reason.direction) == ("negated", "before")
    assert reason.rule == "denies any"


def test_reasons_of_a_list_are_in_the_line_above():
    text = "Patient denies:\n- fever\n- chills"
    place = Place(text.index("chills"), len(text))
    [found] = assess(Note(text, [0, 16, 24]), [place], CUES)
    reason = found.reasons["negated"]
    assert text[reason.start : reason.end] == "denies"


def test_cues_inside_a_target_are_about_it_only_at_its_borders():
    assert find("<N|no fever> or <N|chills>") == [{"N"}, {"N"}]
    assert find("<|small cell carcinoma without atypia>, <|edema>") == [set(), set()]
    assert find("<N|hepatitis B negative>") == [{"N"}]
    # A target that is itself a cue says nothing of itself.
    assert find("Result: <|negative>") == [set()]


def test_targets_may_overlap():
    text = "no acute chest pain today"
    places = [Place(3, 19), Place(9, 19), Place(15, 19)]
    found = assess(Note(text, [0]), places, CUES)
    assert [one.categories for one in found] == [{"negated"}] * 3


def test_cues_inside_a_long_target_count_for_those_inside_it():
    text = "history taken: man without fever seen today, edema"
    places = [Place(15, 43), Place(27, 32), Place(45, 50)]
    found = [one.categories for one in assess(Note(text, [0]), places, CUES)]
    assert found == [set(), {"negated"}, set()]


def test_targets_may_cross_sentences():
    text = "No fever. Chills today."
    found = assess(Note(text, [0, 10]), [Place(3, 16), Place(10, 16)], CUES)
    assert [one.categories for one in found] == [{"negated"}, set()]


def test_negative_tests_are_not_denied():
    assert find("<|Blood cultures> were negative.", kind="test") == [set()]
    assert find("<N|Hepatitis B> was negative.") == [{"N"}]
    assert find("negative <|pregnancy test>", kind="test") == [set()]
    assert find("<N|Biopsy> was not performed.", kind="test") == [{"N"}]


@pytest.mark.parametrize("kind", ["test", "treatment"])
def test_doubt_is_of_conditions(kind):
    markup = "possible <|chest x-ray>, <|left lung> is suspected"
    assert find(markup, kind=kind) == [set(), set()]
    assert find("possible <U|edema>, <U|infarct> is suspected") == [{"U"}, {"U"}]
    assert find("no <N|chest x-ray>", kind=kind) == [{"N"}]


@pytest.mark.parametrize(
    ("label", "markup"),
    [
        ("family_history", "<F|Stroke>, <NF|no diabetes>"),
        ("past_medical_history", "<H|Stroke>, <N|no diabetes>"),
        ("past_medical_history", "<H|Asthma>, currently <|wheezing>"),
        ("instructions", "<Y|Fever>. <N|no diabetes>. <H|prior stroke>"),
        ("plan", "<Y|Stroke>"),
        ("assessment", "<|Stroke>"),
        ("unheard_of", "<|Stroke>"),
    ],
)
def test_sections_say_the_rest(label, markup):
    wanted = read_markup(markup)[2]
    assert find(markup, sections=[(0, label)]) == wanted


def test_plans_speak_of_treatments_as_they_are():
    sections = [(0, "plan")]
    assert find("<|aspirin>", kind="treatment", sections=sections) == [set()]


def test_sections_can_be_left_out():
    note = Note("Stroke", [0], sections=[(0, "family_history")])
    [found] = assess(note, [Place(0, 6)], CUES, use_sections=False)
    assert found.categories == set()


def test_words_of_titles_are_no_cues_for_the_text():
    text = "CONCERNS FOR: cough"
    place = Place(text.index("cough"), len(text))
    [open_text] = assess(Note(text, [0]), [place], CUES)
    assert open_text.categories == {"uncertain"}
    [titled] = assess(Note(text, [0], titles=[(0, 12)]), [place], CUES)
    assert titled.categories == set()
    # But for denials: "ROS NEGATIVE: cough".
    text = "ROS NEGATIVE: cough"
    place = Place(text.index("cough"), len(text))
    [denied] = assess(Note(text, [0], titles=[(0, 12)]), [place], CUES)
    assert denied.categories == {"negated"}


def test_works_without_sentences():
    text = "No fever\nCough: yes\n\nEdema is absent"
    places = [
        Place(text.index(word), text.index(word) + 5)
        for word in ("fever", "Cough", "Edema")
    ]
    found = assess(Note(text, [0]), places, CUES)
    assert [one.categories for one in found] == [{"negated"}, set(), {"negated"}]


def test_lower_keeps_the_places_of_characters():
    text = "İstanbul I\u2019M ΑΣ No"
    assert len(lower(text)) == len(text)
    assert lower(text).endswith("no")


WORDS = st.sampled_from(
    ["no", "fever", "denies", ",", ";", ":", "\n", "\n\n- ", "(", "-", ")", "or", "and",
     "was ruled out", "mother", "if", "in 2009", "5 years ago", "[ ]", "?", "history of",
     "İ", "\u2019", "x" * 50, " ", "but", "vs", "+", ".", "not", "PMH:", "\x00"]
)  # fmt: skip


@given(
    st.lists(WORDS, max_size=40).map(" ".join),
    st.lists(st.tuples(st.integers(0, 120), st.integers(1, 30)), max_size=12),
    st.lists(st.integers(0, 120), max_size=6),
)
@settings(max_examples=300, deadline=None)
def test_any_text_and_targets_are_read(text, spans, starts):
    ends = [(a, min(a + n, len(text))) for a, n in spans if a < len(text)]
    places = [Place(start, end) for start, end in sorted(ends)]
    found = assess(
        Note(text, sorted(s for s in starts if s <= len(text))), places, CUES
    )
    assert len(found) == len(places)
    for one in found:
        assert one.categories <= set(ATTRIBUTES)
        for category, reason in one.reasons.items():
            assert category == reason.category
            assert 0 <= reason.start < reason.end <= len(text)


@pytest.mark.parametrize(
    "unit",
    ["no fever, ", "fever was ruled out and ", "( fever ", "PMH: fever; ", "fever vs "],
)
def test_work_grows_with_the_text(unit):
    def measure(n):
        text = unit * n
        width = len(unit)
        offset = unit.index("fever")
        places = [Place(i * width + offset, i * width + offset + 5) for i in range(n)]
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            assess(Note(text, [0]), places, CUES)
            best = min(best, time.process_time() - start)
        return best

    # Eight times as much text: 64 times as long, if it were quadratic.
    assert measure(4000) < 24 * measure(500)


def test_denied_findings_leave_tests_and_dates_as_they_are():
    for cue in ("negative for", "without", "absence of", "lack of"):
        assert find(f"{cue} <|CD3> and <|CD20>", kind="test") == [set(), set()]
        assert find(f"{cue} <N|edema> and <N|rash>") == [{"N"}, {"N"}]
    assert find("no fever for <|two weeks>", kind="time") == [set()]
    assert find("declined <N|CT>", kind="test") == [{"N"}]


@pytest.mark.parametrize(
    "markup",
    [
        "No <N|edema>, elevated <|troponin>.",
        "No <N|edema> or elevated <N|troponin>.",
        "No elevated <N|troponin>.",
        "It is unlikely that he has <N|TB>; <N|gout> is unlikely.",
        "<|Gout> likely arising from diet, likely <U|pseudogout>.",
        "The possible cause of the <|rash>; possible <U|scabies>.",
        "Follow up as soon as possible for <|gout>.",
        "Patients with <|gout> were excluded from the study; <N|gout> was excluded.",
        "Unable to assess <|gait>; unable to <N|walk>.",
        "A suspicious <|nodule>, suspicious for <U|cancer>.",
        "Former <H|smoker> with <|cough>.",
    ],
)
def test_both_directions_of_a_kind(markup):
    assert find(markup) == read_markup(markup)[2]
