"""Names that take the place of others: of the same culture, gender and about length.

Faker's lists of names are used, and only on first use. A word of a name always gets the
same other word with the same key, so that "Jane Quill" and "Mrs. Quill" stay one family.
"""

import unicodedata
from collections.abc import Collection, Iterable
from functools import cache
from importlib import import_module
from typing import Any, Literal, NamedTuple, TypeAlias

from spacy_clinical.errors import CodedImportError, Errors
from spacy_clinical.identifiers.replace.keys import Key
from spacy_clinical.identifiers.replace.words import fold

Role = Literal["given", "last"]

# Faker's locales, by culture. A name belongs to the first culture that has it, but to
# English if Irish lists have it.
CULTURES: dict[str, tuple[str, ...]] = {
    "Spanish": ("es_ES", "es_MX", "es_AR", "es_CO", "es_CL"),
    "Portuguese": ("pt_BR", "pt_PT"),
    "Vietnamese": ("vi_VN",),
    "Chinese": ("zh_CN", "zh_TW"),
    "Japanese": ("ja_JP",),
    "Indian": ("en_IN",),
    "Pakistani": ("en_PK",),
    "West African": ("yo_NG", "ig_NG", "ha_NG", "en_NG", "tw_GH"),
    "East African": ("en_KE", "sw"),
    "Zulu": ("zu_ZA",),
    "Polish": ("pl_PL",),
    "Turkish": ("tr_TR",),
    "German": ("de_DE", "de_AT"),
    "Italian": ("it_IT",),
    "French": ("fr_FR", "fr_CA"),
    "Dutch": ("nl_NL",),
    "Scandinavian": ("sv_SE", "no_NO", "da_DK"),
    "Finnish": ("fi_FI",),
    "Hungarian": ("hu_HU",),
    "Romanian": ("ro_RO",),
    "Croatian": ("hr_HR", "sl_SI"),
    "Czech": ("cs_CZ", "sk_SK"),
    "Lithuanian": ("lt_LT",),
    "Indonesian": ("id_ID",),
    "English": ("en_US", "en_GB", "en_IE"),
    "Korean": ("ko_KR",),
    "Russian": ("ru_RU",),
    "Ukrainian": ("uk_UA",),
    "Bulgarian": ("bg_BG",),
    "Greek": ("el_GR",),
    "Arabic": ("ar_AA",),
    "Persian": ("fa_IR",),
    "Hebrew": ("he_IL",),
    "Hindi": ("hi_IN",),
    "Tamil": ("ta_IN",),
    "Thai": ("th_TH",),
    "Georgian": ("ka_GE",),
    "Armenian": ("hy_AM",),
}
# By script, as Unicode names it. The first one of each has the names whose culture is
# unknown. All other scripts are treated like the Latin one, with English for the unknown.
_OF_SCRIPTS = {
    "CYRILLIC": ("Russian", "Ukrainian", "Bulgarian"),
    "GREEK": ("Greek",),
    "ARABIC": ("Arabic", "Persian"),
    "HEBREW": ("Hebrew",),
    "DEVANAGARI": ("Hindi",),
    "TAMIL": ("Tamil",),
    "THAI": ("Thai",),
    "GEORGIAN": ("Georgian",),
    "ARMENIAN": ("Armenian",),
    "HANGUL": ("Korean",),
    "CJK": ("Chinese", "Japanese"),
    "HIRAGANA": ("Japanese",),
    "KATAKANA": ("Japanese",),
}
_OTHERS = {culture for names in _OF_SCRIPTS.values() for culture in names}
_LATIN = tuple(
    culture
    for culture in CULTURES
    if culture not in _OTHERS or culture in ("Chinese", "Japanese")
)
# The United States' lists have names of all cultures.
ENGLISH, ENGLISH_ONLY = "English", "en_IE"
# The least number of names to draw from.
MIN_POOL = 12
# Longer names are like those of this length.
MAX_LENGTH = 24
# What names have in common that take each other's place: culture, role, gender, script,
# and whether they are plain ASCII.
Kind: TypeAlias = tuple[str, Role, str, str, bool]
# Faker's names for its lists.
_LISTS: dict[Role, dict[str, tuple[str, ...]]] = {
    "given": {
        "": ("first_names", "first_romanized_names"),
        "female": ("first_names_female", "first_romanized_names_female"),
        "male": ("first_names_male", "first_romanized_names_male"),
    },
    "last": {
        "": ("last_names", "last_romanized_names", "unisex_last_names"),
        "female": ("last_names_female",),
        "male": ("last_names_male", "male_last_names"),
    },
}


class Lists(NamedTuple):
    """The first or last names of a culture.

    all: As they are written, by how they are folded.
    female, male: Those of women and men, folded; last names, too, where they differ.
    """

    all: dict[str, str]
    female: frozenset[str]
    male: frozenset[str]

    def find_gender(self, folded: str) -> str:
        """Find whether a name is a woman's or a man's; "" if it may be both."""
        is_female, is_male = folded in self.female, folded in self.male
        if is_female == is_male:
            return ""
        return "female" if is_female else "male"

    def list_own(self, gender: str) -> Collection[str]:
        """List the names of a gender, folded; without those of both if there are others."""
        if gender == "female":
            return self.female - self.male or self.female or self.all
        if gender == "male":
            return self.male - self.female or self.male or self.all
        return self.all


