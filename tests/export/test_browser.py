"""Pages in a real browser: what a note says is shown, and never run."""

import pytest
import spacy

from spacy_clinical.export.folder import prepare_folder, write_folder
from spacy_clinical.export.form_folder import write_forms
from spacy_clinical.export.records import make_record
from spacy_clinical.forms import make_form_doc, make_pages
from spacy_clinical.types import Note
from tests.export.browser import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
ATTACK = '<script>document.title="run"</script><img src=x onerror=document.title="run">'


@pytest.fixture
def show(browser):
    return lambda path: browser.show(path.as_uri())


def test_a_note_is_shown_and_not_run(tmp_path, show):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    prepare_folder(tmp_path, html=True)
    note = Note(ATTACK, f"HPI:\n{ATTACK}", {}, "x.txt")
    write_folder([make_record(note, nlp(note.text))], tmp_path, html=True)
    [path] = tmp_path.glob("pages/run-*/note-00001.html")
    for shown in (path, tmp_path / "index.html"):
        page = show(shown)
        assert "<title>run</title>" not in page
        assert "<script>" not in page
        assert "<img" not in page
        assert "&lt;script&gt;" in page


def test_a_form_is_shown_and_not_run(tmp_path, show):
    nlp = spacy.blank("en")
    rules = {"model": {"@architectures": "spacy-clinical.FormRules.v1"}}
    nlp.add_pipe("clinical_form_extractor", config=rules)
    words, boxes = ["Name:", ATTACK], [(10, 10, 50, 20), (60, 10, 150, 20)]
    pages = make_pages(words, boxes, width=300, height=100)
    doc = nlp(make_form_doc(nlp.vocab, pages))
    write_forms([(tmp_path / "form.json", doc)], tmp_path)
    [path] = tmp_path.glob("form_pages/run-*/form-00001.html")
    page = show(path)
    assert "<title>run</title>" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
