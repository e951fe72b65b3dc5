"""What can't be converted is refused with a code, in bounded time, without a word."""

import base64
import gzip
import io
import time
import zipfile

import pytest

from spacy_clinical.notes.markup import convert_bytes, convert_text
from tests.notes.markup.written import (
    CDA,
    FORMS,
    HL7,
    PLAIN,
    TYPES,
    make_docx,
    make_rtf,
    make_zip,
)

NAME = "Zebulon"
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "Zebulon Zebulon">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">'
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><ClinicalDocument><title>&i;</title></ClinicalDocument>"
)
FETCH = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    "<note><text>Zebulon &a;</text></note>"
)


def refuse(data, **settings):
    """The message of the error that is raised."""
    convert = convert_text if isinstance(data, str) else convert_bytes
    with pytest.raises(ValueError, match=r"^\[C3") as error:
        convert(data, source="note.x", **settings)
    assert error.value.__cause__ is None
    assert NAME not in str(error.value)
    assert "note.x" in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"%PDF-1.4 Zebulon", "[C303]"),
        ("%PDF-1.4 Zebulon", "[C354] 'note.x' is a PDF document"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "[C303]"),
        (gzip.compress(b"Zebulon", mtime=0), "[C303]"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "[C303]"),
        (make_zip({"Zebulon.txt": "Zebulon"}), "[C354] 'note.x' is a zip archive"),
        (make_zip({"[Content_Types].xml": "<Types/>"}), "[C354] 'note.x' is a zip"),
        (b"PK\x03\x04Zebulon", "[C355]"),
        (make_docx()[:900], "[C355]"),
        (make_docx(body="<w:p>"), "[C355]"),
        (
            make_docx(body="<w:p/>"),
            "[C355] Can't convert 'note.x' from a Word document",
        ),
        (make_docx(prolog='<!DOCTYPE x [<!ENTITY a "b">]>'), "[C355]"),
        (make_docx(prolog="<!DOCTYPE x>"), "[C355]"),
        ("<?xml version='1.0'?><a><b>Zebulon</b><c/></a>", "[C354] 'note.x' is XML"),
        (
            "<note><hpi>Zebulon</hpi><plan>PLAN: rest</plan></note>",
            "[C354] 'note.x' is XML",
        ),
        ("<n:note xmlns:n='urn:n'><a>Zebulon</a></n:note>", "[C354] 'note.x' is XML"),
        ("<?xml version='1.0'?><a><text>Zebulon</text><text/></a>", "[C354]"),
        ("<?xml version='1.0'?><a>Zebulon <120</a>", "[C355] Can't convert 'note.x'"),
        (BOMB, "[C355] Can't convert 'note.x' from XML to text: it declares"),
        (BOMB.removeprefix('<?xml version="1.0"?>'), "[C355]"),
        (FETCH, "[C355] Can't convert 'note.x' from XML to text: it declares"),
        (
            '<?xml version="1.0"?><!DOCTYPE n SYSTEM "n.dtd"><n>Zebulon &a;</n>',
            "[C355]",
        ),
        ("<?xml version='1.0'?>" + "<a>" * 5000, "[C355]"),
        (CDA[:700], "[C355]"),
        (
            "<html><script>Zebulon</script></html>",
            "[C355] Can't convert 'note.x' from H",
        ),
        (
            "<html><div class='ocr_page'>Zebulon</div></html>",
            "[C354] 'note.x' is a scan",
        ),
        ("{\\rtf1}", "[C355] Can't convert 'note.x' from RTF"),
        (HL7 + HL7, "[C356] 'note.x' has 2 HL7 messages"),
        (HL7 + "OBR|2|||Other\rOBX|1|TX|||Zebulon\r", "[C356] 'note.x' has 2"),
        (HL7 + "TXA|1\rTXA|2\r", "[C356]"),
        (
            "MSH|^~\\&|A|B\rPID|1||Zebulon\r",
            "[C355] Can't convert 'note.x' from an HL7",
        ),
        ("MSH|^~\\&|\rOBX|1|ED|||^A^PDF^Base64^JVBERi0xLjQK\r", "[C303]"),
    ],
)
def test_what_cant_be_converted_is_refused_with_a_code(data, message):
    assert refuse(data).startswith(message)


