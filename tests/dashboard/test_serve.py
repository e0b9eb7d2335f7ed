"""The server: it refuses what cannot work, serves, and ends cleanly with sockets open."""

import signal
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.services.process import Process, free_port, running
from tests.services.waiting import until, wait_until


def database_url(folder: Path) -> str:
    """Return the address of a new SQLite database in a folder."""
    return f"sqlite:///{folder / 'dashboard.sqlite3'}"


def run_to_end(*arguments: str, folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Run a process that ends by itself; return its status and output."""
    with running(*arguments, log_path=folder / "process.log", environment=environment) as process:
        status = process.popen.wait(120)
    return status, process.output


def test_unapplied_migrations_are_refused(tmp_path: Path) -> None:
    status, output = run_to_end(
        "-m", "dashboard.serve", folder=tmp_path, environment={"DATABASE_URL": database_url(tmp_path)}
    )

    assert status == 1
    assert "web: The database lacks" in output
    assert "Run `manage.py migrate`." in output


def test_a_database_that_is_away_is_refused(tmp_path: Path) -> None:
    environment = {"DATABASE_URL": f"postgres://nobody@127.0.0.1:{free_port()}/nothing"}

    status, output = run_to_end("-m", "dashboard.serve", folder=tmp_path, environment=environment)

    assert status == 1
    assert "web: The database does not answer" in output


def test_a_missing_secret_key_is_refused(tmp_path: Path) -> None:
    status, output = run_to_end("-m", "dashboard.serve", folder=tmp_path, environment={"SECRET_KEY": ""})

    assert status == 1
    assert output.startswith("web: SECRET_KEY is missing.")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Process, int]]:
    """The whole site on a free port, with an empty database."""
    port = free_port()
    environment = {"DATABASE_URL": database_url(tmp_path), "PORT": str(port)}
    status, output = run_to_end("manage.py", "migrate", "-v0", folder=tmp_path, environment=environment)
    assert status == 0, output
    with running("-m", "dashboard.serve", log_path=tmp_path / "web.log", environment=environment) as process:
        process.wait_for_output("serving")
        wait_until(lambda: answers(port), what="the site")
        yield process, port


def answers(port: int) -> bool:
    """Say whether the site answers."""
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).is_success
    except httpx2.TransportError:
        return False


def test_the_site_answers_and_tells_browsers_to_be_careful(site: tuple[Process, int]) -> None:
    _process, port = site

    answer = httpx2.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)

    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    policy = set(answer.headers["Content-Security-Policy"].split("; "))
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} <= policy
    assert f"connect-src 'self' ws://localhost:{port} ws://127.0.0.1:{port}" in policy


def test_behind_tls_plain_http_is_sent_to_tls_except_for_probes(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        "DATABASE_URL": database_url(tmp_path),
        "PORT": str(port),
        "DASHBOARD_URL": "https://support.example.com",
    }
    assert run_to_end("manage.py", "migrate", folder=tmp_path, environment=environment)[0] == 0
    with running("-m", "dashboard.serve", log_path=tmp_path / "web.log", environment=environment) as process:
        process.wait_for_output("serving")
        with httpx2.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Host": "support.example.com"}, trust_env=False
        ) as client:
            probe = wait_until(lambda: client_get(client, "/healthz"), what="the site")
            plain = client.get("/login/")
            secure = client.get("/login/", headers={"X-Forwarded-Proto": "https"})

    assert probe.status_code == 200
    assert (plain.status_code, plain.headers["Location"]) == (301, "https://support.example.com/login/")
    assert secure.status_code == 200
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert {"Secure", "HttpOnly"} <= {word.strip() for word in secure.headers["Set-Cookie"].split(";")}


def client_get(client: httpx2.Client, path: str) -> httpx2.Response | None:
    """Return an answer, or None while nobody listens."""
    try:
        return client.get(path)
    except httpx2.TransportError:
        return None


def test_another_host_name_is_refused(site: tuple[Process, int]) -> None:
    _process, port = site

    answer = httpx2.get(f"http://127.0.0.1:{port}/healthz", headers={"Host": "elsewhere.example"}, trust_env=False)

    assert answer.status_code == 400


def test_a_second_server_on_the_port_is_refused(site: tuple[Process, int], tmp_path: Path) -> None:
    _process, port = site
    environment = {"DATABASE_URL": database_url(tmp_path), "PORT": str(port)}

    status, output = run_to_end("-m", "dashboard.serve", folder=tmp_path, environment=environment)

    assert status == 1
    assert f"web: cannot listen on 127.0.0.1:{port}" in output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_status_0(site: tuple[Process, int], number: signal.Signals) -> None:
    assert site[0].end(number, seconds=20) == 0


@pytest.fixture
def socket_site(tmp_path: Path) -> Iterator[tuple[Process, int]]:
    """A site of websockets only, on our server."""
    port = free_port()
    with running("-m", "tests.fakes.socket_site", str(port), log_path=tmp_path / "sockets.log") as process:
        yield process, port


async def open_socket(port: int) -> ClientConnection | None:
    """Return a socket that has answered once, or None while nobody listens."""
    try:
        socket = await connect(f"ws://127.0.0.1:{port}/", proxy=None)
    except ConnectionRefusedError:
        return None
    await socket.send("hello")
    assert await socket.recv() == "hello"
    return socket


async def close_code(socket: ClientConnection) -> int:
    """Return the code with which the other side closes."""
    with pytest.raises(ConnectionClosed) as ended:
        await socket.recv()
    assert ended.value.rcvd is not None
    return ended.value.rcvd.code


async def test_open_sockets_are_told_and_the_server_ends_with_status_0(socket_site: tuple[Process, int]) -> None:
    process, port = socket_site
    async with AsyncExitStack() as stack:
        first = await until(lambda: open_socket(port), what="the site")
        sockets = [first, *[await open_socket(port) for _ in range(29)]]
        for socket in sockets:
            assert socket is not None
            await stack.enter_async_context(socket)
        started = time.monotonic()
        process.popen.terminate()
        codes = [await close_code(socket) for socket in sockets if socket]

        assert codes == [1012] * 30
        assert process.popen.wait(20) == 0
        assert time.monotonic() - started < 10


async def test_sockets_that_do_not_end_by_themselves_do_not_hold_the_server(socket_site: tuple[Process, int]) -> None:
    process, port = socket_site
    socket = await until(lambda: open_socket(port), what="the site")
    assert socket is not None
    await socket.send("stubborn")
    assert await socket.recv() == "stubborn"
    socket.transport.pause_reading()  # it will never answer the close

    assert process.end(seconds=20) == 0
    assert "cancelled=1" in process.output
    socket.transport.abort()
    await socket.wait_closed()
