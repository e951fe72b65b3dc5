"""Forms as records, tables and pages."""

import csv
import io
import json
import re
from io import BytesIO

import pytest
import spacy
from PIL import Image

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.export.form_folder import (
    FormResult,
    list_form_outputs,
    write_forms,
)
from spacy_clinical.export.form_records import COLUMNS, list_rows, make_form_record
from spacy_clinical.files.cells import TableWriter
from spacy_clinical.files.own_outputs import OwnOutputs
from spacy_clinical.forms import make_form_doc, make_pages, read_form
from spacy_clinical.forms.adapters.adapter import Page
from spacy_clinical.forms.pictures import draw_pages
from spacy_clinical.forms.read import open_form
from tests.forms.papers import INTAKE, make_pdf
from tests.forms.tables.sheets import DRUGS, XS, YS, make_sheet, place, rule

RULES = {"model": {"@architectures": "spacy-clinical.FormRules.v1"}}


@pytest.fixture(scope="module")
def nlp():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_form_extractor", config=RULES)
    return nlp


@pytest.fixture
def form(tmp_path):
    path = tmp_path / "form.pdf"
    path.write_bytes(make_pdf([INTAKE, INTAKE[:3]]))
    return path


def test_a_record_has_pages_parts_links_and_fields(nlp, form):
    doc = nlp(read_form(form, nlp.vocab))
    record = json.loads(json.dumps(make_form_record(doc, form_id="form", source="f")))
    assert [page["number"] for page in record["pages"]] == [1, 2]
    texts = [part["text"] for part in record["parts"]]
    linked = [(texts[q], texts[a]) for q, a in record["links"]]
    assert linked[0] == ("Name:", "Jane Roe")
    assert record["fields"] == json.loads(json.dumps(doc._.form_fields))
    assert record["parts"][0]["box"] is not None
    assert record["error"] is None


def test_plain_text_makes_a_record_without_boxes(nlp):
    record = make_form_record(nlp("Name: Jane"), form_id="x", source="x")
    assert {part["box"] for part in record["parts"]} == {None}
    assert next(list_rows(record))[6:] == [""] * 9


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM", "'@SUM"),
        ("-3.5", "-3.5"),
        ("+49", "+49"),
        ("-cmd", "'-cmd"),
        ("plain", "plain"),
    ],
)
def test_spreadsheets_take_no_value_for_a_formula(text, cell):
    field = {
        "key": "k",
        "option": "",
        "value": text,
        "page": 1,
        "key_box": None,
        "value_box": None,
        "score": 1.0,
    }
    table = io.StringIO()
    writer = TableWriter(table, COLUMNS)
    for row in list_rows({"source": "f", "fields": [field]}):
        writer.write(row)
    [row] = csv.DictReader(io.StringIO(table.getvalue()))
    assert row["value"] == cell


