"""Run all benchmarks, and write one table and plots of what they measured.

    python benchmarks/make_peers.py peers
    python benchmarks/run.py --data path/to/corpora --peers peers --output results

Run it on an idle machine. It takes half an hour on two cores; --quick takes some
five and only tries the machinery, --thorough takes hours and measures more notes, more
rounds and all folds. --only takes some of them, --keep leaves alone those that
have results of the same size in the output folder, so that a run that was cut off can
go on. Peers without an environment in --peers are left out, and named in the table;
a benchmark that fails is reported, and the others run. Exit status: 1 if anything
failed.

It writes results.md and results.json, speed, quality and memory as .svg and .png, and
in details/ what each benchmark wrote. Each is a script beside this one that takes
--output FILE.json, has a function `summarize(report)`, and writes what reports.py
says. To add one: a line in BENCHMARKS.
"""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from console import add_data_option, tell
from machine import count_cores
from make_peers import find_python
from results import DONE, FAILED, KEPT, Result, format_markdown, write_json

FOLDER = Path(__file__).parent
# all-MiniLM-L6-v2, which codes are learned on: it comes with the package.
ENCODER = (
    FOLDER.parent
    / "spacy_clinical/models/en_clinical_sm/clinical_icd9_categorizer/encoder"
)
SIZES = {
    "quick": "It only tries the machinery: its numbers mean nothing.",
    "standard": "The baseline of entities stops at its best step; codes are scored on "
    "two of five folds.",
    "thorough": "All folds, and the baseline of entities trained to its end.",
}


class Need(NamedTuple):
    """Something besides peers that a benchmark can do without.

    who: What is left out then.
    why: What is missing.
    is_there: Finds out.
    without: The option that leaves it out.
    """

    who: str
    why: str
    is_there: Callable[[], bool]
    without: str


class Benchmark(NamedTuple):
    """A script beside this one.

    arguments: For any size. Of {data}, {encoder} and {threads} the values are put in,
        which may have blanks; else they are split as a shell does.
    sizes: Further arguments by size.
    peers: By environment, the option that takes its {python}, and who runs in it.
    needs: What else can be left out.
    """

    name: str
    arguments: str
    sizes: dict[str, str]
    peers: dict[str, tuple[str, str]] = {}
    needs: tuple[Need, ...] = ()


