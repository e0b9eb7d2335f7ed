"""nginx before web processes, configured by what `deploy/` tells a site to use, without TLS and on a free port."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.bench.live.servers import is_listening
from tests.services.process import ROOT
from tests.services.waiting import wait_until

DEPLOYED = ROOT / "deploy" / "nginx" / "dashboard.conf"
REDIRECT = re.compile(r"server \{\s+listen 80;.*?\n\}\n", re.DOTALL)
UPSTREAMS = re.compile(r"    server 127\.0\.0\.1:8000( [^\n;]*);\n(    # server [^\n]*\n)?")
CERTIFICATES = re.compile(r"    ssl_certificate[^\n]*\n")
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
MAIN = """daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 10000; }}
http {{
access_log off;
{temporary}
{site}
}}
"""


def find_nginx() -> str | None:
    """Return where nginx is, if it is installed."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def site_configuration(port: int, web_ports: Sequence[int]) -> str:
    """Return what is deployed, with our ports for its own."""
    text, without_redirect = REDIRECT.subn("", DEPLOYED.read_text(encoding="utf-8"))
    servers = "".join(f"    server 127.0.0.1:{one}\\1;\n" for one in web_ports)
    text, with_servers = UPSTREAMS.subn(servers, text)
    text = CERTIFICATES.sub("", text).replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};")
    if not without_redirect or not with_servers or "ssl" in text:
        raise RuntimeError(f"{DEPLOYED.relative_to(ROOT)} does not look as it did; mend {Path(__file__).name}")
    return text


@contextmanager
def proxying(port: int, web_ports: Sequence[int], folder: Path) -> Iterator[tuple[psutil.Process, ...]]:
    """Run nginx before web processes; gives its processes. Raises RuntimeError where it is not installed."""
    program = find_nginx()
    if program is None:
        raise RuntimeError("nginx is not installed")
    folder.mkdir(exist_ok=True)
    temporary = "\n".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
    main = MAIN.format(folder=folder, temporary=temporary, site=site_configuration(port, web_ports))
    (folder / "nginx.conf").write_text(main, encoding="utf-8")
    process = subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "nginx.log"])
    try:
        wait_until(lambda: is_listening(port), what="nginx")
        master = psutil.Process(process.pid)
        yield master, *wait_until(master.children, what="nginx's worker")
    finally:
        process.terminate()
        process.wait(10)
