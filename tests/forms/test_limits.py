"""Forms that are too much: too large, too deep, too many, too slow, or no numbers."""

import json
import os
import resource
import struct
import tempfile
import time
import warnings
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from spacy_clinical.forms import limits, read_form, read_forms
from spacy_clinical.forms.adapters import hocr
from spacy_clinical.forms.adapters.adapter import Content, Settings
from spacy_clinical.forms.adapters.image import IMAGE
from spacy_clinical.forms.adapters.table import find_adapter
from spacy_clinical.forms.images import MAX_OCR_PIXELS, fit_dpi, list_frames
from tests.forms.papers import INTAKE, draw_scan, encode, make_pdf, read_and_draw
from tests.forms.test_adapters import ALTO, FILES, HOCR, TEXTRACT, TSV

NAME = "Zebulon"


@pytest.fixture
def fake_tesseract(tmp_path, monkeypatch):
    """Put a script in Tesseract's place."""

    def install(script):
        folder = tmp_path / "bin"
        folder.mkdir()
        path = folder / "tesseract"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return install


# Depth


@pytest.mark.parametrize("depth", [600, 100_000])
def test_hocr_may_be_nested_as_deep_as_it_likes(depth, vocab):
    deep = "<div>" * depth + "</div>" * depth
    data = HOCR.replace("<strong>Name:</strong>", "Name:" + deep)
    data = data.replace("<html>", "<html>" + "<div>" * depth).encode()
    assert read_form(data, vocab).text == "Name: Roe\n\nSigned"


@pytest.mark.parametrize("depth", [600, 100_000])
def test_alto_may_be_nested_as_deep_as_it_likes(depth, vocab):
    data = ALTO.replace("<TextLine>", "<a>" * depth + "<TextLine>")
    data = data.replace("</TextLine>", "</TextLine>" + "</a>" * depth)
    assert read_form(data.encode(), vocab).text == "Name: Roe\n\nSigned"


def test_pages_whose_lines_are_further_and_further_apart_are_read(vocab):
    top, words = 0.0, []
    for i in range(599):
        words.append(f"<b class=ocrx_word title='bbox 0 {top} 9 {top + 1}'>w{i}</b>")
        top += 600 - i
    data = "<html><p class='ocr_page' title='bbox 0 0 9 999999'>" + "".join(words)
    doc = read_form(data.encode(), vocab)
    shown = [token.text for token in doc if not token.is_space]
    assert shown == [f"w{i}" for i in range(599)]


def test_words_after_an_element_without_end_are_read(vocab):
    data = HOCR.replace("<strong>Name:</strong>", "Na<br>me:")
    assert read_form(data.encode(), vocab).text == "Name: Roe\n\nSigned"


@pytest.mark.parametrize("part", ["<!-- ", "<a ", "<", "</", "<![CDATA[", '<a b="'])
def test_hocr_with_tags_that_have_no_end_takes_no_time(part, vocab):
    start = time.monotonic()
    data = HOCR.replace("</body></html>", part * 20_000).encode()
    try:
        assert read_form(data, vocab).text.startswith("Name: Roe")
    except ValueError as error:
        assert str(error).startswith("[C508]")
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("depth", [600, 100_000])
@pytest.mark.parametrize("start", ['{"Blocks": ', '{"analyzeResult": {"pages": ', ""])
def test_json_that_is_nested_too_deep_is_refused(depth, start, vocab):
    data = (start + "[" * depth + "]" * depth).encode()
    with pytest.raises(ValueError, match=r"\[C50[89]\].* 'a.json'"):
        read_form(data, vocab, name="a.json")


# Numbers


NUMBERS = [
    "1e999",
    "-1e999",
    "NaN",
    "-Infinity",
    "1e308",
    "-1e300",
    "null",
    '"x"',
    "[]",
]
NUMBERS += ["9" * 5000, "true", "{}"]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("kind", ["textract", "azure read", "azure document"])
def test_numbers_in_json_may_be_anything(number, kind, vocab):
    """A third of the file's numbers in turn: each of them, by one kind or another."""
    values = json.loads(FILES[kind])
    for i in range(NUMBERS.index(number) % 3, _count_numbers(values), 3):
        data = _put(values, i).replace('"@"', number).encode()
        _check(data, vocab)


