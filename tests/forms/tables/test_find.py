"""Tables on the pages of forms."""

import io
import pickle
import time

import pypdfium2
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin

from spacy_clinical.forms import make_form_doc, make_pages, read_form
from spacy_clinical.forms.tables.grids import find_grids
from spacy_clinical.forms.tables.rulings import MAX_RULINGS, merge_rulings
from tests.forms.papers import make_pdf
from tests.forms.tables.sheets import DRUGS, XS, YS, make_sheet, place, rule

RULES = {"model": {"@architectures": "spacy-clinical.FormRules.v1"}}
HEADS, ROWS = DRUGS[0], DRUGS[1:]


@pytest.fixture(scope="module")
def nlp():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_form_extractor", config=RULES)
    return nlp


@pytest.fixture(scope="module")
def read(nlp):
    return lambda data: nlp(read_form(data, nlp.vocab, ocr="never"))


def tell(doc):
    return [(t["source"], t["heads"], t["rows"]) for t in doc._.form_tables]


def join(*sheets):
    document = pypdfium2.PdfDocument(sheets[0])
    for sheet in sheets[1:]:
        document.import_pages(pypdfium2.PdfDocument(sheet))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_rulings_make_a_table(read):
    doc = read(make_sheet(place(XS, YS, DRUGS), rule(XS, YS)))
    [table] = doc._.form_tables
    assert tell(doc) == [("rulings", HEADS, ROWS)]
    sizes = table["page"], table["n_rows"], table["n_columns"], table["n_heads"]
    assert sizes == (1, 4, 4, 1)
    assert table["box"] == pytest.approx((60, 100, 500, 200), abs=0.1)
    cell = table["cells"][4]
    assert (cell["row"], cell["column"], cell["is_head"]) == (1, 0, False)
    assert cell["box"] == pytest.approx((60, 125, 190, 150), abs=0.1)
    [(start, end)] = cell["offsets"]
    assert doc.text[start:end] == cell["text"] == "Metformin"


def test_cells_are_the_fields_of_their_columns(read):
    doc = read(make_sheet(place(XS, YS, DRUGS), rule(XS, YS)))
    found = {f["key"]: f["value"].split("\n") for f in doc._.form_fields}
    assert found == {head: [row[i] for row in ROWS] for i, head in enumerate(HEADS)}


@pytest.mark.parametrize(
    "without",
    [
        {("v", i, j) for i in range(4) for j in (0, 4)},
        {("h", i, j) for i in (0, 4) for j in range(4)},
        {("h", i, j) for i in (2, 3) for j in range(4)},
    ],
    ids=["open at its sides", "open above and below", "a ruled head only"],
)
def test_tables_may_be_ruled_in_part(read, without):
    doc = read(make_sheet(place(XS, YS, DRUGS), rule(XS, YS, without=without)))
    assert tell(doc) == [("rulings", HEADS, ROWS)]


def test_the_ruling_below_a_head_may_be_missing(read):
    rows = [DRUGS[0], *DRUGS[1:], ["Warfarin", "5 mg", "PO", "nightly"]]
    ys = [*YS, 225]
    without = {("h", 1, j) for j in range(4)}
    doc = read(make_sheet(place(XS, ys, rows), rule(XS, ys, without=without)))
    assert tell(doc) == [("rulings", HEADS, rows[1:])]


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_pages_may_be_rotated(read, rotate):
    sheet = make_sheet(place(XS, YS, DRUGS), rule(XS, YS), rotate=rotate)
    assert tell(read(sheet)) == [("rulings", HEADS, ROWS)]


def test_words_under_each_other_make_a_table(read):
    doc = read(make_sheet(place(XS, YS, DRUGS)))
    assert tell(doc) == [("alignment", HEADS, ROWS)]
    only_across = {("v", i, j) for i in range(4) for j in range(5)}
    doc = read(make_sheet(place(XS, YS, DRUGS), rule(XS, YS, without=only_across)))
    assert tell(doc) == [("alignment", HEADS, ROWS)]


def test_words_and_boxes_of_any_source_make_a_table(nlp):
    words, boxes = [], []
    for x, y, size, text in place(XS, YS, DRUGS):
        for i, word in enumerate(text.split()):
            words.append(word)
            boxes.append((x + 35 * i, y, x + 35 * i + 30, y + size))
    pages = make_pages(words, boxes, width=612, height=792)
    assert tell(nlp(make_form_doc(nlp.vocab, pages))) == [("alignment", HEADS, ROWS)]


def test_plain_text_makes_a_table_without_boxes(nlp):
    lines = ["".join(f"{cell:16}" for cell in row) for row in DRUGS]
    doc = nlp("\n".join(lines))
    [table] = doc._.form_tables
    assert (table["heads"], table["rows"]) == (HEADS, ROWS)
    assert (table["page"], table["box"]) == (0, None)


