from time import perf_counter

import pytest
import spacy

from spacy_clinical.relations.measurements.attach import attach_values
from tests.conftest import doc_from_markup

NLP = spacy.blank("en")


def attach(markup):
    """The pairs of values and tests in a text where they are <V> and <T>."""
    doc = doc_from_markup(NLP, markup)
    places = {
        label: [(e.start_char, e.end_char) for e in doc.ents if e.label_ == label]
        for label in "VT"
    }
    text = doc.text
    borders = [0, *(i + 2 for i in range(len(text)) if text.startswith(". ", i))]
    return [
        (text[slice(*places["V"][v])], text[slice(*places["T"][t])])
        for v, t in attach_values(text, places["T"], places["V"], borders)
    ]


@pytest.mark.parametrize(
    ("markup", "pairs"),
    [
        ("<T>CRP</T> of <V>21</V>", ["21 CRP"]),
        ("an <V>elevated</V> <T>CRP</T>", ["elevated CRP"]),
        ("<V>normal</V> <T>ECG</T> and <T>CRP</T>", ["normal ECG", "normal CRP"]),
        ("<T>ECG</T>, <T>CRP</T> and <T>CT</T> were <V>normal</V>",
         ["normal ECG", "normal CRP", "normal CT"]),
        ("<T>ECG</T> showed <V>normal</V> <T>rhythm</T>", ["normal rhythm"]),
        ("<T>CSF</T> showed <V>30</V> <T>leukocytes</T>", ["30 leukocytes"]),
        ("<T>body mass index</T> (<T>BMI</T>) of <V>40</V>", ["40 body mass index"]),
        ("<T>pH</T> of <V>7.45</V>, <T>pCO2</T> of <V>3.55</V>", ["7.45 pH", "3.55 pCO2"]),
        ("<V>negative</V> for <T>CK20</T>", ["negative CK20"]),
        ("<T>CRP</T> was <V>low</V>. <T>ECG</T> done", ["low CRP"]),
        ("<T>CRP</T> done. He was <V>worse</V>", []),
        ("<V>worse</V>", []),
    ],
)  # fmt: skip
def test_attach_values(markup, pairs):
    assert [" ".join(pair) for pair in attach(markup)] == pairs


@pytest.mark.parametrize("unit", ["T T T V ", "V V T ", "T, T, V; "])
def test_long_sentences_take_linear_time(unit):
    def measure(n):
        text = unit * n
        places = {
            label: [(i, i + 1) for i, c in enumerate(text) if c == label]
            for label in "VT"
        }
        start = perf_counter()
        attach_values(text, places["T"], places["V"], [0])
        return perf_counter() - start

    small = max(min(measure(500) for _ in range(2)), 0.005)
    assert measure(10_000) < 20 * small * 5
