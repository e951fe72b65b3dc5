"""The Dockerfile and the example for Kubernetes: what they promise, by their structure.

No container engine is needed. What the image runs is run as it stands.
"""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from spacy_clinical.cli import app
from spacy_clinical.service.bearer import TOKEN_VARIABLE
from spacy_clinical.service.guard import OPEN_PATHS
from spacy_clinical.service.settings import Settings

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf8")
MANIFESTS = {
    manifest["kind"]: manifest
    for manifest in yaml.safe_load_all(
        (ROOT / "examples" / "kubernetes.yaml").read_text("utf8")
    )
}


def read_steps():
    """The instructions of the Dockerfile."""
    lines = [
        line for line in DOCKERFILE.splitlines() if not line.strip().startswith("#")
    ]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def list_of(name):
    return [rest for step, rest in read_steps() if step == name]


def parse_serve(arguments):
    """Parse arguments of `serve` as the command does."""
    command = get_command(app).commands["serve"]
    return command.make_context("serve", list(arguments)).params


def test_the_image_is_slim_and_not_run_by_root():
    steps = read_steps()
    assert all(":3.11-slim" in rest for rest in list_of("FROM"))
    names = [step for step, _ in steps]
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", list_of("USER")[-1])
    assert "useradd --uid 10001" in DOCKERFILE
    # What it is built from is in the build context, and is there.
    allowed = (ROOT / ".dockerignore").read_text("utf8").splitlines()
    for rest in list_of("COPY"):
        *sources, _ = [part for part in shlex.split(rest) if not part.startswith("--")]
        if "--from" not in rest:
            for source in sources:
                assert (ROOT / source).exists(), source
                assert f"!{source}" in allowed


def test_the_image_runs_the_service():
    [entry] = list_of("ENTRYPOINT")
    program, command, *arguments = json.loads(entry)
    assert (program, command) == ("spacy-clinical", "serve")
    params = parse_serve(arguments)
    assert (params["host"], params["port"]) == ("0.0.0.0", 8000)
    assert params["no_token"] is False
    [health] = list_of("HEALTHCHECK")
    check = json.loads(health[health.index("CMD") + 3 :])
    assert "http://127.0.0.1:8000/readyz" in check[-1]
    assert "/readyz" in OPEN_PATHS
    compile(check[-1], "health check", "exec")
    assert TOKEN_VARIABLE in DOCKERFILE


@pytest.fixture
def pod():
    return MANIFESTS["Deployment"]["spec"]["template"]["spec"]


def test_pods_have_no_rights(pod):
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    user = pod["securityContext"]["runAsUser"]
    assert f"USER {user}:" in DOCKERFILE
    [container] = pod["containers"]
    rights = container["securityContext"]
    assert rights["readOnlyRootFilesystem"] is True
    assert rights["allowPrivilegeEscalation"] is False
    assert rights["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"]["memory"]


def test_probes_ask_for_paths_that_need_no_token(pod):
    [container] = pod["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for name, path in (
        ("startupProbe", "/readyz"),
        ("readinessProbe", "/readyz"),
        ("livenessProbe", "/healthz"),
    ):
        request = container[name]["httpGet"]
        assert request["path"] == path
        assert path in OPEN_PATHS
        assert ports[request["port"]] == 8000
    assert pod["terminationGracePeriodSeconds"] > Settings().timeout


def test_the_token_is_a_secret_and_all_that_is_written_is_in_memory(pod):
    [container] = pod["containers"]
    params = parse_serve(container["args"])
    mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert str(params["token_file"]).startswith(mounts["token"]["mountPath"])
    assert mounts["token"]["readOnly"] is True
    assert "secret" in volumes["token"]
    assert volumes["tmp"]["emptyDir"]["medium"] == "Memory"
    assert set(mounts) == set(volumes)


def test_names_fit_together():
    labels = MANIFESTS["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert MANIFESTS["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert MANIFESTS["Service"]["spec"]["selector"] == labels
    policy = MANIFESTS["NetworkPolicy"]["spec"]
    assert policy["podSelector"]["matchLabels"] == labels
    assert policy["egress"] == []
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
