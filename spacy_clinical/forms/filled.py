"""Make the fields of fillable forms, with the labels that are printed beside them.

The values come from the file; only the questions must be found, by their places.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from spacy.tokens import Doc

from spacy_clinical.extensions.form_data import (
    FormWord,
    cover_boxes,
    find_forms,
    find_widgets,
    find_words,
)
from spacy_clinical.forms.fields import FormField, PlacedField, clean_key
from spacy_clinical.forms.labels import ANSWER, QUESTION, Labelled
from spacy_clinical.forms.linking import Link
from spacy_clinical.forms.pages import Box, cover
from spacy_clinical.forms.questions import (
    BY_HINT,
    BY_LABEL,
    BY_NAME,
    Place,
    Question,
    Text,
    ask,
    clean_name,
)
from spacy_clinical.forms.segments import Segment, is_leader, trim_leader
from spacy_clinical.forms.tickboxes import TickLabels, find_options, find_questions

LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Filled:
    """The parts, links and fields of a fillable form that need no model.

    parts: Labels and what is written, in the Doc's order.
    links: Between them.
    fields: Each with where it stands.
    tokens: That no model has to label: those of parts, and of options not chosen.
    """

    parts: list[Labelled]
    links: list[Link]
    tokens: set[int]
    fields: list[PlacedField]


def find_filled(doc: Doc, segments: Sequence[Segment]) -> Filled | None:
    """Find the questions of a fillable form's fields.

    segments: The Doc's.
    RETURNS: None for other forms.
    """
    places = _list_places(doc)
    if not places:
        return None
    words = _list_words(doc)
    written = {i for place in places for i in place.tokens}
    texts = _list_texts(doc, segments, words, written)
    builder = _Builder(doc, words)
    for page in sorted({(place.form, place.page) for place in places}):
        own = {i: p for i, p in enumerate(places) if (p.form, p.page) == page}
        ticks = {i: p for i, p in own.items() if p.kind in ("checkbox", "radio")}
        lines = {i: p for i, p in own.items() if i not in ticks}
        walls = [place.box for place in own.values()]
        on_this = texts.get(page, [])
        labels = find_options(ticks, on_this, walls)
        questions = ask(lines, on_this, list(own.values()), labels.used)
        asked = [q.text for q in questions.values() if q.text is not None]
        labels.used.update(text.segment.start for text in asked)
        find_questions(labels)
        for i, place in lines.items():
            builder.add_text(place, questions[i])
        _add_ticks(builder, labels)
    return builder.finish()


def has_widgets(doc: Doc) -> bool:
    """Check whether a Doc is of a fillable form."""
    return any(len(form.value.get("widgets", ())) for form in find_forms(doc))


def cut_parts(parts: Sequence[Labelled], tokens: Collection[int]) -> list[Labelled]:
    """Cut tokens out of predicted parts."""
    left = []
    for part in parts:
        own = (i for i in range(part.start, part.end) if i not in tokens)
        left += [part._replace(start=s, end=e) for s, e in _find_runs(own)]
    return left


def merge_parts(
    parts: Sequence[Labelled], links: Sequence[Link], filled: Filled
) -> tuple[list[Labelled], list[Link]]:
    """Merge predicted parts and those of a fillable form in the Doc's order, with links."""
    both = [*parts, *filled.parts]
    order = sorted(range(len(both)), key=lambda i: both[i].start)
    numbers = {i: number for number, i in enumerate(order)}
    offset = len(parts)
    joined = [
        *(Link(numbers[q], numbers[a], score) for q, a, score in links),
        *(
            Link(numbers[q + offset], numbers[a + offset], s)
            for q, a, s in filled.links
        ),
    ]
    return [both[i] for i in order], sorted(joined, key=lambda link: link.answer)


def _list_places(doc: Doc) -> list[Place]:
    shown = find_widgets(doc)
    places = []
    for widget, form in zip(shown.widgets, shown.forms, strict=True):
        facts = {key: widget[key] for key in ("kind", "name", "hint", "value")}
        page, box = int(widget["page"]), tuple(widget["box"])
        places.append(Place(**facts, form=form, page=page, box=box))
    for i, owner in enumerate(shown.owners):
        if owner >= 0:
            places[owner].tokens.append(i)
    return places


