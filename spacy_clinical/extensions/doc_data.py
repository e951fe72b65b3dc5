"""Keep plain data with Docs, where spaCy neither quotes nor misplaces it.

`Doc.from_docs` quotes the values of `doc.user_data` under keys of its own choice in
warnings (W102), and warns of attributes of Docs (W101). Keys of the form ("._.", name,
start, end) it moves along with the text, without a word, as `span.as_doc` does with
copy_user_data=True. So that is how all data of this package is kept. `as_doc` leaves
nothing out: what it moves beyond the borders of its Doc is not that Doc's.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

from spacy.attrs import IDX, LENGTH
from spacy.strings import get_string_id
from spacy.tokens import Doc

from spacy_clinical.types import Ints1d

# The texts of Docs, while these exist.
_TEXTS: WeakKeyDictionary[Doc, str] = WeakKeyDictionary()


class Kept(NamedTuple):
    """Data of a stretch of a Doc (characters, half open)."""

    start: int
    end: int
    value: Any


def get_user_data(doc: Doc) -> dict[Any, Any]:
    """Get a Doc's user data, whose keys are not only strings, as spaCy's types say."""
    return cast(dict[Any, Any], doc.user_data)


def keep(doc: Doc, name: str, value: Any) -> None:
    """Keep plain data with a Doc, and replace what was kept under that name.

    name: Of the data; an identifier.
    """
    # What was saved by earlier versions has other keys.
    for key in (name, ("._.", name, None, None), *list_keys(doc, name.__eq__)):
        get_user_data(doc).pop(key, None)
    get_user_data(doc)[("._.", name, 0, count_chars(doc))] = value


def list_keys(
    doc: Doc, is_name: Callable[[str], bool]
) -> list[tuple[str, str, int, int]]:
    """List the keys of a Doc's user data that say where in the text the data belongs.

    is_name: Checks the name that the data was kept under.
    """
    return [
        key
        for key in get_user_data(doc)
        if isinstance(key, tuple)
        and len(key) == 4
        and key[0] == "._."
        and is_name(str(key[1]))
        and None not in key[2:]
    ]


def list_kept(doc: Doc, is_name: Callable[[str], bool]) -> list[Kept]:
    """List the data under such keys, in the order of the text."""
    data = get_user_data(doc)
    kept = [Kept(*key[2:], data[key]) for key in list_keys(doc, is_name)]
    return sorted(kept, key=lambda one: one[:2])


def find_kept(doc: Doc, name: str) -> list[Kept]:
    """Find the data kept under a name, of all Docs that a Doc was joined from.

    RETURNS: In the order of the text.
    """
    kept = list_kept(doc, name.__eq__)
    for old in (name, ("._.", name, None, None)):
        if old in get_user_data(doc):
            kept.append(Kept(0, count_chars(doc), get_user_data(doc)[old]))
    return kept


def get_whole(doc: Doc, name: str) -> Any:
    """Get data that holds for a Doc as a whole; None if there is none.

    Data of a whole Doc does not hold for a part of it, nor for several Docs together.
    """
    kept = find_kept(doc, name)
    is_whole = len(kept) == 1 and kept[0][:2] == (0, count_chars(doc))
    return kept[0].value if is_whole else None


def count_chars(doc: Doc) -> int:
    """Find the length of a Doc's text without building the text."""
    if not len(doc):
        return 0
    last = doc[len(doc) - 1]
    return int(last.idx + len(last) + len(last.whitespace_))


def read_text(doc: Doc) -> str:
    """Get the text of a Doc, which is joined once while the Doc exists.

    `doc.text` joins the tokens at each access. Merging and splitting tokens doesn't
    change the text.
    """
    text = _TEXTS.get(doc)
    if text is None or len(text) != count_chars(doc):
        text = _TEXTS[doc] = doc.text
    return text


def read_chars(doc: Doc, start: int, end: int) -> str | None:
    """Read a stretch of a Doc's text; None if it isn't inside."""
    if not 0 <= start <= end <= count_chars(doc):
        return None
    span = doc.char_span(start, end, alignment_mode="expand")
    if span is None:
        return ""
    text: str = span.text_with_ws
    return text[start - span.start_char : end - span.start_char]


def sign(text: str | None) -> int:
    """Hash a text; the hash of a token is its `orth`."""
    return 0 if not text else int(get_string_id(text))


def restore_lists(value: Any) -> Any:
    """Copy plain data, with lists where DocBin made tuples of them."""
    if isinstance(value, (list, tuple)):
        return [restore_lists(item) for item in value]
    if isinstance(value, dict):
        return {key: restore_lists(item) for key, item in value.items()}
    return value


def token_borders(doc: Doc) -> tuple[Ints1d, Ints1d]:
    """Find where the tokens start and end in the text (n_tokens, characters)."""
    places = doc.to_array([IDX, LENGTH]).astype("int64").reshape(-1, 2)
    return places[:, 0], places.sum(axis=1)