def test_a_folder_is_written(nlp, form, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with open_form(form, nlp.vocab) as opened:
        results = [FormResult(form, nlp(opened.doc), opened.pictures)]
        totals = write_forms(results, out, model="rules 1")
    assert (totals.n_forms, totals.n_pages, totals.n_failed) == (1, 2, 0)
    with (out / "fields.csv").open(encoding="utf8", newline="") as table:
        rows = list(csv.reader(table))
    assert rows[0] == list(COLUMNS)
    assert len(rows) == totals.n_fields + 1
    assert len((out / "forms.jsonl").read_text("utf8").splitlines()) == 1
    [path] = (out / "form_pages").glob("run-*/form-00001.html")
    page = path.read_text("utf8")
    assert page.count("data:image/jpeg;base64,") == 2
    assert page.count("<svg") == 2
    assert "rules 1" in page
    link = path.relative_to(out).as_posix()
    assert f'href="{link}"' in (out / "forms.html").read_text("utf8")
    known = {path.name for path in list_form_outputs(out)}
    # There are no tables, so that there is no folder for them.
    assert {path.name for path in out.iterdir()} == known - {"form_tables"}


def test_each_table_is_a_file(nlp, tmp_path):
    path = tmp_path / "form.pdf"
    items = place(XS, YS, [["Drug", "Dose", "=Route", "When"], *DRUGS[1:]])
    path.write_bytes(make_sheet(items, rule(XS, YS)))
    out = tmp_path / "out"
    out.mkdir()
    for _ in range(2):
        doc = nlp(read_form(path, nlp.vocab))
        totals = write_forms([(path, doc), (path, doc)], out)
    assert totals.n_tables == 2
    with (out / "tables.csv").open(encoding="utf8", newline="") as table:
        listed = list(csv.DictReader(table))
    assert [row["found_by"] for row in listed] == ["rulings"] * 2
    assert {row["rows"] for row in listed} == {"3"}
    files = [out / row["file"] for row in listed]
    assert sorted(files) == sorted((out / "form_tables").rglob("*.csv"))
    with files[1].open(encoding="utf8", newline="") as table:
        rows = list(csv.reader(table))
    assert rows == [["Drug", "Dose", "'=Route", "When"], *DRUGS[1:]]
    record = json.loads((out / "forms.jsonl").read_text("utf8").splitlines()[0])
    assert record["tables"] == json.loads(json.dumps(doc._.form_tables))
    [page, _] = (out / "form_pages").rglob("*.html")
    assert "<h2>Tables</h2>" in page.read_text("utf8")
    own = OwnOutputs()
    files = [path for path in out.rglob("*") if path.is_file()]
    assert list(own.leave_out(files, out)) == []
    # Without tables, those of the run before go.
    write_forms([], out)
    assert not (out / "form_tables").exists()


def test_pictures_are_drawn_one_after_the_other_and_only_for_pages(nlp, tmp_path):
    drawn = []

    def draw(path):
        for i in range(2):
            drawn.append((path.name, i))
            yield None

    def list_results():
        for name in ("a.json", "b.json"):
            assert all(path != name for path, _ in drawn)
            pages = make_pages(["Name:"], [(1, 1, 9, 9)], width=99, height=99)
            doc = nlp(make_form_doc(nlp.vocab, pages * 2))
            yield FormResult(tmp_path / name, doc, draw(tmp_path / name))

    write_forms(list_results(), tmp_path, html=False)
    assert drawn == []
    write_forms(list_results(), tmp_path)
    assert drawn == [("a.json", 0), ("a.json", 1), ("b.json", 0), ("b.json", 1)]


def test_pages_load_nothing_and_run_nothing(nlp, tmp_path):
    words = ["<script>alert(1)</script>:", "<b>x</b>", "Name:", '"><img src=x>']
    boxes = [(10, 10, 90, 20), (100, 10, 150, 20), (10, 30, 60, 40), (100, 30, 150, 40)]
    pages = make_pages(words, boxes, width=400, height=100)
    doc = nlp(make_form_doc(nlp.vocab, pages, source="<i>.json"))
    missing = tmp_path / "<i>.json"
    write_forms([(missing, doc)], tmp_path)
    [path] = (tmp_path / "form_pages").rglob("form-00001.html")
    page = path.read_text("utf8")
    assert "<script" not in page
    assert "<b>x" not in page
    assert "<img" not in page
    assert not re.search(r"https?://", page)
    assert "default-src 'none'" in page
    # Without a picture, the words are shown.
    assert "&lt;script&gt;" in page
    assert "<text" in page


def test_forms_and_pages_that_failed_are_shown_as_such(nlp, tmp_path):
    from spacy_clinical.extensions.attributes import record_error

    doc = make_form_doc(nlp.vocab, [], source="x.pdf")
    record_error(doc, "read_form", CodedValueError(Errors.C502.format(name="x.pdf")))
    other = make_form_doc(nlp.vocab, [], source="y.pdf")
    record_error(other, "read_form", ValueError("[C502] secret"))
    results = [(tmp_path / "x.pdf", doc), (tmp_path / "y.pdf", other)]
    assert write_forms(results, tmp_path).n_failed == 2
    index = (tmp_path / "forms.html").read_text("utf8")
    assert "C502" in index
    assert "C312" in index
    assert "secret" not in index


def test_pages_of_an_earlier_run_go(nlp, form, tmp_path):
    doc = nlp(read_form(form, nlp.vocab))
    write_forms([(form, doc)] * 3, tmp_path)
    write_forms([(form, doc)], tmp_path)
    assert len(list((tmp_path / "form_pages").rglob("*.html"))) == 1
    with pytest.warns(UserWarning, match=r"\[W305\].*forms.html, form_pages"):
        write_forms([(form, doc)], tmp_path, html=False)
    assert not list(tmp_path.rglob("*.html"))


def fail(*arguments):
    raise RuntimeError("this page can't be read or drawn")


def test_a_page_that_cant_be_drawn_costs_no_other_its_picture():
    image = Image.new("L", (30, 10), 255)
    pages = [Page(fail, draw) for draw in (fail, lambda width: image)]
    facts = [{"rotation": 0.0, "error": ""}] * 2
    assert [picture is None for picture in draw_pages(pages, facts)] == [True, False]


@pytest.mark.parametrize("rotation", [0.0, 90.0, 180.0, -1.5])
def test_pictures_are_turned_as_their_pages_were(rotation):
    image = Image.new("L", (300, 100), 255)
    image.paste(0, (0, 0, 40, 40))
    facts = [{"rotation": rotation, "error": ""}, {"rotation": 0.0, "error": ""}]
    pages = [Page(fail, lambda width: image), Page(fail)]
    drawn, none = draw_pages(pages, facts)
    assert none is None
    picture = Image.open(BytesIO(drawn))
    is_on_end = abs(rotation) == 90.0
    assert (picture.width < picture.height) == is_on_end
    corner = {0.0: (10, 10), 90.0: (90, 10), 180.0: (290, 90), -1.5: (12, 18)}
    assert picture.getpixel(corner[rotation]) < 80


def test_boxes_in_tables_are_true_false_or_unclear():
    from spacy_clinical.export.form_records import list_rows

    field = {"page": 1, "key": "k", "option": "o", "score": 0.3}
    field |= {"key_box": None, "value_box": None}
    values = (True, False, None, "text")
    record = {"source": "a", "fields": [{**field, "value": v} for v in values]}
    told = [row[4] for row in list_rows(record)]
    assert told == ["true", "false", "unclear", "text"]