@pytest.mark.parametrize(
    "text",
    [
        r"{\rtf1\ansi HPI: Zebulon\par MEDICATIONS: aspi",
        r"{\rtf1\ansi {\b Zebulon",
        r"{\rtf1\ansi {\b Zebulon}",
        r"{\rtf1 Zebulon\}",
        r"{\rtf1 {\pict\bin3 }}}Zebulon",
        r"{\rtf1 a}}}} rest of Zebulon",
        r"{\rtf1 a}{\rtf1 Zebulon}",
        r"{\rtf1 a}\'e9",
    ],
)
def test_rtf_that_would_lose_its_end_is_refused(text):
    assert refuse(text).startswith("[C355] Can't convert 'note.x' from RTF")
    assert refuse(text.encode()).startswith("[C355]")


def test_rtf_cut_off_anywhere_is_refused():
    text = make_rtf()
    for size in range(6, len(text), 11):
        assert refuse(text[:size]).startswith("[C355]")


@pytest.mark.parametrize("end", ["", "\n", "\r\n \x00\x00", "}}", "\x1a", "\\par\n"])
def test_what_follows_the_end_of_rtf_may_be_empty(end):
    text = r"{\rtf1 HPI: \{a}" + end
    assert convert_text(text) == ("HPI: {a", "rtf")


def test_rtf_may_have_a_byte_order_mark():
    data = b"\xef\xbb\xbf{\\rtf1 HPI: a}"
    assert convert_bytes(data) == ("HPI: a", "rtf")


@pytest.mark.parametrize(
    "end",
    [
        *("<b", "</b", '<a title="x > y', "<a title='y</p>", "<a b = 'x\">z"),
        *("<!-- MEDS: aspirin", "<!-- x --", "<!DOCTYPE", "<?x", "<br /"),
        *("<script>a <b>", "<style>p {co", "<script src=a/>b", "<title>x<!-- y"),
    ],
)
def test_pages_that_end_within_a_tag_are_refused(end):
    for start in ("<html><body><p>", "<!DOCTYPE html><p>", "<p>a</p><br><p>"):
        assert refuse(f"{start}Zebulon {end}").startswith("[C355]")


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<html><body><p>HPI: a<p>b", "HPI: a\n\nb"),
        ("<html><p>HPI: <b>a", "HPI: a"),
        ("<html>a<!--> b <!---> c <!-- x -->d <!-- -- --!>e", "a b c d e"),
        ("<html><p title='>\"' a=b'c>K <3.5 & 5> Don't</p><", "K <3.5 & 5> Don't\n\n<"),
        ("<html><script>if (a<b) '<!--'</script><STYLE>a</style >x", "x"),
        ("<html><head><title/><script src='x' /></head>HPI: a<iframe/>b", "HPI: ab"),
        ("<html><p>a<textarea><b</textarea><textarea>c", "a\n<b\nc"),
    ],
)
def test_pages_need_no_closing_tags(page, expected):
    assert convert_text(page) == (expected, "html")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
