import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.concepts.definitions import find_defined, find_definitions
from spacy_clinical.tokenization.sentences import split_sentences

ARF = ("ARF", "acute renal failure")


def define(text, **settings):
    return [
        (text[d.short_start : d.short_end], text[d.long_start : d.long_end])
        for d in find_definitions(text, **settings)
    ]


def use(text):
    """The short forms that a text uses, each with its long form."""
    return [
        (text[start:end], text[d.long_start : d.long_end])
        for start, end, d in find_defined(text, find_definitions(text))
    ]


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        (
            "by heat shock transcription factor (HSF)",
            ("HSF", "heat shock transcription factor"),
        ),
        (
            "the Gcn5-related N-acetyltransferase (GNAT) family",
            ("GNAT", "Gcn5-related N-acetyltransferase"),
        ),
        # These the paper names as missed.
        ("cyclophilin seven suppressor (CNS1)", None),
        ("the anterior thalamus (ATN)", None),
    ],
)
def test_examples_of_the_paper(text, pair):
    assert define(text) == ([] if pair is None else [pair])


@pytest.mark.parametrize(
    "text",
    [
        "acute renal failure (ARF)",
        "Has ARF (acute renal failure).",
        "ARF (acute renal failure, resolved)",
        "ARF (acute renal failure due to sepsis)",
        "ARF (i.e. acute renal failure)",
        # Square brackets, brackets in brackets, and some that don't close.
        "acute renal failure [ARF]",
        "(see acute renal failure (ARF))",
        "(acute renal failure [ARF])",
        "acute renal failure (ARF (stage 3))",
        "acute renal failure ((ARF))",
        "a) none, (b: acute renal failure (ARF)",
        "acute renal failure ([ARF)",
        # Several in one bracket, and words around it.
        "acute renal failure (ARF, AKI)",
        "acute renal failure (AKI; ARF)",
        "acute renal failure (AKI or ARF)",
        "acute renal failure (AKI/ARF)",
        "acute renal failure (also known as ARF)",
        'acute renal failure, ("ARF")',
    ],
)
def test_reads_both_orders_and_all_kinds_of_brackets(text):
    assert define(text) == [ARF]


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("activities of daily living (ADLs)", ("ADLs", "activities of daily living")),
        ("ADLs (activities of daily living)", ("ADLs", "activities of daily living")),
        ("magnetic resonance images (MRIs)", ("MRIs", "magnetic resonance images")),
        ("CXR (chest xray)", ("CXR", "chest xray")),
        ("beats per minute (bpm)", ("bpm", "beats per minute")),
        ("1 kilobase (kb)", ("kb", "kilobase")),
        ("dexamethasone (dex)", ("dex", "dexamethasone")),
        # First letters win over letters inside words, which are fewer words.
        ("abdominal area anomaly (AAA)", ("AAA", "abdominal area anomaly")),
        (
            "transforming growth factor-beta 1 (TGF-\u03b21)",
            ("TGF-\u03b21", "transforming growth factor-beta 1"),
        ),
        ("5,7-dihydroxytryptamine (5,7-DHT)", ("5,7-DHT", "5,7-dihydroxytryptamine")),
        ("using 13-cis-retinoic acid (RA)", ("RA", "retinoic acid")),
        (
            "1-methyl-4-phenyl-tetrahydropyridine (MPTP)",
            ("MPTP", "1-methyl-4-phenyl-tetrahydropyridine"),
        ),
        ("anti-tumor necrosis factor (TNF)", ("TNF", "tumor necrosis factor")),
        (
            "tumor necrosis factor (alpha) (TNF)",
            ("TNF", "tumor necrosis factor (alpha)"),
        ),
    ],
)
def test_finds_where_long_forms_start(text, pair):
    assert define(text) == [pair]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ARF",
        "(ARF)",
        "((((",
        "))))(ARF)",
        "acute renal failure (stage 3)",
        "fever (yes), pain (left)",
        "lower leg feels tender (left)",
        "at 5 cm (5 cm)",
        "acute renal failure (A)",
        "ARF syndrome (ARF)",
        # A blank line, a full stop, and another item of a list are between.
        "acute renal\n\nfailure (ARF)",
        "This was acute. Renal failure (ARF)",
        "- acute\n- renal failure (ARF)",
        "acute (renal failure (ARF))",
    ],
)
def test_leaves_out_what_defines_nothing(text):
    assert define(text, sentences=split_sentences(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "acute renal\nfailure (ARF)",
        "acute\r\nrenal failure\n(ARF)",
        "ARF\n(acute renal\nfailure)",
    ],
)
def test_lines_may_be_wrapped(text):
    assert [(form, " ".join(long.split())) for form, long in define(text)] == [ARF]


def test_a_form_that_is_defined_once_counts_everywhere():
    text = "ARF. Acute renal failure (ARF). Two ARFs, ARF-related, no XARF, arf, ARF-2."
    assert [form for form, _ in use(text)] == ["ARF", "ARF", "ARFs", "ARF"]
    text = "ADLs (activities of daily living). ADL."
    assert [form for form, _ in use(text)] == ["ADLs", "ADL"]


def test_the_last_definition_so_far_counts():
    text = "MS? Multiple sclerosis (MS). MS. Mitral stenosis (MS). MS."
    longs = [long for _, long in use(text)]
    assert longs == ["Multiple sclerosis"] * 3 + ["Mitral stenosis"] * 2


def test_the_longest_form_counts():
    text = "interleukin (IL), interleukin 6 (IL-6): IL-6, IL-8, IL"
    assert [form for form, _ in use(text)] == ["IL", "IL-6", "IL-6", "IL"]


WORDS = [
    "acute",
    "renal",
    "failure",
    "ARF",
    "(ARF)",
    "a",
    "IL-6",
    "ADLs",
    "İ",
    "\u05db",
]
PIECES = [
    *WORDS,
    *"()[]{};,.-/'\"",
    " ",
    "\n",
    "\n\n",
    "\r\n",
    "- ",
    "\x00",
    "(a",
    "b)",
]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_any_text_with_brackets_can_be_read(text):
    definitions = find_definitions(text, split_sentences(text))
    for one in definitions:
        assert 0 <= one.short_start < one.short_end <= len(text)
        assert 0 <= one.long_start < one.long_end <= len(text)
        # Neither is in the other.
        assert one.long_end <= one.short_start or one.short_end <= one.long_start
        long_form = text[one.long_start : one.long_end]
        assert long_form.count("(") == long_form.count(")")
        assert "\n\n" not in long_form
    end = 0
    for start, stop, one in find_defined(text, definitions):
        assert end <= start < stop <= len(text)
        assert one in definitions
        end = stop


@given(st.text(alphabet="aA( )[]\n", max_size=80))
def test_any_few_letters_can_be_read(text):
    for one in find_definitions(text):
        assert 2 <= one.short_end - one.short_start <= 10


def measure(text):
    start = time.process_time()
    definitions = find_definitions(text)
    for _ in find_defined(text, definitions):
        pass
    return time.process_time() - start


@pytest.mark.parametrize("unit", ["(", "([)]", "(AB) ", "a b (ab) "])
def test_time_is_linear(unit):
    small, large = (unit * (n // len(unit)) for n in (125_000, 1_000_000))
    # Eight times as long; quadratic time would be 64 times.
    assert measure(large) < 24 * measure(small) + 1


def test_deep_brackets_take_linear_time():
    assert measure("(" * 250_000 + "AB" + ")" * 250_000) < 30
