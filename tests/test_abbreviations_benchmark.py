"""What `benchmarks/abbreviations.py` counts, by hand."""

import json
import sys
from pathlib import Path

import pytest
import spacy

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import abbreviations
from abbreviations import (
    Abstract,
    Pair,
    answer,
    ask_for_readings,
    count_pairs,
    find_as_in_the_paper,
    find_ours,
    list_gold,
    list_questions,
)

TEXT = "Acute renal failure (ARF) is common. ARF (acute renal failure) again."
PUBTATOR = (
    "1|t|Acute renal failure (ARF) in rats.\n"
    "1|a|ARF was found.\n"
    "1\t0\t19\tAcute renal failure\tDisease\tD058186\n"
    "1\t21\t24\tARF\tDisease\tD058186\n\n"
)


def read(text, pair):
    return text[slice(*pair.short)], text[slice(*pair.long)]


@pytest.mark.parametrize("find", [find_as_in_the_paper, find_ours])
def test_both_orders_are_found(find):
    found = find(Abstract(TEXT, [0, 37], {}))
    assert {read(TEXT, pair) for pair in found} == {
        ("ARF", "Acute renal failure"),
        ("ARF", "acute renal failure"),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # As the paper has it: the nearest words with all letters, also inside of words.
        ("heat shock transcription factor (HSF)", {"heat shock transcription factor"}),
        ("the rats (in groups) were", set()),
        ("nothing of it (XYZ)", set()),
        ("(ARF)", set()),
        ("short (s)", set()),
    ],
)
def test_long_forms_of_the_paper(text, expected):
    found = find_as_in_the_paper(Abstract(text, [0], {}))
    assert {text[slice(*pair.long)] for pair in found} == expected


def test_gold_pairs_are_adjacent_entities_of_one_concept():
    text = "renal failure (RF), gout (RF), fever and chill (XX)"
    concepts = {
        **{(0, 13): "A", (15, 17): "A", (20, 24): "B", (26, 28): "C"},
        **{(31, 36): "D", (41, 46): "D", (48, 50): "E"},
    }
    [pair] = list_gold(Abstract(text, [0], concepts))
    assert read(text, pair) == ("RF", "renal failure")


def test_pairs_are_counted():
    text = "acute renal failure (RF) and gout (G1)"
    concepts = {(6, 19): "A", (21, 23): "A", (29, 33): "B", (35, 37): "C"}
    abstract = Abstract(text, [0], concepts)
    found = {
        Pair((21, 23), (6, 19)),
        # Another start, the same end.
        Pair((21, 23), (0, 19)),
        Pair((35, 37), (29, 33)),
        Pair((35, 37), (0, 5)),
    }
    counts = count_pairs([abstract], [list_gold(abstract)], [found])
    assert counts == {"found": 4, "hit": 1, "both": 3, "same": 2}


def test_questions_have_neither_definition_nor_long_form():
    text = "Acute renal failure is bad. Acute renal failure (ARF) worsened ARF."
    [question] = list_questions([text, text])
    assert question.text == "ARF is bad. ARF worsened ARF."
    assert question.text[slice(*question.place)] == "ARF"
    assert question.place[0] == 12
    assert question.group == "several"


def test_answers_are_right_wrong_or_none():
    texts = [
        # The only reading; another one than the inventory has; decided by context.
        "Chronic obstructive pulmonary disease (COPD) was seen.",
        "Common or personal data (COPD) was seen.",
        "Aortic valve: severe aortic stenosis (AS) on echo, ejection fraction low.",
    ]
    groups = [question.group for question in list_questions(texts)]
    assert groups == ["one", "other", "several"]
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_abbreviations", config={"use_definitions": False})
    first = next(list_questions(texts[:1]))
    assert "chronic obstructive pulmonary disease" in answer(nlp, first)
    counts = ask_for_readings(texts)["spacy_clinical"]
    assert counts == {
        "one": {"right": 1},
        "several": {"right": 1},
        "other": {"wrong": 1},
    }


def test_it_writes_a_report(tmp_path, monkeypatch, capsys):
    for name in (*abbreviations.CORPORA.values(), *abbreviations.MORE):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PUBTATOR, encoding="utf8")
    (tmp_path / "data/pubmedqa").mkdir()
    articles = json.dumps({"1": {"CONTEXTS": ["Hypertension (HTN) was seen."]}})
    (tmp_path / "data/pubmedqa/ori_pqal.json").write_text(articles, encoding="utf8")
    output = tmp_path / "report.json"
    arguments = ["--data", str(tmp_path / "data"), "--rounds", "2"]
    monkeypatch.setattr(sys, "argv", ["x", *arguments, "--output", str(output)])
    abbreviations.main()
    report = json.loads(output.read_text("utf8"))
    assert report["definitions"]["NCBI dev"]["gold"] == 1
    shares = {
        (row["task"], row["system"], row["quantity"]): row["median"]
        for row in report["summary"]
        if row["unit"] == "share"
    }
    assert shares["Definitions, BC5CDR dev", "spacy_clinical", "gold pairs found"] == 1
    assert shares["Readings", "spacy_clinical", "right, one"] == 1
    assert "| one | spacy_clinical | 1 | 0 | 0 |" in capsys.readouterr().out
