"""Start the demo's processes in order, say where the page is, and stop them all in the end."""

import asyncio
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import TextIO, TypeVar

import httpx2

from dashboard.demo.environment import CLIENT_ID, SECRET_NAME, source_tables
from dashboard.demo.process import Child, Ended, start_child
from dashboard.valkey import is_answering, server_command

READY_SECONDS = 60.0
POLL_SECONDS = 0.05
ADDRESS_LINE = re.compile(r"([a-z]+): (http://\S+)")

Found = TypeVar("Found")


class Refused(Exception):
    """The demo cannot start; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the demo lives and how it runs. Without `valkey_socket` somebody else's Redis is used."""

    folder: Path
    sources_file: Path
    host: str
    port: int
    users: tuple[str, ...]
    password: str
    valkey_socket: Path | None
    simulator_options: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://localhost:{self.port}/"


def refuse_used_port(host: str, port: int) -> None:
    """Raise Refused when somebody else listens on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise Refused(f"Port {port} cannot be used: {reason}. Choose another one: make demo PORT=8080") from error


def lock_folder(folder: Path) -> TextIO:
    """Return a lock, held while the file is open: two demos in one folder would fight over the database."""
    lock = (folder / "lock").open("w", encoding="utf-8")
    try:
        flock(lock, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise Refused("A demo of this checkout is running already. Stop that one first.") from None
    return lock


@dataclass(slots=True)
class Demo:
    """The processes of one demo."""

    plan: Plan
    children: list[Child] = field(default_factory=list)

    async def run(self) -> None:
        """Start everything, say so, and go on until a process ends (Ended) or the caller cancels."""
        await asyncio.gather(self.start_valkey(), self.start_simulator())
        web, *_others = await asyncio.gather(
            self.start("web", "-m", "dashboard.serve"),
            self.start("mirror", "manage.py", "runmirror"),
            self.start("worker", "-m", "celery", "-A", "dashboard.celery", "worker"),
            self.start("beat", "-m", "celery", "-A", "dashboard.celery", "beat"),
        )
        await self.wait_for(web, self.fetch_page)
        print(announcement(self.plan), flush=True)
        await asyncio.gather(*(child.watch() for child in self.children))

    async def stop(self) -> None:
        """Stop every process that was started: first those that use others, so that they can say goodbye."""
        users = [child for child in self.children if child.name not in {"valkey", "simulator"}]
        used = [child for child in self.children if child not in users]
        await asyncio.gather(*(child.stop() for child in users))
        await asyncio.gather(*(child.stop() for child in used))

    async def start(self, name: str, *arguments: str) -> Child:
        """Start a Python process of ours."""
        return await self.start_program(name, sys.executable, *arguments)

    async def start_program(self, name: str, *command: str) -> Child:
        """Start a process and count it as ours."""
        child = await start_child(name, command, os.environ, self.plan.folder)
        self.children.append(child)
        return child

    async def start_valkey(self) -> None:
        """Start the private Valkey, unless another one is used, and wait until it answers."""
        path = self.plan.valkey_socket
        if path is None:
            return
        valkey = await self.start_program("valkey", *server_command(path))

        async def find_socket() -> bool | None:
            return is_answering(path) or None

        await self.wait_for(valkey, find_socket)

    async def start_simulator(self) -> None:
        """Start the stand-ins for all vendors and write the sources file that names their addresses."""
        identity = ("--client-id", CLIENT_ID, "--client-secret-env", SECRET_NAME)
        simulator = await self.start(
            "simulator", "manage.py", "simulate", "--port", "0", *identity, *self.plan.simulator_options
        )

        async def find_addresses() -> dict[str, str] | None:
            found = (ADDRESS_LINE.fullmatch(line) for line in simulator.log_lines())
            addresses = {match[1]: match[2] for match in found if match}
            return addresses if "simulator" in addresses else None  # the appliance's comes last

        addresses = await self.wait_for(simulator, find_addresses)
        self.plan.sources_file.write_text(source_tables(addresses), encoding="utf-8")

    async def fetch_page(self) -> int | None:
        """Return the status of the first page once the server gives one."""
        async with httpx2.AsyncClient(trust_env=False, timeout=10) as client:
            try:
                answer = await client.get(f"http://{self.plan.host}:{self.plan.port}/")
            except httpx2.TransportError:
                return None
        return answer.status_code

    async def wait_for(self, child: Child, look: Callable[[], Awaitable[Found | None]]) -> Found:
        """Poll until `look` finds something; raise Ended when the process ends first or it takes too long."""
        deadline = time.monotonic() + READY_SECONDS
        while (found := await look()) is None:
            if child.process.returncode is not None:
                await child.watch()
            if time.monotonic() > deadline:
                raise Ended(f"{child.name} was not ready within {READY_SECONDS:.0f} s. See {child.log_path}.")
            await asyncio.sleep(POLL_SECONDS)
        return found


def announcement(plan: Plan) -> str:
    """Return what the person at the terminal needs to know."""
    first, *others = plan.users
    return (
        "\n  The support dashboard is running, with a simulated support center.\n\n"
        f"    {plan.address}\n\n"
        f"    user      {first}   (or {', '.join(others)})\n"
        f"    password  {plan.password}\n\n"
        f"  Two wallboards for TVs are ready under Wallboards: {plan.address}wallboards/\n"
        f"  Stop it with Ctrl-C. What its processes say: {plan.folder}/*.log\n"
    )


async def run_until_stopped(plan: Plan) -> None:
    """Run a demo until SIGINT, SIGTERM or SIGHUP, or until one of its processes ends (Ended)."""
    demo = Demo(plan)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stopped.set)  # a second Ctrl-C must not interrupt the stopping
    running = asyncio.create_task(demo.run())
    stopping = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
    finally:
        stopping.cancel()
        running.cancel()
        await asyncio.gather(running, stopping, return_exceptions=True)
        await demo.stop()
