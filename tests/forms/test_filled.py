"""Fillable PDFs: what is typed, ticked and chosen."""

import shutil
from dataclasses import replace
from io import BytesIO

import pytest
import spacy
from PIL import Image
from spacy.tokens import Doc, DocBin

from spacy_clinical.forms import read_form
from tests.forms.fillable import (
    COMB,
    COMBO,
    EDIT,
    HIDDEN,
    MULTILINE,
    MULTISELECT,
    NOVIEW,
    PASSWORD,
    PRINT,
    PUSH,
    READONLY,
    Field,
    Spot,
    make_fillable,
    radio,
    text,
    tick,
)
from tests.forms.papers import draw_scan, read_and_draw


@pytest.fixture(scope="module")
def nlp():
    nlp = spacy.blank("en")
    rules = {"model": {"@architectures": "spacy-clinical.FormRules.v1"}}
    nlp.add_pipe("clinical_form_extractor", config=rules)
    return nlp


@pytest.fixture(params=[True, False], ids=["pictures", "no pictures"])
def appearance(request):
    return request.param


def lines_of(doc):
    return [s.text for s in doc.spans["layout"] if s.label_ == "line"]


def tell(nlp, data, **options):
    doc = nlp(read_form(data, nlp.vocab, **options))
    assert doc._.clinical_error is None
    return [(f["key"], f["option"], f["value"]) for f in doc._.form_fields]


def label(x, y, words, size=11):
    return (x, y + 3, size, words)


PATIENT = [label(72, 80, "Patient name:"), label(72, 104, "Date of birth:")]
PATIENT += [label(72, 128, "Diagnosis:"), label(72, 152, "Phone:")]


def make_patient(*values):
    return [text(f"f{i}", 182, 80 + 24 * i, v) for i, v in enumerate(values)]


def test_typed_values_stand_beside_their_printed_labels(nlp, appearance):
    fields = make_patient(
        "Walrus Example", "01/02/1950", "Gout of left foot", "555 0100"
    )
    data = make_fillable(fields, [PATIENT], appearance=appearance)
    assert tell(nlp, data) == [
        ("Patient name", "", "Walrus Example"),
        ("Date of birth", "", "01/02/1950"),
        ("Diagnosis", "", "Gout of left foot"),
        ("Phone", "", "555 0100"),
    ]
    doc = read_form(data, nlp.vocab)
    assert lines_of(doc)[0] == "Patient name: Walrus Example"
    [word] = [t for t in doc if t.text == "Walrus"]
    x0, y0, x1, y1 = word._.box
    assert 182 <= x0 < x1 < 270
    assert 80 <= y0 < y1 <= 96


def test_the_order_of_fields_in_the_file_does_not_matter(nlp):
    fields = make_patient("a", "b", "c", "d")
    found = tell(nlp, make_fillable(fields[::-1], [PATIENT[::-1]]))
    assert [value for *_, value in found] == ["a", "b", "c", "d"]


def test_empty_fields_are_empty_answers(nlp, appearance):
    fields = make_patient("Walrus Example", None, "", "555")
    data = make_fillable(fields, [PATIENT], appearance=appearance)
    found = nlp(read_form(data, nlp.vocab))._.form_fields
    assert [(f["key"], f["value"]) for f in found] == [
        ("Patient name", "Walrus Example"),
        ("Date of birth", ""),
        ("Diagnosis", ""),
        ("Phone", "555"),
    ]
    assert found[1]["value_box"] is None
    assert found[1]["key_box"] is not None


@pytest.mark.parametrize("export", ["Yes", "On", "1", "smokes"])
def test_boxes_are_ticked_by_their_own_state(export, nlp, appearance):
    items = [
        label(90, 100, "Smoker"),
        label(190, 100, "Diabetic"),
        label(290, 100, "Deaf"),
    ]
    fields = [
        tick("a", 72, 102, True, export),
        tick("b", 172, 102, False, export),
        tick("c", 272, 102, True, export),
    ]
    assert tell(nlp, make_fillable(fields, [items], appearance=appearance)) == [
        ("", "Smoker", True),
        ("", "Diabetic", False),
        ("", "Deaf", True),
    ]


