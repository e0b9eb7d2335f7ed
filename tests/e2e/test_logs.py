"""Logs of a run: each line one JSON object that names its source or request, without secrets or customers' text."""

import re
from pathlib import Path

import orjson
import pytest
from pytest_django import DjangoDbBlocker

from dashboard.demo.environment import source_tables
from realtime.models import Link, SupportSession
from tests.services.process import running
from tests.services.site import Site, serving, site_environment
from tests.services.valkey import ValkeyServer
from tests.services.waiting import wait_until

SECRET = "canary-6b1f0c-nobody-may-log-this"


def lines(text: str) -> list[dict[str, object]]:
    """Return a log's events. Fails where a line is no JSON."""
    return [orjson.loads(line) for line in text.splitlines()]


def provoke(site: Site, session: str) -> None:
    """Have the site answer, refuse and not find."""
    assert site.get("/sessions/", session).is_success
    assert site.get(f"/nowhere/?token={SECRET}", session).status_code == 404


@pytest.mark.timeout(120)
def test_logs_name_source_and_request_and_hold_no_secret(
    tmp_path: Path, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker
) -> None:
    simulate = ("manage.py", "simulate", "--port", "0", "--client-id", "demo", "--client-secret", SECRET)
    with site_environment(tmp_path, django_db_blocker) as environment:
        environment |= {"DEBUG": "0", "LOG_FORMAT": "json", "LOG_LEVEL": "INFO", "DEMO_CLIENT_SECRET": SECRET}
        mirror_log = tmp_path / "mirror.log"
        with running(*simulate, log_path=tmp_path / "simulator.log") as simulator:
            url = simulator.wait_for_output("simulator: ").removeprefix("simulator: ")
            (tmp_path / "sources.toml").write_text(source_tables({"simulator": url}), encoding="utf-8")
            with (
                running("manage.py", "runmirror", log_path=mirror_log, environment=environment) as mirror,
                serving(environment, tmp_path / "web.log") as site,
            ):
                wait_until(lambda: Link.objects.filter(state="live", change_count__gt=50).exists(), 60, "changes")
                provoke(site, site.log_in("manager"))
                source = Link.objects.get().source
                said = {
                    text
                    for row in SupportSession.objects.values_list("customer_name", "issue_description", "lsid")
                    for text in row
                    if text and len(text) > 5
                }
                simulator.end()
                mirror.wait_for_output("link lost")
                site.process.wait_for_output("Not Found")
    mirrored, served = mirror.output, site.process.output

    assert len(said) > 5, "nothing to look for"
    assert [text for text in (SECRET, *said) if text in mirrored + served] == []
    events = [event for event in lines(mirrored) if event["event"] != "mirroring"]
    assert {event.get("source") for event in events} == {source}
    missing = [event for event in lines(served) if event["event"] == "Not Found: /nowhere/"]
    assert [bool(re.fullmatch("[0-9a-f]{16}", str(event.get("request_id")))) for event in missing] == [True]
