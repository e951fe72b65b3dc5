from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from spacy_clinical.concepts.abbreviations import (
    NO_TYPE,
    Abbreviation,
    Abbreviations,
    load_abbreviations,
)
from spacy_clinical.concepts.resolve import (
    merge_forms,
    resolve_defined,
    resolve_undefined,
)
from spacy_clinical.errors import CodedValueError, Errors, name_type
from spacy_clinical.extensions.abbreviation_attributes import (
    ShortForm,
    drop_parts,
    set_abbreviations,
)
from spacy_clinical.extensions.attributes import add_to
from spacy_clinical.extensions.doc_data import read_text
from spacy_clinical.pipeline.bases.rule_pipe import RulePipe
from spacy_clinical.types import list_names

FORMAT = 1


@Language.factory(
    "clinical_abbreviations",
    assigns=[
        *("doc.spans", "doc._.abbreviations", "span._.long_form"),
        "doc._.clinical_provenance",
    ],
)
class ClinicalAbbreviations(RulePipe):
    """Find the abbreviations of a note, and say what each stands for: as the note defines
    it, or else as the inventory has it.

    They are in `doc.spans["abbreviations"]`. `doc._.abbreviations` lists those whose long
    form is known, and `span._.long_form` is a span: of the Doc where the long form stands
    in it, and otherwise of a Doc of its own that holds the long form only.
    """

    SETTINGS = ("use_definitions", "use_inventory", "types", "use_ents", "use_context")
    PART, FILE = "rules", "rules.json"

    def __init__(
        self,
        name: str = "clinical_abbreviations",
        *,
        nlp: Language | None = None,
        use_definitions: bool = True,
        use_inventory: bool = True,
        abbreviations: str | Path | None = None,
        extend_abbreviations: bool = True,
        types: str | Sequence[str] | None = None,
        use_ents: bool = True,
        use_context: bool = True,
    ) -> None:
        """Set up the component.

        nlp: Not used; spaCy gives it to each component.
        use_definitions: Whether to look for short forms that the note defines, "acute
            renal failure (ARF)" or "ARF (acute renal failure)". They stand for that
            wherever the note uses them.
        use_inventory: Whether to look for those of the inventory that it doesn't define.
        abbreviations: Path of an inventory in the format of the shipped one,
            resources/clinical_abbreviations.tsv.
        extend_abbreviations: Whether its readings replace those of the same short forms
            in the shipped inventory, instead of all of it.
        types: Of the readings to look for in the inventory, such as "Disease_disorder";
            None for all.
        use_ents: Whether a reading has to fit the type of the entity around it.
        use_context: Whether section, words around it and the rest of the note decide
            where a short form has several readings. Without a decision it is unknown.
        RAISES ValueError: C864, if the inventory can't be read; C920 or C922, if a
            setting can't be used.
        """
        self.name = name
        self.use_definitions = use_definitions
        self.use_inventory = use_inventory
        self.types = None if types is None else list_names(types)
        self.use_ents = use_ents
        self.use_context = use_context
        self.abbreviations = load_abbreviations()
        if abbreviations is not None:
            own = load_abbreviations(Path(abbreviations))
            shipped = self.abbreviations
            self.abbreviations = shipped.replace(own) if extend_abbreviations else own
        self._check_settings()

    def add_abbreviation(
        self,
        short: str,
        long_forms: str | Sequence[str],
        *,
        label: str = NO_TYPE,
        cues: str | Sequence[str] = (),
    ) -> None:
        """Let a short form stand for something. It replaces its readings so far.

        short: As clinicians type it. Its case counts, as it may be a word otherwise.
        long_forms: Spellings of what it stands for, the usual one first.
        label: Type of entity that it names.
        cues: Words that speak for this, should it get other readings.
        RAISES ValueError: C921, if a form is empty or the type isn't a name.
        """
        longs = tuple(list_names(long_forms))
        words = tuple(cue.lower() for cue in list_names(cues))
        row = Abbreviation(short, label, longs, is_exact=True, cues=words)
        self.abbreviations = self.abbreviations.replace([row])

    def predict(self, docs: Iterable[Doc]) -> list[list[ShortForm]]:
        """Find the short forms of each Doc, and what they stand for."""
        return [self._predict_doc(doc) for doc in docs]

    def _predict_doc(self, doc: Doc) -> list[ShortForm]:
        text = read_text(doc)
        defined: list[ShortForm] = []
        others: list[ShortForm] = []
        if self.use_definitions:
            defined = resolve_defined(doc, text, self.abbreviations)
        if self.use_inventory:
            others = resolve_undefined(
                doc,
                text,
                self.abbreviations,
                types=None if self.types is None else frozenset(self.types),
                use_ents=self.use_ents,
                use_context=self.use_context,
            )
        return drop_parts(doc, merge_forms(defined, others))

    def set_annotations(
        self, docs: Iterable[Doc], predictions: list[list[ShortForm]]
    ) -> None:
        """Write the short forms as a span group, with what they stand for in its attrs."""
        for doc, found in zip(docs, predictions, strict=True):
            set_abbreviations(doc, found)
            facts = {"rules": self.abbreviations.digest}
            add_to(doc, "clinical_provenance", self.name, facts)

    def _check_settings(self) -> None:
        if not (self.use_definitions or self.use_inventory):
            raise CodedValueError(Errors.C922.format(name=self.name))
        known = self.abbreviations.types
        unknown = set(self.types or ()).difference(known)
        if unknown:
            raise CodedValueError(
                Errors.C920.format(
                    name=self.name, unknown=min(unknown), known=", ".join(known)
                )
            )

    # Saving

    def save(self) -> dict[str, Any]:
        rows = self.abbreviations.to_list()
        return {"format": FORMAT, "settings": super().save(), "abbreviations": rows}

    def restore(self, saved: Any) -> None:
        """Restore the inventory and settings. Nothing changes if it fails.

        RAISES ValueError: C105, if a later version of the package saved them; C026, if
            they are damaged.
        """
        self._check_format(saved, FORMAT)
        try:
            abbreviations, rows = load_abbreviations(), saved["abbreviations"]
            if rows != abbreviations.to_list():
                abbreviations = Abbreviations.from_list(rows)
            settings = saved["settings"]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"its abbreviations are damaged: {name_type(error)}"
            raise CodedValueError(
                Errors.C026.format(name=self.name, reason=reason)
            ) from None
        before = self.abbreviations, super().save()
        super().restore(settings)
        self.abbreviations = abbreviations
        try:
            self._check_settings()
        except CodedValueError:
            self.abbreviations = before[0]
            super().restore(before[1])
            raise
