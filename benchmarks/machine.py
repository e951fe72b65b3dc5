"""Facts about the machine that a benchmark runs on."""

import os
import platform
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "spacy-clinical",
    "spacy",
    "thinc",
    "torch",
    "transformers",
    "tokenizers",
    "numpy",
)
# What matters for the speed of matrix products, as Linux and people call it.
FEATURES = {
    "avx2": "AVX2",
    "avx512f": "AVX512",
    "avx512_bf16": "AVX512-BF16",
    "amx_bf16": "AMX-BF16",
}


def read_machine(*, threads: int, device: str = "cpu") -> dict[str, Any]:
    """Read the facts, and how busy the machine is before a benchmark.

    threads: How many each contestant may use.
    device: What it computes on, "cpu" or torch's name of a GPU.
    RETURNS: Plain data for JSON; `write_report` adds "load_after".
    """
    return {
        "processor": name_processor(device),
        "cores": count_cores(),
        "threads": threads,
        "ram_gib": round(_count_ram() / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": read_versions(PACKAGES),
        "date": f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC",
        "load_before": read_load(),
    }


def name_processor(device: str = "cpu") -> str:
    """Name what computes: "AMD EPYC (family 26, model 2; AVX2, AVX512)".

    device: As in `read_machine`.
    """
    if device != "cpu":
        import torch

        return str(torch.cuda.get_device_name(device))
    known = _read_cpuinfo()
    name = known.get("model name") or platform.processor() or platform.machine()
    flags = known.get("flags", "").split()
    parts = [FEATURES[flag] for flag in FEATURES if flag in flags]
    if "cpu family" in known:
        parts.insert(0, f"family {known['cpu family']}, model {known['model']}")
    return f"{name} ({'; '.join(parts)})" if parts else name


def count_cores() -> int:
    """Count the processor's cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def read_load() -> list[float]:
    """Read how many processes ran or waited: means of 1, 5 and 15 minutes."""
    return [round(load, 2) for load in os.getloadavg()]


def read_versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Look up the versions of packages in this environment.

    packages: Names of distributions; those that are not installed are left out.
    """
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _read_cpuinfo() -> dict[str, str]:
    path = Path("/proc/cpuinfo")
    if not path.is_file():
        return {}
    first = path.read_text(encoding="utf8").split("\n\n", 1)[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _count_ram() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