# Without those that only add to what the others show.
CONTESTANTS = (
    "--only spacy-huggingface-pipelines 'spacy-transformers + ner' "
    "'spacy-curated-transformers + ner' 'EDS-NLP (bf16, its default)' "
    "'EDS-NLP (fp32)' 'spacy_clinical, fp32' 'spacy_clinical, bf16'"
)
BENCHMARKS = (
    Benchmark(
        "sections",
        "--data {data}",
        {
            "quick": "--notes 8 --rounds 3",
            "standard": "--notes 40 --rounds 9",
            "thorough": "--notes 40 --rounds 25",
        },
        {"medspacy": ("--peer-python {python}", "medspaCy")},
    ),
    Benchmark(
        "assertion",
        "--data {data}",
        {
            "quick": "--notes 20 --rounds 1",
            "standard": "--rounds 3",
            "thorough": "--rounds 9",
        },
        {
            "medspacy": ("--medspacy {python}", "medspaCy"),
            "negspacy": ("--negspacy {python}", "negspaCy"),
        },
    ),
    Benchmark(
        "relations",
        "--data {data}",
        {
            "quick": "--notes 4 --rounds 1",
            "standard": "--rounds 5",
            "thorough": "--rounds 15",
        },
    ),
    Benchmark(
        "qa",
        "--data {data}",
        {
            "quick": "--articles 1 --timed 1 --rounds 1",
            "standard": "--rounds 3",
            "thorough": "--rounds 9 --timed 5",
        },
    ),
    Benchmark(
        "deid",
        "--data {data}",
        {
            "quick": "--notes 4 --rounds 1 --planted 40 --no-annotate",
            "standard": "--planted 400 --rounds 5",
            "thorough": "--planted 1200 --rounds 15",
        },
        {
            "presidio": ("--peer-python {python}", "Presidio"),
            "openmed": ("--openmed-python {python}", "OpenMed's rules"),
        },
        needs=(
            Need(
                "planted notes",
                "Faker is not installed",
                lambda: find_spec("faker") is not None,
                "--planted 0",
            ),
        ),
    ),
    Benchmark(
        "tokenization",
        "{data}",
        {
            "quick": "--rounds 1",
            "standard": "--rounds 3",
            "thorough": "--rounds 15",
        },
        {"scispacy": ("--peer {python}", "scispaCy")},
    ),
    Benchmark(
        "abbreviations",
        "--data {data}",
        {
            "quick": "--rounds 1 --limit 20",
            "standard": "--rounds 5",
            "thorough": "--rounds 15",
        },
        {"scispacy": ("--peer {python}", "scispaCy")},
    ),
    Benchmark(
        "ner",
        "{data}/maccrobat2020 --threads {threads}",
        {
            "quick": "--rounds 1 --max-steps 201",
            # Left to itself it takes 4,200 steps, and its best model is that of 2,600.
            "standard": "--rounds 5 --max-steps 2601",
            "thorough": "--rounds 15",
        },
    ),
    Benchmark(
        "icd9",
        "{data} --encoder {encoder} --threads {threads}",
        {
            "quick": "--only speed --notes 2 --layers 2 --rounds 2",
            "standard": "--folds 2 --notes 6 --rounds 3",
            "thorough": "--folds 5 --notes 24 --rounds 5",
        },
        needs=(
            Need(
                "TF-IDF + logistic regression",
                "scikit-learn is not installed",
                lambda: find_spec("sklearn") is not None,
                "--no-baseline",
            ),
        ),
    ),
    Benchmark(
        "encoders",
        "{data} --threads {threads} " + CONTESTANTS,
        {
            "quick": "--notes 2 --layers 2 --rounds 2",
            "standard": "--notes 5 --rounds 3",
            "thorough": "--notes 24 --rounds 5",
        },
        {
            "spacy-huggingface-pipelines": (
                "--peer hf_token_pipe={python}",
                "spacy-huggingface-pipelines",
            ),
            "spacy-transformers": ("--peer spacy_trf={python}", "spacy-transformers"),
            "spacy-curated-transformers": (
                "--peer spacy_curated={python}",
                "spacy-curated-transformers",
            ),
            "edsnlp": ("--peer eds_ner={python}", "EDS-NLP"),
        },
    ),
    Benchmark(
        "long_notes",
        "--threads {threads}",
        {
            "quick": "--layers 2 --rounds 2 --lengths 1024 --note-lengths 1000",
            "standard": "--rounds 3 --lengths 4096 --note-lengths 1000 16000",
            "thorough": "--rounds 5",
        },
    ),
    Benchmark(
        "training",
        "{data} --threads {threads}",
        {
            "quick": "--steps 1 --rounds 1 --layers 1",
            "standard": "",
            "thorough": "--steps 40 --rounds 9",
        },
        {"accelerate": ("--peer {python}", "transformers' Trainer")},
    ),
    Benchmark(
        "versions",
        "{data} --threads {threads}",
        {
            "quick": "--notes 2 --rounds 1",
            "standard": "",
            "thorough": "--notes 96 --rounds 9",
        },
        {"earlier": ("--earlier {python}", "an earlier version")},
    ),
    Benchmark(
        "components",
        "{data}",
        {
            "quick": "--notes 2 --batch-size 1 --rounds 1",
            "standard": "",
            "thorough": "--rounds 15",
        },
    ),
    Benchmark(
        "forms",
        "--threads {threads}",
        {
            "quick": "--forms 5 --rounds 1",
            "standard": "--forms 30 --rounds 3",
            "thorough": "--forms 100 --rounds 5",
        },
        needs=(
            Need(
                "OCR",
                "Tesseract is not installed",
                lambda: shutil.which("tesseract") is not None,
                "--no-ocr",
            ),
        ),
    ),
    Benchmark(
        "scale",
        "{data}",
        {"quick": "--quick", "standard": "", "thorough": ""},
    ),
    Benchmark(
        "serve",
        "{data}",
        {
            "quick": "--notes 8 --callers 4 --rounds 1",
            "standard": "--notes 96 --rounds 3",
            "thorough": "--notes 256 --rounds 9",
        },
    ),
    Benchmark(
        "length",
        "{data}",
        {
            "quick": "--sizes 2000 8000 --shapes notes titles",
            "standard": "--sizes 10000 100000 1000000",
            "thorough": "--rounds 3",
        },
    ),
)


def main() -> int:
    args = _parse_args()
    details = args.output / "details" / args.size
    details.mkdir(parents=True, exist_ok=True)
    wanted = [b for b in BENCHMARKS if not args.only or b.name in args.only]
    results = []
    for i, benchmark in enumerate(wanted, start=1):
        place = f"[{i}/{len(wanted)}] {benchmark.name}"
        tell(f"{place} ...")
        results.append(run_benchmark(benchmark, args, details))
        last = results[-1]
        tell(f"{place}: {last.status} in {last.seconds:.0f} s {last.reason}".rstrip())
    write_results(results, args.size, args.output)
    tell(f"Written: {args.output / 'results.md'}")
    return 0 if all(result.is_well for result in results) else 1


