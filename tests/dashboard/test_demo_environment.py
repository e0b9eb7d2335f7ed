"""A demo lives by settings of its own: nothing that an installation's shell holds reaches it."""

import re
from pathlib import Path

from dashboard.demo.environment import enter_demo
from tests.services.process import ROOT

CANARY = "an installation's own"


def settings_of_an_installation() -> set[str]:
    """Return every variable of the operators' table; one that may come as a file, also by that name."""
    lines = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8").splitlines()
    cells = [line.split("|")[1] for line in lines if re.match(r"\| `[A-Z]", line)]
    found = [match for cell in cells for match in re.findall(r"`([A-Z][A-Z_]+)`( \*)?", cell)]
    return {name for name, _ in found} | {f"{name}_FILE" for name, star in found if star}


def test_a_demo_takes_no_setting_from_the_shell_but_port_and_folder(tmp_path: Path) -> None:
    names = settings_of_an_installation()
    environment = dict.fromkeys(names, CANARY) | {"VAR_DIR": str(tmp_path), "UNHEARD_OF": "stays"}

    enter_demo(environment)

    assert {"METRICS_TOKEN_FILE", "MFA_REQUIRED", "PORT"} <= names
    assert {name for name, value in environment.items() if value == CANARY} == {"PORT"}
    assert environment["UNHEARD_OF"] == "stays"
    assert Path(environment["VAR_DIR"]) == tmp_path / "demo"