def test_cells_go_on_in_the_next_line_and_may_be_empty(read):
    rows = [
        HEADS,
        ["Metformin\nextended release", "1000 mg", "PO", "twice daily\nwith meals"],
        ["Lisinopril", "", "PO", "daily"],
        ["Aspirin", "81 mg", "", "daily"],
    ]
    ys = [100, 125, 165, 190, 215]
    expected = [[cell.replace("\n", " ") for cell in row] for row in rows[1:]]
    assert tell(read(make_sheet(place(XS, ys, rows), rule(XS, ys)))) == [
        ("rulings", HEADS, expected)
    ]
    doc = read(make_sheet(place(XS, ys, rows)))
    assert tell(doc) == [("alignment", HEADS, expected)]
    cell = next(c for c in doc._.form_tables[0]["cells"] if "meals" in c["text"])
    texts = [doc.text[start:end] for start, end in cell["offsets"]]
    assert " ".join(texts) == cell["text"]


def test_cells_reach_over_rows_and_columns(read):
    rows = [
        ["Drug", "Dose", "", ""],
        ["", "Morning", "Noon", "Night"],
        ["Metformin", "1", "0", "1"],
        ["Aspirin", "1", "0", "0"],
        ["See notes", "", "", ""],
    ]
    ys = [*YS, 225]
    without = {("v", 0, 2), ("v", 0, 3), ("h", 1, 0)}
    without |= {("v", 4, 1), ("v", 4, 2), ("v", 4, 3)}
    doc = read(make_sheet(place(XS, ys, rows), rule(XS, ys, without=without)))
    [table] = doc._.form_tables
    assert table["heads"] == ["Drug", "Dose Morning", "Dose Noon", "Dose Night"]
    assert table["rows"] == [*rows[2:4], ["See notes"] * 4]
    wide = {
        (c["row"], c["column"]): (c["n_rows"], c["n_columns"])
        for c in table["cells"]
        if c["n_rows"] * c["n_columns"] > 1
    }
    assert wide == {(0, 0): (2, 1), (0, 1): (1, 3), (4, 0): (1, 4)}


def test_names_of_rows_and_of_groups_of_columns(read):
    rows = [
        ["Item", "Amount", "", ""],
        ["", "Count", "Unit price", "Price"],
        ["Saline", "2", "0.50", "1.00"],
        ["Gauze", "1", "3.00", "3.00"],
        ["Total", "", "", "4.00"],
    ]
    ys = [*YS, 225]
    without = {("v", 0, 2), ("v", 0, 3), ("h", 1, 0), ("v", 4, 1), ("v", 4, 2)}
    doc = read(make_sheet(place(XS, ys, rows), rule(XS, ys, without=without)))
    found = {f["key"]: f["value"].split("\n") for f in doc._.form_fields}
    assert found == {
        "Item": ["Saline", "Gauze"],
        "Count": ["2", "1"],
        "Unit price": ["0.50", "3.00"],
        "Price": ["1.00", "3.00"],
        "Total": ["4.00"],
    }
    assert {s.text for s in doc.spans["form"] if s.label_ == "HEADER"} == {"Amount"}


def test_a_page_has_several_tables(read):
    labs = [
        ["Test", "Result", "Units", "Range"],
        ["Sodium", "138", "mmol/L", "135-145"],
    ]
    items = place(XS, YS, DRUGS) + place(XS, [400, 425, 450], labs)
    doc = read(make_sheet(items, rule(XS, YS) + rule(XS, [400, 425, 450])))
    assert tell(doc) == [("rulings", HEADS, ROWS), ("rulings", labs[0], labs[1:])]


def test_a_table_in_a_frame_is_one_of_its_own(read):
    items = [*place(XS, YS, DRUGS), (30, 60, 10, "Outer"), (30, 300, 10, "Below")]
    frame = rule([20, 560], [50, 290]) + rule([20, 300, 560], [290, 330])
    doc = read(make_sheet(items, rule(XS, YS) + frame))
    assert tell(doc) == [("rulings", HEADS, ROWS)]


@pytest.mark.parametrize("has_rulings", [True, False])
@pytest.mark.parametrize("repeats_head", [True, False])
def test_tables_go_on_on_the_next_page(read, has_rulings, repeats_head):
    first = [HEADS, *([f"Drug{i}", f"{i} mg", "PO", "daily"] for i in range(26))]
    second = [["DrugA", "7 mg", "PO", "daily"], ["DrugB", "8 mg", "PO", "daily"]]
    expected = first[1:] + second
    sheets = []
    for number, rows in enumerate(
        [first, [HEADS, *second] if repeats_head else second]
    ):
        ys = [80 + 25 * i for i in range(len(rows) + 1)]
        items = [*place(XS, ys, rows), (300, 775, 8, f"Page {number + 1}")]
        sheets.append(make_sheet(items, rule(XS, ys) if has_rulings else ()))
    doc = read(join(*sheets))
    assert [(heads, rows) for _, heads, rows in tell(doc)] == [(HEADS, expected)]
    assert {cell["page"] for cell in doc._.form_tables[0]["cells"]} == {1, 2}


