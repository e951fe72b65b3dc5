"""Read files of section titles."""

import configparser
from functools import cache
from pathlib import Path

from spacy_clinical.sections.groups import Condition, TitleGroup, make_conditions
from spacy_clinical.sections.titles import SectionTitles

DEFAULT_TITLES = Path(__file__).parents[1] / "resources" / "section_titles.cfg"


PART_PREFIX = "part:"


def load_titles(path: Path = DEFAULT_TITLES) -> SectionTitles:
    """Read a file of section titles. The shipped one describes the format."""
    return _load(path) if path != DEFAULT_TITLES else _load_shipped().copy()


@cache
def _load_shipped() -> SectionTitles:
    return _load(DEFAULT_TITLES)


def _load(path: Path) -> SectionTitles:
    parser = _parse(path)
    words = {
        key: _split_list(value)
        for key, value in (parser["words"].items() if "words" in parser else ())
    }
    version = parser.get("rules", "version", fallback="1")
    groups = [_read_group(name, parser[name]) for name in _list_blocks(parser)]
    return SectionTitles(groups, words=words, version=version)


def read_labels(path: Path = DEFAULT_TITLES) -> frozenset[str]:
    """Read the labels only: a small part of the work of `load_titles`."""
    blocks = _list_blocks(_parse(path))
    return frozenset(name.removeprefix(PART_PREFIX) for name in blocks)


def _parse(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text(encoding="utf8"))
    return parser


def _list_blocks(parser: configparser.ConfigParser) -> list[str]:
    return [name for name in parser.sections() if name not in ("words", "rules")]


def _read_group(name: str, block: configparser.SectionProxy) -> TitleGroup:
    return TitleGroup(
        label=name.removeprefix(PART_PREFIX),
        titles=tuple(_split_list(block.get("titles", ""))),
        loinc=block.get("loinc", ""),
        name=block.get("name", ""),
        is_part=name.startswith(PART_PREFIX),
        within=frozenset(_split_list(block.get("within", ""))),
        after=_read_conditions(block, "after "),
        naming=_read_conditions(block, "naming "),
        starts=tuple(_split_list(block.get("starts", ""))),
        follows=_read_conditions(block, "follows "),
        has_parts=block.getboolean("parts", fallback=False),
        has_problems=block.getboolean("problems", fallback=False),
    )


def _read_conditions(
    block: configparser.SectionProxy, prefix: str
) -> tuple[Condition, ...]:
    return make_conditions(
        (_split_list(value), _split_list(key.removeprefix(prefix)))
        for key, value in block.items()
        if key.startswith(prefix)
    )


def _split_list(value: str) -> list[str]:
    return [item.strip() for item in value.split(";") if item.strip()]
