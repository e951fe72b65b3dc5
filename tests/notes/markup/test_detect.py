import base64
import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.notes.markup import convert_text
from spacy_clinical.notes.markup.detect import find_form

LINES = "HPI: cough for 3 days\nPMH: hypertension\nMEDS: aspirin\n"
LOOK_ALIKES = {
    "comparisons": "BP <120/80 and >90, temp > 38, pt <3 yrs>, K<3.5 & Na>145",
    "signature": "<MD sig>\nHPI: cough\n</MD sig>",
    "angle_title": "<RADIOLOGY REPORT>\nclear lungs\n</RADIOLOGY REPORT>",
    "ad_hoc_tag": "<note>BP <120</note>",
    "path": r"saved in C:\new folder\notes\nurse\test.txt",
    "share": r"saved in \\server\new\notes\nurse",
    "fractions": r"1\2 tab, 1\4 tab, w\ food, \o fever",
    "placeholder": "[**Name**] seen on [**2101-1-1**]",
    "bars": "HCO3|22|\nNa|140|\nWBC|12|",
    "table": "OBX|was drawn|later\nand then | more",
    "rtf_quoted": r"the file starts with {\rtf1\ansi} and is broken",
    "one_break": f"{LINES}seen by Dr. X<br>\n{LINES}",
    "some_tags_in_a_long_note": LINES * 10 + "a<br>b<br>c<br>\n" + LINES * 10,
    "one_pair": f"{LINES}said <b>no</b> pain\n",
    "letters": "p<a>b and x<b>y, <i>, <u>, <s> and <q>",
    "email": "from <jane.doe@example.org> and <john@example.org>",
    "arrow": "<- 3 days -> better <-- <<>> </3",
    "entities": "Smith &amp; Jones, O&#39;Neil, &nbsp; &lt;5",
    "hl7_title": "MSH: mental status\nOBX: none",
    "returns": r"\r \r \r and \right",
    "one_escape": LINES * 3 + "\\.br\\ seen",
    "letters_in_backslashes": r"L \T or R\S\T",
    "one_newline": f"{LINES}she wrote \\n and \\n and \\n\n{LINES}",
    "latex": r"\nu and \newline",
    "base64_words": "aspirin" * 30,
    "xml_word": "xml <?xml in the middle?> and <!DOCTYPE html> too",
    "question": "<?> unclear <!> urgent",
    "control": "a\x00b\x0bc\x1c\ufeff<3",
    "braces": "{\\rt arm pain}",
    "header": "MSH|is no message",
    "new_path": r"C:\new",
    "backslashed_word": r"\nightly",
    "share_of_notes": r"see \\server\notes",
    "paths": r"C:\new;D:\notes, c:\nurse" + "\n" + r"e:\nights\new\notes",
    "latex_word": r"cost \nu: 3",
    "newlines_in_a_note": LINES + "typed \\nPLAN: twice\\nDx: and\n" + LINES,
    "newline_before_no_title": r"HPI: pain.\nThen rest",
    "as_many_newlines": "HPI: a\\nPLAN: b\nreal line",
    "placeholder_in_brackets": "<PHI> was seen, <PHI> too",
    "days": "<3 days of pain",
    "placeholder_at_the_start": "<Patient> was seen.\nHPI: cough",
    "placeholders_at_both_ends": "<PHI>Ann</PHI> saw <PHI>Bob</PHI>",
    "unclosed_element": "<note><hpi>HPI: pain</note>",
    "bold": "<b>HPI</b>",
}


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_plain_notes_that_look_like_markup_stay_as_they_are(name):
    text = LOOK_ALIKES[name]
    assert convert_text(text) == (text, "plain")


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("<p>HPI: cough</p>", "html", "HPI: cough"),
        ("HPI: a<br>PMH: b<br>MEDS: c", "html", "HPI: a\nPMH: b\nMEDS: c"),
        ("HPI: a<BR/>\nPMH: b<BR/>\nMEDS: c<BR/>\n", "html", "HPI: a\nPMH: b\nMEDS: c"),
        ("<b>HPI:</b> a\n<b>PMH:</b> b\nmore", "html", "HPI: a\nPMH: b\nmore"),
        ("<!-- x --> <div>HPI: a</div>", "html", "HPI: a"),
        ("<html>HPI: cough", "html", "HPI: cough"),
        (
            "&lt;p&gt;HPI: a&lt;/p&gt;&lt;p&gt;PMH: b&lt;/p&gt;",
            "html",
            "HPI: a\n\nPMH: b",
        ),
        ("<note>HPI: cough</note>", "xml", "HPI: cough"),
        (r"HPI: a\nPMH: b\nMEDS: c", "escapes", "HPI: a\nPMH: b\nMEDS: c"),
        (r"S:\ncough\nA:\nflu\nP:\nrest", "escapes", "S:\ncough\nA:\nflu\nP:\nrest"),
        (
            "Note 12\nCHIEF COMPLAINT:\\nPain\\nALLERGIES:\\nPenicillin\\nPLAN:\\nRest",
            "escapes",
            "Note 12\nCHIEF COMPLAINT:\nPain\nALLERGIES:\nPenicillin\nPLAN:\nRest",
        ),
        (
            "HPI: pain\\nPLAN: rest\\nDx: gout\nreal line",
            "escapes",
            "HPI: pain\nPLAN: rest\nDx: gout\nreal line",
        ),
        (r"HPI: pain.\nPLAN: rest", "escapes", "HPI: pain.\nPLAN: rest"),
        (r"HPI: pain.\r\n\r\nPLAN: rest", "escapes", "HPI: pain.\n\nPLAN: rest"),
        (
            "Note\nPain\\nFever\\nChills\\nRest\\n",
            "escapes",
            "Note\nPain\nFever\nChills\nRest",
        ),
        (r"HPI: \"a\"\r\n\r\nPMH:\tb\u00e9", "escapes", 'HPI: "a"\n\nPMH:\tb\xe9'),
        (r"HPI: a\\nPMH: b\\nMEDS: c", "escapes+escapes", "HPI: a\nPMH: b\nMEDS: c"),
        (
            r"<p>HPI: a</p>\n<p>PMH: b</p>\n<p>c</p>",
            "escapes+html",
            "HPI: a\n\nPMH: b\n\nc",
        ),
        (r"HPI: a\.br\PMH: b", "hl7", "HPI: a\nPMH: b"),
        (r"nausea \T\ vomiting", "hl7", "nausea & vomiting"),
        (r"A\T\B and C\S\D", "hl7", "A&B and C^D"),
        ("  \n{\\rtf1 HPI: cough\\par}", "rtf", "HPI: cough"),
    ],
)
def test_converts_parts_and_short_notes(text, form, expected):
    found = convert_text(text)
    assert (found.text.strip(), found.source_format) == (expected, form)


