"""An encoder that another component runs: its rows are read, not computed again."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from spacy.attrs import ORTH, SPACY
from spacy.tokens import Doc
from thinc.api import Model

from spacy_clinical.pieces.align import Encoded
from spacy_clinical.types import Floats2d

# Wordpieces whose rows wait for their reader, over all Docs. What is more is computed
# again.
MAX_WAITING = 2**19


class RowReader(Protocol):
    """Takes what it needs of an encoder's rows while another component runs it.

    width: Of the projected rows.
    project: Function from rows (n, width of the encoder) to rows (n, width).
    """

    @property
    def width(self) -> int: ...

    def project(self, rows: Floats2d) -> Floats2d: ...

    def put(self, doc: Doc, encoded: Encoded) -> None:
        """Take the projected rows of a Doc."""


class WaitingRows:
    """Rows of Docs between two components. They aren't saved with either."""

    def __init__(self) -> None:
        self.n_pieces = 0
        # By the id of a Doc, with a hash of its text: ids are used again.
        self._rows: OrderedDict[int, tuple[int, Encoded]] = OrderedDict()

    def put(self, doc: Doc, encoded: Encoded) -> None:
        """Keep the rows of a Doc, and drop the oldest if there are too many."""
        self.drop(doc)
        self.n_pieces += len(encoded.pieces)
        self._rows[id(doc)] = _hash_text(doc), encoded
        while self.n_pieces > MAX_WAITING and len(self._rows) > 1:
            _, (_, oldest) = self._rows.popitem(last=False)
            self.n_pieces -= len(oldest.pieces)

    def take(self, doc: Doc) -> Encoded | None:
        """Get the rows of a Doc once; None if there are none."""
        known = self.drop(doc)
        if known is None or known[0] != _hash_text(doc):
            return None
        return known[1]

    def drop(self, doc: Doc) -> tuple[int, Encoded] | None:
        """Drop the rows of a Doc, or of an earlier one that was in its place.

        RETURNS: The hash of the text that they are of, and the rows; None if there are
            none.
        """
        known = self._rows.pop(id(doc), None)
        if known is not None:
            self.n_pieces -= len(known[1].pieces)
        return known

    def __len__(self) -> int:
        return len(self._rows)

    def __reduce__(self) -> Any:
        return WaitingRows, ()


class SharedEncoder(Model[list[Doc], list[Encoded]]):
    """A layer that reads the rows of another component's encoder.

    component: Name of that component, which comes earlier in the pipeline.
    source: Its encoder, a `spacy-clinical.HFEncoder.v1`; None until it is connected.
    """

    def __init__(self, component: str) -> None:
        super().__init__("shared_encoder", forward, init=init, dims={"nO": None})
        self.component = component
        self.source: Model[list[Doc], list[Encoded]] | None = None
        self._projection: Model[Floats2d, Floats2d] = Model("none", forward)
        self.waiting = WaitingRows()

    def connect(
        self,
        source: Model[list[Doc], list[Encoded]],
        projection: Model[Floats2d, Floats2d],
    ) -> None:
        """Let an encoder hand over its rows whenever its component runs it.

        source: The encoder.
        projection: What becomes of the rows.
        """
        self.source, self._projection = source, projection
        source.shims[0].add_reader(self)

    @property
    def width(self) -> int:
        return int(self._projection.get_dim("nO"))

    def project(self, rows: Floats2d) -> Floats2d:
        """Project rows of the encoder."""
        return project_rows(self._projection, rows)

    def put(self, doc: Doc, encoded: Encoded) -> None:
        """Take the projected rows of a Doc."""
        self.waiting.put(doc, encoded)


def project_rows(projection: Model[Floats2d, Floats2d], rows: Floats2d) -> Floats2d:
    """Apply a layer to NumPy rows (n, width), wherever it computes."""
    ops = projection.ops
    projected: Floats2d = ops.to_numpy(projection.predict(ops.asarray2f(rows)))
    return projected


def _hash_text(doc: Doc) -> int:
    return hash(doc.to_array([ORTH, SPACY]).tobytes())


def build_shared_encoder(component: str = "clinical_ner") -> SharedEncoder:
    """Build an encoder that is another component's. It isn't trained.

    component: Name of a component with a `spacy-clinical.HFEncoder.v1`, such as
        `clinical_ner` or `clinical_transformer`, earlier in the pipeline.
    """
    return SharedEncoder(component)


def init(model: Any, X: Any = None, Y: Any = None) -> None:
    """Take over the width of the encoder."""
    if model.has_dim("nO") is None and model.source is not None:
        model.source.initialize()
        model.set_dim("nO", model.source.get_dim("nO"))


def forward(
    model: Any, docs: Sequence[Doc], is_train: bool
) -> tuple[list[Encoded], Callable[[Any], Sequence[Doc]]]:
    """Encode Docs anew, without training the encoder."""
    return model.source.predict(docs), lambda d_encoded: docs
