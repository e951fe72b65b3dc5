"""Say whether a folder holds the corpus that the shipped models were trained on.

The digest is over the names and contents of all files, so that it is the same wherever
the corpus was unpacked.

Run: python scripts/verify_corpus.py assets/maccrobat2020/train SHA256
"""

import argparse
import hashlib
import sys
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("sha256", nargs="?", help="None: only say what it is.")
    args = parser.parse_args()
    found = find_digest(args.folder)
    print(f"{args.folder}: {found}")
    if args.sha256 not in (None, found):
        sys.exit(f"{args.folder} holds something else: {args.sha256} was expected.")


def find_digest(folder: Path) -> str:
    """Compute the SHA-256 of a list of all files and their SHA-256."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  "
        f"{path.relative_to(folder).as_posix()}\n"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name[0] != "."
    ]
    if not lines:
        sys.exit(f"There are no files in {folder}.")
    return hashlib.sha256("".join(lines).encode("utf8")).hexdigest()


if __name__ == "__main__":
    main()
