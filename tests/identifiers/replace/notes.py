"""Invented notes with identifiers at known places, for the tests of their removal."""

import re
from functools import cache

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from spacy_clinical.identifiers.found import Identifier, set_identifiers
from spacy_clinical.identifiers.replace.keys import Key

KEY = Key(b"a key of the tests, which is no secret")
_MARK = re.compile(r"<([A-Z]+)(?::([a-z_0-9]+))?>(.*?)</>", re.DOTALL)

NOTE = """\
Pt: <PATIENT:name>QUILL, JANE A.</>  MRN: <ID:mrn>0937884</>  DOB: <DATE:date>1/21/1928</>
<AGE:age>91</> yo woman, seen <DATE:date>07/01/2019</> by Dr. <STAFF:name>Roger Kelly</> at
<HOSP:hospital>Brigham Health Center</> on <DATE:weekday>Monday</>; back on <DATE:date>7/15</>.
Mrs. Quill may return. Lives at <LOC:street>123 Park Drive</>, <LOC:city>San Diego</>,
<LOC:state>CA</> <LOC:zip>03245</>. Call <PHONE:phone>(634)743-5135</> or
<EMAIL:email>jane.quill@gmail.com</>. Sister: <PATIENT:name>Mary Quill</>. jane quill agrees.
"""
# What must not be left of it, in any case.
SECRETS = [
    *("quill", "jane", "mary", "0937884", "1928", "07/01/2019", "kelly", "brigham"),
    *("park drive", "san diego", "03245", "743-5135", "gmail"),
]


def parse_marks(marked: str) -> tuple[str, list[Identifier]]:
    """Read a text in which identifiers are marked: <LABEL:kind>text</>."""
    parts, found, done, length = [], [], 0, 0
    for match in _MARK.finditer(marked):
        before = marked[done : match.start()]
        start = length + len(before)
        length = start + len(match[3])
        parts += [before, match[3]]
        found.append(Identifier(start, length, match[1], match[2] or ""))
        done = match.end()
    return "".join([*parts, marked[done:]]), found


@cache
def _load_blank() -> Language:
    return spacy.blank("en")


def make_doc(marked: str, nlp: Language | None = None) -> Doc:
    """Make a Doc of a marked text, with its identifiers found."""
    text, found = parse_marks(marked)
    # `nlp.make_doc` refuses long texts.
    doc = _load_blank().tokenizer(text) if nlp is None else nlp(text)
    set_identifiers(doc, found)
    return doc