def _count_numbers(value):
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return sum(map(_count_numbers, items))
    return isinstance(value, int | float)


def _put(values, index):
    """JSON with a mark in place of a number."""
    left = [index]

    def put(value):
        if isinstance(value, dict):
            return {key: put(item) for key, item in value.items()}
        if isinstance(value, list):
            return [put(item) for item in value]
        if isinstance(value, int | float):
            left[0] -= 1
            return "@" if left[0] == -1 else value
        return value

    return json.dumps(put(values))


def _check(data, vocab):
    """A file is read, with numbers that JSON has, or refused with a code."""
    try:
        doc = read_form(data, vocab, name="a")
    except (ValueError, OSError) as error:
        assert str(error).startswith("[C5"), str(error)[:80]
        return
    json.dumps(doc._.pages, allow_nan=False)
    for token in doc:
        json.dumps([token._.box, token._.confidence], allow_nan=False)
        assert len(token._.box_1000) == 4


@pytest.mark.parametrize(
    "number", ["1e999", "nan", "-inf", "1e300", "x", "1.2.3", "9" * 400]
)
@pytest.mark.parametrize("kind", ["tsv", "hocr", "alto"])
def test_numbers_in_text_may_be_anything(number, kind, vocab):
    plain = {"tsv": TSV, "hocr": HOCR, "alto": ALTO}[kind]
    for old in ("600", "400", "10", "50", "20", "96.5", "0.965"):
        _check(plain.replace(old, number).encode(), vocab)


def test_words_without_a_place_are_left_out_and_said(vocab):
    plain = json.dumps(TEXTRACT)
    left = TEXTRACT["Blocks"][2]["Geometry"]["BoundingBox"]["Left"]
    doc = read_form(plain.replace(str(left), "1e999").encode(), vocab, name="a.json")
    assert doc.text == "Roe\n\nSigned"
    first, second = (page["error"] for page in doc._.pages)
    assert first.startswith("[C516] 1 words of 'a.json, page 1' are left out")
    assert second == ""


def test_halves_of_characters_in_json_are_replaced(vocab):
    plain = json.dumps(TEXTRACT).replace("Roe", "R\\ud83d\\ude00o\\ud800e")
    assert read_form(plain.encode(), vocab).text == (
        "Name: R\U0001f600o\ufffde\n\nSigned"
    )


def test_a_page_without_a_size_is_as_large_as_its_words_need(vocab):
    data = HOCR.replace("bbox 0 0 600 400", "bbox 0 0 0 nan").encode()
    page = read_form(data, vocab)._.pages[0]
    assert (page["width"], page["height"]) == (100, 32)


# Pages, words, bytes


@pytest.mark.parametrize("kind", FILES)
def test_pages_of_other_engines_are_counted_too(kind, vocab):
    assert len(read_form(FILES[kind], vocab, max_pages=2)._.pages) == 2
    with pytest.raises(ValueError, match=r"\[C505\] 'a'.*the limit is 1\)"):
        read_form(FILES[kind], vocab, name="a", max_pages=1)


