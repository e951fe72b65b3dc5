"""Attribution of a document classifier's scores to wordpieces."""

from collections.abc import Sequence
from typing import TypeAlias

from spacy_clinical.architectures.document_classifier import DocumentClassifier
from spacy_clinical.architectures.document_layers import find_input_gradient
from spacy_clinical.architectures.encoder import get_shim, plan_for
from spacy_clinical.encoders.attribution import attribute
from spacy_clinical.pieces.pool import Summary, backprop_summary, summarize
from spacy_clinical.pieces.text import Text
from spacy_clinical.types import Floats2d

# Start and end of a wordpiece in the Doc (characters), and its share of a logit.
Share: TypeAlias = tuple[int, int, float]


def explain(
    model: DocumentClassifier,
    text: Text,
    column: int,
    windows: Sequence[int],
    *,
    steps: int,
) -> list[Share]:
    """Attribute the logits of a label in some windows to their wordpieces.

    The shares of special tokens and of words that are not in the Doc are left out.

    model: A model over a checkpoint.
    text: The text whose windows to explain.
    column: Index of the label among all columns of the head.
    windows: Indices of the windows.
    steps: See `encoders.attribution.attribute`.
    """
    hidden, output = model.get_ref("hidden"), model.get_ref("output")
    summary: Summary = model.get_ref("reader").attrs["summary"]
    shim = get_shim(model.get_ref("encoder"))
    plan = plan_for(shim, [text])

    def backprop_score(rows: Floats2d) -> Floats2d:
        x = summarize(rows, summary)
        d_x = find_input_gradient(hidden, output, x, column)
        return backprop_summary(d_x, rows, summary)

    shares = []
    for i in windows:
        [framed], [n_before] = shim.frame([plan.inputs[i]])
        of_window = attribute(shim.runtime, framed, backprop_score, steps=steps)
        start, stop, _, _ = plan.windows[0][i]
        for piece, share in zip(range(start, stop), of_window[n_before:], strict=False):
            for place in text.find_sources(*plan.pieces[0].offsets[piece].tolist()):
                shares.append((*place, float(share)))
    return shares
