"""The page of `spacy-clinical view` in a real browser."""

import html
import json
import re
from urllib.parse import urlencode

import pytest

from spacy_clinical.export.records import without_text
from spacy_clinical.export.viewer import Run, make_view, render_view
from tests.conftest import NOTES
from tests.export.browser import CHROMIUM
from tests.export.made import make_related
from tests.export.viewer_records import (
    ATTACK,
    CODES,
    FOUND,
    TEXT,
    make_page,
    make_record,
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


@pytest.fixture
def show(browser, tmp_path):
    """Open a page in Chromium; return its DOM after its script has run.

    keys: Pressed one after another. after: More script, run at the end.
    """

    def show(page, state="", *, keys=(), after=""):
        if keys or after:
            # Only this copy may run another script.
            page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
            page = page.replace(
                "</body>",
                "<script>for (const key of "
                + json.dumps(list(keys))
                + ") (document.activeElement || document.body).dispatchEvent("
                "new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));"
                f"{after}</script></body>",
            )
        path = tmp_path / "page.html"
        path.write_bytes(page.encode("utf8", "backslashreplace"))
        dom = browser.show(f"{path.as_uri()}#{state}").split(
            '<script type="application/json"'
        )[0]
        assert 'data-ready="' in dom, "the script did not get to its end"
        return dom

    return show


def get_texts(dom, pattern):
    """The text of elements whose opening tag matches, without what is nested in it."""
    found = re.findall(rf"<(\w+)[^>]*{pattern}[^>]*>(.*?)</\1>", dom, re.S)
    return [html.unescape(re.sub(r"<[^>]*>", "", inner)) for _, inner in found]


def get_marks(dom):
    return get_texts(dom, r"data-e=\"\d+\"")


def get_ids(dom):
    return get_texts(dom, r'class="id"')


@pytest.mark.parametrize("has_text", [True, False])
def test_an_attack_is_shown_and_not_run(show, has_text):
    record = make_record(
        ATTACK, f"HPI:\n{ATTACK}", found=[("<script>", "Sign_symptom", 1)]
    )
    record["entities"][0]["label"] = record["sections"][0]["label"] = ATTACK
    record["meta"] = {ATTACK: ATTACK}
    record["error"] = {"message": ATTACK}
    record["codes"] = [{"code": ATTACK, "title": ATTACK, "evidence": []}]
    page = make_page([record if has_text else without_text(record)], [record])
    for tab in ("codes", "entities", "sections", "about"):
        dom = show(page, f"tab={tab}&q=script&labels=1")
        assert "<title>Annotated notes</title>" in dom
        assert "<script>" not in dom
        assert "<img" not in dom
        assert "&lt;script&gt;" in dom
    assert "\u2400\u2407" in dom


def test_another_script_is_refused(show):
    page = make_page([make_record()])
    page = page.replace("</body>", '<script>document.title="run"</script></body>')
    assert "<title>Annotated notes</title>" in show(page)


def test_offsets_are_those_of_code_points(show):
    dom = show(make_page([make_record(found=FOUND, codes=CODES)]), "pick=780")
    assert get_marks(dom) == ["Pain", "fever", "cough", "Aspirin"]
    shown = "".join(get_texts(dom, 'class="text'))
    assert shown == TEXT.replace("\n\n", "").strip()
    pieces = re.findall(r'class="ev[^"]* on[^"]*"[^>]*>([^<]*)<', dom)
    assert "".join(pieces) == "fever, no\ncoughAspirin for fever"
    assert "&quot;fever, no" not in dom


def test_right_to_left_and_odd_texts_are_shown_whole(show):
    for text in (*NOTES, "שלום \u202e fever \U0001f915 x"):
        words = next((w for w in ("fever", "pain", "x") if w in text), None)
        found = [(words, "Sign_symptom", 0.9)] if words else []
        dom = show(make_page([make_record(text=text, found=found, titles=())]))
        assert get_marks(dom) == [words] * bool(words)
        pictures = text.replace("\x00", "\u2400").replace("\x07", "\u2407")
        shown = "".join(get_texts(dom, 'class="text'))
        assert shown == pictures.strip().replace("\r\n", "\n")


def test_overlapping_findings_are_all_marked(show):
    record = make_record(found=[("fever, no", "Sign_symptom", 0.9)], codes=CODES)
    start = TEXT.index("no\ncough")
    other = {"label": "History", "start": start, "end": start + 8, "score": 0.5}
    record["overlapping"] = [other]
    record["subsections"] = [
        {
            "label": "x",
            "title": "",
            "start": start,
            "end": start + 8,
            "body_start": start,
        }
    ]
    dom = show(make_page([record]), 'q="fever,+no"')
    # A subsection starts within the entity: it goes on in the next part.
    assert get_marks(dom) == ["fever,", "no"]
    assert get_texts(dom, 'data-o="1"') == ["no", "\ncough"]
    assert get_texts(dom, 'class="[^"]*hit') == ["fever,", "no"]


def test_evidence_of_a_part_of_an_entity_marks_that_part(show):
    words = ["and fever", "no", "cough."]
    found = [(word, "Sign_symptom", 0.9) for word in words]
    dom = show(make_page([make_record(found=found, codes=CODES)]), "pick=780")
    assert get_marks(dom) == words
    kinds = re.findall('<mark class="([^"]*)"', dom)
    assert ["on" in kind.split() for kind in kinds] == [False, True, False]
    pieces = get_texts(dom, 'class="ev[^"]* on')
    assert pieces[:5] == ["fever", ", ", "no", "\n", "cough"]


def test_search_and_filters_narrow_list_and_text(show):
    quiet = make_record("quiet", "HPI:\nWell.\n")
    failed = {**make_record("failed", ""), "error": {"message": "[C105] It failed."}}
    page = make_page([make_record(found=FOUND, codes=CODES), quiet, failed])
    assert get_ids(show(page)) == ["one", "quiet", "failed"]
    # White space is any white space, in phrases too.
    dom = show(page, 'q="no+cough"')
    assert get_ids(dom) == ["one"]
    assert get_texts(dom, 'class="[^"]*hit') == ["no\n", "cough"]
    assert get_ids(show(page, "q=WELL")) == ["quiet"]
    assert get_ids(show(page, "q=cough+well")) == []
    assert get_ids(show(page, "q=west")) == ["one", "quiet", "failed"]
    assert get_ids(show(page, "q=.*")) == []
    dom = show(page, "type=Sign_symptom&min=0.5")
    assert (get_ids(dom), get_marks(dom)) == (["one"], ["Pain", "fever"])
    assert "2 of 4 entities" in dom
    dom = show(page, "section=plan")
    assert (get_ids(dom), get_marks(dom)) == (["one"], ["Aspirin"])
    dom = show(page, "code=general")
    assert (get_ids(dom), 'class="code sought on"' in dom) == (["one"], True)
    assert get_ids(show(page, "code=78")) == ["one"]
    assert get_ids(show(page, "code=999")) == []
    dom = show(page, "only=failed")
    assert get_ids(dom) == ["failed"]
    assert "[C105] It failed." in dom


def test_assertion_is_shown_filtered_and_traced_to_its_words(show):
    record = make_record(found=FOUND, codes=CODES)
    names = ["is_negated", "is_uncertain", "is_historical", "is_hypothetical"]
    none = dict.fromkeys([*names, "is_family"], False)
    start = TEXT.index("no\ncough")
    cues = [{"start": start, "end": start + 2, "category": "negated"}]
    for entity in record["entities"]:
        is_denied = entity["text"] == "cough"
        assertion = {"cues": cues if is_denied else [], "section": ""}
        entity.update(none, is_negated=is_denied, assertion=assertion)
    page = make_page([record, make_record("not assessed", found=FOUND)])
    dom = show(page, "labels=1")
    [denied] = re.findall(r'<mark class="[^"]*m-neg[^"]*"[^>]*>', dom)
    assert "denied" in denied
    assert get_texts(dom, r'class="[^"]*cue') == ["no"]
    dom = show(page, "mark=neg&tab=entities")
    assert (get_ids(dom), get_marks(dom)) == (["one"], ["cough"])
    assert "denied" in "".join(get_texts(dom, 'class="badge"'))
    assert get_marks(show(page, "mark=sta")) == ["Pain", "fever", "Aspirin"]
    assert get_ids(show(page, "mark=fam")) == []


def test_concepts_are_shown_and_filtered(show):
    record = make_record(found=FOUND, codes=CODES)
    concept = {
        **{"id": "HP:0001945", "name": "Fever <b>", "vocabulary": "hpo"},
        "xrefs": {"ICD9CM": ["780.6"], "ICD10CM": ["R50.9"]},
    }
    for entity in record["entities"]:
        if entity["text"] == "fever":
            entity |= {"kb_id": concept["id"], "concept": concept}
    page = make_page([record, make_record("not linked", found=FOUND, codes=CODES)])
    dom = show(page, "tab=entities", keys=["n", "n"])
    assert "Sign symptom 70, Fever <b> (HP:0001945)" in html.unescape(dom)
    [shown] = re.findall("<dt>Concept</dt><dd>([^<]*)</dd>", dom)
    assert html.unescape(shown) == "Fever <b> (HP:0001945)"
    assert "HP:0001945" in get_texts(dom, 'class="soft"')
    for sought in ("hp:0001", "FEVER", "HP:0001945 Fever <b>"):
        dom = show(page, urlencode({"concept": sought}))
        assert (get_ids(dom), get_marks(dom)) == (["one"], ["fever"])
    assert get_ids(show(page, "concept=gout")) == []
    more = get_texts(show(page), 'class="soft more"')
    assert sum("R50.9 Fever <b>" in words for words in more) == 1
    # Without concepts there is no such filter.
    dom = show(make_page([make_record(found=FOUND)]))
    assert re.search(r'<label hidden="">\s*<span>Concept', dom)


def test_the_address_keeps_no_search(show):
    page = make_page([make_record(found=FOUND, codes=CODES)])
    after = "setTimeout(() => document.title = location.hash, 1000)"
    dom = show(page, "q=fever&type=Medication&pick=780&theme=dark", after=after)
    title = html.unescape(re.search("<title>(.*?)</title>", dom)[1])
    assert title == "#note=1&type=Medication&pick=780&theme=dark"
    assert 'data-theme="dark"' in dom


def test_keys_move_through_notes_entities_and_codes(show):
    records = [make_record(str(i), found=FOUND, codes=CODES) for i in range(3)]
    page = make_page(records)

    def get_selected(dom):
        return get_texts(dom, 'class="[^"]* sel"'), re.findall(r"<h2><bdi>(\d)", dom)[0]

    assert get_selected(show(page, keys="jjnn")) == (["fever"], "2")
    assert get_selected(show(page, keys="jkp")) == (["Aspirin"], "0")
    assert get_selected(show(page, keys=["ArrowDown", "j", "j", "n", "Escape"])) == (
        [],
        "2",
    )
    dom = show(page, keys="n")
    for words in ("Sign symptom", "0.90", "History of present illness", "5–9"):
        assert words in re.search('<div id="card".*?<dialog', dom, re.S)[0]
    dom = show(page, keys="c")
    assert 'aria-pressed="true" data-pick="780"' in dom
    assert 'aria-pressed="true" data-pick' not in show(page, keys=["c", "Escape"])
    for keys, words in (
        ("c", "fever"),
        ("ce", "Aspirin"),
        ("cee", "fever"),
    ):
        assert get_texts(show(page, keys=keys), 'class="ev[^"]* here')[0] == words
    after = "document.title = document.activeElement.id"
    assert "<title>q</title>" in show(page, keys="/", after=after)
    # In a field, letters are text.
    assert get_selected(show(page, keys="/jn")) == ([], "0")
    assert re.search("<dialog[^>]* open", show(page, keys="?"))
    assert 'aria-pressed="true"' in show(page, keys="l").split("Types in the text<")[0]


def test_typing_filters_after_a_moment(show):
    page = make_page([make_record(), make_record("quiet", "HPI:\nWell.\n")])
    after = (
        "const q = document.getElementById('q'); q.value = 'well';"
        "q.dispatchEvent(new Event('input', {bubbles: true}));"
    )
    assert get_ids(show(page, after=after)) == ["quiet"]


def test_runs_are_shown_side_by_side_with_what_differs(show):
    two = make_record(found=[*FOUND[:2], ("cough", "Disease_disorder", 0.6)])
    page = make_page([make_record(found=FOUND, codes=CODES)], [two])
    dom = show(page)
    assert get_marks(dom) == ["Pain", "fever", "cough"] * 2 + ["Aspirin"]
    assert get_texts(dom, r'class="k [^"]*only"') == ["cough", "cough", "Aspirin"]
    # The entities of one run, and its code.
    assert "≠ 4" in get_texts(dom, 'class="badge diff"')
    assert "only A" in get_texts(dom, 'class="badge diff"')
    assert dom.count('class="cell"') == 4
    assert get_marks(show(page, keys="2")) == ["Pain", "fever", "cough"]
    assert get_marks(show(page, keys="10")) == get_marks(dom)
    assert get_marks(show(page, "run=A")) == ["Pain", "fever", "cough", "Aspirin"]
    dom = show(page, keys="d")
    assert (
        "Disease disorder 0.60" in re.search('<div id="card".*?<dialog', dom, re.S)[0]
    )
    assert get_ids(show(page, "only=different")) == ["one"]
    assert get_ids(show(make_page([two], [two]), "only=different")) == []


def test_runs_with_other_texts_are_told_apart(show):
    page = make_page([make_record(), make_record("a")], [make_record(text="HPI: x")])
    assert "can't be compared" in show(page)
    assert "this note is not in the run" in show(page, "note=2")


def test_records_without_text_are_tables_of_places(show):
    record = without_text(make_record(found=FOUND, codes=CODES))
    dom = show(make_page([record]), "pick=780")
    start = TEXT.index("cough")
    assert f"{start}–{start + 5}" in dom
    assert len(get_marks(dom)) == 4
    for word in ("fever", "Aspirin"):
        assert word not in dom
    assert dom.count('class="ev on') == 3
    assert f"{start}–{start + 5}" in show(make_page([record]), "tab=entities")


def test_a_thousand_notes_make_few_nodes(show):
    records = [
        make_record(f"note {i}", TEXT * 40 + f"number {i}.", found=FOUND, codes=CODES)
        for i in range(1000)
    ]
    page = make_page(records)
    dom = show(page, "note=990")
    assert "note 989" in get_ids(dom)
    assert len(get_ids(dom)) < 60
    assert dom.count("<") < 3000
    dom = show(page, 'q="number 77"')
    assert "11 of 1,000 notes" in dom
    assert get_ids(show(page, 'q="number 77."')) == ["note 77"]


def test_no_notes_make_a_page_that_says_so(show):
    assert "There are no notes." in show(make_page([]))


def make_related_page(*, links=None):
    plain = make_record("plain", found=FOUND, codes=CODES)
    return render_view(
        make_view([Run("x", [make_related(), plain])], links=links or {})
    )


def test_medications_are_a_table_that_leads_to_the_note_and_back(show):
    page = make_related_page()
    dom = show(page, "tab=medications")
    names = get_texts(dom, r'data-record="0 d\d+"')
    assert "Metoprolol tartrate" in names
    assert "25 mg, oral, twice a day, as needed for chest pain" in dom
    assert "then " in get_texts(dom, 'class="soft"')
    assert "stopped" in get_texts(dom, 'class="badge"')
    after = "document.querySelector('[data-record=\"0 d0\"]').click();"
    dom = show(page, "tab=medications", after=after)
    chosen = get_texts(dom, 'class="[^"]*chosen')
    assert any("Metoprolol tartrate" in words for words in chosen)
    # Choosing the drug in the note shows its row.
    dom = show(page, "tab=medications&type=Medication", keys="n")
    assert re.search(r'<tr data-m="0 d0" class="chosen"', dom)
    assert "<dt>Medication</dt><dd>Metoprolol tartrate" in dom


def test_measurements_and_relations_are_tables(show):
    dom = show(make_related_page(), "tab=measurements")
    names = get_texts(dom, r'data-record="0 v\d+"')
    assert names == ["Sodium", "BP", "EF", "Troponin"]
    assert any("low" in words for words in get_texts(dom, 'class="flag"'))
    assert "· 1 Mar 2020</th>" in dom
    dom = show(make_related_page(), "tab=relations")
    groups = get_texts(re.search(r'<ul class="groups">.*?</ul>', dom, re.S)[0], "")
    assert "left knee" in "".join(groups)
    assert "with" in get_texts(dom, 'class="fine"')


@pytest.mark.parametrize(
    ("state", "ids"),
    [
        *(("drug=LOPR", ["n1"]), ("drug=zzz", []), ("test=sodium", ["n1"])),
        *(("test=low", ["n1"]), ("test=gout", []), ("relation=MODIFY", ["n1"])),
        # No relation of these notes: it is no filter.
        ("relation=CAUSE", ["n1", "plain"]),
    ],
)
def test_records_are_filtered(show, state, ids):
    assert get_ids(show(make_related_page(), state)) == ids


def test_filters_of_records_narrow_their_tables(show):
    dom = show(make_related_page(), "test=sod&tab=measurements")
    assert get_texts(dom, r'data-record="0 v\d+"') == ["Sodium"]
    after = "setTimeout(() => document.title = location.hash, 1000)"
    dom = show(make_related_page(), "drug=pred&tab=medications", after=after)
    assert "drug=pred" in html.unescape(re.search("<title>(.*?)</title>", dom)[1])
    assert get_texts(dom, r'data-record="0 d\d+"') == ["Prednisone"]


def test_without_records_there_are_no_tabs_and_filters_of_them(show):
    dom = show(make_page([make_record(found=FOUND, codes=CODES)]))
    for name in ("Medication", "Measurement", "Relation"):
        assert re.search(rf'<label hidden="">\s*<span>{name}', dom)
    assert "Drugs" not in dom
    assert '<svg class="timeline"' not in dom


def test_a_timeline_is_drawn_and_leads_to_the_note(show):
    page = make_related_page()
    dom = show(page)
    [svg] = re.findall(r'<svg class="timeline"[^>]*>', dom)
    assert 'role="group"' in svg
    assert 'aria-labelledby="title-0 desc-0"' in svg
    assert "since 3 Feb 2019" in dom
    assert re.search(r'<a tabindex="0" role="link" data-go="0 \d+">', dom)
    after = (
        "const link = [...document.querySelectorAll('.timeline [data-go]')]"
        ".find((node) => node.textContent === 'pain');"
        "link.dispatchEvent(new KeyboardEvent('keydown', "
        "{key: 'Enter', bubbles: true}));"
    )
    assert get_texts(show(page, after=after), 'class="[^"]* sel"') == ["pain"]


def test_a_timeline_runs_nothing_of_a_note(show):
    record = make_related()
    attack = '</svg><script>document.title="run"</script>'
    start = record["text"].index("pain since")
    text = record["text"][:start] + attack + record["text"][start:]
    for entity in record["entities"]:
        if entity["end"] > start:
            entity["end"] += len(attack)
            entity["start"] += len(attack) * (entity["start"] > start)
    record.update(text=text, relations=[], medications=[], measurements=[])
    dom = show(make_page([record]))
    assert "<title>Annotated notes</title>" in dom
    assert "<script>" not in dom
    assert '<svg class="timeline"' in dom


def test_dates_and_findings_are_said_in_the_card(show):
    dom = show(make_related_page(), "type=Date", keys="n")
    [date] = re.findall("<dt>Date</dt><dd>([^<]*)</dd>", dom)
    assert "2019-02-03" in date
    dom = show(make_related_page(), "type=Sign_symptom", keys="nn")
    assert "site: left knee" in dom


def test_concepts_have_links_if_asked_for(show):
    record = make_record(found=FOUND, codes=CODES)
    concept = {"id": "HP:0001945", "name": "Fever", "vocabulary": "hpo"}
    record["entities"][1] |= {"kb_id": concept["id"], "concept": concept}
    url = "https://hpo.jax.org/browse/term/HP:0001945"
    links = {"HP": "https://hpo.jax.org/browse/term/HP:{code}"}
    page = render_view(make_view([Run("x", [record])], links=links))
    dom = show(page, "tab=entities")
    [link] = re.findall(r'<a class="more"[^>]*>', dom)
    assert f'href="{url}"' in link
    assert "noreferrer" in link
    assert "<a " not in show(make_page([record]), "tab=entities")


def test_records_without_text_have_tables_of_places(show):
    bare = without_text(make_related())
    dom = show(make_page([bare]), "tab=medications")
    assert "Metoprolol" not in dom
    assert "25 mg, oral, twice a day" in dom
    assert re.search(r'data-record="0 d0"[^>]*><bdi>\d+–\d+</bdi>', dom)


def make_asked():
    record = make_record(found=FOUND)
    start = TEXT.index("Aspirin for fever")
    best = {
        "text": "Aspirin for fever",
        "start": start,
        "end": start + 17,
        "score": 0.7,
    }
    record["answers"] = [
        {"question": "a", "asked": "<b>What is taken?", **best, "n_best": [best]},
        {"question": "b", "asked": "Is there a rash?", "text": "", "n_best": []},
    ]
    windows = [{"start": 0, "end": len(TEXT), "score": 0.6}]
    statement = {"statement": "s", "hypothesis": "He has a fever.", "score": 0.6}
    scores = [{"label": "entailment", "score": 0.6}, {"label": "neutral", "score": 0.4}]
    statement |= {"label": "entailment", "scores": scores, "windows": windows}
    record["statements"] = [statement]
    return record


def test_answers_are_listed_and_marked_in_the_text(show):
    after = "document.querySelector('[data-record=\"0 q0\"]').click();"
    dom = show(make_page([make_asked()]), "tab=answers", after=after)
    panel = dom.split('id="tab"')[1]
    for words in ("&lt;b&gt;What is taken?", "no answer", "He has a fever.", "neutral"):
        assert words in panel
    marked = re.findall(r'class="answer[^"]*"[^>]*>([^<]*)<', dom)
    assert "".join(marked) == "Aspirin for fever"
    # What was chosen in the table is lit in the text.
    assert re.search(r'class="answer chosen"', dom)


def test_a_page_without_questions_has_no_tab_of_answers(show):
    assert 'id="tab-answers"' not in show(make_page([make_record(found=FOUND)]))
