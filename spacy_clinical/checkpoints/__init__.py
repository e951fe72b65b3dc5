"""Cards of the published checkpoints, and what is known of a local folder."""

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
    """Where a checkpoint is and what its files do not say.

    name: Hub id, or path of a local folder.
    revision: Commit, tag or branch on the hub; "" for a folder.
    max_pieces: Longest input, special tokens included; None to derive it from the
        model.
    lower_case: Whether it was trained on lower-cased text; None if its own
        tokenizer files say so.
    task: What its published head does.
    license: As its page states; "none stated" is an answer.
    source: The paper or page to cite.
    folder: Where it is, if on this machine: inside the package, or in a store.
    purpose: What it is good for.
    parameters (millions): Its size.
    n_labels: Of its head; 0 for none, or as its config.json says.
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

    @property
    def location(self) -> str:
        """What to load it by: hub id, or path of a folder."""
        return str(CARDS.parent / self.folder) if self.folder else self.name


def list_checkpoints() -> list[str]:
    """List the names of all cards, sorted."""
    return sorted(path.stem for path in CARDS.glob("*.cfg"))


def get_checkpoint(name: str) -> Checkpoint:
    """Look up a checkpoint.

    name: Name of a card, hub id ("owner/name") or path of a local folder.
    RAISES ValueError: C002, if it is none of these.
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
    found = try_to_load_from_cache(
        checkpoint.name, "config.json", revision=checkpoint.revision or None
    )
    return isinstance(found, str)


def is_shipped(checkpoint: Checkpoint) -> bool:
    """Check whether a checkpoint is inside this package."""
    place = Path(checkpoint.location).resolve()
    return place.is_relative_to(CARDS.parent.resolve())


def _read_card(card: str) -> Checkpoint:
    values: dict[str, Any] = Config().from_disk(CARDS / f"{card}.cfg")["checkpoint"]
    found = Checkpoint(**values)
    return replace(found, folder=found.folder or _look_up(card, found.name))


def _look_up(*names: str) -> str:
    """The folder of a checkpoint in the stores; "" if it is in none."""
    folder = find_stored(names)
    return "" if folder is None else str(folder.resolve())
