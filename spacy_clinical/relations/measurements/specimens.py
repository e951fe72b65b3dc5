"""Say of what an analyte was measured, if that isn't blood: "urine sodium", "CSF glucose"."""

import re

from spacy_clinical.relations.measurements.analytes import Analyte

# Right before the name of an analyte.
_BESIDE = re.compile(
    r"\b(?:(?P<urine>urine|urinary|spot urine|24-?h(?:our)? urine)|"
    r"(?P<csf>csf|cerebrospinal fluid)|(?P<stool>stool|fecal)|"
    r"(?P<fluid>(?:pleural|peritoneal|ascitic|synovial|joint|drain)(?: fluid)?|fluid|"
    r"ascites))[ :]{1,2}$",
    re.IGNORECASE,
)
# MIMIC-III names it once in a line, after the time.
_IN_LINE = re.compile(
    r"\d[AP]M (?:(?P<urine>URINE)|(?P<csf>CEREBROSPINAL FLUID)|(?P<stool>STOOL)|"
    r"(?P<fluid>PLEURAL|ASCITES|JOINT FLUID|OTHER BODY FLUID))\b"
)
# What stands behind "CSF:", to the end of the sentence.
_HEADED = re.compile(
    r"(?:^|[.;] )\W{0,4}(?:(?P<urine>ua|urinalysis|urine)|(?P<csf>csf|cerebrospinal fluid)|"
    r"(?P<stool>stool)|(?P<fluid>(?:pleural|peritoneal|ascitic|synovial|joint)(?: fluid)?|"
    r"ascites))(?: (?:studies|labs|analysis|results?))? ?:"
    r"(?:(?![.;]\s|\b(?:blood|serum|plasma|cbc|chem\w*|labs?|bmp|cmp)\b).)*$",
    re.IGNORECASE,
)
# "WBC/hpf" are counted in urine.
_PER_FIELD = re.compile(r"[A-Za-z]{1,12}s? ?(?:/|per) ?[hl]pf\b", re.IGNORECASE)
_MAX_LINE = 200
_PLACES = (_BESIDE, _IN_LINE, _HEADED)


def name_specimen(text: str, start: int, analyte: Analyte) -> Analyte:
    """Name the specimen in the key of an analyte of a laboratory.

    start (characters): Of its name.
    RETURNS: The analyte; another one, of any value and without a code, if it was measured
        in something else than blood.
    """
    if analyte.kind != "lab":
        return analyte
    before = text[max(start - _MAX_LINE, 0) : start].rpartition("\n")[2]
    match = next(filter(None, (p.search(before) for p in _PLACES)), None)
    specimen = match.lastgroup if match else None
    if match is None and _PER_FIELD.match(text, start):
        specimen = "urine"
    if specimen is None or analyte.key.startswith(f"{specimen}_"):
        return analyte
    return analyte._replace(
        key=f"{specimen}_{analyte.key}",
        loinc="",
        least=0.0,
        greatest=float("inf"),
    )
