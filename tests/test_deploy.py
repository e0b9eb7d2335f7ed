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


def steps(target: str) -> str:
    """Return what make would do for a target on a new machine."""
    command = ["make", "--dry-run", "--always-make", target]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_a_site_installs_what_it_runs_with_and_nothing_that_only_developing_needs() -> None:
    site, all_of_it = steps("install"), steps("setup")

    for needed in ("requirements/base.txt", "ci --omit=dev", "collectstatic"):
        assert needed in site
    for other in ("requirements/dev.txt", "CHROMIUM"):
        assert other not in site
        assert other in all_of_it
    for name in ("README.md", "docs/operating.md", "deploy/Dockerfile"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "make install" in text
        assert "make setup" not in text


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
    assert "VOLUME" not in dockerfile  # each container would leave one behind, without a name


def test_the_image_is_built_once_and_never_pulled() -> None:
    services = compose()["services"]

    assert [name for name, one in services.items() if "build" in one] == ["migrate"]
    ours = [one for one in services.values() if one["image"] == "support-dashboard"]
    assert [one["pull_policy"] for one in ours] == ["never"] * (len(KINDS) + 1)


def test_migrations_wait_for_the_server_that_stays() -> None:
    check = compose()["services"]["postgres"]["healthcheck"]

    # While its image prepares a new volume, which may take a while, PostgreSQL answers on the Unix socket only.
    assert check["test"] == ["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "dashboard"]
    assert "start_period" in check


def test_no_container_has_more_rights_than_it_needs() -> None:
    for name, one in compose()["services"].items():
        assert one["read_only"] is True, name
        assert one["cap_drop"] == ["ALL"], name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert "cap_add" not in one or name == "postgres", name


@pytest.mark.parametrize("kind", (*KINDS, "migrate"))
def test_a_container_can_be_stopped_while_it_starts(kind: str) -> None:
    assert compose()["services"][kind]["init"] is True  # a process 1 without a handler does not get SIGTERM


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
