import html
import json
import re
from pathlib import Path

import pytest
from markupsafe import escape

from spacy_clinical.export.html import make_index_row, render_index, render_note
from spacy_clinical.export.pages.palette import GROUP_ORDER, get_style
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES
from tests.export.made import RELATED_TEXT, make_related

TEXT = "Seen.\n\nHPI: <script>alert(1)</script> & pain\r\nPE:\nCV: no murmur\n"
LABELS = Path(__file__).parents[1] / "data" / "biomedical_ner_all_labels.json"
MACCROBAT = sorted(
    {
        label[2:]
        for label in json.loads(LABELS.read_text("utf-8"))
        if label != "O" and "[" not in label
    }
)


def span(quote, label, **values):
    start = TEXT.index(quote)
    return {"label": label, "start": start, "end": start + len(quote), **values}


def evidence(quote, score):
    start = TEXT.index(quote)
    return {"section": "", "start": start, "end": start + len(quote), "score": score}


def make_record(**values):
    record = {
        "id": "note <1>",
        "source": "notes/1.txt",
        "meta": {"ward": "<4B>"},
        "n_chars": len(TEXT),
        "text": TEXT,
        "sections": [
            span("Seen.\n\n", "preamble", loinc="", title="", body_start=0),
            span(
                "HPI: <script>alert(1)</script> & pain\r\n",
                "history_of_present_illness",
                loinc="10164-2",
                title="HPI",
                body_start=12,
            ),
            span(
                "PE:\nCV: no murmur\n",
                "physical_exam",
                loinc="",
                title="PE",
                body_start=50,
            ),
        ],
        "subsections": [
            span(
                "CV: no murmur\n",
                "cardiovascular",
                title="CV",
                body_start=54,
                section="physical_exam",
            )
        ],
        "codes": [
            {
                "code": "786",
                "label": "786",
                "title": "Symptoms <of> breath",
                "chapter": "Symptoms",
                "chapter_codes": "780-799",
                "ccs": ["133"],
                "icd10": ["R04", "R05", "R06", "R07", "R09"],
                "score": 0.75,
                "evidence": [
                    evidence("<script>alert(1)</script> & pain", 0.75),
                    evidence("no murmur", 0.5),
                ],
            },
            {
                "code": "401",
                "label": "401",
                "title": "",
                "chapter": "",
                "chapter_codes": "",
                "ccs": [],
                "icd10": [],
                "score": 0.5,
                "evidence": [evidence("& pain\r\nPE:", 0.5)],
            },
        ],
        "entities": [
            span(
                "<script>alert(1)</script>",
                "Sign_symptom",
                text="<script>alert(1)</script>",
                score=0.934,
                section="history_of_present_illness",
            ),
            span(
                "murmur",
                "Own <type>",
                text="murmur",
                score=0.31,
                section="physical_exam",
            ),
        ],
        "overlapping": [],
        "n_sentences": 4,
        "pieces": {},
        "provenance": {},
        "error": None,
    }
    return {**record, **values}


def _drop_keys(part):
    return re.sub(r'<a class="key"[^>]*>[^<]*</a>', "", part)


def get_shown_text(page):
    """All of a note's text that a page shows, without names of types and links to rows."""
    article = page[page.index("<article") : page.index("</article>")]
    parts = re.findall(r'<div class="text[^>]*>(.*?)</div>', article, re.S)
    hidden = r'<span class="(t|s|tag)">[^<]*(<span class="s">\d+</span>)?</span>'
    return [
        html.unescape(re.sub(r"<[^>]+>", "", re.sub(hidden, "", _drop_keys(part))))
        for part in parts
    ]


def test_render_note_shows_the_whole_text_and_runs_none_of_it():
    page = render_note(make_record())
    assert get_shown_text(page) == [
        "Seen.",
        "HPI: <script>alert(1)</script> & pain",
        "PE:",
        "CV: no murmur",
    ]
    assert "<script" not in page
    assert "<4B>" not in page
    assert "<type>" not in page


def test_render_note_needs_no_network():
    page = render_note(make_record(), index="../index.html")
    assert "default-src 'none'" in page
    assert set(re.findall(r'(?:href|src)="([^"#]+)"', page)) == {"../index.html"}
    assert "url(" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_render_note_names_sections_and_types():
    page = render_note(make_record())
    assert "History of present illness" in page
    assert "LOINC 10164-2" in page
    assert 'title="Sign symptom, score 0.93, in History of present illness"' in page
    assert '<span class="t">Sign symptom<span class="s">93</span></span>' in page
    assert 'class="k1 low"' in page
    assert page.count('id="e1"') == 1
    assert 'href="#e1"' in page


