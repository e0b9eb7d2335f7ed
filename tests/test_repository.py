"""What must never be in the repository, and what must be complete in it."""

import ast
import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.services.process import ROOT

REGISTRIES = re.compile(
    r"(registry\.np[m]js|np[m]js\.org|py[p]i\.org|python[h]osted|artifac[t]ory|/simple/|index-url\s*=|--index-url)"
)
MACHINE_PATHS = re.compile(r"(?<![\w.])/(work|root|home/\w+)/")
SECRETS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
PINNED = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)
OURSELVES = "tests/test_repository.py"
FILE_LINES, FUNCTION_LINES = 400, 40


def tracked() -> list[str]:
    """Return the files that the repository holds, or would hold after the next commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    """Return the name and the text of every tracked text file but this one."""
    found = []
    for name in tracked():
        content = (ROOT / name).read_bytes()
        if b"\0" not in content and name != OURSELVES:
            found.append((name, content.decode()))
    return found


@pytest.mark.parametrize("forbidden", [REGISTRIES, MACHINE_PATHS, SECRETS], ids=["registry", "machine path", "secret"])
def test_no_file_names_what_belongs_to_one_machine(forbidden: re.Pattern[str]) -> None:
    assert [(name, found[0]) for name, text in texts() if (found := forbidden.search(text))] == []


def test_no_file_is_third_party_code() -> None:
    assert [name for name in tracked() if re.search(r"\.min\.(js|css)$|(^|/)(node_modules|vendor)/", name)] == []


def test_no_file_is_large() -> None:
    sizes = {name: (ROOT / name).stat().st_size for name in tracked()}

    assert {name: size for name, size in sizes.items() if size > 1_000_000} == {}


def code() -> list[tuple[str, str]]:
    """Return the name and the text of what people write as code; Django writes migrations."""
    written = [name for name in tracked() if re.search(r"\.(py|js|css|html)$", name) and "/migrations/" not in name]
    return [(name, (ROOT / name).read_text(encoding="utf-8")) for name in written]


def long_functions(text: str) -> list[str]:
    """Return the names of the functions in Python code that have more lines than may be."""
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [one.name for one in found if (one.end_lineno or 0) - one.lineno >= FUNCTION_LINES]


def test_no_file_of_code_is_long() -> None:
    lengths = {name: len(text.splitlines()) for name, text in code()}

    assert {"manage.py", "static/js/swap.js"} <= lengths.keys()
    assert {name: length for name, length in lengths.items() if length > FILE_LINES} == {}


def test_no_function_is_long() -> None:
    assert [(name, long) for name, text in code() if name.endswith(".py") and (long := long_functions(text))] == []


@pytest.mark.parametrize(("lines", "found"), [(FUNCTION_LINES, []), (FUNCTION_LINES + 1, ["inner"])])
def test_a_function_is_long_from_one_line_too_many_on(lines: int, found: list[str]) -> None:
    body = "        pass\n" * (lines - 1)

    assert long_functions(f"class Outer:\n    async def inner(self):\n{body}\n\n") == found


def project() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def names(requirements: list[str]) -> set[str]:
    """Return the normalised package names of requirements."""
    return {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=~! ;]", each)[0]).lower() for each in requirements}


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("base.txt", lambda: project()["project"]["dependencies"]),
        ("dev.txt", lambda: project()["project"]["dependencies"] + project()["dependency-groups"]["dev"]),
        ("assets.txt", lambda: project()["dependency-groups"]["assets"]),
    ],
)
def test_every_python_requirement_is_locked_with_hashes(lock: str, wanted: Any) -> None:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\S)", text.strip())

    assert names(wanted()) - names([match[1] for match in PINNED.finditer(text)]) == set()
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_every_npm_package_is_locked_with_its_hash() -> None:
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]

    assert packages[""]["dependencies"] == wanted["dependencies"]
    assert packages[""].get("devDependencies") == wanted.get("devDependencies")
    locked = {name: entry for name, entry in packages.items() if name}
    assert [name for name, entry in locked.items() if not entry.get("integrity", "").startswith("sha512-")] == []
    assert [name for name, entry in locked.items() if "resolved" in entry or "funding" in entry] == []


def test_every_environment_variable_is_in_the_operators_table() -> None:
    read = set()
    for path in [ROOT / "manage.py", *sorted((ROOT / "dashboard").rglob("*.py"))]:
        read |= set(re.findall(r"""read_\w+\(\s*"([A-Z][A-Z_]+)\"""", path.read_text(encoding="utf-8")))
    table = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")

    assert read >= {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PORT"}
    assert {name for name in read if f"`{name}`" not in table} == set()
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([A-Z][A-Z_]+)`", row)} - read == set()


def test_every_key_of_a_source_is_in_the_vendors_document_and_in_the_example() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "dashboard").rglob("*.py")))
    keys = set(re.findall(r"""entry\.(?:take|require)\(\s*"(\w+)\"|_secret\(entry, "(\w+)\"""", code))
    read = {one or other for one, other in keys} | {"client_secret"}
    document = (ROOT / "docs" / "vendors.md").read_text(encoding="utf-8")
    example = (ROOT / "sources.example.toml").read_text(encoding="utf-8")

    assert read >= {"url", "interval", "access_token", "password"}
    assert sorted(key for key in read if f"`{key}`" not in document) == []
    assert sorted(key for key in read if not re.search(rf"^#? ?{key}(_env)? = |{key}_env alone", example, re.M)) == []
    written = set(re.findall(r"^#? ?(\w+) = ", example, re.M))
    assert {name for name in written if name.removesuffix("_env").removesuffix("_file") not in read} == {"vendor"}


DOCUMENTS = ["README.md", "CONTRIBUTING.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]


def anchors_of(document: Path) -> set[str]:
    """Return what links may name within a document: its headings, as GitHub writes them in addresses."""
    headings = re.findall(r"^#+ +(.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_link_to_what_exists(name: str) -> None:
    document = ROOT / name
    links = re.findall(r"\]\((?!https?://)([^)#]*)(?:#([^)]*))?\)", document.read_text(encoding="utf-8"))
    targets = [(document.parent / path if path else document, anchor) for path, anchor in links]

    assert [path for path, _ in targets if not path.exists()] == []
    assert [(path.name, anchor) for path, anchor in targets if anchor and anchor not in anchors_of(path)] == []


def test_the_readme_names_only_targets_that_the_makefile_has() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    texts_of_people = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

    used = {target for path in texts_of_people for target in re.findall(r"\bmake ([a-z]+)", commands(path))}
    assert used - targets == set()


def commands(path: Path) -> str:
    """Return what a document sets as code: within backquotes, or indented."""
    lines = path.read_text(encoding="utf-8").splitlines()
    quoted = [code for line in lines for code in line.split("`")[1::2]]
    return "\n".join([*quoted, *(line for line in lines if line.startswith("    "))])
