"""What a model takes for identifiers isn't taken where it is clinical."""

import pytest

from spacy_clinical.identifiers.clinical import leave_out_clinical
from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.merging import MODEL
from tests.identifiers.marked import read_marked, show


def judge(marked, label="PATIENT"):
    text, words = read_marked(marked)
    rows, place = [], 0
    for word in words:
        place = text.index(word, place)
        rows.append(Identifier(place, place + len(word), label, "", 0.9, MODEL))
        place += len(word)
    return show(text, list(leave_out_clinical(rows, text)))


CLINICAL = """
Pt [[d/c]] home, s/p [[CABG]], known [[HTN]], [[EBL]] was small.
The rate of [[NS]] @ [[75]], then BP [[88/50]] and HR [[92]]
CPT [[99213]], [[99214]]; ICD [[250.00]]; [[ICD-10: I25.10]]; HCPCS [[J1885]]
Norco [[5/325]] [[q6h]]; Percocet [[10/325]]; oxycodone [[5-10]] mg; ratio [[88/50]]
[[Bovie cautery]], [[Kerrison]] rongeurs, [[Jackson-Pratt]] drain, [[Weitlaner]] retractor
[[H. pylori]] was found with a change [[p.I101NfsX6]] (Fig. 2A, [[B]]; figures 3 and [[4]])
given [[levodopa]], [[alfentanil]] and [[daunorubicin]]
[[P 76]], [[T 98.4]], [[K+ 3.2]], [[PSA]] 4.2; [[98.6-72-16-120/80]]; in [[SR]] [[70s]]
[[PHQ-9]] [[18, GAD-7]] [[12]]; [[Apgars]] [[8/9]]; [[A&Ox3]]; weighs 3240 [[g.]]; on days [[1, 15]]
[[Rose]] [[spots]], [[Christmas]] disease, known [[Baker cyst]], a [[Schatzki]] ring
by [[Cockcroft]]-[[Gault]], [[Swan-Ganz]] out, 30 [[Hounsfield]] units; [[Hep B]] vaccine
[[Ms.]] is [[at]] home [[or]] [[how]]; [[DOB]]: 1; [[VIN]] 7; [[I'll]] come; [[Yes]]
[[edema]] and [[pneumonia]]; hospitalized [[16]] times with [[40]] % of [[72]] cases
given drugs (Xeloda; [[Hoffmann]]-La [[Roche]] Inc., [[Nutley]])
"""
OTHERS = """
[[Jane Quill]], [[KELLY]] and [[hope]]; [[kalpit]] and [[maxime]]; [[ANN LEE]] with [[Ann HTN]]
well until [[7-23]]. Came to [[DAVITA]] [[5-4]], signed [[SR]]; labelled [[83522]] L
[[3/14]] and [[12/25]]; [[617-555-0199]]; [[4482911]]; [[MA]] and [[Boston]]
(wife [[Ann]]; works at [[Roche]] Inc.) and ([[Ann Quill]], Quill Corp)
Ann [[Baker]] cyst; [[Rose]] left; [[St. Mary's]] and [[Tina's]]; J. [[Schatz]]; [[7th]]
[[AT]] LAST; [[An]] and [[Will]]; [[to@x.org]]; [[P 11/3]]; [[T 4-12]]; [[P 7761]]; [[or-4]]
[[J. Smith]]; [[Pratt]] was called; [[73]] years; seen in [[MGH]]
"""


@pytest.mark.parametrize("marked", CLINICAL.strip().split("\n"))
def test_what_is_clinical_is_left_out(marked):
    assert judge(marked) == []


@pytest.mark.parametrize("marked", OTHERS.strip().split("\n"))
def test_what_may_identify_stays(marked):
    assert judge(marked) == read_marked(marked)[1]


def test_of_a_place_with_both_the_other_words_stay():
    assert judge("[[BP 88/50, Jane Quill, clamp]]") == ["Jane Quill"]


def test_words_that_are_parts_of_names_stay():
    assert judge("at [[spaulding]] [[rehab]]") == ["spaulding", "rehab"]
    assert judge("[[m.reilly]], [[spaulding primary care]]") == [
        "m.reilly",
        "spaulding primary care",
    ]
    assert judge("in [[Villanueva, A.]] admitted") == ["Villanueva, A."]


def test_words_at_the_ends_of_a_name_go_and_those_inside_stay():
    assert judge("[[at Lakes and Hills]]; [[its me tamika]]") == [
        "Lakes and Hills",
        "me tamika",
    ]
    assert judge("[[DOB 44821]] and [[Jane DOB]]", "ID") == ["44821", "Jane"]


def test_short_forms_in_a_line_of_capitals_may_be_names():
    assert judge("MOTHER [[ANA]] CALLED") == ["ANA"]
    assert judge("her [[ANA]] was high") == []


def test_numbers_are_too_short_for_a_telephone():
    assert judge("room [[4]]", "PHONE") == []
    assert judge("room [[4]]", "LOC") == ["4"]
    assert judge("[[6]] weeks", "AGE") == ["6"]


def test_a_long_text_takes_linear_time():
    text = "(a; b " * 40_000 + "Norco 5/325 Ann Lee"
    row = Identifier(len(text) - 7, len(text), "PATIENT", "", 0.9, MODEL)
    assert len(list(leave_out_clinical([row], text))) == 1
