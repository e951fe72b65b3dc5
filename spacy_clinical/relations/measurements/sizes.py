"""Find sizes: "2.3 x 1.4 cm", and of what has one side only "a 5 mm nodule"."""

import re
from collections.abc import Iterator
from dataclasses import replace

from spacy_clinical.relations.measurements.measurement import Measurement, Part
from spacy_clinical.relations.measurements.numbers import Amount, fold_number

_NUMBER = r"\d{1,3}(?:\.\d{1,2})?"
_SIZE = re.compile(
    rf"(?<![\w./-])(?P<a>{_NUMBER})[ ]?(?P<ua>cm|mm)?[ ]?(?:x|\u00d7|by)[ ]?(?P<b>{_NUMBER})"
    rf"[ ]?(?P<ub>cm|mm)?(?:[ ]?(?:x|\u00d7|by)[ ]?(?P<c>{_NUMBER}))?[ ]?(?P<unit>cm|mm)\b",
    re.IGNORECASE,
)
_SIZE_WITH_UNITS = re.compile(
    rf"(?<![\w./-])(?P<a>{_NUMBER})[ ]?(?P<unit>cm|mm)[ ]?(?:x|\u00d7|by)[ ]?"
    rf"(?P<b>{_NUMBER})[ ]?(?P=unit)\b",
    re.IGNORECASE,
)
_THINGS = (
    r"nodul(?:e|es|arity)|mass(?:es)?|cysts?|lesions?|tumou?rs?|(?:lymph )?nodes?|"
    r"lymphadenopathy|polyps?|aneurysms?|stones?|calcul(?:us|i)|foc(?:us|i)|granulomas?|"
    r"collections?|abscess(?:es)?|h(?:a)?ematomas?|effusions?|opacit(?:y|ies)|fibroids?|ulcers?|"
    r"wounds?|lacerations?|thromb(?:us|i)|defects?|shift|metastas[ei]s|adenomas?|infarcts?|"
    r"carcinomas?|hemangiomas?|fragments?|areas?|plaques?|papules?|macules?|aorta|outpouching|"
    r"pseudocysts?|diverticul(?:um|a)|varices|goiter|meningiomas?|subluxation|listhesis"
)
_ONE = re.compile(
    rf"(?<![\w./-])(?<!\d )(?<![x\u00d7] )(?<!by )(?P<a>{_NUMBER})(?:[ ]?(?:-|to)[ ]?(?P<b>{_NUMBER}))?[ -]?(?P<unit>cm|mm)"
    r"(?![\w/]|[ ]?(?:x|\u00d7|by)[ ]?\d|[ ]?Hg)",
    re.IGNORECASE,
)
# What it is the size of, right behind it or before it.
_OF = re.compile(
    rf"(?:[ -][^\W\d_][\w/-]*,?){{0,5}}?[ -](?:{_THINGS})\b|"
    r"[ ](?:in (?:size|length|width|thickness|(?:\w+ ){0,2}(?:diameter|dimension|axis)))\b",
    re.IGNORECASE,
)
_MEASURES = re.compile(
    rf"\b(?:measur(?:es|ed|ing|e)|(?:size|diameter|shift|length|thickness)(?: of| is| was| measures)?|"
    rf"(?:{_THINGS}) of)"
    r"(?: (?:up to|approximately|about|roughly|only|now|at least|currently|to))*[ :]{1,2}$",
    re.IGNORECASE,
)
# A distance, or a tool.
_NO_SIZE = re.compile(
    r"(?:[ -]\w+){0,2}?[ -](?:from|above|below|deep|distal|proximal|away|superior|inferior|margins?|"
    r"trocars?|ports?|incisions?|needles?|catheters?|tubes?|stents?|grafts?|screws?|drills?|"
    r"cuts?|slices?|sections?|collimation|sutures?|blades?|punch|rods?|cannulas?|intervals?)\b",
    re.IGNORECASE,
)
_FORMER = re.compile(
    r"\b(?:previously|prior|formerly|was|were|compared (?:to|with)|from|before)"
    r"(?: (?:measur\w+|approximately|about|size|of))*[ ]$",
    re.IGNORECASE,
)
_BEFORE = 50


def scan_sizes(text: str) -> Iterator[Measurement]:
    """Find the sizes of a text; those of one side only beside what they are the size of."""
    for one in (*_scan_several(text), *_scan_single(text)):
        before = text[max(one.start - _BEFORE, 0) : one.start]
        if _FORMER.search(before):
            yield replace(one, is_former=True)
        else:
            yield one


def _scan_single(text: str) -> Iterator[Measurement]:
    for match in _ONE.finditer(text):
        before = text[max(match.start() - _BEFORE, 0) : match.start()]
        if _NO_SIZE.match(text, match.end()):
            continue
        if not (_OF.match(text, match.end()) or _MEASURES.search(before)):
            continue
        low, high = (fold_number(n) if n else None for n in match.group("a", "b"))
        if low and (high is None or high > low):
            yield _make(match, Amount(low, high), Part("size", "", low, high))


def _scan_several(text: str) -> Iterator[Measurement]:
    for pattern in (_SIZE, _SIZE_WITH_UNITS):
        for match in pattern.finditer(text):
            sides = [fold_number(n) for n in match.group("a", "b") if n]
            if "c" in match.groupdict() and match["c"]:
                sides.append(fold_number(match["c"]))
            known = [side for side in sides if side]
            if len(known) != len(sides):
                continue
            parts = (Part("size", "", side) for side in known)
            yield _make(match, Amount(max(known)), *parts)


def _make(match: re.Match[str], amount: Amount, *parts: Part) -> Measurement:
    return Measurement(
        match.start(),
        match.end(),
        None,
        None,
        match.span(),
        amount=amount,
        unit=match["unit"].lower(),
        unit_text=match["unit"],
        parts=parts,
    )