def test_the_state_of_a_box_comes_before_the_value_of_its_field(nlp):
    spots = [Spot((72, 100, 12, 12), state="A", export="A")]
    spots += [Spot((172, 100, 12, 12), state="Off", export="B")]
    fields = [Field("Btn", "c", spots, b"/A")]
    items = [label(90, 98, "Asthma"), label(190, 98, "Gout")]
    found = tell(nlp, make_fillable(fields, [items]))
    assert found == [("", "Asthma", True), ("", "Gout", False)]


def test_labels_may_stand_before_boxes(nlp):
    items = [label(72, 100, "Smoker:"), label(130, 100, "Yes"), label(190, 100, "No")]
    fields = [tick("a", 152, 102, False), tick("b", 208, 102, True)]
    found = tell(nlp, make_fillable(fields, [items]))
    assert found == [("Smoker", "Yes", False), ("Smoker", "No", True)]


def test_what_comes_before_a_row_of_boxes_is_the_question(nlp):
    items = [label(72, 100, "Smoker:"), label(150, 100, "Yes"), label(210, 100, "No")]
    items += [label(72, 124, "Agreed:")]
    fields = [tick("a", 134, 102, True), tick("b", 194, 102, False)]
    fields += [tick("c", 134, 126, True)]
    found = tell(nlp, make_fillable(fields, [items]))
    assert found[:2] == [("Smoker", "Yes", True), ("Smoker", "No", False)]
    assert found[2] == ("Agreed", "", True)


def test_boxes_under_a_question(nlp):
    names = ("Asthma", "High blood pressure", "Gout")
    items = [label(72, 80, "Tick what you have had:")]
    items += [label(90, 100 + 18 * i, name) for i, name in enumerate(names)]
    fields = [tick(f"c{i}", 72, 102 + 18 * i, i == 1) for i in range(3)]
    found = tell(nlp, make_fillable(fields, [items]))
    question = "Tick what you have had"
    assert found == [(question, name, i == 1) for i, name in enumerate(names)]


@pytest.mark.parametrize("chosen", ["M", "F", ""])
def test_a_group_of_radio_buttons_is_one_field(chosen, nlp, appearance):
    items = [label(72, 100, "Sex:"), label(150, 100, "Male"), label(220, 100, "Female")]
    fields = [radio("sex", [(134, 102, "M"), (204, 102, "F")], chosen)]
    data = make_fillable(fields, [items], appearance=appearance)
    wanted = {"M": "Male", "F": "Female", "": ""}[chosen]
    assert tell(nlp, data) == [("Sex", "", wanted)]


def test_radio_buttons_below_each_other(nlp):
    items = [
        label(72, 80, "Pain today"),
        label(90, 100, "none"),
        label(90, 118, "mild"),
    ]
    items += [label(90, 136, "severe"), label(72, 170, "Seen by:")]
    fields = [radio("p", [(72, 102 + 18 * i, str(i)) for i in range(3)], "2")]
    fields.append(text("by", 130, 168, "Dr. Roe"))
    found = tell(nlp, make_fillable(fields, [items]))
    assert found == [("Pain today", "", "severe"), ("Seen by", "", "Dr. Roe")]


def test_a_grid_of_radio_buttons(nlp):
    items = [label(250, 80, "Yes"), label(300, 80, "No")]
    items += [label(72, 100, "Do you smoke?"), label(72, 120, "Do you drink?")]
    fields = [
        radio(f"q{i}", [(252, 102 + 20 * i, "a"), (302, 102 + 20 * i, "b")], "ab"[i])
        for i in range(2)
    ]
    found = tell(nlp, make_fillable(fields, [items]))
    assert found == [("Do you smoke?", "", "Yes"), ("Do you drink?", "", "No")]


