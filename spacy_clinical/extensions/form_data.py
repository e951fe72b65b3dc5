"""Keep the words of a form with their boxes, and find them by their characters.

The data of a form is kept with its Doc as one piece, in columns, and says of each word
where in the text it starts and what it is. So it is found again after `Doc.from_docs`,
`span.as_doc(copy_user_data=True)`, `Doc.copy`, merges and splits; and where a Doc holds
other words, nothing is found.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias, cast

from spacy.tokens import Doc, Token

from spacy_clinical.extensions.doc_data import (
    Kept,
    count_chars,
    get_user_data,
    list_kept,
    list_keys,
    read_chars,
    sign,
)

# x0, y0, x1, y1 from the page's upper left corner, in the page's units.
Box: TypeAlias = tuple[float, float, float, float]

FORM_KEY = "spacy_clinical.form"
# Where parts of one form were joined anew, one part's data may fit a word of another.
# It belongs to the part that many of the words around are of, if few are of another.
REACH = 16
MANY, FEW = 4, 1


class FormWord(NamedTuple):
    """A word as it is on its page.

    box: In the page's units; None for what ends a line.
    number: Of its page in its form, from 1 on.
    confidence (0 to 1): None if its source gives none.
    page: As `doc._.pages` describes it.
    form: Which of the Doc's forms it is in.
    owner: Which of the form's fields to fill in it is written in; -1 for none.
    """

    box: Box | None
    number: int
    confidence: float | None
    page: dict[str, Any]
    form: int
    owner: int = -1


class FormWidgets(NamedTuple):
    """The fields of fillable forms that a Doc has.

    widgets: Each as `forms.document` describes it.
    forms: For each, which of the Doc's forms it is in.
    owners (n_tokens): Which of them each token is written in; -1 for none.
    """

    widgets: list[dict[str, Any]]
    forms: list[int]
    owners: list[int]


def keep_form(
    doc: Doc,
    *,
    source: str,
    pages: Sequence[dict[str, Any]],
    boxes: Sequence[Sequence[float]],
    confidences: Sequence[float],
    numbers: Sequence[int],
    owners: Sequence[int] = (),
    widgets: Sequence[dict[str, Any]] = (),
    rulings: Sequence[Sequence[float]] = (),
    bold: Sequence[int] = (),
) -> None:
    """Keep the data of a form with its Doc, and replace what was kept.

    source: The file's name.
    pages: The facts of each, as in `doc._.pages`.
    boxes, confidences, numbers (n_tokens): As `FormWord` has them; an empty box, and -1,
        for none.
    owners (n_tokens), widgets: Which field of a fillable form each token is written in,
        -1 for none, and those fields; nothing for other forms.
    rulings: Of each line that is drawn, the number of its page, and x0, y0, x1, y1.
    bold: Which tokens are in a bold font.
    """
    form: dict[str, Any] = {
        "source": source,
        "pages": list(pages),
        "boxes": list(boxes),
        "confidences": list(confidences),
        "numbers": list(numbers),
        **_locate_tokens(doc),
    }
    if widgets:
        form["owners"], form["widgets"] = list(owners), list(widgets)
    if rulings:
        form["rulings"] = list(rulings)
    if bold:
        form["bold"] = list(bold)
    for key in (FORM_KEY, *list_keys(doc, _is_form_key)):
        get_user_data(doc).pop(key, None)
    # The keys of two forms must differ, wherever parts of them are joined.
    kept = form["words"], form["boxes"], form["numbers"], *form.get("widgets", ())
    digest = sign(repr(kept))
    get_user_data(doc)[("._.", f"{FORM_KEY}.{digest:x}", 0, count_chars(doc))] = form


def find_forms(doc: Doc) -> list[Kept]:
    """Find the data of the forms that a Doc is made of, in the order of the text."""
    forms = list_kept(doc, _is_form_key)
    old = get_user_data(doc).get(FORM_KEY)
    if old is not None:
        forms.append(Kept(0, count_chars(doc), _upgrade(doc, old)))
    return forms


def find_words(token: Token, forms: Sequence[Kept] | None = None) -> list[FormWord]:
    """Find the words that a token is made of, or the one that it is a part of.

    forms: Those of the Doc, where they are known.
    RETURNS: Nothing if the token is in no form, or it is unclear in which.
    """
    forms = find_forms(token.doc) if forms is None else forms
    return [_read(forms, number, i) for number, i in _locate(token, forms)]


def cover_boxes(boxes: Iterable[Box | None]) -> Box | None:
    """Find the smallest box around others; None where all of them are None."""
    corners = list(zip(*(box for box in boxes if box is not None), strict=True))
    if not corners:
        return None
    x0, y0, x1, y1 = corners
    return min(x0), min(y0), max(x1), max(y1)


def find_widgets(doc: Doc, forms: Sequence[Kept] | None = None) -> FormWidgets:
    """Find the fields of fillable forms that are in a Doc.

    Of a part of a form, those are whose words are all there; and of those without words,
    the ones of pages that are there whole.

    forms: Those of the Doc, where they are known.
    """
    forms = find_forms(doc) if forms is None else forms
    shown = FormWidgets([], [], [-1] * len(doc))
    if not any(len(form.value.get("widgets", ())) for form in forms):
        return shown
    places = [_locate(token, forms) for token in doc]
    seen: list[set[int]] = [set() for _ in forms]
    for number, i in (place for located in places for place in located):
        seen[number].add(i)
    numbers: dict[tuple[int, int], int] = {}
    for number, form in enumerate(forms):
        for i in _list_whole(form, seen[number]):
            numbers[number, i] = len(shown.widgets)
            shown.widgets.append(form.value["widgets"][i])
            shown.forms.append(number)
    for token_number, located in enumerate(places):
        owners = {(own, _get_owner(forms[own], i)) for own, i in located}
        if len(owners) == 1:
            shown.owners[token_number] = numbers.get(owners.pop(), -1)
    return shown


def _list_whole(form: Kept, seen: set[int]) -> list[int]:
    """List the fields of a form that a Doc has whole.

    seen: The words of the form that the Doc has.
    """
    columns = form.value
    pages, owners = set(), set()
    for i, number in enumerate(columns["numbers"]):
        # What ends a line has no box, and is in no field.
        if i not in seen and len(columns["boxes"][i]):
            pages.add(number)
            owners.add(_get_owner(form, i))
    is_whole = not pages
    own = set(columns.get("owners", ()))
    with_words = set(columns["numbers"])
    return [
        i
        for i, widget in enumerate(columns.get("widgets", ()))
        if is_whole
        or (
            i not in owners
            if i in own
            else widget["page"] in with_words and widget["page"] not in pages
        )
    ]


def _get_owner(form: Kept, i: int) -> int:
    owners = form.value.get("owners", ())
    return int(owners[i]) if len(owners) else -1


def _locate(token: Token, forms: Sequence[Kept]) -> list[tuple[int, int]]:
    """Find the words that a token is made of: which form's, and which of them."""
    matches = [(number, _find_in(token, form)) for number, form in enumerate(forms)]
    matches = [(number, words) for number, words in matches if words]
    if len(matches) > 1:
        matches = _choose(token, forms, matches)
    return [(number, i) for number, words in matches for i in words]


