"""Run peers in environments of their own: scripts that answer orders line by line."""

import json
import subprocess
from pathlib import Path
from typing import Any, TypeAlias

Peer: TypeAlias = "subprocess.Popen[str]"


def start_peer(python: str, script: str, *words: str) -> Peer:
    """Start a peer.

    python: That has it installed.
    script: Name of a file in peers/.
    words: What is on its command line.
    """
    return subprocess.Popen(
        # Its environment knows nothing of this package, whatever PYTHONPATH says.
        [python, "-E", str(Path(__file__).parent / "peers" / script), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def ask_peer(peer: Peer, order: dict[str, Any]) -> dict[str, Any]:
    """Give an order to a peer, and wait for its answer."""
    assert peer.stdin is not None
    assert peer.stdout is not None
    peer.stdin.write(json.dumps(order) + "\n")
    peer.stdin.flush()
    answer: dict[str, Any] = json.loads(peer.stdout.readline())
    return answer