def test_choices_are_told_as_they_are_shown(nlp, appearance):
    items = [
        label(72, 100, "Blood group:"),
        label(72, 130, "Ward:"),
        label(72, 160, "Drugs:"),
    ]
    items += [label(72, 230, "Diet:")]
    pairs = [["p0", "Zero positive"], ["n1", "AB negative"]]
    fields = [
        Field("Ch", "g", [Spot((180, 98, 150, 16))], "n1", COMBO, options=pairs),
        Field(
            "Ch",
            "w",
            [Spot((180, 128, 150, 16))],
            "Annex 7",
            COMBO | EDIT,
            options=["A"],
        ),
        Field(
            "Ch",
            "d",
            [Spot((180, 158, 150, 60))],
            ["Aspirin", "Heparin"],
            MULTISELECT,
            options=["Aspirin", "Insulin", "Heparin"],
        ),
        Field("Ch", "e", [Spot((180, 228, 150, 16))], None, COMBO, options=["none"]),
    ]
    data = make_fillable(fields, [items], appearance=appearance)
    assert tell(nlp, data) == [
        ("Blood group", "", "AB negative"),
        ("Ward", "", "Annex 7"),
        ("Drugs", "", "Aspirin\nHeparin"),
        ("Diet", "", ""),
    ]


def test_text_of_several_lines(nlp, appearance):
    items = [
        label(72, 100, "Address:"),
        label(72, 180, "Remarks"),
        label(300, 100, "Age:"),
    ]
    fields = [
        text(
            "a",
            140,
            98,
            "12 High Street\r\nTownville",
            width=150,
            height=50,
            flags=MULTILINE,
        ),
        text("r", 72, 196, "fell on ice " * 12, width=300, height=80, flags=MULTILINE),
        text("age", 330, 98, "63", width=40),
    ]
    data = make_fillable(fields, [items], appearance=appearance)
    assert tell(nlp, data) == [
        ("Address", "", "12 High Street\nTownville"),
        ("Age", "", "63"),
        ("Remarks", "", ("fell on ice " * 12).strip()),
    ]
    doc = read_form(data, nlp.vocab)
    assert doc.text.count("ice") == 12
    inside = [t._.box for t in doc if t.text == "ice"]
    assert all(196 <= box[1] < box[3] <= 276 and box[2] <= 372 for box in inside)


def test_combs_and_passwords(nlp, appearance):
    items = [label(72, 100, "Record no.:"), label(72, 130, "PIN:")]
    fields = [
        text("c", 150, 98, "0417", width=120, flags=COMB, extra=b"/MaxLen 8"),
        text("p", 150, 128, "Tusk77", flags=PASSWORD),
    ]
    data = make_fillable(fields, [items], appearance=appearance)
    assert tell(nlp, data) == [("Record no", "", "0417"), ("PIN", "", "********")]
    doc = read_form(data, nlp.vocab)
    assert "Tusk" not in str(doc.user_data) + doc.text
    [word] = [t for t in doc if t.text == "0417"]
    assert word._.box[2] - word._.box[0] == pytest.approx(60)


def test_signatures(nlp):
    items = [label(72, 100, "Signature:"), label(72, 150, "Witness:")]
    fields = [
        Field(
            "Sig", "s", [Spot((150, 90, 200, 30))], b"<< /Type /Sig /Contents <00> >>"
        ),
        Field("Sig", "w", [Spot((150, 140, 200, 30))]),
    ]
    found = tell(nlp, make_fillable(fields, [items]))
    assert found == [("Signature", "", "signed"), ("Witness", "", "")]