@pytest.mark.parametrize("text", ["", " \n ", "\x00\x1b[0m\x7f", "\u05db\u05d0\u05d1"])
def test_render_note_takes_any_text(text):
    record = make_record(
        id="", text=text, sections=[], subsections=[], entities=[], n_sentences=0
    )
    shown = get_shown_text(render_note(record))
    if text.strip():
        expected = text.replace("\x00", "\u2400").replace("\x1b", "\u241b")
        assert shown == [expected.replace("\x7f", "\u2421")]
    else:
        assert shown == []


def test_render_note_splits_entities_at_borders_and_shows_all():
    record = make_record()
    record["entities"] = [
        span("pain\r\nPE:", "Age", text="pain\r\nPE:", score=None, section="allergies")
    ]
    page = render_note(record)
    assert " ".join(get_shown_text(page)).split() == TEXT.split()
    assert page.count('id="e0"') == 1
    assert page.count('<span class="t">') == 1


def test_render_note_tells_what_failed():
    message = "[C312] Component 'ner' failed"
    error = {"component": "ner", "code": "", "type": "ValueError", "message": message}
    page = html.unescape(render_note(make_record(error=error)))
    assert message in page


def test_render_index_leads_to_all_notes():
    error = {"component": "ner", "code": "", "type": "ValueError", "message": "[C312]!"}
    rows = [
        make_index_row(make_record(), "pages/1.html"),
        make_index_row(make_record(id="two", error=error), "pages/2.html"),
    ]
    page = render_index(rows, unread=["[C303] 'a<b.txt'"], model="en_test 1.0")
    assert re.findall(r'href="([^"]+)"', page) == ["pages/1.html", "pages/2.html"]
    assert "note &lt;1&gt;" in page
    assert "[C312]!" in page
    assert "a&lt;b.txt" in page
    assert "<b>2</b> failed" in page
    assert "en_test 1.0" in page


def test_render_index_takes_no_notes():
    assert "<b>0</b> notes" in render_index([])


def luminance(color):
    """Relative luminance of an hsl() color.

    SOURCE: WCAG 2.1, 1.4.3.
    """
    hue, saturation, lightness = map(int, re.findall(r"\d+", color))
    chroma = (1 - abs(2 * lightness / 100 - 1)) * saturation / 100
    total = 0.0
    for shift, weight in ((0, 0.2126), (8, 0.7152), (4, 0.0722)):
        k = (shift + hue / 30) % 12
        value = lightness / 100 - chroma / 2 * max(-1, min(k - 3, 9 - k, 1))
        linear = value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        total += weight * linear
    return total


@pytest.mark.parametrize("label", [*MACCROBAT, "PROBLEM", "", "\u05d0"])
def test_get_style_can_be_read(label):
    style = get_style(label)
    assert style.group in GROUP_ORDER
    light, dark = luminance(style.background), luminance(style.ink)
    assert (light + 0.05) / (dark + 0.05) >= 7


def test_get_style_tells_all_types_apart():
    assert len({get_style(label).background for label in MACCROBAT}) == 41
    assert all(get_style(label).group != "Other" for label in MACCROBAT)


def test_render_note_shows_codes_and_where_they_come_from():
    page = render_note(make_record())
    assert "Symptoms &lt;of&gt; breath" in page
    assert "R04, R05, R06, R07 …" in page
    shown = page[page.index("<article") :]
    # All of the text, in its order, whatever was wrapped around it.
    plain = html.unescape(re.sub(r"<[^>]*>", "", shown))
    for word in ("<script>alert(1)</script>", " & ", "pain", "murmur"):
        assert word in plain
    for anchor in ("v0-0", "v0-1", "v1-0"):
        assert shown.count(f'id="{anchor}"') == 1
        assert f'href="#{anchor}"' in page
    # Where two codes overlap, a run belongs to both.
    assert re.search(r'class="ev ev0 ev1"><a id="v1-0"></a>', shown)


def test_render_note_without_codes_has_no_table_of_them():
    assert "ICD-9" not in render_note(make_record(codes=[]))


