import importlib.util
import pickle
import time

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.tokenization.tokenizer import MAX_RUN, create_clinical_tokenizer

CONFIG = {"nlp": {"tokenizer": {"@tokenizers": "spacy-clinical.ClinicalTokenizer.v1"}}}
NOTE = (
    "Seen by Dr. [**Last Name (NamePattern1) **] on [**2101-3-4**], doesn't smoke.\n"
    "___ y/o F s/p fall, BP 120/80, T 38.5°C, WBC:12.3. Lasix 20mg q12h and b.i.d.\n"
)


@pytest.fixture(scope="module")
def nlp():
    return spacy.blank("en", config=CONFIG)


def words(doc):
    return [token.text for token in doc]


@pytest.mark.parametrize(
    "text",
    [
        "[**2101-3-4**]",
        "[**Hospital1 18**]",
        "[**Known lastname **]",
        "[**First Name8 (NamePattern2)\n**]",
        "___",
        "__",
        "_" * 80,
        "_" * 5000,
        "b.i.d.",
        "e.g.",
        "U.S.",
        "Dr.",
        "120/80",
        "3/4/21",
        "2101-03-04",
        "12:30",
        "0.05",
        "1,000",
        "10^9",
        "2–3",
        "5-10",
        "+/-",
        "->",
        "q12h",
        "q.4",
        "q4-6h",
        "s/p",
        "w/o",
        "CA19-9",
        "A1c",
        "60s",
        "1990s",
        "C3d",
        "CYP2D6",
        "H2O",
        "HbA1c7",
        "IgG4",
        "mAb1g",
        "BRCA1",
        "HR",
        "https://example.org/a?b=c",
        "a.b@example.org",
    ],
)
def test_tokenizer_keeps_whole(nlp, text):
    assert words(nlp.make_doc(text)) == [text]
    assert words(nlp.make_doc(f"x {text} y")) == ["x", text, "y"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5mg", "5 mg"),
        ("2.5-mg", "2.5 - mg"),
        ("81mg/day.", "81 mg / day ."),
        ("120/80mmHg,", "120/80 mmHg ,"),
        ("10^9/L", "10^9 / L"),
        ("50%", "50 %"),
        ("38.5°C.", "38.5 °C ."),
        ("x3", "x 3"),
        ("1500g", "1500 g"),
        ("1+pitting", "1 + pitting"),
        ("5d.", "5 d ."),
        ("WBC:12.3", "WBC : 12.3"),
        ("pH=7.2", "pH = 7.2"),
        ("Ki67<2%", "Ki67 < 2 %"),
        (">=3", ">= 3"),
        ("120->130", "120 -> 130"),
        ("28-year-old", "28 - year - old"),
        ("left-sided", "left - sided"),
        ("T2-weighted", "T2 - weighted"),
        ("HIV-positive", "HIV - positive"),
        ("(COX)-deficient", "( COX ) - deficient"),
        ("uptake(max", "uptake ( max"),
        ("risk[4].", "risk [ 4 ] ."),
        ("found.The", "found . The"),
        ("normal.on", "normal . on"),
        ("metastases.3", "metastases . 3"),
        ("fibers4", "fibers 4"),
        ("2015with", "2015 with"),
        ("i.v.tiw", "i.v. tiw"),
        ("BUCY+ATG", "BUCY + ATG"),
        ("ECD,1", "ECD , 1"),
        ("BALs", "BAL s"),
        ("mmol/L.", "mmol / L ."),
        ("T1D.", "T1D ."),
        ("p.m.", "p.m ."),
        ("w/cough", "w/ cough"),
        ("-Aspirin", "- Aspirin"),
        ("doesn't", "does n't"),
        ("patient's", "patient 's"),
        ("[**Name**]'s", "[**Name**] 's"),
        ("([**Name**])", "( [**Name**] )"),
        ("___-year-old", "___ - year - old"),
        ("[**open", "[** open"),
        ("78yoF", "78 yo F"),
        ("y.o.M", "y.o. M"),
        ("vanc1g", "vanc 1g"),
        ("lasix40mgpo", "lasix 40 mg po"),
        ("1000mgbid", "1000 mg bid"),
        ("10mgq24h", "10 mg q24h"),
        ("levetiracetam1500", "levetiracetam 1500"),
        ("CABGx3", "CABG x3"),
        ("BP120/80", "BP 120/80"),
        ("HR88,", "HR 88 ,"),
        ("WBC12.3", "WBC 12.3"),
    ],
)
def test_tokenizer_splits(nlp, text, expected):
    assert words(nlp.make_doc(text)) == expected.split()


def test_placeholder_with_spaces_is_one_token_at_the_right_place(nlp):
    text = "on  [**Month (only) 12**]  at\n[**a b**]x"
    doc = nlp.make_doc(text)
    assert words(doc) == [
        "on",
        " ",
        "[**Month (only) 12**]",
        " ",
        "at",
        "\n",
        "[**a b**]",
        "x",
    ]
    assert all(text[t.idx : t.idx + len(t)] == t.text for t in doc)