def test_hints_and_names_stand_in_for_labels(nlp):
    fields = [
        text("a", 72, 100, "Walrus", hint="Name of the patient:"),
        text("patient.city", 72, 140, "Townville"),
        text("form1[0].#subform[0].zip[0]", 72, 180, "12345"),
        tick("t", 72, 220, True, hint="Agrees"),
        tick("patient.deaf", 72, 260, False),
    ]
    found = tell(nlp, make_fillable(fields, [[label(72, 20, "FORM")]]))
    assert found == [
        ("Name of the patient", "", "Walrus"),
        ("patient.city", "", "Townville"),
        ("form1.zip", "", "12345"),
        ("", "Agrees", True),
        ("", "patient.deaf", False),
    ]


def test_labels_above_and_below(nlp):
    items = [label(72, 80, "First name", 9), label(272, 80, "Last name", 9)]
    items += [label(72, 220, "(city)", 8), label(272, 220, "(state)", 8)]
    fields = [text("a", 72, 96, "Walrus"), text("b", 272, 96, "Example")]
    fields += [text("c", 72, 204, "Townville"), text("d", 272, 204, "OH")]
    assert tell(nlp, make_fillable(fields, [items])) == [
        ("First name", "", "Walrus"),
        ("Last name", "", "Example"),
        ("(city)", "", "Townville"),
        ("(state)", "", "OH"),
    ]


def test_fields_on_several_pages_and_in_several_places(nlp):
    spots = [Spot((140, 100, 150, 16), page=i) for i in range(3)]
    fields = [Field("Tx", "name", spots, "Walrus")]
    fields += [text("last", 140, 130, "x7", page=2)]
    pages = [[label(72, 100, "Name:")] for _ in range(3)]
    pages[2] = [*pages[2], label(72, 130, "Code:")]
    doc = nlp(read_form(make_fillable(fields, pages), nlp.vocab))
    found = [(f["key"], f["value"], f["page"]) for f in doc._.form_fields]
    assert found == [("Name", "Walrus", i) for i in (1, 2, 3)] + [("Code", "x7", 3)]


@pytest.mark.parametrize("flags", [HIDDEN | PRINT, NOVIEW, HIDDEN])
def test_what_a_viewer_does_not_show_is_not_read(flags, nlp):
    fields = [text("a", 140, 100, "Tusk", spot_flags=flags)]
    fields += [text("b", 140, 130, "Walrus", flags=READONLY)]
    fields += [
        text("out", 700, 100, "Outside"),
        text("thin", 140, 160, "Thin", width=0),
    ]
    fields += [Field("Btn", "push", [Spot((72, 200, 60, 16))], flags=PUSH)]
    items = [label(72, 130, "Name:")]
    data = make_fillable(fields, [items])
    assert tell(nlp, data) == [("Name", "", "Walrus")]
    doc = read_form(data, nlp.vocab)
    assert lines_of(doc) == ["Name: Walrus"]


def test_what_the_text_layer_says_too_counts_once(nlp):
    fields = make_patient("Walrus Example", "01/02/1950")
    items = [
        *PATIENT[:2],
        label(184, 80, "Walrus Example"),
        label(184, 104, "01/02/1950"),
    ]
    data = make_fillable(fields, [items])
    assert lines_of(read_form(data, nlp.vocab)) == [
        "Patient name: Walrus Example",
        "Date of birth: 01/02/1950",
    ]
    found = tell(nlp, data)
    assert [value for *_, value in found] == ["Walrus Example", "01/02/1950"]


def test_lines_and_boxes_that_are_printed_under_fields_are_no_answers(nlp):
    items = [
        label(72, 80, "Name: ______________________"),
        label(72, 110, "[ ]"),
        label(90, 110, "Deaf"),
    ]
    fields = [text("a", 110, 80, "Walrus"), tick("d", 72, 112, True)]
    found = tell(nlp, make_fillable(fields, [items]))
    assert found == [("Name", "", "Walrus"), ("", "Deaf", True)]


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_fields_of_turned_pages(rotate, nlp):
    fields = make_patient("Walrus", "1950", "Gout", "555")
    plain = read_form(make_fillable(fields, [PATIENT]), nlp.vocab)
    turned = read_form(make_fillable(fields, [PATIENT], rotate=rotate), nlp.vocab)
    assert turned.text == plain.text
    for token, other in zip(turned, plain, strict=True):
        assert token._.box == (other._.box and pytest.approx(other._.box, abs=0.1))


