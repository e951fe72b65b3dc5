"""Places, hospitals, organizations and addresses that take the place of others.

Words that say what something is ("Street", "General Hospital") stay; those that name it
are replaced by last names, the names of cities by made-up ones, and numbers and short
codes by others of their shape.
"""

import re
from collections.abc import Callable, Collection
from functools import cache

from spacy_clinical.identifiers.replace.keys import Key
from spacy_clinical.identifiers.replace.names import (
    copy_case,
    import_provider,
    replace_name,
)
from spacy_clinical.identifiers.replace.numbers import replace_number
from spacy_clinical.identifiers.replace.words import fold, load_words

_WORD = re.compile(
    r"[^\W_][^\W_\u0300-\u036f]*(?:['\u2019][^\W\d_]+)?(?:[\u0300-\u036f][^\W_]*)*"
)
# Codes such as "MGH" and "HCS843".
_CODE = re.compile(r"[A-Z]{1,5}|[^\W_]*\d[^\W_]*")
_HOST = "example"
_DOMAINS = frozenset({"com", "org", "net"})


def replace_words(text: str, key: Key, *, taken: Collection[str] = ()) -> str:
    """Replace what names a place, a hospital or an organization.

    taken (folded): Names that are not to be used.
    """

    def replace(match: "re.Match[str]") -> str:
        word = match[0]
        if fold(word) in load_words("kinds"):
            return word
        if _CODE.fullmatch(word):
            return replace_number(word, "", key)
        return replace_name(word, "last", key, taken=taken)

    new = _WORD.sub(replace, text)
    if new == text and (first := _WORD.search(text)):
        # "General Hospital": without a name, it gets one.
        name = replace_name(first[0], "last", key, taken=taken)
        new = f"{text[: first.start()]}{name}{text[first.end() :]}"
    return new


def replace_city(text: str, key: Key, *, taken: Collection[str] = ()) -> str:
    """Replace the name of a city by one that is made up.

    taken (folded): Names that are not to be used.
    """
    plain = fold(text)
    if not plain.isascii() and not re.search("[a-z]", plain):
        return replace_words(text, key, taken=taken)
    prefixes, suffixes = _list_city_parts()
    last = text.split()[-1:] or [text]
    name = replace_name(last[0], "given", key, taken=taken)
    drawn = key.draw("city", plain)
    name = copy_case(
        last[0], name.lower().capitalize() + suffixes[drawn % len(suffixes)]
    )
    if len(text.split()) > 1:
        prefix = prefixes[(drawn >> 64) % len(prefixes)]
        name = f"{copy_case(text.split()[0], prefix)} {name}"
    return name


def replace_state(text: str, key: Key) -> str:
    """Replace the name or the short name of a state of the United States, or of a country."""
    provider = import_provider("faker.providers.address.en_US")
    for names in (provider.states_abbr, provider.states, provider.countries):
        pool = sorted(set(names))
        by_name = {fold(name): name for name in pool}
        if fold(text) in by_name:
            own = pool.index(by_name[fold(text)])
            step = 1 + key.draw("state", fold(text)) % (len(pool) - 1)
            return copy_case(text, pool[(own + step) % len(pool)])
    return replace_words(text, key)


def replace_address(
    text: str, key: Key, name: Callable[[str], str] | None = None
) -> str:
    """Replace an e-mail address, a link, or a name of an account ("@quill"), in its shape.

    name: Replaces words that are names, as they are elsewhere in the note.
    """
    local, at, host = text.rpartition("@")
    if at and not local:
        return f"@{_replace_parts(host, key, name)}"
    if at:
        return f"{_replace_parts(local, key, name)}@{_replace_host(host, key)}"
    match = re.match(r"(?:[a-z]+://)?(?:www\.)?", text, re.IGNORECASE)
    start = match.end() if match else 0
    host, slash, path = text[start:].partition("/")
    if start or "." in host:
        return f"{text[:start]}{_replace_host(host, key)}{slash}{_replace_parts(path, key)}"
    return _replace_parts(text, key, name)


def _replace_host(host: str, key: Key) -> str:
    """Replace a host by one that is kept for examples (RFC 2606)."""
    end = host.rpartition(".")[2].lower()
    domain = end if end in _DOMAINS else "org"
    if host.lower() == f"{_HOST}.{domain}":
        domain = "net" if domain != "net" else "com"
    return f"{_HOST}.{domain}"


def _replace_parts(
    text: str, key: Key, name: Callable[[str], str] | None = None
) -> str:
    def replace(match: "re.Match[str]") -> str:
        word = match[0]
        if name is not None and len(word) > 2 and word.isalpha():
            return copy_case(word, name(word))
        return replace_number(word, "", key)

    return re.sub(r"[^\W\d_]+|\d+", replace, text)


@cache
def _list_city_parts() -> tuple[list[str], list[str]]:
    provider = import_provider("faker.providers.address.en_US")
    return sorted(provider.city_prefixes), sorted(provider.city_suffixes)
