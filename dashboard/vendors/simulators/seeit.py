"""A stand-in for GoToAssist Seeit's API (seed 000), under /seeit/v1."""

import uuid
from typing import Any

from aiohttp import web

from dashboard.vendors.simulators.activity import Case, Product, Stage
from dashboard.vendors.simulators.faults import Freedom
from dashboard.vendors.simulators.frame import FRAME, Frame, Simulated, as_json

NAME = "seeit"
PREFIX = "/seeit/v1"
CREATED = "sessionCreateTime"
DEFAULT_SIZE = 5
MOST_SIZE = 100
KEPT_SECONDS = 90 * 24 * 3600.0
DATA_KEPT_SECONDS = 72 * 3600.0
DATA_READY_SECONDS = 90.0
DETAILS_LATE_SECONDS = 2.0
REQUIRED = frozenset({"uuid", "supportKey", "sessionStatus", "sessionCreateTime"})
STATUSES = {
    Stage.WAITING: "CREATED",
    Stage.RINGING: "STARTED",
    Stage.ACTIVE: "JOINED",
    Stage.HELD: "JOINED",
    Stage.ENDED: "FINISHED",
    Stage.MISSED: "FINISHED",
}


async def list_sessions(request: web.Request) -> web.Response:
    """GET /sessions: one page, as `startTime`, `endTime` (ms), `page`, `size` and `sort` say."""
    frame = request.app[FRAME]
    if (refused := refuse_access(request)) is not None:
        return refused
    now = frame.now()
    try:
        start = int(request.query.get("startTime", 0)) / 1000
        end = int(request.query.get("endTime", now * 1000)) / 1000
        page, size = int(request.query.get("page", 0)), int(request.query.get("size", DEFAULT_SIZE))
    except ValueError:
        return refuse(400)
    if page < 0 or size < 1:
        return refuse(400)
    size = min(size, MOST_SIZE)
    cases = frame.cases(request, Product.SEEIT, max(start, now - KEPT_SECONDS), end)
    ordered = order(frame, cases, request.query.get("sort", CREATED))
    records = [render(frame, case) for case in ordered[page * size : (page + 1) * size]]
    return as_json({"content": frame.listed(NAME, records), **paging(request, page, size, len(cases))})


def order(frame: Frame, cases: list[Case], sort: str) -> list[Case]:
    """Return cases, which come by their creation, as `sort` wants them: a field's name, at will followed by ,desc."""
    field, _, direction = sort.partition(",")
    if field != CREATED:
        cases = sorted(cases, key=lambda case: str(render(frame, case).get(field, "")))
    return cases[::-1] if direction == "desc" else cases


