"""Base class of components that have a threshold for each label."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy
import srsly
from spacy.training import Example

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.heads.thresholds import Tuned, tune_thresholds
from spacy_clinical.pipeline.bases.document_head import DocumentHeadPipe


class TunedHeadPipe(DocumentHeadPipe):
    """Base class of document classifiers with a threshold for each label.

    `cfg["thresholds"]` has the thresholds of single labels.

    tuned: Whether to use them.
    """

    tuned: bool

    @property
    def thresholds(self) -> dict[str, float]:
        """Thresholds of single labels; none if they aren't used."""
        return dict(self.cfg["thresholds"]) if self.tuned else {}

    def set_thresholds(self, thresholds: Mapping[str, float]) -> None:
        """Set the thresholds of single labels. They replace all earlier ones.

        They are saved with the pipeline.

        RAISES ValueError: C401, if a value isn't between 0 and 1; C406, if the model
            doesn't predict a label.
        """
        self.prepare_head()
        written = {self.write_label(key): value for key, value in thresholds.items()}
        labels = set(self.labels)
        unknown = [label for label in written if label not in labels]
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

        RAISES ValueError: C407, if it can't be read; the errors of `set_thresholds`.
        """
        try:
            saved = srsly.read_json(Path(path))
            numbers = {str(label): float(value) for label, value in saved.items()}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            reason = type(error).__name__
            raise CodedValueError(
                Errors.C407.format(path=path, reason=reason)
            ) from None
        self.set_thresholds(numbers)

    def tune(self, examples: Iterable[Example], *, min_positives: int = 20) -> Tuned:
        """Find the thresholds with the best F1 on labelled notes, and set them.

        A label in enough notes gets its own threshold. All others share the threshold
        that is best over all decisions.

        examples: Labelled notes, not those of the training. They are annotated again.
        min_positives: Minimum number of notes with a label that gets its own threshold.
        """
        examples = list(examples)
        self.prepare_head()
        labels = list(self.labels)
        docs = [eg.predicted.copy() for eg in examples]
        scores = numpy.zeros((len(docs), len(labels)))
        for i, doc in enumerate(self.pipe(docs)):
            scores[i] = [doc.cats.get(label, 0.0) for label in labels]
        gold = numpy.stack([self.read_gold(eg, labels) for eg in examples])
        tuned = tune_thresholds(
            labels, scores, numpy.nan_to_num(gold), min_positives=min_positives
        )
        self.set_thresholds({x: tuned.by_label.get(x, tuned.common) for x in labels})
        return tuned
