"""Logs: one line an event in both styles, from both kinds of logger, without secrets."""

import io
import logging
import os
import subprocess
import sys

import orjson
import pytest
from django.test import Client

from tests.services.process import ROOT

SAY = """
import logging, logging.config, sys
from structlog.stdlib import get_logger
from dashboard.logging import configure_logging
logging.config.dictConfig(configure_logging("INFO", sys.argv[1]))
get_logger("realtime.worker").info("link_lost", source="helpdesk", client_secret="hunter2")
get_logger("realtime.worker").debug("not shown")
logging.getLogger("django.request").warning("Not Found: %s", "/nowhere")
try:
    customer = "Canary Customer"
    1 / 0
except ZeroDivisionError:
    get_logger("realtime.worker").exception("bug")
"""


def lines(style: str) -> list[str]:
    """Return what a process logs."""
    talkative = {"PYTHONWARNINGS", "PYTHONDEVMODE"}  # make the interpreter itself say things
    quiet = {name: value for name, value in os.environ.items() if name not in talkative}
    done = subprocess.run(
        [sys.executable, "-c", SAY, style], cwd=ROOT, env=quiet, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_json_logs_are_one_object_a_line() -> None:
    first, second, third = [orjson.loads(line) for line in lines("json")]

    assert (first["event"], first["source"], first["level"], first["logger"]) == (
        "link_lost",
        "helpdesk",
        "info",
        "realtime.worker",
    )
    assert first["client_secret"] == "[hidden]"
    assert (second["event"], second["logger"]) == ("Not Found: /nowhere", "django.request")
    assert third["exception"][0]["exc_type"] == "ZeroDivisionError"


@pytest.mark.parametrize("style", ["console", "json"])
def test_no_style_shows_a_secret(style: str) -> None:
    text = "\n".join(lines(style))

    assert "link_lost" in text
    assert "hunter2" not in text
    assert "Canary" not in text.replace('customer = "Canary Customer"', "")
    assert "not shown" not in text


def test_a_foreign_host_is_refused_in_one_line_that_does_not_repeat_it() -> None:
    logger, stream = logging.getLogger("django"), io.StringIO()
    told = logging.StreamHandler(stream)
    told.setFormatter(logger.handlers[0].formatter)
    logger.addHandler(told)
    try:
        assert Client().get("/overview/?q=canary", headers={"host": "canary.example"}).status_code == 400
    finally:
        logger.removeHandler(told)

    (line,) = stream.getvalue().splitlines()
    assert "its Host header is not that of DASHBOARD_URL" in line
    assert "canary" not in line
