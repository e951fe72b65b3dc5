"""What components share that decide by a threshold for each label."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy
import srsly
from spacy.training import Example

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.heads.thresholds import Tuned, tune_thresholds
from spacy_clinical.pipeline.bases.document_head import DocumentHeadPipe


class TunedHeadPipe(DocumentHeadPipe):
    """A component over a document classifier whose labels have thresholds.

    `cfg["thresholds"]` holds those of single labels.

    tuned: Whether they are used.
    """

    tuned: bool

    @property
    def thresholds(self) -> dict[str, float]:
        """The thresholds of single labels, if they are to be used."""
        return dict(self.cfg["thresholds"]) if self.tuned else {}

    def set_thresholds(self, thresholds: Mapping[str, float]) -> None:
        """Give single labels thresholds of their own, in place of those they had.

        They are saved with the pipeline.

        RAISES ValueError: C401 and C406, for values and labels that don't do.
        """
        self.prepare_head()
        written = {self.write_label(key): value for key, value in thresholds.items()}
        known = set(self.labels)
        unknown = [label for label in written if label not in known]
        if unknown:
            raise CodedValueError(
                Errors.C406.format(name=self.name, n=len(unknown), label=unknown[0])
            )
        for label, value in written.items():
            if not 0 <= value <= 1:
                raise CodedValueError(
                    Errors.C401.format(
                        value=value, setting=f"thresholds[{label}]", name=self.name
                    )
                )
        self.cfg["thresholds"] = written

    def read_thresholds(self, path: str | Path) -> None:
        """Read the thresholds of single labels from a JSON file.

        RAISES ValueError: C407, if it can't be read, and as `set_thresholds`.
        """
        try:
            found = srsly.read_json(Path(path))
            numbers = {str(label): float(value) for label, value in found.items()}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            reason = type(error).__name__
            raise CodedValueError(
                Errors.C407.format(path=path, reason=reason)
            ) from None
        self.set_thresholds(numbers)

    def tune(self, examples: Iterable[Example], *, min_positives: int = 20) -> Tuned:
        """Find the thresholds with the best F1 on labelled notes, and keep them.

        A label that enough notes have gets a threshold of its own, all others the one
        that is best for all decisions together.

        examples: They are annotated anew. Use none that the model has learned from.
        min_positives: Notes that must have a label.
        """
        examples = list(examples)
        self.prepare_head()
        labels = list(self.labels)
        docs = [eg.predicted.copy() for eg in examples]
        scores = numpy.zeros((len(docs), len(labels)))
        for i, doc in enumerate(self.pipe(docs)):
            scores[i] = [doc.cats.get(label, 0.0) for label in labels]
        gold = numpy.stack([self.read_gold(eg, labels) for eg in examples])
        found = tune_thresholds(
            labels, scores, numpy.nan_to_num(gold), min_positives=min_positives
        )
        self.set_thresholds({x: found.by_label.get(x, found.common) for x in labels})
        return found