def _list_words(doc: Doc) -> list[FormWord | None]:
    """Find the word of each token; one around all of them, where there are several."""
    forms = find_forms(doc)
    words: list[FormWord | None] = []
    for token in doc:
        own = find_words(token, forms)
        # Those on the first one's page.
        own = [word for word in own if word[1::3] == own[0][1::3]]
        words.append(own[0]._replace(box=_cover(own)) if own else None)
    return words


def _cover(words: Iterable[FormWord | None]) -> Box | None:
    """Make the box around words, if there are some with boxes."""
    return cover_boxes(word.box for word in words if word is not None)


def _list_texts(
    doc: Doc,
    segments: Sequence[Segment],
    words: Sequence[FormWord | None],
    written: Collection[int],
) -> dict[tuple[int, int], list[Text]]:
    """List the printed texts of each page of each form.

    written (tokens): What is not printed.
    """
    texts: dict[tuple[int, int], list[Text]] = defaultdict(list)
    for segment in segments:
        trimmed = trim_leader(doc, segment)
        is_own = trimmed.start in written
        if is_own or is_leader(trimmed.text) or not LETTER.search(trimmed.text):
            continue
        first, box = words[trimmed.start], _cover(words[trimmed.start : trimmed.end])
        if first is not None and box is not None:
            texts[first.form, first.number].append(Text(trimmed, box))
    return texts


def _add_ticks(builder: "_Builder", labels: TickLabels) -> None:
    """Add a field for each checkbox and for each group of radio buttons."""
    ticks = labels.ticks
    groups: dict[str, list[int]] = defaultdict(list)
    for i, place in ticks.items():
        if place.kind == "radio":
            groups[place.name].append(i)
        else:
            question, option = labels.questions.get(i), labels.options.get(i)
            key = clean_key(question.segment.text) if question else ""
            named = clean_key(option.segment.text) if option else ""
            score = BY_LABEL
            if not named and not key:
                named = clean_key(place.hint) or clean_name(place.name)
                score = BY_HINT if place.hint else BY_NAME
            builder.add_tick(place, key, named, question, option, score)
    for name, members in groups.items():
        asked = [labels.questions[i] for i in members if i in labels.questions]
        question = asked[0] if asked else None
        hints = {ticks[i].hint for i in members}
        hint = hints.pop() if len(hints) == 1 else ""
        score = BY_LABEL if question else BY_HINT if hint else BY_NAME
        key = clean_key(question.segment.text) if question else clean_key(hint)
        chosen = [(ticks[i], labels.options.get(i)) for i in members if ticks[i].value]
        for i in members:
            label = labels.options.get(i)
            builder.tokens.update([*ticks[i].tokens, *_list_tokens(label)])
        builder.add_choice(
            [ticks[i] for i in members],
            key or clean_name(name),
            question,
            chosen,
            score,
        )


