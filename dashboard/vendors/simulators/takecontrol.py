"""A stand-in for N-able Take Control's session API (seed 003; VENDORS.md section 4), under /takecontrol/rest.

The private key is the options' secret, the public one `public_key` of it. Times are UTC and say no zone. Who waits is
told in every history reply, as the documented sample has it; a session has an entry once it began or was given up.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from aiohttp import web

from dashboard.vendors.simulators.activity import LONGEST_LIFE_SECONDS, Case, Product, Stage
from dashboard.vendors.simulators.faults import Fault, Freedom
from dashboard.vendors.simulators.frame import EMPTIED, FRAME, Frame, Simulated, as_json

NAME = "takecontrol"
PREFIX = "/takecontrol/rest"
FORMAT = "%Y-%m-%d %H:%M:%S"
KEPT_SECONDS = 365 * 24 * 3600.0
REQUIRED = frozenset({"ID", "COMPUTER_NAME", "DATE_START", "computer_name", "waiting_time"})
LONGEST = {"customer_name": 128, "customer_email": 64, "customer_number": 32, "problem_description": 1024}
FILTERED = ("CUSTOMER_NAME", "CUSTOMER_EMAIL", "COMPUTER_NAME", "TECH_USERNAME")


def public_key(secret: str) -> str:
    """Return the key that creates sessions."""
    return f"{secret}-public"


async def show_history(request: web.Request) -> web.Response:
    """GET or POST /session/history: what `vars` and `filters` say, in a JSON body or in the query."""
    frame = request.app[FRAME]
    if not has_key(request, frame.options.secret):
        return refuse(403)
    now = frame.now()
    try:
        variables, filters = await read_question(request)
        start = read_time(filters.get("FILTER_DATE_START_INI"), now - KEPT_SECONDS)
        end = read_time(filters.get("FILTER_DATE_START_END"), now)
    except (ValueError, TypeError, AttributeError):
        return refuse(400)
    if not variables or ("ID" in variables and frame.has(NAME, Freedom.NO_IDS)):
        return refuse(400)
    if (trouble := request.get(EMPTIED)) is not None and trouble.fault is Fault.DENIED:
        return refuse(400, status=200)
    cases = frame.cases(request, Product.TAKECONTROL, start - LONGEST_LIFE_SECONDS, now)
    records = [
        frame.shaped(NAME, {name: record[name] for name in variables if name in record}, REQUIRED, case.said)
        for case in cases
        if start <= begun_at(case) <= min(end, now) and is_wanted(record := describe(case, now), filters)
    ]
    return as_json({"result": "SUCCESS", "details": shape(frame, records, waiting(frame, cases)), "errorDetails": None})


async def create_session(request: web.Request) -> web.Response:
    """POST /session: somebody who waits from now on."""
    frame = request.app[FRAME]
    if not has_key(request, public_key(frame.options.secret)):
        return refuse(403)
    try:
        wish = orjson.loads(await request.read() or b"{}")
        words = {name: str(wish.get(name, "")) for name in LONGEST}
    except (orjson.JSONDecodeError, AttributeError):
        return refuse(400)
    if any(len(words[name]) > most for name, most in LONGEST.items()):
        return refuse(400)
    now = frame.now()
    case = frame.world.open(
        Product.TAKECONTROL,
        now,
        rung_at=now + 20,
        answered_at=now + 60,
        customer=words["customer_name"],
        customer_email=words["customer_email"],
        subject=words["problem_description"],
    )
    details = waiting(frame, frame.world.cases(Product.TAKECONTROL, now - LONGEST_LIFE_SECONDS, now))
    return as_json({"result": "SUCCESS", "details": details | {"session_id": case.number}, "errorDetails": None})


def has_key(request: web.Request, key: str) -> bool:
    """Whether a request carries the key in one of the documented forms, or in the one the account is held to."""
    headers = request.headers
    given = {
        "integration_key": headers.get("INTEGRATION-KEY") == key,
        "authorization": headers.get("Authorization") == f"INTEGRATION-KEY {key}",
        "bearer": headers.get("Authorization") == f"Bearer {key}",
    }
    scheme = request.app[FRAME].schemes.get(NAME)
    return given[scheme] if scheme else any(given.values())


async def read_question(request: web.Request) -> tuple[list[str], Mapping[str, Any]]:
    """Return the variables and filters asked for. Raises ValueError, TypeError or AttributeError."""
    if body := await request.read():
        question = orjson.loads(body)
        return list(question.get("vars") or ()), dict(question.get("filters") or {})
    return request.query.get("vars", "").replace(",", " ").split(), dict(request.query)


def read_time(value: str | None, default: float) -> float:
    """Read a filter's time, a day or a second of it. Raises ValueError or TypeError."""
    if value is None:
        return default
    return datetime.strptime(value, FORMAT if " " in value else "%Y-%m-%d").replace(tzinfo=UTC).timestamp()


