"""Download of checkpoints from the hub: the commit and the files to get."""

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
    SPARSE_WEIGHT,
    TOKENIZER,
    WEIGHTS,
    refuse_export,
)
from spacy_clinical.checkpoints.store import read_commit, verify_once
from spacy_clinical.errors import CodedValueError, Errors, Warnings, warn

# Seconds to wait for the hub's answer.
TIMEOUT = 10
COMMIT = re.compile("[0-9a-f]{40}")


class CheckpointUnreachable(ValueError):
    """A checkpoint that isn't on this machine and can't be downloaded.

    kind: Type of the error.
    """

    kind: str = ""


def ask_hub(api: HfApi, card: Checkpoint, *, timeout: float | None = None) -> Any:
    """Ask the hub for the commit and the files of a checkpoint.

    If the hub doesn't have the commit of the card, "main" is used, with a warning
    (W003).

    api: Client of the hub.
    card: The checkpoint.
    timeout (seconds): Time to wait for the answer.
    RETURNS: Output of `HfApi.model_info`.
    RAISES HfHubHTTPError: If the hub has no such checkpoint or branch, or access is
        restricted. Without an answer, the errors of the HTTP library.
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


def choose_weights(name: str, names: Iterable[str]) -> list[str]:
    """Choose the weights among the files of a repository; safetensors are preferred.

    name: Hub id, for errors.
    names: Names of the files.
    RETURNS: One file, or an index and its parts.
    RAISES ValueError: C032, if it has nothing but an ONNX export.
    """
    names = set(names)
    for whole, index in zip(WEIGHTS, INDEXES, strict=True):
        if whole in names:
            return [whole]
        if index in names:
            stem, kind = whole.split(".")
            parts = [
                file
                for file in sorted(names)
                if (part := PART.fullmatch(file)) and part.groups() == (stem, kind)
            ]
            return [index, *parts]
    if any(file.endswith(".onnx") for file in names):
        raise refuse_export(name)
    return [SAFE, PICKLE]


def find_folder(checkpoint: Checkpoint) -> tuple[Path, str]:
    """Find the folder of a checkpoint, or download it at the commit of its card.

    RETURNS: The folder and its commit, or "" if that is unknown.
    RAISES ValueError: C009, if it can't be downloaded; C032, if it is an ONNX export; C021, if a file doesn't match
        the folder's manifest.
    """
    folder = Path(checkpoint.location)
    if folder.is_dir():
        verify_once(folder)
        return folder, read_commit(folder)
    try:
        info = ask_hub(HfApi(), checkpoint, timeout=TIMEOUT)
    except HfHubHTTPError as error:
        raise _make_error(checkpoint, error) from error
    # Without a network, the HTTP library may raise anything. Use the cache then,
    # because the hub's library would retry the download of each file.
    except Exception:
        info = None
    try:
        if info is None:
            snapshot = snapshot_download(
                checkpoint.name,
                revision=checkpoint.revision or None,
                local_files_only=True,
            )
        else:
            weights = choose_weights(
                checkpoint.name, (file.rfilename for file in info.siblings or ())
            )
            snapshot = snapshot_download(
                checkpoint.name,
                revision=info.sha,
                allow_patterns=[CONFIG, SPARSE_WEIGHT, *TOKENIZER, *weights],
            )
    except CodedValueError:
        raise
    except Exception as error:
        raise _make_error(checkpoint, error) from error
    commit = "" if info is None else str(info.sha or "")
    return Path(snapshot), commit or read_commit(Path(snapshot))


def _make_error(checkpoint: Checkpoint, error: Exception) -> ValueError:
    kind = type(error).__name__
    made = CheckpointUnreachable(
        Errors.C009.format(
            name=checkpoint.name, revision=checkpoint.revision or "-", kind=kind
        )
    )
    made.kind = kind
    return made