def paging(request: web.Request, page: int, size: int, count: int) -> dict[str, Any]:
    """Return the links and numbers of a page."""
    pages = -(-count // size)
    base = f"{request.scheme}://{request.host}{request.path}"
    links = [{"rel": "self", "href": f"{base}?page={page}&size={size}"}]
    if page + 1 < pages:
        links.append({"rel": "next", "href": f"{base}?page={page + 1}&size={size}"})
    if page > 0:
        links.append({"rel": "prev", "href": f"{base}?page={page - 1}&size={size}"})
    return {"links": links, "page": {"number": page, "size": size, "totalElements": count, "totalPages": pages}}


async def show_session(request: web.Request) -> web.Response:
    """GET /sessions/{uuid}: its details, 409 while they are not there yet."""
    frame = request.app[FRAME]
    if (refused := refuse_access(request)) is not None:
        return refused
    try:
        digits = uuid.UUID(request.match_info["uuid"]).hex
    except ValueError:
        return refuse(404)
    case = frame.world.find(Product.SEEIT, digits)
    if case is None or not 0 <= frame.now() - case.created_at <= KEPT_SECONDS:
        return refuse(404)
    if frame.now() - case.created_at < DETAILS_LATE_SECONDS:
        return refuse(409)
    return as_json(render(frame, case))


async def create_session(request: web.Request) -> web.Response:
    """POST /sessions: a session that nobody has opened yet."""
    frame = request.app[FRAME]
    if (refused := refuse_access(request)) is not None:
        return refused
    now = frame.now()
    record = render(frame, frame.world.open(Product.SEEIT, now, rung_at=now + 5, answered_at=now + 60))
    return as_json({name: record[name] for name in ("uuid", "supportKey", "startUrl")}, status=201)


def refuse_access(request: web.Request) -> web.Response | None:
    """Refuse a request without the access token, in whichever of the forms that clients use."""
    frame = request.app[FRAME]
    secret = frame.options.secret
    forms = {"bearer": f"Bearer {secret}", "oauth_token": f"OAuth oauth_token={secret}", "raw": secret}
    if scheme := frame.schemes.get(NAME):
        forms = {scheme: forms[scheme]}
    return None if request.headers.get("Authorization") in forms.values() else refuse(401)


def render(frame: Frame, case: Case) -> Any:
    """Return a session's details; which there are depends on how far it is (seed 000)."""
    now = frame.now()
    stage = case.stage(now)
    record: dict[str, Any] = {
        "uuid": str(uuid.UUID(case.id)),
        "supportKey": support_key(case),
        "sessionStatus": "PAUSED" if frame.has(NAME, Freedom.NEW_WORDS) else STATUSES[stage],
        "sessionCreateTime": milliseconds(case.created_at),
        "technicianEmail": case.technician.email,
        "sessionRecorded": case.luck > 0.7,
    }
    if now >= case.rung_at:
        record["sessionStartTime"] = milliseconds(case.rung_at)
    if case.answered_at is not None and now >= case.answered_at:
        record["sessionJoinTime"] = milliseconds(case.answered_at)
    if stage in (Stage.ENDED, Stage.MISSED):
        record |= {"sessionEndTime": milliseconds(case.ended_at), "sessionNotes": case.subject[:1000]}
    else:
        record["startUrl"] = f"https://seeit.example/start/{case.id}"
    return frame.shaped(NAME, record | data_of(case, now), REQUIRED, case.said)


def data_of(case: Case, now: float) -> dict[str, Any]:
    """Return the members about the session's photos and recording, which are kept for 72 hours."""
    since_end = now - case.ended_at
    photos = int(case.luck * 9) if case.answered_at else 0
    if since_end < 0 or since_end > DATA_KEPT_SECONDS or not photos:
        return {"sessionDataStatus": "NO_DATA", "sessionDataSize": 0}
    if since_end < DATA_READY_SECONDS:
        return {"sessionDataStatus": "PROCESSING", "sessionDataSize": 0}
    return {
        "sessionDataStatus": "AVAILABLE",
        "sessionDataSize": photos * 350_000,
        "sessionDataPhotoCount": photos,
        "sessionDataPhotoNotesCount": photos // 3,
        "sessionDataDownloadUrl": f"https://seeit.example/data/{case.id}.zip",
        "sessionDataDownloadUrlExpiration": milliseconds(case.ended_at + DATA_KEPT_SECONDS),
    }


def support_key(case: Case) -> str:
    """Return the key a customer types; as in the product, others may have had it before."""
    digits = f"{case.number % 10**9:09d}"
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"


def milliseconds(at: float) -> int:
    """Return a time as the vendor writes it."""
    return int(at * 1000)


def refuse(status: int) -> web.Response:
    """Answer with an HTTP error; the real bodies are not known."""
    return as_json({"error": status, "message": "The request was refused."}, status)


SEEIT = Simulated(
    NAME,
    PREFIX,
    (
        web.get(f"{PREFIX}/sessions", list_sessions),
        web.post(f"{PREFIX}/sessions", create_session),
        web.get(f"{PREFIX}/sessions/{{uuid}}", show_session),
    ),
    refuse,
)
