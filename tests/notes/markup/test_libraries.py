"""Details of each form."""

import pytest

from spacy_clinical.notes.markup import convert_bytes, convert_text
from tests.notes.markup.written import make_docx, make_rtf


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<div>a<br></div><div>b</div>", "a\nb"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<div>a</div><div>&nbsp;</div><div>b</div>", "a\n\nb"),
        ("a<br><br>b", "a\n\nb"),
        ("<b>a</b>b <i> c</i>", "ab c"),
        ("HP<b>I</b>: x", "HPI: x"),
        ("<pre>\na\n  b\tc</pre>", "a\n  b\tc"),
        ("<p style='white-space: pre-wrap'>a\n  b</p>", "a\n  b"),
        ("10<sup>3</sup> 10<sup>-6</sup> 1<sup>st</sup> cm<sup>2</sup>", "10^3 10^-6 1st cm2"),
        ("H<sub>2</sub>O", "H2O"),
        ("<del>no</del><s>no</s>yes<span style='text-decoration: line-through'>no</span>", "yes"),
        ("<span hidden>no</span>yes<span style='display:none'>no<b>no</b></span>", "yes"),
        ("<input type=checkbox checked>smoker <input type=checkbox>diabetic", "[x] smoker [ ] diabetic"),
        ("Name: <input value='Ann'><select><option>a<option selected>b</select>", "Name: Ann b"),
        ("<ol start=3><li>a<ul><li>b</ul><li>c</ol>", "3. a\n  - b\n4. c"),
        ("<table><tr><td>a<td><td>c<tr><td><td>b<td></table>", "a\t\tc\n\tb"),
        ("<table><tr><td>a<br>b</td><td>c</td></tr></table>", "a\nb\tc"),
        ("<table><tr><td><table><tr><td>a<td>b</table><td>c</table>", "a\tb\tc"),
        ("x&lt;p&gt; &amp;amp; &#8805;5 &eacute; &unknown; BP <120 <3", "x<p> &amp; \u22655 \xe9 &unknown; BP <120 <3"),
        ("zero\u200bwidth soft\xadhyphen", "zerowidth softhyphen"),
    ],
)  # fmt: skip
def test_html_reads_as_it_is_shown(page, expected):
    assert convert_text(f"<html><body>{page}</body></html>").text == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (r"a\.br\b\.sp2\c\.sp+1\d\.ce\e", "a\nb\n\nc\nd\ne"),
        (r"\.in+4\a\.ti-2\b\.sk3\c\.fi\\.nf\d", "ab   cd"),
        (r"\H\bold\N\ \F\\S\\T\\R\\E\ \.br\ x", "bold |^&~\\ \n x"),
        (r"caf\XC3A9\ \X0D0A\x\.br\ \Z1\ \C2842\y", "caf\xe9 \nx\n \\Z1\\ y"),
        ("first~second", "first\nsecond"),
        ("no \\ escape", "no \\ escape"),
    ],
)
def test_fields_of_messages_are_unescaped(field, expected):
    message = f"MSH|^~\\&|A\rOBX|1|FT|||{field}\r"
    assert convert_text(message) == (expected.strip(), "hl7")


def test_messages_declare_their_separators():
    message = "MSH#*!/%#A\rOBX#1#TX###a/T/b !c/F/ \\.br\\ ~\rNTE#1##/S//.br/d\r"
    assert convert_text(message).text == "a%b \nc# \\.br\\ ~\n*\nd"


