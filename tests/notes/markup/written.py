"""One invented note in each form that notes arrive in."""

import io
import zipfile
from xml.sax.saxutils import escape

PLAIN = """\
Discharge Summary

CHIEF COMPLAINT:
Cough & fever, temp > 38.

HISTORY OF PRESENT ILLNESS:
Patient Zebulon is a 61 yo man, BP <120, with 3 days of cough.
WBC 12 x 10^3.

PAST MEDICAL HISTORY:
- Hypertension
- Diabetes mellitus

MEDICATIONS:
Name\tDose
Aspirin\t81 mg
Metformin\t500 mg

ASSESSMENT AND PLAN:
1. Pneumonia: antibiotics.
2. Follow up in a week.
"""

HTML = """\
<!DOCTYPE html>
<html><head><title>Note</title><style>p {color: red}</style>
<script>var a = "<b>SOCIAL HISTORY:</b>";</script></head>
<body><!-- FAMILY HISTORY: -->
<h1>Discharge Summary</h1>
<div class="sec"><p><b>CHIEF COMPLAINT:</b></p>
<p>Cough &amp; fever,
   temp &gt; 38.</p></div>
<div><span style="font-weight:bold">HISTORY&nbsp;OF PRESENT ILLNESS:</span><br/>
Patient Zebulon is a 61 yo man, BP &lt;120, with <i>3&#32;days</i> of cough.<br>
WBC 12 x 10<sup>3</sup>.</div>
<div style="display: none">ALLERGIES: penicillin</div>
<p><u>PAST MEDICAL HISTORY:</u></p>
<ul><li>Hypertension</li><li><p>Diabetes mellitus</p></li></ul>
<div>&nbsp;</div>
<div>MEDICATIONS:</div>
<table border=1><tbody><tr><th>Name</th><th>Dose</th></tr>
<tr><td>Aspirin</td><td><p>81 mg</p></td></tr>
<tr><td>Metformin</td><td>500 mg</td></tr></tbody></table>
<h3>ASSESSMENT AND PLAN:</h3>
<ol><li>Pneumonia: antibiotics.</li><li>Follow up in a week.</li></ol>
</body></html>
"""

CDA = """\
<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="CDA.xsl"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<title>Discharge Summary</title>
<recordTarget><patientRole><patient><name><given>Ebenezer</given></name></patient>
</patientRole></recordTarget>
<component><structuredBody>
<component><section><code code="10154-3"/><title>CHIEF COMPLAINT</title>
<text>Cough &amp; fever, temp &gt; 38.</text>
<entry><observation><text>SOCIAL HISTORY: smoker</text></observation></entry>
</section></component>
<component><section><title>HISTORY OF PRESENT ILLNESS</title>
<text><paragraph>Patient Zebulon is a 61 yo man, BP &lt;120, with
   3 days of cough.<br/>WBC 12 x 10<sup>3</sup>.</paragraph>
<content revised="delete">No cough.</content></text></section></component>
<component><section><title>PAST MEDICAL HISTORY</title>
<text><list><item>Hypertension</item><item>Diabetes mellitus</item></list></text>
</section></component>
<component><section><title>MEDICATIONS</title>
<text><table><thead><tr><th>Name</th><th>Dose</th></tr></thead>
<tbody><tr><td>Aspirin</td><td>81 mg</td></tr>
<tr><td>Metformin</td><td>500 mg</td></tr></tbody></table></text></section></component>
<component><section><title>ASSESSMENT AND PLAN</title>
<text><list listType="ordered"><item>Pneumonia: antibiotics.</item>
<item>Follow up in a week.</item></list></text></section></component>
</structuredBody></component></ClinicalDocument>
"""