def test_unclosed_placeholder_does_not_swallow_the_next(nlp):
    doc = nlp.make_doc("[**cut off [**Name 1**] " + "[**" + "long " * 100 + "**]")
    assert [word for word in words(doc) if " " in word] == ["[**Name 1**]"]


def test_exceptions_keep_their_norm_beside_a_placeholder(nlp):
    assert [token.norm_ for token in nlp.make_doc("[**A B**] doesn't")] == [
        "[**a b**]",
        "does",
        "not",
    ]


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_tokenizer_keeps_any_text(text):
    tokenizer = _TOKENIZER
    for note in (text, f"[**{text}**] {text}", text * 10):
        assert tokenizer(note).text == note


@settings(max_examples=200, deadline=None)
@given(st.text("[]*_ \n.a1-/'", max_size=300))
def test_tokenizer_keeps_text_made_of_markers(text):
    assert _TOKENIZER(text).text == text


_TOKENIZER = create_clinical_tokenizer()(spacy.blank("en"))


@pytest.mark.parametrize("unit", ["a", "(", "a,", "'s", "5mg", ".", "-", "[**", "a@"])
def test_long_line_without_spaces_takes_linear_time(nlp, unit):
    text = unit * (100_000 // len(unit))
    start = time.process_time()
    doc = nlp.make_doc(text)
    assert time.process_time() - start < 5
    assert doc.text == text
    assert len(doc) <= len(text)


def test_long_word_is_cut_into_few_tokens(nlp):
    doc = nlp.make_doc("a" * 100_000 + " b")
    assert len(doc) == 100_000 // MAX_RUN + 1
    assert words(doc)[-1] == "b"


def test_explain_names_the_placeholder(nlp):
    explained = nlp.tokenizer.explain(NOTE)
    doc = nlp.make_doc(NOTE)
    assert [text for _, text in explained] == [t.text for t in doc if not t.is_space]
    assert ("PLACEHOLDER", "[**2101-3-4**]") in explained


def assert_same(first, second):
    expected = first.make_doc(NOTE)
    found = second.make_doc(NOTE)
    assert words(found) == words(expected)
    assert [t.norm_ for t in found] == [t.norm_ for t in expected]
    assert second.tokenizer.placeholders == first.tokenizer.placeholders


def test_tokenizer_round_trips(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    assert_same(nlp, spacy.load(tmp_path))
    assert_same(nlp, spacy.blank("en", config=CONFIG).from_bytes(nlp.to_bytes()))
    assert_same(nlp, pickle.loads(pickle.dumps(nlp)))


def test_changed_settings_round_trip(tmp_path):
    nlp = spacy.blank("en")
    make = create_clinical_tokenizer(placeholders=["<<[^>]*>>"], abbreviations=["qx."])
    nlp.tokenizer = make(nlp)
    text = "<<A B>> qx. [**a"
    expected = ["<<A B>>", "qx.", "[**", "a"]
    assert words(nlp.make_doc(text)) == expected
    other = create_clinical_tokenizer()(spacy.blank("en"))
    assert words(other(text)) != expected
    assert words(other.from_bytes(nlp.tokenizer.to_bytes())(text)) == expected
    assert words(pickle.loads(pickle.dumps(nlp.tokenizer))(text)) == expected


def test_tokenizer_works_in_other_processes(nlp):
    docs = list(nlp.pipe([NOTE] * 4, n_process=2, batch_size=1))
    assert [words(doc) for doc in docs] == [words(nlp.make_doc(NOTE))] * 4


def test_tokenizer_pipe_agrees_with_call(nlp):
    notes = [NOTE, "", " ", "a", "[** **]"]
    piped = [words(doc) for doc in nlp.tokenizer.pipe(notes)]
    assert piped == [words(nlp.tokenizer(note)) for note in notes]


@pytest.mark.parametrize(("pattern", "reason"), [("(", "missing"), ("x*", "no text")])
def test_tokenizer_refuses_useless_placeholder(pattern, reason):
    make = create_clinical_tokenizer(placeholders=[pattern])
    with pytest.raises(ValueError, match=rf"\[C201\].*{reason}"):
        make(spacy.blank("en"))


@pytest.mark.skipif(
    importlib.util.find_spec("scispacy") is not None, reason="scispaCy is installed"
)
def test_scispacy_rules_need_scispacy(nlp):
    with pytest.raises(ImportError, match=r"\[C202\].*tokenizer.*pip install"):
        create_clinical_tokenizer(rules="scispacy")(nlp)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_scispacy_rules_keep_placeholders(nlp):
    pytest.importorskip("scispacy", reason="scispaCy is not installed")
    tokenizer = create_clinical_tokenizer(rules="scispacy")(nlp)
    assert {"[**2101-3-4**]", "___"} <= set(words(tokenizer(NOTE)))
    assert tokenizer(NOTE).text == NOTE