def test_render_index_lists_the_best_codes():
    record = make_record(codes=make_record()["codes"][:1] * 7)
    page = render_index([make_index_row(record, "p.html")])
    assert page.count('class="icd"') == 5
    assert "+2" in page
    assert "Symptoms &lt;of&gt; breath" in page
    none = render_index([make_index_row(make_record(codes=[]), "p.html")])
    assert "ICD-9" not in none


def make_assessed_record():
    record = make_record()
    names = ["is_negated", "is_uncertain", "is_historical", "is_hypothetical"]
    none = dict.fromkeys([*names, "is_family"], False)
    cue = evidence("no", 1.0)
    cues = [{**cue, "category": "negated", "direction": "before", "rule": "no"}]
    denied = {**none, "is_negated": True, "assertion": {"cues": cues, "section": ""}}
    stated = {**none, "assertion": {"cues": [], "section": ""}}
    record["entities"] = [
        span("pain", "Sign_symptom", text="pain", score=0.9, section="", **stated),
        span("murmur", "Sign_symptom", text="murmur", score=0.9, section="", **denied),
    ]
    return record


def test_denied_findings_are_told_without_colors():
    page = render_note(make_assessed_record())
    [mark] = re.findall(r'<mark class="([^"]*)"[^>]*>(?:(?!</mark>).)*murmur', page)
    assert {"m-neg", "q0"} <= set(mark.split())
    assert "denied" in re.search(r"<mark[^>]*m-neg[^>]*title=\"([^\"]*)\"", page)[1]
    assert "mark.m-neg { text-decoration: line-through" in page
    assert '<span class="cue c0">no</span>' in page
    # Pointing at either lights up the other.
    assert "body:has(.q0:hover) .c0" in page
    for key in ("m-sta", "m-neg"):
        assert f'type="checkbox" id="{key}"' in page
        assert f"body:has(#{key}:not(:checked)) mark.{key}" in page
    assert 'id="m-unc"' not in page


def test_a_page_with_many_cues_has_no_rule_for_each():
    """A browser would look through the whole page for each of them."""
    record = make_assessed_record()
    [denied] = [ent for ent in record["entities"] if ent["is_negated"]]
    [cue, *_] = denied["assertion"]["cues"]
    cues = [{**cue, "start": i, "end": i + 1} for i in range(400)]
    denied["assertion"] = {**denied["assertion"], "cues": cues[:300]}
    assert "body:has(.q0:hover)" in render_note(record)
    denied["assertion"] = {**denied["assertion"], "cues": cues}
    page = render_note(record)
    assert ":hover) .c" not in page
    assert "underlined with dots" in page


def test_what_nothing_has_assessed_has_no_marks():
    page = render_note(make_record())
    assert "Assertion" not in page
    assert "m-sta" not in page


def test_scores_are_hidden_only_if_asked_for():
    page = render_note(make_record())
    assert "body:has(#show-scores:not(:checked)) mark .s { display: none; }" in page
    assert not re.search(r"^mark \.s \{ display: none", page, re.M)


def list_anchors(page):
    return set(re.findall(r' id="([^"]+)"', page))


def list_links(page):
    return re.findall(r'href="#([^"]+)"', page)


def test_tables_stand_beside_the_note_and_lead_to_it_and_back():
    record = make_related()
    # Without signs of what is denied and the like in the text.
    for entity in record["entities"]:
        entity.update(dict.fromkeys(CONTEXT_ATTRIBUTES))
    page = render_note(record)
    assert " ".join(get_shown_text(page)).split() == RELATED_TEXT.split()
    anchors, links = list_anchors(page), list_links(page)
    assert set(links) <= anchors
    keys = [key for key in links if re.fullmatch(r"[MV]\d+", key)]
    # One link in the note for each row, and one back.
    assert sorted(keys) == sorted(set(keys))
    assert set(keys) == {key for key in anchors if re.fullmatch(r"[MV]\d+", key)}
    assert {f"at-{key}" for key in keys} <= set(links) & anchors
    for words in ("25 mg, oral, twice a day", "Lopressor", "stopped", "low"):
        assert words in page[page.index('id="medications"') :]
    [place] = re.findall(r'<span class="rec" id="at-M1">(.*?)</span>', page)
    assert place


