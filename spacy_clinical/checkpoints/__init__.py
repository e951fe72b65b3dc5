"""Cards of the published checkpoints, and what is known of a local folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thinc.api import Config

from spacy_clinical.errors import Errors

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
    folder: Where it is inside the package, if it ships.
    """

    name: str
    revision: str = ""
    max_pieces: int | None = None
    lower_case: bool | None = None
    task: str = "encoder"
    license: str = "none stated"
    source: str = ""
    folder: str = ""

    @property
    def location(self) -> str:
        """What to load it by: hub id, or path of a folder."""
        return str(CARDS.parent / self.folder) if self.folder else self.name


def list_checkpoints() -> list[str]:
    """The names of all cards, sorted."""
    return sorted(path.stem for path in CARDS.glob("*.cfg"))


def get_checkpoint(name: str) -> Checkpoint:
    """Look up a checkpoint.

    name: Name of a card, hub id ("owner/name") or path of a local folder.
    RAISES ValueError: C002, if it is none of these.
    """
    card = CARDS / f"{name}.cfg"
    if "/" not in name and card.is_file():
        return _read_card(card)
    if Path(name).is_dir():
        return Checkpoint(str(name))
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        cards = (_read_card(CARDS / f"{known}.cfg") for known in list_checkpoints())
        return next((c for c in cards if c.name == name), Checkpoint(name, "main"))
    raise ValueError(
        Errors.C002.format(name=name, available=", ".join(list_checkpoints()))
    )


def _read_card(path: Path) -> Checkpoint:
    values: dict[str, Any] = Config().from_disk(path)["checkpoint"]
    return Checkpoint(**values)
