"""Small files of each format, and broken ones."""

import json

import pytest

from spacy_clinical.forms import make_pages, read_form, read_forms
from spacy_clinical.forms.adapters import table
from spacy_clinical.forms.adapters.adapter import Adapter, Content, open_text
from spacy_clinical.forms.adapters.table import find_adapter
from spacy_clinical.forms.files import list_forms
from tests.conftest import load_blank

TSV = (
    "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight"
    "\tconf\ttext\n"
    "1\t1\t0\t0\t0\t0\t0\t0\t600\t400\t-1\t\n"
    "4\t1\t1\t1\t1\t0\t10\t20\t90\t12\t-1\t\n"
    "5\t1\t1\t1\t1\t1\t10\t20\t40\t12\t96.5\tName:\n"
    "5\t1\t1\t1\t1\t2\t60\t20\t40\t12\t88.0\tRoe\n"
    "5\t1\t1\t1\t1\t3\t110\t20\t4\t12\t20.0\t \n"
    'broken\trow\n5\t1\t1\t1\t1\t4\tx\t20\t4\t12\t20.0\t"\n'
    "1\t2\t0\t0\t0\t0\t0\t0\t300\t200\t-1\t\n"
    "5\t2\t1\t1\t1\t1\t30\t50\t60\t10\t50.0\tSigned\n"
)
HOCR = """<?xml version="1.0"?><!DOCTYPE html>
<html><head><title></title></head><body>
<div class='ocr_page' title='image "a.png"; bbox 0 0 600 400; ppageno 0'>
 <span class='ocr_line' title="bbox 10 20 100 32">
  <span class='ocrx_word' title='bbox 10 20 50 32; x_wconf 96.5'><strong>Name:</strong></span>
  <span class='ocrx_word' title='bbox 60 20 100 32; x_wconf 88'>Roe</span>
  <span class='ocrx_word' title='bbox 110 20 114 32; x_wconf 20'> </span>
  <span class='ocrx_word' title='x_wconf 20'>nowhere</span>
 </span></div>
<div class='ocr_page' title='bbox 0 0 300 200'>
 <span class='ocrx_word' title='bbox 30 50 90 60; x_wconf 50'>Signed</span></div>
</body></html>"""
ALTO = """<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v3#">
<Description><MeasurementUnit>pixel</MeasurementUnit></Description><Layout>
<Page WIDTH="600" HEIGHT="400"><PrintSpace><TextBlock><TextLine>
<String CONTENT="Name:" HPOS="10" VPOS="20" WIDTH="40" HEIGHT="12" WC="0.965"/><SP/>
<String CONTENT="Roe" HPOS="60" VPOS="20" WIDTH="40" HEIGHT="12" WC="0.88"/>
<String CONTENT="" HPOS="1" VPOS="1" WIDTH="1" HEIGHT="1"/>
</TextLine></TextBlock></PrintSpace></Page>
<Page WIDTH="300" HEIGHT="200"><PrintSpace><TextBlock><TextLine>
<String CONTENT="Signed" HPOS="30" VPOS="50" WIDTH="60" HEIGHT="10" WC="0.5"/>
</TextLine></TextBlock></PrintSpace></Page></Layout></alto>"""


def block(text, left, top, width, height, confidence, page, size):
    box = {
        "Left": left / size[0],
        "Top": top / size[1],
        "Width": width / size[0],
        "Height": height / size[1],
    }
    return {
        "BlockType": "WORD",
        "Text": text,
        "Confidence": confidence,
        "Page": page,
        "Geometry": {"BoundingBox": box},
    }


TEXTRACT = {
    "DocumentMetadata": {"Pages": 2},
    "Blocks": [
        {"BlockType": "PAGE", "Page": 1},
        {"BlockType": "LINE", "Text": "Name: Roe", "Page": 1},
        block("Name:", 10, 20, 40, 12, 96.5, 1, (600, 400)),
        block("Roe", 60, 20, 40, 12, 88, 1, (600, 400)),
        block("Signed", 30, 50, 60, 10, 50, 2, (300, 200)),
    ],
}


def corners(x0, y0, x1, y1):
    return [x0, y0, x1, y0, x1, y1, x0, y1]


