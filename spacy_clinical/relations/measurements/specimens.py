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
_MAX_LINE = 200


def name_specimen(text: str, start: int, analyte: Analyte) -> Analyte:
    """Name the specimen in the key of an analyte of a laboratory.

    start (characters): Of its name.
    RETURNS: The analyte; another one, of any value and without a code, if it was measured
        in something else than blood.
    """
    if analyte.kind != "lab":
        return analyte
    before = text[max(start - _MAX_LINE, 0) : start].rpartition("\n")[2]
    match = _BESIDE.search(before) or _IN_LINE.search(before)
    if match is None:
        return analyte
    return analyte._replace(
        key=f"{match.lastgroup}_{analyte.key}",
        loinc="",
        least=0.0,
        greatest=float("inf"),
    )