def _find_in(token: Token, form: Kept) -> range:
    columns, place = form.value, token.idx - form.start
    starts, lengths = columns["starts"], columns["lengths"]
    first = max(bisect_right(starts, place) - 1, 0)
    if (
        first < len(starts)
        and starts[first] == place
        and columns["words"][first] == token.orth
    ):
        return range(first, first + 1)
    # The token was merged of some, or is a part of one.
    if first < len(starts) and starts[first] + lengths[first] <= place:
        first += 1
    stop = bisect_left(starts, place + len(token))
    for i in range(first, stop):
        start = form.start + starts[i]
        text = read_chars(token.doc, start, start + lengths[i])
        if not text or sign(text) != columns["words"][i]:
            return range(0)
    return range(first, stop)


def _choose(
    token: Token, forms: Sequence[Kept], matches: list[tuple[int, range]]
) -> list[tuple[int, range]]:
    """Choose the form that has far more of the words around a token; none if none has."""
    runs = [(_count_run(token, forms[n]), n, words) for n, words in matches]
    runs.sort(reverse=True, key=lambda run: run[0])
    if runs[0][0] < MANY or runs[1][0] > FEW:
        first, second = (
            [_read(forms, number, i)[:4] for i in words]
            for _, number, words in runs[:2]
        )
        if first != second:
            return []
    return [runs[0][1:]]


def _count_run(token: Token, form: Kept) -> int:
    n_words = 0
    for step in (1, -1):
        for i in range(token.i + step, token.i + step * (REACH + 1), step):
            if not 0 <= i < len(token.doc) or not _find_in(token.doc[i], form):
                break
            n_words += 1
    return n_words


def _read(forms: Sequence[Kept], number: int, i: int) -> FormWord:
    form = forms[number].value
    confidence, page = float(form["confidences"][i]), int(form["numbers"][i])
    return FormWord(
        cast(Box | None, tuple(form["boxes"][i]) or None),
        page,
        confidence if confidence >= 0 else None,
        form["pages"][page - 1],
        number,
        _get_owner(forms[number], i),
    )


def _upgrade(doc: Doc, old: dict[str, Any]) -> dict[str, Any]:
    """Convert the data that earlier versions kept by the number of the token."""
    if len(old.get("boxes", ())) == len(doc):
        return {**old, **_locate_tokens(doc)}
    # Retokenized since: its words can't be matched any more.
    names = ("boxes", "confidences", "numbers", "owners", "widgets")
    return {**old, **{key: [] for key in (*names, "starts", "lengths", "words")}}


def _locate_tokens(doc: Doc) -> dict[str, list[int]]:
    return {
        "starts": [token.idx for token in doc],
        "lengths": [len(token) for token in doc],
        "words": [token.orth for token in doc],
    }


def _is_form_key(name: str) -> bool:
    return name.startswith(f"{FORM_KEY}.")