def test_frames_are_counted_before_any_is_read(vocab, fake_tesseract, tmp_path):
    fake_tesseract(f"touch {tmp_path}/ran")
    frames = [Image.new("1", (20, 20)) for _ in range(40)]
    data = encode(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    with pytest.raises(ValueError, match=r"\[C505\]"):
        read_form(data, vocab, max_pages=39)
    assert not (tmp_path / "ran").exists()


def test_words_of_a_page_are_limited(vocab, monkeypatch):
    # Each at its own place: copies count once.
    places = [(10 * (i % 100), 10 * (i // 100)) for i in range(20_005)]
    words = [
        f"<b class=ocrx_word title='bbox {x} {y} {x + 8} {y + 8}'>x</b>"
        for x, y in places
    ]
    data = "<html><p class='ocr_page' title='bbox 0 0 999 2100'>" + "".join(words)
    page = read_form(data.encode(), vocab, name="a")._.pages[0]
    assert page["n_words"] == limits.MAX_WORDS
    assert page["error"].startswith(
        "[C514] Can't read all of 'a, page 1': it has more than 20000 words"
    )


def test_files_of_text_are_limited(vocab, monkeypatch, tmp_path):
    monkeypatch.setattr("spacy_clinical.forms.adapters.adapter.MAX_TEXT_BYTES", 100)
    with pytest.raises(
        ValueError, match=r"\[C514\] .* 'a': it has more than 100 bytes"
    ):
        read_form(FILES["alto"], vocab, name="a")
    monkeypatch.setattr("spacy_clinical.forms.read.MAX_BYTES", 50)
    (tmp_path / "a.pdf").write_bytes(make_pdf([INTAKE]))
    with pytest.raises(
        OSError, match=r"\[C513\] .* 'a.pdf': it is larger than 50 bytes"
    ):
        read_form(tmp_path / "a.pdf", vocab)


def test_json_of_too_many_values_is_refused_before_it_is_parsed(vocab, monkeypatch):
    monkeypatch.setattr("spacy_clinical.forms.adapters.adapter.MAX_VALUES", 1000)
    with pytest.raises(
        ValueError, match=r"\[C514\] .* 'a': it has more than 1000 values"
    ):
        read_form(b'{"Blocks": [' + b"[]," * 1000 + b"[]]}", vocab, name="a")


# Pixels


def bomb(width, height, mode=0, depth=8):
    """A small PNG of zeros with a large header."""

    def chunk(kind, data):
        whole = kind + data
        return (
            struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))
        )

    head = struct.pack(">IIBBBBB", width, height, depth, mode, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("mode", [0, 2, 4, 6])
def test_pixels_are_counted_by_the_header(mode, vocab, fake_tesseract):
    fake_tesseract("exit 0")
    start = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(
        ValueError, match=r"\[C504\] .* 'b.png': it has more than 100000000"
    ):
        read_form(bomb(13_300, 13_300, mode), vocab, name="b.png")
    assert time.monotonic() - start < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_large_scans_are_made_smaller_to_be_read():
    data = encode(Image.new("1", (9000, 6000), 1), dpi=(600, 600))
    [read] = list_frames(data, name="a", max_pixels=10**8, max_pages=1)
    frame = read("a")
    assert frame.width * frame.height <= MAX_OCR_PIXELS
    assert frame.info["dpi"] == pytest.approx((300, 300), abs=0.01)


def test_large_pages_are_drawn_with_fewer_dots():
    assert fit_dpi(8.5, 11, 300) == 300
    assert 150 <= fit_dpi(33, 47, 300) < 300
    assert fit_dpi(33, 47, 100) == 100
    assert fit_dpi(500, 500, 300) == 150


def test_metadata_that_unpacks_without_end_costs_no_other(vocab, fake_tesseract):
    fake_tesseract("exit 0")
    info = PngImagePlugin.PngInfo()
    info.add_text("note", "\0" * 5_000_000, zip=True)
    data = encode(draw_scan(INTAKE), pnginfo=info)
    assert len(data) < 200_000
    with pytest.raises(ValueError, match=r"\[C503\]"):
        read_form(data, vocab)


def test_a_broken_frame_costs_no_other(vocab, tesseract):
    pages = [
        draw_scan([(60, 60, 14, f"Page {name}")]) for name in ("one", "two", "six")
    ]
    data = bytearray(
        encode(
            pages[0],
            "TIFF",
            save_all=True,
            append_images=pages[1:],
            compression="tiff_adobe_deflate",
        )
    )
    with Image.open(BytesIO(bytes(data))) as image:
        image.seek(1)
        start, size = image.tag_v2[273][0], image.tag_v2[279][0]
    data[start : start + size] = b"\xff" * size
    doc, pictures = read_and_draw(bytes(data), vocab, name="a.tif")
    assert [page["error"][:6] for page in doc._.pages] == ["", "[C503]", ""]
    assert "Page one" in doc.text
    assert "Page six" in doc.text
    assert [picture is None for picture in pictures] == [False, True, False]


# Time


def test_pages_after_the_time_say_so_and_those_before_are_kept(vocab, monkeypatch):
    pdf = make_pdf([[(60, 60, 12, f"number {i}")] for i in range(4)])
    doc = read_form(pdf, vocab, name="a.pdf", timeout=0)
    assert [page["error"][:6] for page in doc._.pages] == ["", *["[C515]"] * 3]
    assert (
        "Can't read 'a.pdf, page 2': the time limit of 0 seconds"
        in (doc._.pages[1]["error"])
    )
    assert doc.text == "number 0"
    [doc] = read_forms([pdf], vocab, timeout=60)
    assert len(doc._.pages) == 4


def test_tesseract_and_what_it_started_are_killed(vocab, fake_tesseract, tmp_path):
    fake_tesseract(f"sleep 600 & echo $! > {tmp_path}/pid; wait")
    frames = [Image.new("1", (20, 20)) for _ in range(3)]
    data = encode(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    start = time.monotonic()
    doc = read_form(data, vocab, timeout=1.5)
    assert time.monotonic() - start < 15
    errors = [page["error"][:6] for page in doc._.pages]
    assert errors == ["[C507]", "[C515]", "[C515]"]
    pid = int((tmp_path / "pid").read_text())
    for _ in range(50):
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().split()[2] == "Z":
            return
        time.sleep(0.1)
    pytest.fail("a process is left behind")


@pytest.mark.parametrize("kind", ["hocr", "alto"])
def test_files_that_take_too_long_to_parse_are_read_in_part(kind, vocab, monkeypatch):
    monkeypatch.setattr(hocr, "PART", 300)
    monkeypatch.setattr("spacy_clinical.forms.adapters.alto.PART", 700)
    doc = read_form(FILES[kind], vocab, timeout=0)
    assert doc._.pages[-1]["error"].startswith("[C515]")


# XML


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp037"]
)
def test_entities_are_refused_in_any_encoding(encoding, vocab):
    name = {"utf-16-le": "utf-16", "utf-16-be": "utf-16"}.get(encoding, encoding)
    head = f'<?xml version="1.0" encoding="{name}"?>'
    body = f"<!DOCTYPE alto [<!ENTITY x '{NAME}'>]>" + ALTO.split("?>", 1)[1].replace(
        "Roe", "&x;"
    )
    if encoding == "cp037":
        data = head.encode() + body.encode(encoding)
    else:
        data = (head + body).encode(encoding)
    with pytest.raises(ValueError, match=r"\[C50[89]\] ") as error:
        read_form(data, vocab)
    assert NAME not in str(error.value)


def test_entities_are_refused_where_the_bytes_hide_them(vocab):
    """The parser reads EBCDIC as the file says; the kind is told by ASCII before."""
    head = "<?xml version='1.0' encoding='cp037'?>"
    body = "<!DOCTYPE alto [<!ENTITY x 'y'>]><alto>&x;</alto>"
    from spacy_clinical.forms.adapters.alto import read_alto

    data = head.encode("ascii") + body.encode("cp037")
    with pytest.raises(ValueError, match=r"\[C508\]"):
        read_alto(Content(data, "a"), Settings("a", limits.Deadline(9)))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("kind", ["tsv", "hocr", "alto", "textract", "azure read"])
def test_files_with_a_byte_order_mark_are_read(encoding, kind, vocab):
    text = FILES[kind].decode().replace('encoding="UTF-8"', "")
    data = text.encode(encoding)
    same = [find_adapter(Content(d, "a")) for d in (data, text.encode())]
    assert same[0] is same[1]
    assert read_form(data, vocab).text == "Name: Roe\n\nSigned"


# Whatever there is


SUFFIXES = [".pdf", ".png", ".jpg", ".tif", ".bmp", ".gif", ".webp", ".hocr", ".xml"]
SUFFIXES += [".json", ".tsv"]
WHOLE = {
    **FILES,
    "pdf": make_pdf([INTAKE]),
    "png": encode(Image.new("L", (8, 8))),
    "gif": encode(Image.new("L", (8, 8)), "GIF"),
    "tiff": encode(Image.new("L", (8, 8)), "TIFF"),
    "jpeg": encode(Image.new("L", (8, 8)), "JPEG"),
    "bmp": encode(Image.new("L", (8, 8)), "BMP"),
}


@st.composite
def damaged(draw):
    data = bytearray(WHOLE[draw(st.sampled_from(sorted(WHOLE)))])
    for _ in range(draw(st.integers(0, 8))):
        place = draw(st.integers(0, len(data) - 1))
        data[place] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(1, len(data)))])