def begun_at(case: Case) -> int:
    """Return the second in which a case's session began; one that was given up has an entry when it was over."""
    return int(case.ended_at if case.answered_at is None else case.answered_at)


def describe(case: Case, now: float) -> dict[str, Any]:
    """Return every variable of a session."""
    is_missed = case.answered_at is None
    return {
        "ID": case.number,
        "COMPUTER_NAME": case.machine[:50],
        "COMPUTER_DOMAIN": "WORKGROUP",
        "COMPUTER_OS": case.system,
        "TECH_USERNAME": "" if is_missed else case.technician.email,
        "TECH_NAME": "" if is_missed else case.technician.name,
        "CUSTOMER_NAME": case.customer[:200],
        "CUSTOMER_EMAIL": case.customer_email,
        "PROBLEM_DESCRIPTION": case.subject[:4000],
        "DATE_START": write_time(begun_at(case)),
        "DATE_END": write_time(case.ended_at) if case.ended_at <= now else "",
    }


def write_time(at: float) -> str:
    """Write a time as the vendor does."""
    return datetime.fromtimestamp(at, UTC).strftime(FORMAT)


def is_wanted(record: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    """Whether a record passes the filters other than those of time."""
    if filters.get("FILTER_PROCESSED") == "ANSWERED" and not record["TECH_USERNAME"]:
        return False
    return all(filters.get(f"FILTER_{name}", record[name]) == record[name] for name in FILTERED)


def waiting(frame: Frame, cases: Iterable[Case]) -> dict[str, Any]:
    """Return who waits, as the documented sample has it."""
    now = frame.now()
    requests = [
        frame.shaped(
            NAME,
            {
                "computer_name": case.machine,
                "computer_domain": "WORKGROUP",
                "tech_username": case.technician.email,
                "waiting_time": max(1, round((case.rung_at - now) / 60)),
            },
            REQUIRED,
            {},
        )
        for case in cases
        if case.stage(now) in (Stage.WAITING, Stage.RINGING)
    ]
    return {"nrequests": len(requests), "requests": requests}


def shape(frame: Frame, records: list[Any], requests: dict[str, Any]) -> Any:
    """Return the details of a history: a list, or one object with everything in `requests`, in lower case."""
    if frame.has(NAME, Freedom.OTHER_SHAPE):
        lowered = [{name.lower(): value for name, value in record.items()} for record in records]
        return {"nrequests": requests["nrequests"], "requests": frame.listed(NAME, lowered + requests["requests"])}
    return frame.listed(NAME, records) + ([requests] if requests["requests"] else [])


def refuse(code: int, status: int | None = None) -> web.Response:
    """Answer with a failure; the real bodies are not known."""
    body = {"result": "ERROR", "details": None, "errorDetails": f"Refused ({code}), says Take Control."}
    return as_json(body, code if status is None else status)


TAKECONTROL = Simulated(
    NAME,
    PREFIX,
    (
        web.get(f"{PREFIX}/session/history", show_history),
        web.post(f"{PREFIX}/session/history", show_history),
        web.post(f"{PREFIX}/session", create_session),
    ),
    refuse,
)