AZURE_READ = {
    "status": "succeeded",
    "analyzeResult": {
        "readResults": [
            {
                "page": 1,
                "width": 600,
                "height": 400,
                "unit": "pixel",
                "lines": [
                    {
                        "words": [
                            {
                                "text": "Name:",
                                "boundingBox": corners(10, 20, 50, 32),
                                "confidence": 0.965,
                            },
                            {
                                "text": "Roe",
                                "boundingBox": corners(60, 20, 100, 32),
                                "confidence": 0.88,
                            },
                        ]
                    }
                ],
            },
            {
                "page": 2,
                "width": 300,
                "height": 200,
                "unit": "pixel",
                "lines": [
                    {
                        "words": [
                            {
                                "text": "Signed",
                                "boundingBox": corners(30, 50, 90, 60),
                                "confidence": 0.5,
                            }
                        ]
                    }
                ],
            },
        ]
    },
}
AZURE_DOCUMENT = {
    "analyzeResult": {
        "apiVersion": "2023-07-31",
        "pages": [
            {
                "pageNumber": page["page"],
                "width": page["width"],
                "height": page["height"],
                "unit": "pixel",
                "words": [
                    {
                        "content": w["text"],
                        "polygon": w["boundingBox"],
                        "confidence": w["confidence"],
                    }
                    for line in page["lines"]
                    for w in line["words"]
                ],
            }
            for page in AZURE_READ["analyzeResult"]["readResults"]
        ],
    }
}
FILES = {
    "tsv": TSV.encode(),
    "hocr": HOCR.encode(),
    "alto": ALTO.encode(),
    "textract": json.dumps(TEXTRACT).encode(),
    "textract in parts": json.dumps(
        [{"Blocks": TEXTRACT["Blocks"][:3]}, {"Blocks": TEXTRACT["Blocks"][3:]}]
    ).encode(),
    "azure read": json.dumps(AZURE_READ).encode(),
    "azure document": json.dumps(AZURE_DOCUMENT).encode(),
}


@pytest.mark.parametrize("kind", FILES)
def test_all_formats_say_the_same(kind, vocab):
    doc = read_form(FILES[kind], vocab)
    assert doc.text == "Name: Roe\n\nSigned"
    words = [token for token in doc if token._.box is not None]
    assert [t._.box_1000 for t in words] == [
        (16, 50, 83, 80),
        (100, 50, 166, 80),
        (100, 250, 300, 300),
    ]
    assert [t._.page for t in words] == [1, 1, 2]
    assert [t._.confidence for t in words] == pytest.approx([0.965, 0.88, 0.5])
    assert [page["n_words"] for page in doc._.pages] == [2, 1]


def test_units_are_kept(vocab):
    alto = ALTO.replace("pixel", "mm10").encode()
    assert read_form(alto, vocab)._.pages[0]["unit"] == "mm10"
    assert read_form(FILES["textract"], vocab)._.pages[0]["unit"] == "page"
    assert read_form(FILES["azure read"], vocab)._.pages[0]["unit"] == "px"


def test_hocr_of_tesseract_says_what_its_tsv_says(vocab):
    kinds = {find_adapter(Content(FILES[n], n)).kind for n in ("tsv", "hocr")}
    assert kinds == {"TSV", "HOCR"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "C509"),
        (b"Patient Jane Roe has fever.", "C509"),
        (b"\x00\x01\x02\x03", "C509"),
        (b"{}", "C509"),
        (b"[1, 2]", "C509"),
        (b'{"name": "Jane Roe"', "C508"),
        (b'{"Blocks": [{"BlockType": "WORD", "Text": "Roe"}]}', "C508"),
        (b'{"analyzeResult": {"pages": [{"words": 1}]}}', "C508"),
        (b"<alto><Page>Jane Roe", "C508"),
        (b"<!DOCTYPE a [<!ENTITY x 'Roe'>]><alto>&x;</alto>", "C508"),
        (b"<html><body>Jane Roe</body></html>", "C509"),
        (b"level\tpage_num\tJane Roe", "C509"),
    ],
)
def test_broken_files_are_refused_and_not_quoted(data, code, vocab):
    with pytest.raises(ValueError, match=rf"\[{code}\].*'a.json'") as error:
        read_form(data, vocab, name="a.json")
    assert "Roe" not in str(error.value)


@pytest.mark.parametrize("cut", range(0, 1400, 97))
@pytest.mark.parametrize("kind", FILES)
def test_files_that_are_cut_off_are_read_or_refused(kind, cut, vocab):
    try:
        doc = read_form(FILES[kind][:cut], vocab)
    except ValueError as error:
        assert str(error).startswith("[C50")
    else:
        assert len(doc) <= 5


# Boxes and lines as engines write them


FLIPPED = {
    "tsv": (
        "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth"
        "\theight\tconf\ttext\n"
        "1\t1\t0\t0\t0\t0\t0\t0\t600\t400\t-1\t\n"
        "5\t1\t1\t1\t1\t1\t10\t20\t40\t12\t96.5\tName:\n"
        "5\t1\t1\t1\t1\t2\t100\t32\t-40\t-12\t88.0\tRoe\n"
    ),
    "hocr": HOCR.replace(
        "bbox 60 20 100 32; x_wconf 88", "bbox 100 32 60 20; x_wconf 88"
    ),
    "alto": ALTO.replace(
        'HPOS="60" VPOS="20" WIDTH="40" HEIGHT="12"',
        'HPOS="100" VPOS="32" WIDTH="-40" HEIGHT="-12"',
    ),
    "textract": json.dumps(
        {
            "Blocks": [
                block("Name:", 10, 20, 40, 12, 96.5, 1, (600, 400)),
                block("Roe", 100, 32, -40, -12, 88, 1, (600, 400)),
            ]
        }
    ),
    "azure": json.dumps(
        {
            "pages": [
                {
                    "width": 600,
                    "height": 400,
                    "unit": "pixel",
                    "words": [
                        {"content": "Name:", "polygon": corners(10, 20, 50, 32)},
                        {"content": "Roe", "polygon": corners(100, 32, 60, 20)},
                    ],
                }
            ]
        }
    ),
}


