"""Normal forms of names, by which vocabularies are searched."""

import re
import unicodedata

# White space, and characters that aren't to be seen: controls, signs of direction,
# halves of pairs.
_HIDDEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
# Words that say little about what a name means. "A" may: "hepatitis A".
SMALL_WORDS = frozenset(
    {*("and", "by", "due", "for", "in", "of", "on", "or", "the", "to", "with")}
)
_POSSESSIVE = re.compile(r"(?<=\w)['\u2019]s\b|(?<=\ws)['\u2019](?!\w)", re.IGNORECASE)
# Words that end in -s as they are. To cut off that of others, such as "diabetes", does
# no harm, as no other word is left.
_SINGULAR = re.compile(r"(?:ss|us|is|os|[^aeiou]ys)$|^.{0,3}$|^aids$")
_PLURALS = (
    (re.compile(r"(?<=..)ies$"), "y"),
    (re.compile(r"(?<=.)sses$"), "ss"),
    (re.compile(r"(?<=.)(x|ch|sh|z)es$"), r"\1"),
    (re.compile(r"(?<=..)s$"), ""),
)


class _Marks(dict[int, str]):
    """Maps characters that are no letter, mark or number to blanks."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        is_kept = unicodedata.category(character)[0] in "LMN"
        self[code] = character if is_kept else " "
        return self[code]


_MARKS = _Marks()


def clean_text(text: str) -> str:
    """Replace runs of white space and of hidden characters by one blank."""
    if not text.isprintable():
        text = _HIDDEN.sub(" ", text)
    return " ".join(text.split())


def normalize_name(name: str) -> str:
    """Normalize a name: small letters, and one blank for marks and white space.

    Names of marks alone keep them.

    SOURCE: As BioSyn's (Sung et al. 2020), for all of Unicode (NFKC).
    """
    if name.isascii():
        lowered = name.lower()
    else:
        # Lower-casing may take normalized characters apart.
        lowered = unicodedata.normalize(
            "NFKC", unicodedata.normalize("NFKC", name).lower()
        )
    words = lowered.translate(_MARKS).split()
    return " ".join(words) if words else " ".join(lowered.split())


def make_loose_key(name: str) -> str:
    """Make a key that is the same for names which differ in form only.

    "Cancers, Breast" and "cancer of the breast" have the same key: it leaves out the
    order of words, plurals, accents, possessives and small words.

    RETURNS: Normalized words in order of the alphabet.
    """
    words = normalize_name(drop_possessives(strip_accents(name))).split()
    kept = [word for word in words if word not in SMALL_WORDS] or words
    return " ".join(sorted(map(make_singular, kept)))


def drop_possessives(name: str) -> str:
    """Drop the endings of possessives: "Crohn's" becomes "Crohn"."""
    return _POSSESSIVE.sub("", name)


def strip_accents(name: str) -> str:
    """Drop the accents of Latin, Greek and Cyrillic letters."""
    if name.isascii():
        return name
    # Only marks that follow Latin, Greek or Cyrillic letters: elsewhere, they are
    # vowels.
    parts = unicodedata.normalize("NFKD", name)
    return re.sub(r"(?<=[A-Za-z\u0370-\u04ff])[\u0300-\u036f]+", "", parts)


def make_singular(word: str) -> str:
    """Cut off the ending of a plural."""
    if word[-1:] != "s" or _SINGULAR.search(word):
        return word
    for pattern, ending in _PLURALS:
        made, n_made = pattern.subn(ending, word)
        if n_made:
            return made
    return word
