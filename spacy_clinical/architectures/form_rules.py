"""Model that labels the parts of forms by rules."""

from collections.abc import Callable
from typing import Any

from spacy.tokens import Doc
from thinc.api import Model

from spacy_clinical.forms.labels import Labelled
from spacy_clinical.forms.rules import label_by_rules


def build_form_rules() -> Model[list[Doc], list[list[Labelled]]]:
    """Build a model that labels the parts of forms by rules. It can't be trained."""
    return Model("form_rules", label_forms)


def label_forms(
    model: Model[list[Doc], list[list[Labelled]]], docs: list[Doc], is_train: bool
) -> tuple[list[list[Labelled]], Callable[[Any], list[Doc]]]:
    """Label the headers, questions and answers of each Doc."""
    return [label_by_rules(doc) for doc in docs], lambda d_parts: docs