@pytest.mark.parametrize("start", [b"%PDF-1.4\n", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
def test_documents_in_base64_are_recognized(start):
    data = base64.b64encode(start + bytes(100)).decode()
    assert find_form(data) == "base64"
    with pytest.raises(ValueError, match=r"\[C3(03|54|55)\]"):
        convert_text(data)
    assert find_form(base64.b64encode(bytes(range(100))).decode()) == "plain"


WORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="<\\{&"), max_size=200
)


@settings(max_examples=200)
@given(WORDS)
def test_text_without_signs_of_markup_is_unchanged(text):
    if text.lstrip(" \t\r\n\f\ufeff\x0b")[:3] in ("MSH", "GIF", "%PD"):
        return
    assert convert_text(text) == (text, "plain")


PIECES = st.sampled_from(
    ["<3", "> 5", "&", "\\", "BP ", "\n", "<MD>", "\\2", "|", "^~", "a", " <b ", "1. "]
)


@settings(max_examples=200)
@given(st.lists(PIECES, max_size=20))
def test_signs_that_are_no_markup_are_unchanged(pieces):
    text = "".join(pieces)
    assert convert_text(text) == (text, "plain")


# Written-out line ends count inside of tags, too.
CHARS = st.characters(
    codec="ascii", categories=["L", "N", "P", "S"], exclude_characters="\\"
)
LINE = st.text(CHARS, min_size=1)


@settings(max_examples=200)
@given(st.lists(st.lists(LINE, min_size=1).map(" ".join), min_size=1, max_size=8))
def test_escaped_text_comes_back(lines):
    page = "".join(f"<div>{html.escape(line)}</div>" for line in lines)
    found = convert_text(f"<html><body>{page}</body></html>")
    assert found == ("\n".join(lines), "html")
    kept = html.escape("\n".join(lines))
    assert convert_text(f"<html><pre>{kept}</pre></html>").text == "\n".join(lines)


TAGS = st.sampled_from(
    [
        *("<p>", "</p>", "<div class='a'>", "</div>", "<br>", "<b>", "</b>", "<pre>"),
        *("<table>", "<tr>", "<td>", "</tr>", "</table>", "<ul>", "<li>", "</ul>"),
        *("cough ", "HPI:"),
    ]
)


@settings(max_examples=200)
@given(st.lists(TAGS, max_size=30))
def test_converted_text_has_no_tags(pieces):
    found = convert_text(f"<html><body>x{''.join(pieces)}</body></html>")
    assert not re.search(r"</?[a-z]", found.text)
    words = "".join(piece for piece in pieces if piece[0] != "<")
    assert re.sub(r"[\s\-]", "", found.text) == "x" + words.replace(" ", "")
