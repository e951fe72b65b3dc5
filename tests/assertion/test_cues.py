import pytest

from spacy_clinical.assertion.assess import Note, Place, assess
from spacy_clinical.assertion.cues import ATTRIBUTES, CueSet, parse_key
from spacy_clinical.assertion.resource import load_cues
from spacy_clinical.assertion.spelling import spell


@pytest.fixture(scope="module")
def shipped():
    return load_cues()


def make_cues(**cues):
    made = CueSet(words={"who": ["mother", "big brother"]})
    for key, phrases in cues.items():
        made.add(key.replace("_", " "), phrases)
    return made


def say(cues, text, target):
    start = text.index(target)
    place = Place(start, start + len(target))
    [found] = assess(Note(text, [0]), [place], cues)
    return found


def test_shipped_cues_are_each_used(shipped):
    for key, phrases in shipped.cues.items():
        assert parse_key(key)
        assert phrases
        assert len(phrases) == len(set(phrases)), key


def test_reads_a_key_with_or_without_the_attributes_prefix():
    assert parse_key("negated before") == ("negated", "before", "")
    assert parse_key("is_negated before phrase") == ("negated", "before", "phrase")


@pytest.mark.parametrize(
    ("block", "code", "line"),
    [
        ("[negativ before]\ncues = no", "C850", 2),
        ("[negated behind]\ncues = no", "C851", 2),
        ("[negated before far]\ncues = no", "C851", 2),
        ("[negated before]\ncues = no; {nobody} had", "C852", 2),
        ("[sections]\nplan = later", "C850", 3),
        ("no block\n[negated before]", "C853", 2),
    ],
)
def test_errors_name_the_line_of_the_file(tmp_path, block, code, line):
    path = tmp_path / "mine.cfg"
    path.write_text(f"# Mine.\n{block}\n", encoding="utf8")
    with pytest.raises(ValueError, match=rf"\[{code}\].*mine\.cfg'.*line {line}\b"):
        load_cues(path)


def test_the_longest_cue_counts():
    cues = make_cues(negated_before=["no"], negated_pseudo=["no change"])
    assert say(cues, "no fever", "fever").categories == {"negated"}
    assert say(cues, "no change of fever", "fever").categories == set()


def test_a_newer_cue_of_the_same_words_wins():
    cues = make_cues(negated_before=["no"])
    cues.add("negated pseudo", ["no"])
    assert say(cues, "no fever", "fever").categories == set()
    cues.add("negated before", ["no"])
    assert say(cues, "no fever", "fever").categories == {"negated"}


def test_lists_of_words_stand_for_each_of_their_words():
    cues = make_cues(family_before=["{who} with"])
    assert say(cues, "his mother with gout", "gout").categories == {"family"}
    assert say(cues, "his big brother with gout", "gout").categories == {"family"}
    assert say(cues, "his sister with gout", "gout").categories == set()


def test_what_must_follow_may_be_a_cue_of_its_own():
    cues = make_cues(
        family_before=["{who}"],
        family_pseudo=["{who} [denies]"],
        negated_before=["denies"],
    )
    assert say(cues, "mother denies gout", "gout").categories == {"negated"}
    assert say(cues, "mother had gout", "gout").categories == {"family"}


def test_clause_starts_are_told_from_other_places():
    cues = make_cues(hypothetical_before=["^ should"])
    assert say(cues, "Should fever come", "fever").categories == {"hypothetical"}
    assert say(cues, "he should have fever", "fever").categories == set()


def test_hyphens_inside_words_part_them():
    cues = make_cues(negated_after_phrase=["negative"], uncertain_before=["rule out"])
    assert say(cues, "HIV-negative", "HIV").categories == {"negated"}
    assert say(cues, "rule-out PE", "PE").categories == {"uncertain"}


def test_cues_survive_as_plain_data(shipped):
    copy = CueSet.from_dict(shipped.to_dict())
    assert copy.to_dict() == shipped.to_dict()
    assert copy.digest == shipped.digest
    copy.add("negated before", ["zilch"])
    assert copy.digest != shipped.digest
    assert say(copy, "zilch fever", "fever").categories == {"negated"}
    assert say(shipped, "zilch fever", "fever").categories == set()


def test_words_that_were_looked_up_before_can_become_cues(shipped):
    copy = CueSet.from_dict(shipped.to_dict())
    assert say(copy, "zilch fever", "fever").categories == set()
    copy.add("negated before", ["zilch"])
    assert say(copy, "zilch fever", "fever").categories == {"negated"}


def test_what_only_looks_like_a_cue_hides_only_cues_of_its_category():
    cues = make_cues(
        historical_pseudo=["has had no"],
        historical_before=["had"],
        negated_before=["no"],
    )
    assert say(cues, "he has had no gout", "gout").categories == {"negated"}
    cues = make_cues(any_pseudo=["has had no"], negated_before=["no"])
    assert say(cues, "he has had no gout", "gout").categories == set()


def test_many_words_are_forgotten_again(monkeypatch):
    monkeypatch.setattr("spacy_clinical.assertion.cues._MAX_WORDS", 5)
    monkeypatch.setattr("spacy_clinical.assertion.cues._MAX_STEPS", 5)
    cues = make_cues(negated_before=["no", "no sign of"])
    for word in ("gout", "edema", "asthma", "fever", "cough", "rash"):
        text = f"no sign of {word} here, and {word}s"
        assert say(cues, text, word).categories == {"negated"}


def test_sets_of_shipped_cues_do_not_share_what_is_added(shipped):
    one, other = load_cues(), load_cues()
    assert one.digest == other.digest == shipped.digest
    one.add("negated before", ["zilch"])
    one.set_sections({"plan": ""})
    one.add_words({"member": ["godmother"]})
    assert say(one, "zilch fever", "fever").categories == {"negated"}
    assert other.to_dict() == shipped.to_dict() == load_cues().to_dict()
    assert say(other, "zilch fever", "fever").categories == set()
    other.add("negated before", ["nada"])
    assert say(one, "nada fever", "fever").categories == set()


def test_the_shipped_file_is_read_once(monkeypatch):
    load_cues()
    monkeypatch.setattr("spacy_clinical.assertion.resource._read_cues", None)
    assert say(load_cues(), "no fever", "fever").categories == {"negated"}


def test_each_cue_that_says_something_has_an_anchor(shipped):
    # Texts without an anchor are not matched at all.
    for with_current, anchors in shipped.find_anchors().items():
        categories = {*ATTRIBUTES, "any", *(["current"] if with_current else ())}
        for key, phrases in shipped.cues.items():
            category, direction, _ = parse_key(key)
            if category in categories and direction in ("before", "after", "either"):
                for phrase in phrases:
                    spelled = spell(phrase, shipped.words)
                    assert not any(anchors.isdisjoint(words) for words, _ in spelled)


def test_a_text_without_cues_is_quiet(shipped):
    quiet = ["the", "patient", "was", "examined", "with", "a", "cough"]
    assert shipped.are_quiet(quiet, with_current=False)
    for words in (["no", "cough"], ["cough", "(-)"], ["cough:", "none"]):
        assert not shipped.are_quiet(words, with_current=False)
    assert shipped.are_quiet(["current", "cough"], with_current=False)
    assert not shipped.are_quiet(["current", "cough"], with_current=True)


def test_very_long_cues_can_be_added():
    phrase = " ".join(["so"] * 3000)
    cues = load_cues()
    cues.add("negated before", [phrase])
    assert say(cues, f"{phrase} fever", "fever").categories == {"negated"}
    assert load_cues().digest != cues.digest