HL7_TEXT = (
    PLAIN.strip()
    .replace("\\", "\\E\\")
    .replace("&", "\\T\\")
    .replace("^", "\\S\\")
    .replace("\n", "\\.br\\")
)
HL7 = (
    "MSH|^~\\&|EPIC|HOSP|RCV|FAC|20240101||ORU^R01|1|P|2.5.1\r"
    "PID|1||12345^^^HOSP||QUARTER^EBENEZER\r"
    "OBR|1|||11490-0^Discharge Summary^LN\r"
    f"OBX|1|FT|11490-0^Discharge Summary^LN||{HL7_TEXT}||||||F\r"
)
HL7_LINES = HL7[: HL7.index("OBX")] + "".join(
    f"OBX|{i}|TX|11490-0^Discharge Summary^LN||{line}||||||F\r"
    for i, line in enumerate(HL7_TEXT.split("\\.br\\"), 1)
)
LITERAL = PLAIN.replace("\n", "\\n").replace("\t", "\\t")
LITERAL_WINDOWS = PLAIN.replace("\n", "\\r\\n").replace("\t", "\\t")


def make_rtf(text=PLAIN):
    """RTF as word processors write it, with fonts, a hidden part and a picture."""
    lines = []
    for line in text.strip().split("\n"):
        line = line.replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}")
        if "\t" in line:
            cells = "".join(f"\\intbl {cell}\\cell " for cell in line.split("\t"))
            lines.append(f"\\trowd\\cellx1000\\cellx2000 {cells}\\row")
        else:
            lines.append("".join(map(_write_rtf_char, line)) + "\\par")
    body = "\r\n".join(lines).replace("10^3", "10{\\super 3}")
    return (
        "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fnil\\fcharset0 Arial;}"
        "{\\f1\\fnil Times;}}{\\colortbl;\\red0\\green0\\blue0;}\r\n"
        "{\\*\\generator Word;}{\\info{\\author Ebenezer}}\\viewkind4\\uc1\\pard\\f0 "
        f"{{\\v SOCIAL HISTORY: hidden\\par}}\r\n{body}\r\n}}"
    )


def _write_rtf_char(char):
    code = ord(char)
    if code < 128:
        return char
    return f"\\'{code:02x}" if code < 256 else f"\\u{code}?"


TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="xml" ContentType="application/xml"/><Override '
    'PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.wordprocessingml.document.main+xml"/></Types>'
)
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def make_docx(text=PLAIN, *, body=None, prolog="", types=TYPES):
    """A Word document with headings, a list and a table."""
    body = body or "".join(map(_make_block, text.strip().split("\n")))
    content = (
        f'{prolog}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    )
    return make_zip({"[Content_Types].xml": types, "word/document.xml": content})


def make_zip(parts):
    handle = io.BytesIO()
    with zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return handle.getvalue()


def _make_block(line):
    if "\t" in line:
        cells = (f"<w:tc>{_make_paragraph(cell)}</w:tc>" for cell in line.split("\t"))
        return f"<w:tbl><w:tr>{''.join(cells)}</w:tr></w:tbl>"
    if line.startswith("- "):
        style = '<w:numPr><w:numId w:val="1"/></w:numPr>'
        return _make_paragraph(line[2:], style)
    if line.isupper():
        return _make_paragraph(line, '<w:pStyle w:val="Heading1"/>')
    return _make_paragraph(line)


def _make_paragraph(line, style=""):
    runs = ""
    if line:
        before, power, after = line.partition("10^3")
        runs = _make_run(before + ("10" if power else ""))
        if power:
            raised = '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
            runs += _make_run("3", raised) + _make_run(after)
    return f"<w:p><w:pPr>{style}</w:pPr>{runs}</w:p>"


def _make_run(text, properties=""):
    shown = f'<w:t xml:space="preserve">{escape(text)}</w:t>'
    return f"<w:r>{properties}{shown}</w:r>"


FORMS = {
    "html": HTML,
    "cda": CDA,
    "hl7": HL7,
    "hl7_lines": HL7_LINES,
    "hl7_escapes": HL7_TEXT,
    "literal": LITERAL,
    "literal_windows": LITERAL_WINDOWS,
    "rtf": make_rtf(),
}