def test_one_row_is_a_table_and_one_column_is_none(read):
    doc = read(make_sheet(place(XS, [100, 125], ROWS[:1]), rule(XS, [100, 125])))
    assert [rows for _, _, rows in tell(doc)] == [ROWS[:1]]
    items = place([60, 300], YS, [["a"], ["b"], ["c"], ["d"]])
    assert tell(read(make_sheet(items, rule([60, 300], YS)))) == []


def test_forms_that_are_ruled_are_no_tables(read):
    rows = [["Name: Jane Roe", "Born: 02/03/1961"], ["Phone: 555", "Sex: F"]]
    xs, ys = [60, 300, 540], [100, 130, 160]
    assert tell(read(make_sheet(place(xs, ys, rows), rule(xs, ys)))) == []


def test_long_texts_in_frames_are_no_tables(read):
    items = [(64, 110 + 12 * i, 9, "word " * 18) for i in range(40)]
    frame = rule([60, 500, 560], [100, 620])
    assert tell(read(make_sheet([*items, (510, 110, 9, "side")], frame))) == []


def test_pages_without_words_have_no_tables(read):
    assert tell(read(make_sheet([(30, 30, 10, "Nothing here")], rule(XS, YS)))) == []
    assert tell(read(make_sheet([], rule(XS, YS)))) == []


def test_squared_paper_is_no_table(read):
    paper = [(x, 10, x, 757) for x in range(10, 580, 5)]
    paper += [(10, y, 577, y) for y in range(10, 760, 5)]
    doc = read(make_sheet(place(XS, YS, DRUGS), paper))
    assert tell(doc) == [("alignment", HEADS, ROWS)]


def test_thousands_of_lines_take_time_in_proportion():
    def measure(n):
        lines = [(7 * i % 600, i % 780, 7 * i % 600 + 9, i % 780) for i in range(n)]
        lines += [(i % 600, 7 * i % 780, i % 600, 7 * i % 780 + 9) for i in range(n)]
        start = time.perf_counter()
        rulings = merge_rulings(lines)
        find_grids(rulings)
        assert max(map(len, rulings)) <= MAX_RULINGS
        return time.perf_counter() - start

    measure(1000)
    assert measure(40_000) < 100 * max(measure(4_000), 0.01)


def test_broken_pages_say_so_and_have_no_tables(nlp):
    sheet = make_sheet(place(XS, YS, DRUGS), rule(XS, YS))
    cut = sheet[: len(sheet) // 2]
    with pytest.raises(ValueError, match=r"\[C50[0-9]\]"):
        read_form(cut, nlp.vocab, ocr="never")


lines = st.tuples(*[st.floats(-10, 700, allow_nan=False)] * 4)


@given(st.lists(lines, max_size=40))
def test_any_lines_make_cells_that_tile_their_grid(found):
    for grid in find_grids(merge_rulings(found)):
        n_rows, n_columns = grid.owners.shape
        taken = sum(cell.n_rows * cell.n_columns for cell in grid.cells)
        assert taken == n_rows * n_columns
        assert set(grid.owners.flat) == set(range(len(grid.cells)))


@pytest.mark.parametrize("store", ["bytes", "bin", "pickle", "copy"])
def test_tables_survive_storage(nlp, read, store):
    doc = read(make_sheet(place(XS, YS, DRUGS), rule(XS, YS)))
    if store == "bytes":
        again = Doc(nlp.vocab).from_bytes(doc.to_bytes())
    elif store == "bin":
        data = DocBin(store_user_data=True, docs=[doc]).to_bytes()
        [again] = DocBin().from_bytes(data).get_docs(nlp.vocab)
    else:
        again = doc.copy() if store == "copy" else pickle.loads(pickle.dumps(doc))
    assert tell(again) == tell(doc)


def test_joined_docs_have_all_tables_with_their_own_offsets(read):
    docs = [read(make_sheet(place(XS, YS, DRUGS), rule(XS, YS))) for _ in range(2)]
    docs[1] = read(make_sheet([(60, 40, 10, "Other"), *place(XS, YS, DRUGS)]))
    both = Doc.from_docs(docs)
    assert tell(both) == tell(docs[0]) + tell(docs[1])
    for table in both._.form_tables:
        for cell in table["cells"]:
            texts = [both.text[start:end] for start, end in cell["offsets"]]
            assert " ".join(texts) == cell["text"]


def test_filled_areas_are_rulings_too(read):
    thin = "\n0 0 0 rg " + " ".join(
        f"{x0} {792 - y1 - 0.4} {max(x1 - x0, 0.8)} {max(y1 - y0, 0.8)} re f"
        for x0, y0, x1, y1 in rule(XS, YS)
    )
    sheet = make_pdf([place(XS, YS, DRUGS)], stamp=thin.encode())
    assert tell(read(sheet)) == [("rulings", HEADS, ROWS)]
