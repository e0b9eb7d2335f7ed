"""`make demo` as a newcomer meets it: it starts, can be logged in to, and stops without leaving a process."""

import errno
import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.services.process import Process, free_port, running
from tests.services.waiting import wait_until

# A shell in which everything points elsewhere: the demo must not care.
FOREIGN = {
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "",
    "DASHBOARD_URL": "https://elsewhere.example",
    "SOURCES_FILE": "/nowhere/sources.toml",
    "DEBUG": "yes",
}


def environment(folder: Path, port: int) -> dict[str, str]:
    """Return the surroundings of a demo that lives in a folder."""
    return FOREIGN | {"VAR_DIR": str(folder), "PORT": str(port)}


def processes_of(folder: Path) -> list[psutil.Process]:
    """Return every living process that works in the demo's folder, the demo itself included."""
    return [process for process in psutil.process_iter() if works_in(process, str(folder))]


def works_in(process: psutil.Process, folder: str) -> bool:
    """Say whether a process was told of a folder, by its environment or (Valkey hides that) by its command line."""
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        told = [process.environ().get("VAR_DIR", ""), *process.cmdline()]
    except (psutil.Error, OSError):
        return False
    return any(folder in word for word in told)


@contextmanager
def running_demo(folder: Path) -> Iterator[tuple[Process, int]]:
    """Run a demo, announced; it comes with its port."""
    port = free_port()
    arguments = ("manage.py", "demo", "--speed", "10", "--sessions", "40", "--reps", "20")
    with running(*arguments, log_path=folder / "demo.log", environment=environment(folder, port)) as process:
        process.wait_for_output("Stop it with Ctrl-C", seconds=120)
        yield process, port
        if process.popen.poll() is None:
            process.end(signal.SIGTERM, seconds=60)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[Process, int]]:
    """A running demo."""
    with running_demo(tmp_path) as demo:
        yield demo


@pytest.fixture(scope="module")
def shared_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, int, Path]]:
    """A running demo that no test harms, and its folder."""
    folder = tmp_path_factory.mktemp("demo")
    with running_demo(folder) as (process, port):
        yield process, port, folder


def log_in(client: httpx2.Client, port: int, password: str, username: str = "manager") -> httpx2.Response:
    """Log in by the form, as a browser does, and return the page behind it."""
    origin = f"http://127.0.0.1:{port}"  # a bare machine may not know the name localhost
    form = client.get(f"{origin}/login/").raise_for_status()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
    assert token
    fields = {"csrfmiddlewaretoken": token[1], "login": username, "password": password, "next": "/"}
    return client.post(f"{origin}/login/", data=fields, headers={"Origin": origin}).raise_for_status()


def said_password(process: Process) -> str:
    """Return the password that the demo printed."""
    found = re.search(r"password +([a-z0-9-]{17})\n", process.output)
    assert found
    return found[1]


def test_the_demo_shows_rows_to_whom_it_gave_the_password(shared_demo: tuple[Process, int, Path]) -> None:
    process, port, _folder = shared_demo
    with httpx2.Client(trust_env=False, follow_redirects=True, timeout=30) as client:
        page = log_in(client, port, said_password(process))
        assert "Sign out" in page.text
        sources = page.url.join("/sources/")
        wait_until(lambda: rows_on(client.get(sources).text) > 100, seconds=60, what="rows on the page")
        wallboards = client.get(page.url.join("/wallboards/")).raise_for_status().text
        for name in ("queue-wall", "floor-wall"):
            assert f'href="/wallboards/{name}/"' in wallboards
            assert "wall__board" in client.get(page.url.join(f"/wallboards/{name}/")).raise_for_status().text


def test_the_demo_says_nothing_but_how_to_use_it(shared_demo: tuple[Process, int, Path]) -> None:
    assert "warning" not in shared_demo[0].output
    assert "error" not in shared_demo[0].output


