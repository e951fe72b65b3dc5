"""The page of a service in a real browser."""

import base64
import json
import os
from pathlib import Path

import pytest

import spacy_clinical
from spacy_clinical.service.bearer import Token
from tests.conftest import ROOT
from tests.export.browser import CHROMIUM
from tests.service.running import (
    FAILING,
    make_form_nlp,
    make_nlp,
    run_service,
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
ATTACK = '<script>top.document.title="run"</script><img src=x onerror=alert(1)> pain'
# Where the picture for the documentation is to be saved, if it is to be made again.
PICTURE = os.environ.get("SPACY_CLINICAL_PICTURE")
INNER = "document.getElementById('page').contentDocument"
IS_DONE = "document.getElementById('status').textContent.startsWith('Done in')"
IS_SHOWN = f"{IS_DONE} && {INNER}?.readyState === 'complete' && !!{INNER}.querySelector('main')"


@pytest.fixture
def page(browser, service):
    with browser.open(f"{service.url}/") as tab:
        tab.wait_for("document.documentElement.dataset.ready")
        yield tab
        # Nothing was refused by the policy, and no script failed.
        assert browser.list_complaints() == []


def annotate(tab, text):
    tab.run(f"document.getElementById('text').value = {json.dumps(text)}")
    tab.run("document.getElementById('status').textContent = ''")
    tab.run("document.getElementById('go').click()")


def test_a_note_is_shown_as_annotate_draws_it(page):
    annotate(page, "HPI:\nA man with pain. He denies fever.")
    page.wait_for(IS_SHOWN)
    marks = page.run(f"[...{INNER}.querySelectorAll('mark')].map((m) => m.className)")
    assert len(marks) == 2
    assert "m-neg" in marks[1]
    sections = page.run(
        f"[...{INNER}.querySelectorAll('nav[aria-label=Sections] a')].map((a) => a.textContent)"
    )
    assert sections == ["History of present illness"]
    # Links inside of it lead to places in it.
    page.run(f"{INNER}.querySelector('nav[aria-label=Sections] a').click()")
    assert page.run(f"{INNER}.querySelectorAll('mark').length") == 2


def test_what_a_note_says_is_shown_and_not_run(page):
    annotate(page, f"HPI:\n{ATTACK}")
    page.wait_for(IS_SHOWN)
    assert page.run("document.title") == "Annotate a note"
    assert page.run(f"{INNER}.querySelectorAll('script, img').length") == 0
    assert "onerror=alert(1)" in page.run(f"{INNER}.body.textContent")


def test_the_keyboard_is_enough(page):
    # The first key leads to a link to the result, the others to all controls.
    page.press("Tab")
    assert page.run("document.activeElement.className") == "skip"
    seen = []
    for _ in range(14):
        page.press("Tab")
        seen.append(page.run("document.activeElement.id"))
    assert [name for name in seen if name][:2] == ["text", "file"]
    for name in ("go", "example"):
        assert name in seen
    page.run("document.getElementById('text').focus()")
    page.type("PLAN: rest and pain")
    page.press("Enter", modifiers=2)
    page.wait_for(IS_SHOWN)
    assert page.run(f"{INNER}.querySelectorAll('mark').length") == 2


def test_a_screen_reader_is_told_what_everything_is(page):
    annotate(page, "HPI: pain")
    page.wait_for(IS_SHOWN)
    nodes = page.order("Accessibility.getFullAXTree")["nodes"]
    named = {
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node.get("ignored")
    }
    for wanted in (
        ("heading", "Annotate a note"),
        ("textbox", "Note"),
        ("button", "Annotate"),
        ("button", "Copy as JSON"),
        ("checkbox", "entity_ruler"),
        ("group", "Components"),
        ("region", "Result"),
        ("Iframe", "Annotated note"),
    ):
        assert wanted in named, wanted
    controls = {"textbox", "button", "checkbox", "link", "Iframe"}
    assert [role for role, name in named if role in controls and not name.strip()] == []
    roles = {role for role, _ in named}
    assert {"status", "main", "banner", "contentinfo"} <= roles


def test_components_are_switched(page):
    page.run(
        "[...document.querySelectorAll('#component-list input')].find((box) => box.value === 'entity_ruler').click()"
    )
    annotate(page, "HPI: pain")
    page.wait_for(IS_SHOWN)
    assert page.run(f"{INNER}.querySelectorAll('mark').length") == 0
    assert (
        page.run(f"{INNER}.querySelectorAll('nav[aria-label=Sections] a').length") == 1
    )


@pytest.mark.parametrize(
    ("button", "key"), [("copy-json", "sections"), ("copy-fhir", "resourceType")]
)
def test_what_was_found_is_copied(page, button, key):
    annotate(page, "HPI: pain")
    page.wait_for(IS_SHOWN)
    assert page.run(f"document.getElementById('{button}').disabled") is False
    # Without a clipboard, the text is shown to be copied by hand.
    page.run("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.run(f"document.getElementById('{button}').click()")
    copied = page.wait_for("document.getElementById('copied-text').value")
    assert key in json.loads(copied)
    assert page.run("document.activeElement.id") == "copied-text"


def test_a_file_is_read_by_what_is_in_it(page, tmp_path):
    path = tmp_path / "note.txt"
    path.write_bytes("HPI: Café, pain".encode("utf-16"))
    page.choose_file("#file", path)
    page.wait_for("!document.getElementById('clear').hidden")
    page.run("document.getElementById('go').click()")
    page.wait_for(IS_SHOWN)
    assert "Café" in page.run(f"{INNER}.body.textContent")


def test_a_form_is_shown_with_boxes(page):
    path = ROOT / "examples" / "forms" / "referral_form.pdf"
    page.choose_file("#file", path)
    page.wait_for("!document.getElementById('clear').hidden")
    page.run("document.getElementById('go').click()")
    page.wait_for(IS_SHOWN)
    assert page.run(f"{INNER}.querySelectorAll('rect').length") > 5
    assert page.run(f"{INNER}.querySelector('image').getAttribute('href')").startswith(
        "data:image/jpeg"
    )
    assert page.run("document.getElementById('copy-fhir').disabled") is True


def test_a_dropped_file_is_annotated(page):
    content = base64.b64encode(b"HPI: pain").decode()
    page.run(
        "(() => { const data = new DataTransfer();"
        f"data.items.add(new File([atob('{content}')], 'note.txt'));"
        "document.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true})); })()"
    )
    page.wait_for(IS_SHOWN)
    assert page.run(f"{INNER}.querySelectorAll('mark').length") == 1


def test_a_note_that_fails_is_shown_with_what_failed(page):
    annotate(page, f"HPI: {FAILING}")
    page.wait_for(IS_SHOWN)
    assert "C312" in page.run(f"{INNER}.querySelector('[role=alert]').textContent")


def test_problems_are_told(page, tmp_path):
    annotate(page, " ")
    assert "Paste a note" in page.run("document.getElementById('problem').textContent")
    assert page.run("document.activeElement.id") == "text"


def test_a_result_does_not_stay_when_another_note_fails(page, tmp_path):
    annotate(page, "HPI: pain")
    page.wait_for(IS_SHOWN)
    broken = tmp_path / "broken.txt"
    broken.write_bytes(bytes(range(256)) * 50)
    page.choose_file("#file", broken)
    page.run("document.getElementById('go').click()")
    page.wait_for("document.getElementById('problem').textContent.includes('[C303]')")
    assert page.run("document.getElementById('page').hidden")
    for name in ("copy-json", "copy-fhir"):
        assert page.run(f"document.getElementById('{name}').disabled")
    complaints = page.browser.list_complaints()
    assert len(complaints) == 1
    assert "415" in complaints[0]
    page.browser._events.clear()


@pytest.mark.parametrize("width", [1366, 1280, 1024])
def test_the_note_is_beside_what_was_found(browser, service, width):
    with browser.open(f"{service.url}/", width=width, height=800) as tab:
        tab.wait_for("document.documentElement.dataset.ready")
        annotate(tab, "HPI: pain")
        tab.wait_for(IS_SHOWN)
        # The page of a note has two columns from this width on.
        frame = "document.getElementById('page').getBoundingClientRect()"
        assert tab.run(f"{frame}.width") > 900
        assert tab.wait_for(f"{frame}.top >= 0 && {frame}.top < 600")


def test_work_can_be_cancelled(page):
    annotate(page, "qqslow")
    page.wait_for("!document.getElementById('cancel').hidden")
    page.run("document.getElementById('cancel').click()")
    page.wait_for("document.getElementById('problem').textContent === 'Cancelled.'")
    assert page.run("document.getElementById('go').disabled") is False


def test_a_token_is_asked_for(browser):
    token = "0123456789abcdef-token"
    with (
        run_service(make_nlp(), token=Token(token.encode())) as running,
        browser.open(f"{running.url}/") as tab,
    ):
        tab.wait_for("document.documentElement.dataset.ready")
        assert tab.run("document.getElementById('token-row').hidden") is False
        tab.run(f"document.getElementById('token').value = '{token}'")
        tab.run("document.getElementById('connect').click()")
        tab.wait_for("!document.getElementById('components').hidden")
        annotate(tab, "HPI: pain")
        tab.wait_for(IS_SHOWN)


@pytest.mark.slow
def test_fifty_thousand_words_are_shown(page):
    text = "HPI:\nThe patient came with pain and without fever on that day. " * 4200
    assert len(text.split()) > 50_000
    annotate(page, text)
    page.wait_for(IS_SHOWN)
    assert page.run(f"{INNER}.querySelectorAll('mark').length") >= 8400
    assert page.run("document.getElementById('go').disabled") is False


def test_the_documentation_is_a_page(browser, service):
    with browser.open(f"{service.url}/docs") as tab:
        assert tab.run("document.querySelectorAll('.card').length") > 8
        assert browser.list_complaints() == []


@pytest.mark.skipif(PICTURE is None, reason="only with SPACY_CLINICAL_PICTURE")
def test_the_picture_of_the_documentation(browser):
    nlp = spacy_clinical.load()
    with (
        run_service(nlp, make_form_nlp()) as running,
        browser.open(f"{running.url}/", width=1500, height=950) as tab,
    ):
        tab.wait_for("document.documentElement.dataset.ready")
        tab.run("document.getElementById('example').click()")
        tab.wait_for(IS_SHOWN)
        tab.take_picture(Path(str(PICTURE)))