@pytest.mark.parametrize("text", [BOMB, FETCH])
def test_entities_are_refused_in_every_encoding(encoding, text):
    assert "it declares" in refuse(text.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-32-be"])
def test_entities_of_word_documents_are_refused_in_every_encoding(encoding):
    part = '<!DOCTYPE x [<!ENTITY a "Zebulon">]><x/>'.encode(encoding)
    parts = {"[Content_Types].xml": TYPES, "word/document.xml": part}
    assert "it declares" in refuse(make_zip(parts))


@pytest.mark.parametrize("form", FORMS)
def test_markup_is_refused_or_kept_where_that_is_asked_for(form):
    text = FORMS[form]
    assert refuse(text, markup="refuse").startswith("[C357] 'note.x' is ")
    assert convert_text(text, markup="keep") == (text, "plain")
    assert convert_text(PLAIN, markup="refuse") == (PLAIN, "plain")


def test_word_documents_are_refused_where_that_is_asked_for():
    assert refuse(make_docx(), markup="refuse").startswith("[C357]")
    assert refuse(make_docx(), markup="keep").startswith("[C303]")


def test_a_word_document_that_unpacks_to_too_much_is_refused_at_once():
    handle = io.BytesIO()
    with zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        with archive.open("word/document.xml", "w") as part:
            for _ in range(65):
                part.write(bytes(1_000_000))
    start = time.process_time()
    assert refuse(handle.getvalue()).startswith("[C355]")
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("text", "source_format", "expected"),
    [
        (HL7[: HL7.index("OBX")] + "OBX|1|FT|||{\\E\\rtf1 HPI: a\\E\\par b}\r", "hl7+rtf", "HPI: a\nb"),
        (HL7[: HL7.index("OBX")] + "OBX|1|TX|||<p>HPI: a</p><p>b</p>\r", "hl7+html", "HPI: a\n\nb"),
        (
            "MSH|^~\\&|\rOBX|1|ED|||^A^RTF^Base64^"
            + base64.b64encode(b"{\\rtf1 HPI: a\\par b}").decode(),
            "hl7+rtf",
            "HPI: a\nb",
        ),
        (
            "<ClinicalDocument><component><nonXMLBody><text representation='B64'>"
            + base64.b64encode(b"HPI: a\nb").decode()
            + "</text></nonXMLBody></component></ClinicalDocument>",
            "xml",
            "HPI: a\nb",
        ),
        (base64.b64encode(make_rtf("HPI: a\nb").encode()).decode(), "base64+rtf", "HPI: a\nb"),
        (base64.b64encode(make_docx("HPI: a\nb")).decode(), "base64+docx", "HPI: a\nb"),
    ],
)  # fmt: skip
def test_forms_inside_of_forms_are_converted(text, source_format, expected):
    assert convert_text(text) == (expected, source_format)


N = 100_000
LARGE = {
    "less": "<" * N,
    "less_in_a_page": "<html>" + "<" * N,
    "ampersands": "&" * N,
    "backslashes": "\\" * N,
    "escapes": "\\.br\\" * (N // 5),
    "line_ends": "\\n" * (N // 2),
    "tags": "<div>x" * (N // 6),
    "names": "<a " * (N // 3),
    "attributes": "<b " + "a = " * (N // 4),
    "quotes": '<p a="' * (N // 6),
    "comments": "<!-- -->" * (N // 8),
    "open_comments": "<!--" * (N // 4),
    "lists": "<html>" + "<ol><li>" * (N // 8),
    "cells": "<html>" + "<table><tr><td>" * (N // 15),
    "lines": "<p>\n" * (N // 4),
    "xml": "<?xml version='1.0'?>" + "<a>" * (N // 3),
    "paths": "C:\\" * (N // 3),
    "rtf": "{\\rtf1 x" + "\\" * N,
    "groups": "{\\rtf1 x" + "{" * N,
    "fields": "{\\rtf1 x" + "{\\field{\\*\\fldinst{" * (N // 20),
    "links": "{\\rtf1 x{\\field{\\*\\fldinst{" + 'HYPERLINK "' * (N // 11),
    "names_in_a_page": "<html>" + "<a " * (N // 3),
    "equal_signs": "<html>" + "<a =b" * (N // 5),
    "quotes_in_a_page": "<html>" + '<p a="' * (N // 6),
    "scripts": "<html>" + "<script></script" * (N // 16),
    "numbers": "{\\rtf1 x" + "\\fs" + "1" * N + "}",
    "data": "{\\rtf1 x" + "\\bin1 {" * (N // 7) + "}",
    "titles": "\\nA" * (N // 3),
    "fonts": "{\\rtf1 x{\\fonttbl" + "\\f1" * (N // 3),
    "few_fonts": "{\\rtf1 x{\\fonttbl" + "\\f1 a" * 19_000,
    "segments": "MSH|^~\\&|\r" + "OBX|1|TX|||\\\r" * (N // 12),
    "fields_of_hl7": "MSH|^~\\&|" + "|" * N,
    "names_of_hl7": "OBX|1|TX" + "\n" * N,
}


@pytest.mark.parametrize("name", LARGE)
def test_time_grows_no_faster_than_the_text(name):
    start = time.process_time()
    try:
        convert_text(LARGE[name])
    except ValueError as error:
        assert "[C35" in str(error)
    # What took the square of the length would take a minute.
    assert time.process_time() - start < 5
