"""Draw the forms in examples/forms/: a referral and a pharmacy's bill as PDFs, and a lab
report as a scan.

All in them is invented.

Run: python scripts/make_example_forms.py
"""

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from synthetic_forms.page import Page, choose_font
from synthetic_forms.render import degrade, draw_page, write_pdf

EXAMPLES = Path(__file__).parents[1] / "examples/forms"
REASON = [
    "62-year-old woman with exertional chest tightness for six weeks, relieved by",
    "rest. Father had a myocardial infarction at 58. ECG today shows sinus rhythm",
    "without ST changes. Please assess for inducible ischemia.",
]
DRUGS = [
    ("Drug", "Dose", "Frequency", "Since"),
    ("Metformin", "1000 mg", "twice daily", "03/2016"),
    ("Lisinopril", "10 mg", "daily", "11/2019"),
    ("Atorvastatin", "40 mg", "at bedtime", "11/2019"),
    ("Aspirin", "81 mg", "daily", "09/2026"),
]
BILL = [
    ("Qty", "Item", "Unit price", "Price"),
    ("30", "Metformin 500 mg tab", "0.45", "13.50"),
    ("1", "Blood pressure monitor", "64.95", "64.95"),
    ("2", "Test strips 50 ct,\nwith lancets", "7.95", "15.90"),
    ("1", "Saline spray", "0.95", "0.95"),
]
RESULTS = [
    ("TEST", "RESULT", "FLAG", "UNITS", "REFERENCE RANGE"),
    ("Hemoglobin", "10.9", "L", "g/dL", "12.0 - 15.5"),
    ("Leukocytes", "7.4", "", "10^9/L", "4.0 - 11.0"),
    ("Platelets", "402", "", "10^9/L", "150 - 450"),
    ("Creatinine", "1.31", "H", "mg/dL", "0.50 - 1.10"),
    ("Potassium", "4.4", "", "mmol/L", "3.5 - 5.1"),
    ("Ferritin", "9", "L", "ng/mL", "15 - 150"),
    ("C-reactive protein", "3", "", "mg/L", "< 5"),
]


def main() -> None:
    (EXAMPLES / "referral_form.pdf").write_bytes(write_pdf(draw_referral()))
    (EXAMPLES / "pharmacy_bill.pdf").write_bytes(write_pdf(draw_bill()))
    scan = degrade(draw_page(draw_report(), dpi=220), random.Random(3))
    dpi = scan.info["dpi"]
    scan.save(EXAMPLES / "lab_report_scan.png", dpi=dpi, optimize=True)
    print(
        f"{EXAMPLES}: referral_form.pdf, pharmacy_bill.pdf, lab_report_scan.png {scan.size}"
    )


def draw_referral() -> Page:
    page = Page(612, 792)
    rng = random.Random(0)
    title = choose_font(rng, "sans (TrueType)", 17, bold=True)
    head = choose_font(rng, "sans (TrueType)", 11, bold=True)
    label = choose_font(rng, "sans (TrueType)", 9)
    value = choose_font(rng, "mono (TrueType)", 10)
    page.write("Riverton Heart Center", 54, 40, head)
    page.write("1200 Lake Avenue, Riverton  Fax (555) 010-2247", 54, 55, label)
    page.write("CARDIOLOGY REFERRAL", 54, 84, title)
    page.lines.append((54, 108, 558, 108))
    page.write("Patient", 54, 120, head)
    pairs = [
        (54, 142, "Last name:", 122, "Quarterstaff"),
        (310, 142, "First name:", 392, "Zelda"),
        (54, 162, "Date of birth:", 122, "02/03/1964"),
        (310, 162, "Medical record no.:", 402, "00417-22"),
        (54, 182, "Address:", 122, "12 High Street"),
        (310, 182, "Phone:", 392, "(555) 010-9981"),
        (54, 228, "Insurance:", 122, "Continental Health"),
        (310, 228, "Policy number:", 392, "CH-220 781"),
    ]
    for x, y, text, at, content in pairs:
        page.write(text, x, y, label)
        page.write(content, at, y, value)
    page.write("Riverton, OH 45001", 122, 196, value)
    page.write("Request", 54, 258, head)
    page.write("Priority:", 54, 280, label)
    for x, text in ((122, "[ ] Routine"), (222, "[x] Urgent"), (322, "[ ] Emergency")):
        page.write(text, x, 280, label)
    page.write("Service:", 54, 300, label)
    for x, text in (
        (122, "[x] Consultation"),
        (222, "[x] Stress test"),
        (322, "[ ] Echocardiogram"),
    ):
        page.write(text, x, 300, label)
    page.write("Reason for referral:", 54, 324, label)
    page.write_lines(REASON, 54, 340, value)
    page.write("Allergies:", 54, 392, label)
    page.write("penicillin (rash)", 122, 392, value)
    page.write("Smoker:", 310, 392, label)
    page.write("[ ] Yes", 392, 392, label)
    page.write("[x] No", 452, 392, label)
    page.write("Current medications", 54, 424, head)
    _write_table(page, DRUGS, (54, 220, 330, 460), 446, 18, head=label, body=value)
    page.write("Referring physician", 54, 562, head)
    page.write("Name:", 54, 584, label)
    page.write("Dr. Omar Haddad", 122, 584, value)
    page.write("NPI:", 310, 584, label)
    page.write("1093000417", 392, 584, value)
    page.write("Signature:", 54, 616, label)
    page.lines.append((122, 628, 290, 628))
    page.write("Date:", 310, 616, label)
    page.write("09/14/2026", 392, 616, value)
    small = choose_font(rng, "sans (TrueType)", 7.5)
    page.write(
        "Please fax recent results with this form. We call the patient within two days.",
        54,
        744,
        small,
    )
    return page