class _Builder:
    """Collect the parts, links and fields of a form."""

    def __init__(self, doc: Doc, words: Sequence[FormWord | None]) -> None:
        self.doc = doc
        self.words = words
        self.pages: dict[tuple[int, int], list[int]] = defaultdict(list)
        for i, word in enumerate(words):
            if word is not None:
                self.pages[word.form, word.number].append(i)
        self.labels: dict[tuple[int, int], tuple[str, float]] = {}
        self.pairs: list[tuple[tuple[int, int], tuple[int, int], float]] = []
        self.fields: list[PlacedField] = []
        self.tokens: set[int] = set()

    def add_text(self, place: Place, question: Question) -> None:
        """Add a field to write on."""
        own = self._add_answer(place.tokens, question.text, question.score)
        written = (self.words[i] for start, end in own for i in range(start, end))
        box = _cover(written) or (place.box if place.value else None)
        named = question.key, "", question.score
        self._add_field(place, named, place.value, box, question.text, place.tokens)

    def add_tick(
        self,
        place: Place,
        key: str,
        option: str,
        question: Text | None,
        label: Text | None,
        score: float,
    ) -> None:
        """Add a checkbox, with the words beside it."""
        tokens = [*place.tokens, *_list_tokens(label)]
        self._add_answer(sorted(tokens), question, score)
        box = cover([place.box, label.box]) if label else place.box
        named = key, option, score
        self._add_field(place, named, bool(place.value), box, question, tokens)

    def add_choice(
        self,
        places: Sequence[Place],
        key: str,
        question: Text | None,
        chosen: Sequence[tuple[Place, Text | None]],
        score: float,
    ) -> None:
        """Add a group of which one may be chosen. The others are read, too, but are no
        answers."""
        self._add_answer((), question, score)
        options: list[str] = []
        boxes: list[Box | None] = []
        used = [token for place in places for token in place.tokens]
        for place, label in chosen:
            tokens = sorted([*place.tokens, *_list_tokens(label)])
            used += tokens
            self._add_answer(tokens, question, score)
            printed = clean_key(label.segment.text) if label else ""
            options.append(printed or place.hint or place.value)
            boxes += [place.box, label.box if label else None]
        value, box = "\n".join(dict.fromkeys(options)), cover_boxes(boxes)
        self._add_field(places[0], (key, "", score), value, box, question, used)

    def finish(self) -> Filled:
        order = sorted(self.labels)
        numbers = {part: i for i, part in enumerate(order)}
        parts = [Labelled(*part, *self.labels[part]) for part in order]
        links = [Link(numbers[q], numbers[a], s) for q, a, s in self.pairs]
        links.sort(key=lambda link: link.answer)
        inside = {i for part in parts for i in range(part.start, part.end)}
        return Filled(parts, links, self.tokens | inside, self.fields)

    def _add_answer(
        self, tokens: Iterable[int], question: Text | None, score: float
    ) -> list[tuple[int, int]]:
        """Label what is written, and the question; link them."""
        own = list(_find_runs(tokens))
        asked: tuple[int, int] | None = None
        if question is not None:
            asked = question.segment.start, question.segment.end
            self.labels[asked] = QUESTION, score
        for part in own:
            self.labels[part] = ANSWER, score
            if asked is not None:
                self.pairs.append((asked, part, score))
        return own

    def _add_field(
        self,
        place: Place,
        named: tuple[str, str, float],
        value: str | bool,
        value_box: Box | None,
        question: Text | None,
        tokens: Sequence[int],
    ) -> None:
        """Add a field.

        named: Its key, its option, and their score.
        tokens: That it comes from, besides those of its question.
        """
        key, option, score = named
        if question is not None:
            start = question.segment.start
        elif place.tokens:
            start = place.tokens[0]
        else:
            start = self._find_start(place)
        field: FormField = {
            "key": key,
            "option": option,
            "value": value,
            "page": place.page,
            "key_box": None if question is None else question.box,
            "value_box": value_box,
            "score": score,
            "group": None,
        }
        used = [*_list_tokens(question), *tokens]
        # A field without any tokens has the place of its neighbor.
        used = used or [max(min(start, len(self.doc) - 1), 0)]
        first, last = min(used), max(used)
        first_char = last_char = 0
        if len(self.doc):
            text = self.doc[first : last + 1]
            first_char, last_char = text.start_char, text.end_char
        self.fields.append(PlacedField(field, start, first_char, last_char))

    def _find_start(self, place: Place) -> int:
        """Find the first token below the top of a field that nothing is written in."""
        page = place.form, place.page
        tokens = self.pages.get(page, ())
        for i in tokens:
            word = self.words[i]
            if word is not None and word.box and word.box[1] >= place.box[1]:
                return i
        if tokens:
            return tokens[-1] + 1
        later = (own[0] for key, own in self.pages.items() if key > page)
        return min(later, default=len(self.doc))


def _list_tokens(text: Text | None) -> list[int]:
    return [] if text is None else list(range(text.segment.start, text.segment.end))


def _find_runs(tokens: Iterable[int]) -> Iterable[tuple[int, int]]:
    """Find runs of tokens without others between them."""
    numbered = enumerate(sorted(set(tokens)))
    for _, run in groupby(numbered, key=lambda pair: pair[1] - pair[0]):
        own = [token for _, token in run]
        yield own[0], own[-1] + 1