@pytest.mark.parametrize("kind", FLIPPED)
def test_boxes_whose_corners_are_swapped_are_read_like_others(kind):
    doc = read_form(FLIPPED[kind].encode("utf8"), load_blank().vocab)
    assert doc[:2].text == "Name: Roe"
    width = doc._.pages[0]["width"]
    found = [round(v * 600 / width) for v in doc[1]._.box]
    assert found[0::2] == [60, 100]
    assert doc[1]._.box[1] < doc[1]._.box[3]


@pytest.mark.parametrize("kind", ["ocr_line", "ocrx_line", "ocr_header"])
def test_lines_without_words_are_split_in_proportion(kind):
    page = (
        "<div class='ocr_page' title='bbox 0 0 600 400'>"
        f"<p><span class='{kind}' title='bbox 10 20 100 32; x_wconf 80'>"
        "Age:<br/><b>7 weeks</b></span></p>"
        "<span class='ocr_line' title='bbox 10 50 60 62'>"
        "<span class='ocrx_word' title='bbox 10 50 60 62'>Signed</span> by</span></div>"
    )
    doc = read_form(f"<html>{page}</html>".encode(), load_blank().vocab)
    lines = [s.text for s in doc.spans["layout"] if s.label_ == "line"]
    assert lines == ["Age: 7 weeks", "Signed"]
    boxes = [t._.box for t in doc if t._.box]
    # Twelve characters in 90 pixels.
    assert boxes[:3] == [(10, 20, 40, 32), (47.5, 20, 55, 32), (62.5, 20, 100, 32)]
    assert doc[0]._.confidence == 0.8


def test_lines_without_words_of_other_engines_are_split_too():
    line = {"content": "Name: Roe", "polygon": corners(10, 20, 100, 32)}
    azure = {"pages": [{"width": 600, "height": 400, "unit": "pixel", "lines": [line]}]}
    textract = block("Name: Roe", 10, 20, 90, 12, 90, 1, (600, 400))
    textract["BlockType"] = "LINE"
    for values in (azure, {"Blocks": [textract]}):
        doc = read_form(json.dumps(values).encode(), load_blank().vocab)
        assert [t.text for t in doc] == ["Name:", "Roe"]
        assert doc[0]._.box[2] < doc[1]._.box[0]


def test_a_page_of_unknown_size_is_as_large_as_its_words_need():
    data = HOCR.replace("; ppageno 0", "").replace("bbox 0 0 600 400", "ppageno 0")
    doc = read_form(data.encode(), load_blank().vocab)
    assert (doc._.pages[0]["width"], doc._.pages[0]["height"]) == (100, 32)
    assert doc[0]._.box == (10, 20, 50, 32)


def test_words_that_an_engine_gives_twice_count_once():
    blocks = TEXTRACT["Blocks"]
    again = {"Blocks": [*blocks, *blocks]}
    doc = read_form(json.dumps(again).encode(), load_blank().vocab)
    assert [t.text for t in doc if not t.is_space] == ["Name:", "Roe", "Signed"]


def test_a_new_adapter_is_a_file_and_a_row(vocab, tmp_path, monkeypatch):
    """Its files are found by their ending, known by their content, read and drawn."""

    def read(content, settings):
        words = content.text.decode().splitlines()[1:]
        if not words:
            raise LookupError(words)
        return make_pages(words, [(0, 0, 9, 9)] * len(words), width=99, height=99)

    made_up = Adapter(
        "MADE-UP",
        frozenset({".made"}),
        lambda content: content.start.startswith(b"[made up]"),
        open_text("MADE-UP", read),
    )
    monkeypatch.setattr(table, "ADAPTERS", (*table.ADAPTERS, made_up))
    (tmp_path / "a.made").write_text("[made up]\nName:\n")
    (tmp_path / "b.made").write_text("[made up]\n")
    (tmp_path / "c.json").write_bytes(FILES["textract"])
    paths = list_forms([str(tmp_path)])
    assert [path.name for path in paths] == ["a.made", "b.made", "c.json"]
    first, broken, last = read_forms(paths, vocab)
    assert first.text == "Name:"
    assert broken._.clinical_error["message"].startswith("[C508] ")
    assert "MADE-UP" in broken._.clinical_error["message"]
    assert last.text == "Name: Roe\n\nSigned"
