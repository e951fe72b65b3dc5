import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.relations.placeholders import find_placeholder, write_pair

GENE, DISEASE = "@GENE$", "@DISEASE$"


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("GENE", GENE),
        ("Gene", GENE),
        ("GENE-Y", GENE),
        ("GENE_OR_GENE_PRODUCT", GENE),
        ("Disease_disorder", DISEASE),
        ("SpecificDisease", DISEASE),
        ("Chemical", "@CHEMICAL$"),
        ("SIMPLE_CHEMICAL", "@CHEMICAL$"),
        ("Medication", "@DRUG$"),
        ("drug_n", "@DRUG$"),
        # Others are called what they are.
        ("Sign_symptom", "@SIGN_SYMPTOM$"),
        ("@DRUG1$", "@DRUG1$"),
        ("", "@$"),
    ],
)
def test_types_have_placeholders(label, expected):
    assert find_placeholder(label, {}) == expected


def test_own_placeholders_come_first():
    assert find_placeholder("Medication", {"Medication": "[DRUG]"}) == "[DRUG]"


def write(text, first, second, *, sentence=None, reach=1000):
    places = [
        (text.index(words), text.index(words) + len(words)) for words in (first, second)
    ]
    sentence = sentence or (0, len(text))
    return write_pair(text, sentence, places, (GENE, DISEASE), reach=reach)


def test_two_entities_of_a_sentence_are_replaced():
    text = "Seen before. BRCA1 and TP53 cause\nbreast cancer. Later."
    start, end = text.index("BRCA1"), text.index(" Later")
    written = write(text, "BRCA1", "breast cancer", sentence=(start, end))
    assert written.text == "@GENE$ and TP53 cause @DISEASE$."
    assert written.text[slice(*written.first)] == GENE
    assert written.text[slice(*written.second)] == DISEASE


def test_what_is_glued_to_an_entity_stays():
    written = write("anti-BRCA1s in (cancer)?", "BRCA1", "cancer")
    assert written.text == "anti-@GENE$s in (@DISEASE$)?"


def test_placeholders_in_the_text_are_no_entities():
    written = write("@GENE$ or BRCA1 in cancer", "BRCA1", "cancer")
    assert written.text == "@GENE$ or @GENE$ in @DISEASE$"
    assert written.first == (10, 16)


def test_an_entity_may_reach_out_of_its_sentence():
    text = "BRCA1 in breast\ncancer now"
    written = write(text, "BRCA1", "breast\ncancer", sentence=(0, 15))
    assert written.text == "@GENE$ in @DISEASE$"


def test_far_text_is_left_out():
    text = "one two three BRCA1 four five six seven eight cancer nine ten eleven"
    written = write(text, "BRCA1", "cancer", reach=10)
    assert written.text == "three @GENE$ four eight @DISEASE$ nine"
    endless = "x" * 100_000
    written = write(
        f"{endless} BRCA1 {endless} cancer {endless}", "BRCA1", "cancer", reach=10
    )
    assert len(written.text) < 80


@given(
    parts=st.lists(st.text(max_size=30), min_size=5, max_size=5),
    reach=st.integers(1, 40),
)
def test_both_are_there_whatever_the_text(parts, reach):
    text = "".join(parts)
    ends = [sum(map(len, parts[: i + 1])) for i in range(5)]
    places = [(ends[0], ends[1]), (ends[2], ends[3])]
    written = write_pair(text, (0, len(text)), places, (GENE, DISEASE), reach=reach)
    assert written.text[slice(*written.first)] == GENE
    assert written.text[slice(*written.second)] == DISEASE
    assert len(written.text) <= 4 * reach + len(GENE + DISEASE) + 1