def test_pictures_show_what_was_typed(nlp, appearance):
    data = make_fillable(make_patient("WWWWWWWW"), [PATIENT], appearance=appearance)
    _, [picture] = read_and_draw(data, nlp.vocab)
    image = Image.open(BytesIO(picture)).convert("L")
    scale = image.width / 612
    box = tuple(round(v * scale) for v in (184, 80, 240, 96))
    assert image.crop(box).getextrema()[0] < 100


@pytest.mark.parametrize("rotate", [0, 90])
def test_pictures_show_what_was_ticked(rotate, nlp, appearance):
    fields = [tick("a", 100, 100, True, "On"), tick("b", 200, 100, False, "On")]
    fields += [radio("r", [(100, 200, "M"), (200, 200, "F")], "F")]
    page = [label(72, 40, "Smoker and so on")]
    data = make_fillable(fields, [page], appearance=appearance, rotate=rotate)
    _, [picture] = read_and_draw(data, nlp.vocab)
    image = Image.open(BytesIO(picture)).convert("L")
    scale = image.width / 612
    dark = [
        image.crop(
            tuple(round(v * scale) for v in (x, y, x + 12, y + 12))
        ).getextrema()[0]
        < 120
        for x, y in [(100, 100), (200, 100), (100, 200), (200, 200)]
    ]
    assert dark == [True, False, False, True]


def test_xfa_alone_is_refused_and_beside_fields_it_is_passed_over(nlp):
    xfa = b"/XFA (<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'/>)"
    page = [label(72, 80, "Please wait ...")]
    for root in (b"", b"/NeedsRendering true"):
        with pytest.raises(ValueError, match=r"\[C517\].*'x.pdf'.*XFA"):
            read_form(
                make_fillable([], [page], form=xfa, root=root), nlp.vocab, name="x.pdf"
            )
    both = make_fillable(make_patient("Walrus"), [PATIENT], form=xfa)
    assert tell(nlp, both)[0] == ("Patient name", "", "Walrus")


def test_scripts_and_actions_are_neither_run_nor_followed(nlp):
    script = b"<< /S /JavaScript /JS (this.getField('f0').value='Changed';) >>"
    fields = make_patient("Walrus")
    fields[0].extra = b"/AA << /F %s /C %s /V %s >>" % (script, script, script)
    data = make_fillable(
        fields,
        [PATIENT],
        root=b"/OpenAction %s /AA << /WC %s >>" % (script, script),
        page=b"/AA << /O %s >>" % script,
    )
    assert tell(nlp, data)[0] == ("Patient name", "", "Walrus")


def test_other_fields_of_a_fillable_form_are_found_as_ever(nlp):
    items = [
        *PATIENT[:1],
        label(72, 140, "Hospital:"),
        label(182, 140, "St. Elsewhere"),
    ]
    found = tell(nlp, make_fillable(make_patient("Walrus"), [items]))
    assert found == [("Patient name", "", "Walrus"), ("Hospital", "", "St. Elsewhere")]


def test_parts_and_links_say_the_same(nlp):
    fields = [*make_patient("Walrus Example"), tick("d", 72, 202, True)]
    items = [PATIENT[0], label(90, 200, "Deaf")]
    doc = nlp(read_form(make_fillable(fields, [items]), nlp.vocab))
    group = doc.spans["form"]
    assert [(s.label_, s.text) for s in group] == [
        ("QUESTION", "Patient name:"),
        ("ANSWER", "Walrus Example"),
        ("ANSWER", "\u2612 Deaf"),
    ]
    assert group.attrs["links"] == [[0, 1]]
    # And survive being stored.
    [again] = DocBin(docs=[doc], store_user_data=True).get_docs(nlp.vocab)
    assert nlp(again)._.form_fields == doc._.form_fields