def test_anchors_of_a_page_are_there_once():
    page = render_note(make_related())
    found = re.findall(r' id="([^"]+)"', page)
    assert len(found) == len(set(found))


def test_findings_and_dates_say_more_where_the_mouse_is():
    page = html.unescape(render_note(make_related()))
    [pain] = re.findall(r'<mark [^>]*title="([^"]*)"[^>]*>pain<', page)
    assert "site: left knee" in pain
    assert "side: left" in pain
    [date] = re.findall(r'<mark [^>]*title="([^"]*)"[^>]*>2019-02-03<', page)
    assert "= since 2019-02-03" in date


def test_pages_have_the_timeline_and_relations():
    page = render_note(make_related())
    assert page.count('<svg class="timeline"') == 1
    assert "3 Feb 2019" in page
    assert '<ul class="groups">' in page
    assert "As a table" in page
    plain = render_note(make_record())
    for words in ("<svg", 'id="medications"', 'id="relations"', 'id="findings"'):
        assert words not in plain


def make_long(n, name="Na"):
    """A record of n lines, each with a drug, a value, a dated finding and relations."""
    line = f"{name} 128 on 2/3/2020, severe cough.\n"
    entities, relations, medications, measurements = [], [], [], []
    date = {"type": "DATE", "value": "2020-02-03", "resolved": True, "reason": ""}

    def place(words, start):
        at = start + line.index(words)
        return {"start": at, "end": at + len(words)}

    for i in range(n):
        start = i * len(line)
        drug = place(name, start)
        found = [
            (name, "Medication"),
            ("128", "Lab_value"),
            ("2/3/2020", "Date"),
            ("severe", "Severity"),
            ("cough", "Sign_symptom"),
        ]
        for words, label in found:
            entity = {"label": label, "text": words, "score": 0.9, "section": ""}
            entities.append({**entity, **place(words, start)})
        entities[-3]["date"] = date
        severe, cough = ({**e, "label": e["label"]} for e in entities[-2:])
        relations.append({"label": "MODIFY", "child": severe, "head": cough})
        medications.append({"drug": {"text": name, **drug}, **drug})
        whole = {"start": drug["start"], "end": place("128", start)["end"]}
        analyte = {"key": "sodium", **drug}
        measurements.append({**whole, "analyte": analyte, "value_text": "128"})
    text = line * n
    return make_record(
        **{"text": text, "n_chars": len(text), "sections": [], "subsections": []},
        **{"entities": entities, "relations": relations, "codes": []},
        **{"medications": medications, "measurements": measurements},
        sentences=[i * len(line) for i in range(n)],
    )


def test_pages_grow_with_their_records():
    sizes = [len(render_note(make_long(n))) for n in (100, 200, 400)]
    assert sizes[2] - sizes[1] <= 2.05 * (sizes[1] - sizes[0])


def test_long_names_are_cut_in_tables_and_whole_in_the_note():
    name = "x" * 10_000
    record = make_long(20, name)
    page = render_note(record)
    # In the note, and in the table of all entities.
    assert page.count(name) == 2 * 20
    assert len(page) < 3.2 * len(record["text"])


def test_a_page_with_300_relations_keeps_them_in_a_frame():
    page = render_note(make_long(300))
    assert page.count('<li><a class="chip') == 300
    assert re.search(r'<div class="tall">\s*<ul class="groups">', page)


@pytest.mark.parametrize("words", ["<b>x</b>", "\u05db\u05d0\u05d1", "a\x00b\x1b", '"'])
def test_odd_names_are_shown_and_not_run(words):
    page = render_note(make_long(2, words))
    assert "<b>x</b>" not in page
    assert "\x00" not in page
    assert page.count("<bdi>") > 2
    visible = words.replace("\x00", "\u2400").replace("\x1b", "\u241b")
    assert page.count(escape(visible)) > 4


def test_records_at_wrong_places_do_no_harm():
    record = make_long(2)
    beyond = {"start": 10**6, "end": 10**6 + 5}
    record["medications"] += [{"drug": {"text": "x", **beyond}, **beyond}]
    record["measurements"] += [{**beyond, "analyte": {}, "value_text": "5"}]
    record["relations"] += [{"label": "MODIFY", "head": beyond, "child": beyond}]
    page = render_note(record)
    assert " ".join(get_shown_text(page)).split() == record["text"].split()
