"""Groups of section titles, which can be merged and saved as plain data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

# Titles, and the labels or words that they depend on.
Condition: TypeAlias = tuple[tuple[str, ...], frozenset[str]]
# The fields of a group that are lists of titles, and those that are of conditions.
_LISTS = ("titles", "starts")
_CONDITIONS = ("after", "naming", "follows")


@dataclass(frozen=True)
class TitleGroup:
    """The titles of one label, and how they behave.

    loinc: LOINC document-section code, or "".
    is_part: Whether the titles only name parts of a section.
    within: Labels of the sections inside which an inline title names a part.
    after: More titles, that mean this only in a note that has one of some sections
        before them, or is of some kind, with the labels of these.
    naming: More titles, that mean this only at the start of a note and if one of some
        words follows on their line, with these words.
    has_parts: Whether unknown titles inside such a section are parts of it.
    has_problems: Whether its body may have problem headings.
    starts: More titles, that only start their line; what follows them is text.
    follows: More titles, that mean this only right after sections or parts of some
        labels, with these labels.
    """

    label: str
    titles: tuple[str, ...] = ()
    loinc: str = ""
    name: str = ""
    is_part: bool = False
    within: frozenset[str] = frozenset()
    after: tuple[Condition, ...] = ()
    naming: tuple[Condition, ...] = ()
    has_parts: bool = False
    has_problems: bool = False
    starts: tuple[str, ...] = ()
    follows: tuple[Condition, ...] = ()


def merge_groups(old: TitleGroup, new: TitleGroup) -> TitleGroup:
    """Merge two groups of one label; the new one's code and name win."""
    joined: dict[str, Any] = {
        name: tuple(dict.fromkeys([*getattr(old, name), *getattr(new, name)]))
        for name in (*_LISTS, *_CONDITIONS)
    }
    return replace(
        old,
        loinc=new.loinc or old.loinc,
        name=new.name or old.name,
        within=old.within | new.within,
        has_parts=old.has_parts or new.has_parts,
        has_problems=old.has_problems or new.has_problems,
        **joined,
    )


def group_to_dict(group: TitleGroup) -> dict[str, Any]:
    """Turn a group into plain data."""
    data = {**vars(group), "within": sorted(group.within)}
    data |= {name: list(data[name]) for name in _LISTS}
    return data | {name: _list_conditions(data[name]) for name in _CONDITIONS}


def group_from_dict(data: Mapping[str, Any]) -> TitleGroup:
    """Build a group from plain data."""
    # Rules that were saved earlier lack these.
    data = {"starts": (), "follows": (), **data}
    lists = {name: tuple(data[name]) for name in _LISTS}
    conditions = {name: make_conditions(data[name]) for name in _CONDITIONS}
    within = frozenset(data["within"])
    return TitleGroup(**{**data, **lists, **conditions, "within": within})


def make_conditions(
    pairs: Iterable[tuple[Iterable[str], Iterable[str]]],
) -> tuple[Condition, ...]:
    """Build conditions from titles and the labels or words that they depend on."""
    return tuple((tuple(titles), frozenset(needed)) for titles, needed in pairs)


def _list_conditions(conditions: Iterable[Condition]) -> list[list[list[str]]]:
    return [[list(titles), sorted(needed)] for titles, needed in conditions]
