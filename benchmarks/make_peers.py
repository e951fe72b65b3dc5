"""Make a virtual environment for each peer, from the pinned files in peers/.

    python benchmarks/make_peers.py peers [NAME ...]

makes peers/medspacy, peers/edsnlp and so on, with the Python that runs this, or with
--python. One that is already as its file says is left alone, so that it can be run
again when an installation has failed. `run.py --peers peers` takes what is there. All
take about 7 GB, most of it torch: four times.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from shutil import rmtree

REQUIREMENTS = Path(__file__).parent / "peers"
NAMES = tuple(sorted(path.stem for path in REQUIREMENTS.glob("*.txt")))
# A copy of the file that an environment was made from; written last.
STAMP = "made_from.txt"


def main() -> int:
    args = _parse_args()
    failed = []
    for i, name in enumerate(args.names or NAMES, start=1):
        print(f"[{i}/{len(args.names or NAMES)}] {name}", flush=True)
        if not make_peer(args.folder / name, name, args.python):
            failed.append(name)
    if failed:
        print(f"Not made: {', '.join(failed)}. The others are in {args.folder}.")
    return 1 if failed else 0


def make_peer(folder: Path, name: str, python: str) -> bool:
    """Make one environment, unless it is there. One that fails is removed.

    folder: Where to.
    name: Of its file in peers/, without ".txt".
    python: What to make it with.
    RETURNS: Whether it is there now.
    """
    requirements = REQUIREMENTS / f"{name}.txt"
    wanted = requirements.read_text(encoding="utf8")
    stamp = folder / STAMP
    if stamp.is_file() and stamp.read_text(encoding="utf8") == wanted:
        return True
    pip = [str(find_python(folder)), "-m", "pip", "install", "--quiet"]
    for command in (
        [python, "-m", "venv", "--clear", str(folder)],
        [*pip, "-r", str(requirements)],
    ):
        if subprocess.run(command, check=False).returncode != 0:
            rmtree(folder, ignore_errors=True)
            return False
    stamp.write_text(wanted, encoding="utf8")
    return True


def find_python(folder: Path) -> Path:
    """Say where an environment has its interpreter.

    folder: Of the environment.
    """
    return folder / "bin" / "python"


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="where to make them")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--python", default=sys.executable, help="to make them with")
    args = parser.parse_args()
    unknown = sorted(set(args.names) - set(NAMES))
    if unknown:
        parser.error(
            f"no such peer: {', '.join(unknown)}; there are {', '.join(NAMES)}"
        )
    return args


if __name__ == "__main__":
    sys.exit(main())