@given(
    data=st.one_of(st.binary(max_size=300), damaged()), suffix=st.sampled_from(SUFFIXES)
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_bytes_are_in_a_file_the_others_are_read(data, suffix, vocab):
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        paths = [Path(folder) / name for name in ("a.pdf", f"b{suffix}", "c.json")]
        paths[0].write_bytes(WHOLE["pdf"])
        paths[1].write_bytes(data)
        paths[2].write_bytes(FILES["textract"])
        with pytest.MonkeyPatch.context() as patch:
            # Without Tesseract: a whole picture costs a second.
            patch.setenv("PATH", "")
            first, other, last = read_forms(paths, vocab)
    assert first._.clinical_error is None
    assert last.text == "Name: Roe\n\nSigned"
    error = other._.clinical_error
    assert error is None or error["message"].startswith("[C")


@given(data=damaged())
@settings(max_examples=60, deadline=None)
def test_damaged_pictures_are_read_or_refused(data):
    if IMAGE.recognizes(Content(data, "a")):
        try:
            limits = {"max_pixels": 10**6, "max_pages": 500}
            frames = list(list_frames(data, name="a", **limits))
        except ValueError as error:
            assert str(error).startswith("[C50")
        else:
            for frame in frames:
                with suppress(ValueError):
                    assert frame("a").mode == "L"


def test_what_is_no_file_costs_no_other(vocab, tmp_path):
    (tmp_path / "a.json").write_bytes(FILES["textract"])
    os.mkfifo(tmp_path / "pipe.pdf")
    (tmp_path / "loop.pdf").symlink_to("loop.pdf")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    (tmp_path / "empty.pdf").write_bytes(b"")
    names = [
        "pipe.pdf",
        "loop.pdf",
        "zero.png",
        "nowhere.pdf",
        ".",
        "empty.pdf",
        "a.json",
    ]
    docs = list(read_forms([tmp_path / name for name in names], vocab))
    errors = [doc._.clinical_error for doc in docs]
    assert [error and error["message"][1:5] for error in errors] == [
        *("C315", "C302", "C315", "C302", "C315", "C509", None)
    ]
    assert docs[-1].text == "Name: Roe\n\nSigned"


def test_an_error_that_nobody_foresaw_is_the_files_failure(
    vocab, tmp_path, monkeypatch
):
    def fail(*arguments, **options):
        raise LookupError(NAME)

    monkeypatch.setattr("spacy_clinical.forms.read.find_adapter", fail)
    (tmp_path / "a.json").write_bytes(FILES["textract"])
    [doc] = read_forms([tmp_path / "a.json"], vocab)
    error = doc._.clinical_error
    assert error["message"].startswith("[C350] Can't read 'a.json'")
    assert "(LookupError)" in error["message"]
    assert NAME not in json.dumps(error)


def test_errors_of_who_watches_pass(vocab):
    def watch(number):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        read_form(FILES["textract"], vocab, watch=watch)
