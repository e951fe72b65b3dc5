"""Write texts as clinicians type notes: the augmenter."""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

from spacy.language import Language
from spacy.training import Example

from spacy_clinical.concepts.abbreviations import (
    DEFAULT_ABBREVIATIONS,
    load_abbreviations,
)
from spacy_clinical.corpora.note_style.docs import have_same_text, make_doc, make_draft
from spacy_clinical.corpora.note_style.edits import Draft
from spacy_clinical.corpora.note_style.layout import (
    make_bullets,
    make_lists,
    wrap_lines,
)
from spacy_clinical.corpora.note_style.lines import add_line, list_labels
from spacy_clinical.corpora.note_style.names import check_labels, read_names
from spacy_clinical.corpora.note_style.swaps import list_short_names, swap_names
from spacy_clinical.corpora.note_style.telegraphic import shorten_sentences
from spacy_clinical.corpora.note_style.typos import make_typos
from spacy_clinical.corpora.note_style.wording import Wording
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.extensions.form_data import find_forms


class NoteStyleAugmenter:
    """Augmenter that writes texts as clinicians type notes.

    Entities, other spans and their attributes stay at what they are about. Annotations
    of single tokens, such as tags, are not kept. Forms stay as they are.
    """

    def __init__(
        self,
        *,
        level: float = 0.5,
        keep_original: bool = False,
        abbreviate: float = 0.5,
        expand: float = 0.1,
        phrases: float = 0.5,
        drugs: float = 0.3,
        doses: float = 0.5,
        run_together: float = 0.1,
        swap: float = 0.2,
        swap_short: float = 0.1,
        telegraphic: float = 0.4,
        lists: float = 0.3,
        lines: float = 0.1,
        bullets: float = 0.1,
        wrap: float = 0.1,
        lower: float = 0.1,
        upper: float = 0.03,
        typos: float = 0.01,
        names: Mapping[str, str] | None = None,
        abbreviations: str | None = None,
    ) -> None:
        """Set up the augmenter. All settings but the last two and `keep_original` are
        probabilities.

        level: Of an example to be changed.
        keep_original: Whether the unchanged example comes before the changed one.
        abbreviate: Of each long form to become a short one: "hypertension", "HTN".
        expand: Of each short form to be written out.
        phrases: Of words that name no entity to become short: "s/p", "c/b", "w/",
            "2/2", "h/o", "63yo", "x 3 days".
        drugs: Of each drug to get a short or brand name: "furosemide", "lasix".
        doses: Of doses, frequencies and routes to be written as they are typed:
            "25 bid", "1g q24".
        run_together: Of a number and its unit to be written together: "10mg".
        swap: Of each entity to get another name of its type, if there are `names`.
        swap_short: Of each entity to get a short form of its type instead, whatever it
            was: "pheochromocytoma", "CHF".
        telegraphic: Of a text to lose its articles, subjects and copulas.
        lists: Of a sentence with several findings of a kind to become a list:
            "PMH: HTN, CAD".
        lines: Of a text to get one more line of entities that aren't in it, of short
            forms and `names`: "Meds: ASA, lasix". It only has labels that the corpus
            has had so far.
        bullets: Of a text to have its sentences as items: "- x", "1. x".
        wrap: Of a text to be wrapped, at any column.
        lower: Of a text to be in small letters.
        upper: Of a text to be in capitals.
        typos: Of each longer word to be mistyped.
        names: Text files with a name on each line, by the label of what they name.
        abbreviations: File to use instead of resources/clinical_abbreviations.tsv.
        RAISES ValueError: C864, if the abbreviations can't be read; C865, if names
            can't be read; C866, if a probability is no such number.
        """
        self.rates = {
            "abbreviate": abbreviate,
            "expand": expand,
            "phrases": phrases,
            "drugs": drugs,
            "doses": doses,
            "run_together": run_together,
            "swap": swap,
            "swap_short": swap_short,
            "telegraphic": telegraphic,
            "lists": lists,
            "lines": lines,
            "bullets": bullets,
            "wrap": wrap,
            "lower": lower,
            "upper": upper,
            "typos": typos,
        }
        for setting, value in {"level": level, **self.rates}.items():
            if not 0 <= value <= 1:
                raise CodedValueError(Errors.C866.format(setting=setting, value=value))
        self.level = level
        self.keep_original = keep_original
        self.names = read_names(names or {})
        path = Path(abbreviations) if abbreviations else DEFAULT_ABBREVIATIONS
        inventory = load_abbreviations(path)
        self._wording = Wording(inventory, self.rates)
        self._short_names = list_short_names(inventory)
        self._seen: set[str] = set()

    def __call__(self, nlp: Language, example: Example) -> Iterator[Example]:
        """Change an example, or leave it as it is.

        nlp: The pipeline whose tokenizer to use.
        YIELDS: The example, the changed one, or both.
        RAISES ValueError: C867, if there are names for a label that isn't known.
        """
        self._seen.update(ent.label_ for ent in example.reference.ents)
        if self.names:
            check_labels(self.names, self._seen, nlp)
        changed = None
        if random.random() < self.level:
            changed = self._change(nlp, example)
        if changed is None or self.keep_original:
            yield example
        if changed is not None:
            yield changed

    def _change(self, nlp: Language, example: Example) -> Example | None:
        reference, predicted = example.reference, example.predicted
        if not len(reference) or find_forms(reference):
            return None
        is_same = have_same_text(reference, predicted)
        draft = make_draft([reference, predicted] if is_same else [reference])
        self.rewrite(draft, has_cats=bool(reference.cats))
        if not draft.is_changed or not draft.text.strip():
            return None
        doc = make_doc(nlp, reference, draft)
        plain = make_doc(nlp, predicted, draft) if is_same else nlp.make_doc(draft.text)
        return Example(plain, doc)

    def rewrite(self, draft: Draft, *, has_cats: bool = False) -> None:
        """Rewrite a text, in place.

        draft: The text with its entities.
        has_cats: Whether the text has categories. Then no other names are put into it,
            as they may be of other categories.
        """
        rates, wording = self.rates, self._wording
        if rates["swap_short"] and not has_cats:
            draft.apply(swap_names(draft, self._short_names, rates["swap_short"]))
        if self.names and not has_cats:
            draft.apply(swap_names(draft, self.names, rates["swap"]))
        if _toss(rates["telegraphic"]):
            draft.apply(shorten_sentences(draft))
        if rates["lists"]:
            draft.apply(make_lists(draft, rates["lists"]))
        if draft.entities and not has_cats and _toss(rates["lines"]):
            pools = [self._short_names, self._short_names, self.names]
            add_line(draft, pools, list_labels(self._seen))
        draft.apply(wording.find_phrases(draft))
        draft.apply(wording.find_doses(draft))
        draft.apply([*wording.shorten(draft), *wording.lengthen(draft)])
        if _toss(rates["bullets"]):
            draft.apply(make_bullets(draft))
        if _toss(rates["wrap"]):
            draft.apply(wrap_lines(draft))
        if rates["typos"]:
            draft.apply(make_typos(draft, rates["typos"]))
        if _toss(rates["lower"]):
            draft.change_letters(str.lower)
        elif _toss(rates["upper"]):
            draft.change_letters(str.upper)


def _toss(rate: float) -> bool:
    return random.random() < rate
