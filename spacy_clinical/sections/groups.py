"""Groups of titles: put together, and turned into plain data and back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

# Titles, and what they hang on.
Condition: TypeAlias = tuple[tuple[str, ...], frozenset[str]]


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
    """Put two groups of one label together; the new one's code and name win."""
    return TitleGroup(
        label=old.label,
        titles=tuple(dict.fromkeys([*old.titles, *new.titles])),
        loinc=new.loinc or old.loinc,
        name=new.name or old.name,
        is_part=old.is_part,
        within=old.within | new.within,
        after=tuple(dict.fromkeys([*old.after, *new.after])),
        naming=tuple(dict.fromkeys([*old.naming, *new.naming])),
        starts=tuple(dict.fromkeys([*old.starts, *new.starts])),
        follows=tuple(dict.fromkeys([*old.follows, *new.follows])),
        has_parts=old.has_parts or new.has_parts,
        has_problems=old.has_problems or new.has_problems,
    )


def group_to_dict(group: TitleGroup) -> dict[str, Any]:
    """Turn a group into plain data."""
    return {
        **vars(group),
        "titles": list(group.titles),
        "within": sorted(group.within),
        "after": _list_conditions(group.after),
        "naming": _list_conditions(group.naming),
        "starts": list(group.starts),
        "follows": _list_conditions(group.follows),
    }


def group_from_dict(data: Mapping[str, Any]) -> TitleGroup:
    """Build a group from plain data."""
    return TitleGroup(
        **{
            **data,
            "titles": tuple(data["titles"]),
            "within": frozenset(data["within"]),
            "after": make_conditions(data["after"]),
            "naming": make_conditions(data["naming"]),
            # Rules that were saved earlier lack these.
            "starts": tuple(data.get("starts", ())),
            "follows": make_conditions(data.get("follows", ())),
        }
    )


def make_conditions(
    pairs: Iterable[tuple[Iterable[str], Iterable[str]]],
) -> tuple[Condition, ...]:
    """Build conditions from titles and what they hang on."""
    return tuple((tuple(titles), frozenset(needed)) for titles, needed in pairs)


def _list_conditions(conditions: Iterable[Condition]) -> list[list[list[str]]]:
    return [[list(titles), sorted(needed)] for titles, needed in conditions]
