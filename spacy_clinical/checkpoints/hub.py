"""Which files of which commit of a checkpoint to get from the hub."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.utils import HfHubHTTPError, RevisionNotFoundError

from spacy_clinical.checkpoints import Checkpoint
from spacy_clinical.checkpoints.files import (
    CONFIG,
    INDEXES,
    PART,
    PICKLE,
    SAFE,
    TOKENIZER,
    WEIGHTS,
)
from spacy_clinical.checkpoints.store import read_commit, verify_once
from spacy_clinical.errors import Errors, Warnings, warn

# Seconds that the hub has to answer.
TIMEOUT = 10
COMMIT = re.compile("[0-9a-f]{40}")


class CheckpointUnreachable(ValueError):
    """A checkpoint is neither on this machine nor can it be got.

    kind: What happened.
    """

    kind: str = ""


def ask_hub(api: HfApi, card: Checkpoint, *, timeout: float | None = None) -> Any:
    """Ask the hub for the commit and the files of a checkpoint.

    Where a card names a commit that the hub doesn't have, "main" is taken, with a
    warning (W003).

    RETURNS: As `HfApi.model_info`.
    RAISES HfHubHTTPError: If the hub has no such checkpoint or branch, or keeps it back.
        What the library that it connects by raises, if there is no answer.
    """
    revision = card.revision or "main"
    try:
        return api.model_info(card.name, revision=revision, timeout=timeout)
    except RevisionNotFoundError:
        if not COMMIT.fullmatch(revision):
            raise
    info = api.model_info(card.name, revision="main", timeout=timeout)
    warn(Warnings.W003.format(name=card.name, revision=revision))
    return info


def choose_weights(names: Iterable[str]) -> list[str]:
    """Choose the weights among the files of a repository: safetensors if there are.

    RETURNS: One file, or an index and the parts that weights were cut into.
    """
    names = set(names)
    for whole, index in zip(WEIGHTS, INDEXES, strict=True):
        if whole in names:
            return [whole]
        if index in names:
            stem, kind = whole.split(".")
            parts = [
                name
                for name in sorted(names)
                if (part := PART.fullmatch(name)) and part.groups() == (stem, kind)
            ]
            return [index, *parts]
    return [SAFE, PICKLE]


def find_folder(checkpoint: Checkpoint) -> tuple[Path, str]:
    """Find the folder that a checkpoint is to be read from; get it from the hub if need
    be, at the commit of its card.

    RETURNS: Also the commit; "" if it isn't known.
    RAISES ValueError: C009, if it can't be got; C021, if a file in it isn't as its
        manifest says.
    """
    folder = Path(checkpoint.location)
    if folder.is_dir():
        verify_once(folder)
        return folder, read_commit(folder)
    try:
        info = ask_hub(HfApi(), checkpoint, timeout=TIMEOUT)
    except HfHubHTTPError as error:
        raise _make_error(checkpoint, error) from error
    # Without a network, whatever the library that it connects by raises. The hub's own
    # library would try again and again for each file, so it is asked for none.
    except Exception:
        info = None
    try:
        if info is None:
            found = snapshot_download(
                checkpoint.name,
                revision=checkpoint.revision or None,
                local_files_only=True,
            )
        else:
            names = [file.rfilename for file in info.siblings or ()]
            found = snapshot_download(
                checkpoint.name,
                revision=info.sha,
                allow_patterns=[CONFIG, *TOKENIZER, *choose_weights(names)],
            )
    except Exception as error:
        raise _make_error(checkpoint, error) from error
    commit = "" if info is None else str(info.sha or "")
    return Path(found), commit or read_commit(Path(found))


def _make_error(checkpoint: Checkpoint, error: Exception) -> ValueError:
    kind = type(error).__name__
    made = CheckpointUnreachable(
        Errors.C009.format(
            name=checkpoint.name, revision=checkpoint.revision or "-", kind=kind
        )
    )
    made.kind = kind
    return made
