"""What `deploy/` holds starts what the Procfile starts, and passes what sockets need."""

import configparser
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.services.process import ROOT

DEPLOY = ROOT / "deploy"
PROCFILE = dict(line.split(": exec ") for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines() if line)
KINDS = ("web", "mirror", "worker", "beat")


def unit(path: Path) -> configparser.ConfigParser:
    """Return a systemd unit."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign, assignment]  # its names keep their capitals
    parser.read(path, encoding="utf-8")
    return parser


def compose() -> dict[str, Any]:
    """Return the compose file."""
    content: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize("kind", KINDS)
def test_units_start_what_the_procfile_starts(kind: str) -> None:
    service = unit(DEPLOY / "systemd" / f"dashboard-{kind}.service")["Service"]

    assert service["ExecStart"] == f"/srv/dashboard/.venv/bin/{PROCFILE[kind]}"


@pytest.mark.parametrize("kind", (*KINDS, "prune"))
def test_manage_runs_with_what_the_units_have(kind: str) -> None:
    service = unit(DEPLOY / "systemd" / f"dashboard-{kind}.service")["Service"]
    words = shlex.split((DEPLOY / "manage").read_text(encoding="utf-8"), comments=True)

    same = ("EnvironmentFile", "StateDirectory", "StateDirectoryMode", "UMask")
    for given in (
        f"--uid={service['User']}",
        f"--gid={service['Group']}",
        f"--working-directory={service['WorkingDirectory']}",
    ):
        assert given in words
    assert [f"--property={name}={service[name]}" for name in same] == [word for word in words if "--property" in word]
    assert f"--setenv={service['Environment'].split()[0]}" in words
    assert (DEPLOY / "manage").stat().st_mode & 0o111 == 0o111


@pytest.mark.parametrize("kind", KINDS)
def test_containers_start_what_the_procfile_starts(kind: str) -> None:
    command = compose()["services"][kind].get("command") or ["python", "-m", "dashboard.serve"]

    assert command == shlex.split(PROCFILE[kind])


def test_the_image_serves_unless_told_otherwise() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")

    assert 'CMD ["python", "-m", "dashboard.serve"]' in dockerfile
    assert "USER dashboard" in dockerfile


def test_every_secret_and_volume_of_the_compose_file_is_declared() -> None:
    content = compose()
    services = content["services"].values()

    assert {name for one in services for name in one.get("secrets", ())} == set(content["secrets"])
    named = {volume.partition(":")[0] for one in services for volume in one.get("volumes", ())}
    assert {name for name in named if not name.startswith((".", "/"))} == set(content["volumes"])
    waited_for = {name for one in services for name in one.get("depends_on", ())}
    assert waited_for <= set(content["services"])


def test_secrets_beside_the_compose_file_stay_out_of_images_and_commits() -> None:
    beside = {"sources.toml", "secrets/secret_key", ".env"}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()

    assert {f"**/{path.partition('/')[0]}" for path in beside} <= set(ignored)
    paths = [f"deploy/{path}" for path in sorted(beside)]
    told = subprocess.run(["git", "check-ignore", *paths], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.stdout.split() == paths


def test_the_proxy_passes_sockets_and_hides_metrics() -> None:
    nginx = (DEPLOY / "nginx" / "dashboard.conf").read_text(encoding="utf-8")

    for header in ("Upgrade", "Connection", "Host", "X-Forwarded-For", "X-Forwarded-Proto"):
        assert re.search(rf"proxy_set_header {header} \$", nginx), header
    assert re.search(r"location = /metrics \{\s+return 404;", nginx)
    assert nginx.count("{") == nginx.count("}")