def test_other_values_of_messages_are_no_text():
    message = (
        "\x0bMSH|^~\\&|A\nPID|1||Quarter\nOBR|1\nOBX|1|NM|WBC||12\n"
        "OBX|2|TX|1^HPI||cough\nwrapped here\nOBX|3|TX|2^PLAN||rest\nZZZ|x\n\x1c\r"
    )
    assert convert_text(message).text == "HPI:\ncough\nwrapped here\n\nPLAN:\nrest"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (r"a\line b\tab c\~d\-e", "a\nb\tc de"),
        (r"caf\'e9 \u8805?5 \{x\} \\", "caf\xe9 \u22655 {x} \\"),
        (r"{\v no}yes {\strike no}\deleted no\deleted0  ok", "yes  ok"),
        (r"10{\super 3} 1{\super st} 10\super -6\nosupersub x", "10^3 1st 10^-6x"),
        (r'{\field{\*\fldinst{HYPERLINK "http://x"}}{\fldrslt{link}}}', "link"),
        (r"{\pict\pngblip 0123abcd}a{\footnote no}{\header no}", "a"),
        (r"\trowd a\cell b\cell\row c\cell\cell\row d\\cell", "a\tb\nc\nd\\cell"),
        (r"{\fonttbl{\f2\fcharset204 Arial Cyr;}}\f2\'c0", "\u0410"),
    ],
)
def test_rtf_reads_as_it_is_shown(body, expected):
    assert convert_text(f"{{\\rtf1\\ansi {body}}}").text == expected


def test_rtf_keeps_any_characters():
    text = "caf\xe9 \u2265 5 \u201cquoted\u201d {a} \\b"
    assert convert_bytes(make_rtf(text).encode()).text == text


def run(text, properties=""):
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (run("a") + "<w:r><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r>", "a\tb\nc"),
        (f"<w:ins>{run('in')}</w:ins><w:del>{run('out')}</w:del>", "in"),
        (f"<w:sdt><w:sdtContent>{run('control')}</w:sdtContent></w:sdt>", "control"),
        (f"<w:hyperlink>{run('link')}</w:hyperlink>{run('ed')}", "linked"),
        (run("no", "<w:vanish/>") + run("yes", '<w:strike w:val="0"/>'), "yes"),
        (run("no", "<w:strike/>") + run("yes") + run("no", "<w:dstrike/>"), "yes"),
        ("<w:pPr><w:rPr><w:strike/></w:rPr></w:pPr>" + run("yes"), "yes"),
        ("<w:r><w:instrText>PAGE</w:instrText></w:r>" + run("a"), "a"),
        ("<w:pPr><w:tabs><w:tab/></w:tabs></w:pPr>" + run("a"), "a"),
        (run("a") + "</w:p><w:p/><w:p>" + run("b"), "a\n\nb"),
    ],
)
def test_word_documents_read_as_they_are_shown(body, expected):
    assert convert_bytes(make_docx(body=f"<w:p>{body}</w:p>")).text == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("<r><TEXT><![CDATA[HPI: a\n  BP <120\n]]></TEXT><TAGS><T id='1'/></TAGS></r>", "HPI: a\n  BP <120"),
        ("<r><text>\n   HPI: a\n     b\n   c\n</text></r>", "HPI: a\n  b\nc"),
        ("<section><title>HPI</title><text>\n  a\n  b\n</text></section>", "HPI\na\nb"),
        ("<text><paragraph>a</paragraph><list><item>b</item></list></text>", "a\n\n- b"),
        ("<component><nonXMLBody><text>HPI: a\n b</text></nonXMLBody></component>", "HPI: a\n b"),
    ],
)  # fmt: skip
def test_notes_in_xml_are_found(document, expected):
    assert convert_text(f"<?xml version='1.0'?>{document}").text == expected
    assert convert_text(document) == (expected, "xml")


@pytest.mark.parametrize("word", ["fs", "f", "bin", "uc", "super", "xyz", "b-", "v"])
@pytest.mark.parametrize("n_digits", [10, 11, 14, 5000])
def test_numbers_of_rtf_are_never_shown(word, n_digits):
    text = f"{{\\rtf1 HPI: a{{\\{word}{'9' * n_digits} b}}c}}"
    expected = "HPI: ac" if word == "v" else "HPI: abc"
    assert convert_text(text) == (expected, "rtf")


def test_huge_codes_of_characters_in_rtf_are_never_shown():
    text = f"{{\\rtf1 HPI: a\\u{'9' * 5000}?b}}"
    assert convert_text(text) == ("HPI: ab", "rtf")


def test_data_of_pictures_in_rtf_is_no_text():
    text = r"{\rtf1 a{\*\shppict{\pict\bin6 }}{{\x}}b{\bin0 c}}"
    assert convert_text(text) == ("abc", "rtf")