def draw_bill() -> Page:
    page = Page(420, 595)
    rng = random.Random(2)
    title = choose_font(rng, "sans (TrueType)", 16, bold=True)
    bold = choose_font(rng, "sans (TrueType)", 9.5, bold=True)
    plain = choose_font(rng, "sans (TrueType)", 9.5)
    page.write("Larkfield Pharmacy", 40, 36, title)
    page.write("18 Mill Road, Dayton, OH 45402", 40, 60, plain)
    page.write("Date: 10/02/2026", 40, 84, plain)
    page.write("Receipt no.: 20418", 250, 84, plain)
    page.write("Patient: Gerald Okafor", 40, 100, plain)
    xs = (40, 80, 230, 300, 380)
    ys = (124, 144, 164, 184, 216, 236, 256)
    for i, cells in enumerate(BILL):
        for x, text in zip(xs, cells, strict=False):
            font = plain if i else bold
            page.write_lines(text.split("\n"), x + 4, ys[i] + 4, font)
    page.write("Total", xs[0] + 4, ys[-2] + 4, bold)
    page.write("95.30", xs[3] + 4, ys[-2] + 4, bold)
    page.lines += [(xs[0], y, xs[-1], y) for y in ys]
    # The total's cell reaches over three columns.
    page.lines += [(x, ys[0], x, ys[-2]) for x in xs[1:3]]
    page.lines += [(x, ys[0], x, ys[-1]) for x in (xs[0], *xs[3:])]
    page.write("Paid by card. Thank you, and get well soon.", 40, 276, plain)
    return page


def draw_report() -> Page:
    page = Page(612, 792)
    rng = random.Random(1)
    title = choose_font(rng, "serif (TrueType)", 18, bold=True)
    label = choose_font(rng, "serif (TrueType)", 10.5, bold=True)
    value = choose_font(rng, "serif (TrueType)", 11)
    page.write("MILTON CLINICAL LABORATORY", 150, 44, title)
    page.write("LABORATORY REPORT", 230, 74, label)
    pairs = [
        (60, 112, "PATIENT", 150, "OKAFOR, GERALD"),
        (340, 112, "SPECIMEN NO.", 450, "26-118843"),
        (60, 134, "BIRTH DATE", 150, "11/30/1951"),
        (340, 134, "COLLECTED", 450, "09/02/2026 07:40"),
        (60, 156, "SEX", 150, "M"),
        (340, 156, "REPORTED", 450, "09/02/2026 13:15"),
        (60, 178, "ORDERED BY", 150, "Dr. R. Lindgren"),
        (340, 178, "SPECIMEN", 450, "Serum"),
    ]
    for x, y, text, at, content in pairs:
        page.write(text, x, y, label)
        page.write(content, at, y, value)
    page.lines += [(60, 204, 560, 204), (60, 232, 560, 232)]
    edges = (60, 200, 270, 330, 430)
    _write_table(page, RESULTS, edges, 212, 24, head=label, body=value)
    page.write("COMMENT", 60, 424, label)
    comment = [
        "Findings fit iron deficiency anemia. Creatinine is higher than on",
        "06/11/2026. Suggest repeating it in two weeks.",
    ]
    page.write_lines(comment, 150, 424, value)
    page.write("RELEASED BY", 60, 486, label)
    page.write("P. Tanaka, MT(ASCP)", 150, 486, value)
    page.write("This report may be reproduced in full only.", 60, 740, value)
    return page


def _write_table(page, rows, edges, y, step, *, head, body) -> None:
    for i, cells in enumerate(rows):
        for x, text in zip(edges, cells, strict=True):
            if text:
                page.write(text, x, y + i * step, body if i else head)


if __name__ == "__main__":
    main()
