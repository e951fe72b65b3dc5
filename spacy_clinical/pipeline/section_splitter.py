from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import SimpleFrozenDict

from spacy_clinical.errors import CodedValueError, Errors, name_type
from spacy_clinical.extensions.attributes import (
    SECTIONS_KEY,
    add_to,
)
from spacy_clinical.extensions.doc_data import read_text
from spacy_clinical.pipeline.bases.rule_pipe import RulePipe
from spacy_clinical.sections.cuts import Section
from spacy_clinical.sections.groups import TitleGroup
from spacy_clinical.sections.labels import OWN_LABELS, list_own_labels
from spacy_clinical.sections.spans import write_sections
from spacy_clinical.sections.split import MAX_DEPTH, split_sections
from spacy_clinical.sections.state import OTHER, PREAMBLE
from spacy_clinical.sections.titles import SectionTitles
from spacy_clinical.sections.vocabulary import load_titles
from spacy_clinical.types import list_names

FORMAT = 1


@Language.factory(
    "clinical_section_splitter",
    assigns=[
        *("doc.spans", "token._.section", "span._.section", "span._.section_parent"),
        *("span._.section_title", "span._.section_body", "span._.score"),
        "doc._.clinical_provenance",
    ],
    default_config={
        "titles": {},
        "scorer": {"@scorers": "spacy-clinical.section_scorer.v1"},
    },
    default_score_weights={"sections_f": 1.0, "sections_p": 0.0, "sections_r": 0.0},
)
class ClinicalSectionSplitter(RulePipe):
    """Split clinical notes into sections and subsections at their titles."""

    SETTINGS = (
        "categories",
        "min_confidence",
        "unknown_titles",
        "max_depth",
        "overwrite",
    )
    PART, FILE = "rules", "rules.json"

    def __init__(
        self,
        name: str = "clinical_section_splitter",
        *,
        nlp: Language | None = None,
        categories: str | Sequence[str] | None = None,
        min_confidence: float = 0.5,
        unknown_titles: bool = True,
        max_depth: int = MAX_DEPTH,
        titles: Mapping[str, str | Sequence[str]] = SimpleFrozenDict(),
        extend_titles: bool = True,
        overwrite: bool = True,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        """Set up the component.

        nlp: Not used; spaCy gives it to each component.
        categories: Labels to use; None for all. A title of another category still ends
            a section, and starts one with the label `other`.
        min_confidence (0 to 1): Minimum confidence of a title that starts a section.
        unknown_titles: Whether titles outside the vocabulary also start sections.
        max_depth: 1 for sections only, 2 with their subsections, 3 with the subsections
            of these.
        titles: More titles by label. Labels may be new.
        extend_titles: Whether to add `titles` to the shipped ones instead of replacing
            them.
        overwrite: Whether to replace sections that the Doc already has.
        scorer: Scoring method. The default compares starts and labels.
        RAISES ValueError: C103 or C104, if a setting is out of range.
        """
        self.name = name
        self.categories = None if categories is None else list_names(categories)
        self.min_confidence = min_confidence
        self.unknown_titles = unknown_titles
        self.max_depth = max_depth
        self.overwrite = overwrite
        self.scorer = scorer
        self.titles = load_titles()
        if not extend_titles:
            self.titles = SectionTitles([])
        for label, phrases in titles.items():
            self.add_titles(label, phrases)
        # Digest of the titles, and the labels that aren't shipped ones.
        self._own_labels: tuple[str, list[str]] = ("", [])
        self._check_settings()

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels that sections may have."""
        labels = self.titles.labels if self.categories is None else self.categories
        return tuple(dict.fromkeys((*labels, PREAMBLE, OTHER)))

    def add_titles(
        self,
        label: str,
        titles: str | Iterable[str],
        *,
        loinc: str = "",
        is_part: bool = False,
        within: str | Iterable[str] = (),
    ) -> None:
        """Add titles of a section label. They override earlier meanings of a title.

        label: A known label or a new one, in snake_case.
        titles: One or several titles.
        loinc: LOINC section code of a new label, or another code for a known one.
        is_part: Whether the titles start subsections instead of sections.
        within: Labels of sections in which an inline title starts a subsection.
        RAISES ValueError: C101 or C102, if the label or a title can't be used.
        """
        group = TitleGroup(
            label,
            tuple(list_names(titles)),
            loinc,
            "",
            is_part,
            frozenset(list_names(within)),
        )
        self.titles.add(group)

    def predict(self, docs: Iterable[Doc]) -> list[list[Section]]:
        """Find the sections and subsections of each Doc, in characters."""
        return [
            split_sections(
                read_text(doc),
                self.titles,
                categories=self.categories,
                min_confidence=self.min_confidence,
                unknown_titles=self.unknown_titles,
                max_depth=self.max_depth,
            )
            for doc in docs
        ]

    def set_annotations(
        self, docs: Iterable[Doc], sections: Iterable[list[Section]]
    ) -> None:
        """Write sections, subsections and titles as span groups.

        A border inside a token moves to the token's start.
        """
        for doc, doc_sections in zip(docs, sections, strict=True):
            if self.overwrite or not doc.spans.get(SECTIONS_KEY):
                write_sections(doc, doc_sections)
                add_to(doc, "clinical_provenance", self.name, self._describe_rules())

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]] | None = None,
        *,
        nlp: Language | None = None,
        titles: Mapping[str, str | Iterable[str]] = SimpleFrozenDict(),
    ) -> None:
        """Add titles from the config's [initialize] block.

        get_examples: Not used: nothing is learned.
        nlp: Not used.
        titles: More titles by label.
        """
        for label, phrases in titles.items():
            self.add_titles(label, phrases)

    def _describe_rules(self) -> dict[str, Any]:
        """Describe the rules for the provenance, with labels that aren't shipped."""
        if self._own_labels[0] != self.titles.digest:
            self._own_labels = self.titles.digest, list_own_labels(self.titles)
        digest, labels = self._own_labels
        own = {OWN_LABELS: labels} if labels else {}
        return {"rules": digest, "rules_version": self.titles.version, **own}

    def _check_settings(self) -> None:
        unknown = set(self.categories or ()) - {*self.titles.labels, PREAMBLE, OTHER}
        if unknown:
            raise CodedValueError(
                Errors.C103.format(
                    name=self.name,
                    unknown=", ".join(sorted(unknown)),
                    known=", ".join(self.titles.labels),
                )
            )
        for setting, high in (("min_confidence", 1), ("max_depth", MAX_DEPTH)):
            value, low = getattr(self, setting), int(setting == "max_depth")
            if not low <= value <= high:
                raise CodedValueError(
                    Errors.C104.format(
                        value=value,
                        setting=setting,
                        name=self.name,
                        low=low,
                        high=high,
                    )
                )

    # Saving

    def save(self) -> dict[str, Any]:
        settings = super().save()
        return {"format": FORMAT, "settings": settings, "titles": self.titles.to_dict()}

    def restore(self, saved: Any) -> None:
        """Restore saved rules and settings. Nothing changes if it fails.

        RAISES ValueError: C105, if a later version of the package saved them; C026, if
            they are damaged.
        """
        self._check_format(saved, FORMAT)
        try:
            titles = load_titles()
            # Building the table takes half of the time in which a pipeline is loaded.
            if saved["titles"] != titles.to_dict():
                titles = SectionTitles.from_dict(saved["titles"])
            settings = saved["settings"]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"its titles are damaged: {name_type(error)}"
            raise CodedValueError(
                Errors.C026.format(name=self.name, reason=reason)
            ) from None
        super().restore(settings)
        self.titles = titles
        self._check_settings()