def make_two_pages(nlp, *values):
    """A fillable form of two pages, with an empty field and a box on each."""
    fields = []
    for page in range(2):
        own = [*make_patient(*values, None), tick("d", 72, 202, bool(page))]
        for field in own:
            spots = [replace(spot, page=page) for spot in field.spots]
            fields.append(replace(field, name=f"{field.name}_{page}", spots=spots))
    data = make_fillable(fields, [[*PATIENT[:2], label(90, 200, "Deaf")]] * 2)
    return read_form(data, nlp.vocab)


def list_fields(doc):
    return [(f["page"], f["key"], f["option"], f["value"]) for f in doc._.form_fields]


@pytest.mark.parametrize("is_joined_first", [True, False])
def test_joined_forms_keep_what_is_written_in_each(is_joined_first, nlp):
    docs = [make_two_pages(nlp, name) for name in ("Walrus", "Otter")]
    expected = [field for doc in docs for field in list_fields(nlp(doc.copy()))]
    assert (2, "Patient name", "", "Otter") in expected
    if is_joined_first:
        joined = nlp(Doc.from_docs(docs))
    else:
        joined = Doc.from_docs([nlp(doc) for doc in docs])
    assert list_fields(joined) == expected


@pytest.mark.parametrize("is_cut_first", [True, False])
def test_a_page_cut_out_has_its_own_fields(is_cut_first, nlp):
    doc = make_two_pages(nlp, "Walrus")
    whole = list_fields(nlp(doc.copy()))
    doc = doc if is_cut_first else nlp(doc)
    pages = [s for s in doc.spans["layout"] if s.label_ == "page"]
    parts = [page.as_doc(copy_user_data=True) for page in pages]
    parts = [nlp(part) for part in parts] if is_cut_first else parts
    assert [list_fields(part) for part in parts] == [
        [field for field in whole if field[0] == number] for number in (1, 2)
    ]


def test_retokenized_forms_keep_what_is_written(nlp):
    doc = make_two_pages(nlp, "Walrus Example")
    expected = list_fields(nlp(doc.copy()))
    words = [token.text for token in doc]
    at = words.index("Walrus")
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[at : at + 2])
    assert list_fields(nlp(doc)) == expected


def test_values_of_all_scripts_and_controls(nlp):
    value = "Żółć 東京\x00\x07\u200b  Ω"
    found = tell(nlp, make_fillable(make_patient(value), [PATIENT[:1]]))
    assert found[0][2] == "Żółć 東京 Ω"


def test_a_form_of_fields_alone(nlp):
    found = tell(nlp, make_fillable(make_patient("Walrus", None), [[]]))
    assert found == [("f0", "", "Walrus"), ("f1", "", "")]


@pytest.mark.parametrize("rotate", [0, 90])
def test_fields_over_a_scan_are_read_with_what_ocr_reads(rotate, nlp):
    if shutil.which("tesseract") is None:
        pytest.skip("Tesseract is not installed")
    lines = [
        label(72, 300 + 16 * i, "All answers are kept in the record.") for i in range(9)
    ]
    scan = draw_scan([*PATIENT, label(90, 200, "Diabetic"), *lines])
    fields = [*make_patient("Walrus Example", "01/02/1950", "Gout", "555 0100")]
    fields += [tick("d", 72, 202, True)]
    data = make_fillable(fields, [[]], image=scan, rotate=rotate)
    found = nlp(read_form(data, nlp.vocab))
    told = [(f["key"], f["option"], f["value"]) for f in found._.form_fields]
    assert told[:5] == [
        ("Patient name", "", "Walrus Example"),
        ("Date of birth", "", "01/02/1950"),
        ("Diagnosis", "", "Gout"),
        ("Phone", "", "555 0100"),
        ("", "Diabetic", True),
    ]
