"""A stand-in for EvoVoice's API (seed 002; VENDORS.md section 3), under /evovoice. It has nothing that writes."""

import hmac
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from aiohttp import encode_basic_auth, web

from dashboard.vendors.simulators.activity import Case, Product
from dashboard.vendors.simulators.evovoice_records import describe
from dashboard.vendors.simulators.faults import Freedom
from dashboard.vendors.simulators.frame import FRAME, Frame, Simulated, as_json

NAME = "evovoice"
PREFIX = "/evovoice"
USERNAME = "simulator"
ACCOUNTS = {"5f8e000000000000000000a1": "Support", "5f8e000000000000000000a2": "Field service"}

FILTERED = {"from": "fromAddress", "to": "toAddress", "log": "log"}
ARCHIVED_SECONDS = 15 * 24 * 3600.0
KEPT_SECONDS = 90 * 24 * 3600.0
COOKIE_SECONDS = 20 * 60.0
DEFAULT_COUNT, MOST_COUNT = 25, 200
REQUIRED = frozenset({"id", "dateCreated"})
ERROR_CODES = {400: "ArgumentException", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound"}


async def sign_in(request: web.Request) -> web.Response:
    """POST /auth/credentials: cookies for the right user and password."""
    frame = request.app[FRAME]
    try:
        wish = orjson.loads(await request.read())
        given = (wish.get("userName"), wish.get("password"))
    except (orjson.JSONDecodeError, AttributeError):
        return refuse(400)
    if given != (USERNAME, frame.options.secret):
        return refuse(401)
    cookie = write_cookie(frame)
    answer = as_json({"userId": "1", "sessionId": cookie, "userName": USERNAME, "responseStatus": {}})
    answer.set_cookie("ss-id", cookie, httponly=True)
    answer.set_cookie("ss-pid", cookie, httponly=True, expires="Fri, 01 Jan 2100 00:00:00 GMT")
    answer.set_cookie("ss-opt", "perm")
    return answer


async def show_status(request: web.Request) -> web.Response:
    """GET /auth/status: who is signed in, and which accounts they may see."""
    if (refused := refuse_access(request)) is not None:
        return refused
    body = {
        "id": "1",
        "isAuthenticated": True,
        "name": USERNAME,
        "roles": ["Manager"],
        "accountIds": list(ACCOUNTS),
        "accountNames": list(ACCOUNTS.values()),
    }
    return as_json(body)


async def list_sessions(request: web.Request) -> web.Response:
    """GET /sessions: a page of those that the query's filters leave."""
    frame = request.app[FRAME]
    if (refused := refuse_access(request)) is not None:
        return refused
    try:
        page, count = int(request.query.get("page", 0)), int(request.query.get("countPerPage", DEFAULT_COUNT))
        start = day_start(request.query.get("startDate")) or 0.0
        end = day_start(request.query.get("endDate"))
    except ValueError:
        return refuse(400)
    if page < 0 or count < 1:
        return refuse(400)
    last = frame.now() if end is None else end + timedelta(days=1).total_seconds() - 0.001
    cases = select(request, chosen_cases(request, start, last))
    count = len(cases) or 1 if is_on(request, "all") else min(count, MOST_COUNT)
    pages = -(-len(cases) // count)
    records = [render(frame, case) for case in cases[page * count : (page + 1) * count]]
    reply: dict[str, Any] = {"items": frame.listed(NAME, records)}
    if not is_on(request, "simplifiedPaging") and not frame.has(NAME, Freedom.OTHER_SHAPE):
        reply |= {"totalCount": len(cases), "totalPages": pages, "hasMorePages": page + 1 < pages}
    return as_json(reply)


async def show_session(request: web.Request) -> web.Response:
    """GET /sessions/{id}: one that is not archived. Its log is always empty, as in the product."""
    frame = request.app[FRAME]
    if (refused := refuse_access(request)) is not None:
        return refused
    case = find(frame, request.match_info["id"])
    if case is None or is_archived(frame, case):
        return refuse(404)
    return as_json(render(frame, case) | {"log": []})


async def list_active(request: web.Request) -> web.Response:
    """GET /sessions/active: those that are not over."""
    frame = request.app[FRAME]
    if (refused := refuse_access(request)) is not None:
        return refused
    now = frame.now()
    cases = frame.cases(request, Product.EVOVOICE, now - ARCHIVED_SECONDS, now)
    return as_json({"sessions": [render(frame, case) for case in cases if now < case.ended_at]})


def chosen_cases(request: web.Request, start: float, end: float) -> list[Case]:
    """Return the cases that are meant: those with `specificIds`, else those of the dates, of the archive or not."""
    frame = request.app[FRAME]
    in_archive = is_on(request, "searchArchive")
    if ids := values(request, "specificIds"):
        cases = [case for case in (find(frame, session_id) for session_id in ids) if case is not None]
    else:
        oldest = frame.now() - KEPT_SECONDS
        cases = frame.cases(request, Product.EVOVOICE, max(start, oldest), end)
    return [case for case in cases if is_archived(frame, case) is in_archive]


def select(request: web.Request, cases: list[Case]) -> list[Case]:
    """Return the cases that the query's other filters leave, in the order it wants."""
    query, frame = request.query, request.app[FRAME]
    if accounts := values(request, "accountIds"):
        cases = [case for case in cases if account_of(case) in accounts]
    for name, member in FILTERED.items():
        if part := query.get(name, "").lower():
            cases = [case for case in cases if part in str(render(frame, case).get(member)).lower()]
    field, is_reversed = query.get("sortField", ""), query.get("sortOrder") == "Descend"
    if field == "dateCreated":
        return sorted(cases, key=lambda case: case.created_at, reverse=is_reversed)
    if field:
        return sorted(cases, key=lambda case: str(render(frame, case).get(field, "")), reverse=is_reversed)
    return cases


def account_of(case: Case) -> str:
    """Return the account a case belongs to."""
    return list(ACCOUNTS)[case.luck > 0.9]


def render(frame: Frame, case: Case) -> dict[str, Any]:
    """Return a session's record as the vendor's freedoms and a test want it."""
    account = account_of(case)
    record = describe(case, frame.now(), frame.freedoms.get(NAME, set()))
    record |= {"accountId": account, "accountName": ACCOUNTS[account]}
    shaped: dict[str, Any] = frame.shaped(NAME, record, REQUIRED, case.said)
    return shaped


def find(frame: Frame, session_id: str) -> Case | None:
    """Return the case of a session's id."""
    case = frame.world.find(Product.EVOVOICE, session_id) if len(session_id) == 24 else None
    return case if case is not None and 0 <= frame.now() - case.created_at <= KEPT_SECONDS else None


def is_archived(frame: Frame, case: Case) -> bool:
    """Whether a session has gone where only the listing with `searchArchive` finds it."""
    return frame.now() - case.created_at > ARCHIVED_SECONDS


def refuse_access(request: web.Request) -> web.Response | None:
    """Refuse who is not signed in, and programs that the product's edge does not let in."""
    agent = request.headers.get("User-Agent", "curl")
    if agent.startswith("curl"):
        return web.Response(status=403, text="<html><body>Forbidden</body></html>", content_type="text/html")
    if "json" not in request.headers.get("Accept", "") and request.query.get("format") != "json":
        return web.Response(text="<html><body>Snapshot of this service</body></html>", content_type="text/html")
    frame = request.app[FRAME]
    basic = encode_basic_auth(USERNAME, frame.options.secret)
    forms = {
        "basic": request.headers.get("Authorization") == basic,
        "cookie": any(is_cookie(frame, request.cookies.get(name, "")) for name in ("ss-id", "ss-pid")),
    }
    scheme = frame.schemes.get(NAME)
    return None if (forms[scheme] if scheme else any(forms.values())) else refuse(401)


def write_cookie(frame: Frame) -> str:
    """Return a cookie that is good for a while, without anything having to be remembered."""
    issued = f"{frame.now():.0f}"
    return f"{issued}.{hmac.digest(frame.options.secret.encode(), issued.encode(), 'sha256').hex()}"


def is_cookie(frame: Frame, cookie: str) -> bool:
    """Whether a cookie is ours and its time not over."""
    issued, _, sign = cookie.partition(".")
    good = hmac.digest(frame.options.secret.encode(), issued.encode(), "sha256").hex()
    return hmac.compare_digest(sign.encode(), good.encode()) and frame.now() - float(issued) < COOKIE_SECONDS


def day_start(value: str | None) -> float | None:
    """Read a date, YYYY-MM-DD. Raises ValueError."""
    if value is None:
        return None
    day = date.fromisoformat(value)
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def values(request: web.Request, name: str) -> list[str]:
    """Return a list parameter, given repeatedly or with commas."""
    return [part for value in request.query.getall(name, []) for part in value.split(",") if part]


def is_on(request: web.Request, name: str) -> bool:
    """Return a switch parameter."""
    return request.query.get(name, "").lower() == "true"


def refuse(status: int) -> web.Response:
    """Answer with an HTTP error, as ServiceStack does."""
    code = ERROR_CODES.get(status, "Exception")
    message = "The request was refused, says EvoVoice."
    return as_json({"responseStatus": {"errorCode": code, "message": message, "errors": []}}, status)


EVOVOICE = Simulated(
    NAME,
    PREFIX,
    (
        web.post(f"{PREFIX}/auth/credentials", sign_in),
        web.get(f"{PREFIX}/auth/status", show_status),
        web.get(f"{PREFIX}/sessions", list_sessions),
        web.get(f"{PREFIX}/sessions/active", list_active),
        web.get(f"{PREFIX}/sessions/{{id}}", show_session),
    ),
    refuse,
)
