"""The encoder of a saved pipeline: its files as bytes, and its origin."""

import gc
from pathlib import Path
from typing import Any, cast

import srsly

from spacy_clinical.checkpoints.files import (
    ORIGIN,
    SAVED,
    find_limit,
    list_files,
)
from spacy_clinical.errors import CodedValueError, Errors, name_type


def pack_folder(folder: Path) -> bytes:
    """Pack the files of an encoder that `EncoderShim.save` wrote."""
    files = {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.name in SAVED
    }
    return cast(bytes, srsly.msgpack_dumps(files))


def unpack_folder(data: bytes, folder: Path, *, name: str) -> None:
    """Unpack the output of `pack_folder` into an empty folder.

    data: The packed files.
    folder: The folder.
    name: Name of the encoder, for errors.
    RAISES ValueError: C022, if the data isn't a packed encoder, with allowed file names
        only; C024, if a file is too large. Nothing is written then.
    """
    try:
        files: Any = srsly.msgpack_loads(data)
    # With manipulated bytes, the library raises almost anything.
    except Exception as error:
        fault = f"its bytes aren't a saved encoder's ({name_type(error)})"
        raise CodedValueError(Errors.C022.format(name=name, fault=fault)) from None
    finally:
        # The library leaves it disabled when it fails.
        gc.enable()
    if not isinstance(files, dict):
        fault = "its bytes aren't a saved encoder's"
        raise CodedValueError(Errors.C022.format(name=name, fault=fault))
    for file, content in files.items():
        # SAVED has plain names only.
        if not isinstance(file, str) or file not in SAVED:
            fault = "its bytes have a file that doesn't belong to a checkpoint"
            raise CodedValueError(Errors.C022.format(name=name, fault=fault))
        if not isinstance(content, bytes):
            fault = f"{file} isn't bytes"
            raise CodedValueError(Errors.C022.format(name=name, fault=fault))
        size, limit = len(content), find_limit(file)
        if size > limit:
            raise CodedValueError(
                Errors.C024.format(name=name, file=file, size=size, limit=limit)
            )
    for file, content in files.items():
        (folder / file).write_bytes(content)


def read_origin(folder: Path) -> tuple[dict[str, str], int]:
    """Read the origin of the encoder in a folder.

    RETURNS: The origin, and the maximum input length (pieces).
    RAISES ValueError: C003, if the file is damaged; C022 or C024, as in `list_files`.
    """
    files = list_files(str(folder), folder, only_inside=True)
    values = files.read_json(ORIGIN)
    max_pieces = values.pop("max_pieces", None)
    is_count = isinstance(max_pieces, int) and not isinstance(max_pieces, bool)
    is_named = all(isinstance(v, str) and len(v) < 1000 for v in values.values())
    if not is_count or not 0 < max_pieces <= 10**9 or not is_named or len(values) > 20:
        raise files.refuse(f"{ORIGIN} has invalid values")
    return values, max_pieces