def run_benchmark(
    benchmark: Benchmark, args: argparse.Namespace, details: Path
) -> Result:
    """Run one script to its end, whatever that is.

    args: As on the command line.
    details: Folder for what it writes and prints.
    """
    options, left_out = list_options(benchmark, args)
    path, tables, log = (
        details / f"{benchmark.name}{suffix}" for suffix in (".json", ".md", ".log")
    )
    is_kept = args.keep and path.is_file()
    reason, start = "", time.perf_counter()
    if not is_kept:
        path.unlink(missing_ok=True)
        script = str(FOLDER / f"{benchmark.name}.py")
        command = [sys.executable, script, *options, "--output", str(path)]
        with tables.open("w") as out, log.open("w") as errors:
            environment = {**os.environ, "OMP_NUM_THREADS": str(args.threads)}
            done = subprocess.run(
                command, stdout=out, stderr=errors, env=environment, check=False
            )
        if done.returncode != 0:
            reason = _read_reason(log, done.returncode)
    seconds = time.perf_counter() - start
    if reason or not path.is_file():
        reason = reason or "it wrote no report"
        return Result(benchmark.name, FAILED, seconds, {}, "", left_out, reason)
    report = json.loads(path.read_text(encoding="utf8"))
    status = KEPT if is_kept else DONE
    text = tables.read_text(encoding="utf8")
    return Result(benchmark.name, status, seconds, report, text, left_out)


def list_options(
    benchmark: Benchmark, args: argparse.Namespace
) -> tuple[list[str], dict[str, str]]:
    """Put together the options of a benchmark.

    args: As on the command line.
    RETURNS: The options, and what is left out: {who: why}.
    """
    templates = [benchmark.arguments, benchmark.sizes[args.size]]
    values = {"data": args.data, "encoder": args.encoder, "threads": args.threads}
    options = [part.format(**values) for t in templates for part in shlex.split(t)]
    left_out = {}
    for environment, (option, who) in benchmark.peers.items():
        if args.peers is None:
            left_out[who] = "no --peers"
            continue
        python = find_python(args.peers / environment)
        if python.is_file():
            options += [part.format(python=python) for part in option.split()]
        else:
            left_out[who] = f"no environment '{environment}' (see make_peers.py)"
    for need in benchmark.needs:
        if not need.is_there():
            options.append(need.without)
            left_out[need.who] = need.why
    return options, left_out


def write_results(results: Sequence[Result], size: str, folder: Path) -> None:
    """Write results.json, the plots, and results.md.

    size: Of the run: a key of SIZES.
    folder: Where to.
    """
    write_json(results, size, folder / "results.json")
    plots = []
    if find_spec("matplotlib") is None:
        tell("No plots: matplotlib is not installed")
    else:
        from plots import save_plots

        files = save_plots([row for result in results for row in result.rows], folder)
        plots = [path.name for path in files if path.suffix == ".svg"]
    text = format_markdown(results, size, SIZES[size], plots)
    (folder / "results.md").write_text(text, encoding="utf8")


def _read_reason(log: Path, status: int) -> str:
    lines = log.read_text(encoding="utf8", errors="replace").strip().splitlines()
    return f"{lines[-1] if lines else 'no message'} (exit status {status}; {log.name})"


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    names = [benchmark.name for benchmark in BENCHMARKS]
    add_data_option(parser)
    parser.add_argument("--output", type=Path, default=Path("results"))
    parser.add_argument("--peers", type=Path, help="folder that make_peers.py made")
    parser.add_argument(
        "--encoder", default=ENCODER, help="all-MiniLM-L6-v2, for codes"
    )
    parser.add_argument("--threads", type=int, default=count_cores())
    parser.add_argument("--only", help=f"some of {','.join(names)}")
    parser.add_argument(
        "--keep", action="store_true", help="don't repeat what is there"
    )
    size = parser.add_mutually_exclusive_group()
    for name, note in SIZES.items():
        size.add_argument(
            f"--{name}", dest="size", action="store_const", const=name, help=note
        )
    parser.set_defaults(size="standard")
    args = parser.parse_args()
    args.only = args.only.split(",") if args.only else []
    unknown = sorted(set(args.only) - set(names))
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {names}")
    if not args.data.is_dir():
        parser.error(f"no such folder: {args.data}")
    return args


if __name__ == "__main__":
    sys.exit(main())