def replace_name(
    word: str, role: Role, key: Key, *, taken: Collection[str] = (), gender: str = ""
) -> str:
    """Find another name for a word of a name, or another initial for an initial.

    word: As it is written.
    role: Whether it is a first or a last name.
    taken (folded): Names that are not to be used, such as all others of the note.
    gender: "female" or "male" where that is known otherwise than from the name.
    RAISES ImportError: C894, if Faker isn't installed.
    """
    folded = fold(word)
    if len(folded) == 1:
        letter = "ABCDEFGHJKLMNPRSTVW"[key.draw("initial", folded) % 19]
        letter = letter if letter.lower() != folded else "Y"
        return letter.lower() if word.islower() else letter
    # Not the note's own choice: the same name is one everywhere.
    script = _find_script(word)
    culture = _find_culture(folded, role, script)
    gender = gender if role == "given" else ""
    gender = load_lists(culture, role).find_gender(folded) or gender
    kind = (culture, role, gender, script, word.isascii())
    pool = _list_fitting(kind, min(len(word), MAX_LENGTH))
    start = key.draw("name", role, folded)
    for step in range(len(pool)):
        new = pool[(start + step) % len(pool)]
        if fold(new) not in taken and fold(new) != folded:
            return copy_case(word, new)
    # The note has all of them.
    return copy_case(word, pool[start % len(pool)] + "son")


def find_gender(word: str) -> str:
    """Find whether a first name is a woman's or a man's; "" if it may be both."""
    folded = fold(word)
    culture = _find_culture(folded, "given", _find_script(word))
    return load_lists(culture, "given").find_gender(folded)


def copy_case(old: str, new: str) -> str:
    """Write a word in capitals or small letters like another one."""
    if len(old) > 1 and old.isupper():
        return new.upper()
    if old.islower():
        return new.lower()
    # Romanized names are listed in capitals.
    return new.capitalize() if new.isupper() else new


@cache
def _list_pool(kind: Kind) -> tuple[str, ...]:
    """List the names of a culture and a gender, in a script."""
    culture, role, gender, script, is_ascii = kind
    lists = load_lists(culture, role)
    own = lists.list_own(gender)
    names = sorted(name for key, name in lists.all.items() if key in own)
    pool = [name for name in names if _find_script(name) == script] or names
    if not is_ascii:
        return tuple(pool)
    plain = {_strip_marks(name) for name in pool}
    return tuple(sorted(name for name in plain if name.isascii())) or ("Allan", "Berry")


@cache
def _find_culture(folded: str, role: Role, script: str) -> str:
    # Before other cultures' homonyms: "Martin" is Irish as well as French.
    if folded in _list_only_english(role):
        return ENGLISH
    cultures = _OF_SCRIPTS.get(script, _LATIN)
    for culture in cultures:
        if folded in load_lists(culture, role).all:
            return culture
    return ENGLISH if cultures is _LATIN else cultures[0]


@cache
def _list_only_english(role: Role) -> frozenset[str]:
    lists = _LISTS[role].values()
    return frozenset(
        map(fold, _read([ENGLISH_ONLY], [n for names in lists for n in names]))
    )


def _find_script(word: str) -> str:
    """Find the script of a word, as Unicode names it; "" without letters."""
    for char in word:
        if char.isalpha():
            return unicodedata.name(char, "").split(" ")[0]
    return ""


@cache
def load_lists(culture: str, role: Role) -> Lists:
    """Load the names of a culture.

    RAISES ImportError: C894, if Faker isn't installed.
    """
    read = {
        gender: {fold(name): name for name in _read(CULTURES[culture], names)}
        for gender, names in _LISTS[role].items()
    }
    female, male = read["female"], read["male"]
    everything = read[""] | female | male
    return Lists(everything, frozenset(female), frozenset(male))


def _read(locales: Iterable[str], names: Iterable[str]) -> list[str]:
    """Read lists of Faker: single words, without those that stand for none."""
    found: set[str] = set()
    for locale in locales:
        provider = import_provider(f"faker.providers.person.{locale}")
        for name in names:
            values = getattr(provider, name, ())
            # Some are lists of lists, or made on demand.
            if isinstance(values, list | tuple | dict):
                found.update(value for value in values if isinstance(value, str))
    return sorted(name for name in found if _is_usable(name))


def _is_usable(name: str) -> bool:
    # Faker's own stand-in.
    return name != "Doe" and not set(name) & set(" ./\u200c()0123456789")


def import_provider(name: str) -> Any:
    """Import lists of Faker.

    RAISES ImportError: C894, if Faker isn't installed.
    """
    try:
        return import_module(name).Provider
    except ImportError:
        raise CodedImportError(Errors.C894) from None


@cache
def _list_fitting(kind: Kind, length: int) -> tuple[str, ...]:
    """List the names that are about as long as another one."""
    pool = _list_pool(kind)
    for reach in range(1, MAX_LENGTH):
        fitting = tuple(name for name in pool if abs(len(name) - length) <= reach)
        if len(fitting) >= min(MIN_POOL, len(pool)):
            return fitting
    return pool


def _strip_marks(name: str) -> str:
    parts = unicodedata.normalize("NFKD", name)
    return "".join(char for char in parts if not unicodedata.combining(char))
