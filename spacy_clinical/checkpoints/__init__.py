"""Cards of published checkpoints, and lookup of checkpoints by name."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from huggingface_hub import try_to_load_from_cache
from thinc.api import Config

from spacy_clinical.checkpoints.store import find_stored
from spacy_clinical.errors import CodedValueError, Errors

CARDS = Path(__file__).parent


@dataclass(frozen=True)
class Checkpoint:
    """Location of a checkpoint, and facts that its files don't contain.

    name: Hub id, or path of a local folder.
    revision: Commit, tag or branch on the hub; "" for a folder.
    max_pieces: Maximum input length, including special tokens; None to derive it from
        the model.
    lower_case: Whether it was trained on lower-cased text; None to use the setting of
        its tokenizer files.
    task: Task of its published head.
    license: License given on its page, or "none stated".
    source: Paper or page to cite.
    folder: Its folder on this machine, inside the package or in a store; "" if none.
    purpose: What it is useful for.
    parameters (millions): Number of parameters.
    n_labels: Number of labels of its head; 0 for none, or to use its config.json.
    threshold_max, threshold_sum: Thresholds that its authors published for these
        decoders of `heads.recall`; 0 for none.
    """

    name: str
    revision: str = ""
    max_pieces: int | None = None
    lower_case: bool | None = None
    task: str = "encoder"
    license: str = "none stated"
    source: str = ""
    folder: str = ""
    purpose: str = ""
    parameters: int = 0
    n_labels: int = 0
    threshold_max: float = 0.0
    threshold_sum: float = 0.0

    @property
    def location(self) -> str:
        """Path of its folder, or else its hub id, to load it."""
        return str(CARDS.parent / self.folder) if self.folder else self.name


def list_checkpoints() -> list[str]:
    """List the names of all cards, sorted."""
    return sorted(path.stem for path in CARDS.glob("*.cfg"))


def get_checkpoint(name: str) -> Checkpoint:
    """Look up a checkpoint.

    name: Name of a card, hub id ("owner/name") or path of a local folder.
    RAISES ValueError: C002, if there is no such card or folder.
    """
    if "/" not in name and (CARDS / f"{name}.cfg").is_file():
        return _read_card(name)
    if Path(name).is_dir():
        return Checkpoint(str(name))
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        cards = map(_read_card, list_checkpoints())
        unknown = Checkpoint(name, "main", folder=_look_up(name))
        return next((c for c in cards if c.name == name), unknown)
    raise CodedValueError(
        Errors.C002.format(name=name, available=", ".join(list_checkpoints()))
    )


def is_offline_ready(checkpoint: Checkpoint) -> bool:
    """Check whether a checkpoint can be loaded without a network."""
    if Path(checkpoint.location).is_dir():
        return True
    cached = try_to_load_from_cache(
        checkpoint.name, "config.json", revision=checkpoint.revision or None
    )
    return isinstance(cached, str)


def is_shipped(checkpoint: Checkpoint) -> bool:
    """Check whether a checkpoint ships with this package."""
    place = Path(checkpoint.location).resolve()
    return place.is_relative_to(CARDS.parent.resolve())


def _read_card(card: str) -> Checkpoint:
    # A purpose may name placeholders such as @GENE$.
    config = Config().from_disk(CARDS / f"{card}.cfg", interpolate=False)
    values: dict[str, Any] = config["checkpoint"]
    entry = Checkpoint(**values)
    return replace(entry, folder=entry.folder or _look_up(card, entry.name))


def _look_up(*names: str) -> str:
    """Find the folder of a checkpoint in the stores; "" if there is none."""
    folder = find_stored(names)
    return "" if folder is None else str(folder.resolve())