@pytest.mark.parametrize("username", ["lead", "viewer"])
def test_the_demo_has_a_team_for_those_who_do_not_see_everything(
    shared_demo: tuple[Process, int, Path], username: str
) -> None:
    process, port, _folder = shared_demo
    with httpx2.Client(trust_env=False, follow_redirects=True, timeout=30) as client:
        queues = log_in(client, port, said_password(process), username).url.join("/queues/")
        wait_until(lambda: "Service Desk" in client.get(queues).text, seconds=60, what="a queue of the team")
        assert "Printing" not in client.get(queues).text


def rows_on(page: str) -> int:
    """Return how many mirrored rows the page of sources says there are."""
    found = re.search(r"<dt>Rows</dt><dd>([^<]+)</dd>", page)
    return int(re.sub(r"\D", "", found[1]) or 0) if found else 0


def test_a_wrong_password_is_refused(shared_demo: tuple[Process, int, Path]) -> None:
    with httpx2.Client(trust_env=False, follow_redirects=True, timeout=30) as client:
        assert "Sign out" not in log_in(client, shared_demo[1], "wrong").text


def test_a_second_demo_in_the_same_folder_is_refused(shared_demo: tuple[Process, int, Path], tmp_path: Path) -> None:
    second = environment(shared_demo[2], free_port())

    with running("manage.py", "demo", log_path=tmp_path / "second.log", environment=second) as process:
        assert process.popen.wait(60) == 1

    assert "A demo of this checkout is running already." in process.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_stops_without_leaving_a_process(
    demo: tuple[Process, int], tmp_path: Path, number: signal.Signals
) -> None:
    process, _port = demo
    names = [" ".join(each.cmdline()) for each in processes_of(tmp_path)]
    parts = ("manage.py demo", "valkey", "simulate", "runmirror", "dashboard.serve", "celery worker", "celery beat")
    assert all(any(part in name.replace(" -A dashboard.celery", "") for name in names) for part in parts), names

    assert process.end(number, seconds=60) == 0
    assert processes_of(tmp_path) == []


def test_a_demo_stopped_while_it_starts_leaves_no_process(tmp_path: Path) -> None:
    with running(
        "manage.py", "demo", log_path=tmp_path / "demo.log", environment=environment(tmp_path, free_port())
    ) as process:
        wait_until(lambda: len(processes_of(tmp_path)) > 1, seconds=60, what="the first child")

        assert process.end(signal.SIGINT, seconds=60) == 0

    assert processes_of(tmp_path) == []
    assert "Traceback" not in process.output


def test_a_killed_demo_leaves_no_process_either(demo: tuple[Process, int], tmp_path: Path) -> None:
    process, port = demo

    process.end(signal.SIGKILL)

    wait_until(lambda: not processes_of(tmp_path), seconds=60, what="the end of every process")
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def test_a_process_that_ends_stops_the_demo_and_is_named(demo: tuple[Process, int], tmp_path: Path) -> None:
    process, _port = demo
    [simulator] = [each for each in processes_of(tmp_path) if "simulate" in each.cmdline()]

    simulator.kill()

    assert process.popen.wait(60) == 1
    assert "simulator ended with status -9" in process.output
    assert processes_of(tmp_path) == []


def test_a_used_port_is_refused_with_the_mend(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with running(
            "manage.py", "demo", log_path=tmp_path / "demo.log", environment=environment(tmp_path, port)
        ) as process:
            assert process.popen.wait(60) == 1

    assert f"Port {port} cannot be used: address already in use." in process.output
    assert "make demo PORT=" in process.output


def test_a_long_checkout_path_does_not_matter(tmp_path: Path) -> None:
    deep = tmp_path / ("a-very-long-folder-name-" * 5)
    deep.mkdir()
    assert len(os.fsencode(deep)) > 107

    with running(
        "manage.py", "demo", log_path=tmp_path / "demo.log", environment=environment(deep, free_port())
    ) as process:
        process.wait_for_output("Stop it with Ctrl-C", seconds=120)
        assert process.end(seconds=60) == 0
